"""Requests, responses and failures: the interface between the core and transports.

Invariants: these are values. Any HTTP client can be a transport if it converts a :class:`Request`
to a :class:`Response`, or to a :class:`TransportFailure` that states whether the request may have
reached the server.
"""

from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from genesys_core.checks import TEXT, WHOLE_NUMBER, Expected, check_fields
from genesys_core.confidential import Printable
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers, header_pairs
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.redaction import DEFAULT_REDACTION, message_secrets

__all__ = [
    "EncodedBody",
    "FailureKind",
    "Purpose",
    "Request",
    "Response",
    "Streamed",
    "Timeout",
    "TransportFailure",
]

Chunks_co = TypeVar("Chunks_co", covariant=True)


LONGEST: Final = 1e9
"""Maximum timeout in seconds, about 31 years: larger values overflow the system's clock."""


class Timeout(Struct, frozen=True, kw_only=True):
    """Timeouts in seconds for the phases of a request; ``None`` waits indefinitely.

    Attributes:
        connect: maximum time to open a connection, including the TLS handshake.
        read: maximum time for each read of the response.
        write: maximum time for each write of the request.
        pool: maximum time to wait for a free connection in the pool.

    Raises:
        InvalidValueError: a timeout is not positive, or larger than clocks support.
    """

    connect: float | None = 10.0
    read: float | None = 60.0
    write: float | None = 60.0
    pool: float | None = 10.0

    def __post_init__(self) -> None:
        for phase in self.__struct_fields__:
            seconds: object = getattr(self, phase)
            if seconds is not None and not _is_duration(seconds):
                raise InvalidValueError(
                    f"timeout {phase}={seconds!r}: must be a number of seconds above 0 and at most "
                    f"{LONGEST:g}, or None to wait indefinitely"
                )

    @classmethod
    def of(cls, seconds: float) -> "Timeout":
        """Return a timeout whose phases are all limited to the given number of seconds."""
        return cls(connect=seconds, read=seconds, write=seconds, pool=seconds)

    @classmethod
    def given(cls, value: "Timeout | float | None", default: "Timeout") -> "Timeout":
        """Return the given timeout, or the default for ``None``; a number applies to each phase."""
        if value is None:
            return default
        return value if isinstance(value, Timeout) else cls.of(value)


def _is_duration(seconds: object) -> bool:
    if type(seconds) is not float and (
        isinstance(seconds, bool) or not isinstance(seconds, (int, float))
    ):
        return False
    return 0 < seconds <= LONGEST


_DEFAULT_TIMEOUT = Timeout()


Purpose: TypeAlias = Literal["api", "token"]
"""The purpose of a request: an API call, or a token request to the login host."""


class Request(Printable, frozen=True):
    """A complete HTTP request.

    Attributes:
        method: the HTTP method in upper case.
        url: the absolute URL, percent-encoded.
        headers: headers to send; the transport adds ``Host`` and ``Content-Length``.
        body: the encoded body, or ``None`` if there is none.
        timeout: timeouts of the phases.
        expires: the time on the monotonic clock at which the request must have ended, or ``None``.
            A transport checks it between reads, so that a slow response does not exceed the call's
            deadline. A transport that ignores it applies only ``timeout``.
        purpose: whether the request is an API call or a token request; not sent.
    """

    method: str
    url: str
    headers: Headers = Headers()
    body: bytes | None = None
    timeout: Timeout = _DEFAULT_TIMEOUT
    expires: float | None = None
    purpose: Purpose = "api"

    def replaced_by(self, other: "Request | None") -> "Request":
        """Return the request that a hook returned, or this one if the hook returned ``None``.

        The purpose of the request stays the same.
        """
        if other is None:
            return self
        _HOOKED_REQUEST.check("the result of a hook", other)
        if other.purpose == self.purpose:
            return other
        return msgspec.structs.replace(other, purpose=self.purpose)

    @property
    def known_secrets(self) -> KnownSecrets:
        """The request's credentials and the secrets in its body; a careless server may echo them."""
        return KnownSecrets.of(message_secrets(self.headers, self.body))

    def redacted(self) -> "Request":
        """Return a copy without the body, and with secrets in the URL and headers redacted."""
        url, headers = DEFAULT_REDACTION.shown_url(self.url), self.headers.redacted()
        return msgspec.structs.replace(self, url=url, headers=headers, body=None)

    def __repr__(self) -> str:
        size = "no body" if self.body is None else f"{len(self.body)} bytes"
        url = DEFAULT_REDACTION.shown_url(self.url)
        return f"Request({self.method} {url}, {self.headers!r}, {size})"


