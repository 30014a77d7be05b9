"""Mock transports: a function that the test defines returns the response to each request."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from genesys_core.checks import FUNCTION
from genesys_core.codec.encoding import to_json
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response

__all__ = ["AsyncMockTransport", "Handler", "MockTransport", "json_response"]

Handler: TypeAlias = Callable[[Request], Response]
"""A function that returns the response to a request, or raises a ``TransportFailure``."""


def json_response(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a response whose body is the JSON of a model or of any other value."""
    fields = {"Content-Type": "application/json", **(headers or {})}
    return Response(status, Headers(fields), to_json(value))


class MockTransport:
    """A transport that gets the response to each request from a function, and records the requests.

    Attributes:
        requests: all requests so far, including token requests.
        closed: whether the client that uses the transport was closed.
    """

    is_mock = True  # without a platform, there is no rate limit to observe

    def __init__(self, handler: Handler) -> None:
        FUNCTION.check("handler", handler)
        self._handler = handler
        self.requests: list[Request] = []
        self.closed = False

    def send(self, request: Request) -> Response:
        """Record the request and return its response."""
        self.requests.append(request)
        return self._handler(request)

    def close(self) -> None:
        """Record that the client was closed."""
        self.closed = True


class AsyncMockTransport:
    """Like :class:`MockTransport`, for an :class:`~genesys_cloud.AsyncClient`."""

    is_mock = True  # without a platform, there is no rate limit to observe

    def __init__(self, handler: Handler) -> None:
        FUNCTION.check("handler", handler)
        self._handler = handler
        self.requests: list[Request] = []
        self.closed = False

    async def send(self, request: Request) -> Response:
        """Record the request and return its response."""
        self.requests.append(request)
        return self._handler(request)

    async def close(self) -> None:
        """Record that the client was closed."""
        self.closed = True
