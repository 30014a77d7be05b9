"""The token endpoint: requests from grants, tokens from responses.

Invariants: a successful response with an access token yields that token, even if other fields are
malformed; any other response is an :class:`~genesys_core.errors.OAuthError` with the login host's own
code and description.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, cast
from urllib.parse import quote

import msgspec

from genesys_core.clock import Now
from genesys_core.confidential import Confidential
from genesys_core.errors import OAUTH_ERRORS, ConfigurationError, DecodeError, OAuthError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import Request, Response, Timeout
from genesys_core.http.redaction import message_secrets, redact_error
from genesys_core.oauth.grants import Grant

__all__ = [
    "CORRELATION_ID",
    "Token",
    "grant_secrets",
    "oauth_error",
    "parse_token_response",
    "prepare_token_request",
    "token_of",
    "token_secrets",
]

CORRELATION_ID: Final = "inin-correlation-id"
"""Name of the response header with the id of the request, needed for support requests."""

INVALID_RESPONSE: Final = "invalid_response"
"""Error code for responses that are neither a token nor an error; never sent by a login host."""

_LONGEST_LIFE: Final = 10**10
"""Seconds (317 years) above which ``expires_in`` is considered invalid; SCIM tokens are valid for 450 days.
"""

# RFC 6749 section A.12: access-token = 1*VSCHAR. A header field cannot begin or end with a space.
_ACCESS_TOKEN = re.compile(r"[!-~](?:[ -~]*[!-~])?")

# Fields of a token request with secrets, which the login host's error may repeat.
_SECRET_FIELDS: Final = frozenset(
    {"assertion", "client_secret", "code", "code_verifier", "refresh_token"}
)
_FORM_TYPE: Final = "application/x-www-form-urlencoded"


class Token(Confidential, frozen=True):
    """An access token with its lifetime and scope.

    Args:
        access_token: the bearer token that is sent with each request; redacted in the ``repr``.
        token_type: the type of the token, ``bearer``.
        expires_in: lifetime in seconds, from when the token was issued.
        expires_at: expiry in seconds since 1970-01-01 UTC; ``None`` if unknown.
        refresh_token: the refresh token, if the grant issues one; redacted in the ``repr``.
        scope: the scopes, separated by spaces.
        extra: all other fields of the response; never shown.

    Raises:
        ConfigurationError: the access token cannot be sent in an ``Authorization`` header.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"access_token", "refresh_token", "extra"})
    __instead_of_pickling__: ClassVar[str] = (
        "share a token store with it, such as a FileTokenStore (genesys_cloud.token_stores)"
    )

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the type, not a secret
    expires_in: int | None = None
    expires_at: float | None = None
    refresh_token: str | None = None
    scope: str | None = None
    extra: Mapping[str, object] = {}

    def __post_init__(self) -> None:
        if not _is_access_token(self.access_token):
            raise ConfigurationError(
                "access_token: must be printable ASCII without surrounding spaces, because it is sent in a header; strip a trailing line break"
            )


def prepare_token_request(
    grant: Grant, hosts: Hosts, *, timeout: Timeout | None = None, headers: Headers | None = None
) -> Request:
    """Build the request that exchanges a grant for a token (RFC 6749 sections 4 and 6).

    Args:
        grant: the grant to exchange.
        hosts: the login host, or the gateway in front of it.
        timeout: timeouts for the phases of the request.
        headers: additional headers, such as a gateway's key; required headers are never replaced.
    """
    credentials = grant.basic()
    # The client's own Authorization header is for the API, and a public client must send none here.
    sent = (headers or Headers()).without("authorization")
    sent = sent.set("Accept", "application/json")
    sent = sent.set("Content-Type", _FORM_TYPE)
    if credentials is not None:
        sent = sent.set("Authorization", _basic(*credentials))
    # quote(), not urlencode(): all form parsers decode "%20", but some do not decode "+".
    form = "&".join(f"{name}={quote(value, safe='')}" for name, value in grant.form())
    return Request(
        "POST",
        f"{hosts.login}/oauth/token",
        sent,
        form.encode(),
        timeout or Timeout(),
        purpose="token",
    )


def _basic(client_id: str, client_secret: str) -> str:
    # RFC 7617 section 2: user-id and password joined by a colon; UTF-8 as in the Java, JS and Go
    # SDKs.
    return "Basic " + b64encode(f"{client_id}:{client_secret}".encode()).decode()


