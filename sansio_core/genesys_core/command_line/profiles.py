"""Profiles: named settings and sign-ins, each in its own folder.

Invariants: no profile name can select a folder outside the profiles folder. Options take precedence
over environment variables. If options select both a token file and a profile, or if variables do, the
token file takes precedence.
"""

import re
from collections.abc import Mapping
from typing import Final

from genesys_core.command_line.usage import UsageError

__all__ = [
    "DEFAULT_TOKEN_FILE",
    "PROFILES_FOLDER",
    "missing_profile",
    "profile_paths",
    "select_profile",
    "select_token_file",
]

DEFAULT_TOKEN_FILE: Final = "~/.genesyscloudpython/tokens.json"  # noqa: S105 - a path
"""The token file of ``genesys-cloud login`` if no profile is selected; ``~`` is not expanded."""

PROFILES_FOLDER: Final = "~/.genesyscloudpython/profiles"
"""The parent folder of the profiles' folders; ``~`` is not expanded."""

# A first character that is not a dot excludes "..", the parent folder.
_NAME: Final = re.compile(r"\w[\w.-]*", re.ASCII)
_PROFILE: Final = "GENESYSCLOUD_PROFILE"
_TOKEN_FILE: Final = "GENESYSCLOUD_TOKEN_FILE"  # noqa: S105 - the name of a variable


def profile_paths(name: str) -> tuple[str, str]:
    """Return the paths of a profile's configuration file and token file; ``~`` is not expanded.

    Args:
        name: the profile's name: letters, digits, dots, dashes and underscores.

    Raises:
        UsageError: the profile's name is invalid.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"invalid profile name {name!r}: use only letters, digits, '.', '-' and '_', and do not "
            "begin with '.' or '-'; for example: production"
        )
    folder = f"{PROFILES_FOLDER}/{name}"
    return f"{folder}/config", f"{folder}/tokens.json"


def select_profile(options: Mapping[str, object], environment: Mapping[str, str]) -> str | None:
    """Return the name of the selected profile, or ``None`` if none is selected.

    Args:
        options: the command's options, by name without dashes.
        environment: the process's environment variables.
    """
    found = options.get("profile") or environment.get(_PROFILE)
    return str(found) if found else None


def select_token_file(options: Mapping[str, object], environment: Mapping[str, str]) -> str:
    """Return the path of the token file to use; ``~`` is not expanded.

    Args:
        options: the command's options, by name without dashes.
        environment: the process's environment variables.

    Raises:
        UsageError: the profile's name is invalid.
    """
    given = options.get("token-file")
    if not given and not options.get("profile"):
        given = environment.get(_TOKEN_FILE)
    if given:
        return str(given)
    profile = select_profile(options, environment)
    return DEFAULT_TOKEN_FILE if profile is None else profile_paths(profile)[1]


def missing_profile(name: str, config: str, tokens: str) -> UsageError:
    """Return the error for a profile with neither a configuration file nor a token file.

    Args:
        name: the profile's name.
        config: the path of its configuration file.
        tokens: the path of its token file.
    """
    return UsageError(
        f"profile {name!r}: neither {config} nor {tokens} exists; run "
        f"genesys-cloud --profile {name} login, or create the configuration file"
    )
