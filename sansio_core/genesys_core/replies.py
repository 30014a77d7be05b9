"""What a response means: a typed value, or an error that says what the platform said.

Law: the platform's words are kept whole. A body that is not what was promised still yields one
documented error, with the status and the correlation id.
"""

from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar, cast

import msgspec
from msgspec import Struct

from genesys_core import errors
from genesys_core.decode import Issue, decode, resolve
from genesys_core.errors import (
    ApiError,
    DecodeError,
    GenesysCloudError,
    OAuthError,
    TransportError,
)
from genesys_core.headers import Headers
from genesys_core.message import FailureKind, Request, Response, TransportFailure
from genesys_core.oauth import Token, oauth_error, parse_token_response
from genesys_core.operation import Endpoint
from genesys_core.values import Now

__all__ = [
    "ApiReplies",
    "ApiResponse",
    "Replies",
    "TokenReplies",
    "api_error",
    "transport_error",
]

T_co = TypeVar("T_co", covariant=True)

CORRELATION_ID = "inin-correlation-id"
"""The header that names a request to the platform's support."""


class ApiResponse(Struct, Generic[T_co], frozen=True):
    """A successful response, decoded.

    Attributes:
        status: the HTTP status code.
        headers: as received; ``headers.merged()`` joins repeated ones.
        data: the body as its type, or ``None`` where there is none.
        raw: the body as received.
        issues: leaves of the body that did not fit their type, and what was done about each.
    """

    status: int
    headers: Headers
    data: T_co
    raw: bytes
    issues: tuple[Issue, ...] = ()

    @property
    def correlation_id(self) -> str | None:
        """``ININ-Correlation-Id``, which the platform's support asks for."""
        return self.headers.get(CORRELATION_ID)

    @property
    def location(self) -> str | None:
        """The ``Location`` header."""
        return self.headers.get("location")

    def __repr__(self) -> str:
        return f"ApiResponse({self.status}, {self.data!r}, {len(self.issues)} issues)"


class Replies(Protocol[T_co]):
    """How the replies to one call are read."""

    def read(self, response: Response, now: Now) -> ApiResponse[T_co]:
        """The value of a successful response; raises ``DecodeError`` or ``OAuthError``."""
        ...

    def error(
        self, response: Response, request: Request, retry_after: float | None
    ) -> GenesysCloudError:
        """The error that any other response means."""
        ...


class ApiReplies(Struct, Generic[T_co], frozen=True):
    """Replies of the API, by what the definition says of them.

    Attributes:
        endpoint: the operation.
        strict: whether a body that does not fit its type raises.
    """

    endpoint: Endpoint
    strict: bool

    def read(self, response: Response, now: Now) -> ApiResponse[T_co]:  # noqa: ARG002 - Replies
        """The value of a successful response.

        Raises:
            DecodeError: a body that is not what the definition promises, beyond repair or strict.
        """
        endpoint = self.endpoint
        data: object = None
        issues: tuple[Issue, ...] = ()
        if endpoint.returns is not None and endpoint.method != "HEAD" and response.status != 204:
            if endpoint.accept.startswith("text/"):
                data = response.body.decode("utf-8", "replace")
            else:
                data, issues = _decoded(endpoint.returns, response, strict=self.strict)
        return ApiResponse(
            response.status, response.headers, cast(T_co, data), response.body, issues
        )

    def error(self, response: Response, request: Request, retry_after: float | None) -> ApiError:
        """The error by status and the platform's body."""
        return api_error(response, request, retry_after=retry_after)


class TokenReplies(Struct, frozen=True):
    """Replies of the token endpoint."""

    def read(self, response: Response, now: Now) -> ApiResponse[Token]:
        """The token; its body is not kept.

        Raises:
            OAuthError: the body holds no token.
        """
        token = parse_token_response(response, now=now)
        return ApiResponse(response.status, response.headers, token, b"")

    def error(
        self,
        response: Response,
        request: Request,  # noqa: ARG002 - Replies
        retry_after: float | None,  # noqa: ARG002 - Replies
    ) -> OAuthError:
        """The login host's refusal, by its wire code."""
        return oauth_error(response)


def _decoded(returns: str, response: Response, *, strict: bool) -> tuple[object, tuple[Issue, ...]]:
    try:
        decoded = decode(resolve(returns), response.body, strict=strict)
    except DecodeError as error:
        error.status = response.status
        error.correlation_id = response.headers.get(CORRELATION_ID)
        raise
    return decoded.data, decoded.issues


class _ErrorBody(Struct, rename="camel"):
    """The platform's ErrorBody, with every field as loose as its senders are."""

    message: str | None = None
    code: str | None = None
    entity_id: str | None = None
    entity_name: str | None = None
    message_with_params: str | None = None
    message_params: dict[str, str] | None = None
    context_id: str | None = None
    details: list[dict[str, object]] | None = None
    errors: list[dict[str, object]] | None = None
    limit: dict[str, object] | None = None


def api_error(
    response: Response, request: Request, *, retry_after: float | None = None
) -> ApiError:
    """The error that a response of 300 or more means, by its status and the platform's body."""
    body = _error_body(response.body)
    error = _error_class(response.status)(
        body.message or _status_words(response.status), response=response, request=request
    )
    error.correlation_id = response.headers.get(CORRELATION_ID) or body.context_id
    for name in ("code", "entity_id", "entity_name", "message_with_params", "context_id", "limit"):
        setattr(error, name, getattr(body, name))
    error.message_params = body.message_params or {}
    error.details = tuple(body.details or ())
    error.errors = tuple(body.errors or ())
    error.retry_after = retry_after
    return error


def _error_class(status: int) -> type[ApiError]:
    if status in errors.API_ERRORS:
        return errors.API_ERRORS[status]
    if 300 <= status < 400:
        return errors.RedirectError
    return errors.ServerError if status >= 500 else ApiError


def _error_body(body: bytes) -> _ErrorBody:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _ErrorBody()
    if not isinstance(document, dict):
        return _ErrorBody()
    return _tolerant(cast(Mapping[str, object], document))


def _tolerant(document: Mapping[str, object]) -> _ErrorBody:
    body = _ErrorBody()
    for field in msgspec.structs.fields(_ErrorBody):
        try:
            value = msgspec.convert(document.get(field.encode_name), field.type, strict=False)
        except msgspec.ValidationError:
            continue  # one odd field never loses the message
        setattr(body, field.name, value)
    return body


_STATUS_WORDS = {
    401: "the platform does not accept the access token",
    403: "the platform does not permit this",
    404: "the platform has no such entity or path",
    409: "the entity was changed meanwhile or exists already",
    429: "the platform's rate limit was exceeded",
}


def _status_words(status: int) -> str:
    if 300 <= status < 400:
        return "the platform redirects, which is not followed"
    return _STATUS_WORDS.get(status, f"the platform answered with HTTP {status}")


_TRANSPORT_ERRORS: Mapping[FailureKind, type[TransportError]] = {
    "connect": errors.ConnectError,
    "timeout": errors.TimeoutError,
    "proxy": errors.ProxyError,
    "tls": errors.TlsError,
    "protocol": errors.ProtocolError,
    "closed": errors.ConnectionClosedError,
}


def transport_error(failure: TransportFailure, request: Request) -> TransportError:
    """The error that a failure of the transport means."""
    return _TRANSPORT_ERRORS[failure.kind](failure.message, sent=failure.sent, request=request)
