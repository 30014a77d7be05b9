"""The simulated platform in the process of a test, without sockets.

Invariants: a transport passes each request to the simulator with the time and returns its response;
requests of several threads are answered one at a time.
"""

import threading
from collections.abc import Callable
from copy import deepcopy

from genesys_cloud.packed_data import bundled_definition
from genesys_cloud.system_clock import read_clocks
from genesys_core.clock import Now
from genesys_core.http.messages import Request, Response
from genesys_core.simulator import Simulator
from genesys_core.simulator.state.memory import PlatformState

__all__ = ["AsyncInProcessTransport", "InProcessSimulator", "InProcessTransport"]


class InProcessSimulator:
    """A simulated platform that clients reach through a transport instead of a socket.

    Args:
        simulator: the platform; by default one with the bundled definition and sample data.
        clock: reads the time of each request; by default the system's clocks.

    Attributes:
        simulator: the platform, to inspect or change between requests.
        client_id: id of the first OAuth client.
        client_secret: its secret.
    """

    def __init__(
        self, simulator: Simulator | None = None, *, clock: Callable[[], Now] = read_clocks
    ) -> None:
        self.simulator = simulator or Simulator(bundled_definition())
        client = next(iter(self.simulator.state.clients.values()))
        self.client_id = client.id
        self.client_secret = client.secret
        self._clock = clock
        self._lock = threading.Lock()

    def transport(self) -> "InProcessTransport":
        """Return a transport for a ``Client``."""
        return InProcessTransport(self)

    def async_transport(self) -> "AsyncInProcessTransport":
        """Return a transport for an ``AsyncClient``, on asyncio or trio."""
        return AsyncInProcessTransport(self)

    def access_token(self) -> str:
        """Issue an access token for the first client, without a request."""
        with self._lock:
            return self.simulator.issue_token(self.client_id, now=self._clock())

    def snapshot(self) -> PlatformState:
        """Return a copy of the complete state, for :meth:`restore`."""
        with self._lock:
            return deepcopy(self.simulator.state)

    def restore(self, state: PlatformState) -> None:
        """Replace the complete state by a copy of an earlier one, which can be restored again."""
        with self._lock:
            self.simulator.state = deepcopy(state)

    def respond(self, request: Request) -> Response:
        """Answer a request at the time of the clock."""
        with self._lock:
            return self.simulator.respond(request, now=self._clock())

    def __repr__(self) -> str:
        return f"InProcessSimulator({self.simulator!r})"


class InProcessTransport:
    """A transport of a ``Client`` to a simulator in the same process.

    Args:
        platform: answers the requests.
    """

    is_mock = True  # the simulator has a rate limit only if its settings say so

    def __init__(self, platform: InProcessSimulator) -> None:
        self._platform = platform

    def send(self, request: Request) -> Response:
        """Return the simulator's response."""
        return self._platform.respond(request)

    def close(self) -> None:
        """Do nothing: there are no connections, and the platform remains usable."""


class AsyncInProcessTransport:
    """A transport of an ``AsyncClient`` to a simulator in the same process.

    Args:
        platform: answers the requests.
    """

    is_mock = True  # the simulator has a rate limit only if its settings say so

    def __init__(self, platform: InProcessSimulator) -> None:
        self._platform = platform

    async def send(self, request: Request) -> Response:
        """Return the simulator's response."""
        return self._platform.respond(request)

    async def close(self) -> None:
        """Do nothing: there are no connections, and the platform remains usable."""
