"""A simulator of the platform that needs neither a network nor an organization.

Invariants: pure, like all of the core. A :class:`Simulator` receives requests and the time, and
returns responses; adapters serve the simulator on a socket. The library's own tests use it.

The login host signs users in and issues tokens, ``/api/v2/users`` and ``/api/v2/routing/queues``
are stateful, notification channels have WebSockets (``Simulator.hub``), generic rules make the
definition's other collections and single resources stateful (``resources``), and every other
operation returns a well-formed example of its response. Requests are checked as on the platform:
token, rate limit, parameters, body.
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
