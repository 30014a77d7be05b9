"""The library's exceptions.

::

    GenesysCloudError
    ├── InvalidValueError (also ValueError)    invalid argument; nothing was sent
    ├── ConfigurationError (also ValueError)   invalid configuration; lists all problems
    ├── ApiError                               the platform returned an error
    │   ├── RedirectError              3xx     not followed; see ``location``
    │   ├── BadRequestError            400
    │   ├── AuthenticationError        401
    │   ├── PermissionDeniedError      403
    │   ├── NotFoundError              404
    │   ├── ConflictError              409
    │   ├── RateLimitError             429     see ``retry_after``
    │   └── ServerError                5xx
    ├── TransportError                         no complete response was received
    │   ├── ConnectError                       no connection; nothing was sent
    │   ├── TimeoutError (also the builtin)    a phase or the whole call took too long
    │   ├── ProxyError                         the proxy refused the connection or failed
    │   ├── TlsError                           certificate or handshake failure
    │   ├── ProtocolError                      the response is not valid HTTP
    │   └── ConnectionClosedError              connection closed before the response was complete
    ├── OAuthError                             the login host returned an error; see ``error``
    │   ├── InvalidClientError                 ``invalid_client``
    │   ├── InvalidGrantError                  ``invalid_grant``
    │   ├── InvalidRequestError                ``invalid_request``
    │   ├── InvalidScopeError                  ``invalid_scope``
    │   ├── UnauthorizedClientError            ``unauthorized_client``
    │   ├── UnsupportedGrantTypeError          ``unsupported_grant_type``
    │   └── AccessDeniedError                  ``access_denied``
    ├── BudgetError                            a shared rate limit cannot be used; request not sent
    │   └── BudgetBusyError                    locked by other clients for too long
    ├── DecodeError                            the response does not match its type
    ├── ExportError                            an export is incomplete or unusable; see ``missing``
    ├── JobError                               outcome unknown, or action not supported; see ``state``
    │   ├── JobFailedError                     the job failed, expired or was cancelled
    │   └── JobStoppedError                    the job waits for its caller; see ``next_step``
    ├── WaitTimeoutError (also the builtin)    a job or a condition took longer than the deadline
    └── PaginationError                        a listing cannot be read to its end
        ├── PagingWindowError                  limit of pages or records reached; see ``instead``
        └── IncompleteListingError             fewer items than the platform counted
"""

import builtins
import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar, runtime_checkable

from msgspec import Struct

if TYPE_CHECKING:
    from genesys_core.http.headers import Headers
    from genesys_core.http.messages import Request, Response

__all__ = [
    "AccessDeniedError",
    "ApiError",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "BudgetBusyError",
    "BudgetError",
    "ConfigurationError",
    "ConflictError",
    "ConnectError",
    "ConnectionClosedError",
    "DecodeError",
    "ExportError",
    "GenesysCloudError",
    "IncompleteListingError",
    "InvalidClientError",
    "InvalidGrantError",
    "InvalidRequestError",
    "InvalidScopeError",
    "InvalidValueError",
    "JobError",
    "JobFailedError",
    "JobStoppedError",
    "NotFoundError",
    "OAuthError",
    "PaginationError",
    "PagingWindowError",
    "PermissionDeniedError",
    "ProtocolError",
    "ProxyError",
    "RateLimitError",
    "RedirectError",
    "ServerError",
    "TimeoutError",
    "TlsError",
    "TransportError",
    "UnauthorizedClientError",
    "UnsupportedGrantTypeError",
    "WaitTimeoutError",
]


class Attempt(Struct, frozen=True):
    """One attempt of a call: a single request and its outcome.

    Attributes:
        number: attempt number, starting at 1.
        outcome: ``HTTP 503``, or a description of the failure.
        seconds: seconds from the start of the call to the end of the attempt.
        decision: the decision after the attempt (retry or not), and its reason.
        status: the HTTP status, or ``None`` if no response was received.
    """

    number: int
    outcome: str
    seconds: float
    decision: str
    status: int | None = None


