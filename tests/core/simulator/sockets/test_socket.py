"""What a test keeps back on a socket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import InvalidValueError
from genesys_core.simulator.sockets.socket import HubSocket, QueuedText


def event(number):
    return QueuedText(f"event {number}", "event", number)


def holding(*events):
    line = HubSocket(1, "c", 30.0, held=[])
    for each in events:
        assert line.hold_back(each)
    return line


def test_only_events_are_held_and_only_when_wanted():
    assert not HubSocket(1, "c", 30.0).hold_back(event(1))
    line = holding(event(1))
    assert not line.hold_back(QueuedText("beat", "heartbeat"))
    assert line.held == [event(1)]


@given(st.integers(0, 5).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(-1, n)))))
def test_every_event_goes_out_as_often_as_it_is_named(drawn):
    count, order = drawn
    events = [event(number) for number in range(1, count + 1)]
    line = holding(*events)
    if any(not 0 <= index < count for index in order):
        with pytest.raises(InvalidValueError, match=f"below {count}, the number of held messages"):
            line.release_held(order)
        assert line.held == events
        return
    going, withheld = line.release_held(order)
    assert going == [events[index] for index in order]
    assert withheld == [each for each in events if each not in going]
    assert line.held is None


def test_all_of_them_in_their_order():
    assert holding(event(1), event(2)).release_held(None) == ([event(1), event(2)], [])
    assert HubSocket(1, "c", 30.0).release_held(None) == ([], [])


def test_what_is_due_first():
    assert HubSocket(1, "c", 30.0).due == 30.0
    assert HubSocket(1, "c", 30.0, closes=20.0).due == 20.0
    assert HubSocket(1, "c", 30.0, closes=40.0).due == 30.0
