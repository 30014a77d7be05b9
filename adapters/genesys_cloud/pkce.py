"""PKCE (RFC 7636): code verifier and code challenge."""

from genesys_cloud.sign_in.pkce import generate_pkce_code_verifier, generate_state
from genesys_core.oauth.pkce import compute_pkce_code_challenge

__all__ = ["compute_pkce_code_challenge", "generate_pkce_code_verifier", "generate_state"]
