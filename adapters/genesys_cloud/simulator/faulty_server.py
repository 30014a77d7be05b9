"""Serves the simulated platform with injected network faults.

Invariants: the core decides what to write, how slowly, and how a connection ends; this module does
so on real sockets. When the context manager exits, all connections, even idle ones, and the port
are closed.
"""

import socket
import struct
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio.abc import SocketAttribute, SocketStream, TaskStatus
from anyio.from_thread import start_blocking_portal

from genesys_cloud.simulator.notification_sockets import SocketServer
from genesys_cloud.simulator.server import RunningSimulator, simulator_of, url_of
from genesys_cloud.system_clock import read_clocks
from genesys_core.clock import Now
from genesys_core.simulator import Settings, Simulator
from genesys_core.simulator.wire.faults import FaultyPlatform, Rule
from genesys_core.simulator.wire.http_connection import ServerConnection
from genesys_core.simulator.wire.steps import Pause, Reset, Silence, WireStep, Write

__all__ = ["FaultySimulator", "faulty_simulator"]


@dataclass(frozen=True)
class FaultySimulator(RunningSimulator):
    """A running simulator with faults.

    Attributes:
        faults: the plan, with a record of connections, requests and injected faults.
    """

    faults: FaultyPlatform
    _connections: "_Connections" = field(repr=False)

    def all_closed(self, *, seconds: float = 10) -> None:
        """Wait until no connection is open.

        Raises:
            TimeoutError: a connection is still open after the timeout: a client leaks it.
        """
        self._portal.call(self._connections.all_closed, seconds)


@contextmanager
def faulty_simulator(
    *rules: Rule,
    simulator: Simulator | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    socket_port: int = 0,
    settings: Settings | None = None,
    clock: Callable[[], Now] = read_clocks,
) -> Generator[FaultySimulator]:
    """Serve a simulator with faults until the block ends.

    Args:
        rules: which faults to inject, and when.
        simulator: the platform; by default the bundled definition with sample data.
        host: the address to listen on.
        port: 0 picks a free port.
        socket_port: port of the notification WebSockets; 0 picks a free port.
        settings: behavior of the platform, if no ``simulator`` is given.
        clock: the platform's clock; by default the system's.

    Raises:
        OSError: the port cannot be opened.
        ValueError: the simulator has no OAuth client, or both it and ``settings`` are given.
    """
    served = simulator_of(simulator, settings)
    sockets = SocketServer(served, clock, host=host, port=socket_port)
    connections = _Connections(FaultyPlatform(served, rules), clock, sockets)
    with start_blocking_portal("asyncio") as portal:
        ended, (bound, scope) = portal.start_task(connections.serve, host, port)
        facts = RunningSimulator.of(served, url_of(host, bound), clock, portal, sockets)
        try:
            yield FaultySimulator(
                **vars(facts), faults=connections.platform, _connections=connections
            )
        finally:
            portal.call(scope.cancel)
            ended.result()


class _Connections:
    def __init__(
        self, platform: FaultyPlatform, clock: Callable[[], Now], sockets: SocketServer
    ) -> None:
        self.platform = platform
        self._clock = clock
        self._sockets = sockets
        self._open = 0

    async def serve(
        self, host: str, port: int, *, task_status: TaskStatus[tuple[int, anyio.CancelScope]]
    ) -> None:
        self._one_closed = anyio.Event()
        listener = await anyio.create_tcp_listener(local_host=host, local_port=port)
        async with listener, self._sockets.serving():
            bound = listener.extra(SocketAttribute.local_port)  # noqa: S610 - anyio's, not Django's
            with anyio.CancelScope() as scope:
                task_status.started((bound, scope))
                await listener.serve(self._serve_one)

    async def all_closed(self, seconds: float) -> None:
        with anyio.fail_after(seconds):
            while self._open:
                await self._one_closed.wait()

    async def _serve_one(self, stream: SocketStream) -> None:
        self._open += 1
        try:
            async with stream:
                await self._converse(stream)
        except (OSError, anyio.BrokenResourceError):
            pass  # the client disconnected
        finally:
            self._open -= 1
            self._one_closed.set()
            self._one_closed = anyio.Event()

    async def _converse(self, stream: SocketStream) -> None:
        connection = ServerConnection(self.platform)
        while True:
            data = await _received(stream)
            for step in connection.receive_data(data, now=self._clock()):
                self._sockets.flush()
                if await self._is_over(step, stream):
                    return

    async def _is_over(self, step: WireStep, stream: SocketStream) -> bool:
        match step:
            case Write():
                await stream.send(step.data)
                return False
            case Pause():
                with anyio.move_on_after(step.seconds) as pause:
                    await _gone(stream)
                return not pause.cancelled_caught
            case Silence():
                await _gone(stream)
            case Reset():
                raw = stream.extra(SocketAttribute.raw_socket)  # noqa: S610 - likewise
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            case _:
                pass  # closed by the caller
        return True


_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""``SO_LINGER`` with a timeout of 0: closing resets the connection."""


async def _gone(stream: SocketStream) -> None:
    """Ignore received data until the client closes the connection."""
    while await _received(stream):
        pass


async def _received(stream: SocketStream) -> bytes:
    try:
        return await stream.receive()
    except anyio.EndOfStream:
        return b""