def parse_token_response(response: Response, *, now: Now) -> Token:
    """Parse a token endpoint response (RFC 6749 section 5.1).

    Args:
        response: the response of the token endpoint.
        now: when the response was received; the base of :attr:`Token.expires_at`.

    Raises:
        OAuthError: with the response's error code, or ``invalid_response`` if the response is
            neither a token nor an error.
    """
    body = _document(response.body)
    # Next to a token, `error` is a field like any other: the .NET SDK's token type has one.
    if not 200 <= response.status < 300 or (_text(body, "error") and not _has_token(body)):
        raise oauth_error(response)
    if not _has_token(body):
        # Imported on first use, because few programs ever receive such a response.
        from genesys_core.codec.tolerant_json import describe_other_body  # noqa: PLC0415

        other = describe_other_body(response.body)
        raise OAuthError(
            INVALID_RESPONSE,
            f"{_NOTHING_VALID}: {other}" if other else _NOTHING_VALID,
            status=response.status,
            correlation_id=response.headers.get(CORRELATION_ID),
        )
    return token_of(body, now=now)


def token_of(fields: Mapping[str, object], *, now: Now) -> Token:
    """Build a token from the fields of a JSON document or a redirect URL.

    Args:
        fields: the fields by wire name. Malformed fields count as missing.
        now: when the fields were received.

    Raises:
        OAuthError: ``invalid_response`` if there is no valid access token.
    """
    if not _has_token(fields):
        raise OAuthError(INVALID_RESPONSE, _NOTHING_VALID)
    seconds = _seconds(fields.get("expires_in"))
    return Token(
        access_token=cast(str, fields["access_token"]),
        token_type=_text(fields, "token_type") or "bearer",
        expires_in=seconds,
        expires_at=None if seconds is None else now.wall + seconds,
        refresh_token=_text(fields, "refresh_token"),
        scope=_text(fields, "scope"),
        extra={name: value for name, value in fields.items() if name not in _KNOWN},
    )


_NOTHING_VALID: Final = "the login host's response has no valid access token"
# `extra` and `expires_at` are computed here: a response's field with one of these names is kept in
# `extra`.
_KNOWN: Final = frozenset(Token.__struct_fields__) - {"extra", "expires_at"}


def oauth_error(response: Response, request: Request | None = None) -> OAuthError:
    """Convert a login host's error response to an exception (RFC 6749 section 5.2).

    Args:
        response: the response, JSON or not.
        request: the request; its secrets are redacted if the response echoes them.
    """
    body = _document(response.body)
    words = next(filter(None, (_text(body, name) for name in _WORDS)), None)
    code = _text(body, "error") or f"http_{response.status}"
    error = error_of(code, words, status=response.status)
    error.correlation_id = response.headers.get(CORRELATION_ID)
    if words is None and code.startswith("http_"):
        error.message = (
            f"{code}: the login host returned HTTP {response.status} without a description"
        )
    if response.status >= 500:
        # A server that failed may already have consumed the code or refresh token.
        error.is_retry_safe = None  # type: ignore[assignment]  # GenesysCloudError allows it
    if request is not None:
        redact_error(error, KnownSecrets.of(message_secrets(request.headers, request.body)))
    return error


# `error_description` is defined in RFC 6749 section 5.2; some errors of the login host have only
# `description`. Errors of the API have `message`, in case the API responds instead of the login host.
_WORDS: Final = ("error_description", "description", "message")


def error_of(code: str, words: str | None, *, status: int | None = None) -> OAuthError:
    """Return the exception for an OAuth error code."""
    return OAUTH_ERRORS.get(code, OAuthError)(code, words, status=status)


def _document(body: bytes) -> dict[str, object]:
    document: object
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # A malformed field must not lose the token: the grant may be valid only once.
        from genesys_core.codec.tolerant_json import parse_json  # noqa: PLC0415 - rarely needed

        try:
            document = parse_json(body).tree
        except DecodeError:
            return {}
    return cast("dict[str, object]", document) if isinstance(document, dict) else {}


def _text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _is_access_token(value: object) -> bool:
    return isinstance(value, str) and _ACCESS_TOKEN.fullmatch(value) is not None


def _has_token(fields: Mapping[str, object]) -> bool:
    return _is_access_token(fields.get("access_token"))


def _seconds(value: object) -> int | None:
    # "3600" and 3600.0 mean 3600. Without a plausible lifetime the expiry is unknown, until a 401 shows
    # it. If 0 were accepted, each call would exchange its own token.
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return int(number) if 1 <= number <= _LONGEST_LIFE else None


def token_secrets(token: Token) -> Iterator[str]:
    """Yield the secrets of a token: the access token and, if there is one, the refresh token."""
    yield token.access_token
    if token.refresh_token is not None:
        yield token.refresh_token


def grant_secrets(grant: Grant) -> Iterator[str]:
    """Yield a grant's secrets, both literally and as encoded in a Basic header."""
    yield from (value for name, value in grant.form() if name in _SECRET_FIELDS)
    credentials = grant.basic()
    if credentials is not None:
        yield credentials[1]
        yield _basic(*credentials).removeprefix("Basic ")
