"""Serves the simulated platform over HTTP.

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
from genesys_cloud.simulator.application import application
from genesys_cloud.simulator.in_process import InProcessSimulator
from genesys_cloud.simulator.server import RunningSimulator, faulty_simulator, running_simulator
from genesys_cloud.simulator.started_simulator import start_simulator
from genesys_core.simulator import OAuthClient, RateLimit, Settings, Simulator, World
from genesys_core.simulator.wire import faults
from genesys_core.simulator.wire.faults import Rule
from genesys_core.simulator.wire.http_connection import ServerLimits

__all__ = [
    "InProcessSimulator",
    "OAuthClient",
    "RateLimit",
    "Rule",
    "RunningSimulator",
    "ServerLimits",
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
