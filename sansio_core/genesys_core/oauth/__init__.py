"""OAuth 2.0 in one place: grants, tokens, the authorize URL and its redirect, PKCE.

Law: ``prepare_*`` gives what is sent, ``parse_*`` reads what comes back; both are pure. Everything
named here is defined in :mod:`~genesys_core.oauth.grants` (what is exchanged),
:mod:`~genesys_core.oauth.tokens` (the exchange, and what comes of it), :mod:`~genesys_core.oauth.authorization` (sign-in
through a browser) or :mod:`~genesys_core.oauth.pkce`.
"""

from genesys_core.oauth.authorization import (
    Implicit,
    parse_code_redirect,
    parse_token_redirect,
    prepare_authorize_url,
    prepare_logout_url,
)
from genesys_core.oauth.grants import (
    AuthorizationCode,
    ClientCredentials,
    Grant,
    Pkce,
    RefreshToken,
    Saml2Bearer,
)
from genesys_core.oauth.pkce import compute_pkce_code_challenge, generate_pkce_code_verifier
from genesys_core.oauth.tokens import (
    Token,
    oauth_error,
    parse_token_response,
    prepare_token_request,
)

__all__ = [
    "AuthorizationCode",
    "ClientCredentials",
    "Grant",
    "Implicit",
    "Pkce",
    "RefreshToken",
    "Saml2Bearer",
    "Token",
    "compute_pkce_code_challenge",
    "generate_pkce_code_verifier",
    "oauth_error",
    "parse_code_redirect",
    "parse_token_redirect",
    "parse_token_response",
    "prepare_authorize_url",
    "prepare_logout_url",
    "prepare_token_request",
]
