"""Proof Key for Code Exchange (RFC 7636): code verifiers and challenges.

Invariants: a verifier has 43 to 128 characters of the unreserved set, drawn uniformly from the
caller's source of randomness; no error message contains a verifier.
"""

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
"""The characters of a code verifier (RFC 7636 section 4.1): ALPHA / DIGIT / "-" / "." / "_" / "~",
in the order of the official .NET SDK.
"""

_SHORTEST, _LONGEST = 43, 128  # RFC 7636 section 4.1
_FOREIGN = re.compile(r"[^0-9A-Za-z\-._~]")


def generate_pkce_code_verifier(length: int = 128, *, choice: Callable[[str], str]) -> str:
    """Generate a code verifier.

    Args:
        length: number of characters, 43 to 128.
        choice: a function such as :func:`secrets.choice`, which draws one character of a string
            uniformly and unpredictably.

    Raises:
        InvalidValueError: the length is out of range.
    """
    WHOLE_NUMBER.check("length", length)
    if not _SHORTEST <= length <= _LONGEST:
        raise InvalidValueError(f"length={length!r}: must be {_SHORTEST} to {_LONGEST} characters")
    return "".join(choice(PKCE_ALPHABET) for _ in range(length))


def compute_pkce_code_challenge(code_verifier: str) -> str:
    """Compute the ``S256`` code challenge: the verifier's SHA-256 as base64url without padding.

    Raises:
        InvalidValueError: the verifier is too short, too long or has invalid characters.
    """
    problem = verifier_problem(code_verifier)
    if problem is not None:
        raise InvalidValueError(problem)
    import hashlib  # noqa: PLC0415 - few clients sign users in

    digest = hashlib.sha256(code_verifier.encode("ascii")).digest()
    return urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def verifier_problem(code_verifier: object) -> str | None:
    """Describe why a value is not a code verifier, without showing it; ``None`` if it is one."""
    if not isinstance(code_verifier, str):
        return f"code_verifier: must be a string, not {type(code_verifier).__name__}"
    if not _SHORTEST <= len(code_verifier) <= _LONGEST:
        return (
            f"code_verifier: must have {_SHORTEST} to {_LONGEST} characters, "
            f"not {len(code_verifier)} (RFC 7636 section 4.1)"
        )
    foreign = _FOREIGN.search(code_verifier)
    if foreign is None:
        return None
    return f"code_verifier: character {foreign.start() + 1} must be one of A-Z a-z 0-9 - . _ ~ (RFC 7636 section 4.1)"
