"""Totals of one contact center, counted in each of its views, for tests to compare."""

from collections import Counter
from collections.abc import Iterable, Mapping

from genesys_core.simulator import PlatformState
from genesys_core.simulator.conversations.aggregates import query_aggregates
from genesys_core.simulator.conversations.detail_records import show_detail_record
from genesys_core.simulator.conversations.observations import query_observations
from genesys_core.simulator.conversations.rest_views import show_conversation

ALWAYS = "2023-01-01T00:00:00.000Z/2033-01-01T00:00:00.000Z"
METRICS = (
    "nConnected",
    "nOffered",
    "tAbandon",
    "tAcd",
    "tAcw",
    "tAlert",
    "tAnswered",
    "tFlowOut",
    "tHandle",
    "tHeld",
    "tNotResponding",
    "tTalk",
    "tTalkComplete",
)


def from_details(state: PlatformState) -> dict[str, int]:
    """How often each metric is in the detail records."""
    counts: Counter[str] = Counter()
    for conversation in state.contact_center.conversations.values():
        for participant in show_detail_record(conversation)["participants"]:
            for session in participant["sessions"]:
                counts.update(each["name"] for each in session["metrics"])
    return {name: counts[name] for name in METRICS}


def from_aggregates(state: PlatformState, **query: object) -> dict[str, int]:
    """How often each metric is in the aggregates, over all groups and intervals."""
    counts: Counter[str] = Counter()
    body = {"interval": ALWAYS, "metrics": list(METRICS), **query}
    conversations = state.contact_center.conversations.values()
    for result in query_aggregates(conversations, body)["results"]:
        for part in result["data"]:
            for metric in part["metrics"]:
                counts[metric["metric"]] += metric["stats"]["count"]
    return {name: counts[name] for name in METRICS}


def from_conversations(state: PlatformState) -> dict[str, int]:
    """What the conversations themselves, as REST shows them, say about the same."""
    counts: Counter[str] = Counter()
    for conversation in state.contact_center.conversations.values():
        shown = show_conversation(state, conversation)
        for participant in shown["participants"]:
            (session,) = (each for name in MEDIA for each in participant[name])
            counts[participant["purpose"]] += 1
            if participant["purpose"] == "acd":
                counts["waiting"] += session["state"] == "connected"
                counts["scheduled"] += session["state"] == "scheduled"
            elif participant["purpose"] in {"agent", "user"}:
                counts["connected"] += "connectedTime" in session
                counts["alerts"] += "startAlertingTime" in session
    return counts


MEDIA = ("calls", "callbacks", "emails", "messages")


def check_totals(state: PlatformState, topics: Iterable[str] | Mapping[str, int]) -> None:
    """Assert that details, aggregates, conversations and notifications agree.

    Args:
        state: the platform's state, from which no conversation was dropped.
        topics: the topics of all events so far, or how many there were of each.
    """
    details, shown = from_details(state), from_conversations(state)
    assert details == from_aggregates(state)
    assert details == from_aggregates(state, groupBy=["queueId", "userId"], granularity="P1W")
    waiting, scheduled = shown["waiting"], shown["scheduled"]
    outcomes = details["tAnswered"] + details["tAbandon"] + details["tFlowOut"]
    assert details["nOffered"] == outcomes + waiting
    assert details["tAcd"] == outcomes
    assert shown["acd"] - scheduled >= details["nOffered"]
    assert details["tTalkComplete"] >= details["tAnswered"] - shown["connected"]
    facts = Counter(topics)
    kinds: Counter[str] = Counter()
    for topic, count in facts.items():
        if topic.startswith("v2.detail.events.conversation."):
            kinds[topic.split(".", 5)[5]] += count
    assert kinds["acd.start"] == details["nOffered"]
    assert kinds["acd.end"] >= details["tAcd"]
    assert kinds["user.start"] == shown["agent"] + shown["user"]
    assert kinds["customer.start"] == shown["customer"] + shown["external"]
    assert kinds["acw"] == details["tAcw"]
    check_agents(state)


def check_agents(state: PlatformState) -> None:
    """Assert that agents and queues are what the conversations make them."""
    center = state.contact_center
    busy = {
        (each.user_id, conversation.id)
        for conversation in center.conversations.values()
        for each in conversation.participants
        if each.user_id and not each.is_finished
    }
    assert {(user, made) for user, many in center.busy.items() for made in many} == busy
    waiting = {
        (each.queue_id, conversation.id)
        for conversation in center.conversations.values()
        for each in conversation.participants
        if each.purpose == "acd"
        and each.session.is_connected
        and not any(o.answers == each.id and o.is_live for o in conversation.participants)
    }
    assert {
        (queue, made) for queue, line in center.waiting.items() for made in line.values()
    } == waiting
    for queue_id, line in center.waiting.items():
        assert not line or not center.available.get(queue_id)
    for user_id in center.memberships:
        status = state.users[user_id]["routingStatus"]["status"]
        is_busy = any(user == user_id for user, _ in busy)
        assert status != "IDLE" or not is_busy
        assert status not in {"INTERACTING", "COMMUNICATING"} or is_busy


def observed(state: PlatformState) -> int:
    """How many conversations are in queues at this moment."""
    predicates = [{"dimension": "queueId", "value": each} for each in state.queues]
    body = {
        "filter": {"type": "or", "predicates": predicates},
        "metrics": ["oWaiting", "oAlerting", "oInteracting"],
    }
    results = query_observations(state, body)["results"]
    return sum(each["stats"]["count"] for result in results for each in result["data"])
