"""Interpretation of responses: a typed value, or an error with the platform's message.

Invariants: the platform's messages are preserved. A body in an unexpected format still yields a
documented error, with the status and the correlation id.
"""

import json
from collections.abc import Mapping
from typing import Any, Generic, Protocol, TypeVar, cast

from msgspec import Struct

from genesys_core import errors
from genesys_core.calls.operation import Endpoint
from genesys_core.clock import Now
from genesys_core.codec.decoding import Issue, decode, resolve_type
from genesys_core.codec.tolerant_json import parse_json
from genesys_core.codec.unknown_fields import KeepUnknown, remember_items, remember_model
from genesys_core.confidential import Printable
from genesys_core.errors import (
    ApiError,
    DecodeError,
    GenesysCloudError,
    InvalidValueError,
    OAuthError,
    TransportError,
)
from genesys_core.http.headers import Headers
from genesys_core.http.messages import FailureKind, Request, Response, TransportFailure
from genesys_core.http.redaction import DEFAULT_REDACTION
from genesys_core.oauth.tokens import CORRELATION_ID, Token, oauth_error, parse_token_response

__all__ = [
    "ApiResponse",
    "ApiResponseReader",
    "ResponseReader",
    "TokenResponseReader",
    "api_error",
    "transport_error",
]

T_co = TypeVar("T_co", covariant=True)

_BODILESS = frozenset({204, 205})
"""Statuses of responses that have no body (RFC 9110 sections 15.3.5 and 15.3.6)."""


class ApiResponse(Printable, Generic[T_co], frozen=True):
    """A successful response, decoded.

    Attributes:
        status: the HTTP status code.
        headers: the header fields as received; ``headers.merged()`` joins repeated fields.
        data: the decoded body, or ``None`` if there is none.
        raw: the body as received.
        issues: values in the body that did not match their type, and how each value was handled.
    """

    status: int
    headers: Headers
    data: T_co
    raw: bytes
    issues: tuple[Issue, ...] = ()

    @property
    def correlation_id(self) -> str | None:
        """The ``ININ-Correlation-Id`` header, for support requests to Genesys, or ``None``."""
        return self.headers.get(CORRELATION_ID)

    @property
    def location(self) -> str | None:
        """The response's ``Location`` header; ``None`` if absent."""
        return self.headers.get("location")

    def __repr__(self) -> str:
        data = DEFAULT_REDACTION.shown_value(self.data)
        return f"ApiResponse({self.status}, {data!r}, {len(self.issues)} issues)"


class ResponseReader(Protocol[T_co]):
    """Protocol of objects that read a call's responses."""

    def read(self, response: Response, now: Now) -> ApiResponse[T_co]:
        """Decode a successful response, or raise ``DecodeError`` or ``OAuthError``."""
        ...

    def error(
        self, response: Response, request: Request, retry_after: float | None
    ) -> GenesysCloudError:
        """Return the exception to raise for an unsuccessful response."""
        ...


class ApiResponseReader(Struct, Generic[T_co], frozen=True):
    """Reads API responses.

    Attributes:
        endpoint: the endpoint whose responses are read.
        strict: whether to raise ``DecodeError`` if a body does not match its type.
        keep_unknown: which models keep unknown fields.
    """

    endpoint: Endpoint
    strict: bool
    keep_unknown: KeepUnknown = False

    def read(self, response: Response, now: Now) -> ApiResponse[T_co]:  # noqa: ARG002 - ResponseReader
        """Decode a successful response.

        Raises:
            DecodeError: the body cannot be repaired or, with ``strict``, does not match its type.
        """
        endpoint = self.endpoint
        data: Any = None  # `cast` is a call each time
        issues: tuple[Issue, ...] = ()
        returns = endpoint.returns
        if endpoint.replies:
            returns = dict(endpoint.replies).get(response.status, returns)
        bodiless = endpoint.method == "HEAD" or response.status in _BODILESS
        if returns is not None and not bodiless:
            if returns == "bytes":
                data = response.body
            elif endpoint.accept.startswith("text/"):
                data = response.body.decode("utf-8", "replace")
            else:
                data, issues = _decoded(returns, endpoint.package, response, strict=self.strict)
                if self.keep_unknown:
                    if endpoint.listing is None:
                        remember_model(data, response.body)
                    elif self.keep_unknown == "items":
                        remember_items(data, response.body, endpoint.listing.items)
        return ApiResponse(response.status, response.headers, data, response.body, issues)

    def error(self, response: Response, request: Request, retry_after: float | None) -> ApiError:
        """Return the error for the response's status, with the platform's message."""
        return api_error(response, request, retry_after=retry_after)


