"""Buffers of received events, for consumers that are slower than the platform.

Invariants: an :class:`EventBuffer` never drops a notification silently: a
:class:`~genesys_core.notifications.channel.events.Gap` takes its place. Gaps themselves are never
dropped; adjacent gaps are merged. Events are returned in the order they were added. Only state
events, in :class:`LatestEvents`, are dropped silently.

A buffer never rejects an event. With ``block``, an adapter checks :attr:`EventBuffer.blocked`
before it processes another read from a socket, so the buffer contains at most its limit plus the
notifications of one read.
"""

from collections import deque
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.notifications.channel.events import Gap, wall_datetime
from genesys_core.notifications.messages import Notification

__all__ = ["DEFAULT_LIMIT", "Buffered", "Event", "EventBuffer", "LatestEvents", "Overflow"]

T = TypeVar("T")

Event: TypeAlias = Notification[Any] | Gap
"""An item that consumers of notifications receive."""

Overflow: TypeAlias = Literal["block", "drop_oldest"]
"""What happens if the buffer is full: ``block`` stops reading from the socket, so that further
events wait at the platform; ``drop_oldest`` replaces the oldest event with a gap.
"""

DEFAULT_LIMIT: Final = 1_000
"""Default maximum number of buffered notifications."""


class Buffered(Struct, Generic[T], frozen=True, gc=False):
    """A buffered event and its time of arrival."""

    event: T
    at: Now


class EventBuffer:
    """A bounded buffer of events for a consumer.

    Args:
        limit: maximum number of notifications.
        overflow: what happens to events when the buffer is full.

    Raises:
        InvalidValueError: the limit is below 1, or the overflow policy is unknown.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT, overflow: Overflow = "block") -> None:
        if limit < 1:
            raise InvalidValueError(f"buffer={limit!r}: must be 1 or more notifications")
        if overflow not in {"block", "drop_oldest"}:
            raise InvalidValueError(f"overflow={overflow!r}: must be 'block' or 'drop_oldest'")
        self._limit = limit
        self._blocks = overflow == "block"
        self._items: deque[Buffered[Event]] = deque()
        self._notifications = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def blocked(self) -> bool:
        """Whether reading from sockets must pause, because the buffer is full."""
        return self._blocks and self._notifications >= self._limit

    def put(self, event: Event, *, at: Now) -> None:
        """Add an event to the buffer.

        Args:
            event: the notification or gap to add.
            at: the event's time of arrival, used for a gap if the event is dropped.
        """
        if type(event) is Gap:
            event = _joined(self._take_gap(-1), event)
        else:
            if self._notifications >= self._limit and not self._blocks:
                self._drop()
            self._notifications += 1
        self._items.append(Buffered(event, at))

    def take(self) -> Buffered[Event] | None:
        """Remove and return the oldest event; return ``None`` if the buffer is empty."""
        if not self._items:
            return None
        held = self._items.popleft()
        if type(held.event) is not Gap:
            self._notifications -= 1
        return held

    def _drop(self) -> None:
        """Merge the oldest notification and adjacent gaps into one gap."""
        # At most one gap precedes the oldest notification, because adjacent gaps are merged.
        before, oldest = self._take_gap(0), self._items.popleft()
        self._notifications -= 1
        moment = wall_datetime(oldest.at.wall)
        gap = _joined(before, Gap(moment, moment, dropped=1))
        after = self._take_gap(0)
        gap = gap if after is None else _joined(gap, after)
        self._items.appendleft(Buffered(gap, oldest.at))

    def _take_gap(self, end: Literal[0, -1]) -> Gap | None:
        """Remove and return the gap at one end, if there is one."""
        event = self._items[end].event if self._items else None
        if not isinstance(event, Gap):
            return None
        del self._items[end]
        return event


class LatestEvents(Generic[T]):
    """A bounded buffer of state events for a slow ``on_state`` callback.

    Args:
        limit: maximum number of events; older events are dropped. 0 keeps no events.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._items: deque[Buffered[T]] = deque(maxlen=limit)

    @property
    def blocked(self) -> bool:
        """Always ``False``: state events never pause reading."""
        return False

    def put(self, event: T, *, at: Now) -> None:
        """Add a state event; ``at`` is its time of arrival."""
        self._items.append(Buffered(event, at))

    def take(self) -> Buffered[T] | None:
        """Remove and return the oldest state event; return ``None`` if the buffer is empty."""
        return self._items.popleft() if self._items else None


def _joined(one: Gap | None, other: Gap) -> Gap:
    if one is None:
        return other
    return Gap(
        min(one.from_, other.from_),
        max(one.to, other.to),
        dropped=one.dropped + other.dropped,
    )
