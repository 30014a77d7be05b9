"""The simulated platform in a test's own process, without sockets.

Invariants: a transport passes each request to the simulator with the time, and returns the
simulator's response; requests from several threads are processed one at a time. The WebSockets of
notification handlers are connected to the simulator in the same way.
"""

import math
from collections import deque
from collections.abc import Callable
from typing import Final, TypeVar

from genesys_cloud.packed_data import bundled_definition
from genesys_cloud.simulator.controls import SimulatorControls, first_client
from genesys_cloud.simulator.in_process_sockets import InProcessSocket, InProcessSockets
from genesys_cloud.system_clock import read_clocks
from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.messages import Request, Response
from genesys_core.simulator import Simulator
from genesys_core.simulator.sockets.hub import Hub
from genesys_core.simulator.wire.faults import FaultyPlatform, Rule

__all__ = ["AsyncInProcessTransport", "InProcessSimulator", "InProcessTransport"]

_T = TypeVar("_T")


_MOST_REQUESTS: Final = 10_000
"""The maximum number of requests in ``requests``, so that long runs do not exhaust memory."""


class InProcessSimulator(SimulatorControls):
    """A simulated platform that clients reach through a transport instead of a socket.

    Args:
        simulator: the platform; by default one with the bundled definition and sample data.
        rules: the faults to inject; see :meth:`inject`.
        clock: returns the time of each request; by default from the system's clocks.

    Attributes:
        simulator: the platform, to inspect or change between requests.
        faults: the simulator with its plan of faults, and a log of requests and injected faults.
        client_id: the first OAuth client's id.
        client_secret: the first OAuth client's secret.
        requests: the latest requests of all clients, oldest first.

    Raises:
        ValueError: the simulator has no OAuth client.
    """

    def __init__(
        self,
        simulator: Simulator | None = None,
        *rules: Rule,
        clock: Callable[[], Now] = read_clocks,
    ) -> None:
        self.simulator = simulator or Simulator(bundled_definition())
        self.faults = FaultyPlatform(self.simulator, rules)
        client = first_client(self.simulator)
        self.client_id = client.id
        self.client_secret = client.secret
        self.requests: deque[Request] = deque(maxlen=_MOST_REQUESTS)
        self._clock = clock
        self._ahead = 0.0
        self._sockets = InProcessSockets(self.simulator, self._now)

    def transport(self) -> "InProcessTransport":
        """Return a transport for a ``Client``."""
        return InProcessTransport(self)

    def async_transport(self) -> "AsyncInProcessTransport":
        """Return a transport for an ``AsyncClient``, on asyncio or trio."""
        return AsyncInProcessTransport(self)

    def at_hub(self, do: Callable[[Hub, Now], _T]) -> _T:
        """Call a function with the notification hub; see :meth:`SimulatorControls.at_hub`."""
        return self._sockets.at_hub(do)

    def advance(self, seconds: float) -> None:
        """Move the simulator's clock forward, so that jobs end, tokens expire and heartbeats are sent.

        Raises:
            InvalidValueError: the number of seconds is negative or not finite.
        """
        if not 0 <= seconds < math.inf:
            raise InvalidValueError(f"seconds={seconds!r}: must be 0 or more, and finite")
        self._ahead += seconds
        self.tick()

    def tick(self) -> None:
        """Perform due actions, such as heartbeats; call this after advancing a custom clock."""
        self._sockets.tick()

    # Called by transports

    def respond(self, request: Request) -> Response:
        """Return the response to a request that is made now, according to the simulator's clock.

        Raises:
            TransportFailure: an injected fault prevents a valid response.
        """
        self.requests.append(request)
        return self.at_hub(lambda _, now: self.faults.respond(request, now=now))

    async def open_websocket(self) -> InProcessSocket:
        """Open a WebSocket connection to the simulated platform, in the running event loop."""
        return await self._sockets.open()

    def _now(self) -> Now:
        now = self._clock()
        return Now(now.monotonic + self._ahead, now.wall + self._ahead)

    def __repr__(self) -> str:
        return f"InProcessSimulator({self.simulator!r})"


class _Transport:
    """A transport of a client to a simulator in the same process.

    Args:
        platform: answers the requests.
    """

    is_mock = True  # the simulator has a rate limit only if its settings say so

    def __init__(self, platform: InProcessSimulator) -> None:
        self._platform = platform

    async def open_websocket(self, url: str) -> InProcessSocket:  # noqa: ARG002 - the handshake has it
        """Return a new connection to the simulator's notification sockets."""
        return await self._platform.open_websocket()


class InProcessTransport(_Transport):
    """A transport that connects a ``Client`` to a simulator in the same process."""

    def send(self, request: Request) -> Response:
        """Return the simulator's response to a request.

        Raises:
            TransportFailure: an injected fault prevents a valid response.
        """
        return self._platform.respond(request)

    def close(self) -> None:
        """Do nothing: there are no connections to close, and the platform remains usable."""


class AsyncInProcessTransport(_Transport):
    """A transport that connects an ``AsyncClient`` to a simulator in the same process."""

    async def send(self, request: Request) -> Response:
        """Return the simulator's response to a request; see :meth:`InProcessTransport.send`."""
        return self._platform.respond(request)

    async def close(self) -> None:
        """Do nothing: there are no connections to close, and the platform remains usable."""
