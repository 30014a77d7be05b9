"""The transport of a client that is given none.

Invariants: a client with a transport of its own loads no other. ``GENESYSCLOUD_TRANSPORT`` chooses
between those of this library, where the environment counts; nothing else changes with it.
"""

import os
from typing import Final

from genesys_cloud.transports.network_options import NetworkOptions
from genesys_cloud.transports.protocols import AsyncTransport, Transport
from genesys_core.errors import ConfigurationError

__all__ = ["TRANSPORT_VARIABLE", "new_async_transport", "new_transport", "transport_name"]

TRANSPORT_VARIABLE: Final = "GENESYSCLOUD_TRANSPORT"
"""The environment variable; ``sockets`` or ``httpx``."""

_NAMES: Final = ("sockets", "httpx")
_DEFAULT: Final = "sockets"


def transport_name(network: NetworkOptions) -> str:
    """Which transport a client takes: ``sockets`` or ``httpx``.

    Raises:
        ConfigurationError: the environment names another.
    """
    trusted = network.get("trust_env", True)
    name = os.environ.get(TRANSPORT_VARIABLE, "").strip().lower() if trusted else ""
    if name and name not in _NAMES:
        raise ConfigurationError(
            f"environment: {TRANSPORT_VARIABLE}={name!r}: must be {' or '.join(_NAMES)}"
        )
    return name or _DEFAULT


def new_transport(network: NetworkOptions) -> Transport:
    """A transport for threads.

    Raises:
        ConfigurationError: a proxy, CA or certificate that cannot be used.
    """
    # In the branches, so that a client loads the transport that it uses and no other.
    if transport_name(network) == "httpx":
        from genesys_cloud.transports.httpx_transport import HttpxTransport  # noqa: PLC0415

        return HttpxTransport(network=network)
    from genesys_cloud.transports.socket_transport import SocketTransport  # noqa: PLC0415

    return SocketTransport(network)


def new_async_transport(network: NetworkOptions) -> AsyncTransport:
    """A transport for asyncio and trio.

    Raises:
        ConfigurationError: a proxy, CA or certificate that cannot be used.
    """
    if transport_name(network) == "httpx":
        from genesys_cloud.transports.httpx_transport import AsyncHttpxTransport  # noqa: PLC0415

        return AsyncHttpxTransport(network=network)
    from genesys_cloud.transports.async_socket_transport import AsyncSocketTransport  # noqa: PLC0415

    return AsyncSocketTransport(network)
