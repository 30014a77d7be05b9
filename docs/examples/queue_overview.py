"""Shows the members of every queue, requested at the same time with asyncio."""

import asyncio

from genesys_cloud import AsyncClient, RetryConfiguration
from genesys_cloud.models import Queue


async def count_members(client: AsyncClient, queue: Queue) -> tuple[str, int]:
    """Return a queue's name and the number of its members."""
    members = client.routing.get_routing_queue_members.paginate(queue.id or "")
    return queue.name or "", len([member async for member in members])


async def main() -> None:
    retry = RetryConfiguration(max_retry_time_sec=120)
    async with AsyncClient(retry=retry) as client, asyncio.TaskGroup() as tasks:
        # The client stays within the platform's rate limit, regardless of the number of tasks.
        counts = [
            tasks.create_task(count_members(client, queue))
            async for queue in client.routing.get_routing_queues.paginate()
        ]
    for name, members in sorted(task.result() for task in counts):
        print(f"{name}: {members} members")


if __name__ == "__main__":
    asyncio.run(main())
