"""Compares several organizations: a client for each, at the same time, with asyncio.

The environment has a region, an id and a secret for each name in ORGANIZATIONS, such as
``NORTH_REGION``, ``NORTH_CLIENT_ID`` and ``NORTH_CLIENT_SECRET``; ``NORTH_HOST`` replaces the region.
"""

import asyncio
import os

from genesys_cloud import AsyncClient, ClientCredentials, GenesysCloudError


def client_of(name: str) -> AsyncClient:
    """Return the client of an organization; clients share nothing."""
    auth = ClientCredentials(os.environ[f"{name}_CLIENT_ID"], os.environ[f"{name}_CLIENT_SECRET"])
    host = os.environ.get(f"{name}_HOST")
    if host:
        return AsyncClient(host=host, auth=auth, trust_env=False)
    return AsyncClient(region=os.environ[f"{name}_REGION"], auth=auth, trust_env=False)


async def describe(name: str) -> str:
    """Return a line about an organization, even if it cannot be reached."""
    try:
        async with client_of(name) as client:
            users, queues = await asyncio.gather(
                client.users.get_users(page_size=1), client.routing.get_routing_queues(page_size=1)
            )
    except GenesysCloudError as error:
        return f"{name}: {error}"
    return f"{name}: {users.total} users, {queues.total} queues"


async def main() -> None:
    names = os.environ.get("ORGANIZATIONS", "").split()
    for line in await asyncio.gather(*map(describe, names)):
        print(line)


if __name__ == "__main__":
    asyncio.run(main())
