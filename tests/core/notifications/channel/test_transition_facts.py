"""The facts of a channel under construction: what is kept, what is asked for, when it gives up."""

import pytest
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.errors import ConnectError
from genesys_core.notifications.channel.connection import (
    BackingOff,
    Backlog,
    Checking,
    Connecting,
    Creating,
    Draining,
    Inspecting,
    InSync,
    Listening,
    OutOfSync,
    PlatformChannel,
    Syncing,
)
from genesys_core.notifications.channel.events import (
    PING,
    ChannelCall,
    CloseSocket,
    Connect,
    Connected,
    Disconnected,
    Emit,
    Gap,
    GaveUp,
    Resubscribed,
    Retrying,
    SendText,
    Subscribed,
    SubscriptionRejected,
)
from genesys_core.notifications.channel.facts import Facts
from genesys_core.notifications.channel.move import (
    DuplicateFilter,
    announce_move,
    suspect_gap_while_draining,
)
from genesys_core.notifications.channel.transition import Transition
from genesys_core.websocket import Closed, Failed
from tests.helpers.channel_world import POLICY, api_error

NOW = Now(100.0, 1_700_000_000.0)
KNOWN = PlatformChannel("channel-1", "wss://streaming.example.com/channels/channel-1")
FACTS = Facts(
    wanted=frozenset({"a"}),
    primary=BackingOff(110.0, 1, KNOWN),
    refusals=frozenset({SubscriptionRejected("b", "no", ())}),
    serial=7,
)


def transition(facts: Facts = FACTS) -> Transition:
    return Transition(facts, POLICY, NOW)


@pytest.mark.parametrize(
    "facts", [FACTS, replace(FACTS, successor=Creating(8, 130.0, 0), missing=1.0, resumed=True)]
)
def test_a_transition_that_nothing_happened_to_is_the_facts_again(facts):
    assert transition(facts).facts() == facts
    assert transition(facts).rejected == {"b"}


def test_numbers_are_never_given_twice():
    begun = transition()
    assert [begun.number(), begun.number()] == [8, 9]
    assert begun.facts().serial == 9


@pytest.mark.parametrize(
    ("connection", "asked"),
    [
        (Creating(8, 130.0, 0), ("POST", "/api/v2/notifications/channels")),
        (
            Inspecting(8, 130.0, 0, KNOWN),
            ("GET", "/api/v2/notifications/channels/{channelId}/subscriptions"),
        ),
        (Checking(8, 130.0, 0, KNOWN), ("HEAD", "/api/v2/notifications/channels/{channelId}")),
    ],
)
def test_a_state_that_waits_for_a_call_asks_for_it(connection, asked):
    begun = transition()
    begun.enter("primary", connection)
    ((number, operation),) = [
        (e.id, e.operation) for e in begun.effects if isinstance(e, ChannelCall)
    ]
    assert number == 8
    assert (operation.endpoint.method, operation.endpoint.path) == asked
    assert begun.facts().primary is connection


def test_a_state_that_waits_for_a_socket_asks_for_it():
    begun = transition()
    begun.enter("successor", Connecting(8, 130.0, 0, KNOWN))
    assert begun.effects == [Connect(8, KNOWN.uri)]


def test_a_failure_is_waited_out_and_told():
    begun = transition(replace(FACTS, established=True))
    begun.refused("primary", "create", 2, KNOWN, api_error(403))
    (told,) = begun.effects
    assert isinstance(told, Emit)
    assert isinstance(told.event, Retrying)
    assert begun.facts().primary == BackingOff(NOW.monotonic + told.event.delay, 3, KNOWN)
    assert not begun.stopped


@pytest.mark.parametrize(
    ("error", "final"), [(api_error(403), True), (ConnectError("no", sent=False), False)]
)
def test_a_refusal_before_anything_has_worked_is_final_and_a_failure_is_not(error, final):
    begun = transition()
    begun.refused("primary", "create", 0, None, error)
    assert begun.stopped == final
    assert begun.failure is (error if final else None)
    assert isinstance(begun.effects[0].event, GaveUp) == final


# Rules of one transition, each on facts made for it

A = frozenset({"a"})
SUCCESSOR = PlatformChannel("channel-2", "wss://streaming.example.com/channels/channel-2")


