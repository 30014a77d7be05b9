"""The synchronous client, for any number of threads."""

from genesys_cloud.client.sync_client import (
    Client,
)

__all__ = [
    "Client",
]
