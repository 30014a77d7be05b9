"""``--profile``: one folder with settings and sign-in, in every command that connects."""

import json
import re
import webbrowser

import pytest

from genesys_cloud.simulator import running_simulator
from tests.helpers.command import run_command
from tests.helpers.server import Reply, scripted_server
from tests.strategies.loopback import ScriptedBrowser

pytest.importorskip("httpx")

pytestmark = pytest.mark.usefixtures("clean_home")


@pytest.fixture(scope="module")
def platform():
    with running_simulator() as running:
        yield running


@pytest.fixture
def sign_in(platform, monkeypatch):
    """Signs in through a scripted browser, with these arguments."""

    def run(*arguments):
        browser = ScriptedBrowser(platform)
        monkeypatch.setattr(webbrowser, "open", browser.opened)
        try:
            return run_command(*arguments)
        finally:
            browser.join()

    return run


def profile_folder(home, name):
    return home / ".genesyscloudpython" / "profiles" / name


@pytest.mark.parametrize("place", ["before", "after", "environment"])
def test_a_sign_in_of_a_profile(platform, sign_in, clean_home, monkeypatch, place):
    before, after = [], []
    if place == "environment":
        monkeypatch.setenv("GENESYSCLOUD_PROFILE", "staging")
    else:
        (before if place == "before" else after).extend(["--profile", "staging"])
    where = ["--host", platform.url, "--client-id", platform.client_id]
    done = sign_in(*before, "login", *where, *after)
    assert done.code == 0, done.err
    folder = profile_folder(clean_home, "staging")
    assert f"The token is kept in {folder / 'tokens.json'}." in done.out
    # Another profile is asked for in vain, and the default one as well.
    assert run_command("--profile", "other", "whoami").code == 1
    monkeypatch.setenv("GENESYSCLOUD_PROFILE", "")
    assert run_command("whoami").code == 1
    shown = run_command(*(before or ["--profile", "staging"]), "whoami")
    assert platform.email in shown.out
    assert run_command("users", "get_users_me", "--profile", "staging").code == 0
    assert run_command("logout", "--profile", "staging").out == "Signed out.\n"
    assert run_command("--profile", "staging", "whoami").code == 1


def test_a_profile_has_the_settings_of_the_sign_in(platform, sign_in, clean_home):
    folder = profile_folder(clean_home, "staging")
    folder.mkdir(parents=True)
    folder.joinpath("config").write_text(f"[general]\nhost = {platform.url}\n")
    done = sign_in("--profile", "staging", "login", "--client-id", platform.client_id)
    assert done.code == 0, done.err
    target = json.loads(folder.joinpath("tokens.sign-in.json").read_text())
    assert target == {"client_id": platform.client_id, "host": platform.url}


@pytest.mark.parametrize(
    "command", [["listen", "v2.users.u.presence"], ["definition", "fetch"], ["doctor"]]
)
def test_every_command_asks_the_platform_of_the_profile(command, clean_home, monkeypatch, tmp_path):
    monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", "a" * 40)
    monkeypatch.chdir(tmp_path)
    folder = profile_folder(clean_home, "staging")
    folder.mkdir(parents=True)
    with scripted_server(lambda seen: Reply(400, {"message": "refused by this one"})) as server:
        folder.joinpath("config").write_text(f"[general]\nhost = {server.url}\n")
        done = run_command("--profile", "staging", *command)
    assert done.code != 0
    assert "refused by this one" in done.out + done.err


def test_the_settings_of_a_profile_are_shown(clean_home):
    folder = profile_folder(clean_home, "staging")
    folder.mkdir(parents=True)
    folder.joinpath("config").write_text("[retry]\nretry_max = 3\n")
    for words in (
        ["--profile", "staging", "config", "show"],
        ["config", "show", "--profile", "staging"],
    ):
        shown = run_command(*words).out
        assert re.search(r"retry\.retry_max +3 +.*profiles/staging/config", shown), shown
    assert (
        "profiles/staging/config: no problems"
        in run_command("--profile", "staging", "config", "check").out
    )


@pytest.mark.parametrize("command", ["whoami", "logout"])
@pytest.mark.parametrize("option", ["--host", "--region"])
def test_a_saved_sign_in_has_its_platform(command, option):
    done = run_command(option, "eu_west_1", command)
    assert done.code == 2
    assert f"{option}: {command} is about a saved sign-in" in done.err


def test_a_name_that_leads_elsewhere_is_rejected():
    for command in (["whoami"], ["logout"], ["login", "--client-id", "c"], ["config", "show"]):
        assert run_command("--profile", "../x", *command).code == 2