class GenesysCloudError(Exception):
    """Base class of the library's exceptions.

    Errors can be pickled. Pickling drops the bodies of the attached request and response, and the
    secrets in their headers and URL.

    Attributes:
        message: a description of the error.
        is_retry_safe: whether the call can be repeated without applying its effect twice; ``None``
            if unknown.
        attempts: the attempts of the call, oldest first, each with the retry decision.
    """

    is_retry_safe: bool | None = None
    attempts: "tuple[Attempt, ...]" = ()

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def documentation(self) -> str:
        """The section of the documentation about this class, such as ``errors.md#notfounderror``.

        A subclass that you define inherits the section of its base class.
        """
        classes = (
            kind for kind in type(self).__mro__ if kind.__module__.startswith("genesys_core.")
        )
        return f"errors.md#{next(classes).__name__.lower()}"

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # BaseException pickles positional arguments only. Errors also cross process boundaries,
        # where a request's token and body must not go.
        state = {name: _without_secrets(value) for name, value in self.__dict__.items()}
        return _restored, (type(self), self.args), state

    def __copy__(self) -> Self:
        # Not by way of `__reduce__`: a copy stays in the process, so it keeps the request's secrets.
        error = _restored(type(self), self.args)
        error.__dict__.update(self.__dict__)
        return error

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        error = _restored(type(self), self.args)
        error.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return error


E = TypeVar("E", bound=GenesysCloudError)


@runtime_checkable
class _Redactable(Protocol):
    """A request or response. Both types are defined in layers above this module."""

    def redacted(self) -> object:
        """Return a copy of the request or response with secrets redacted."""
        ...


def _without_secrets(value: object) -> object:
    return value.redacted() if isinstance(value, _Redactable) else value


def _restored(cls: type[E], args: tuple[object, ...]) -> E:
    # Without calling `__init__`, whose parameters differ between the classes.
    error = cls.__new__(cls, *args)
    error.args = args
    return error


class InvalidValueError(GenesysCloudError, ValueError):
    """An argument or value is invalid. Nothing was sent."""

    is_retry_safe = True


class ConfigurationError(GenesysCloudError, ValueError):
    """The configuration is invalid. Nothing was sent.

    Attributes:
        problems: all problems found, one line each.
    """

    is_retry_safe = True

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class ApiError(GenesysCloudError):
    """The platform returned an error response.

    Attributes:
        status: the HTTP status code.
        code: the platform's error code, such as ``not.found``; ``None`` if the body has none.
        message: the platform's message, or a description of the status if there is none.
        correlation_id: ``ININ-Correlation-Id``, needed for support requests to Genesys.
        entity_id: the id of the affected entity.
        entity_name: the name of the affected entity.
        message_with_params: the message with placeholders.
        message_params: the values of the placeholders.
        context_id: the platform's id for the failed request.
        details: error details, as the platform sent them.
        errors: nested errors, as the platform sent them.
        limit: the limit that was exceeded: key, namespace and value.
        response: the platform's response.
        request: the request that led to the response.
        retry_after: seconds to wait before retrying, from the response.
    """

    status: int
    code: str | None = None
    correlation_id: str | None = None
    entity_id: str | None = None
    entity_name: str | None = None
    message_with_params: str | None = None
    message_params: Mapping[str, str]
    context_id: str | None = None
    details: Sequence[Mapping[str, object]]
    errors: Sequence[Mapping[str, object]]
    limit: Mapping[str, object] | None = None
    response: "Response"
    request: "Request"
    retry_after: float | None = None

    def __init__(self, message: str, *, response: "Response", request: "Request") -> None:
        super().__init__(message)
        self.status = response.status
        self.response = response
        self.request = request
        self.message_params = {}
        self.details = ()
        self.errors = ()

    @property
    def headers(self) -> "Headers":
        """The headers of the response."""
        return self.response.headers

    def __str__(self) -> str:
        facts = [f"{self.status}"]
        facts += [self.code] if self.code else []
        facts += [f"correlation id {self.correlation_id}"] if self.correlation_id else []
        return f"{self.message} ({', '.join(facts)})"


