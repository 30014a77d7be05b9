"""Counts the conversations of a week by media type: an analytics job, with trio."""

import sys
from collections import Counter

import trio

from genesys_cloud import AsyncClient, Interval, JobFailedError, WaitTimeoutError

WEEK = "2024-01-01T00:00:00.000Z/P7D"


async def main(interval: str) -> int:
    async with AsyncClient() as client:
        query = {"interval": str(Interval.parse(interval))}
        job = await client.analytics.post_analytics_conversations_details_jobs.run(query)
        print(f"job {job.id}", flush=True)
        try:
            await job.wait(deadline=900)
        except JobFailedError as error:
            print(f"the platform could not finish it: {error}", file=sys.stderr)
            return 1
        except WaitTimeoutError:
            print(f"still running; continue with the id {job.id}", file=sys.stderr)
            return 1
        counts: Counter[str | None] = Counter()
        async for conversation in job.results():
            for participant in conversation.participants or []:
                counts.update(session.media_type for session in participant.sessions or [])
    for media_type, count in counts.most_common():
        print(f"{media_type}: {count}")
    print(f"{counts.total()} sessions")
    return 0


if __name__ == "__main__":
    sys.exit(trio.run(main, sys.argv[1] if len(sys.argv) > 1 else WEEK))
