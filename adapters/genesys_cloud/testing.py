"""Transports for the tests of those who use this library: no network, no server.

::

    transport = MockTransport(lambda request: json_response({"name": "Ann"}))
    client = Client(host="https://api.example", access_token="t", transport=transport)
    assert client.users.get_users_me().name == "Ann"
    assert transport.requests[0].method == "GET"
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from genesys_core.codec.encoding import to_json
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response

__all__ = ["AsyncMockTransport", "Handler", "MockTransport", "json_response"]

Handler: TypeAlias = Callable[[Request], Response]
"""Answers a request, or raises :class:`~genesys_core.http.messages.TransportFailure`."""


def json_response(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A response with a model, or anything that JSON can say, as its body."""
    fields = {"Content-Type": "application/json", **(headers or {})}
    return Response(status, Headers(fields), to_json(value))


class MockTransport:
    """Answers with a function, and keeps what it was asked.

    Attributes:
        requests: every request so far, token exchanges included.
        closed: whether the client was closed.
    """

    is_mock = True  # no platform behind it, so no rate limit to keep

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.requests: list[Request] = []
        self.closed = False

    def send(self, request: Request) -> Response:
        """Keep the request and answer it."""
        self.requests.append(request)
        return self._handler(request)

    def close(self) -> None:
        """Remember that the client was closed."""
        self.closed = True


class AsyncMockTransport:
    """:class:`MockTransport` for an :class:`~genesys_cloud.AsyncClient`."""

    is_mock = True  # no platform behind it, so no rate limit to keep

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.requests: list[Request] = []
        self.closed = False

    async def send(self, request: Request) -> Response:
        """Keep the request and answer it."""
        self.requests.append(request)
        return self._handler(request)

    async def close(self) -> None:
        """Remember that the client was closed."""
        self.closed = True
