import math

import pytest

from genesys_core.clock import Now
from genesys_core.notifications.channel.connection import (
    BackingOff,
    Backlog,
    Checking,
    Connecting,
    Creating,
    Inspecting,
    InSync,
    Listening,
    OutOfSync,
    PlatformChannel,
    Syncing,
)
from tests.helpers.channel_world import POLICY

NOW = Now(1000.0, 0.0)
KNOWN = PlatformChannel("c", "wss://a/secret", life=500.0)
GIVEN = PlatformChannel("c", "wss://a/secret", given=True, own=False)
A, AB = frozenset({"a"}), frozenset({"a", "b"})


def opened(**changes: object) -> Listening:
    facts = {"failures": 0, "opened": 900.0, "heard": NOW, "renew_at": 5000.0}
    facts |= {"channel": KNOWN, "sync": InSync(A, 0, 900.0)}
    return Listening(1, **{**facts, **changes})


@pytest.mark.parametrize(
    ("channel", "failures", "connection"),
    [
        (None, 0, Creating),
        (None, 5, Creating),
        (GIVEN, 0, Inspecting),
        (GIVEN, 5, Inspecting),
        (KNOWN, 0, Connecting),
        (KNOWN, 1, Connecting),
        (KNOWN, 2, Checking),
        (KNOWN, 4, Checking),
        (KNOWN, 5, Creating),
        (KNOWN, 6, Checking),
        (KNOWN, 10, Creating),
    ],
)
def test_what_follows_a_wait(channel, failures, connection):
    woke = BackingOff(0.0, failures, channel).woke(7, now=NOW, policy=POLICY)
    assert isinstance(woke, connection)
    assert woke.failures == failures
    assert woke.until == 1000.0 + (30.0 if connection is Connecting else 120.0)


def test_a_channel_that_was_just_made_has_no_topics():
    opening = Creating(1, 0.0, 3).made(KNOWN, 2, now=NOW, policy=POLICY)
    assert (opening.socket, opening.failures, opening.confirmed) == (2, 3, frozenset())
    assert opening.connected(now=NOW, policy=POLICY).sync == OutOfSync(frozenset(), 0, 1000.0)


@pytest.mark.parametrize(
    "opening",
    [
        Creating(1, 0.0, 3).made(KNOWN, 2, now=NOW, policy=POLICY),
        Inspecting(1, 0.0, 3, GIVEN).seen(2, now=NOW, policy=POLICY),
        Checking(1, 0.0, 3, KNOWN).exists(2, now=NOW, policy=POLICY),
    ],
)
def test_a_socket_has_30_seconds_to_open_and_promises_nothing_yet(opening):
    assert opening.until == 1030.0
    connection = opening.connected(now=NOW, policy=POLICY)
    assert (connection.opened, connection.heard, connection.failures) == (1000.0, NOW, 3)
    assert not connection.subscribed
    assert not connection.leaving


def test_of_a_channel_that_was_there_nobody_can_tell():
    opening = Inspecting(1, 0.0, 0, GIVEN).seen(2, now=NOW, policy=POLICY)
    assert (opening.channel.given, opening.channel.own, opening.confirmed) == (False, False, None)
    assert (KNOWN.given, KNOWN.own) == (False, True)
    assert Checking(1, 0.0, 2, KNOWN).exists(2, now=NOW, policy=POLICY).confirmed is None


@pytest.mark.parametrize(("channel", "renew_at"), [(KNOWN, 1500.0), (GIVEN, 1000.0 + 23 * 3600)])
def test_when_the_topics_are_to_be_sent_again(channel, renew_at):
    connection = Connecting(1, 0.0, 0, channel).connected(now=NOW, policy=POLICY)
    assert connection.renew_at == renew_at


@pytest.mark.parametrize(
    ("connection", "due"),
    [
        (opened(), 1035.0),
        (opened(pinged=1030.0), 1035.0),
        (opened(renew_at=1010.0), 1010.0),
        (opened(renew_at=1010.0, sync=InSync(frozenset(), 0, 0.0)), 1035.0),
        (opened(sync=OutOfSync(None, 1, 1003.0)), 1003.0),
        (opened(sync=Syncing(1, 1004.0, A, 0, None)), 1004.0),
        (opened(sync=Syncing(1, 1100.0, A, 0, None)), 1035.0),
    ],
)
def test_when_an_open_leg_wants_attention(connection, due):
    assert connection.deadline(POLICY) == due


@pytest.mark.parametrize(("opened_at", "failures"), [(999.0, 4), (940.1, 4), (940.0, 1), (0.0, 1)])
def test_a_connection_that_held_starts_the_waits_again(opened_at, failures):
    assert opened(opened=opened_at, failures=3).broken(now=NOW, policy=POLICY) == failures


