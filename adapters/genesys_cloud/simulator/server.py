"""Serves the simulated platform on a port, in its own thread.

Invariants: the port is listening before its number is returned, so callers need not wait or retry;
when the context manager exits, the port is closed, no connection is open, and the thread has ended.
"""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from anyio.abc import TaskStatus
from anyio.from_thread import BlockingPortal, start_blocking_portal

from genesys_cloud.packed_data import bundled_definition
from genesys_cloud.simulator.connections import ConnectionServer
from genesys_cloud.simulator.controls import SimulatorControls, first_client
from genesys_cloud.simulator.notification_sockets import SocketServer
from genesys_cloud.system_clock import read_clocks
from genesys_core.clock import Now
from genesys_core.simulator import Settings, Simulator
from genesys_core.simulator.sockets.hub import Hub
from genesys_core.simulator.state.world import active_emails
from genesys_core.simulator.wire.faults import FaultyPlatform, Rule
from genesys_core.simulator.wire.http_connection import (
    DEFAULT_SERVER_LIMITS,
    ServerConnection,
    ServerLimits,
)

__all__ = ["RunningSimulator", "faulty_simulator", "running_simulator"]

_T = TypeVar("_T")


@dataclass(frozen=True)
class RunningSimulator(SimulatorControls):
    """A simulator that is being served on a port.

    Attributes:
        url: the base URL of both the login host and the API, such as ``http://127.0.0.1:40123``.
        client_id: the first OAuth client's id; in the sample data, this client may use all grants.
        client_secret: the first OAuth client's secret; not shown in ``repr``.
        email: the email of the first user who can sign in; empty if no user can.
        password: the password of all users; not shown in ``repr``.
        simulator: the platform, to inspect or change.
        faults: the simulator with its plan of network faults, and a log of requests and faults.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    email: str
    password: str = field(repr=False)
    simulator: Simulator
    faults: FaultyPlatform = field(repr=False)
    _server: "_Server" = field(repr=False)
    _portal: BlockingPortal = field(repr=False)

    def at_hub(self, do: Callable[[Hub, Now], _T]) -> _T:
        """Call a function with the notification hub; see :meth:`SimulatorControls.at_hub`."""
        return self._portal.call(self._server.call, do)

    def tick(self) -> None:
        """Perform due actions, such as heartbeats; call this after advancing a custom clock."""
        self._portal.call(self._server.sockets.tick)

    def all_closed(self, *, seconds: float = 10) -> None:
        """Wait until no HTTP connection is open.

        Raises:
            TimeoutError: a connection is still open after the timeout, probably leaked by a client.
            RuntimeError: the simulator is no longer being served.
        """
        self._portal.call(self._server.wait_until_closed, seconds)


@contextmanager
def running_simulator(
    simulator: Simulator | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    socket_port: int = 0,
    settings: Settings | None = None,
    limits: ServerLimits = DEFAULT_SERVER_LIMITS,
    clock: Callable[[], Now] = read_clocks,
) -> Generator[RunningSimulator]:
    """Serve a simulator until the block ends.

    Args:
        simulator: the platform; by default one with the bundled definition and sample data.
        host: the address to listen on.
        port: the port to listen on; 0 picks a free port.
        socket_port: the port of the notification WebSockets; 0 picks a free port.
        settings: the platform's settings, if no ``simulator`` is given.
        limits: the size and time limits of requests on each connection.
        clock: the platform's clock; by default the system's.

    Raises:
        OSError: a port cannot be opened.
        ValueError: the simulator has no OAuth client, or both ``simulator`` and ``settings`` are
            given.
    """
    served = _simulator_of(simulator, settings)
    server = _Server(FaultyPlatform(served), limits, clock, host, socket_port)
    with _running(server, host, port) as running:
        yield running


@contextmanager
def faulty_simulator(
    *rules: Rule,
    simulator: Simulator | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    socket_port: int = 0,
    settings: Settings | None = None,
    clock: Callable[[], Now] = read_clocks,
) -> Generator[RunningSimulator]:
    """Serve a simulator with network faults until the block ends.

    Args:
        rules: the faults to inject, and the requests into which they are injected.
        simulator: the platform; by default one with the bundled definition and sample data.
        host: the address to listen on.
        port: the port to listen on; 0 picks a free port.
        socket_port: the port of the notification WebSockets; 0 picks a free port.
        settings: the platform's settings, if no ``simulator`` is given.
        clock: the platform's clock; by default the system's.

    Raises:
        OSError: the port cannot be opened.
        ValueError: the simulator has no OAuth client, or both ``simulator`` and ``settings`` are
            given.
    """
    served = _simulator_of(simulator, settings)
    platform = FaultyPlatform(served, rules)
    server = _Server(platform, DEFAULT_SERVER_LIMITS, clock, host, socket_port)
    with _running(server, host, port) as running:
        yield running


def _simulator_of(simulator: Simulator | None, settings: Settings | None) -> Simulator:
    """Return the simulator to serve: the caller's, or one with the bundled definition.

    Raises:
        ValueError: the simulator has no OAuth client, or both ``simulator`` and ``settings`` are
            given.
    """
    if simulator is None:
        simulator = Simulator(bundled_definition(), settings=settings or Settings())
    elif settings is not None:
        raise ValueError(
            "simulator and settings: pass only one of them; a Simulator has its own settings"
        )
    first_client(simulator)
    return simulator


@contextmanager
def _running(server: "_Server", host: str, port: int) -> Generator[RunningSimulator]:
    with start_blocking_portal("asyncio") as portal:
        finished, (bound, stop) = portal.start_task(server.serve, host, port)
        platform = server.platform
        simulator = platform.simulator
        client = first_client(simulator)
        try:
            yield RunningSimulator(
                url=f"http://{f'[{host}]' if ':' in host else host}:{bound}",
                client_id=client.id,
                client_secret=client.secret,
                email=next(iter(active_emails(simulator.state.users)), ""),
                password=simulator.state.password,
                simulator=simulator,
                faults=platform,
                _server=server,
                _portal=portal,
            )
        finally:
            portal.call(stop.set)
            finished.result()


class _Server:
    """The HTTP server and the server of notification sockets, in one event loop."""

    def __init__(
        self,
        platform: FaultyPlatform,
        limits: ServerLimits,
        clock: Callable[[], Now],
        host: str,
        socket_port: int,
    ) -> None:
        self.platform = platform
        self.sockets = SocketServer(platform.simulator, clock, host=host, port=socket_port)
        self._limits = limits
        self._clock = clock
        self._http: ConnectionServer[ServerConnection] | None = None

    async def serve(
        self, host: str, port: int, *, task_status: TaskStatus[tuple[int, asyncio.Event]]
    ) -> None:
        """Serve until the stop event is set; pass the port and this event to ``task_status``."""
        stop = asyncio.Event()
        http = self._http = ConnectionServer(self._accept, self._clock, self.sockets.flush)
        # Notification sockets first: HTTP responses contain their port.
        async with self.sockets.serving():
            await http.start(host, port)
            task_status.started((http.port, stop))
            await stop.wait()
            await http.stop()

    async def wait_until_closed(self, seconds: float) -> None:
        """Wait until no HTTP connection is open."""
        if self._http is not None:
            await self._http.wait_until_closed(seconds)

    def call(self, do: Callable[[Hub, Now], _T]) -> _T:
        """Call a function with the hub and the time, then perform the hub's pending actions."""
        try:
            return do(self.platform.simulator.hub, self._clock())
        finally:
            self.sockets.flush()

    def _accept(self) -> ServerConnection:
        return ServerConnection(self.platform, self._limits)
