"""Methods for tests to control a simulated platform, with or without sockets.

Invariants: everything is done through ``at_hub``, and therefore while nothing else changes the
state, at the time of the simulator's clock.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Final, TypeVar

from genesys_cloud.simulator.data_files import read_data
from genesys_core.clock import Now
from genesys_core.simulator import Simulator
from genesys_core.simulator.data_files import load_data
from genesys_core.simulator.organization import load_organization
from genesys_core.simulator.sockets.actions import Published
from genesys_core.simulator.sockets.hub import Hub
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import OAuthClient
from genesys_core.simulator.wire.faults import FaultyPlatform, Rule

__all__ = ["SimulatorControls", "first_client"]

_T = TypeVar("_T")

_NOTHING: Final[Mapping[str, Json]] = {}


def first_client(simulator: Simulator) -> OAuthClient:
    """Return the first OAuth client of a simulator.

    Raises:
        ValueError: the simulator has no OAuth client.
    """
    for client in simulator.state.clients.values():
        return client
    raise ValueError("the simulator's world has no OAuth client: add one to its World")


class SimulatorControls(ABC):
    """Methods that control a simulator's data, events, traffic and faults.

    Once a simulator is no longer served on its port, its methods raise ``RuntimeError``.
    """

    simulator: Simulator
    faults: FaultyPlatform
    client_id: str

    @abstractmethod
    def at_hub(self, do: Callable[[Hub, Now], _T]) -> _T:
        """Call a function with the hub of the notification channels, for example to inject faults.

        Args:
            do: called with the hub and the time, while nothing else changes the state; the
                function's effects on sockets are performed before :meth:`at_hub` returns.
        """

    @abstractmethod
    def tick(self) -> None:
        """Perform due actions, such as heartbeats; call this after advancing a custom clock."""

    def access_token(self) -> str:
        """Issue an access token for the first OAuth client, without a request."""
        return self.at_hub(lambda _, now: self.simulator.issue_token(self.client_id, now=now))

    def load(self, data: str | Path | Mapping[str, Json]) -> dict[str, str]:
        """Create the entities in a JSON file or a mapping.

        Keys are paths, such as ``/api/v2/routing/skills``; see "Data from a file" in
        ``docs/testing.md``.

        Returns:
            The ids that the platform assigned, by label.

        Raises:
            OSError: the file cannot be read.
            InvalidValueError: the file is not JSON, or the platform rejects an entity.
        """
        document = read_data(data)
        return self.at_hub(lambda _, now: load_data(self.simulator, document, now=now))

    def load_organization(self) -> dict[str, str]:
        """Create the entities of a typical organization, and assign existing users and queues to it.

        The entities are divisions, roles, skills, languages, wrap-up codes, schedules, flows,
        groups, teams, stations and so on, which refer to each other; see "A sample organization" in
        ``docs/simulator.md``.

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
        """Replace the complete state with a copy of an earlier state.

        The earlier state can be restored again. Sockets of channels that do not exist in the
        earlier state are closed.
        """

        def replace(hub: Hub, now: Now) -> None:
            hub.restore(deepcopy(state), now)

        self.at_hub(replace)

    def inject(self, *rules: Rule) -> None:
        """Inject faults into the requests that the rules select, counting requests from now on."""
        self.at_hub(lambda _hub, _now: self.faults.inject(*rules))

    def publish(self, topic: str, body: Json, *, version: str = "2") -> Published:
        """Publish an event to the channels that are subscribed to its topic.

        Args:
            topic: the topic, such as ``v2.users.{id}.presence``, with the id filled in.
            body: the body of the event.
            version: the version of the body's schema.
        """
        return self.at_hub(lambda hub, now: hub.publish(topic, body, now, version=version))

    def publish_event(self, topic: str, properties: Mapping[str, Json] = _NOTHING) -> Published:
        """Publish an event with a valid body: an example of its model, with the given properties.

        Args:
            topic: the topic, such as ``v2.telephony.providers.edges.trunks.{id}``, with the id
                filled in.
            properties: properties of the body; all others are taken from the example.

        Raises:
            InvalidValueError: there is no such topic, or its model does not declare a property or
                does not allow its value.
        """
        body = self.simulator.make_event(topic, properties)
        return self.at_hub(lambda hub, now: hub.publish(topic, body, now))

    def start_traffic(self, rate: str | float, *, seed: int | None = None) -> None:
        """Start generating conversations, with customers and the agents who answer them.

        Args:
            rate: the rate at which customers arrive, such as ``10/min``, ``2/s`` or ``30/h``; a
                number is a mean rate per minute.
            seed: the seed of the traffic; by default the seed in the simulator's settings.

        Raises:
            InvalidValueError: the rate is not valid, or there is no queue.
        """
        self.at_hub(lambda _, now: self.simulator.start_traffic(rate, now=now, seed=seed))
