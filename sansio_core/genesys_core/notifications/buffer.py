"""What has arrived and was not taken yet, when events come faster than they are used.

Law: nothing is dropped untold: a :class:`~genesys_core.notifications.channel.events.Gap` stands in the place where
it was. Gaps themselves are never dropped; with no event between them they are one. What is taken
comes in the order in which it was put.

A buffer that blocks takes whatever it is given. Whoever reads a socket asks
:attr:`EventBuffer.blocked` before each read is passed on, so it holds at most its limit and what
one more read brought.
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
"""What a consumer of notifications is given."""

Overflow: TypeAlias = Literal["block", "drop_oldest"]
"""What happens to an event for which there is no room: ``block`` leaves it with the platform, by
reading no more until there is; ``drop_oldest`` makes room, and puts a gap there."""

DEFAULT_LIMIT: Final = 1_000


class Buffered(Struct, Generic[T], frozen=True, gc=False):
    """An event, and when it arrived."""

    event: T
    at: Now


class EventBuffer:
    """Events on their way to a consumer.

    Args:
        limit: notifications at most.
        overflow: what happens when there are as many.

    Raises:
        InvalidValueError: a limit below 1, or a policy that there is not.
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
        """Whether sockets are to be read no further until something was taken."""
        return self._blocks and self._notifications >= self._limit

    def put(self, event: Event, *, at: Now) -> None:
        """Add an event.

        Args:
            event: the event.
            at: when it arrived, for the gap that stands for it if it is dropped.
        """
        held = Buffered(event, at)
        if type(event) is Gap:
            self._items.append(_joined(self._gap(-1), held))
            return
        if self._notifications >= self._limit and not self._blocks:
            self._drop()
        self._items.append(held)
        self._notifications += 1

    def take(self) -> Buffered[Event] | None:
        """The oldest event, or ``None`` where there is none."""
        if not self._items:
            return None
        held = self._items.popleft()
        if type(held.event) is not Gap:
            self._notifications -= 1
        return held

    def _drop(self) -> None:
        """Let the oldest notification, and the gaps beside it, become one gap."""
        before, oldest = self._gap(0), self._items.popleft()
        self._notifications -= 1
        moment_ = wall_datetime(oldest.at.wall)
        gap = _joined(before, Buffered(Gap(moment_, moment_, dropped=1), oldest.at))
        after = self._gap(0)
        self._items.appendleft(gap if after is None else _joined(gap, after))

    def _gap(self, end: Literal[0, -1]) -> Buffered[Event] | None:
        """Take the gap at one end, if there is one."""
        if not self._items or not isinstance(self._items[end].event, Gap):
            return None
        return self._items.popleft() if end == 0 else self._items.pop()


class LatestEvents(Generic[T]):
    """The latest states of a handler, on their way to a callback that may be slower.

    Args:
        limit: how many; before that the oldest are dropped. With 0 none are kept.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._items: deque[Buffered[T]] = deque(maxlen=limit)

    @property
    def blocked(self) -> bool:
        """Never: a state is news, and not worth a wait."""
        return False

    def put(self, event: T, *, at: Now) -> None:
        """Add a state; ``at`` is when it arose."""
        self._items.append(Buffered(event, at))

    def take(self) -> Buffered[T] | None:
        """The oldest state, or ``None`` where there is none."""
        return self._items.popleft() if self._items else None


def _joined(one: Buffered[Event] | None, other: Buffered[Event]) -> Buffered[Event]:
    if one is None or not isinstance(one.event, Gap) or not isinstance(other.event, Gap):
        return other
    gap = Gap(
        min(one.event.from_, other.event.from_),
        max(one.event.to, other.event.to),
        dropped=one.event.dropped + other.event.dropped,
    )
    return Buffered(gap, other.at)
