"""The queue observations query: the current state of queues.

Invariants: every conversation that waits, alerts or interacts in a queue is counted exactly once
there.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from genesys_core.simulator.conversations.agents import routing_status
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import ConversationTimeline, MediaKind
from genesys_core.simulator.state.world import Record

__all__ = ["observe_queue", "query_observations"]

_STATES: Final[Mapping[str, str]] = {
    "oWaiting": "waiting",
    "oAlerting": "alerting",
    "oInteracting": "interacting",
}


def query_observations(state: PlatformState, query: Mapping[str, Json]) -> Record:
    """Return the response to a queue observations query.

    Args:
        state: the platform's state.
        query: the body, a ``QueueObservationQuery`` whose filter names the queues.

    Raises:
        Problem: 400 if the filter names no queue.
    """
    queues = list(dict.fromkeys(_named_queues(query.get("filter"))))
    if not queues:
        raise bad_request("The filter must select queues by the dimension queueId.", field="filter")
    metrics = [str(each) for each in _list(query.get("metrics"))]
    counts = _count_conversations(state, frozenset(queues))
    results: list[Record] = []
    for queue_id in queues:
        media = sorted({kind for known, kind, _ in counts if known == queue_id})
        for kind in media:
            data = [
                _datum(metric, counts[queue_id, kind, _STATES[metric]])
                for metric in metrics
                if metric in _STATES
            ]
            results.append({"group": {"queueId": queue_id, "mediaType": kind}, "data": data})
        users = [datum for metric in metrics for datum in _about_users(state, queue_id, metric)]
        results.append({"group": {"queueId": queue_id}, "data": users})
    return {"results": [each for each in results if each["data"]]}


def observe_queue(state: PlatformState, queue_id: str, media: MediaKind) -> Mapping[str, int]:
    """Count a queue's waiting, alerting and interacting conversations of one media type."""
    counts = _count_conversations(state, frozenset({queue_id}))
    return {metric: counts[queue_id, media, what] for metric, what in _STATES.items()}


def _count_conversations(
    state: PlatformState, queues: frozenset[str]
) -> Counter[tuple[str, str, str]]:
    """Count active conversations by queue, media type and state."""
    center = state.contact_center
    counts: Counter[tuple[str, str, str]] = Counter()
    waiting = chain.from_iterable(line.values() for line in center.waiting.values())
    for identity in dict.fromkeys(chain(waiting, *center.busy.values())):
        conversation = center.conversations[identity]
        for (queue_id, media), what in _whereabouts(conversation):
            if queue_id in queues:
                counts[queue_id, media, what] += 1
    return counts


def _whereabouts(
    conversation: ConversationTimeline,
) -> Iterator[tuple[tuple[str, MediaKind], str]]:
    """Yield each queue and media type of a conversation with its state there."""
    found: dict[tuple[str, MediaKind], str] = {}
    for each in conversation.participants:
        if not each.is_live or each.queue_id is None or each.purpose == "customer":
            continue
        place = (each.queue_id, each.session.media)
        # The participant `acd` stays in the conversation while an agent is alerted.
        if each.purpose == "acd":
            found.setdefault(place, "waiting")
        elif each.session.is_alerting:
            found[place] = "alerting"
        else:
            found[place] = "interacting"
    yield from found.items()


def _about_users(state: PlatformState, queue_id: str, metric: str) -> Iterator[Record]:
    members = state.contact_center.members.get(queue_id, {})
    statuses = Counter(
        routing_status(state, user_id) for user_id, joined in members.items() if joined
    )
    off_queue = statuses.get("OFF_QUEUE", 0)
    match metric:
        case "oMemberUsers":
            yield _datum(metric, len(members))
        case "oActiveUsers":
            yield _datum(metric, statuses.total())
        case "oOnQueueUsers" | "oUserRoutingStatuses":
            for status, count in sorted(statuses.items()):
                if status != "OFF_QUEUE" or metric == "oUserRoutingStatuses":
                    yield _datum(metric, count, status)
        case "oOffQueueUsers":
            yield _datum(metric, off_queue)
        case _:
            return


def _datum(metric: str, count: int, qualifier: str | None = None) -> Record:
    datum: Record = {"metric": metric, "stats": {"count": count}}
    return datum if qualifier is None else {**datum, "qualifier": qualifier}


def _named_queues(known: Json) -> Iterator[str]:
    if isinstance(known, Mapping):
        if known.get("dimension") == "queueId":
            yield str(known.get("value"))
        for name in ("clauses", "predicates"):
            for each in _list(known.get(name)):
                yield from _named_queues(each)


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else ()
