"""Creates links to the platform's documentation of operations.

Invariants: a link is derived from the method and path. It leads to the API Explorer on the
platform's developer site, which can be read without an account.
"""

import re
from typing import Final
from urllib.parse import quote

__all__ = ["EXPLORER", "platform_link"]

EXPLORER: Final = "https://developer.genesys.cloud/devapps/api-explorer"
"""The address of the API Explorer, which lists all operations."""

_SIGNS: Final = re.compile(r"[/{}]")


def platform_link(method: str, path: str) -> str:
    """Return the address of an operation's documentation on the platform's developer site.

    The anchor is the method and path, with ``/``, ``{`` and ``}`` replaced by ``-``. Characters that
    are invalid in a URL or in a Markdown link are percent-encoded.
    """
    anchor = quote(_SIGNS.sub("-", path), safe=":", errors="replace")
    return f"{EXPLORER}#{method.lower()}{anchor}"
