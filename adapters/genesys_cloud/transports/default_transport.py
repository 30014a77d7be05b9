"""Selects the default transport of clients.

Invariants: a client with a custom transport loads none of this library's transports. For other
clients, ``GENESYSCLOUD_TRANSPORT`` selects the transport if the environment is trusted.
"""

import os
from typing import Final

from genesys_cloud.transports.network_options import NetworkOptions
from genesys_cloud.transports.protocols import AsyncTransport, Transport
from genesys_core.errors import ConfigurationError

__all__ = ["TRANSPORT_VARIABLE", "new_async_transport", "new_transport", "transport_name"]

TRANSPORT_VARIABLE: Final = "GENESYSCLOUD_TRANSPORT"
"""The environment variable that selects the transport: ``sockets`` or ``httpx``."""

_NAMES: Final = ("sockets", "httpx")
_DEFAULT: Final = "sockets"


def transport_name(network: NetworkOptions) -> str:
    """Return the name of the default transport: ``sockets`` or ``httpx``.

    Raises:
        ConfigurationError: ``GENESYSCLOUD_TRANSPORT`` has another value.
    """
    trusted = network.get("trust_env", True)
    name = os.environ.get(TRANSPORT_VARIABLE, "").strip().lower() if trusted else ""
    if name and name not in _NAMES:
        raise ConfigurationError(
            f"environment: {TRANSPORT_VARIABLE}={name!r}: must be {' or '.join(_NAMES)}"
        )
    return name or _DEFAULT


def new_transport(network: NetworkOptions) -> Transport:
    """Create the default transport for a synchronous client.

    Raises:
        ConfigurationError: a proxy, CA or certificate is unusable, or ``GENESYSCLOUD_TRANSPORT``
            names an unknown transport.
    """
    # Imported in the branches, so that only the transport in use is loaded.
    if transport_name(network) == "httpx":
        from genesys_cloud.transports.httpx_transport import HttpxTransport  # noqa: PLC0415

        return HttpxTransport(network=network)
    from genesys_cloud.transports.socket_transport import SocketTransport  # noqa: PLC0415

    return SocketTransport(network)


def new_async_transport(network: NetworkOptions) -> AsyncTransport:
    """Create the default transport for an asynchronous client.

    Raises:
        ConfigurationError: a proxy, CA or certificate is unusable, or ``GENESYSCLOUD_TRANSPORT``
            names an unknown transport.
    """
    if transport_name(network) == "httpx":
        from genesys_cloud.transports.httpx_transport import AsyncHttpxTransport  # noqa: PLC0415

        return AsyncHttpxTransport(network=network)
    from genesys_cloud.transports.async_socket_transport import AsyncSocketTransport  # noqa: PLC0415

    return AsyncSocketTransport(network)
