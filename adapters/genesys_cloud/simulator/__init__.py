"""Serves the simulated platform over HTTP (extra ``simulator``).

Invariants: when the context manager exits, the port is closed, the thread has ended and no
connection is open.

::

    from genesys_cloud import Client, ClientCredentials
    from genesys_cloud.simulator import running_simulator

    with running_simulator() as simulator:
        auth = ClientCredentials(simulator.client_id, simulator.client_secret)
        with Client(host=simulator.url, auth=auth) as client:
            print(client.users.get_users_me().name)

The platform itself is :class:`genesys_core.simulator.Simulator`, which needs no sockets.
"""

from genesys_cloud.packed_data import bundled_definition
from genesys_core.simulator import OAuthClient, RateLimit, Settings, Simulator, World
from genesys_core.simulator.wire import faults
from genesys_core.simulator.wire.faults import Rule

try:
    from genesys_cloud.simulator.application import application
    from genesys_cloud.simulator.faulty_server import FaultySimulator, faulty_simulator
    from genesys_cloud.simulator.in_process import InProcessSimulator
    from genesys_cloud.simulator.server import RunningSimulator, running_simulator
    from genesys_cloud.simulator.started_simulator import start_simulator
except ModuleNotFoundError as missing:
    package = (missing.name or "").partition(".")[0]
    if package not in {"starlette", "hypercorn"}:
        raise
    raise ModuleNotFoundError(
        f"the simulator needs {package}: pip install 'genesys-cloud[simulator]'",
        name=missing.name,
    ) from missing

__all__ = [
    "FaultySimulator",
    "InProcessSimulator",
    "OAuthClient",
    "RateLimit",
    "Rule",
    "RunningSimulator",
    "Settings",
    "Simulator",
    "World",
    "application",
    "bundled_definition",
    "faults",
    "faulty_simulator",
    "running_simulator",
    "start_simulator",
]
