"""The buffer between a channel and its consumer: order, limits, and gaps for what is dropped."""

from collections import deque
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.notifications import Metadata, Notification
from genesys_core.notifications.buffer import Buffered, EventBuffer, LatestEvents
from genesys_core.notifications.channel.events import Gap


def note(number: int) -> Notification[int]:
    return Notification("t", None, number, Metadata(), "{}")


def now(second: float) -> Now:
    return Now(second, second)


def moment(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def gap(start: float, end: float, dropped: int = 0) -> Gap:
    return Gap(moment(start), moment(end), dropped=dropped)


def drained(buffer: EventBuffer) -> list[object]:
    items = []
    while (held := buffer.take()) is not None:
        event = held.event
        items.append(event if isinstance(event, Gap) else event.event_body)
    return items


def test_what_is_put_is_taken_in_its_order_with_its_time():
    buffer = EventBuffer()
    buffer.put(note(1), at=now(10))
    buffer.put(gap(1, 2), at=now(11))
    assert buffer.take() == Buffered(note(1), now(10))
    assert buffer.take() == Buffered(gap(1, 2), now(11))
    assert buffer.take() is None


def test_a_full_mailbox_that_blocks_says_so_and_takes_what_was_read_already():
    buffer = EventBuffer(2)
    buffer.put(note(1), at=now(1))
    assert not buffer.blocked
    buffer.put(note(2), at=now(2))
    assert buffer.blocked
    buffer.put(note(3), at=now(3))
    assert [buffer.take(), buffer.blocked] == [Buffered(note(1), now(1)), True]
    assert [buffer.take(), buffer.blocked] == [Buffered(note(2), now(2)), False]
    assert drained(buffer) == [3]


def test_a_thousand_notifications_fill_a_buffer_unless_the_caller_says_otherwise():
    buffer = EventBuffer()
    for number in range(999):
        buffer.put(note(number), at=now(number))
    assert buffer.blocked is False
    buffer.put(note(999), at=now(999))
    assert buffer.blocked is True


def test_gaps_take_no_room():
    buffer = EventBuffer(1)
    buffer.put(gap(1, 2), at=now(2))
    assert not buffer.blocked


def test_what_is_dropped_becomes_a_gap_in_its_place():
    buffer = EventBuffer(2, "drop_oldest")
    for number in range(1, 6):
        buffer.put(note(number), at=now(number))
    assert not buffer.blocked
    assert drained(buffer) == [gap(1, 3, dropped=3), 4, 5]


def test_gaps_that_nothing_stands_between_are_one():
    buffer = EventBuffer(1, "drop_oldest")
    buffer.put(gap(1, 2), at=now(2))
    buffer.put(note(3), at=now(3))
    buffer.put(gap(4, 5), at=now(5))
    buffer.put(gap(6, 7), at=now(7))
    buffer.put(note(8), at=now(8))
    assert drained(buffer) == [gap(1, 7, dropped=1), 8]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((0, "block"), "buffer=0"), ((-1, "drop_oldest"), "buffer=-1"), ((1, "drop"), "'drop'")],
)
def test_what_cannot_be_is_refused_with_the_value(arguments, words):
    with pytest.raises(InvalidValueError, match=words):
        EventBuffer(*arguments)


def test_the_latest_states_are_kept():
    latest: LatestEvents[int] = LatestEvents(2)
    for number in range(4):
        latest.put(number, at=now(number))
    assert latest.blocked is False
    assert [latest.take(), latest.take(), latest.take()] == [
        Buffered(2, now(2)),
        Buffered(3, now(3)),
        None,
    ]


def test_none_are_kept_for_nobody():
    latest: LatestEvents[int] = LatestEvents(0)
    latest.put(1, at=now(1))
    assert latest.take() is None


class Drops(RuleBasedStateMachine):
    """Against a model that remembers everything: nothing is lost untold, and it stays small."""

    limit = 3

    def __init__(self) -> None:
        super().__init__()
        self.buffer = EventBuffer(self.limit, "drop_oldest")
        self.time = 0
        self.sent: list[int] = []
        self.seen: list[int] = []
        self.missed: set[float] = set()
        self.announced: list[Gap] = []
        self.order: deque[float] = deque()

    @rule()
    def put(self) -> None:
        self.time += 1
        self.sent.append(self.time)
        self.buffer.put(note(self.time), at=now(self.time))

    @rule()
    def connection_gap(self) -> None:
        self.time += 2
        self.missed.add(self.time - 1)
        self.buffer.put(gap(self.time - 1, self.time - 0.5), at=now(self.time))

    @precondition(lambda self: len(self.buffer))
    @rule()
    def take(self) -> None:
        held = self.buffer.take()
        assert held is not None
        if isinstance(held.event, Gap):
            self.announced.append(held.event)
            self.order.append(held.event.from_.timestamp())
        else:
            self.seen.append(held.event.event_body)
            self.order.append(held.event.event_body)

    @invariant()
    def it_stays_small(self) -> None:
        assert len(self.buffer) <= 2 * self.limit + 1

    def teardown(self) -> None:
        while len(self.buffer):
            self.take()
        dropped = set(self.sent) - set(self.seen)
        assert sum(each.dropped for each in self.announced) == len(dropped)
        for moment_ in dropped | self.missed:
            assert any(
                each.from_.timestamp() <= moment_ <= each.to.timestamp() for each in self.announced
            )
        assert list(self.order) == sorted(self.order)


TestDrops = Drops.TestCase


@given(st.lists(st.booleans(), max_size=50), st.integers(1, 5))
def test_a_mailbox_that_blocks_loses_nothing(puts, limit):
    buffer, expected, number = EventBuffer(limit), deque(), 0
    for is_put in puts:
        if is_put and not buffer.blocked:
            buffer.put(note(number), at=now(number))
            expected.append(number)
            number += 1
        elif not is_put:
            held = buffer.take()
            assert (held and held.event.event_body) == (expected.popleft() if expected else None)
        assert len(buffer) == len(expected) <= limit
