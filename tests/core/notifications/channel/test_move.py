from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.notifications.channel.move import Echo

OLD, NEW = 1, 2
arrivals = st.lists(st.tuples(st.sampled_from([OLD, NEW]), st.sampled_from("abc")), max_size=30)


def handed_out(echo: Echo, frames) -> tuple[Echo, Counter]:
    given_on: Counter = Counter()
    for socket, text in frames:
        echo, fresh = echo.arrived(socket, text)
        given_on[text] += fresh
    return echo, given_on


@given(arrivals)
def test_a_frame_is_handed_out_as_often_as_the_socket_that_carried_it_more_often(frames):
    _, given_on = handed_out(Echo(OLD, NEW), frames)
    carried = {socket: Counter(t for s, t in frames if s == socket) for socket in (OLD, NEW)}
    assert given_on == carried[OLD] | carried[NEW]


@given(arrivals)
def test_only_frames_whose_copy_is_still_to_come_are_remembered(frames):
    echo, _ = handed_out(Echo(OLD, NEW), frames)
    lead = Counter(text for socket, text in frames if socket == OLD)
    lead.subtract(text for socket, text in frames if socket == NEW)
    assert dict(echo.ahead) == {text: count for text, count in lead.items() if count}
    assert echo.size == len(echo.ahead)


def test_late_copies_are_recognised_after_the_old_socket_is_gone():
    echo, _ = handed_out(Echo(OLD, NEW), [(OLD, "copied"), (OLD, "copied"), (NEW, "only new")])
    echo = echo.old_lost(until=7.0)
    assert echo.until == 7.0
    echo, given_on = handed_out(
        echo, [(NEW, "copied"), (NEW, "copied"), (NEW, "copied"), (NEW, "x")]
    )
    assert given_on == {"copied": 1, "x": 1}
    assert echo.ahead == {}


def test_only_what_the_lost_new_socket_handed_out_is_dropped_from_the_old():
    echo, _ = handed_out(Echo(OLD, NEW), [(NEW, "seen"), (OLD, "not copied")])
    echo = echo.new_lost().renewed(3)
    echo, given_on = handed_out(echo, [(OLD, "seen"), (3, "not copied"), (3, "seen")])
    assert given_on == {"seen": 1, "not copied": 1}


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr("genesys_core.notifications.channel.move._MAX_FRAMES", 2)
    echo, given_on = handed_out(Echo(OLD, NEW), [(OLD, text) for text in "abcabc"])
    assert (len(echo.ahead), sum(given_on.values())) == (2, 6)
    _, given_on = handed_out(echo, [(NEW, text) for text in "abcabc"])
    assert given_on == {"a": 0, "b": 0, "c": 2}


def test_so_is_its_size(monkeypatch):
    monkeypatch.setattr("genesys_core.notifications.channel.move._MAX_CHARACTERS", 10)
    echo, _ = handed_out(Echo(OLD, NEW), [(OLD, "x" * 6), (OLD, "y" * 6), (OLD, "z" * 4)])
    assert echo.size == 10
    echo, given_on = handed_out(echo, [(NEW, "x" * 6), (NEW, "y" * 6)])
    assert given_on == {"x" * 6: 0, "y" * 6: 1}


@pytest.mark.parametrize("socket", [OLD, NEW])
def test_an_echo_is_a_value(socket):
    echo = Echo(OLD, NEW)
    assert echo.arrived(socket, "a") == echo.arrived(socket, "a")
    assert echo == Echo(OLD, NEW)
