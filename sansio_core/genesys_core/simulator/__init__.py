"""A model of the platform, to call without a network and without an organization.

Law: pure, like all of the core. A :class:`Simulator` is given requests and the time, and gives
responses; the adapters put it behind a socket. It is also what the library is tested against.

The login host signs users in and issues tokens, ``/api/v2/users`` and ``/api/v2/routing/queues``
remember what is done to them, notification channels have sockets (``Simulator.hub``), and every other
operation of the definition answers with a well-formed example of its reply. Requests are checked as
the platform checks them: token, rate, parameters, body.
"""

from genesys_core.simulator.platform import Simulator
from genesys_core.simulator.state.credentials import IssuedToken
from genesys_core.simulator.state.definition import Definition
from genesys_core.simulator.state.examples import Json, example
from genesys_core.simulator.state.memory import PlatformState, RateLimit, Served, Settings
from genesys_core.simulator.state.world import OAuthClient, World

__all__ = [
    "Definition",
    "IssuedToken",
    "Json",
    "OAuthClient",
    "PlatformState",
    "RateLimit",
    "Served",
    "Settings",
    "Simulator",
    "World",
    "example",
]
