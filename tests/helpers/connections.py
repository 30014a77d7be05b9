"""What a client's transport says of its connections."""

from __future__ import annotations


def connections_in_use(client) -> int:
    """Connections that a call holds at this moment."""
    transport = client._transport
    if hasattr(transport, "statistics"):
        return transport.statistics().in_use
    pool = transport._client._transport._pool
    return len([each for each in pool.connections if not each.is_idle()])