def listening(socket: int = 3, channel: PlatformChannel = KNOWN, **changes: object) -> Listening:
    facts = {"failures": 0, "opened": 0.0, "heard": at(-1), "renew_at": 9000.0}
    return Listening(
        socket,
        channel,
        **{**facts, "sync": InSync(A, 0, 0.0), "subscribed": True, **changes},
    )


def at(seconds: float) -> Now:
    return Now(NOW.monotonic + seconds, NOW.wall + seconds)


def facts(primary: object, **changes: object) -> Facts:
    return Facts(wanted=A, primary=primary, serial=7, **changes)


def draining(**changes: object) -> Draining:
    fields = {
        "socket": 2,
        "channel": KNOWN,
        "heard": at(-2),
        "moved": at(-1),
        "until": NOW.monotonic + 5,
        "pongs_due": 1,
        "subscribed": True,
    }
    return Draining(**{**fields, **changes})


def emitted(begun: Transition) -> list[object]:
    return [effect.event for effect in begun.effects if isinstance(effect, Emit)]


def test_when_the_primary_breaks_the_successor_takes_over_as_far_as_it_has_come():
    successor = Connecting(9, 130.0, 0, SUCCESSOR)
    begun = transition(facts(listening(), successor=successor, duplicates=DuplicateFilter(3, 9)))
    begun.disconnected(3, Failed("closed", "broken", code=1006))
    assert begun.facts().primary is successor
    assert begun.facts().successor is None
    assert begun.facts().duplicates is None, "its socket carries nothing yet that came twice"
    assert [type(event) for event in emitted(begun)] == [Disconnected]


def test_a_successor_that_listens_already_is_the_connection_at_once():
    successor = listening(9, SUCCESSOR, sync=OutOfSync(None, 0, 0.0))
    begun = transition(facts(listening(), successor=successor, duplicates=DuplicateFilter(3, 9)))
    begun.disconnected(3, Closed(1001, ""))
    assert begun.facts().primary == successor
    assert begun.facts().duplicates.until == NOW.monotonic + POLICY.linger
    assert [type(event) for event in emitted(begun)] == [Disconnected, Connected]
    assert emitted(begun)[1].channel_id == "channel-2"


def test_a_successor_that_opens_when_the_primary_is_down_has_no_copies_to_fear():
    begun = transition(
        facts(BackingOff(110.0, 1, None), successor=Connecting(9, 130.0, 0, SUCCESSOR))
    )
    begun.connected(9)
    assert begun.facts().duplicates is None


def test_a_socket_that_opens_again_during_a_move_is_the_new_one():
    begun = transition(
        facts(
            listening(),
            successor=Connecting(9, 130.0, 0, SUCCESSOR),
            duplicates=DuplicateFilter(3, 8),
        )
    )
    begun.connected(9)
    assert begun.facts().duplicates == DuplicateFilter(3, 8).with_new_socket(9)


def test_nothing_asked_for_on_a_new_channel_needs_no_call():
    begun = Transition(
        Facts(wanted=frozenset(), primary=listening(sync=OutOfSync(frozenset(), 0, 0.0))),
        POLICY,
        NOW,
    )
    begun.sync_topics("primary")
    assert begun.facts().primary.sync == InSync(frozenset(), 0, NOW.monotonic)
    assert begun.effects == []


def test_topics_that_failed_are_sent_when_their_time_has_come():
    for until, calls in ((NOW.monotonic + 1, 0), (NOW.monotonic, 1)):
        begun = transition(facts(listening(sync=OutOfSync(None, 1, until))))
        begun.sync_topics("primary")
        assert len(begun.effects) == calls


def test_a_refused_topic_is_asked_for_again_on_demand():
    rejected = frozenset({SubscriptionRejected("a", "no", ())})
    begun = transition(facts(listening(), refusals=rejected))
    begun.ask_again(frozenset({"a", "b"}))
    (call,) = begun.effects
    assert call.operation.body == [{"id": "a"}]
    assert isinstance(begun.facts().primary.sync, Syncing)


def test_a_refused_topic_is_asked_for_again_during_a_move_while_the_old_socket_is_lost():
    rejected = frozenset({SubscriptionRejected("a", "no", ())})
    lost = BackingOff(110.0, 1, None)
    begun = transition(facts(lost, successor=listening(), refusals=rejected))
    begun.ask_again(frozenset({"a"}))
    (call,) = begun.effects
    assert call.operation.body == [{"id": "a"}]
    assert begun.facts().primary == lost
    assert isinstance(begun.facts().successor.sync, Syncing)


