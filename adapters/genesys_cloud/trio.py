"""The client for trio."""

from genesys_cloud.client.async_client import (
    AsyncClient,
)
from genesys_cloud.client.trio_loop import (
    TrioPrimitives,
)

__all__ = [
    "AsyncClient",
    "TrioPrimitives",
]
