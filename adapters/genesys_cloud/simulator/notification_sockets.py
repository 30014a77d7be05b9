"""Serves the WebSockets of notification channels in the event loop of the HTTP server.

Invariants: no decisions are made here. Input is passed to the hub with the time, and the effects
that it returns are performed at once; one timer serves all sockets. Everything runs in one thread,
the only one that changes the platform's state.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import cast

from genesys_core.clock import Now
from genesys_core.simulator import Simulator
from genesys_core.simulator.wire.channel_connection import ChannelConnection
from genesys_core.simulator.wire.steps import Reset, Silence, WireStep, Write

__all__ = ["SocketServer"]

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


class SocketServer:
    """Serves the WebSockets of a simulator's channels.

    Args:
        simulator: the platform.
        clock: reads the time.
        host: the address to listen on.
        port: 0 picks a free port, which is recorded in the platform's state.
    """

    def __init__(
        self, simulator: Simulator, clock: Callable[[], Now], *, host: str, port: int
    ) -> None:
        self._simulator = simulator
        self._clock = clock
        self._host = host
        self._port = port
        self._peers: set[_Peer] = set()
        self._left = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._over = False

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        """Serve until the block ends; afterwards no connection is open.

        Raises:
            OSError: the port cannot be opened.
        """
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Peer(self), self._host, self._port)
        self._simulator.state.socket_port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            self._simulator.state.socket_port = None
            await self._end_all()
            self._stop_timer()

    async def _end_all(self) -> None:
        self._over = True
        for peer in self._peers:
            peer.transport.abort()
        while self._peers:
            self._left.clear()
            await self._left.wait()

    def tick(self) -> None:
        """Perform what is due by the clock."""
        self._simulator.timer(self._clock())
        self.flush()

    def flush(self) -> None:
        """Perform the hub's effects, and schedule the next timer."""
        for action in self._simulator.hub.take():
            for peer in self._peers:
                if peer.connection.number == action.socket:
                    peer.perform(peer.connection.perform(action))
        self._stop_timer()
        now = self._clock()
        due = self._simulator.next_deadline(now)
        if due is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, due - now.monotonic), self.tick)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Called by connections

    def arrived(self, peer: "_Peer") -> None:
        """A connection was accepted."""
        self._peers.add(peer)
        if self._over:  # accepted during shutdown
            peer.transport.abort()

    def left(self, peer: "_Peer") -> None:
        """A connection has ended."""
        self._peers.discard(peer)
        self._left.set()
        self.flush()

    def received(self, connection: ChannelConnection, data: bytes) -> list[WireStep]:
        """Data was received; ``b""`` at end of stream."""
        return connection.receive_data(data, now=self._clock())

    def new_connection(self) -> ChannelConnection:
        """Return the state of a new connection."""
        return ChannelConnection(self._simulator.hub)


class _Peer(asyncio.Protocol):
    """One connection."""

    transport: asyncio.Transport

    def __init__(self, server: SocketServer) -> None:
        self._server = server
        self.connection = server.new_connection()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio: the connection was accepted."""
        self.transport = cast(asyncio.Transport, transport)  # always one for TCP
        self._server.arrived(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: data was received."""
        self.perform(self._server.received(self.connection, data))
        self._server.flush()

    def eof_received(self) -> None:
        """Called by asyncio: the peer closed its side."""
        self.data_received(b"")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """Called by asyncio: the connection ended."""
        self.connection.lost()
        self._server.left(self)

    def perform(self, steps: list[WireStep]) -> None:
        """Perform steps."""
        for step in steps:
            match step:
                case Write():
                    if not self.transport.is_closing():
                        self.transport.write(step.data)
                case Silence():
                    self.transport.pause_reading()
                case Reset():
                    sock = self.transport.get_extra_info("socket")
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    self.transport.abort()
                case _:
                    self.transport.close()
