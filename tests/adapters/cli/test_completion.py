"""Candidates that the command offers to shells."""

import json
import os
import shutil
import subprocess

import pytest

from genesys_cloud.cli.complete import complete_words
from genesys_cloud.simulator import running_simulator
from genesys_core.command_line.completion import SHELL_SCRIPTS
from tests.helpers.command import run_command

pytestmark = pytest.mark.usefixtures("clean_home")


def values(*words):
    return [each.value for each in complete_words(words[:-1], words[-1])]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["users"], ["users", "users_rules"]),
        (["whoa"], ["whoami"]),
        (["--prof"], ["--profile"]),
        (["--vers"], ["--version"]),
        (["--profile", "p", "whoa"], ["whoami"]),
        (["--profile", ""], []),
        (["--host", ""], []),
        (["--region", "eu_w"], ["eu_west_1", "eu_west_2"]),
        (["users", "get_users", "--region", "eu_w"], ["eu_west_1", "eu_west_2"]),
        (["users", "get_users_me_"], ["get_users_me_verifiers"]),
        (["users", "get-users-me-"], ["get_users_me_verifiers"]),
        (["users", "nope", "--x"], []),
        (["users", "get_users", "--state", "a"], ["active", "any"]),
        (["call", "PA"], ["PATCH"]),
        (["call", "GET", "/x", "--para"], ["--param"]),
        (["config", ""], ["check", "show"]),
        (["config", "check", "--h"], ["--help"]),
        (["login", "--client"], ["--client-id"]),
        (["nope", "x"], []),
        (["jobs", "wa"], ["wait"]),
        (["jobs", "run", "analyt"], ["analytics"]),
        (["jobs", "run", "nope", "x"], []),
        (["jobs", "run", "nope", "x", ""], []),
        (["jobs", "run", "users", "get_users_me_"], ["get_users_me_verifiers"]),
        (["jobs", "run", "users", "get_users_me", "--dead"], ["--deadline"]),
        (["jobs", "run", "external-contacts", "post-externalcontacts-enrich"], []),
        (["jobs", "run", "external-cont"], ["external_contacts"]),
        (
            ["jobs", "run", "external-contacts", "post-externalcontacts-merge"],
            ["post_externalcontacts_merge_contacts"],
        ),
        (
            ["jobs", "run", "external-contacts", "get-externalcontacts-contacts", "--dead"],
            ["--deadline"],
        ),
    ],
)
def test_candidates(words, expected):
    assert values(*words) == expected


def test_names_of_profiles(clean_home):
    clean_home.joinpath(".genesyscloudpython/profiles/staging").mkdir(parents=True)
    clean_home.joinpath(".genesyscloudpython/profiles/production").mkdir()
    assert values("--profile", "") == ["production", "staging"]
    assert values("login", "--profile", "st") == ["staging"]
    assert values("users", "get_users", "--profile", "st") == ["staging"]


def test_ids_of_saved_names(clean_home):
    folder = clean_home / ".genesyscloudpython"
    folder.mkdir()
    folder.joinpath("completion.json").write_text(json.dumps({"user": {"u-1": "Ann"}}))
    assert values("users", "get_user", "An") == ["u-1"]
    folder.joinpath("completion.json").write_text("[]")
    assert values("users", "get_user", "An") == []
    assert values("--profile", "../x", "users", "get_user", "") == []


def test_the_command_prints_candidates():
    environment = {"_GENESYS_CLOUD_COMPLETE": "zsh"}
    assert run_command("users_r", environment=environment).out == "users_rules\tAPI\n"
    assert run_command("zzz", environment=environment).out == ""


def test_scripts_and_names(clean_home, monkeypatch):
    for shell in ("bash", "zsh", "fish"):
        assert run_command("completion", shell).out == SHELL_SCRIPTS[shell]
    assert run_command("completion").code == 2
    with running_simulator() as running:
        environment = {
            "GENESYSCLOUD_HOST": running.url,
            "GENESYSCLOUD_OAUTHCLIENT_ID": running.client_id,
            "GENESYSCLOUD_OAUTHCLIENT_SECRET": running.client_secret,
        }
        for profile in ([], ["--profile", "p"]):
            folder = clean_home / ".genesyscloudpython" / "/".join(["profiles", *profile[1:]])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "config").touch()
            done = run_command(*profile, "completion", "--refresh", environment=environment)
            assert (done.code, done.out, done.err) == (0, "", "")
        (clean_home / "file").touch()
        nowhere = {**environment, "HOME": str(clean_home / "file")}
        done = run_command("completion", "--refresh", environment=nowhere)
        assert done.code == 2
        assert "completion.json: cannot be written: Not a directory" in done.err
    saved = clean_home / ".genesyscloudpython" / "completion.json"
    assert saved.stat().st_mode & 0o077 == 0
    (user,) = values("users", "get_user", "User 001")
    assert values("--profile", "p", "users", "get_user", "User 001") == [user]
    assert len(values("routing", "get_routing_queue", "")) == 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "replies"),
    [
        ("genesys-cloud users get_users_me_", ["get_users_me_verifiers"]),
        ("genesys-cloud users get_users --state in", ["inactive"]),
        ("genesys-cloud users get_users --state=in", ["inactive"]),
        ("genesys-cloud whoa", ["whoami"]),
    ],
)
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(line, replies, programs):
    script = (
        'eval "$(genesys-cloud completion bash)"; COMP_LINE=$1 COMP_POINT=${#1}; '
        # As readline splits a line.
        'read -ra COMP_WORDS <<< "${1//=/ = }"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); '
        '_genesys_cloud_completion genesys-cloud; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script, "-", line],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": programs},
        timeout=60,
    )
    assert done.stdout.split() == replies
