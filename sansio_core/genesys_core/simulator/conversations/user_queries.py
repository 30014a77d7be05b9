"""User analytics: how long users had each presence and routing status, and their queues.

Invariants: for each metric, the times in all statuses add up to the elapsed part of the interval.

Guess: users without recorded status changes have always had their current status.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from genesys_core.clock import Now
from genesys_core.simulator.conversations.agents import routing_status
from genesys_core.simulator.conversations.intervals import (
    parse_granularity,
    parse_interval,
    show_interval,
    split_interval,
)
from genesys_core.simulator.conversations.predicates import (
    FilterSubject,
    match_all_filters,
    match_filter,
)
from genesys_core.simulator.conversations.rest_views import show_time
from genesys_core.simulator.conversations.user_statuses import StatusPeriod, list_periods
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import Record

__all__ = [
    "present_presence",
    "query_user_aggregates",
    "query_user_details",
    "query_user_observations",
]

_METRICS: Final = ("tAgentRoutingStatus", "tOrganizationPresence", "tSystemPresence")


def present_presence(user: Mapping[str, Json]) -> dict[str, str]:
    """Return a user's presence as spelled in analytics, and the id of its definition."""
    presence = user.get("presence")
    held = presence.get("presenceDefinition") if isinstance(presence, Mapping) else None
    definition: Mapping[str, Json] = held if isinstance(held, Mapping) else {}
    value = str(definition.get("systemPresence") or "Offline").upper().replace(" ", "_")
    return {"value": value, "definition_id": str(definition.get("id") or "")}


def query_user_aggregates(state: PlatformState, query: Mapping[str, Json], now: Now) -> Record:
    """Return the response to a user aggregates query.

    Args:
        state: the platform's state.
        query: the body, a ``UserAggregationQuery``.
        now: the current time.

    Raises:
        Problem: 400 for an invalid interval, granularity or operator, or if no metrics are
            requested.
    """
    interval = parse_interval(query.get("interval"))
    known = query.get("granularity")
    granularity = parse_granularity(known if isinstance(known, str) else None, interval)
    metrics = [str(each) for each in _list(query.get("metrics")) if each in _METRICS]
    if not metrics:
        raise bad_request(
            f"The metrics must include one of {', '.join(_METRICS)}.", field="metrics"
        )
    groups: dict[str, list[str]] = {}
    for user_id in _chosen(state, query.get("filter")):
        groups.setdefault(user_id if "userId" in _list(query.get("groupBy")) else "", []).append(
            user_id
        )
    results: list[Record] = []
    for group, users in groups.items():
        data = [
            _part(state, users, metrics, part, round(now.wall * 1000))
            for part in split_interval(interval, granularity)
        ]
        kept = [each for each in data if each["metrics"]]
        results.append({"group": {"userId": group} if group else {}, "data": kept})
    return {"results": [each for each in results if each["data"]]}


def _part(
    state: PlatformState,
    users: Sequence[str],
    metrics: Sequence[str],
    part: tuple[int, int],
    present: int,
) -> Record:
    """Return the total times in each status of some users, in one part of an interval."""
    sums: dict[tuple[str, str], int] = {}
    for user_id in users:
        for metric in metrics:
            for each in _periods(state, user_id, is_routing=metric == "tAgentRoutingStatus"):
                end = present if each.end is None else each.end
                spent = min(end, part[1], present) - max(each.start, part[0])
                name = each.definition_id if metric == "tOrganizationPresence" else each.value
                if spent > 0:
                    sums[metric, name] = sums.get((metric, name), 0) + spent
    shown: list[Json] = [
        {"metric": metric, "qualifier": name, "stats": {"sum": spent}}
        for (metric, name), spent in sums.items()
    ]
    return {"interval": show_interval(part), "metrics": shown}


def query_user_details(state: PlatformState, query: Mapping[str, Json]) -> Record:
    """Return the response to a ``UserDetailsQuery``; all users are on a single page.

    Raises:
        Problem: 400 for an invalid interval or operator.
    """
    interval = parse_interval(query.get("interval"))
    filters = query.get("userFilters")
    users = [
        each for each in state.users if match_all_filters(filters, FilterSubject({"userId": each}))
    ]
    details: list[Json] = [
        {
            "userId": user_id,
            "primaryPresence": [
                {
                    **_times(each),
                    "systemPresence": each.value,
                    "organizationPresenceId": each.definition_id,
                }
                for each in _periods(state, user_id, is_routing=False)
                if _overlaps(each, interval)
            ],
            "routingStatus": [
                {**_times(each), "routingStatus": each.value}
                for each in _periods(state, user_id, is_routing=True)
                if _overlaps(each, interval)
            ],
        }
        for user_id in users
    ]
    return {"userDetails": details, "totalHits": len(details)}


def query_user_observations(state: PlatformState, query: Mapping[str, Json]) -> Record:
    """Return the response to a ``UserObservationQuery``: the users' current queues.

    Raises:
        Problem: 400 for an operator that does not exist.
    """
    metrics, center = [str(each) for each in _list(query.get("metrics"))], state.contact_center
    results: list[Json] = []
    for user_id in _chosen(state, query.get("filter")):
        queues = center.memberships.get(user_id, {})
        joined = sum(center.members[each][user_id] for each in queues)
        counts = {"oMemberQueues": len(queues), "oActiveQueues": joined}
        data: list[Json] = [
            {"metric": each, "stats": {"count": counts[each]}} for each in metrics if each in counts
        ]
        results.append({"group": {"userId": user_id}, "data": data})
    return {"results": results}


def _chosen(state: PlatformState, known: Json) -> Iterator[str]:
    """Yield the users that a filter matches."""
    for user_id in state.users:
        subject = FilterSubject({"userId": user_id})
        if not isinstance(known, Mapping) or match_filter(known, subject):
            yield user_id


def _periods(state: PlatformState, user_id: str, *, is_routing: bool) -> Iterator[StatusPeriod]:
    if is_routing:
        current = {"value": routing_status(state, user_id)}
        return list_periods(state, user_id, "routing", current)
    return list_periods(state, user_id, "presence", present_presence(state.users[user_id]))


def _overlaps(period: StatusPeriod, interval: tuple[int, int]) -> bool:
    return period.start < interval[1] and (period.end is None or period.end > interval[0])


def _times(period: StatusPeriod) -> Record:
    shown: Record = {"startTime": show_time(period.start)}
    return shown if period.end is None else {**shown, "endTime": show_time(period.end)}


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else ()
