"""The asynchronous client, for programs that use trio."""

from genesys_cloud.client.async_client import (
    AsyncClient,
)
from genesys_cloud.client.trio_loop import (
    TrioLoop,
)

__all__ = [
    "AsyncClient",
    "TrioLoop",
]
