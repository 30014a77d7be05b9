"""What the transports of asyncio and trio share: what a connection and an event loop offer, and sockets."""

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
    "is_readable",
    "new_socket",
    "socket_address",
]


class AsyncConnection(Protocol):
    """One connection, TLS included.

    Reading and writing raise ``TimeoutError`` when the time is over, and ``OSError`` (``ssl.SSLError``
    among them) when the connection broke.

    Attributes:
        on_end: called when the peer ends the connection, where the event loop notices by itself.
    """

    on_end: Callable[[], object] | None

    @property
    def tls(self) -> TlsStack:
        """The layers of TLS that bytes pass through."""
        ...

    async def receive(self, exchange: "Exchange[Any]") -> Step:
        """Read until an exchange asks for something else than :attr:`Step.READ`."""
        ...

    async def send(self, exchange: "Exchange[Any]") -> Step:
        """Write some of what an exchange has to send, or take in what comes meanwhile."""
        ...

    async def read(self, until: float | None) -> bytes:
        """Some bytes; ``b""`` at the end."""
        ...

    async def write(self, data: bytes, until: float | None) -> None:
        """Write all of it."""
        ...

    async def has_input(self) -> bool:
        """Whether something came that nobody asked for, the end included."""
        ...

    def close(self) -> None:
        """Close the connection; nothing is waited for."""
        ...

    def drop(self) -> None:
        """Forget the connection, which belongs to a process or an event loop that is gone."""
        ...


class Connector(Protocol):
    """What an event loop offers to whoever opens connections.

    Attributes:
        loop: the event loop.
    """

    loop: object

    @property
    def has_ended(self) -> bool:
        """Whether the event loop is over."""
        ...

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Have the event loop call something, from whichever thread."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], object]) -> None:
        """Have the event loop that runs call something after a while, if it lasts that long."""
        ...

    def new_waker(self) -> Any:  # noqa: ANN401 - a future here, an event there
        """Something to wait for."""
        ...

    async def wait(self, waker: Any, until: float | None) -> None:  # noqa: ANN401 - as above
        """Wait until it is set, or until the time has come."""
        ...

    def wake(self, waker: Any) -> None:  # noqa: ANN401 - as above
        """Set it; again is of no effect."""
        ...

    async def resolve(self, step: ResolvingHost) -> list[Address]:
        """Ask the resolver; raises ``OSError`` and ``TimeoutError``."""
        ...

    async def race(self, step: OpeningSockets) -> socket.socket | Race:
        """The socket of the first address to accept, or the lost race; raises ``TimeoutError``."""
        ...

    async def connect_socks(self, step: ConnectingThroughSocks) -> socket.socket:
        """A socket by way of a SOCKS proxy; raises ``OSError`` and ``TimeoutError``."""
        ...

    async def adopt(self, sock: socket.socket) -> AsyncConnection:
        """A connection on a connected socket, which it owns from now on."""
        ...


def new_socket(address: Address) -> socket.socket:
    """A socket for one address, which blocks nobody."""
    family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.settimeout(0)
    # A request is written at once or in large pieces: nothing is gained by waiting for more.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def socket_address(address: Address) -> tuple[str, int] | tuple[str, int, int, int]:
    """An address as sockets take it."""
    if address.is_ipv6:
        return address.host, address.port, address.flow, address.scope
    return address.host, address.port


def is_readable(sock: socket.socket) -> bool:
    """Whether there is anything to read at once, the end and errors included."""
    if sock.fileno() < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select((sock,), (), (), 0)[0])