def test_what_was_not_refused_or_is_on_its_way_is_not_asked_for_again():
    rejected = frozenset({SubscriptionRejected("a", "no", ())})
    for primary, topics in (
        (listening(), {"b"}),
        (listening(sync=Syncing(8, 130.0, A, 0, None)), {"a"}),
        (listening(sync=OutOfSync(None, 1, 130.0)), {"a"}),
        (BackingOff(110.0, 1, None), {"a"}),
    ):
        begun = transition(facts(primary, refusals=rejected))
        begun.ask_again(frozenset(topics))
        assert begun.effects == []
        assert begun.facts().primary is primary


def test_topics_that_were_taken_away_are_sent_again_and_leave_a_gap():
    begun = transition(facts(listening()))
    begun.resubscribe("primary", begun.connections["primary"])
    assert isinstance(begun.facts().primary.sync, OutOfSync)
    assert begun.facts().missing == at(-1).wall - POLICY.lag


def test_a_gap_begins_when_the_first_thing_may_be_missing():
    begun = transition(facts(listening(), missing=5.0))
    begun.suspect_gap(begun.connections["primary"])
    assert begun.facts().missing == 5.0, "an earlier gap is not cut short"
    begun = transition(facts(listening(subscribed=False)))
    begun.suspect_gap(begun.connections["primary"])
    assert begun.facts().missing is None, "nothing was promised before the first subscription"


def test_a_successor_takes_over_only_with_all_topics():
    some = InSync(frozenset(), 0, 0.0)
    successor = listening(9, SUCCESSOR, sync=some, subscribed=False)
    begun = transition(facts(listening(), successor=successor))
    begun.topics_confirmed("successor", successor, some, before=None)
    assert begun.facts().successor == successor
    assert begun.effects == []


def test_a_successor_takes_over_even_if_there_is_nobody_to_relieve():
    both = InSync(A, 0, 0.0)
    successor = listening(9, SUCCESSOR, subscribed=False)
    begun = transition(facts(BackingOff(110.0, 1, None), successor=successor, missing=5.0))
    begun.topics_confirmed("successor", successor, both, before=None)
    assert begun.facts().draining is None
    assert begun.facts().successor is None
    assert [type(event) for event in emitted(begun)] == [Connected, Resubscribed, Gap]
    assert begun.facts().missing is None


@pytest.mark.parametrize("primary", [listening(leaving=True), BackingOff(110.0, 1, None)])
def test_a_move_is_announced_once_and_only_of_an_open_connection(primary):
    begun = transition(facts(primary))
    announce_move(begun, "expiring")
    assert emitted(begun) == []
    assert (begun.facts().successor is not None) == isinstance(primary, Listening)


@pytest.mark.parametrize("subscribed", [True, False])
def test_topics_that_the_old_channel_lost_leave_a_gap_up_to_the_move(subscribed):
    old = draining(subscribed=subscribed)
    begun = transition(facts(listening(9, SUCCESSOR), draining=old))
    suspect_gap_while_draining(begun, old)
    gaps = emitted(begun)
    assert len(gaps) == subscribed
    assert all(gap.to.timestamp() == at(-1).wall for gap in gaps)
    assert not begun.facts().draining.subscribed


def test_without_a_memory_of_frames_an_old_socket_ends_all_the_same():
    begun = transition(facts(listening(9, SUCCESSOR), draining=draining(pongs_due=0)))
    begun.disconnected(2, Closed(1000, ""))
    assert (begun.facts().draining, begun.facts().duplicates) == (None, None)


def test_reading_again_gives_old_sockets_their_time_anew():
    old = draining()
    memory = DuplicateFilter(2, 9).without_old_socket(NOW.monotonic + 1)
    begun = transition(facts(BackingOff(110.0, 1, None), draining=old, duplicates=memory))
    begun.reading_resumed()
    assert begun.facts().draining.until == NOW.monotonic + POLICY.overlap
    assert begun.facts().duplicates.until == NOW.monotonic + POLICY.linger


def test_reading_again_leaves_a_memory_without_an_end_as_it_is():
    memory = DuplicateFilter(3, 9)
    begun = transition(facts(listening(), duplicates=memory))
    begun.reading_resumed()
    assert begun.facts().duplicates == memory
    assert begun.facts().primary.backlog is not None


