"""Timers on the virtual clock are due in order."""

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.simulator.conversations.timers import (
    cancel_timers,
    due_timer,
    next_timer,
    set_timer,
)
from genesys_core.simulator.state.timeline import ContactCenter


def test_a_timer_is_due_at_its_own_time():
    center = ContactCenter()
    assert next_timer(center) is None
    set_timer(center, "alert", 8.0, Now(1.0, 100.0), ("c", "p"))
    assert next_timer(center) == 9.0
    assert due_timer(center, Now(8.9, 107.9)) is None
    timer, at = due_timer(center, Now(19.0, 118.0))
    assert (timer.kind, timer.conversation_id, timer.participant_id) == ("alert", "c", "p")
    assert at == Now(9.0, 108.0)
    assert due_timer(center, Now(19.0, 118.0)) is None


def test_a_time_in_the_past_is_due_at_once():
    center = ContactCenter()
    set_timer(center, "schedule", -5.0, Now(1.0, 100.0))
    assert next_timer(center) == 1.0


def test_cancelled_timers_are_never_due_and_all_others_are():
    center, now = ContactCenter(), Now(0.0, 0.0)
    for at in range(5):
        set_timer(center, "schedule", 5.0 - at, now, ("c", "p" if at % 2 else str(at)))
    cancel_timers(center, ("c", "p"))
    order = []
    while (due := due_timer(center, Now(10.0, 10.0))) is not None:
        order.append(due[0].participant_id)
    assert order == ["4", "2", "0"]


@given(st.lists(st.integers(0, 5)))
def test_they_come_in_order_and_those_of_one_time_as_they_were_set(delays):
    center = ContactCenter()
    for at, delay in enumerate(delays):
        set_timer(center, "alert", delay, Now(0.0, 0.0), (str(at), ""))
    order = []
    while (due := due_timer(center, Now(10.0, 10.0))) is not None:
        order.append((due[0].due, int(due[0].conversation_id)))
    assert order == sorted((float(delay), at) for at, delay in enumerate(delays))
