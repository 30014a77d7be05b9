"""The simulated platform on a port, in a thread of its own.

Invariant: the port is bound and listening before anybody is told of it, so no caller has to wait or to
try again; and the thread ends before the context manager returns.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self, TypeVar, cast

from anyio.abc import TaskStatus
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypercorn.asyncio import serve  # pyright: ignore[reportUnknownVariableType] - partly untyped
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework
from starlette.applications import Starlette

from genesys_cloud.packed_data import bundled_definition
from genesys_cloud.simulator.application import application
from genesys_cloud.simulator.notification_sockets import SocketServer
from genesys_cloud.system_clock import read_clocks
from genesys_core.clock import Now
from genesys_core.simulator import Settings, Simulator
from genesys_core.simulator.sockets.actions import Published
from genesys_core.simulator.sockets.hub import Hub
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import active_emails

__all__ = ["RunningSimulator", "running_simulator", "simulator_of", "url_of"]

_T = TypeVar("_T")


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that is being served.

    Attributes:
        url: where, such as ``http://127.0.0.1:40123``; login host and API alike.
        client_id: of the first OAuth client; the sample world's may use all grants.
        client_secret: its secret; not shown in ``repr``.
        email: of the first user who may sign in; empty where there is none.
        password: of all users; not shown in ``repr``.
        simulator: the platform itself, to look into and to change.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    email: str
    password: str = field(repr=False)
    simulator: Simulator
    _clock: Callable[[], Now] = field(repr=False)
    _portal: BlockingPortal = field(repr=False)
    _sockets: SocketServer = field(repr=False)

    @classmethod
    def of(
        cls,
        served: Simulator,
        url: str,
        clock: Callable[[], Now],
        portal: BlockingPortal,
        sockets: SocketServer,
    ) -> Self:
        """The facts of a simulator that is being served at ``url``."""
        client = next(iter(served.state.clients.values()))
        return cls(
            url=url,
            client_id=client.id,
            client_secret=client.secret,
            email=next(iter(active_emails(served.state.users)), ""),
            password=served.state.password,
            simulator=served,
            _clock=clock,
            _portal=portal,
            _sockets=sockets,
        )

    def access_token(self) -> str:
        """A new access token of the client, without a request.

        Raises:
            RuntimeError: the simulator is no longer being served.
        """
        # In the server's thread, where alone the state changes.
        return self._portal.call(self._issue)

    def publish(self, topic: str, body: Json, *, version: str = "2") -> Published:
        """An event happens, and goes to the sockets of the channels that are subscribed to it.

        Args:
            topic: such as ``v2.users.{id}.presence``, with an id.
            body: the event's body.
            version: of the body's schema.

        Raises:
            RuntimeError: the simulator is no longer being served.
        """
        return self.at_hub(lambda hub, now: hub.publish(topic, body, now, version=version))

    def at_hub(self, do: Callable[[Hub, Now], _T]) -> _T:
        """Do something with the hub of the notification channels, faults above all.

        Args:
            do: called with the hub and the time, in the server's thread; what it asks of sockets
                is done before this returns.

        Raises:
            RuntimeError: the simulator is no longer being served.
        """
        return self._portal.call(self._done, do)

    def tick(self) -> None:
        """Do what is due by the clock, such as heartbeats: after a clock of one's own was moved.

        Raises:
            RuntimeError: the simulator is no longer being served.
        """
        self._portal.call(self._sockets.tick)

    def _done(self, do: Callable[[Hub, Now], _T]) -> _T:
        try:
            return do(self.simulator.hub, self._clock())
        finally:
            self._sockets.flush()

    def _issue(self) -> str:
        return self.simulator.issue_token(self.client_id, now=self._clock())


@contextmanager
def running_simulator(
    simulator: Simulator | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    socket_port: int = 0,
    settings: Settings | None = None,
    clock: Callable[[], Now] = read_clocks,
) -> Generator[RunningSimulator]:
    """Serve a simulator until the block ends.

    Args:
        simulator: the platform; without one, the bundled definition with a sample world.
        host: the address to listen on.
        port: 0 for any free one.
        socket_port: of the notification channels' sockets; 0 for any free one.
        settings: how the platform behaves, where no ``simulator`` is given.
        clock: where the platform takes the time from; the machine's clocks by default.

    Raises:
        OSError: a port cannot be had.
        ValueError: the simulator has no OAuth client, or both it and ``settings`` are given.
    """
    served = simulator_of(simulator, settings)
    listener = socket.create_server((host, port), family=_family(host))
    url = url_of(host, listener.getsockname()[1])
    sockets = SocketServer(served, clock, host=host, port=socket_port)
    app = application(served, clock=clock, after=sockets.flush)
    with _serving(app, listener, sockets) as portal:
        yield RunningSimulator.of(served, url, clock, portal, sockets)


def simulator_of(simulator: Simulator | None, settings: Settings | None) -> Simulator:
    """The simulator to serve: the caller's, or one of the bundled definition.

    Raises:
        ValueError: it has no OAuth client, or both it and settings are given.
    """
    if simulator is None:
        simulator = Simulator(bundled_definition(), settings=settings or Settings())
    elif settings is not None:
        raise ValueError("simulator and settings: give the settings to the Simulator")
    if not simulator.state.clients:
        raise ValueError("the simulator's world has no OAuth client: give its World one")
    return simulator


def url_of(host: str, port: int) -> str:
    """Where a server listens."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


@contextmanager
def _serving(
    app: Starlette, listener: socket.socket, sockets: SocketServer
) -> Generator[BlockingPortal]:
    with listener, start_blocking_portal("asyncio") as portal:
        finished, stop = portal.start_task(_serve, app, listener, sockets)
        try:
            yield portal
        finally:
            portal.call(stop.set)
            finished.result()


async def _serve(
    app: Starlette,
    listener: socket.socket,
    sockets: SocketServer,
    *,
    task_status: TaskStatus[asyncio.Event],
) -> None:
    stop = asyncio.Event()
    async with sockets.serving():
        task_status.started(stop)
        # Both mean ASGI; hypercorn spells its scopes out where Starlette has plain mappings.
        framework = cast(ASGIFramework, app)
        await serve(framework, _config(listener), shutdown_trigger=stop.wait)


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]  # from here on the server's, to close as well
    config.include_server_header = False  # the platform's own `Server` fields are sent
    config.errorlog = logging.getLogger("genesys_cloud.simulator")
    # A connection that ends on its own account would look like a fault of the library under test.
    # Before this time is up, hypercorn does not let go of idle connections that their client closed.
    config.keep_alive_timeout = 60
    config.keep_alive_max_requests = 10**9
    return config