@pytest.mark.parametrize(
    ("connection", "what"),
    [
        (Inspecting(8, 100.0, 0, replace(KNOWN, given=True)), "inspect"),
        (Creating(8, 100.0, 0), "create"),
    ],
)
def test_a_call_that_is_not_answered_is_made_again_later(connection, what):
    begun = transition(facts(connection))
    begun.timer(reading=True)
    (retrying,) = emitted(begun)
    assert (retrying.what, type(begun.facts().primary)) == (what, BackingOff)


def test_a_channel_of_which_nobody_tells_whether_it_exists_is_tried():
    begun = transition(facts(Checking(8, 100.0, 2, KNOWN)))
    begun.timer(reading=True)
    assert isinstance(begun.facts().primary, Connecting)


def test_nothing_is_done_before_its_time():
    begun = transition(facts(Creating(8, 100.1, 0)))
    begun.timer(reading=True)
    assert (begun.effects, begun.facts()) == ([], facts(Creating(8, 100.1, 0)))


def test_a_successor_that_a_timer_has_used_up_is_not_looked_at_again():
    lost = listening(pinged=0.0)
    begun = transition(facts(lost, successor=Connecting(9, 130.0, 0, SUCCESSOR)))
    begun.timer(reading=True)
    assert begun.facts().primary == Connecting(9, 130.0, 0, SUCCESSOR)


def test_stopping_without_an_open_socket_tells_of_no_end():
    begun = transition(facts(Connecting(9, 130.0, 0, KNOWN), draining=draining()))
    begun.stop()
    assert begun.effects == [CloseSocket(9), CloseSocket(2)]
    assert begun.stopped


def test_stopping_an_open_connection_tells_of_its_end():
    begun = transition(facts(listening()))
    begun.stop()
    assert [type(event) for event in emitted(begun)] == [Disconnected]


def test_while_nobody_reads_an_old_socket_keeps_its_time():
    old = draining(until=NOW.monotonic - 1)
    begun = transition(facts(listening(9, SUCCESSOR), draining=old))
    begun.timer(reading=False)
    assert begun.facts().draining == old
    begun.timer(reading=True)
    assert begun.facts().draining is None


def test_a_successor_that_is_lost_is_set_up_again_and_nobody_hears_of_it():
    memory = DuplicateFilter(3, 9)
    for duplicates in (memory, None):
        successor = listening(9, SUCCESSOR, opened=NOW.monotonic - 1)
        begun = transition(facts(listening(), successor=successor, duplicates=duplicates))
        begun.disconnected(9, Closed(1001, ""))
        assert isinstance(begun.facts().successor, BackingOff)
        assert begun.facts().primary == listening()
        assert begun.effects == []
        expected = memory.without_new_socket() if duplicates else None
        assert begun.facts().duplicates == expected


def test_a_primary_that_is_lost_takes_the_old_socket_along():
    begun = transition(facts(listening(), draining=draining(pongs_due=0)))
    begun.disconnected(3, Failed("closed", "broken", code=1006))
    assert CloseSocket(2) in begun.effects
    assert begun.facts().draining is None
    assert isinstance(begun.facts().primary, BackingOff)


def test_topics_are_synchronized_only_over_an_open_connection_that_is_not_at_it():
    for primary in (Connecting(9, 130.0, 0, KNOWN), listening(sync=Syncing(8, 130.0, A, 0, None))):
        begun = transition(facts(primary))
        begun.sync_topics("primary")
        begun.sync_topics("successor")
        assert begun.effects == []


# Where one condition alone decides


def test_a_socket_that_opens_is_nobody_elses():
    first = Connecting(8, 130.0, 0, KNOWN)
    begun = transition(facts(first, successor=Connecting(9, 130.0, 0, SUCCESSOR)))
    begun.connected(9)
    assert begun.facts().primary is first
    assert isinstance(begun.facts().successor, Listening)


def test_the_end_of_an_unknown_socket_changes_nothing():
    begun = transition(facts(BackingOff(110.0, 1, KNOWN)))
    begun.disconnected(99, Closed(1000, ""))
    assert (begun.effects, begun.facts()) == ([], facts(BackingOff(110.0, 1, KNOWN)))


def test_the_socket_of_a_channel_that_is_gone_is_closed():
    begun = transition(facts(listening()))
    begun.channel_gone("primary", begun.connections["primary"])
    assert begun.effects[0] == CloseSocket(3)
    assert begun.facts().primary.channel is None


