"""Prints the presences of the first users for some seconds, with trio.

Leaving the block of the handler closes its connection, also when the time is over.
"""

import sys

import trio

from genesys_cloud import AsyncClient, Gap


async def main(seconds: float) -> None:
    async with AsyncClient() as client:
        users = await client.users.get_users(page_size=25)
        topics = [f"v2.users.{user.id}.presence" for user in users.entities or []]
        async with client.notification_handler() as handler:
            await handler.add_subscriptions(topics)
            print(f"listening to {len(topics)} users", flush=True)
            with trio.move_on_after(seconds):
                async for event in handler:
                    if isinstance(event, Gap):
                        print("events may be missing since", event.from_)
                    else:
                        presence = event.event_body.presence_definition.system_presence
                        print(event.topic_name, presence, flush=True)
    print("done")


if __name__ == "__main__":
    trio.run(main, float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
