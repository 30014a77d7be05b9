"""The account of a soak: each event that was owed was handed out, or lies in an announced gap.

Nothing here knows of sockets. The books of the simulator say what was published and how often each
socket was sent it; a handler is owed the events of a topic from the moment when ``add_subscription``
has returned until ``remove_subscription`` is called.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from genesys_core.notifications import Notification
from genesys_core.notifications.buffer import Event
from genesys_core.notifications.subscriptions import expand_topic
from genesys_core.simulator.sockets.actions import Delivery, Published

ROUNDING = 1e-5
"""Seconds by which the date-times of a gap may differ from the clock that they were made from."""


class Ledger:
    """Takes what a handler hands out; :meth:`settle` holds it against the simulator's books."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.totals: Counter[str] = Counter()
        self._spans: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        self._since: dict[str, float] = {}
        self._events: list[Event] = []
        self._ids: set[str | None] = set()

    # What the user does

    def added(self, topic: str, wall: float) -> None:
        self.asked.add(topic)
        self._since.update(dict.fromkeys(names(topic), wall))

    def removed(self, topic: str, wall: float) -> None:
        self.asked.discard(topic)
        for name in names(topic):
            self._spans[name].append((self._since.pop(name), wall))

    def handed(self, event: Event) -> None:
        """The handler's callback."""
        self._events.append(event)
        if isinstance(event, Notification):
            self._ids.add(event.metadata.correlation_id)

    def has(self, correlation_ids: Iterable[str]) -> bool:
        return self._ids.issuperset(correlation_ids)

    @property
    def asked_names(self) -> set[str]:
        """The topics asked for, combined ones taken apart."""
        return {name for topic in self.asked for name in names(topic)}

    # The account

    def settle(self, published: Iterable[Published], deliveries: Iterable[Delivery]) -> list[str]:
        """What is wrong with all that happened since the last time, when nothing is under way."""
        events, self._events, self._ids = self._events, [], set()
        handed = Counter(_key(event) for event in events if isinstance(event, Notification))
        gaps = [
            (event.from_.timestamp(), event.to.timestamp())
            for event in events
            if not isinstance(event, Notification)
        ]
        copies = _copies(deliveries)
        wrong = []
        for each in published:
            count = handed.pop((each.correlation_id, each.topic.lower()), 0)
            wrong += self._judge(each, count, copies[each.sequence], gaps)
        wrong += [f"{key} was delivered and never published" for key in handed]
        self.totals["gaps"] += len(gaps)
        self._spans.clear()
        return wrong

    def _judge(
        self, each: Published, count: int, sent: int, gaps: Collection[tuple[float, float]]
    ) -> list[str]:
        owed = self._is_owed(each)
        excused = any(a - ROUNDING <= each.at.wall <= b + ROUNDING for a, b in gaps)
        self.totals["published"] += 1
        self.totals["expected"] += owed
        self.totals["delivered"] += owed and count > 0
        self.totals["missing, within a gap"] += owed and not count and excused
        self.totals["duplicates sent intentionally"] += max(0, sent - 1)
        self.totals["duplicates delivered"] += max(0, count - 1)
        if count > sent:
            return [f"{each}: delivered {count} times and sent {sent} times"]
        if owed and not count and not excused:
            return [f"{each}: never delivered, and in no gap of {gaps}"]
        return []

    def _is_owed(self, each: Published) -> bool:
        name, wall = each.topic.lower(), each.at.wall
        since = self._since.get(name, math.inf)
        return wall >= since or any(a <= wall <= b for a, b in self._spans[name])


def names(topic: str) -> list[str]:
    return [name.lower() for name in expand_topic(topic)]


def _key(event: Notification[object]) -> tuple[str | None, str]:
    return event.metadata.correlation_id, event.topic_name.lower()


def _copies(deliveries: Iterable[Delivery]) -> Counter[int]:
    """How often an event was sent on the socket that carried it most often."""
    by_socket = Counter((each.sequence, each.socket) for each in deliveries if each.fate == "sent")
    copies: Counter[int] = Counter()
    for (sequence, _), count in by_socket.items():
        copies[sequence] = max(copies[sequence], count)
    return copies
