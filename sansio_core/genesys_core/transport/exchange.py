"""An HTTP exchange: one request and its response over one connection.

Invariants:

* A failure states whether the request may have reached the server: ``sent`` is false until the
  first byte of the request is written, and for a 407 from a forwarding proxy.
* If a connection that has served requests closes before any byte of the response, the server is
  assumed to have closed it while it was idle (RFC 9112 section 9.3.1). The request is resent over a
  new connection in the same pool slot, if that is safe (:func:`may_resend`): this does not count as
  a retry, and is independent of the retry configuration. Its response has ``resent`` set, because
  the server may have executed the request before it closed the first connection.
* A connection with unsolicited bytes is closed before the next request.
* A response that arrives early, while the request is still being written, is valid.
* A 407 is a failure of kind ``proxy`` if the route has a forwarding proxy, otherwise a response.

A driver performs the step that each method returns, and reports its outcome. With threads::

    exchange = Exchange(request, router.route(request.url))
    try:
        with lock:
            pool.acquire(exchange, exchange.route, now=read_clocks())
        step = exchange.begin(now=read_clocks())
        while step is not Step.RESPOND:
            try:
                match step:
                    case Step.WAIT:      # until woken (see `pool`) or `exchange.until`
                        step = exchange.begin(now=read_clocks())
                    case Step.CHECK:
                        step = exchange.checked(is_readable(sock), now=read_clocks())
                    case Step.CLOSE:
                        sock.close()
                        step = exchange.closed(now=read_clocks())
                    case Step.DIAL:      # see `dialer`
                        sock = open_connection(exchange.dial(now=read_clocks()))  # or `dial_failed`
                        step = exchange.dialed(sock, now=read_clocks())
                    case Step.WRITE:     # if it blocks, read in the meantime
                        step = exchange.written(sock.send(exchange.data), now=read_clocks())
                    case Step.READ:
                        step = exchange.received(sock.recv(65536), now=read_clocks())
                    case Step.BODY:      # only with `uploads=True`
                        step = exchange.body(next(content, None), now=read_clocks())
            except TimeoutError:
                step = exchange.timed_out(now=read_clocks())
            except OSError as error:
                step = exchange.broke(error.strerror, now=read_clocks())
        return exchange.response
    finally:
        with lock:
            pool.release(exchange, now=read_clocks())

With ``streams=True`` the response has a head and no body at :attr:`Step.RESPOND`; then::

    while (chunk := exchange.read_body(now=read_clocks())) != b"":
        if chunk is None:
            exchange.received(sock.recv(65536), now=read_clocks())
        else:
            yield chunk
"""

from enum import Enum
from typing import Any, Final, TypeVar, cast

from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.http.headers import Headers
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.limits import ResponseLimits
from genesys_core.http.messages import FailureKind, Request, Response, TransportFailure
from genesys_core.transport.dialer import DialState, dial
from genesys_core.transport.pool import Claim, Lease
from genesys_core.transport.routes import Route

__all__ = ["CONTINUE_WAIT", "Exchange", "Step", "may_resend"]

C = TypeVar("C")

CONTINUE_WAIT: Final = 1.0
"""Seconds to wait for a response to ``Expect: 100-continue`` before the body is sent anyway.

A server need not send such a response (RFC 9110 section 10.1.1).
"""

_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})


def may_resend(method: str, *, stale: bool, written: bool, whole: bool) -> bool:
    """Return whether a request may be resent over a new connection after its connection closed.

    Args:
        method: the request's method.
        stale: whether the connection had served other requests before, and no byte of this response
            has arrived. If a new connection closes, an idle timeout cannot be the reason.
        written: whether any byte of the request was written.
        whole: whether the request's body is still available from its beginning.
    """
    return stale and whole and (not written or method in _IDEMPOTENT)


class Step(Enum):
    """A step of an exchange that the driver must perform."""

    WAIT = "wait for a connection slot in the pool, until woken"
    CHECK = "check without blocking whether there is data, or the end of the stream, to read"
    CLOSE = "close the connection"
    DIAL = "open a connection"
    WRITE = "write some of `data`; if writing blocks, read in the meantime"
    READ = "read some bytes"
    BODY = "get the next chunk of the request's body from the caller"
    RESPOND = "return the response"


