"""Profiles."""

import pytest

from genesys_core.command_line.profiles import (
    DEFAULT_TOKEN_FILE,
    missing_profile,
    profile_paths,
    select_profile,
    select_token_file,
)
from genesys_core.command_line.usage import UsageError

FOLDER = "~/.genesyscloudpython/profiles"


def test_a_profile_has_a_folder():
    assert profile_paths("prod-eu.1") == (
        f"{FOLDER}/prod-eu.1/config",
        f"{FOLDER}/prod-eu.1/tokens.json",
    )


@pytest.mark.parametrize("name", ["", "..", ".x", "a/b", "a\\b", "a b", "é"])
def test_a_name_never_leads_elsewhere(name):
    with pytest.raises(UsageError, match="use only letters"):
        profile_paths(name)
    if name:
        with pytest.raises(UsageError, match="use only letters"):
            select_token_file({"profile": name}, {})


OPTION, VARIABLE = {"profile": "p"}, {"GENESYSCLOUD_PROFILE": "q"}
FILE, FILE_VARIABLE = {"token-file": "f"}, {"GENESYSCLOUD_TOKEN_FILE": "g"}


@pytest.mark.parametrize(
    ("options", "environment", "profile", "token_file"),
    [
        ({}, {}, None, DEFAULT_TOKEN_FILE),
        ({"profile": None}, {"GENESYSCLOUD_PROFILE": ""}, None, DEFAULT_TOKEN_FILE),
        (OPTION, VARIABLE, "p", f"{FOLDER}/p/tokens.json"),
        ({}, VARIABLE, "q", f"{FOLDER}/q/tokens.json"),
        ({}, VARIABLE | FILE_VARIABLE, "q", "g"),
        (OPTION, FILE_VARIABLE, "p", f"{FOLDER}/p/tokens.json"),
        (OPTION | FILE, FILE_VARIABLE, "p", "f"),
        (FILE, VARIABLE | FILE_VARIABLE, "q", "f"),
    ],
)
def test_what_is_given_with_the_command_precedes_the_environment(
    options, environment, profile, token_file
):
    assert select_profile(options, environment) == profile
    assert select_token_file(options, environment) == token_file


def test_a_missing_profile_names_the_sign_in_that_makes_it():
    assert str(missing_profile("p", "/c", "/t")) == (
        "profile 'p': neither /c nor /t exists; run genesys-cloud --profile p login, or create the configuration file"
    )
