"""The representations of an OAuth client in the API and at the login host.

Invariants: a client has a record in the API's collection, and another one at the login host unless
it is inactive. A client that is created with the API has one grant type, as on the platform.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.state.credentials import SAML2_BEARER
from genesys_core.simulator.state.world import START, OAuthClient, Record

__all__ = ["GRANT_TYPES", "OAUTH_CLIENTS", "grant_type_of", "login_client", "show_client"]

OAUTH_CLIENTS: Final = ("", "api", "v2", "oauth", "clients")
"""The path segments of the OAuth client collection."""

GRANT_TYPES: Final[Mapping[str, str]] = {
    "CLIENT-CREDENTIALS": "client_credentials",
    "CODE": "authorization_code",
    "TOKEN": "implicit",
    "SAML2-BEARER": SAML2_BEARER,
}
"""The grant that a client may use at the login host, by the grant type that the API shows; clients
of the type ``PASSWORD`` may use none."""


def grant_type_of(client: OAuthClient) -> str:
    """Return the API's name for a client's grant type; ``CODE`` if the client has none.

    If the client has several, this is the first one in :data:`GRANT_TYPES`.
    """
    return next((name for name, grant in GRANT_TYPES.items() if grant in client.grants), "CODE")


def show_client(client: OAuthClient) -> Record:
    """Return an OAuth client of the simulated organization, as the API represents it."""
    return {
        "id": client.id,
        "name": "Simulated client",
        "secret": client.secret,
        "authorizedGrantType": grant_type_of(client),
        "registeredRedirectUri": list(client.redirect_uris),
        "state": "active",
        "dateCreated": START,
        "dateModified": START,
        "selfUri": "/".join((*OAUTH_CLIENTS, client.id)),
    }


def login_client(record: Record) -> OAuthClient | None:
    """Return the login host's record of an API client; ``None`` if the client is inactive."""
    if record.get("state") == "inactive":
        return None
    grant = GRANT_TYPES.get(str(record.get("authorizedGrantType")))
    redirects, lifetime = (
        record.get("registeredRedirectUri"),
        record.get("accessTokenValiditySeconds"),
    )
    return OAuthClient(
        id=str(record["id"]),
        secret=str(record["secret"]),
        grants=() if grant is None else (grant,),
        redirect_uris=tuple(map(str, redirects)) if isinstance(redirects, list) else (),
        token_lifetime=lifetime if isinstance(lifetime, int) else None,
    )
