"""Interfaces of connections and event loops, and socket helpers, shared by the asyncio and trio transports."""

import select
import socket
from collections.abc import Callable
from typing import Any, Protocol

from genesys_cloud.transports.tls_stack import TlsStack
from genesys_core.transport.dialer import ConnectingThroughSocks, OpeningSockets, ResolvingHost
from genesys_core.transport.exchange import Exchange, Step
from genesys_core.transport.happy_eyeballs import Address, Race

__all__ = [
    "AsyncConnection",
    "Connector",
    "ReadProbe",
    "new_socket",
    "socket_address",
]


class AsyncConnection(Protocol):
    """A network connection of an event loop, including its TLS layers.

    Reading and writing raise ``TimeoutError`` on timeout and ``OSError`` (including
    ``ssl.SSLError``) if the connection breaks.

    Attributes:
        on_end: a function that is called when the peer closes the connection, if the event loop
            detects that; ``None`` to call no function.
    """

    on_end: Callable[[], object] | None

    @property
    def tls(self) -> TlsStack:
        """The TLS layers of the connection."""
        ...

    async def receive(self, exchange: "Exchange[Any]") -> Step:
        """Read until the exchange's next step is not :attr:`Step.READ`; return that step."""
        ...

    async def send(self, exchange: "Exchange[Any]") -> Step:
        """Write some of the exchange's data, or process an early response; return the next step."""
        ...

    async def read(self, until: float | None) -> bytes:
        """Read and return some bytes; ``b""`` at end of stream."""
        ...

    async def write(self, data: bytes, until: float | None) -> None:
        """Write all of the data to the connection."""
        ...

    async def has_input(self) -> bool:
        """Whether unsolicited input or the end of the stream has arrived."""
        ...

    def close(self) -> None:
        """Close the connection without waiting."""
        ...

    def drop(self) -> None:
        """Discard a connection that belongs to another process or a closed event loop."""
        ...


class Connector(Protocol):
    """The event loop operations for opening connections and waiting.

    Attributes:
        loop: the running event loop.
    """

    loop: object

    @property
    def has_ended(self) -> bool:
        """Whether the event loop has ended."""
        ...

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Schedule a callback on the event loop; thread-safe."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        """Schedule a callback on the running event loop after a delay; return a function that cancels it."""
        ...

    def new_waker(self) -> Any:  # noqa: ANN401 - asyncio's future or trio's event
        """Return a new waker: a future or event that a task passes to :meth:`wait`."""
        ...

    async def wait(self, waker: Any, until: float | None) -> None:  # noqa: ANN401 - as above
        """Wait until :meth:`wake` is called with this waker, or until the timeout."""
        ...

    def wake(self, waker: Any) -> None:  # noqa: ANN401 - as above
        """Wake the task that is waiting with this waker. Idempotent."""
        ...

    async def resolve(self, step: ResolvingHost) -> list[Address]:
        """Return the addresses of a host name; raises ``OSError`` and ``TimeoutError``."""
        ...

    async def race(self, step: OpeningSockets) -> socket.socket | Race:
        """Connect to the first address that accepts a connection.

        Returns:
            The connected socket; if all attempts failed, the :class:`Race` with their errors.

        Raises:
            TimeoutError: the timeout has passed.
        """
        ...

    async def connect_socks(self, step: ConnectingThroughSocks) -> socket.socket:
        """Connect to a host through a SOCKS proxy; raises ``OSError`` and ``TimeoutError``."""
        ...

    async def adopt(self, sock: socket.socket) -> AsyncConnection:
        """Return a connection for a connected socket; the connection takes ownership of it."""
        ...


def new_socket(address: Address) -> socket.socket:
    """Create a non-blocking socket of the address's family."""
    family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.settimeout(0)
    # Requests are written in one or a few large chunks, so Nagle's algorithm would only delay them.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def socket_address(address: Address) -> tuple[str, int] | tuple[str, int, int, int]:
    """Convert an address to the tuple that socket methods expect."""
    if address.is_ipv6:
        return address.host, address.port, address.flow, address.scope
    return address.host, address.port


class ReadProbe:
    """Checks whether a socket has data to read.

    Args:
        sock: the open socket to check.
    """

    __slots__ = ("_poll", "_sock")

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._poll: select.poll | None = None
        if hasattr(select, "poll"):  # not on Windows
            self._poll = select.poll()
            self._poll.register(sock, select.POLLIN)

    def is_readable(self) -> bool:
        """Whether a read would not block: input, the end of the stream or an error has arrived."""
        # `select` rejects a closed socket, but a read from a closed socket fails immediately.
        if self._sock.fileno() < 0:
            return True
        if self._poll is None:
            return bool(select.select((self._sock,), (), (), 0)[0])
        return bool(self._poll.poll(0))