def test_topics_are_renewed_whole_when_it_is_time():
    begun = transition(facts(listening(renew_at=NOW.monotonic)))
    begun.sync_topics("primary")
    (call,) = begun.effects
    assert (call.operation.endpoint.method, call.operation.body) == ("PUT", [{"id": "a"}])
    begun = transition(facts(listening(renew_at=NOW.monotonic + 1)))
    begun.sync_topics("primary")
    assert begun.effects == []


def test_no_topics_are_not_renewed():
    primary = listening(sync=InSync(frozenset(), 0, 0.0), renew_at=0.0)
    begun = Transition(Facts(wanted=frozenset(), primary=primary), POLICY, NOW)
    begun.sync_topics("primary")
    assert begun.effects == []


@pytest.mark.parametrize(
    ("changes", "before", "events"),
    [
        ({}, frozenset(), [Subscribed]),
        ({}, A, []),
        ({"resumed": True}, frozenset(), [Resubscribed]),
        ({"resumed": True}, A, [Resubscribed]),
        ({"missing": 5.0}, A, [Resubscribed, Gap]),
    ],
)
def test_what_is_said_once_topics_are_confirmed(changes, before, events):
    begun = transition(facts(listening(subscribed=False), **changes))
    primary = begun.connections["primary"]
    begun.topics_confirmed("primary", primary, InSync(A, 0, 0.0), before=before)
    assert [type(event) for event in emitted(begun)] == events
    assert begun.facts().primary.subscribed
    assert begun.facts().resumed


def test_whoever_was_subscribed_once_stays_so_without_topics():
    none = InSync(frozenset(), 0, 0.0)
    begun = transition(facts(listening(), resumed=True))
    begun.topics_confirmed("primary", listening(sync=none), none, before=A)
    assert begun.facts().primary.subscribed
    assert begun.facts().resumed
    begun = transition(facts(listening(subscribed=False)))
    begun.topics_confirmed("primary", listening(sync=none, subscribed=False), none, before=A)
    assert not begun.facts().primary.subscribed
    assert not begun.facts().resumed


def test_a_change_of_topics_has_its_time():
    for until, effects in ((NOW.monotonic + 1, []), (NOW.monotonic, [CloseSocket(3)])):
        begun = transition(facts(listening(sync=Syncing(8, until, A, 0, None))))
        begun.timer(reading=True)
        assert begun.effects[:1] == effects
        assert isinstance(begun.facts().primary, BackingOff) is bool(effects)


@pytest.mark.parametrize(
    ("pinged", "reading", "lost"),
    [
        (NOW.monotonic - POLICY.pong_wait, True, True),
        (NOW.monotonic - POLICY.pong_wait + 0.1, True, False),
        (NOW.monotonic - POLICY.pong_wait, False, False),
        (None, True, False),
    ],
)
def test_a_socket_is_lost_when_a_ping_is_not_answered_in_time(pinged, reading, lost):
    begun = transition(facts(listening(pinged=pinged)))
    begun.timer(reading=reading)
    assert begun.effects[:1] == ([CloseSocket(3)] if lost else [])
    assert isinstance(begun.facts().primary, BackingOff) is lost


@pytest.mark.parametrize(
    ("silent", "pinged", "reading", "asked"),
    [
        (POLICY.silence, None, True, True),
        (POLICY.silence - 0.1, None, True, False),
        (POLICY.silence, None, False, False),
        (POLICY.silence, NOW.monotonic, True, False),
    ],
)
def test_a_silent_socket_is_asked_once(silent, pinged, reading, asked):
    begun = transition(facts(listening(heard=at(-silent), pinged=pinged)))
    begun.timer(reading=reading)
    assert begun.effects == ([SendText(3, PING)] if asked else [])


@pytest.mark.parametrize(("pinged", "then"), [(50.0, NOW.monotonic), (None, None)])
def test_a_ping_gets_its_time_anew_when_reading_begins_again(pinged, then):
    begun = transition(facts(listening(pinged=pinged, backlog=Backlog(at(-9), at(-8)))))
    begun.reading_resumed()
    assert begun.facts().primary.pinged == then
    assert begun.facts().primary.backlog.again


def test_a_move_that_was_put_off_begins_when_time_passes():
    begun = transition(facts(listening(leaving=True)))
    begun.timer(reading=True)
    assert begun.facts().successor is not None
