"""Proof Key for Code Exchange (RFC 7636): a secret of one sign-in, and its hash.

Law: a verifier has 43 to 128 characters of the unreserved set, each drawn with the same chance
from a source that the caller brings; no error ever repeats one.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Final

from genesys_core.checks import WHOLE_NUMBER
from genesys_core.errors import InvalidValueError

__all__ = [
    "PKCE_ALPHABET",
    "compute_pkce_code_challenge",
    "generate_pkce_code_verifier",
    "verifier_problem",
]

PKCE_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~"
"""RFC 7636, 4.1: ALPHA / DIGIT / "-" / "." / "_" / "~", in the order of the official .NET SDK."""

_SHORTEST, _LONGEST = 43, 128  # RFC 7636, 4.1
_FOREIGN = re.compile(r"[^0-9A-Za-z\-._~]")


def generate_pkce_code_verifier(length: int = 128, *, choice: Callable[[str], str]) -> str:
    """A new code verifier.

    Args:
        length: its number of characters, 43 to 128.
        choice: draws one character of a string, each with the same chance and not to be guessed,
            such as :func:`secrets.choice`.

    Raises:
        InvalidValueError: another length.
    """
    WHOLE_NUMBER.check("length", length)
    if not _SHORTEST <= length <= _LONGEST:
        raise InvalidValueError(f"length={length!r}: must be {_SHORTEST} to {_LONGEST} characters")
    return "".join(choice(PKCE_ALPHABET) for _ in range(length))


def compute_pkce_code_challenge(code_verifier: str) -> str:
    """The code challenge of a verifier by ``S256``: base64url of its SHA-256, without padding.

    Raises:
        InvalidValueError: the verifier is too short, too long or has foreign characters.
    """
    problem = verifier_problem(code_verifier)
    if problem is not None:
        raise InvalidValueError(problem)
    digest = hashlib.sha256(code_verifier.encode("ascii")).digest()
    return urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def verifier_problem(code_verifier: object) -> str | None:
    """Why this is no code verifier, in words that do not repeat it; ``None`` if it is one."""
    if not isinstance(code_verifier, str):
        return f"code_verifier: must be a string, not {type(code_verifier).__name__}"
    if not _SHORTEST <= len(code_verifier) <= _LONGEST:
        return (
            f"code_verifier: must have {_SHORTEST} to {_LONGEST} characters, "
            f"not {len(code_verifier)} (RFC 7636, 4.1)"
        )
    foreign = _FOREIGN.search(code_verifier)
    if foreign is None:
        return None
    return (
        f"code_verifier: character {foreign.start() + 1} is none of A-Z a-z 0-9 - . _ ~ "
        "(RFC 7636, 4.1)"
    )
