"""PKCE and sign-in state with the operating system's randomness; the rules are the core's."""

import secrets

from genesys_core.oauth import pkce
from genesys_core.oauth.pkce import compute_pkce_code_challenge

__all__ = ["compute_pkce_code_challenge", "generate_pkce_code_verifier", "generate_state"]

_STATE_BYTES = 32  # as many as the shortest code verifier is made from (RFC 7636, 4.1)


def generate_pkce_code_verifier(length: int = 128) -> str:
    """A new code verifier that nobody can guess.

    Args:
        length: its number of characters, 43 to 128.

    Raises:
        InvalidValueError: another length.
    """
    return pkce.generate_pkce_code_verifier(length, choice=secrets.choice)


def generate_state() -> str:
    """A new ``state`` for an authorize URL, to be compared when the redirect comes back."""
    return secrets.token_urlsafe(_STATE_BYTES)
