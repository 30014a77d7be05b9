"""What users were and when: presences and routing statuses over time.

Invariants: the periods of a user follow each other without gaps, from the beginning to the present. A bounded
number of changes is kept for each user; what was before the oldest of them counts as the status that
it replaced.
"""

from collections import deque
from collections.abc import Iterator, Mapping

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import StatusChange, UserStatusKind

__all__ = ["MOST_CHANGES", "StatusPeriod", "list_periods", "note_status"]

MOST_CHANGES = 1000
"""How many changes are kept of each user."""


class StatusPeriod(Struct, frozen=True):
    """A time in which a user had one status.

    Attributes:
        value: the status, as analytics spell it.
        start: its start in milliseconds; 0 for one that has no known beginning.
        end: its end; ``None`` while it lasts.
        definition_id: the id of the presence definition, for presences.
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
    """Note that the presence or the routing status of a user has changed.

    Args:
        state: the platform's state.
        user_id: the user.
        kind: what changed.
        now: the current time.
        before: the ``value`` and ``definition_id`` that it had.
        after: those that it has.
    """
    changes = state.contact_center.statuses.setdefault(user_id, deque(maxlen=MOST_CHANGES))
    changes.append(StatusChange(kind, round(now.wall * 1000), dict(before), dict(after)))


def list_periods(
    state: PlatformState, user_id: str, kind: UserStatusKind, current: Mapping[str, str]
) -> Iterator[StatusPeriod]:
    """Yield the periods of a user, the earliest first.

    Args:
        state: the platform's state.
        user_id: the user.
        kind: presences or routing statuses.
        current: the ``value`` and ``definition_id`` of the present one.
    """
    start, last = 0, current
    changes = [e for e in state.contact_center.statuses.get(user_id, ()) if e.kind == kind]
    for each in changes:
        yield StatusPeriod(start=start, end=each.at, **each.before)
        start, last = each.at, each.after
    yield StatusPeriod(start=start, end=None, **last)
