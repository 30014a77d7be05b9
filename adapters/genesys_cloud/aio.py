"""The asynchronous client, for programs that use asyncio."""

from genesys_cloud.client.async_client import (
    AsyncClient,
)
from genesys_cloud.client.asyncio_loop import (
    AsyncioLoop,
)

__all__ = [
    "AsyncClient",
    "AsyncioLoop",
]
