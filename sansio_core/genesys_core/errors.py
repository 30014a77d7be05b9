"""Every exception that leaves this library.

Law: only these, and each says what happened, whose fault it is and what the caller may do.

::

    GenesysCloudError
    ├── InvalidValueError (also ValueError)    a value that cannot be sent; nothing was
    ├── ConfigurationError (also ValueError)   a configuration with problems, all of them listed
    ├── ApiError                               the platform answered with an error
    │   ├── RedirectError              3xx     not followed; see ``location``
    │   ├── BadRequestError            400
    │   ├── AuthenticationError        401
    │   ├── PermissionDeniedError      403
    │   ├── NotFoundError              404
    │   ├── ConflictError              409
    │   ├── RateLimitError             429     see ``retry_after``
    │   └── ServerError                5xx
    ├── TransportError                         no complete answer came back
    │   ├── ConnectError                       no connection was made; nothing was sent
    │   ├── TimeoutError (also the builtin)    a phase or the whole call took too long
    │   ├── ProxyError                         the proxy refused or broke
    │   ├── TlsError                           the certificate or the handshake
    │   ├── ProtocolError                      what came back is not HTTP
    │   └── ConnectionClosedError              the connection ended before the reply did
    ├── OAuthError                             the login host refused; see ``error``
    │   ├── InvalidClientError                 ``invalid_client``
    │   ├── InvalidGrantError                  ``invalid_grant``
    │   ├── InvalidRequestError                ``invalid_request``
    │   ├── InvalidScopeError                  ``invalid_scope``
    │   ├── UnauthorizedClientError            ``unauthorized_client``
    │   ├── UnsupportedGrantTypeError          ``unsupported_grant_type``
    │   └── AccessDeniedError                  ``access_denied``
    ├── DecodeError                            a reply that does not fit its type
    └── PaginationError                        pages that would never end, or lead elsewhere
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
    "ConfigurationError",
    "ConflictError",
    "ConnectError",
    "ConnectionClosedError",
    "DecodeError",
    "GenesysCloudError",
    "InvalidClientError",
    "InvalidGrantError",
    "InvalidRequestError",
    "InvalidScopeError",
    "InvalidValueError",
    "NotFoundError",
    "OAuthError",
    "PaginationError",
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
]


class Attempt(Struct, frozen=True):
    """One request of a call, and how it ended.

    Attributes:
        number: 1 for the first.
        outcome: ``HTTP 503``, or what broke.
        seconds: since the call began, when it ended.
        decision: what was decided, and why.
        status: the HTTP status, or ``None`` where no response came back.
    """

    number: int
    outcome: str
    seconds: float
    decision: str
    status: int | None = None


class GenesysCloudError(Exception):
    """The root: ``except GenesysCloudError`` catches all that this library raises.

    An error can be pickled; the request and the response on it then lose their bodies, and what is
    secret in their headers and URL.

    Attributes:
        message: what happened, in words.
        is_retry_safe: whether sending the same call again cannot do anything twice;
            ``None`` where nobody can tell.
        attempts: the requests of the call, oldest first, each with what was decided about it.
    """

    is_retry_safe: bool | None = None
    attempts: "tuple[Attempt, ...]" = ()

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # BaseException passes its positional arguments only; errors cross processes as well, where
        # a request's token and body have no business.
        state = {name: _without_secrets(value) for name, value in self.__dict__.items()}
        return _restored, (type(self), self.args), state

    def __copy__(self) -> Self:
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
    """A request or response, both of which are above this module."""

    def redacted(self) -> object:
        """As it may be shown."""
        ...


def _without_secrets(value: object) -> object:
    return value.redacted() if isinstance(value, _Redactable) else value


def _restored(cls: type[E], args: tuple[object, ...]) -> E:
    error = cls.__new__(cls, *args)
    error.args = args
    return error


class InvalidValueError(GenesysCloudError, ValueError):
    """A value that cannot be sent. Nothing was sent."""

    is_retry_safe = True


class ConfigurationError(GenesysCloudError, ValueError):
    """A configuration that cannot be used. Nothing was sent.

    Attributes:
        problems: every problem found, one line each.
    """

    is_retry_safe = True

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class ApiError(GenesysCloudError):
    """The platform answered with an error.

    Attributes:
        status: the HTTP status code.
        code: the platform's code, such as ``not.found``; ``None`` if the body has none.
        message: the platform's message, or what the status says where there is none.
        correlation_id: ``ININ-Correlation-Id``, which the platform's support asks for.
        entity_id: the id of the entity in question.
        entity_name: its name.
        message_with_params: the message with placeholders.
        message_params: the values of the placeholders.
        context_id: the platform's id of the failed request.
        details: further facts, as the platform sent them.
        errors: nested errors, as the platform sent them.
        limit: the limit that was hit: key, namespace and value.
        response: the response itself.
        request: the request that was refused.
        retry_after: seconds that the platform asks to wait.
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
        """The response's headers."""
        return self.response.headers

    def __str__(self) -> str:
        facts = [f"{self.status}"]
        facts += [self.code] if self.code else []
        facts += [f"correlation id {self.correlation_id}"] if self.correlation_id else []
        return f"{self.message} ({', '.join(facts)})"