@pytest.mark.parametrize(
    ("before", "wanted", "renew_at"),
    [(None, A, 1500.0), (A, A, 1500.0), (AB, A, 1500.0), (A, AB, 5000.0), (frozenset(), A, 5000.0)],
)
def test_only_a_change_that_sent_all_topics_renews(before, wanted, renew_at):
    change = Syncing(1, 0.0, wanted, 0, before)
    connection = opened(sync=change).changed(change, now=NOW, policy=POLICY)
    assert (connection.renew_at, connection.sync) == (renew_at, InSync(wanted, 0, 1000.0))


@pytest.mark.parametrize(
    ("before", "wanted", "confirmed"),
    [
        (A, A, frozenset()),  # nothing is sent
        (A, AB, AB - A),  # only b is added
        (None, AB, AB),  # all are sent
        (AB, A, A),  # likewise
        (frozenset(), A, A),  # a is what is added
    ],
)
def test_topics_that_are_asked_for_again_during_a_change_that_omits_them_are_sent_after_it(
    before, wanted, confirmed
):
    change = Syncing(1, 0.0, wanted, 0, before)
    assert change.asked_again(A).done(now=NOW) == InSync(confirmed, 0, 1000.0)
    assert (change.asked_again(A) is change) == (confirmed == wanted)


def test_a_channel_of_unknown_life_is_renewed_an_hour_before_a_day_is_over():
    change = Syncing(1, 0.0, A, 0, None)
    connection = opened(channel=GIVEN, sync=change).changed(change, now=NOW, policy=POLICY)
    assert connection.renew_at == 1000.0 + 23 * 3600


def test_a_doubtful_change_is_made_again():
    change = Syncing(1, 0.0, A, 2, None).lost(now=NOW, policy=POLICY)
    assert change.done(now=NOW) == OutOfSync(None, 3, 1000.0)
    assert OutOfSync(A, 1, 7.0).lost(now=NOW, policy=POLICY) == OutOfSync(None, 1, 7.0)


@pytest.mark.parametrize(("since", "failures"), [(999.0, 3), (940.0, 1)])
def test_topics_that_are_lost_again_and_again_are_asked_for_later(since, failures):
    lost = InSync(A, 2, since).lost(now=NOW, policy=POLICY)
    assert lost == OutOfSync(None, failures, 1000.0 + POLICY.delay(failures))


def test_pings_are_counted_and_the_first_one_is_waited_for():
    once = opened().ping(now=NOW)
    twice = once.ping(now=Now(1003.0, 0.0))
    assert (twice.pinged, twice.pongs_due) == (1000.0, 2)


def test_an_address_is_not_shown():
    assert "secret" not in repr(opened())
    assert "secret" not in repr(Connecting(1, 0.0, 0, KNOWN))


def at(seconds: float) -> Now:
    return Now(NOW.monotonic + seconds, NOW.wall + seconds)


def test_a_backlog_ends_with_the_answer_to_the_ping_behind_it():
    connection = opened(heard=at(9), pongs_due=2, backlog=Backlog(at(1), at(5)))
    assert connection.complete_until == at(1)
    connection = connection.answered(now=at(10))
    assert (connection.complete_until, connection.pongs_due) == (at(1), 1)
    connection = connection.answered(now=at(11))
    assert (connection.complete_until, connection.backlog, connection.pongs_due) == (at(9), None, 0)
    assert connection.answered(now=at(12)) == connection


def test_a_backlog_that_grew_meanwhile_is_sure_up_to_the_ping():
    connection = opened(pongs_due=1, backlog=Backlog(at(1), at(5), again=True)).answered(now=at(11))
    assert connection.backlog == Backlog(at(5), at(11))
    assert connection.complete_until == at(5)


def test_a_channel_that_is_missing_is_made_anew():
    assert Checking(1, 0.0, 2, KNOWN).missing(7, now=NOW, policy=POLICY) == Creating(
        7, NOW.monotonic + POLICY.call_limit, 2
    )


@pytest.mark.parametrize(
    ("sync", "failures"),
    [(OutOfSync(A, 3, 0.0), 3), (InSync(A, 3, 999.0), 3), (InSync(A, 3, 0.0), 0)],
)
def test_a_change_remembers_what_was_there_and_recent_failures(sync, failures):
    begun = sync.begun(7, AB, now=NOW, policy=POLICY)
    assert begun == Syncing(7, NOW.monotonic + POLICY.call_limit, AB, failures, before=A)


def test_a_change_that_failed_is_made_again_with_all_topics():
    failed = Syncing(7, 0.0, AB, 1, A).failed(2.5, now=NOW)
    assert failed == OutOfSync(None, 2, NOW.monotonic + 2.5)


def test_while_nobody_reads_a_silent_server_means_nothing():
    assert opened().deadline(POLICY, reading=False) == 5000.0
    assert opened(sync=InSync(frozenset(), 0, 0.0)).deadline(POLICY, reading=False) == math.inf
