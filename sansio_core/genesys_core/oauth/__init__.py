"""OAuth 2.0: grants, tokens, authorization URLs and redirects, PKCE.

``prepare_*`` functions build requests and ``parse_*`` functions read responses; both are pure. The
names are defined in :mod:`~genesys_core.oauth.grants`, :mod:`~genesys_core.oauth.tokens` (the token
endpoint), :mod:`~genesys_core.oauth.authorization` (browser sign-in) and
:mod:`~genesys_core.oauth.pkce`.
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
