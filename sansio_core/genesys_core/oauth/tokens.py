"""The token endpoint: from a grant to a request, from a reply to a token.

Law: a reply with a token in it gives that token, whatever else in it is odd; any other reply is an
:class:`~genesys_core.errors.OAuthError` with the login host's own code and words, in which no
secret of the request is repeated.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, cast
from urllib.parse import quote

import msgspec

from genesys_core.clock import Now
from genesys_core.confidential import Confidential
from genesys_core.errors import OAUTH_ERRORS, ConfigurationError, OAuthError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import Request, Response, Timeout
from genesys_core.http.redaction import message_secrets, redact_error
from genesys_core.oauth.grants import Grant

__all__ = [
    "Token",
    "grant_secrets",
    "oauth_error",
    "parse_token_response",
    "prepare_token_request",
    "token_of",
    "token_secrets",
]

CORRELATION_ID: Final = "inin-correlation-id"
"""The header that names a request to the platform's support."""

INVALID_RESPONSE: Final = "invalid_response"
"""The code of replies that are neither a token nor an error; no login host sends it."""

_LONGEST_LIFE: Final = 10**10
"""Seconds (317 years) above which ``expires_in`` is taken for a mistake; SCIM tokens live 450 days."""

# RFC 6749, A.12: access-token = 1*VSCHAR. A header field cannot begin or end with a space.
_ACCESS_TOKEN = re.compile(r"[!-~](?:[ -~]*[!-~])?")

# Fields of a token request whose values an error may repeat, but not to the user.
_SECRET_FIELDS: Final = frozenset(
    {"assertion", "client_secret", "code", "code_verifier", "refresh_token"}
)
_FORM_TYPE: Final = "application/x-www-form-urlencoded"


class Token(Confidential, frozen=True):
    """An access token and what the login host said of it.

    Args:
        access_token: the secret that calls carry; never shown.
        token_type: ``bearer``.
        expires_in: seconds it lives, from when it was given.
        expires_at: when it ends, in seconds since 1970-01-01 UTC; ``None`` where nobody said.
        refresh_token: the secret that gets the next token, where the grant gives one; never shown.
        scope: the scopes, separated by spaces.
        extra: whatever else the reply held; never shown.

    Raises:
        ConfigurationError: an access token that an ``Authorization`` header cannot carry.
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
                "access_token: must be printable ASCII characters without blanks around them, "
                "because a header carries it; was it read with a line break at its end?"
            )


def prepare_token_request(
    grant: Grant, hosts: Hosts, *, timeout: Timeout | None = None, headers: Headers | None = None
) -> Request:
    """The request that exchanges a grant for a token (RFC 6749, 4 and 6).

    Args:
        grant: the material.
        hosts: the request goes to the login host, through the gateway where there is one.
        timeout: what each phase may take.
        headers: sent as well, such as a gateway's key; they never replace what the exchange needs.
    """
    credentials = grant.basic()
    sent = (headers or Headers()).without("authorization")
    sent = sent.set("Accept", "application/json")
    sent = sent.set("Content-Type", _FORM_TYPE)
    if credentials is not None:
        sent = sent.set("Authorization", _basic(*credentials))
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
    # RFC 7617, 2: user-id and password joined by a colon; UTF-8 as Java, JS and Go send it.
    return "Basic " + b64encode(f"{client_id}:{client_secret}".encode()).decode()


def parse_token_response(response: Response, *, now: Now) -> Token:
    """The token that a reply of the token endpoint holds (RFC 6749, 5.1).

    Args:
        response: the reply.
        now: when it came; :attr:`Token.expires_at` counts from here.

    Raises:
        OAuthError: by its wire code; ``invalid_response`` for a reply that is neither.
    """
    body = _document(response.body)
    if not 200 <= response.status < 300 or (_text(body, "error") and not _has_token(body)):
        raise oauth_error(response)
    return token_of(
        body,
        now=now,
        status=response.status,
        correlation_id=response.headers.get(CORRELATION_ID),
    )


def token_of(
    fields: Mapping[str, object],
    *,
    now: Now,
    status: int | None = None,
    correlation_id: str | None = None,
) -> Token:
    """The token that fields name, be they of a JSON document or of a redirect URL.

    Args:
        fields: by their names on the wire. What is odd counts as missing.
        now: when they came.
        status: for the error.
        correlation_id: for the error.

    Raises:
        OAuthError: ``invalid_response``: there is no access token among them.
    """
    if not _has_token(fields):
        raise OAuthError(
            INVALID_RESPONSE,
            "the login host's reply holds no access token that a header could carry",
            status=status,
            correlation_id=correlation_id,
        )
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


_KNOWN: Final = frozenset(Token.__struct_fields__) - {"extra", "expires_at"}


def oauth_error(response: Response, request: Request | None = None) -> OAuthError:
    """The refusal that a reply of the login host means, by its wire code (RFC 6749, 5.2).

    Args:
        response: the reply, JSON or not.
        request: what it answers; the secrets in it are masked where the reply repeats them.
    """
    body = _document(response.body)
    words = next(filter(None, (_text(body, name) for name in _WORDS)), None)
    code = _text(body, "error") or f"http_{response.status}"
    error = error_of(code, words, status=response.status)
    error.correlation_id = response.headers.get(CORRELATION_ID)
    if words is None and code.startswith("http_"):
        error.message = f"{code}: the login host answered HTTP {response.status}, without a reason"
    if response.status >= 500:
        # A server that failed may have spent the code or refresh token first.
        error.is_retry_safe = None  # type: ignore[assignment]  # GenesysCloudError allows it
    if request is not None:
        redact_error(error, KnownSecrets.of(message_secrets(request.headers, request.body)))
    return error


_WORDS: Final = ("error_description", "description", "message")


def error_of(code: str, words: str | None, *, status: int | None = None) -> OAuthError:
    """The error with this wire code."""
    return OAUTH_ERRORS.get(code, OAuthError)(code, words, status=status)


def _document(body: bytes) -> dict[str, object]:
    try:
        document = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
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
    # "3600" and 3600.0 mean 3600. Nothing, less than a second or centuries mean that nobody knows:
    # a 401 will tell. Taking 0 at its word would exchange a token for every single call.
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return int(number) if 1 <= number <= _LONGEST_LIFE else None


def token_secrets(token: Token) -> Iterator[str]:
    """What a token holds that is never shown."""
    yield token.access_token
    if token.refresh_token is not None:
        yield token.refresh_token


def grant_secrets(grant: Grant) -> Iterator[str]:
    """What a grant holds that is never shown, as it is and as it goes into a header."""
    yield from (value for name, value in grant.form() if name in _SECRET_FIELDS)
    credentials = grant.basic()
    if credentials is not None:
        yield credentials[1]
        yield _basic(*credentials).removeprefix("Basic ")
