"""Tokens, and the grants that obtain them: requests out, replies in.

Law: a grant is material (ids, secrets, codes) that shows no secret; preparing a request and
parsing its reply are pure functions of it; the original error of the login host is never lost.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote

import msgspec
from msgspec import Struct

from genesys_core.errors import OAUTH_ERRORS, ConfigurationError, OAuthError
from genesys_core.headers import Headers
from genesys_core.hosts import Hosts
from genesys_core.message import Request, Response, Timeout
from genesys_core.model import REDACTED
from genesys_core.values import Now

__all__ = [
    "ClientCredentials",
    "Grant",
    "RefreshToken",
    "Token",
    "oauth_error",
    "parse_token_response",
    "prepare_token_request",
]


class Token(Struct, frozen=True):
    """An access token and what the login host said of it.

    Attributes:
        access_token: the secret that calls carry; never shown.
        token_type: ``bearer``.
        expires_in: seconds it lives, from when it was given.
        expires_at: when it ends, in seconds since 1970-01-01 UTC; ``None`` where nobody said.
        refresh_token: the secret that gets the next token, where the grant gives one; never shown.
        scope: the scopes, separated by spaces.
        extra: whatever else the reply held.
    """

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the type, not a secret
    expires_in: int | None = None
    expires_at: float | None = None
    refresh_token: str | None = None
    scope: str | None = None
    extra: Mapping[str, object] = {}

    def __repr__(self) -> str:
        refresh = "" if self.refresh_token is None else f", refresh_token={REDACTED}"
        return f"Token(access_token={REDACTED}{refresh}, expires_at={self.expires_at!r})"


class Grant(Protocol):
    """How a token is obtained."""

    @property
    def repeatable(self) -> bool:
        """Whether the same material gets another token, any number of times."""
        ...

    def form(self) -> tuple[tuple[str, str], ...]:
        """The form fields of the token request, in the order the official SDKs send them."""
        ...

    def basic(self) -> tuple[str, str] | None:
        """Client id and secret for the Basic header, or ``None`` for a grant without one."""
        ...

    def renewed(self, refresh_token: str) -> "Grant | None":
        """The grant that spends a refresh token which this one was given."""
        ...


class ClientCredentials(Struct, frozen=True):
    """A service signs in as itself: no user, no refresh token, renewed by asking again.

    Args:
        client_id: the OAuth client's id.
        client_secret: its secret; never shown.
    """

    client_id: str
    client_secret: str

    def __post_init__(self) -> None:
        require("client_id", self.client_id)
        require("client_secret", self.client_secret)

    def __repr__(self) -> str:
        return f"ClientCredentials(client_id={self.client_id!r}, client_secret={REDACTED})"

    @property
    def repeatable(self) -> bool:
        """Always."""
        return True

    def form(self) -> tuple[tuple[str, str], ...]:
        """``grant_type=client_credentials``."""
        return (("grant_type", "client_credentials"),)

    def basic(self) -> tuple[str, str]:
        """Client id and secret."""
        return self.client_id, self.client_secret

    def renewed(self, refresh_token: str) -> "RefreshToken":
        """This grant has no refresh tokens, but if one comes it is honoured."""
        return RefreshToken(self.client_id, self.client_secret, refresh_token)


class RefreshToken(Struct, frozen=True):
    """A refresh token kept from an earlier sign-in; each use may rotate it.

    Args:
        client_id: the OAuth client's id.
        client_secret: its secret; never shown.
        refresh_token: the token to spend; never shown.
    """

    client_id: str
    client_secret: str
    refresh_token: str

    def __post_init__(self) -> None:
        require("client_id", self.client_id)
        require("client_secret", self.client_secret)
        require("refresh_token", self.refresh_token)

    def __repr__(self) -> str:
        return (
            f"RefreshToken(client_id={self.client_id!r}, client_secret={REDACTED}, "
            f"refresh_token={REDACTED})"
        )

    @property
    def repeatable(self) -> bool:
        """Never: the platform rotates refresh tokens."""
        return False

    def form(self) -> tuple[tuple[str, str], ...]:
        """``grant_type=refresh_token`` and the token."""
        return (("grant_type", "refresh_token"), ("refresh_token", self.refresh_token))

    def basic(self) -> tuple[str, str]:
        """Client id and secret."""
        return self.client_id, self.client_secret

    def renewed(self, refresh_token: str) -> "RefreshToken":
        """The same client with the rotated token."""
        return RefreshToken(self.client_id, self.client_secret, refresh_token)


def require(name: str, value: str) -> None:
    """Refuse material that is empty.

    Raises:
        ConfigurationError: the value is empty or no string.
    """
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{name}: must be a non-empty string")


def prepare_token_request(grant: Grant, hosts: Hosts, *, timeout: Timeout | None = None) -> Request:
    """The request that exchanges a grant for a token (RFC 6749, 4 and 6)."""
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    credentials = grant.basic()
    if credentials is not None:
        headers["Authorization"] = _basic(*credentials)
    form = "&".join(f"{name}={quote(value, safe='')}" for name, value in grant.form())
    return Request(
        "POST",
        f"{hosts.login}/oauth/token",
        Headers(headers),
        form.encode(),
        timeout or Timeout(),
    )


def _basic(client_id: str, client_secret: str) -> str:
    # RFC 7617, 2: user-id and password joined by a colon; UTF-8 as Java, JS and Go send it.
    return "Basic " + b64encode(f"{client_id}:{client_secret}".encode()).decode()


class _TokenBody(Struct):
    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the type, not a secret
    expires_in: int | None = None
    refresh_token: str | None = None
    scope: str | None = None


def parse_token_response(response: Response, *, now: Now) -> Token:
    """The token that a reply holds.

    Raises:
        OAuthError: by its wire code; for a reply that is neither a token nor an error too.
    """
    if not 200 <= response.status < 300:
        raise oauth_error(response)
    document = _document(response.body)
    try:
        body = msgspec.convert(document, _TokenBody, strict=False)
    except msgspec.ValidationError as error:
        raise OAuthError(
            "invalid_response",
            f"the login host's reply holds no token: {error}",
            status=response.status,
            correlation_id=response.headers.get("inin-correlation-id"),
        ) from None
    return Token(
        access_token=body.access_token,
        token_type=body.token_type,
        expires_in=body.expires_in,
        expires_at=None if body.expires_in is None else now.wall + body.expires_in,
        refresh_token=body.refresh_token or None,
        scope=body.scope,
        extra={k: v for k, v in document.items() if k not in _TokenBody.__struct_fields__},
    )


def _document(body: bytes) -> dict[str, object]:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def oauth_error(response: Response) -> OAuthError:
    """The refusal that a reply of the login host means, by its wire code (RFC 6749, 5.2)."""
    body = _document(response.body)
    code = body.get("error")
    words = body.get("error_description") or body.get("description") or body.get("message")
    error = code if isinstance(code, str) and code else f"http_{response.status}"
    return OAUTH_ERRORS.get(error, OAuthError)(
        error,
        words if isinstance(words, str) else None,
        status=response.status,
        correlation_id=response.headers.get("inin-correlation-id"),
    )
