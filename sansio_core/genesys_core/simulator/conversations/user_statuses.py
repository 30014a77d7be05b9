"""The history of users' presences and routing statuses.

Invariants: a user's periods are contiguous up to the present. A bounded number of changes is kept
for each user; the time before the oldest recorded change is counted under the status that the
change replaced.
"""

from collections import deque
from collections.abc import Iterator, Mapping

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import StatusChange, UserStatusKind

__all__ = ["MOST_CHANGES", "StatusPeriod", "list_periods", "note_status"]

MOST_CHANGES = 1000
"""The maximum number of status changes kept for each user."""


class StatusPeriod(Struct, frozen=True):
    """A period in which a user had one status.

    Attributes:
        value: the presence or routing status, as spelled in analytics.
        start: when the period began, in milliseconds; 0 if unknown.
        end: when the period ended, in milliseconds; ``None`` for the current period.
        definition_id: for a presence, the id of its presence definition.
    """

    value: str
    start: int
    end: int | None
    definition_id: str = ""


def note_status(
    state: PlatformState,
    user_id: str,
    kind: UserStatusKind,
    now: Now,
    *,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> None:
    """Record that a user's presence or routing status has changed.

    Args:
        state: the platform's state.
        user_id: the id of the user.
        kind: which status changed: the presence or the routing status.
        now: the current time.
        before: the old ``value`` and ``definition_id``.
        after: the new ``value`` and ``definition_id``.
    """
    changes = state.contact_center.statuses.setdefault(user_id, deque(maxlen=MOST_CHANGES))
    changes.append(StatusChange(kind, round(now.wall * 1000), dict(before), dict(after)))


def list_periods(
    state: PlatformState, user_id: str, kind: UserStatusKind, current: Mapping[str, str]
) -> Iterator[StatusPeriod]:
    """Yield the periods of a user's presences or routing statuses, earliest first.

    Args:
        state: the platform's state.
        user_id: the id of the user.
        kind: which status to report: the presence or the routing status.
        current: the ``value`` and ``definition_id`` of the current status.
    """
    start, last = 0, current
    changes = [e for e in state.contact_center.statuses.get(user_id, ()) if e.kind == kind]
    for each in changes:
        yield StatusPeriod(start=start, end=each.at, **each.before)
        start, last = each.at, each.after
    yield StatusPeriod(start=start, end=None, **last)
