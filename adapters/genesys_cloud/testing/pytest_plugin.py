"""Fixtures for pytest: clients of a simulated organization that is created for each test.

Invariants: importing this module loads neither the client nor the simulator, because every run of
pytest imports it. Fixtures are synchronous, so that plain tests and the tests of every asynchronous
plugin can use them.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genesys_cloud import AsyncClient, Client
    from genesys_cloud.simulator import InProcessSimulator, Settings, World
    from genesys_core.simulator import Definition

__all__ = [
    "async_genesys_cloud",
    "genesys_cloud",
    "genesys_definition",
    "genesys_settings",
    "genesys_simulator",
    "genesys_world",
]


@pytest.fixture(scope="session")
def genesys_definition() -> "Definition":
    """The API definition of the simulated platform; override this fixture to use another one."""
    from genesys_cloud.simulator import bundled_definition  # noqa: PLC0415 - see above

    return bundled_definition()


@pytest.fixture
def genesys_settings() -> "Settings":
    """The settings of the simulator; override this fixture to change them."""
    from genesys_cloud.simulator import Settings  # noqa: PLC0415 - see above

    return Settings()


@pytest.fixture
def genesys_world() -> "World | None":
    """The initial entities of the simulated organization; override this fixture to change them.

    If it returns ``None``, the simulator starts with a small sample organization.
    """
    return None


@pytest.fixture
def genesys_simulator(
    genesys_definition: "Definition",
    genesys_settings: "Settings",
    genesys_world: "World | None",
) -> "InProcessSimulator":
    """A simulated platform with a new organization.

    It can load data, inject faults, publish events and record requests.
    """
    from genesys_cloud.simulator import InProcessSimulator, Simulator  # noqa: PLC0415 - see above

    platform = Simulator(genesys_definition, world=genesys_world, settings=genesys_settings)
    return InProcessSimulator(platform)


@pytest.fixture
def genesys_cloud(genesys_simulator: "InProcessSimulator") -> "Iterator[Client]":
    """A ``Client`` for a new simulated organization, without sockets."""
    from genesys_cloud import Client  # noqa: PLC0415 - see above

    token, transport = genesys_simulator.access_token(), genesys_simulator.transport()
    with Client(access_token=token, transport=transport, trust_env=False) as client:
        yield client


@pytest.fixture
def async_genesys_cloud(genesys_simulator: "InProcessSimulator") -> "AsyncClient":
    """An ``AsyncClient`` for a new simulated organization, without sockets, on asyncio and trio."""
    from genesys_cloud import AsyncClient  # noqa: PLC0415 - see above

    # The client is not closed: that needs an event loop, and there are no connections to close.
    token, transport = genesys_simulator.access_token(), genesys_simulator.async_transport()
    return AsyncClient(access_token=token, transport=transport, trust_env=False)
