"""The interfaces of transports: required and optional methods.

Invariants: this module imports no HTTP library, so that a client with a custom transport loads none.
"""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Final, Protocol, runtime_checkable

from genesys_core.checks import Expected
from genesys_core.http.messages import Request, Response, Streamed

__all__ = [
    "EXPECTED_TRANSPORT",
    "AsyncStreamingTransport",
    "AsyncTransport",
    "ByteStream",
    "CountingTransport",
    "EarlyReader",
    "StreamingTransport",
    "Transport",
    "WebSocketTransport",
    "is_mock",
    "open_connections",
]


class Transport(Protocol):
    """The interface of a transport for synchronous clients."""

    def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response was received.
        """
        ...

    def close(self) -> None:
        """Close all connections. Idempotent."""
        ...


class AsyncTransport(Protocol):
    """The interface of a transport for asynchronous clients."""

    async def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response was received.
        """
        ...

    async def close(self) -> None:
        """Close all connections. Idempotent."""
        ...


@runtime_checkable
class StreamingTransport(Transport, Protocol):
    """Optional interface of a transport that streams bodies."""

    def stream(
        self, request: Request, content: Iterable[bytes] | None = None
    ) -> AbstractContextManager[Streamed[Iterator[bytes]]]:
        """Send one request and stream the response's body.

        The headers are available on entry, and the connection is released on exit.

        Args:
            request: the request to send.
            content: the request body in chunks, instead of ``request.body``. The iterable is
                iterated at most once, and its exceptions propagate unchanged.

        Raises:
            TransportFailure: no response was received. If the response body is incomplete,
                iterating over its chunks raises this exception.
        """
        ...


@runtime_checkable
class AsyncStreamingTransport(AsyncTransport, Protocol):
    """Optional interface of a transport for asynchronous clients that streams bodies."""

    def stream(
        self, request: Request, content: AsyncIterable[bytes] | None = None
    ) -> AbstractAsyncContextManager[Streamed[AsyncIterator[bytes]]]:
        """See :meth:`StreamingTransport.stream`."""
        ...


@runtime_checkable
class CountingTransport(Protocol):
    """Optional interface of a transport that reports its number of open connections."""

    def connections(self) -> int | None:
        """Return the number of open connections, idle or in use; ``None`` if unknown."""
        ...


class ByteStream(Protocol):
    """The interface of a connection that a notification handler reads from and writes to.

    Reading and writing raise ``TimeoutError`` on timeout and ``OSError`` if the connection breaks.
    """

    async def read(self, until: float | None) -> bytes:
        """Read and return some bytes; ``b""`` at end of stream."""
        ...

    async def write(self, data: bytes, until: float | None) -> None:
        """Write all of the data to the connection."""
        ...

    def close(self) -> None:
        """Close the connection without waiting."""
        ...


@runtime_checkable
class EarlyReader(Protocol):
    """Optional interface of a connection that can deliver data in the event loop's read callback.

    The data is then delivered before the task that waits for the data resumes.
    """

    async def read_early(self, take: Callable[[bytes], None]) -> None:
        """Read some bytes and call ``take`` with them, in the event loop's read callback.

        Raises the same exceptions as ``read``.
        """
        ...


@runtime_checkable
class WebSocketTransport(Protocol):
    """Optional interface of a transport that also opens the connections of notification handlers.

    With a transport that lacks this interface, a handler opens its own connections, with the
    client's options.
    """

    async def open_websocket(self, url: str) -> ByteStream:
        """Open a connection, over which the handler sends the WebSocket handshake.

        Args:
            url: the WebSocket's URL, such as ``wss://streaming.mypurecloud.com/channels/{id}``.

        Raises:
            TransportFailure: the connection could not be opened.
        """
        ...


EXPECTED_TRANSPORT: Final = Expected(
    "a transport with the methods send and close", "HttpxTransport()", methods=("send", "close")
)
"""Checks that a custom transport has the required methods."""


def open_connections(transport: object) -> int | None:
    """Return the number of open connections of a transport; ``None`` if unknown."""
    return transport.connections() if isinstance(transport, CountingTransport) else None


def is_mock(transport: object) -> bool:
    """Return whether a transport declares itself a mock."""
    return bool(getattr(transport, "is_mock", False))
