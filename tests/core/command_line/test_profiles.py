"""Profiles."""

import pytest

from genesys_core.command_line.profiles import profile_paths
from genesys_core.command_line.usage import UsageError


def test_a_profile_has_a_folder():
    assert profile_paths("prod-eu.1") == (
        "~/.genesyscloudpython/profiles/prod-eu.1/config",
        "~/.genesyscloudpython/profiles/prod-eu.1/tokens.json",
    )


@pytest.mark.parametrize("name", ["", "..", ".x", "a/b", "a\\b", "a b", "é"])
def test_a_name_never_leads_elsewhere(name):
    with pytest.raises(UsageError, match="use letters"):
        profile_paths(name)
