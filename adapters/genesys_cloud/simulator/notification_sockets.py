"""Serves the WebSockets of notification channels in the event loop of the HTTP server.

Invariants: no decisions are made here. The effects that the hub returns are performed at once; one
timer serves all sockets. Everything runs in one thread, the only one that changes the platform's
state.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from genesys_cloud.simulator.connections import ConnectionServer, ServedConnection
from genesys_core.clock import Now
from genesys_core.simulator import Simulator
from genesys_core.simulator.wire.channel_connection import ChannelConnection

__all__ = ["SocketServer"]


class SocketServer:
    """Serves the WebSockets of a simulator's channels.

    Args:
        simulator: the simulated platform.
        clock: returns the current time.
        host: the address to listen on.
        port: the port to listen on, which is recorded in the platform's state; 0 picks a free port.
    """

    def __init__(
        self, simulator: Simulator, clock: Callable[[], Now], *, host: str, port: int
    ) -> None:
        self._simulator = simulator
        self._clock = clock
        self._host = host
        self._port = port
        self._server: ConnectionServer[ChannelConnection] | None = None
        self._by_number: dict[int | None, ServedConnection[ChannelConnection]] = {}
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        """Serve until the block ends; no connection is open afterwards.

        Raises:
            OSError: the port cannot be opened.
        """
        server = self._server = ConnectionServer(self._accept, self._clock, self.flush)
        await server.start(self._host, self._port)
        self._simulator.state.socket_port = server.port
        try:
            yield
        finally:
            self._simulator.state.socket_port = None
            await server.stop()
            self._server = None
            self._stop_timer()

    def tick(self) -> None:
        """Perform the simulator's actions that are due according to the clock."""
        self._simulator.timer(self._clock())
        self.flush()

    def flush(self) -> None:
        """Perform the hub's pending actions on the sockets, and schedule its next timer."""
        for action in self._simulator.hub.take():
            connection = self._find(action.socket)
            if connection is not None:
                connection.perform(connection.side.perform(action))
        self._schedule()

    def _find(self, number: int) -> ServedConnection[ChannelConnection] | None:
        # A socket gets its number with the handshake, so the index is renewed when one is missing.
        if self._server is not None and number not in self._by_number:
            self._by_number = {each.side.number: each for each in self._server.connections}
        return self._by_number.get(number)

    def _accept(self) -> ChannelConnection:
        return ChannelConnection(self._simulator.hub)

    def _schedule(self) -> None:
        self._stop_timer()
        if self._server is None:
            return  # it has stopped
        now = self._clock()
        due = self._simulator.next_deadline(now)
        if due is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, due - now.monotonic), self.tick)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
