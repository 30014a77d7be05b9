"""OAuth client authentication and permitted grants.

Invariants: a confidential client must authenticate with its secret. A public client sends only its
id and must use PKCE.
"""

from base64 import b64decode
from binascii import Error
from urllib.parse import urlsplit

from genesys_core.simulator.http.exchange import LoginCall
from genesys_core.simulator.http.problems import OAuthProblem
from genesys_core.simulator.state.world import OAuthClient

__all__ = [
    "authenticate_client",
    "check_grant",
    "find_named_client",
    "is_registered",
    "sends_secret",
]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def authenticate_client(call: LoginCall) -> OAuthClient:
    """Authenticate a client by id and secret in an HTTP Basic header.

    Raises:
        Problem: ``invalid_client`` if the client is unknown or not authenticated.
    """
    client_id, secret = _basic(call)
    client = _known(call, client_id)
    if client.secret != secret:
        raise OAuthProblem(401, "invalid_client", "authentication failed")
    return client


def sends_secret(call: LoginCall) -> bool:
    """Return whether the request has an ``Authorization`` header, valid or not."""
    return "authorization" in call.request.headers


def find_named_client(call: LoginCall) -> OAuthClient:
    """Return the client that the form's ``client_id`` identifies.

    Raises:
        Problem: ``invalid_client`` if the id is missing or unknown.
    """
    client_id = call.form.get("client_id", "")
    if not client_id:
        raise OAuthProblem(401, "invalid_client", "client credentials are required")
    return _known(call, client_id)


def check_grant(client: OAuthClient, grant: str) -> None:
    """Check that a client may use a grant.

    Raises:
        Problem: ``unauthorized_client`` if the client may not use the grant.
    """
    if grant not in client.grants:
        raise OAuthProblem(
            400, "unauthorized_client", f"the grant {grant} is not permitted for the client"
        )


def is_registered(client: OAuthClient, redirect_uri: str) -> bool:
    """Return whether a client may use a redirect URI.

    It must be one of the client's registered URIs or, if the client has none, a loopback URI.
    """
    # Other characters are invalid in the Location header, and RFC 6749 section 3.1.2 forbids
    # fragments.
    if not redirect_uri.isascii() or not redirect_uri.isprintable() or set(redirect_uri) & {*" #"}:
        return False
    if client.redirect_uris:
        return redirect_uri in client.redirect_uris
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.hostname in _LOOPBACK


def _known(call: LoginCall, client_id: str) -> OAuthClient:
    client = call.state.clients.get(client_id)
    if client is None:
        raise OAuthProblem(400, "invalid_client", "client not found")
    return client


def _basic(call: LoginCall) -> tuple[str, str]:
    """Return client id and secret from HTTP Basic, in UTF-8 or Latin-1."""
    scheme, _, encoded = call.request.headers.get("authorization", "").partition(" ")
    try:
        raw = b64decode(encoded.strip(), validate=True)
    except (Error, ValueError):
        raw = b""
    if scheme.lower() != "basic" or b":" not in raw:
        raise OAuthProblem(401, "invalid_client", "client credentials are required")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    client_id, _, secret = text.partition(":")
    return client_id, secret
