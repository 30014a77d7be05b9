"""Candidates that the command offers to shells."""

import json

import pytest

from genesys_cloud.cli.complete import complete_words
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
    ],
)
def test_candidates(words, expected):
    assert values(*words) == expected


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
