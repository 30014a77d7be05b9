"""``--profile``: one folder with settings and sign-in, in every command that connects."""

import getpass
import json
import re
import webbrowser

import pytest

from genesys_cloud.cli import connection
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
    assert f"The token is stored in {folder / 'tokens.json'}." in done.out
    # Another profile is asked for in vain, and the default one as well.
    assert run_command("--profile", "other", "whoami").code == 3
    monkeypatch.setenv("GENESYSCLOUD_PROFILE", "")
    assert run_command("whoami").code == 3
    shown = run_command(*(before or ["--profile", "staging"]), "whoami")
    assert platform.email in shown.out
    assert run_command("users", "get_users_me", "--profile", "staging").code == 0
    assert run_command("logout", "--profile", "staging").out == "Signed out.\n"
    assert run_command("--profile", "staging", "whoami").code == 3


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
    assert f"{option}: {command} uses a saved sign-in" in done.err


def test_a_name_that_leads_elsewhere_is_rejected():
    for command in (["whoami"], ["logout"], ["login", "--client-id", "c"], ["config", "show"]):
        assert run_command("--profile", "../x", *command).code == 2


class TestSecrets:
    """The secret of an OAuth client, which is never an option."""

    @pytest.fixture(autouse=True)
    def _client(self, platform, clean_home, monkeypatch):
        monkeypatch.setenv("GENESYSCLOUD_HOST", platform.url)
        monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_ID", platform.client_id)

    @pytest.mark.parametrize("place", ["before", "after", "environment"])
    def test_from_a_file(self, platform, tmp_path, monkeypatch, place):
        path = tmp_path / "secret"
        path.write_text(f"\ufeff{platform.client_secret}\n", "utf-8")
        call, option = ["users", "get_users_me", "--query", "name"], ["--secret-file", path]
        if place == "environment":
            monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET_FILE", str(path))
            option = []
        done = run_command(*(call + option if place == "after" else option + call))
        assert (done.code, done.out) == (0, '"User 001"\n'), done.err
        assert run_command(*option, "doctor").code == 0

    @pytest.mark.parametrize(
        ("content", "words"),
        [(None, "cannot be read"), (b"\xff", "not UTF-8 text"), (b"\n", "is empty")],
    )
    def test_a_file_without_a_secret(self, tmp_path, content, words):
        path = tmp_path / "secret"
        if content is not None:
            path.write_bytes(content)
        done = run_command("--secret-file", path, "users", "get_users_me")
        assert (done.code, words in done.err) == (2, True)

    def test_from_a_prompt(self, platform, monkeypatch):
        asked = []

        def answer(prompt):
            asked.append(prompt)
            return platform.client_secret

        monkeypatch.setattr(getpass, "getpass", answer)
        monkeypatch.setattr(connection, "can_ask", lambda: True)
        assert run_command("users", "get_users_me").code == 0
        assert asked == [f"Secret of the OAuth client {platform.client_id}: "]

    def test_nobody_is_asked_in_a_pipe(self):
        assert run_command("users", "get_users_me").code == 3
