"""The simulated platform as an ASGI application.

Invariants: no decisions are made here. Each request is read and passed to the pure simulator with
the time, and the response is written. Paths and headers are passed unchanged, including encoding
and repetition.
"""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as IncomingRequest
from starlette.responses import Response as OutgoingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from genesys_cloud.system_clock import read_clocks
from genesys_core.clock import Now
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response
from genesys_core.simulator import Simulator

__all__ = ["application"]


def application(
    simulator: Simulator,
    *,
    clock: Callable[[], Now] = read_clocks,
    after: Callable[[], None] = lambda: None,
) -> Starlette:
    """An ASGI application that serves a simulator with any ASGI server.

    Serve it from only one event loop: the simulator's state has no lock.

    Args:
        simulator: the platform.
        clock: reads the time of each request.
        after: called after each request, which may have caused events for open sockets.
    """
    app = Starlette()
    # Not a route, because the simulator responds to every target, including `*` and absolute URLs.
    app.router.default = _Responder(simulator, clock, after)
    return app


class _Responder:
    def __init__(
        self, simulator: Simulator, clock: Callable[[], Now], after: Callable[[], None]
    ) -> None:
        self._simulator = simulator
        self._clock = clock
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        incoming = IncomingRequest(scope, receive)
        try:
            body = await incoming.body()
        except ClientDisconnect:
            return  # the client has disconnected
        response = self._simulator.respond(_request(incoming, body), now=self._clock())
        self._after()
        await _outgoing(response)(scope, receive, send)


def _request(incoming: IncomingRequest, body: bytes) -> Request:
    scope = incoming.scope
    # The raw path: in `scope["path"]`, %2F and a slash are indistinguishable.
    target = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    url = target + (f"?{query}" if query else "")
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return Request(incoming.method, url, Headers.received(fields), body or None)


def _outgoing(response: Response) -> OutgoingResponse:
    outgoing = OutgoingResponse(response.body, response.status)
    outgoing.raw_headers.extend(
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.raw
    )
    return outgoing
