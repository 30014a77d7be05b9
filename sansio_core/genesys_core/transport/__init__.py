"""Connections: routes and proxies, the dialer, the pool, and HTTP exchanges over one connection.

Everything here is a sans-IO state machine. A driver for threads, asyncio or another loop opens
sockets, moves bytes and waits, as shown in :mod:`~genesys_core.transport.exchange`,
:mod:`~genesys_core.transport.dialer` and :mod:`~genesys_core.transport.pool`.
"""

from typing import TYPE_CHECKING

from genesys_core._lazy import export_lazily

if TYPE_CHECKING:
    from genesys_core.transport.dialer import ALPN as ALPN
    from genesys_core.transport.dialer import ConnectingThroughSocks as ConnectingThroughSocks
    from genesys_core.transport.dialer import Dialed as Dialed
    from genesys_core.transport.dialer import DialFailed as DialFailed
    from genesys_core.transport.dialer import DialState as DialState
    from genesys_core.transport.dialer import DialStep as DialStep
    from genesys_core.transport.dialer import OpeningSockets as OpeningSockets
    from genesys_core.transport.dialer import ReceivingConnect as ReceivingConnect
    from genesys_core.transport.dialer import ResolvingHost as ResolvingHost
    from genesys_core.transport.dialer import SendingConnect as SendingConnect
    from genesys_core.transport.dialer import StartingTls as StartingTls
    from genesys_core.transport.dialer import describe_tls_error as describe_tls_error
    from genesys_core.transport.dialer import dial as dial
    from genesys_core.transport.exchange import CONTINUE_WAIT as CONTINUE_WAIT
    from genesys_core.transport.exchange import Exchange as Exchange
    from genesys_core.transport.exchange import Step as Step
    from genesys_core.transport.exchange import may_resend as may_resend
    from genesys_core.transport.happy_eyeballs import ATTEMPT_DELAY as ATTEMPT_DELAY
    from genesys_core.transport.happy_eyeballs import Address as Address
    from genesys_core.transport.happy_eyeballs import Race as Race
    from genesys_core.transport.happy_eyeballs import sort_addresses as sort_addresses
    from genesys_core.transport.origins import Origin as Origin
    from genesys_core.transport.owners import OwnedPools as OwnedPools
    from genesys_core.transport.pool import LOOK_AGAIN as LOOK_AGAIN
    from genesys_core.transport.pool import Claim as Claim
    from genesys_core.transport.pool import Lease as Lease
    from genesys_core.transport.pool import Pool as Pool
    from genesys_core.transport.pool import PoolLimits as PoolLimits
    from genesys_core.transport.pool import PoolStatistics as PoolStatistics
    from genesys_core.transport.proxies import NoProxy as NoProxy
    from genesys_core.transport.proxies import Proxy as Proxy
    from genesys_core.transport.proxies import ProxySettings as ProxySettings
    from genesys_core.transport.routes import Route as Route
    from genesys_core.transport.routes import Router as Router

export_lazily(
    globals(),
    {
        "genesys_core.transport.dialer": (
            "ALPN ConnectingThroughSocks DialFailed DialState DialStep Dialed OpeningSockets "
            "ReceivingConnect ResolvingHost SendingConnect StartingTls describe_tls_error "
            "dial"
        ),
        "genesys_core.transport.exchange": "CONTINUE_WAIT Exchange Step may_resend",
        "genesys_core.transport.happy_eyeballs": "ATTEMPT_DELAY Address Race sort_addresses",
        "genesys_core.transport.origins": "Origin",
        "genesys_core.transport.owners": "OwnedPools",
        "genesys_core.transport.pool": "LOOK_AGAIN Claim Lease Pool PoolLimits PoolStatistics",
        "genesys_core.transport.proxies": "NoProxy Proxy ProxySettings",
        "genesys_core.transport.routes": "Route Router",
    },
)