class TokenResponseReader(Struct, frozen=True):
    """Reads token endpoint responses."""

    def read(self, response: Response, now: Now) -> ApiResponse[Token]:
        """Return the token; the response body is not retained.

        Raises:
            OAuthError: the body contains no token.
        """
        token = parse_token_response(response, now=now)
        return ApiResponse(response.status, response.headers, token, b"")

    def error(
        self,
        response: Response,
        request: Request,  # noqa: ARG002 - ResponseReader
        retry_after: float | None,  # noqa: ARG002 - ResponseReader
    ) -> OAuthError:
        """Return the error for the OAuth error code in the response."""
        return oauth_error(response)


def _decoded(
    returns: str, package: str, response: Response, *, strict: bool
) -> tuple[object, tuple[Issue, ...]]:
    try:
        decoded = decode(_type(returns, package), response.body, strict=strict)
    except DecodeError as error:
        error.status = response.status
        error.correlation_id = response.headers.get(CORRELATION_ID)
        raise
    return decoded.data, decoded.issues


def _type(returns: str, package: str) -> type[object]:
    try:
        return resolve_type(returns, package)
    except InvalidValueError as error:
        # The caller's own endpoint has an invalid type. Not an InvalidValueError, which means that
        # nothing was sent.
        raise DecodeError(error.message) from None


def api_error(
    response: Response,
    request: Request,
    *,
    retry_after: float | None = None,
    default: str | None = None,
) -> ApiError:
    """Return the error for a status of 300 or more, with the details from the response body.

    Args:
        response: the response.
        request: the request that was sent.
        retry_after: seconds to wait before retrying, from the response.
        default: the message if the body has none; by default, a message for the status that names
            the platform.
    """
    body = _error_body(response.body)
    # SCIM (RFC 7644 section 3.12) has the message in `detail`.
    words = _text(body.get("message")) or _text(body.get("detail"))
    error = _error_class(response.status)(
        words or default or _status_words(response.status), response=response, request=request
    )
    for name, key in _TEXTS.items():
        setattr(error, name, _text(body.get(key)))
    params = {name: _text(value) for name, value in _object(body.get("messageParams")).items()}
    error.message_params = {name: text for name, text in params.items() if text is not None}
    error.details, error.errors = _objects(body.get("details")), _objects(body.get("errors"))
    error.limit = _object(body.get("limit")) or None
    error.correlation_id = response.headers.get(CORRELATION_ID) or error.context_id
    error.retry_after = retry_after
    return error


_TEXTS = {
    "code": "code",
    "entity_id": "entityId",
    "entity_name": "entityName",
    "message_with_params": "messageWithParams",
    "context_id": "contextId",
}


def _error_body(body: bytes) -> Mapping[str, object]:
    try:
        return _object(parse_json(body).tree)
    except DecodeError:
        return {}


# A malformed field of an error body does not affect the others: each is decoded on its own.
def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    return None if value is None or isinstance(value, dict | list) else json.dumps(value)


def _object(value: object) -> Mapping[str, object]:
    return cast(Mapping[str, object], value) if isinstance(value, dict) else {}


def _objects(value: object) -> tuple[Mapping[str, object], ...]:
    members = cast(list[object], value) if isinstance(value, list) else []
    return tuple(found for member in members if (found := _object(member)))


def _error_class(status: int) -> type[ApiError]:
    if status in errors.API_ERRORS:
        return errors.API_ERRORS[status]
    if 300 <= status < 400:
        return errors.RedirectError
    return errors.ServerError if status >= 500 else ApiError


_STATUS_WORDS = {
    304: "the entity has not changed",
    401: "the platform does not accept the access token",
    403: "the platform does not permit this request",
    404: "the platform has no such entity or path",
    409: "the entity already exists or was modified concurrently",
    429: "the platform's rate limit was exceeded",
}


def _status_words(status: int) -> str:
    redirects = "returned a redirect, which is not followed"
    otherwise = redirects if 300 <= status < 400 else f"returned HTTP {status}"
    return _STATUS_WORDS.get(status, f"the platform {otherwise}")


_TRANSPORT_ERRORS: Mapping[FailureKind, type[TransportError]] = {
    "connect": errors.ConnectError,
    "timeout": errors.TimeoutError,
    "proxy": errors.ProxyError,
    "tls": errors.TlsError,
    "protocol": errors.ProtocolError,
    "closed": errors.ConnectionClosedError,
}


def transport_error(failure: TransportFailure, request: Request) -> TransportError:
    """Return the exception to raise for a transport failure."""
    # A custom transport may use other kinds.
    error = _TRANSPORT_ERRORS.get(failure.kind, TransportError)
    return error(failure.message, sent=failure.sent, request=request)