class RedirectError(ApiError):
    """The platform answered with a redirect, which is not followed.

    Attributes:
        location: where it leads.
    """

    is_retry_safe = True

    @property
    def location(self) -> str | None:
        """The ``Location`` header."""
        return self.response.headers.get("location")


class BadRequestError(ApiError):
    """400: the platform does not understand or accept the request."""

    is_retry_safe = True


class AuthenticationError(ApiError):
    """401: no token, or one that is not valid (any more)."""

    is_retry_safe = True


class PermissionDeniedError(ApiError):
    """403: the token's user or client lacks a permission."""

    is_retry_safe = True


class NotFoundError(ApiError):
    """404: there is no such entity or path."""

    is_retry_safe = True


class ConflictError(ApiError):
    """409: the entity was changed meanwhile, or exists already."""


class RateLimitError(ApiError):
    """429: too many requests; ``retry_after`` says how long to wait, ``limit`` which limit."""

    is_retry_safe = True


class ServerError(ApiError):
    """5xx: the platform failed; whether the request took effect is unknown."""


API_ERRORS: Mapping[int, type[ApiError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
}
"""Classes of single statuses; see :func:`genesys_core.calls.responses.api_error` for the ranges."""


class TransportError(GenesysCloudError):
    """No complete answer came back.

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
    """No connection was made."""


class TimeoutError(TransportError, builtins.TimeoutError):  # noqa: A001 - the name users look for
    """A phase of the request, or the whole call, took longer than allowed."""


class ProxyError(TransportError):
    """The proxy refused or failed."""


class TlsError(TransportError):
    """The server's certificate was not accepted, or the handshake failed."""


class ProtocolError(TransportError):
    """What came back is not HTTP."""


class ConnectionClosedError(TransportError):
    """The connection ended before the reply did."""


class OAuthError(GenesysCloudError):
    """The login host refused.

    Attributes:
        error: the wire code, such as ``invalid_client``.
        description: the login host's words, if any.
        status: the HTTP status, or ``None`` for an error read from a redirect URL.
        correlation_id: ``ININ-Correlation-Id``, where the reply has one.
    """

    wire_code: ClassVar[str | None] = None
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
        """The wire code, under the name that :class:`ApiError` uses."""
        return self.error


class InvalidClientError(OAuthError):
    """The client id or secret is wrong."""

    wire_code = "invalid_client"


class InvalidGrantError(OAuthError):
    """The code, refresh token or assertion is wrong, spent or expired."""

    wire_code = "invalid_grant"


class InvalidRequestError(OAuthError):
    """The request lacks a parameter or has a bad one."""

    wire_code = "invalid_request"


class InvalidScopeError(OAuthError):
    """The scope is unknown or more than the client may have."""

    wire_code = "invalid_scope"


class UnauthorizedClientError(OAuthError):
    """The client may not use this grant."""

    wire_code = "unauthorized_client"


class UnsupportedGrantTypeError(OAuthError):
    """The login host does not know this grant."""

    wire_code = "unsupported_grant_type"


class AccessDeniedError(OAuthError):
    """The user or the platform said no."""

    wire_code = "access_denied"


OAUTH_ERRORS: Mapping[str, type[OAuthError]] = {
    error.wire_code: error for error in OAuthError.__subclasses__() if error.wire_code is not None
}
"""Classes by wire code; any other code is an :class:`OAuthError` itself."""


class DecodeError(GenesysCloudError):
    """A reply that does not fit its type. The call itself was made.

    Attributes:
        path: where in the body, as a JSON path such as ``$.entities[3].dateCreated``.
        body: the body; never shown in ``str`` or ``repr``, because bodies hold personal data, and
            not in a pickle.
        status: the reply's status.
        correlation_id: ``ININ-Correlation-Id`` of the reply.
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


class PaginationError(GenesysCloudError):
    """Pages that would never end, or a link to another host.

    Attributes:
        link: the link that was not followed, if it was one.
    """

    def __init__(self, message: str, *, link: str | None = None) -> None:
        super().__init__(message)
        self.link = link
