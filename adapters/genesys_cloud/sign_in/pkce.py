"""Generates PKCE code verifiers and ``state`` with the operating system's random source."""

import secrets

from genesys_core.oauth import pkce
from genesys_core.oauth.pkce import compute_pkce_code_challenge

__all__ = ["compute_pkce_code_challenge", "generate_pkce_code_verifier", "generate_state"]

_STATE_BYTES = 32  # the number that RFC 7636 section 4.1 recommends for a code verifier


def generate_pkce_code_verifier(length: int = 128) -> str:
    """Generate a random PKCE code verifier (RFC 7636 section 4.1).

    Args:
        length: number of characters of the verifier, 43 to 128.

    Raises:
        InvalidValueError: ``length`` is out of range.
    """
    return pkce.generate_pkce_code_verifier(length, choice=secrets.choice)


def generate_state() -> str:
    """Generate a random ``state`` for an authorization request; verify it in the redirect."""
    return secrets.token_urlsafe(_STATE_BYTES)
