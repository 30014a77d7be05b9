"""A sans-IO HTTP/1.1 server connection to the simulated platform.

Invariants: the connection takes received bytes and returns steps. It decides what is written and
when, and how the connection is closed; the owner of the socket only performs the steps in order.
Requests are handled one at a time: the next one is handled after the owner has performed all steps
of the previous one, so that a client that does not read stalls only its own connection. The limits
bound the memory that a connection uses.
"""

from collections.abc import Iterator
from typing import Final, assert_never

import h11
from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response
from genesys_core.simulator.http.problems import Problem, content_too_large
from genesys_core.simulator.wire.faults import (
    Answer,
    Closed,
    Fault,
    FaultyPlatform,
    Garbage,
    Interrupted,
    Slow,
)
from genesys_core.simulator.wire.steps import (
    Close,
    HangUp,
    Pause,
    Reset,
    Silence,
    WireStep,
    Write,
)

__all__ = ["DEFAULT_SERVER_LIMITS", "ServerConnection", "ServerLimits"]

_PIECE: Final = 16 * 1024

_MEANS: Final[dict[str, WireStep]] = {"reset": Reset(), "close": Close(), "silence": Silence()}


class ServerLimits(Struct, frozen=True):
    """The size and time limits of a connection.

    Attributes:
        head: the maximum size of a request's line and headers, and of a chunked body's framing, in
            bytes; a larger size causes a 431.
        body: the maximum size of a request's body in bytes; a larger body causes a 413.
        request_time: seconds within which a request must arrive, from its first byte; a later one
            causes a 408.
        linger: seconds to wait for the client to close a connection after a rejected request.
    """

    head: int = 64 * 1024
    body: int = 10 * 1024 * 1024
    request_time: float = 60.0
    linger: float = 2.0


DEFAULT_SERVER_LIMITS: Final = ServerLimits()


