"""Agents: routing status, queue membership, and availability for conversations.

Invariants: an agent is available in a queue if and only if the routing status is ``IDLE`` and the
membership is joined. Every change of status or membership is recorded for publication, and triggers
the distribution of waiting conversations.

Guesses: an agent handles one conversation at a time, of any media type; the status is
``INTERACTING`` as soon as the agent is alerted; a user who changes the presence from On
Queue while talking becomes ``OFF_QUEUE`` immediately.
"""

from collections.abc import Mapping

from genesys_core.clock import Now
from genesys_core.simulator.conversations.user_statuses import note_status
from genesys_core.simulator.http.exchange import format_instant
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import Record

__all__ = [
    "follow_presence",
    "forget_member",
    "make_direct_member",
    "occupy_agent",
    "release_agent",
    "request_routing_status",
    "retire_user",
    "routing_status",
    "set_member",
    "set_routing_status",
]


def routing_status(state: PlatformState, user_id: str) -> str:
    """Return a user's routing status; ``OFF_QUEUE`` if none has been set."""
    status = state.users.get(user_id, {}).get("routingStatus")
    return str(status.get("status")) if isinstance(status, Mapping) else "OFF_QUEUE"


def set_routing_status(state: PlatformState, user_id: str, status: str, now: Now) -> None:
    """Change a user's routing status; has no effect if the user already has this status.

    Args:
        state: the platform's state.
        user_id: the id of an existing user.
        status: the new status.
        now: the current time.
    """
    before = routing_status(state, user_id)
    if before == status:
        return
    note_status(state, user_id, "routing", now, before={"value": before}, after={"value": status})
    facts = _status(user_id, status, now)
    state.users[user_id] = {**state.users[user_id], "routingStatus": facts}
    state.contact_center.status_changes[user_id] = None
    _sort_in(state, user_id)


def follow_presence(state: PlatformState, user_id: str, presence: str, now: Now) -> None:
    """Adjust a user's routing status to a new presence.

    ``On Queue`` changes the status ``OFF_QUEUE`` to ``IDLE``, or to ``INTERACTING`` if the user is
    busy; any other presence changes the status to ``OFF_QUEUE``.

    Args:
        state: the platform's state.
        user_id: the id of the user.
        presence: the system presence, spelled as in events.
        now: the current time.
    """
    if presence != "ON_QUEUE":
        set_routing_status(state, user_id, "OFF_QUEUE", now)
    elif routing_status(state, user_id) == "OFF_QUEUE":
        request_routing_status(state, user_id, "IDLE", now)


def request_routing_status(state: PlatformState, user_id: str, status: str, now: Now) -> None:
    """Change a user's routing status on request; a busy user who is set to idle becomes interacting.

    Args:
        state: the platform's state.
        user_id: the id of an existing user.
        status: the requested status.
        now: the current time.
    """
    is_busy = bool(state.contact_center.busy.get(user_id))
    set_routing_status(
        state, user_id, "INTERACTING" if is_busy and status == "IDLE" else status, now
    )


def occupy_agent(
    state: PlatformState, user_id: str, conversation_id: str, now: Now, *, is_acd: bool
) -> None:
    """Record that a user takes part in a conversation, which makes the user busy.

    Args:
        state: the platform's state.
        user_id: the id of the user.
        conversation_id: the id of the conversation.
        now: the current time.
        is_acd: whether the conversation was routed by a queue.
    """
    state.contact_center.busy.setdefault(user_id, {})[conversation_id] = None
    # The status of users who are off queue does not change.
    if routing_status(state, user_id) == "IDLE":
        status = "INTERACTING" if is_acd else "COMMUNICATING"
        set_routing_status(state, user_id, status, now)


def release_agent(
    state: PlatformState, user_id: str, conversation_id: str, now: Now, *, responded: bool = True
) -> None:
    """Record that a user has finished with a conversation, including after-call work.

    Args:
        state: the platform's state.
        user_id: the id of the user.
        conversation_id: the id of the conversation.
        now: the current time.
        responded: whether the user answered; if not, the user is offered no more conversations
            until the routing status is set.
    """
    busy = state.contact_center.busy.get(user_id, {})
    busy.pop(conversation_id, None)
    if not busy and routing_status(state, user_id) in {"INTERACTING", "COMMUNICATING"}:
        set_routing_status(state, user_id, "IDLE" if responded else "NOT_RESPONDING", now)


def set_member(state: PlatformState, queue_id: str, user_id: str, *, joined: bool) -> None:
    """Add a user to a queue as a member, or change whether the member is joined."""
    center = state.contact_center
    members = center.members.setdefault(queue_id, {})
    if members.get(user_id) == joined:
        return
    members[user_id] = joined
    center.memberships.setdefault(user_id, {})[queue_id] = None
    center.membership_changes[queue_id, user_id] = None
    _count_members(state, queue_id)
    _sort_in(state, user_id)


def make_direct_member(state: PlatformState, queue_id: str, user_id: str) -> None:
    """Add a user to a queue as a joined direct member, regardless of the user's groups."""
    set_member(state, queue_id, user_id, joined=True)
    state.contact_center.by_group.get(queue_id, {}).pop(user_id, None)
    _count_members(state, queue_id)


def forget_member(state: PlatformState, queue_id: str, user_id: str) -> None:
    """Remove a member from a queue; does nothing if the user is not a member."""
    center = state.contact_center
    if center.members.get(queue_id, {}).pop(user_id, None) is None:
        return
    del center.memberships[user_id][queue_id]
    center.by_group.get(queue_id, {}).pop(user_id, None)
    center.available.get(queue_id, {}).pop(user_id, None)
    center.membership_changes[queue_id, user_id] = None
    _count_members(state, queue_id)


def retire_user(state: PlatformState, user_id: str, now: Now) -> None:
    """Prepare a user's deletion: set the user to off queue, and remove the user from all queues."""
    set_routing_status(state, user_id, "OFF_QUEUE", now)
    for queue_id in list(state.contact_center.memberships.get(user_id, ())):
        forget_member(state, queue_id, user_id)


def _count_members(state: PlatformState, queue_id: str) -> None:
    queue = state.queues.get(queue_id)
    if queue is not None:
        joined = state.contact_center.members[queue_id].values()
        by_group = len(state.contact_center.by_group.get(queue_id, ()))
        state.queues[queue_id] = {
            **queue,
            "memberCount": len(joined),
            "userMemberCount": len(joined) - by_group,
            "joinedMemberCount": sum(joined),
        }


def _status(user_id: str, status: str, now: Now) -> Record:
    return {"userId": user_id, "status": status, "startTime": format_instant(now.wall)}


def _sort_in(state: PlatformState, user_id: str) -> None:
    """Update in which queues an agent is available, after a change of status or membership.

    A queue's available agents are in the order in which they became available, so the first one
    has been idle longest.
    """
    center = state.contact_center
    is_idle = routing_status(state, user_id) == "IDLE"
    for queue_id in center.memberships.get(user_id, ()):
        agents = center.available.setdefault(queue_id, {})
        if is_idle and center.members[queue_id][user_id]:
            if user_id not in agents:
                agents[user_id] = None
                center.unsettled[queue_id] = None
        else:
            agents.pop(user_id, None)
