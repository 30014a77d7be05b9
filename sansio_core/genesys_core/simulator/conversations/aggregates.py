"""The aggregates query: metrics of all conversations, by group and interval.

Invariants: a metric is counted entirely in the interval in which it was emitted. The counts of all
groups and intervals add up to the metrics' totals.

Guesses: groups and intervals without metrics are omitted; the media type is always part of the
group; ``nConversations`` is emitted at the start of a conversation.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from genesys_core.simulator.conversations.dimensions import session_dimensions
from genesys_core.simulator.conversations.intervals import (
    parse_granularity,
    parse_interval,
    part_of,
    show_interval,
    split_interval,
)
from genesys_core.simulator.conversations.metrics import conversation_metrics
from genesys_core.simulator.conversations.predicates import FilterSubject, match_filter
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.timeline import ConversationTimeline
from genesys_core.simulator.state.world import Record

__all__ = ["query_aggregates"]

_MEDIA: Final = "mediaType"
_CONVERSATIONS: Final = "nConversations"

_GroupKey: TypeAlias = tuple[tuple[str, str], ...]


class _Statistics(Struct):
    """The values of one metric in one group and interval."""

    name: str
    count: int = 0
    sum: int = 0
    low: int = 0
    high: int = 0

    def add(self, value: int) -> None:
        if self.name.startswith("n"):
            self.count += value
            return
        self.low = value if self.count == 0 else min(self.low, value)
        self.high = value if self.count == 0 else max(self.high, value)
        self.count += 1
        self.sum += value

    def show(self) -> Record:
        if self.name.startswith("n"):
            return {"metric": self.name, "stats": {"count": self.count}}
        stats: Record = {
            "count": self.count,
            "sum": self.sum,
            "min": self.low,
            "max": self.high,
        }
        return {"metric": self.name, "stats": stats}


_Table: TypeAlias = dict[_GroupKey, dict[int, dict[str, _Statistics]]]


class _Sample(Struct, frozen=True):
    name: str
    value: int
    at: int
    dimensions: Mapping[str, str | None]


def query_aggregates(
    conversations: Iterable[ConversationTimeline], query: Mapping[str, Json]
) -> Record:
    """Return the response to an aggregates query.

    Args:
        conversations: all conversations.
        query: the body, a ``ConversationAggregationQuery``.

    Raises:
        Problem: 400 for an invalid interval, granularity or operator, or if no metrics are
            requested.
    """
    interval = parse_interval(query.get("interval"))
    granularity = parse_granularity(_text(query.get("granularity")), interval)
    metrics = [str(each) for each in _list(query.get("metrics"))]
    if not metrics:
        raise bad_request("The request body must contain the field 'metrics'.", field="metrics")
    names = [_MEDIA, *(str(each) for each in _list(query.get("groupBy")) if each != _MEDIA)]
    table: _Table = {}
    for conversation in conversations:
        counted: set[tuple[_GroupKey, int]] = set()
        for sample in _samples(conversation, frozenset(metrics), query.get("filter")):
            part = part_of(sample.at, interval, granularity)
            if part is None:
                continue
            group = _group(sample.dimensions, names)
            # A conversation has several sessions, but counts once in each group and interval.
            if sample.name == _CONVERSATIONS:
                if (group, part) in counted:
                    continue
                counted.add((group, part))
            found = table.setdefault(group, {}).setdefault(part, {})
            found.setdefault(sample.name, _Statistics(sample.name)).add(sample.value)
    intervals = list(split_interval(interval, granularity))
    return {
        "results": [
            {"group": dict(group), "data": _show_parts(parts, intervals, metrics)}
            for group, parts in table.items()
        ]
    }


def _show_parts(
    parts: Mapping[int, Mapping[str, _Statistics]],
    intervals: Sequence[tuple[int, int]],
    metrics: Sequence[str],
) -> list[Record]:
    return [
        {
            "interval": show_interval(intervals[part]),
            "metrics": [found[name].show() for name in metrics if name in found],
        }
        for part, found in sorted(parts.items())
    ]


def _samples(
    conversation: ConversationTimeline, wanted: frozenset[str], known: Json
) -> Iterator[_Sample]:
    """Yield the values of the requested metrics in the sessions that the filter matches."""
    dimensions = {
        each.id: each_dimensions
        for each in conversation.participants
        if _passes(known, each_dimensions := session_dimensions(conversation, each))
    }
    if _CONVERSATIONS in wanted:
        for each_dimensions in dimensions.values():
            yield _Sample(_CONVERSATIONS, 1, conversation.started, each_dimensions)
    for metric in conversation_metrics(conversation):
        if metric.name in wanted and metric.participant.id in dimensions:
            found = dimensions[metric.participant.id]
            yield _Sample(metric.name, metric.value, metric.at, found)


def _passes(known: Json, dimensions: Mapping[str, str | None]) -> bool:
    return not isinstance(known, Mapping) or match_filter(known, FilterSubject(dimensions))


def _group(dimensions: Mapping[str, str | None], names: Sequence[str]) -> _GroupKey:
    values = ((name, dimensions.get(name)) for name in names)
    return tuple((name, value) for name, value in values if value is not None)


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else ()
