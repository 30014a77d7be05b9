from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.notifications.channel.move import DuplicateFilter

OLD, NEW = 1, 2
arrivals = st.lists(st.tuples(st.sampled_from([OLD, NEW]), st.sampled_from("abc")), max_size=30)


def handed_out(duplicates: DuplicateFilter, frames) -> tuple[DuplicateFilter, Counter]:
    given_on: Counter = Counter()
    for socket, text in frames:
        duplicates, fresh = duplicates.count_frame(socket, text)
        given_on[text] += fresh
    return duplicates, given_on


@given(arrivals)
def test_a_frame_is_handed_out_as_often_as_the_socket_that_carried_it_more_often(frames):
    _, given_on = handed_out(DuplicateFilter(OLD, NEW), frames)
    carried = {socket: Counter(t for s, t in frames if s == socket) for socket in (OLD, NEW)}
    assert given_on == carried[OLD] | carried[NEW]


@given(arrivals)
def test_only_frames_whose_copy_is_still_to_come_are_remembered(frames):
    duplicates, _ = handed_out(DuplicateFilter(OLD, NEW), frames)
    lead = Counter(text for socket, text in frames if socket == OLD)
    lead.subtract(text for socket, text in frames if socket == NEW)
    assert dict(duplicates.ahead) == {text: count for text, count in lead.items() if count}
    assert duplicates.size == len(duplicates.ahead)


def test_late_copies_are_recognised_after_the_old_socket_is_gone():
    duplicates, _ = handed_out(
        DuplicateFilter(OLD, NEW), [(OLD, "copied"), (OLD, "copied"), (NEW, "only new")]
    )
    duplicates = duplicates.without_old_socket(until=7.0)
    assert duplicates.until == 7.0
    duplicates, given_on = handed_out(
        duplicates, [(NEW, "copied"), (NEW, "copied"), (NEW, "copied"), (NEW, "x")]
    )
    assert given_on == {"copied": 1, "x": 1}
    assert duplicates.ahead == {}


def test_only_what_the_lost_new_socket_handed_out_is_dropped_from_the_old():
    duplicates, _ = handed_out(DuplicateFilter(OLD, NEW), [(NEW, "seen"), (OLD, "not copied")])
    duplicates = duplicates.without_new_socket().with_new_socket(3)
    duplicates, given_on = handed_out(duplicates, [(OLD, "seen"), (3, "not copied"), (3, "seen")])
    assert given_on == {"seen": 1, "not copied": 1}


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr("genesys_core.notifications.channel.move._MAX_FRAMES", 2)
    duplicates, given_on = handed_out(DuplicateFilter(OLD, NEW), [(OLD, text) for text in "abcabc"])
    assert (len(duplicates.ahead), sum(given_on.values())) == (2, 6)
    _, given_on = handed_out(duplicates, [(NEW, text) for text in "abcabc"])
    assert given_on == {"a": 0, "b": 0, "c": 2}


def test_so_is_its_size(monkeypatch):
    monkeypatch.setattr("genesys_core.notifications.channel.move._MAX_CHARACTERS", 10)
    duplicates, _ = handed_out(
        DuplicateFilter(OLD, NEW), [(OLD, "x" * 6), (OLD, "y" * 6), (OLD, "z" * 4)]
    )
    assert duplicates.size == 10
    duplicates, given_on = handed_out(duplicates, [(NEW, "x" * 6), (NEW, "y" * 6)])
    assert given_on == {"x" * 6: 0, "y" * 6: 1}


@pytest.mark.parametrize("socket", [OLD, NEW])
def test_an_echo_is_a_value(socket):
    duplicates = DuplicateFilter(OLD, NEW)
    assert duplicates.count_frame(socket, "a") == duplicates.count_frame(socket, "a")
    assert duplicates == DuplicateFilter(OLD, NEW)