class ServerConnection:
    """The server's side of an HTTP connection that a client has opened.

    Args:
        platform: the platform, shared by all connections.
        limits: the size and time limits.

    Attributes:
        deadline: when the request that is being received must be complete, on the monotonic clock;
            ``None`` while no request is being received.
    """

    def __init__(
        self, platform: FaultyPlatform, limits: ServerLimits = DEFAULT_SERVER_LIMITS
    ) -> None:
        self._platform = platform
        self._limits = limits
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head)
        self._asked = _NOTHING_ASKED
        self._body: list[bytes] = []
        self._size = 0
        self._fault: Fault | None = None
        self._ended = False
        self.deadline: float | None = None

    def receive_data(self, data: bytes, *, now: Now) -> Iterator[WireStep]:
        """Process received bytes; ``b""`` means that the client closed its side of the connection.

        Args:
            data: the received bytes, any number of them.
            now: when the bytes were received.

        Returns:
            The steps to perform, up to the first one that ends the connection. Later input is
            ignored.
        """
        if self._ended:
            return
        try:
            if data:
                yield from self._pieces(data, now)
            else:
                self._h11.receive_data(b"")
                yield from self._events(now)
        except h11.RemoteProtocolError as error:
            ending = HangUp(self._limits.linger) if data else Close()
            yield from self._refused(error.error_status_hint, ending)
        self._set_deadline(now)

    def time_out(self, now: Now) -> Iterator[WireStep]:
        """Reject a request that has not arrived by its deadline."""
        if self.deadline is not None and now.monotonic >= self.deadline:
            yield from self._refused(408, HangUp(self._limits.linger))

    def lost(self) -> None:
        """Handle the end of the connection, which has no effect on the platform."""
        self._ended = True
        self.deadline = None

    def _pieces(self, data: bytes, now: Now) -> Iterator[WireStep]:
        """Pass on the data in pieces: h11 then enforces the limit on a request's head exactly."""
        at = 0
        while at < len(data) and not self._ended:
            size = _PIECE
            if self._h11.their_state is h11.IDLE:
                size = self._limits.head + 1 - len(self._h11.trailing_data[0])
            self._h11.receive_data(data[at : at + size])
            at += size
            yield from self._events(now)

    def _events(self, now: Now) -> Iterator[WireStep]:
        while not self._ended and not isinstance(event := self._h11.next_event(), type):
            for step in self._steps(event, now):
                if not isinstance(step, Write | Pause):
                    self.lost()
                yield step
                if self._ended:
                    return

    def _set_deadline(self, now: Now) -> None:
        if (self._h11.their_state is h11.IDLE and not self._h11.trailing_data[0]) or self._ended:
            self.deadline = None
        elif self.deadline is None:
            self.deadline = now.monotonic + self._limits.request_time

    def _steps(self, event: h11.Event, now: Now) -> Iterator[WireStep]:
        match event:
            case h11.Request():
                yield from self._begun(event, now)
            case h11.Data():
                self._size += len(event.data)
                if self._size > self._limits.body:
                    yield from self._refused_body(now)
                else:
                    self._body.append(bytes(event.data))
            case h11.EndOfMessage():
                yield from self._answered(now)
            case _:  # ConnectionClosed
                yield Close()

    def _begun(self, event: h11.Request, now: Now) -> Iterator[WireStep]:
        self._asked, self._body, self._size = event, [], 0
        request = _request(event)
        self._fault = self._platform.meets(request)
        if isinstance(self._fault, Interrupted) and self._fault.at == "request":
            yield from self._answered(now)
        elif int(request.headers.get("content-length", "0")) > self._limits.body:
            yield from self._refused_body(now)
        elif self._h11.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
            yield Write(self._h11.send(go_on) or b"")

    def _answered(self, now: Now) -> Iterator[WireStep]:
        # The request is complete; the time in which the client reads the response is not limited.
        self.deadline = None
        request = _request(self._asked, b"".join(self._body))
        self._body = []
        reply = self._platform.answers(request, self._fault, now=now)
        yield from _script(self._fault, *self._written(reply))
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
        else:
            yield Close()

    def _refused_body(self, now: Now) -> Iterator[WireStep]:
        problem: Problem = content_too_large(self._limits.body)
        self._body = []
        reply = self._platform.simulator.refuse(_request(self._asked), problem, now=now)
        yield Write(b"".join(self._written(reply, closes=True)))
        yield HangUp(self._limits.linger)

    def _refused(self, status: int, ending: WireStep) -> Iterator[WireStep]:
        """Reject a request that is not HTTP, too large or too slow."""
        self.lost()
        # h11 can send here: after a complete response, the next cycle has begun, or the connection
        # has ended.
        yield Write(b"".join(self._written(Response(status), closes=True)))
        yield ending

    def _written(self, reply: Response, *, closes: bool = False) -> tuple[bytes, bytes]:
        """Return a response's head and body in bytes."""
        fields = [(name.encode(), value.strip().encode()) for name, value in reply.headers.raw]
        has_body = self._asked.method != b"HEAD" and reply.status not in {204, 304}
        if has_body:
            fields.append((b"Content-Length", str(len(reply.body)).encode()))
        if closes:
            fields.append((b"Connection", b"close"))
        head = h11.Response(status_code=reply.status, headers=fields)
        parts = [self._h11.send(head), b""]
        if has_body:
            parts[1] = self._h11.send(h11.Data(data=reply.body))
        self._h11.send(h11.EndOfMessage())
        return parts[0] or b"", parts[1] or b""


_NOTHING_ASKED: Final = h11.Request(method="GET", target="/", headers=[("Host", "")])


def _request(asked: h11.Request, body: bytes = b"") -> Request:
    fields = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in asked.headers.raw_items()]
    target = asked.target.decode("latin-1")
    return Request(asked.method.decode("latin-1"), target, Headers.received(fields), body or None)


def _script(fault: Fault | None, head: bytes, body: bytes) -> Iterator[WireStep]:
    """Return the steps for a response with a fault."""
    match fault:
        case None | Answer():
            yield Write(head + body)
        case Closed():
            yield Write(head + body)
            yield Close()
        case Garbage():
            yield Write(fault.data)
            yield Close()
        case Slow(part="head"):
            yield from _dripped(head, fault)
            yield Write(body)
        case Slow():
            yield Write(head)
            yield from _dripped(body, fault)
        case Interrupted():
            halves = {"head": head[: len(head) // 2], "body": head + body[: len(body) // 2]}
            yield Write(halves.get(fault.at, b""))
            yield _MEANS[fault.by]
        case _:
            assert_never(fault)


def _dripped(data: bytes, fault: Slow) -> Iterator[WireStep]:
    for at in range(0, len(data), fault.size):
        yield Pause(fault.seconds)
        yield Write(data[at : at + fault.size])
