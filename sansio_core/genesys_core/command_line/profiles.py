"""Profiles: named settings and sign-ins, each in a folder of its own.

Invariants: a name never leads out of the folder of profiles.
"""

import re
from typing import Final

from genesys_core.command_line.usage import UsageError

__all__ = ["profile_paths"]

_NAME: Final = re.compile(r"\w[\w.-]*", re.ASCII)
_FOLDER: Final = "~/.genesyscloudpython/profiles"


def profile_paths(name: str) -> tuple[str, str]:
    """Return the paths of a profile's configuration file and token file; ``~`` is not expanded.

    Args:
        name: letters, digits, dots, dashes and underscores.

    Raises:
        UsageError: not a valid name.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"profile {name!r}: use letters, digits, '.', '-' and '_', such as production"
        )
    folder = f"{_FOLDER}/{name}"
    return f"{folder}/config", f"{folder}/tokens.json"
