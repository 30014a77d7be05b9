"""The same exchange over h11 alone, fed with all bytes at once: what the core is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import h11

__all__ = ["Outcome", "Received", "Reply", "read_request", "read_response", "write_request"]


@dataclass(frozen=True)
class Reply:
    """A complete response, and what h11 makes of the connection after it."""

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes
    leftover: bytes
    reusable: bool


Outcome = Reply | str
"""A response, or the kind of failure."""


def write_request(
    method: str, target: str, fields: list[tuple[str, str]], body: bytes | None
) -> bytes | None:
    """The bytes of a request, or ``None`` if h11 refuses it."""
    connection = h11.Connection(h11.CLIENT)
    try:
        encoded = [(name.encode("ascii"), value.encode("utf-8")) for name, value in fields]
        data = connection.send(h11.Request(method=method, target=target, headers=encoded))
        if body:
            data += connection.send(h11.Data(data=body))
        return bytes(data + connection.send(h11.EndOfMessage()))
    except (h11.LocalProtocolError, ValueError):
        return None


def read_response(data: bytes, method: str = "GET", *, closes: bool = True) -> Outcome | None:
    """What h11 reads from all of ``data``, with the peer's close behind it if it ``closes``.

    ``None`` if it waits for more.
    """
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "h")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    reply: h11.Response | None = None
    body = b""
    closed = False
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            return "closed" if closed else "protocol"
        if isinstance(event, h11.Response):
            reply = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
        elif event is h11.NEED_DATA:
            if not closes:
                return None
            connection.receive_data(b"")
            closed = True
        elif not isinstance(event, h11.InformationalResponse):
            return "protocol"
    assert reply is not None
    leftover = connection.trailing_data[0]
    done = connection.our_state is h11.DONE and connection.their_state is h11.DONE
    fields = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in reply.headers.raw_items()
    )
    return Reply(reply.status_code, fields, body, leftover, done and not leftover and not closed)


@dataclass(frozen=True)
class Received:
    """A request as a server read it."""

    method: str
    fields: list[tuple[str, str]]
    body: bytes
    leftover: bytes


def read_request(data: bytes) -> Received:
    """The one request that h11's server side reads from ``data``."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(data)
    request = connection.next_event()
    assert isinstance(request, h11.Request)
    body = b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        assert isinstance(event, h11.Data)
        body += event.data
    fields = [(name.decode(), value.decode("utf-8")) for name, value in request.headers]
    return Received(request.method.decode(), fields, body, connection.trailing_data[0])
