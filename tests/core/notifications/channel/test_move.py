"""The planned move: each of its steps, and the frames that come over both sockets."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.notifications.channel.connection import (
    BackingOff,
    Creating,
    Draining,
    InSync,
    Listening,
    PlatformChannel,
)
from genesys_core.notifications.channel.events import (
    PING,
    ChannelCall,
    CloseSocket,
    Connected,
    Emit,
    Gap,
    Moving,
    SendText,
    wall_datetime,
)
from genesys_core.notifications.channel.facts import Facts
from genesys_core.notifications.channel.move import (
    DuplicateFilter,
    announce_move,
    end_draining,
    end_overlap,
    extend_overlap,
    hand_over,
    promote_successor,
    start_move,
    successor_opened,
    suspect_gap_while_draining,
)
from genesys_core.notifications.channel.transition import Transition
from tests.helpers.channel_world import POLICY

OLD, NEW = 1, 2
arrivals = st.lists(st.tuples(st.sampled_from([OLD, NEW]), st.sampled_from("abc")), max_size=30)


def handed_out(duplicates: DuplicateFilter, frames) -> tuple[DuplicateFilter, Counter]:
    given_on: Counter = Counter()
    for socket, text in frames:
        duplicates, fresh = duplicates.count_message(socket, text)
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
    monkeypatch.setattr("genesys_core.notifications.channel.move._MAX_MESSAGES", 2)
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
    assert duplicates.count_message(socket, "a") == duplicates.count_message(socket, "a")
    assert duplicates == DuplicateFilter(OLD, NEW)


# --- the steps of a move, one by one ----------------------------------------------------------------

BEFORE, NOW = Now(90.0, 1_699_999_990.0), Now(100.0, 1_700_000_000.0)
TOPICS = frozenset({"a"})
SYNCED = InSync(TOPICS, 0, 0.0)
FIRST = PlatformChannel("channel-1", "wss://streaming.example.com/channels/channel-1")
SECOND = PlatformChannel("channel-2", "wss://streaming.example.com/channels/channel-2")
PRIMARY = Listening(1, FIRST, 0, 0.0, BEFORE, 1e6, SYNCED, subscribed=True)
SUCCESSOR = Listening(2, SECOND, 0, 0.0, BEFORE, 1e6, SYNCED)
WAITING = BackingOff(110.0, 1, FIRST)
SOCKETS = DuplicateFilter(1, 2)
OLD_SOCKET = Draining(1, FIRST, BEFORE, NOW, 130.0, 0, subscribed=True)


def begun(primary=PRIMARY, **facts) -> Transition:
    return Transition(Facts(wanted=TOPICS, primary=primary, **facts), POLICY, NOW)


def events(transition: Transition) -> list[object]:
    return [effect.event for effect in transition.effects if isinstance(effect, Emit)]


def test_a_move_is_announced_once_and_starts_with_a_new_channel():
    step = begun()
    for _ in range(2):
        announce_move(step, "socket_closing")
    assert [type(event) for event in events(step)] == [Moving]
    assert step.connections["primary"] == replace(PRIMARY, leaving=True)
    assert isinstance(step.connections["successor"], Creating)
    assert sum(isinstance(effect, ChannelCall) for effect in step.effects) == 1


def test_without_a_connection_there_is_nothing_to_move():
    step = begun(WAITING)
    announce_move(step, "socket_closing")
    assert (step.effects, step.connections) == ([], {"primary": WAITING})


@pytest.mark.parametrize(
    "facts",
    [{"successor": Creating(8, 130.0, 0)}, {"draining": OLD_SOCKET}, {"duplicates": SOCKETS}],
)
def test_a_move_waits_for_the_one_before_it(facts):
    step = begun(replace(PRIMARY, leaving=True), **facts)
    start_move(step)
    assert step.effects == []


def test_a_connection_that_stays_is_not_moved():
    step = begun()
    start_move(step)
    assert step.effects == []


def test_from_when_the_successor_is_open_copies_are_expected():
    step = begun()
    successor_opened(step, 2)
    assert step.duplicates == SOCKETS
    successor_opened(step, 3)
    assert step.duplicates == DuplicateFilter(1, 3)
    alone = begun(WAITING)
    successor_opened(alone, 2)
    assert alone.duplicates is None


def test_a_successor_that_listens_takes_over_from_a_broken_primary():
    step = begun(successor=SUCCESSOR, duplicates=SOCKETS)
    promote_successor(step)
    assert step.connections == {"primary": SUCCESSOR}
    assert step.duplicates.until == NOW.monotonic + POLICY.linger
    assert events(step) == [Connected("channel-2", wall_datetime(NOW.wall))]


def test_a_successor_that_does_not_listen_yet_goes_on_as_the_primary():
    creating = Creating(8, 130.0, 0)
    step = begun(successor=creating, duplicates=SOCKETS)
    promote_successor(step)
    assert step.connections == {"primary": creating}
    assert (step.duplicates, events(step)) == (None, [])


def test_after_the_hand_over_the_old_socket_is_asked_for_a_last_sign():
    step = begun(replace(PRIMARY, pongs_due=1), successor=SUCCESSOR, duplicates=SOCKETS)
    hand_over(step, SUCCESSOR, SYNCED)
    assert SendText(1, PING) in step.effects
    assert step.draining == Draining(
        1, FIRST, BEFORE, NOW, NOW.monotonic + POLICY.overlap, 2, subscribed=True
    )
    assert step.connections == {"primary": replace(SUCCESSOR, subscribed=True)}


def test_nothing_is_drained_after_a_primary_without_a_socket():
    step = begun(WAITING, successor=SUCCESSOR)
    hand_over(step, SUCCESSOR, SYNCED)
    assert step.draining is None
    assert step.connections == {"primary": replace(SUCCESSOR, subscribed=True)}


@pytest.mark.parametrize(
    ("pongs_due", "subscribed", "gap"),
    [(0, True, False), (1, True, True), (1, False, False), (2, True, True)],
)
def test_an_old_socket_that_ends_before_its_pongs_may_have_lost_events(pongs_due, subscribed, gap):
    step = begun(duplicates=SOCKETS)
    end_draining(step, replace(OLD_SOCKET, pongs_due=pongs_due, subscribed=subscribed))
    lost = Gap(wall_datetime(BEFORE.wall - POLICY.lag), wall_datetime(NOW.wall))
    assert events(step) == ([lost] if gap else [])
    assert step.duplicates.until == NOW.monotonic + POLICY.linger


@pytest.mark.parametrize("own", [True, False])
def test_the_topics_of_a_channel_of_our_own_are_removed_after_a_move(own):
    step = begun()
    end_draining(step, replace(OLD_SOCKET, channel=replace(FIRST, own=own)))
    assert [effect.operation.endpoint.method for effect in step.effects] == ["DELETE"] * own
    assert step.duplicates is None


@pytest.mark.parametrize(("until", "ended"), [(99.0, True), (100.0, True), (100.5, False)])
def test_the_old_socket_and_then_the_memory_of_copies_end_in_time(until, ended):
    step = begun(draining=replace(OLD_SOCKET, until=until))
    end_overlap(step)
    assert (CloseSocket(1) in step.effects) == ended == (step.draining is None)
    step = begun(duplicates=replace(SOCKETS, until=until))
    end_overlap(step)
    assert (step.duplicates is None) == ended
    open_ended = begun(duplicates=SOCKETS)
    end_overlap(open_ended)
    assert open_ended.duplicates == SOCKETS


def test_while_nothing_was_read_no_time_has_passed_for_the_old_socket():
    step = begun(draining=OLD_SOCKET, duplicates=replace(SOCKETS, until=101.0))
    extend_overlap(step)
    assert step.draining.until == NOW.monotonic + POLICY.overlap
    assert step.duplicates.until == NOW.monotonic + POLICY.linger
    open_ended = begun(duplicates=SOCKETS)
    extend_overlap(open_ended)
    assert (open_ended.draining, open_ended.duplicates) == (None, SOCKETS)


def test_topics_that_the_old_channel_lost_are_suspected_once():
    step = begun(draining=OLD_SOCKET)
    suspect_gap_while_draining(step, OLD_SOCKET)
    suspect_gap_while_draining(step, step.draining)
    assert [type(event) for event in events(step)] == [Gap]