class Response(Printable, frozen=True):
    """A complete HTTP response.

    Attributes:
        status: the status code.
        headers: the header fields as received; a mapping or pairs of name and value are accepted as
            well.
        body: the content with transfer and content codings decoded.
        resent: whether the transport had already sent the request over a connection that closed
            without a response, so that the server may have executed it twice.

    Raises:
        TypeError: a value has the wrong type.
        InvalidValueError: the headers are neither a mapping nor pairs.
    """

    status: int
    headers: Headers = Headers()
    body: bytes = b""
    resent: bool = False

    def __post_init__(self) -> None:
        if type(self.headers) is not Headers:
            pairs = header_pairs(self.headers)
            for name, value in pairs:
                TEXT.check("a header's name", name)
                TEXT.check(f"header {name!r}", value)
            msgspec.structs.force_setattr(self, "headers", Headers.received(pairs))
        if type(self.body) is not bytes or type(self.status) is not int:
            check_fields(self, _RESPONSE)

    def replaced_by(self, other: "Response | None") -> "Response":
        """Return the response that a hook returned, or this one if the hook returned ``None``."""
        if other is None:
            return self
        _HOOKED_RESPONSE.check("the result of a hook", other)
        # A hook that returns its own response need not know about this.
        if other.resent == self.resent:
            return other
        return msgspec.structs.replace(other, resent=self.resent)

    def hiding(self, secrets: KnownSecrets) -> "Response":
        """Return the same response, with these secrets redacted when its headers are displayed."""
        return msgspec.structs.replace(self, headers=self.headers.hiding(secrets))

    def redacted(self) -> "Response":
        """Return a copy without the body, and with secrets in the headers redacted."""
        return Response(self.status, self.headers.redacted())

    def __repr__(self) -> str:
        return f"Response({self.status}, {self.headers!r}, {len(self.body)} bytes)"


_HOOKED_REQUEST: Final = Expected("a Request", "request", (Request,), is_optional=True)
_HOOKED_RESPONSE: Final = Expected("a Response", "response", (Response,), is_optional=True)
_RESPONSE: Final = {
    "status": WHOLE_NUMBER,
    "body": Expected("bytes", "b'{}'", (bytes, bytearray, memoryview)),
}


class Streamed(Printable, Generic[Chunks_co], frozen=True):
    """An HTTP response whose body is streamed.

    Attributes:
        status: the status code.
        headers: the header fields as received.
        chunks: an iterator, synchronous or asynchronous like its transport, of the content with
            transfer and content codings decoded, in chunks of any size. It can be consumed once.
        resent: whether the transport had already sent the request over a connection that closed
            without a response, so that the server may have executed it twice.
    """

    status: int
    headers: Headers
    chunks: Chunks_co
    resent: bool = False

    def __repr__(self) -> str:
        return f"Streamed({self.status}, {self.headers!r})"


FailureKind: TypeAlias = Literal["connect", "timeout", "proxy", "tls", "protocol", "closed"]
"""The kind of failure: no connection, a timeout, the proxy, the TLS certificate or handshake, a
response that is not HTTP, or a connection that closed before the response was complete.
"""


class TransportFailure(Exception):  # noqa: N818 - not an error until the core decides so
    """Raised by a transport if no complete response was received.

    Args:
        message: a description for the user.
        kind: the kind of failure.
        sent: whether the request may have reached the server. ``False`` is a guarantee: the core may
            then retry even a POST.
    """

    def __init__(self, message: str, *, kind: FailureKind, sent: bool) -> None:
        super().__init__(message)
        self.message = message
        self.kind: FailureKind = kind
        self.sent = sent

    def __reduce__(self) -> tuple[Any, ...]:
        # BaseException passes positional arguments only.
        return _failure, (self.message, self.kind, self.sent), self.__dict__

    def __repr__(self) -> str:
        return f"TransportFailure({self.message!r}, kind={self.kind!r}, sent={self.sent})"


def _failure(message: str, kind: FailureKind, sent: bool) -> TransportFailure:  # noqa: FBT001 - private
    return TransportFailure(message, kind=kind, sent=sent)


class EncodedBody(Printable, frozen=True):
    """Base class of request bodies that are sent in a format other than JSON, such as forms."""

    def encode(self) -> tuple[str, bytes]:
        """Return the ``Content-Type`` and the encoded body."""
        raise NotImplementedError
