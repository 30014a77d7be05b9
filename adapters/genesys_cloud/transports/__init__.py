"""Transports, which send requests and return responses."""

from typing import TYPE_CHECKING

from genesys_core._lazy import export_lazily

if TYPE_CHECKING:
    from genesys_cloud.transports.async_socket_transport import (
        AsyncSocketTransport as AsyncSocketTransport,
    )
    from genesys_cloud.transports.httpx_transport import AsyncHttpxTransport as AsyncHttpxTransport
    from genesys_cloud.transports.httpx_transport import HttpxTransport as HttpxTransport
    from genesys_cloud.transports.httpx_transport import failure_of as failure_of
    from genesys_cloud.transports.network_options import NetworkOptions as NetworkOptions
    from genesys_cloud.transports.protocols import (
        AsyncStreamingTransport as AsyncStreamingTransport,
    )
    from genesys_cloud.transports.protocols import AsyncTransport as AsyncTransport
    from genesys_cloud.transports.protocols import StreamingTransport as StreamingTransport
    from genesys_cloud.transports.protocols import Transport as Transport
    from genesys_cloud.transports.socket_transport import SocketTransport as SocketTransport
    from genesys_cloud.transports.tls import Certificate as Certificate
    from genesys_cloud.transports.tls import Verify as Verify
    from genesys_core.transport.pool import PoolLimits as PoolLimits
    from genesys_core.transport.pool import PoolStatistics as PoolStatistics

export_lazily(
    globals(),
    {
        "genesys_cloud.transports.async_socket_transport": "AsyncSocketTransport",
        "genesys_cloud.transports.httpx_transport": (
            "AsyncHttpxTransport HttpxTransport failure_of"
        ),
        "genesys_cloud.transports.network_options": "NetworkOptions",
        "genesys_cloud.transports.protocols": (
            "AsyncStreamingTransport AsyncTransport StreamingTransport Transport"
        ),
        "genesys_cloud.transports.socket_transport": "SocketTransport",
        "genesys_cloud.transports.tls": "Certificate Verify",
        "genesys_core.transport.pool": "PoolLimits PoolStatistics",
    },
)
