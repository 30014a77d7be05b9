"""The synchronous client, which is thread-safe."""

from genesys_cloud.client.sync_client import (
    Client,
)

__all__ = [
    "Client",
]
