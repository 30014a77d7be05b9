"""A wallboard in the terminal: the presence of all users, live, with asyncio.

It begins with the presences as they are, follows the events, and reads everything again after a gap,
when events may have been missed. An argument ends it after so many events.
"""

import asyncio
import sys

from genesys_cloud import AsyncClient, Gap, Notification


async def read_presences(client: AsyncClient) -> dict[str, str]:
    """Return the presence of each user by id."""
    users = client.users.get_users.paginate(page_size=100, expand=["presence"])
    return {
        user.id: (user.presence.presence_definition.system_presence or "").upper()
        async for user in users
        if user.id and user.presence and user.presence.presence_definition
    }


def show(presences: dict[str, str]) -> None:
    """Print how many users have each presence."""
    counts = {name: list(presences.values()).count(name) for name in set(presences.values())}
    print("  ".join(f"{name} {count}" for name, count in sorted(counts.items())), flush=True)


async def main() -> None:
    left = int(sys.argv[1]) if len(sys.argv) > 1 else -1
    async with AsyncClient() as client, client.notification_handler() as handler:
        presences = await read_presences(client)
        await handler.add_subscriptions([f"v2.users.{user}.presence" for user in presences])
        presences = await read_presences(client)  # what changed before the subscription
        show(presences)
        async for event in handler:
            match event:
                case Gap():
                    presences = await read_presences(client)
                case Notification(topic_name=topic, event_body=body):
                    user = topic.split(".")[2]
                    presences[user] = body.presence_definition.system_presence.upper()
            show(presences)
            left -= 1
            if left == 0:
                return


if __name__ == "__main__":
    asyncio.run(main())
