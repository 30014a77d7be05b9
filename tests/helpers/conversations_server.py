"""A loopback server with seeded conversations: the details query, jobs, users; and what it served.

``python -m tests.helpers.conversations_server COUNT DAYS`` prints its URL and serves until killed.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from genesys_core.codec.intervals import Interval
from tests.helpers.server import Reply, ScriptedServer, Seen, scripted_server

FIRST_DAY = datetime(2024, 3, 1, tzinfo=UTC)
QUERY = "/api/v2/analytics/conversations/details/query"
JOBS = "/api/v2/analytics/conversations/details/jobs"


def conversations(count: int, days: int, seed: int = 17) -> list[dict[str, object]]:
    """Conversations in order of their start, with nested participants and odd values."""
    chance = random.Random(seed)
    starts = sorted(chance.randrange(days * 86_400_000) for _ in range(count))
    made = []
    for number, start in enumerate(starts):
        begin = FIRST_DAY + timedelta(milliseconds=start)
        end = begin + timedelta(milliseconds=chance.randrange(3_600_000))
        session = {
            "mediaType": chance.choice(["voice", "email", "message"]),
            "metrics": [
                {"name": "tTalk", "value": chance.randrange(100_000), "emitDate": stamp(end)}
            ],
        }
        made.append(
            {
                "conversationId": f"{number:08x}-0000-4000-8000-{chance.randrange(2**48):012x}",
                "conversationStart": stamp(begin),
                "conversationEnd": stamp(end),
                "originatingDirection": chance.choice(["inbound", "outbound"]),
                "mediaStatsMinConversationMos": chance.randrange(500) / 100,
                "divisionIds": ["home"] * chance.randrange(3),
                "participants": [
                    {"participantId": f"p{number}", "purpose": "agent", "sessions": [session]}
                ],
                "fieldOfTomorrow": {"number": number},
            }
        )
    return made


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


@dataclass
class Platform:
    """What is served, and what has been asked for."""

    records: list[dict[str, object]]
    available_until: datetime = datetime(2099, 1, 1, tzinfo=UTC)
    jobs: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._starts = [one["conversationStart"] for one in self.records]
        self._bytes = [json.dumps(one).encode() for one in self.records]
        self._ends = [one["conversationEnd"] for one in self.records]

    def active(self, interval: str) -> list[int]:
        asked = Interval.parse(interval)
        first, last = stamp(asked.start), stamp(asked.end)
        # No conversation lasts for more than an hour.
        early = bisect_left(self._starts, stamp(asked.start - timedelta(hours=1)))
        late = bisect_left(self._starts, last)
        return [n for n in range(early, late) if self._ends[n] >= first]

    def page(self, numbers: list[int], **more: object) -> Reply:
        items = b",".join(self._bytes[n] for n in numbers)
        rest = json.dumps(more).encode()[1:]
        glue = b"," if more else b""
        return Reply(body=b'{"conversations":[' + items + b"]" + glue + rest)

    def answer(self, seen: Seen) -> Reply:
        if seen.path == QUERY:
            body = json.loads(seen.body)
            found = self.active(body["interval"])
            size, number = body["paging"]["pageSize"], body["paging"].get("pageNumber", 1)
            return self.page(found[size * (number - 1) : size * number], totalHits=len(found))
        if seen.path == JOBS + "/availability":
            return Reply(json={"dataAvailabilityDate": stamp(self.available_until)})
        if seen.path == JOBS:
            with self.lock:
                id_ = f"job-{len(self.jobs) + 1}"
                self.jobs[id_] = json.loads(seen.body)["interval"]
            return Reply(202, json={"jobId": id_})
        if seen.path.startswith(JOBS):
            return self.job(seen)
        if seen.path == "/api/v2/users":
            users = [{"id": f"u{n}", "name": f"User {n}"} for n in range(30)]
            number = int(dict(seen.query).get("pageNumber", 1))
            page = users[10 * (number - 1) : 10 * number]
            return Reply(json={"entities": page, "pageNumber": number, "pageCount": 3, "total": 30})
        return Reply(404, json={"message": f"no {seen.path}", "code": "not.found", "status": 404})

    def job(self, seen: Seen) -> Reply:
        _, _, rest = seen.path.partition("/jobs/")
        id_, _, results = rest.partition("/")
        if id_ not in self.jobs:
            return Reply(404, json={"message": "no such job", "code": "not.found", "status": 404})
        if not results:
            return Reply(json={"state": "FULFILLED"})
        known = stamp(self.available_until)
        found = [n for n in self.active(self.jobs[id_]) if self._starts[n] < known]
        first = int(dict(seen.query).get("cursor", 0))
        more: dict[str, object] = {"dataAvailabilityDate": known}
        if first + 1000 < len(found):
            more["cursor"] = str(first + 1000)
        return self.page(found[first : first + 1000], **more)


@contextmanager
def conversations_server(
    count: int = 300, days: int = 3
) -> Iterator[tuple[ScriptedServer, Platform]]:
    """Serve until the block ends."""
    platform = Platform(conversations(count, days))
    with scripted_server(platform.answer) as server:
        yield server, platform


if __name__ == "__main__":
    with conversations_server(int(sys.argv[1]), int(sys.argv[2])) as (running, _):
        print(running.url, flush=True)
        threading.Event().wait()