# Before Python 3.12 accessing an enum member costs as much as a small function.
_WAIT: Final = Step.WAIT
_CHECK: Final = Step.CHECK
_CLOSE: Final = Step.CLOSE
_DIAL: Final = Step.DIAL
_WRITE: Final = Step.WRITE
_READ: Final = Step.READ
_BODY: Final = Step.BODY
_RESPOND: Final = Step.RESPOND


class Exchange(Claim[C]):
    """The exchange of one request and its response.

    Args:
        request: the request.
        route: the route to the request's origin.
        limits: size limits of the response.
        uploads: whether the body is sent in chunks (:attr:`Step.BODY`) instead of ``request.body``.
        streams: whether the response's body is read in chunks.

    Attributes:
        request: the request.
        route: the route to the request's origin, which is the key of the connection in the pool.
        until: when the current step times out, on the monotonic clock; ``None`` for never.
        data: the bytes to write.
        response: the response, with an empty body if ``streams`` is set.
    """

    __slots__ = (
        "_body_taken",
        "_http",
        "_limits",
        "_resends",
        "_sent",
        "_step",
        "_streams",
        "_uploads",
        "_written",
        "data",
        "request",
        "response",
        "route",
        "until",
    )

    response: Response

    def __init__(
        self,
        request: Request,
        route: Route,
        *,
        limits: ResponseLimits | None = None,
        uploads: bool = False,
        streams: bool = False,
    ) -> None:
        super().__init__()
        self.request = request
        self.route = route
        self.until: float | None = None
        self.data: bytes | memoryview = b""
        self._limits = limits
        self._uploads = uploads
        self._streams = streams
        self._step: Step | None = None
        self._sent = False  # any byte of the request, on any connection
        self._written = False  # any byte of the request, on this connection
        self._body_taken = False  # any of the body, from the caller

    # --- a connection ---------------------------------------------------------------------------

    @property
    def competes(self) -> bool:
        """Whether the pool has other connections with the same key.

        Several threads then use these connections, and compete for Python's global interpreter
        lock.
        """
        return self.lease is not None and self.lease.siblings > 0

    def begin(self, *, now: Now) -> Step:
        """Begin the exchange, or check after :attr:`Step.WAIT` whether a connection was assigned.

        Raises:
            TransportFailure: the wait timed out.
            GenesysCloudError: the pool was closed during the wait.
        """
        request = self.request
        if request.expires is not None and now.monotonic >= request.expires:
            raise self._late(None, now)
        if self.lease is not None:
            return self._go(_DIAL if self.lease.connection is None else _CHECK)
        if not self.is_waiting:
            raise GenesysCloudError("the client was closed in the meantime; nothing was sent")
        # Only the first wait sets the timeout: a wake-up without a connection must not extend it.
        if self._step is None:
            self._limit(request.timeout.pool, now)
        elif self.until is not None and now.monotonic >= self.until:
            return self.timed_out(now=now)
        return self._go(_WAIT)

    def checked(self, readable: bool, *, now: Now) -> Step:  # noqa: FBT001 - what the step asks
        """Report whether data or the end of the stream can be read (:attr:`Step.CHECK`)."""
        # Before the request, anything to read makes the idle connection unusable (an end, or
        # unsolicited bytes). Before a chunk of the body, it is an early response.
        if self._written:
            return self._read(now) if readable else self._ask_for_body()
        return self._go(_CLOSE) if readable else self._start(now)

    def closed(self, *, now: Now) -> Step:
        """Report that the connection was closed (:attr:`Step.CLOSE`); return the step of dialing."""
        cast(Lease[C], self.lease).clear(now=now)
        return self._go(_DIAL)

    def dial(self, *, now: Now) -> DialState:
        """Return the first step of dialing a connection (:attr:`Step.DIAL`)."""
        request = self.request
        return dial(self.route, timeout=request.timeout.connect, expires=request.expires, now=now)

    def dialed(self, connection: C, *, now: Now) -> Step:
        """Report that the connection is open (:attr:`Step.DIAL`)."""
        route = self.route
        # Through a tunnel, the credentials were sent with CONNECT; here they would reach the
        # origin.
        proxy = route.proxy if route.is_forwarded else None
        proxy_headers = None if proxy is None else Headers(proxy.credentials())
        lease = cast(Lease[C], self.lease)
        lease.connection, lease.http = connection, HTTP1Connection(proxy_headers=proxy_headers)
        return self._start(now)

    def dial_failed(self, failure: TransportFailure) -> TransportFailure:
        """Report that dialing failed, and return the failure to raise.

        The failure's ``sent`` is true if the request had already been written to a stale connection.
        """
        return TransportFailure(failure.message, kind=failure.kind, sent=self._sent)

    # --- the request ----------------------------------------------------------------------------

    def _start(self, now: Now) -> Step:
        lease: Any = self.lease  # not `cast`, which is a call each time
        http: HTTP1Connection = lease.http
        self._http = http
        send = http.send_head if self._uploads else http.send
        try:
            self.data = send(self.request, limits=self._limits)
        except TransportFailure as failure:
            raise self._named(failure) from None
        # Whether a server has, on an earlier connection, received any byte of the request.
        self._resends, self._written = self._sent, False
        return self._write(now)

    def _write(self, now: Now) -> Step:
        self._limit(self.request.timeout.write, now)
        self._step = _WRITE
        return _WRITE

    def written(self, count: int, *, now: Now) -> Step:
        """Report that ``count`` bytes of :attr:`data` were written (:attr:`Step.WRITE`)."""
        if count:
            self._written = self._sent = True
        # A view: slicing bytes would copy the rest of a large body after each partial write.
        if count < len(self.data):
            self.data = memoryview(self.data)[count:]
            return self._write(now)
        self.data = b""
        return self._after_write(now) if self._uploads else self._read(now)

    def partly_written(self) -> None:
        """Report that an unknown number of bytes of :attr:`data` may have been written."""
        self._written = self._sent = True

    def _after_write(self, now: Now) -> Step:
        if not self._http.sending:
            return self._read(now)
        if self._http.waits_for_continue:
            self._limit(CONTINUE_WAIT, now)
            return self._go(_READ)
        # An early response means that the rest is not needed.
        return self._go(_CHECK)

    def _ask_for_body(self) -> Step:
        self._body_taken = True
        return self._go(_BODY)

    def body(self, chunk: bytes | None, *, now: Now) -> Step:
        """Accept the next chunk of the request body, or ``None`` at its end (:attr:`Step.BODY`).

        Raises:
            TransportFailure: the body does not match ``Content-Length``.
        """
        http = self._http
        try:
            self.data = http.send_end() if chunk is None else http.send_chunk(chunk)
        except TransportFailure as failure:
            raise self._named(failure) from None
        return self._write(now) if self.data else self._after_write(now)

    # --- the response ---------------------------------------------------------------------------

    def _read(self, now: Now) -> Step:
        self._limit(self.request.timeout.read, now)
        self._step = _READ
        return _READ

    def received(self, data: bytes, *, now: Now) -> Step:
        """Process received bytes (:attr:`Step.READ`, :attr:`Step.WRITE`).

        ``b""`` means that the peer closed the connection.

        Raises:
            TransportFailure: a complete response can no longer arrive.
        """
        http = self._http
        stale = not data and http.stale
        # After a response that is complete before the request, the connection cannot be reused.
        http.unwritten = bool(self.data)
        try:
            if not self._streams:
                response = http.receive_data(data)
            elif self._step is _RESPOND:
                http.receive_body(data)
                return _RESPOND
            else:
                head = http.receive_head(data)
                response = None if head is None else Response(head.status, head.headers)
        except TransportFailure as failure:
            # Only a close before any byte of the response: invalid data is no reason to resend.
            if stale and self._may_resend():
                return self._go(_CLOSE)
            self._require_no_407(http.status)
            raise self._named(failure) from None
        if response is None:
            return self._go_on(now)
        if response.status == 407:
            self._require_no_407(407)
        if self._resends:
            response = replace(response, resent=True)
        self.response = response
        self._step = _RESPOND
        return _RESPOND

    def _require_no_407(self, status: int | None) -> None:
        # RFC 9110 section 15.5.8: the head suffices. Some proxies close before reading a body.
        if status == 407 and self.route.is_forwarded:
            # Not sent: a proxy that asks for credentials has not forwarded the request.
            raise self._failure("proxy authentication failed (407)", "proxy", sent=False) from None

    def _go_on(self, now: Now) -> Step:
        """Return the next step if the received bytes did not complete the response."""
        if self.data and (self._http.sending or not self._uploads):
            return self._write(now)
        return self._after_write(now)

    def read_body(self, size: int = 65536, *, now: Now) -> bytes | None:
        """Return the next chunk of the response's body, after :attr:`Step.RESPOND`.

        Returns:
            A chunk; ``b""`` at the end of the body; ``None`` if the driver must first read from the
            connection, before :attr:`until`, and pass the data to :meth:`received`.

        Raises:
            TransportFailure: the rest of the response cannot arrive, or cannot be decoded.
        """
        expires = self.request.expires
        if expires is not None and now.monotonic >= expires:
            raise self._late(None, now)
        try:
            chunk = self._http.read_body(size)
        except TransportFailure as failure:
            raise self._named(failure) from None
        if chunk is None:
            self._limit(self.request.timeout.read, now)
        return chunk

    def stop(self) -> None:
        """Discard the unread rest of the response body, before the connection is released."""
        if self._step is _RESPOND:
            self._http.discard_body()

    # --- failures -------------------------------------------------------------------------------

    def timed_out(self, *, now: Now) -> Step:
        """Report that the step timed out: :attr:`until` has passed.

        Raises:
            TransportFailure: always, except while waiting for a 100 (Continue).
        """
        timeout = self.request.timeout
        if self._step is _WAIT:
            raise self._late(timeout.pool, now)
        if self._step is _WRITE:
            raise self._late(timeout.write, now)
        if self._http.waits_for_continue and not self._is_over(now):
            return self._ask_for_body()
        raise self._late(timeout.read, now)

    def broke(self, reason: str, *, kind: FailureKind = "closed", now: Now) -> Step:
        """Report that the connection failed.

        Args:
            reason: the operating system's message, such as ``Connection reset by peer``.
            kind: ``tls`` for a TLS error rather than a connection error.
            now: the current time on the monotonic clock.

        Raises:
            TransportFailure: a complete response can no longer arrive.
        """
        if self._step is _CHECK:
            return self.checked(readable=True, now=now)  # there is an end to read
        http = self._http
        # A server that ends an idle connection does not cause a TLS error.
        if kind == "closed" and http.stale and self._may_resend():
            return self._go(_CLOSE)
        if self._step is _WRITE and self._written:
            # A server that rejects a request early stops reading it; its response may have arrived.
            http.stop_sending()
            self.data = b""
            return self._read(now)
        self._require_no_407(http.status)
        raise self._failure(reason, kind)

    def _may_resend(self) -> bool:
        # After a resend the connection is new, so this cannot loop.
        whole = not self._body_taken
        return may_resend(self.request.method, stale=True, written=self._written, whole=whole)

    def _is_over(self, now: Now) -> bool:
        return self.request.expires is not None and now.monotonic >= self.request.expires

    def _late(self, timeout: float | None, now: Now) -> TransportFailure:
        if timeout is None or self._is_over(now):
            return self._failure("the call's deadline passed", "timeout")
        return self._failure(_LATE[cast(Step, self._step)].format(timeout), "timeout")

    def _failure(
        self, words: str, kind: FailureKind, *, sent: bool | None = None
    ) -> TransportFailure:
        proxy = self.route.proxy
        through = "" if proxy is None else f" (through the proxy {proxy.address})"
        words = f"{self.route.origin.address}{through}: {words}"
        return TransportFailure(words, kind=kind, sent=self._sent if sent is None else sent)

    def _named(self, failure: TransportFailure) -> TransportFailure:
        return self._failure(failure.message, failure.kind)

    def _limit(self, timeout: float | None, now: Now) -> None:
        """Set :attr:`until` for the next step."""
        until = self.request.expires
        if timeout is not None:
            limit = now.monotonic + timeout
            if until is None or limit < until:
                until = limit
        self.until = until

    def _go(self, step: Step) -> Step:
        self._step = step
        return step


_LATE: Final = {
    _WAIT: "no connection in the pool became available within {:g} s",
    _WRITE: "the request could not be written within {:g} s",
    _READ: "no response was received within {:g} s",
    _RESPOND: "no further data was received within {:g} s",
}
