"""Deleted users, which can be read and restored; their emails stay reserved.

Invariants: the settings limit the number of deleted users; all data about a discarded user is
removed.
"""

from genesys_core.simulator.state.grants import forget_subject
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import GROUPS, TEAMS, Record, user_state

__all__ = ["drop_user", "follow_deletion", "leave_lists"]


def follow_deletion(state: PlatformState, user: Record, limit: int) -> None:
    """Record whether a user is deleted; above the limit, discard the user that was deleted first.

    Args:
        state: the platform's state.
        user: the user's record after a change.
        limit: the maximum number of deleted users to keep.
    """
    identity = str(user["id"])
    if user_state(user) != "deleted":
        state.deleted_users.pop(identity, None)
        return
    state.deleted_users.setdefault(identity)
    while len(state.deleted_users) > limit:
        drop_user(state, next(iter(state.deleted_users)))


def drop_user(state: PlatformState, identity: str) -> None:
    """Remove a user's record, and all data about the user."""
    forget_subject(state, identity)
    leave_lists(state, identity)
    state.deleted_users.pop(identity, None)
    state.modified_users.pop(identity, None)
    state.users.pop(identity, None)
    center = state.contact_center
    for by_user in (center.memberships, center.busy, center.status_changes, center.statuses):
        by_user.pop(identity, None)
    # All data about a user is stored under paths that contain the user's id.
    for kept in (state.collections, state.singles, state.jobs):
        for place in [each for each in kept if identity in each]:
            del kept[place]
    for kind in [each for each in state.issued if f"/{identity}/" in each]:
        del state.issued[kind]


def leave_lists(state: PlatformState, identity: str) -> None:
    """Remove a user from all groups and teams, and update their member counts."""
    for owners in (GROUPS, TEAMS):
        for owner, record in state.collections.get(owners, {}).items():
            members = state.collections.get((*owners, owner, "members"), {})
            if members.pop(identity, None) is not None:
                state.collections[owners][owner] = {**record, "memberCount": len(members)}
