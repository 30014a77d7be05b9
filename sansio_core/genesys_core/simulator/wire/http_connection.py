"""A sans-IO connection to the simulated platform.

Invariants: the connection takes received bytes and returns steps. It decides what is written, how
slowly, and how the connection ends; the owner of the socket only performs the steps in order.
"""

from collections.abc import Iterator
from typing import Final, assert_never

import h11

from genesys_core.clock import Now
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response
from genesys_core.simulator.wire.faults import (
    Answer,
    Closed,
    Fault,
    FaultyPlatform,
    Garbage,
    Interrupted,
    Slow,
)
from genesys_core.simulator.wire.steps import Close, Pause, Reset, Silence, WireStep, Write

__all__ = ["ServerConnection"]

_MEANS: Final[dict[str, WireStep]] = {"reset": Reset(), "close": Close(), "silence": Silence()}


class ServerConnection:
    """A connection opened by a client.

    Args:
        platform: shared by all connections.
    """

    def __init__(self, platform: FaultyPlatform) -> None:
        self._platform = platform
        self._h11 = h11.Connection(h11.SERVER)
        self._asked = _NOTHING_ASKED
        self._body: list[bytes] = []
        self._fault: Fault | None = None

    def receive_data(self, data: bytes, *, now: Now) -> Iterator[WireStep]:
        """Process received bytes; ``b""`` means that the client closed the connection.

        Args:
            data: any number of bytes.
            now: when they were received.

        Returns:
            The steps to perform, up to the first one that ends the connection.
        """
        try:
            self._h11.receive_data(data)
            while not isinstance(event := self._h11.next_event(), type):
                yield from self._steps(event, now)
        except h11.RemoteProtocolError as error:
            yield from self._refused(error)

    def _steps(self, event: h11.Event, now: Now) -> Iterator[WireStep]:
        match event:
            case h11.Request():
                self._asked, self._body = event, []
                self._fault = self._platform.meets(_request(event))
                if isinstance(self._fault, Interrupted) and self._fault.at == "request":
                    yield from self._answered(now)
            case h11.Data():
                self._body.append(bytes(event.data))
            case h11.EndOfMessage():
                yield from self._answered(now)
            case _:  # ConnectionClosed
                yield Close()

    def _answered(self, now: Now) -> Iterator[WireStep]:
        request = _request(self._asked, b"".join(self._body))
        reply = self._platform.answers(request, self._fault, now=now)
        yield from _script(self._fault, *self._written(reply))
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
        else:
            yield Close()

    def _refused(self, error: h11.RemoteProtocolError) -> Iterator[WireStep]:
        """Handle input that is not HTTP."""
        if self._h11.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            yield Write(self._written(Response(error.error_status_hint))[0])
        yield Close()

    def _written(self, reply: Response) -> tuple[bytes, bytes]:
        """Return a response's head and body in bytes."""
        fields = [(name.encode(), value.strip().encode()) for name, value in reply.headers.raw]
        has_body = self._asked.method != b"HEAD" and reply.status not in {204, 304}
        if has_body:
            fields.append((b"Content-Length", str(len(reply.body)).encode()))
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
