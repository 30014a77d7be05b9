"""The simulated platform in the process of a test, without sockets.

Invariants: a transport passes each request to the simulator with the time and returns its response;
requests of several threads are answered one at a time. The WebSockets of notification handlers are
connected to the simulator in the same way.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Final, TypeVar

from genesys_cloud.packed_data import bundled_definition
from genesys_cloud.simulator.data_files import read_data
from genesys_cloud.simulator.in_process_sockets import InProcessSocket, InProcessSockets
from genesys_cloud.system_clock import read_clocks
from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.messages import Request, Response
from genesys_core.simulator import Simulator
from genesys_core.simulator.data_files import load_data
from genesys_core.simulator.organization import load_organization
from genesys_core.simulator.sockets.actions import Published
from genesys_core.simulator.sockets.hub import Hub
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.wire.faults import FaultyPlatform, Rule

__all__ = ["AsyncInProcessTransport", "InProcessSimulator", "InProcessTransport"]

_T = TypeVar("_T")

_NOTHING: Final[Mapping[str, Json]] = {}

_MOST_REQUESTS: Final = 10_000


class InProcessSimulator:
    """A simulated platform that clients reach through a transport instead of a socket.

    Args:
        simulator: the platform; by default one with the bundled definition and sample data.
        rules: the faults to inject; see :meth:`inject`.
        clock: reads the time of each request; by default the system's clocks.

    Attributes:
        simulator: the platform, to inspect or change between requests.
        faults: the plan of faults, with a record of requests and injected faults.
        client_id: id of the first OAuth client.
        client_secret: its secret.
        requests: the latest requests of all clients, oldest first.
    """

    def __init__(
        self,
        simulator: Simulator | None = None,
        *rules: Rule,
        clock: Callable[[], Now] = read_clocks,
    ) -> None:
        self.simulator = simulator or Simulator(bundled_definition())
        self.faults = FaultyPlatform(self.simulator, rules)
        client = next(iter(self.simulator.state.clients.values()))
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

    def access_token(self) -> str:
        """Issue an access token for the first client, without a request."""
        return self.at_hub(lambda _, now: self.simulator.issue_token(self.client_id, now=now))

    # Data

    def load(self, data: str | Path | Mapping[str, Json]) -> dict[str, str]:
        """Create what a JSON file or a mapping describes.

        Keys are paths, such as ``/api/v2/routing/skills``; see "Data from a file" in
        ``docs/testing.md``.

        Returns:
            The ids that the platform assigned, by label.

        Raises:
            OSError: the file cannot be read.
            InvalidValueError: it is not JSON, or the platform refuses an item.
        """
        document = read_data(data)
        return self.at_hub(lambda _, now: load_data(self.simulator, document, now=now))

    def load_organization(self) -> dict[str, str]:
        """Create what a real organization has, around the users and queues that there are.

        Divisions, roles, skills, languages, wrap-up codes, schedules, flows, groups, teams, stations and others,
        which refer to each other; see "A sample organization" in ``docs/simulator.md``.

        Returns:
            The ids that the platform assigned, by label.

        Raises:
            InvalidValueError: an organization is already loaded.
        """
        return self.at_hub(lambda _, now: load_organization(self.simulator, now=now))

    def snapshot(self) -> PlatformState:
        """Return a copy of the complete state, for :meth:`restore`."""
        return self.at_hub(lambda hub, _: deepcopy(hub.state))

    def restore(self, state: PlatformState) -> None:
        """Replace the complete state by a copy of an earlier one, which can be restored again.

        Sockets of channels that the state does not have are closed.
        """

        def replace(_: Hub, now: Now) -> None:
            self.simulator.state = deepcopy(state)
            self.simulator.hub.settle(now)

        self.at_hub(replace)

    # Events and faults

    def inject(self, *rules: Rule) -> None:
        """Inject faults into the requests that rules select; they count requests from now on."""
        self.at_hub(lambda _hub, _now: self.faults.inject(*rules))

    def publish(self, topic: str, body: Json, *, version: str = "2") -> Published:
        """Publish an event to the channels that are subscribed to its topic.

        Args:
            topic: such as ``v2.users.{id}.presence``, with the id filled in.
            body: the event's body.
            version: version of the body's schema.
        """
        return self.at_hub(lambda hub, now: hub.publish(topic, body, now, version=version))

    def publish_event(self, topic: str, properties: Mapping[str, Json] = _NOTHING) -> Published:
        """Publish an event with a valid body: an example of the topic's model, with some properties.

        Args:
            topic: such as ``v2.telephony.providers.edges.trunks.{id}``, with the id filled in.
            properties: what the body has to have.

        Raises:
            InvalidValueError: there is no such topic, or a property is not one of its model or has
                a value that the model does not allow.
        """
        body = self.simulator.make_event(topic, properties)
        return self.at_hub(lambda hub, now: hub.publish(topic, body, now))

    def at_hub(self, do: Callable[[Hub, Now], _T]) -> _T:
        """Call a function with the hub of the notification channels, to inject faults for example.

        Args:
            do: called with the hub and the time; its effects on sockets are performed before this
                returns.
        """
        return self._sockets.at_hub(do)

    def start_traffic(self, rate: str | float, *, seed: int | None = None) -> None:
        """Start generating customers, and agents that answer them, as the clock advances.

        Args:
            rate: such as ``10/min``, ``2/s`` or ``30/h``; a number is a mean rate per minute.
            seed: makes the traffic repeatable; by default that of the simulator's settings.

        Raises:
            InvalidValueError: the rate is not valid, or there is no queue.
        """
        self.at_hub(lambda _, now: self.simulator.start_traffic(rate, now=now, seed=seed))

    def advance(self, seconds: float) -> None:
        """Move the simulator's clock forward, so that jobs end, tokens expire and heartbeats are sent.

        Raises:
            InvalidValueError: the number is negative or not finite.
        """
        if not 0 <= seconds < math.inf:
            raise InvalidValueError(f"seconds={seconds!r}: must be 0 or more, and finite")
        self._ahead += seconds
        self.tick()

    def tick(self) -> None:
        """Perform what is due by the clock, such as heartbeats, after advancing a custom clock."""
        self._sockets.tick()

    # Called by transports

    def respond(self, request: Request) -> Response:
        """Answer a request at the time of the clock.

        Raises:
            TransportFailure: an injected fault broke the connection.
        """
        self.requests.append(request)
        return self.at_hub(lambda _, now: self.faults.respond(request, now=now))

    async def open_websocket(self) -> InProcessSocket:
        """Return a connection to the notification sockets, for the running event loop."""
        return await self._sockets.open()

    def _now(self) -> Now:
        now = self._clock()
        return Now(now.monotonic + self._ahead, now.wall + self._ahead)

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
        """Return the simulator's response.

        Raises:
            TransportFailure: an injected fault broke the connection.
        """
        return self._platform.respond(request)

    async def open_websocket(self, url: str) -> InProcessSocket:  # noqa: ARG002 - the handshake has it
        """Return a connection to the simulator's notification sockets."""
        return await self._platform.open_websocket()

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
        """Return the simulator's response.

        Raises:
            TransportFailure: an injected fault broke the connection.
        """
        return self._platform.respond(request)

    async def open_websocket(self, url: str) -> InProcessSocket:  # noqa: ARG002 - the handshake has it
        """Return a connection to the simulator's notification sockets."""
        return await self._platform.open_websocket()

    async def close(self) -> None:
        """Do nothing: there are no connections, and the platform remains usable."""
