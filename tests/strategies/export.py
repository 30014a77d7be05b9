"""Strategies for exports: records in time, and a platform that serves them page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from genesys_core.api.analytics import (
    post_analytics_conversations_details_jobs,
    post_analytics_conversations_details_query,
)
from genesys_core.codec.intervals import Interval
from genesys_core.export.plan import Export, plan
from genesys_core.export.reading import SliceReading, SliceTotals

BEGIN = datetime(2024, 2, 27, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Record:
    """A conversation: its id, and its start and end in milliseconds after ``BEGIN``."""

    id: str
    start: int
    end: int

    def json(self) -> dict[str, object]:
        start = BEGIN + timedelta(milliseconds=self.start)
        return {"conversationId": self.id, "conversationStart": start.isoformat()}


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    """Conversations in the days around an interval; many start in the same millisecond."""
    day = 86_400_000
    starts = st.sampled_from([0, 1, day - 1, day, day + 1, 2 * day]) | st.integers(-day, 6 * day)
    pairs = draw(st.lists(st.tuples(starts, st.sampled_from([0, 1, 5000, day])), max_size=12))
    return [Record(f"c{n}", start, start + length) for n, (start, length) in enumerate(pairs)]


@st.composite
def exports(draw: st.DrawFn) -> Export:
    """Exports of conversations: of any interval, slice, reach and availability."""
    start = BEGIN + timedelta(milliseconds=draw(st.integers(0, 86_400_000)))
    milliseconds = st.sampled_from([1, 2, 86_400_000]) | st.integers(1, 5 * 86_400_000)
    interval = Interval(start, start + timedelta(milliseconds=draw(milliseconds)))
    until = draw(st.none() | st.integers(0, 6).map(lambda n: BEGIN + timedelta(days=n)))
    return Export(
        "conversations",
        (post_analytics_conversations_details_query({"order": "asc"}),),
        interval,
        archive=post_analytics_conversations_details_jobs({"order": "asc"}),
        available_until=until,
        moment="conversationStart",
        days=draw(st.none() | st.integers(1, 3)),
        longest=draw(st.none() | st.timedeltas(HOUR * 7, HOUR * 80)),
        reach=draw(st.sampled_from([0, 2, 5])),
    )


def overlapping(kept: list[Record], interval: Interval) -> list[Record]:
    """What the platform returns for an interval: the conversations that were active in it."""
    first = (interval.start - BEGIN) // timedelta(milliseconds=1)
    last = (interval.end - BEGIN) // timedelta(milliseconds=1)
    return [one for one in kept if one.start < last and one.end >= first]


def read_slice(slice_, kept: list[Record], page: int = 2) -> tuple[list[str], SliceTotals]:
    """Read a slice from a platform that repeats the last record of each page on the next one."""
    reading, got = SliceReading(slice_), []
    while (request := reading.next_request()) is not None:
        assert request.interval is not None
        found = overlapping(kept, request.interval)
        for first in range(0, max(len(found), 1), page):
            items = [one.json() for one in found[max(first - 1, 0) : first + page]]
            new = reading.receive(items, identity="conversationId", total=len(found))
            if new is None:
                break
            got += [one["conversationId"] for one in new]
    return got, reading.totals


def expected(kept: list[Record], export: Export) -> list[str]:
    """The records of an export: those that were active in its interval and did not start after it."""
    return sorted(one.id for one in overlapping(kept, export.interval))


def exported(kept: list[Record], export: Export) -> list[str]:
    return sorted(one for slice_ in plan(export) for one in read_slice(slice_, kept)[0])
