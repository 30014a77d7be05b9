"""What a transport offers to a client, and what it may offer beyond that.

Law: nothing here knows an HTTP client, so that a client with a transport of its own, or none yet,
loads no other.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Final, Protocol, runtime_checkable

from genesys_core.checks import Expected
from genesys_core.http.messages import Request, Response, Streamed

__all__ = [
    "EXPECTED_TRANSPORT",
    "AsyncStreamingTransport",
    "AsyncTransport",
    "CountingTransport",
    "StreamingTransport",
    "Transport",
    "is_mock",
    "open_connections",
]


class Transport(Protocol):
    """What a custom transport has to offer."""

    def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response came back.
        """
        ...

    def close(self) -> None:
        """Give back all connections."""
        ...


class AsyncTransport(Protocol):
    """What a custom transport has to offer to an asynchronous client."""

    async def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response came back.
        """
        ...

    async def close(self) -> None:
        """Give back all connections."""
        ...


@runtime_checkable
class StreamingTransport(Transport, Protocol):
    """What a transport may offer beyond :class:`Transport`: bodies that are not held in memory."""

    def stream(
        self, request: Request, content: Iterable[bytes] | None = None
    ) -> AbstractContextManager[Streamed[Iterator[bytes]]]:
        """Send one request; on entry the response's headers are there, on exit its connection is free.

        Args:
            request: what to send.
            content: the body, piece by piece, instead of ``request.body``. It is gone through once
                at most; what it raises is passed on as it is.

        Raises:
            TransportFailure: no response came back; the chunks raise it for one that breaks off.
        """
        ...


@runtime_checkable
class AsyncStreamingTransport(AsyncTransport, Protocol):
    """:class:`StreamingTransport` for an asynchronous client."""

    def stream(
        self, request: Request, content: AsyncIterable[bytes] | None = None
    ) -> AbstractAsyncContextManager[Streamed[AsyncIterator[bytes]]]:
        """As :meth:`StreamingTransport.stream`."""
        ...


@runtime_checkable
class CountingTransport(Protocol):
    """What a transport of either kind may offer: how many connections it holds open."""

    def connections(self) -> int | None:
        """The number of open connections, idle ones included; ``None`` where that is not known."""
        ...


EXPECTED_TRANSPORT: Final = Expected(
    "a transport with the methods send and close", "HttpxTransport()", methods=("send", "close")
)
"""What is checked of a transport of either kind."""


def open_connections(transport: object) -> int | None:
    """What a transport says of its open connections; ``None`` if it says nothing."""
    return transport.connections() if isinstance(transport, CountingTransport) else None


def is_mock(transport: object) -> bool:
    """Whether a transport says that there is no platform behind it."""
    return bool(getattr(transport, "is_mock", False))
