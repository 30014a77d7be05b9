"""Links to the platform's documentation for an operation.

Invariants: a link is derived from method and path; the page is the API Explorer of the platform's
developer site, which can be read without an account.
"""

import re
from typing import Final

__all__ = ["EXPLORER", "platform_link"]

EXPLORER: Final = "https://developer.genesys.cloud/devapps/api-explorer"
"""The page that lists all operations."""

_SIGNS: Final = re.compile(r"[/{}]")


def platform_link(method: str, path: str) -> str:
    """Return an operation's address on the platform's developer site.

    The site's anchors are method and path with ``/``, ``{`` and ``}`` replaced by ``-``.
    """
    return f"{EXPLORER}#{method.lower()}{_SIGNS.sub('-', path)}"
