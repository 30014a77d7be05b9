"""Serves the simulated platform on a port, in its own thread.

Invariants: the port is listening before its number is returned, so callers need not wait or retry;
the thread ends before the context manager exits.
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
    """A running simulator.

    Attributes:
        url: base URL of both the login host and the API, such as ``http://127.0.0.1:40123``.
        client_id: id of the first OAuth client; in the sample data it may use all grants.
        client_secret: its secret; not shown in ``repr``.
        email: email of the first user who can sign in; empty if there is none.
        password: password of all users; not shown in ``repr``.
        simulator: the platform, to inspect or change.
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
        """Return the description of a simulator that is served at ``url``."""
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
        """Issue an access token for the client, without a request.

        Raises:
            RuntimeError: the simulator is no longer being served.
        """
        # In the server's thread, the only one that changes the state.
        return self._portal.call(self._issue)

    def publish(self, topic: str, body: Json, *, version: str = "2") -> Published:
        """Publish an event to the channels that are subscribed to its topic.

        Args:
            topic: such as ``v2.users.{id}.presence``, with the id filled in.
            body: the event's body.
            version: version of the body's schema.

        Raises:
            RuntimeError: the simulator is no longer being served.
        """
        return self.at_hub(lambda hub, now: hub.publish(topic, body, now, version=version))

    def at_hub(self, do: Callable[[Hub, Now], _T]) -> _T:
        """Call a function with the hub of the notification channels, to inject faults for example.

        Args:
            do: called with the hub and the time in the server's thread; its effects on sockets are
                performed before this returns.

        Raises:
            RuntimeError: the simulator is no longer being served.
        """
        return self._portal.call(self._done, do)

    def tick(self) -> None:
        """Perform what is due by the clock, such as heartbeats, after advancing a custom clock.

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
        simulator: the platform; by default the bundled definition with sample data.
        host: the address to listen on.
        port: 0 picks a free port.
        socket_port: port of the notification WebSockets; 0 picks a free port.
        settings: behavior of the platform, if no ``simulator`` is given.
        clock: the platform's clock; by default the system's.

    Raises:
        OSError: a port cannot be opened.
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
    """Return the simulator to serve: the caller's, or one with the bundled definition.

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
    """Return the URL of a listening server."""
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
        # Both types describe ASGI; hypercorn's scopes are typed, Starlette's are plain mappings.
        framework = cast(ASGIFramework, app)
        await serve(framework, _config(listener), shutdown_trigger=stop.wait)


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]  # now owned by the server, which closes it
    config.include_server_header = False  # the platform sends its own `Server` headers
    config.errorlog = logging.getLogger("genesys_cloud.simulator")
    # A connection closed by the server would look like a fault of the client under test.
    # Until this timeout, hypercorn keeps idle connections that the client has closed.
    config.keep_alive_timeout = 60
    config.keep_alive_max_requests = 10**9
    return config
