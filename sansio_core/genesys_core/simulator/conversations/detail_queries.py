"""The conversation details query: which conversations match, their order, pages and aggregations.

Invariants: a conversation matches a query if it matches all of the query's conversation filters,
and each segment filter matches at least one of its segments. Every match is on exactly one page.

Guesses: an interval has at most 31 days, and a page at most 100 conversations; a filter by
evaluations, surveys or resolutions matches nothing, because none exist.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from genesys_core.simulator.conversations.detail_records import show_detail_record
from genesys_core.simulator.conversations.dimensions import (
    conversation_dimensions,
    segment_dimensions,
    session_dimensions,
)
from genesys_core.simulator.conversations.intervals import DAY, parse_interval
from genesys_core.simulator.conversations.metrics import conversation_metrics
from genesys_core.simulator.conversations.predicates import (
    FilterSubject,
    match_all_filters,
    match_filter,
)
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.timeline import ConversationTimeline
from genesys_core.simulator.state.world import Record

__all__ = ["find_active", "find_started", "query_details"]

_LONGEST: Final = 31 * DAY
_MOST: Final = 100
_UNSUPPORTED: Final = ("evaluationFilters", "surveyFilters", "resolutionFilters")


def query_details(
    conversations: Iterable[ConversationTimeline], query: Mapping[str, Json]
) -> Record:
    """Return the response to a details query.

    The query selects the conversations that started on a UTC day that overlaps with its interval.

    Args:
        conversations: all conversations.
        query: the body, a ``ConversationQuery``.

    Raises:
        Problem: 400 for an invalid interval, page or operator.
    """
    size, number = _page(query.get("paging"))
    found = find_started(conversations, query)
    shown = [show_detail_record(each) for each in found[(number - 1) * size : number * size]]
    reply: Record = {"totalHits": len(found)}
    if shown:
        reply["conversations"] = shown
    wanted = [e for e in _list(query.get("aggregations")) if isinstance(e, Mapping)]
    if wanted:
        reply["aggregations"] = [_aggregate(found, each) for each in wanted]
    return reply


def find_started(
    conversations: Iterable[ConversationTimeline], query: Mapping[str, Json]
) -> list[ConversationTimeline]:
    """Return the matching conversations that began on one of the interval's UTC days, sorted.

    Raises:
        Problem: 400 for an invalid interval or operator.
    """
    start, end = _bounds(query)
    first, last = start // DAY * DAY, -(-end // DAY) * DAY
    return _ordered(query, (each for each in conversations if first <= each.started < last))


def find_active(
    conversations: Iterable[ConversationTimeline], query: Mapping[str, Json]
) -> list[ConversationTimeline]:
    """Return the matching conversations that were active in the interval, sorted.

    Raises:
        Problem: 400 for an invalid interval or operator.
    """
    start, end = _bounds(query)
    active = (
        each
        for each in conversations
        if each.started < end and (each.ended is None or each.ended >= start)
    )
    return _ordered(query, active)


def _bounds(query: Mapping[str, Json]) -> tuple[int, int]:
    bounds = parse_interval(query.get("interval"))
    if bounds[1] - bounds[0] > _LONGEST:
        message = f"The interval [{query.get('interval')}] is longer than 31 days."
        raise bad_request(message, field="interval")
    return bounds


def _ordered(
    query: Mapping[str, Json], conversations: Iterator[ConversationTimeline]
) -> list[ConversationTimeline]:
    chosen = [each for each in conversations if _matches(each, query)]
    by_end = query.get("orderBy") in {"conversationEnd", "segmentEnd"}
    chosen.sort(key=_end if by_end else _start, reverse=query.get("order") == "desc")
    return chosen


def _start(conversation: ConversationTimeline) -> float:
    return conversation.started


def _end(conversation: ConversationTimeline) -> float:
    """Return a conversation's end for sorting; active conversations end last."""
    return float("inf") if conversation.ended is None else conversation.ended


def _matches(conversation: ConversationTimeline, query: Mapping[str, Json]) -> bool:
    if any(query.get(name) for name in _UNSUPPORTED):
        return False
    wanted = query.get("conversationFilters")
    if wanted and not match_all_filters(wanted, _conversation_subject(conversation)):
        return False
    filters = [e for e in _list(query.get("segmentFilters")) if isinstance(e, Mapping)]
    if not filters:
        return True
    subjects = list(_segment_subjects(conversation))
    return all(any(match_filter(each, subject) for subject in subjects) for each in filters)


def _conversation_subject(conversation: ConversationTimeline) -> FilterSubject:
    metrics: dict[str, list[int]] = {}
    for each in conversation_metrics(conversation):
        metrics.setdefault(each.name, []).append(each.value)
    return FilterSubject(conversation_dimensions(conversation), metrics)


def _segment_subjects(conversation: ConversationTimeline) -> Iterator[FilterSubject]:
    for participant in conversation.participants:
        for segment in participant.session.segments:
            length = [] if segment.end is None else [segment.length()]
            dimensions = segment_dimensions(conversation, participant, segment)
            yield FilterSubject(dimensions, {"tSegmentDuration": length})


def _aggregate(found: Sequence[ConversationTimeline], wanted: Mapping[str, Json]) -> Record:
    """Return the number of matches that have each value of a dimension."""
    if wanted.get("type") != "termFrequency":
        raise bad_request("Only termFrequency aggregations are simulated.")
    dimension, size = str(wanted.get("dimension")), wanted.get("size")
    counts = Counter(value for conversation in found for value in _values(conversation, dimension))
    most = counts.most_common(size if isinstance(size, int) else 10)
    return {
        "type": "termFrequency",
        "dimension": dimension,
        "count": sum(counts.values()),
        "results": [{"value": value, "count": count} for value, count in most],
    }


def _values(conversation: ConversationTimeline, dimension: str) -> set[str]:
    """Return the values of a dimension in a conversation."""
    sessions = (session_dimensions(conversation, each) for each in conversation.participants)
    return {value for each in sessions if (value := each.get(dimension)) is not None}


def _page(paging: Json) -> tuple[int, int]:
    known: Mapping[str, Json] = paging if isinstance(paging, Mapping) else {}
    size, number = known.get("pageSize", 25), known.get("pageNumber", 1)
    if not isinstance(size, int) or not 1 <= size <= _MOST:
        raise bad_request(f"The pageSize [{size}] must be from 1 to {_MOST}.", field="pageSize")
    if not isinstance(number, int) or number < 1:
        raise bad_request(f"The pageNumber [{number}] must be 1 or more.", field="pageNumber")
    return size, number


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else ()
