"""The simulated platform as an ASGI application, for servers other than this project's own.

Invariants: no decisions are made here. Each request is read and passed to the pure simulator with
the time, and the response is written. Paths and headers are passed unchanged, including encoding
and repetition.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from genesys_cloud.system_clock import read_clocks
from genesys_core.clock import Now
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request
from genesys_core.simulator import Simulator

__all__ = ["application"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]


def application(simulator: Simulator, *, clock: Callable[[], Now] = read_clocks) -> Application:
    """Return an ASGI application through which any ASGI server can serve a simulator.

    Serve it from only one event loop: the simulator's state has no lock. The application serves no
    WebSockets.

    Args:
        simulator: the simulated platform.
        clock: returns the time of each request.
    """

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await _respond(simulator, clock, scope, receive, send)
            case "lifespan":
                await _start_and_stop(receive, send)
            case _:  # a WebSocket
                await receive()
                await send({"type": "websocket.close"})

    return serve


async def _respond(
    simulator: Simulator,
    clock: Callable[[], Now],
    scope: Message,
    receive: Receive,
    send: Send,
) -> None:
    chunks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    request = _request(scope, b"".join(chunks))
    response = simulator.respond(request, now=clock())
    fields = [(name.encode(), value.encode("latin-1")) for name, value in response.headers.raw]
    # RFC 9110 section 8.6: a 204 must not have a Content-Length, and with HEAD and 304 it would be
    # the length of a body that is not known here.
    if request.method != "HEAD" and response.status not in {204, 304}:
        fields.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": fields})
    await send({"type": "http.response.body", "body": response.body})


async def _start_and_stop(receive: Receive, send: Send) -> None:
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})


def _request(scope: Message, body: bytes) -> Request:
    # The raw path, because `scope["path"]` is decoded: %2F and a slash would be the same.
    target = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    url = target + (f"?{query}" if query else "")
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return Request(scope["method"], url, Headers.received(fields), body or None)
