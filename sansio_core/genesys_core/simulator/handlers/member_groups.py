"""Queue members by group: the members of the groups and teams in a queue's ``memberGroups``.

Invariants: a user who is added to a queue directly is a direct member, regardless of groups.
Members by group are initially joined, and are removed with their group.

Skill groups have no members in the simulator, so they add none.
"""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final

from genesys_core.simulator.conversations.agents import forget_member, set_member
from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import GROUPS, TEAMS, Record

__all__ = ["FOLLOW_UPS", "follow_groups"]

_QUEUES: Final = "/api/v2/routing/queues"
_PLACES: Final = {"GROUP": GROUPS, "TEAM": TEAMS}


def follow_groups(call: ApiCall) -> None:
    """Add and remove members by group in all queues that an API call may affect."""
    state = call.state
    for queue_id in _affected_queues(call):
        queue = state.queues[queue_id]
        members = state.contact_center.members.get(queue_id, {})
        wanted = _group_members(state, queue)
        before = state.contact_center.by_group.get(queue_id, {})
        for user_id in list(before):
            if user_id not in wanted:
                forget_member(state, queue_id, user_id)
        added = [each for each in wanted if each not in members]
        by_group = {each: None for each in wanted if each in before or each in added}
        # Before members are added, because `set_member` counts members by group.
        if by_group or before:
            state.contact_center.by_group[queue_id] = by_group
        for user_id in added:
            set_member(state, queue_id, user_id, joined=True)


def _affected_queues(call: ApiCall) -> list[str]:
    queues = call.state.queues
    if call.route.template == _QUEUES:  # only the created queue, which is the last one
        return list(islice(reversed(queues), 1))
    changed = call.arguments.get("queueId")
    return list(queues) if changed is None else [changed]


def _group_members(state: PlatformState, queue: Record) -> dict[str, None]:
    groups = queue.get("memberGroups")
    found: dict[str, None] = {}
    for each in groups if isinstance(groups, list) else ():
        place = _PLACES.get(str(each.get("type"))) if isinstance(each, Mapping) else None
        if place is not None and isinstance(each, Mapping):
            members = state.collections.get((*place, str(each.get("id")), "members"), {})
            found |= dict.fromkeys(user_id for user_id in members if user_id in state.users)
    return found


FOLLOW_UPS: Mapping[tuple[str, str], Callable[[ApiCall], None]] = dict.fromkeys(
    (
        ("POST", _QUEUES),
        ("PUT", f"{_QUEUES}/{{queueId}}"),
        ("DELETE", "/api/v2/groups/{groupId}"),
        ("POST", "/api/v2/groups/{groupId}/members"),
        ("DELETE", "/api/v2/groups/{groupId}/members"),
        ("PUT", "/api/v2/scim/groups/{groupId}"),
        ("PATCH", "/api/v2/scim/groups/{groupId}"),
        ("PUT", "/api/v2/scim/v2/groups/{groupId}"),
        ("PATCH", "/api/v2/scim/v2/groups/{groupId}"),
        ("DELETE", "/api/v2/teams/{teamId}"),
        ("POST", "/api/v2/teams/{teamId}/members"),
        ("DELETE", "/api/v2/teams/{teamId}/members"),
    ),
    follow_groups,
)
"""For each operation that may change members by group, the action to perform after the API call."""