class RedirectError(ApiError):
    """The platform returned a redirect that is not followed.

    Attributes:
        location: the redirect target.
    """

    is_retry_safe = True

    @property
    def location(self) -> str | None:
        """The response's ``Location`` header: the redirect target."""
        return self.response.headers.get("location")


class BadRequestError(ApiError):
    """400: the request is malformed or was rejected by validation."""

    is_retry_safe = True


class AuthenticationError(ApiError):
    """401: the access token is missing, invalid or expired."""

    is_retry_safe = True


class PermissionDeniedError(ApiError):
    """403: the user or client of the token lacks a permission."""

    is_retry_safe = True


class NotFoundError(ApiError):
    """404: no such entity or path."""

    is_retry_safe = True


class ConflictError(ApiError):
    """409: the entity already exists or was modified concurrently."""


class RateLimitError(ApiError):
    """429: rate limit exceeded; see ``retry_after`` for the delay and ``limit`` for the limit."""

    is_retry_safe = True


class ServerError(ApiError):
    """5xx: server error; whether the request took effect is unknown."""


API_ERRORS: Mapping[int, type[ApiError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
}
"""Exception classes by HTTP status; for all other statuses see
:func:`genesys_core.calls.responses.api_error`.
"""


class TransportError(GenesysCloudError):
    """No complete response was received.

    Attributes:
        sent: whether the request may have reached the platform.
        request: the request that failed.
    """

    def __init__(self, message: str, *, sent: bool, request: "Request | None" = None) -> None:
        super().__init__(message)
        self.sent = sent
        self.is_retry_safe = not sent
        self.request = request


class ConnectError(TransportError):
    """The connection could not be established."""


class TimeoutError(TransportError, builtins.TimeoutError):  # noqa: A001 - the name users look for
    """A phase of the request exceeded its timeout, or the whole call exceeded its deadline."""


class ProxyError(TransportError):
    """The proxy refused the connection or failed."""


class TlsError(TransportError):
    """The server's certificate was rejected, or the TLS handshake failed."""


class ProtocolError(TransportError):
    """The response is not valid HTTP."""


class ConnectionClosedError(TransportError):
    """The connection was closed before the response was complete."""


class OAuthError(GenesysCloudError):
    """The login host returned an error.

    Attributes:
        error: the OAuth error code (RFC 6749 section 5.2), such as ``invalid_client``; or
            ``http_`` and the status, ``invalid_response`` or ``state_mismatch``, which this library
            defines.
        description: the login host's ``error_description``, if any.
        status: the HTTP status, or ``None`` for an error read from a redirect URL.
        correlation_id: ``ININ-Correlation-Id``, if the response has one.
    """

    wire_code: ClassVar[str | None] = None
    # A token request that was rejected has no effect.
    is_retry_safe = True

    def __init__(
        self,
        error: str,
        description: str | None = None,
        *,
        status: int | None = None,
        correlation_id: str | None = None,
    ) -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error
        self.description = description
        self.status = status
        self.correlation_id = correlation_id

    @property
    def code(self) -> str:
        """The OAuth error code: ``error`` under the name that :class:`ApiError` uses."""
        return self.error


class InvalidClientError(OAuthError):
    """The client id or client secret is wrong."""

    wire_code = "invalid_client"


class InvalidGrantError(OAuthError):
    """The authorization code, refresh token or assertion is invalid, used or expired."""

    wire_code = "invalid_grant"


class InvalidRequestError(OAuthError):
    """A parameter of the request is missing or invalid."""

    wire_code = "invalid_request"


class InvalidScopeError(OAuthError):
    """The scope is unknown or exceeds what the client may request."""

    wire_code = "invalid_scope"


class UnauthorizedClientError(OAuthError):
    """The client is not allowed to use this grant."""

    wire_code = "unauthorized_client"


class UnsupportedGrantTypeError(OAuthError):
    """The login host does not support this grant."""

    wire_code = "unsupported_grant_type"


class AccessDeniedError(OAuthError):
    """The user or the platform denied access."""

    wire_code = "access_denied"


OAUTH_ERRORS: Mapping[str, type[OAuthError]] = {
    error.wire_code: error for error in OAuthError.__subclasses__() if error.wire_code is not None
}
"""Exception classes by OAuth error code; :class:`OAuthError` itself is for all other codes."""


class DecodeError(GenesysCloudError):
    """The response does not match its type. The request itself was made.

    Attributes:
        path: the location in the body, as a JSON path such as ``$.entities[3].dateCreated``.
        body: the response body; omitted from ``str``, ``repr`` and pickles, because bodies contain
            personal data.
        status: the HTTP status of the response.
        correlation_id: ``ININ-Correlation-Id`` of the response.
    """

    def __init__(self, message: str, *, path: str = "$", body: bytes | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.body = body
        self.status: int | None = None
        self.correlation_id: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        restore, arguments, state = super().__reduce__()
        return restore, arguments, {**state, "body": None}


class BudgetError(GenesysCloudError):
    """The shared rate limit cannot be read or written; the request was not sent."""

    is_retry_safe = True


class BudgetBusyError(BudgetError):
    """The shared rate limit was locked by other clients for longer than the timeout."""


class ExportError(GenesysCloudError):
    """An export could not be completed, or its directory cannot be used.

    Finished files remain; running the export again fetches the rest.

    Attributes:
        missing: the ids of the slices of data that were not exported.
    """

    def __init__(self, message: str, *, missing: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)


class JobError(GenesysCloudError):
    """The outcome of a job cannot be determined, or the job does not support the requested action.

    Attributes:
        id: the job's id; empty if the platform returned none.
        state: the last state of the job that the platform reported; empty if none.
    """

    def __init__(self, message: str, *, id: str = "", state: str = "") -> None:
        super().__init__(message)
        self.id = id
        self.state = state


class JobFailedError(JobError):
    """The platform reports that a job failed, expired or was cancelled.

    Attributes:
        is_cancelled: whether the job was cancelled.
    """

    def __init__(
        self, message: str, *, id: str = "", state: str = "", is_cancelled: bool = False
    ) -> None:
        super().__init__(message, id=id, state=state)
        self.is_cancelled = is_cancelled


class JobStoppedError(JobError):
    """A job needs its caller to act, for example to upload a file; afterwards, wait for it again.

    Attributes:
        next_step: the action that the caller must perform, such as an upload.
    """

    def __init__(self, message: str, *, id: str = "", state: str = "", next_step: str = "") -> None:
        super().__init__(message, id=id, state=state)
        self.next_step = next_step


class WaitTimeoutError(GenesysCloudError, builtins.TimeoutError):
    """A job did not end, or a condition did not become true, within the deadline.

    Attributes:
        seconds: the deadline in seconds.
    """

    def __init__(self, message: str, *, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class PaginationError(GenesysCloudError):
    """A listing cannot be read to its end, for example because the next page cannot be requested.

    Attributes:
        link: the link to the next page that was not followed, if there was one.
    """

    def __init__(self, message: str, *, link: str | None = None) -> None:
        super().__init__(message)
        self.link = link


class PagingWindowError(PaginationError):
    """The platform's maximum number of pages or records is reached; further pages are rejected.

    Attributes:
        instead: the name of a method without this limit.
    """

    def __init__(self, message: str, *, instead: str = "") -> None:
        super().__init__(message)
        self.instead = instead


class IncompleteListingError(PaginationError):
    """A listing ended with fewer items than the platform counted.

    Attributes:
        expected: the number of items that the platform counted.
        received: the number of items received.
    """

    def __init__(self, message: str, *, expected: int = 0, received: int = 0) -> None:
        super().__init__(message)
        self.expected = expected
        self.received = received
