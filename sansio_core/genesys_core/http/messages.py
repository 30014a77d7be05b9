"""The transport interface: requests, responses and transport failures.

Invariants: these are values. Any HTTP client that turns a :class:`Request` into a :class:`Response`,
or into a :class:`TransportFailure` that states whether the request may have reached the server,
can serve as a transport.
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
"""Seconds, some 31 years: sockets refuse a timeout that does not fit into the system's clock."""


class Timeout(Struct, frozen=True, kw_only=True):
    """Seconds that each phase of one request may take; ``None`` waits forever.

    Attributes:
        connect: to open a connection, TLS included.
        read: for each read of the reply.
        write: for each write of the request.
        pool: for a free connection of the pool.

    Raises:
        InvalidValueError: a number that is not above 0, or more than a clock can count.
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
                    f"{LONGEST:g}, or None to wait for ever"
                )

    @classmethod
    def of(cls, seconds: float) -> "Timeout":
        """The same number of seconds for every phase."""
        return cls(connect=seconds, read=seconds, write=seconds, pool=seconds)

    @classmethod
    def given(cls, value: "Timeout | float | None", default: "Timeout") -> "Timeout":
        """What a caller gave (a number means every phase), or the default."""
        if value is None:
            return default
        return value if isinstance(value, Timeout) else cls.of(value)


def _is_duration(seconds: object) -> bool:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return False
    return 0 < seconds <= LONGEST


_DEFAULT_TIMEOUT = Timeout()


Purpose: TypeAlias = Literal["api", "token"]
"""What a request is for: a call of the API, or a token from the login host."""


class Request(Printable, frozen=True):
    """One HTTP request, complete.

    Attributes:
        method: in capitals.
        url: absolute, encoded.
        headers: all that the library wants sent; ``Host`` and ``Content-Length`` are the transport's.
        body: the encoded body, or ``None`` for no body at all.
        timeout: the timeout of each phase.
        expires: the call's deadline on the monotonic clock, or ``None``. A transport checks it
            between reads, so that a slowly trickling response cannot outlast the deadline; one
            that ignores it enforces ``timeout`` alone.
        purpose: what the request is for; not sent.
    """

    method: str
    url: str
    headers: Headers = Headers()
    body: bytes | None = None
    timeout: Timeout = _DEFAULT_TIMEOUT
    expires: float | None = None
    purpose: Purpose = "api"

    def replaced_by(self, other: "Request | None") -> "Request":
        """The request to send after a hook returned another one, or none; its purpose stays."""
        if other is None:
            return self
        _HOOKED_REQUEST.check("what a hook returns", other)
        if other.purpose == self.purpose:
            return other
        return msgspec.structs.replace(other, purpose=self.purpose)

    @property
    def known_secrets(self) -> KnownSecrets:
        """Its credentials and what is secret in its body, which a careless server repeats."""
        return KnownSecrets.of(message_secrets(self.headers, self.body))

    def redacted(self) -> "Request":
        """The request without its body, and what is secret in its URL and headers masked."""
        url, headers = DEFAULT_REDACTION.shown_url(self.url), self.headers.redacted()
        return msgspec.structs.replace(self, url=url, headers=headers, body=None)

    def __repr__(self) -> str:
        size = "no body" if self.body is None else f"{len(self.body)} bytes"
        url = DEFAULT_REDACTION.shown_url(self.url)
        return f"Request({self.method} {url}, {self.headers!r}, {size})"


class Response(Printable, frozen=True):
    """One HTTP response, read to its end.

    Attributes:
        status: the status code.
        headers: as received; a mapping and pairs of a name and a value are taken as well.
        body: the content with transfer and content codings removed.

    Raises:
        TypeError: a value of a wrong type.
        InvalidValueError: headers that are neither a mapping nor pairs.
    """

    status: int
    headers: Headers = Headers()
    body: bytes = b""

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
        """The response to read after a hook returned another one, or none."""
        if other is None:
            return self
        _HOOKED_RESPONSE.check("what a hook returns", other)
        return other

    def hiding(self, secrets: KnownSecrets) -> "Response":
        """The same response; where its headers are shown, these secrets are replaced."""
        return Response(self.status, self.headers.hiding(secrets), self.body)

    def redacted(self) -> "Response":
        """The response without its body, and what is secret in its headers masked."""
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
    """One HTTP response whose body is still to come.

    Attributes:
        status: the status code.
        headers: as received.
        chunks: an iterator, synchronous or asynchronous as its transport is, of the content with
            transfer and content codings removed, in pieces of any size. It can be iterated
                only once.
    """

    status: int
    headers: Headers
    chunks: Chunks_co

    def __repr__(self) -> str:
        return f"Streamed({self.status}, {self.headers!r})"


FailureKind: TypeAlias = Literal["connect", "timeout", "proxy", "tls", "protocol", "closed"]
"""What broke: no connection, a phase that took too long, the proxy, the certificate or handshake,
a reply that is not HTTP, or a connection that ended before the reply did."""


class TransportFailure(Exception):  # noqa: N818 - the seam's word: not an error until the core says so
    """What a transport raises when no complete response came back.

    Args:
        message: what happened, as text for the user.
        kind: what broke.
        sent: whether the request may have reached the server. ``False`` is a promise:
            the core then retries even a POST.
    """

    def __init__(self, message: str, *, kind: FailureKind, sent: bool) -> None:
        super().__init__(message)
        self.message = message
        self.kind: FailureKind = kind
        self.sent = sent

    def __reduce__(self) -> tuple[Any, ...]:
        # BaseException passes its positional arguments only.
        return _failure, (self.message, self.kind, self.sent), self.__dict__

    def __repr__(self) -> str:
        return f"TransportFailure({self.message!r}, kind={self.kind!r}, sent={self.sent})"


def _failure(message: str, kind: FailureKind, sent: bool) -> TransportFailure:  # noqa: FBT001 - private
    return TransportFailure(message, kind=kind, sent=sent)
