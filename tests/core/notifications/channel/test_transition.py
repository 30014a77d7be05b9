"""Failures and time, one story each; planned moves are in test_channel_moves."""

import pytest

from genesys_core.errors import ConnectError, InvalidClientError
from genesys_core.notifications.channel.channel import Stopped
from genesys_core.notifications.channel.connection import Creating
from genesys_core.notifications.channel.events import (
    Disconnected,
    Gap,
    GaveUp,
    Resubscribed,
    Retrying,
    Subscribed,
)
from genesys_core.websocket import Closed, Failed
from tests.helpers.channel_world import EPOCH, HEARTBEAT, World, api_error


def live(*topics: str, **options: object) -> World:
    world = World(topics or ["a"], **options)
    world.heal()
    world.events.clear()
    return world


def names(world: World) -> list[str]:
    return [type(event).__name__ for event in world.events]


def the_socket(world: World) -> int:
    (socket,) = world.links
    return socket


# Before anything has worked


@pytest.mark.parametrize(
    "error", [api_error(401), api_error(403), InvalidClientError("invalid_client")]
)
def test_a_refusal_before_anything_worked_is_final(error):
    world = World(["a"])
    world.reply(1, error)
    assert world.events == [GaveUp(error)]
    assert isinstance(world.state, Stopped)


@pytest.mark.parametrize("error", [api_error(503), ConnectError("no", sent=False)])
def test_a_failure_before_anything_worked_is_not(error):
    world = World(["a"])
    world.reply(1, error)
    (retrying,) = world.events
    assert retrying == Retrying("create", str(error), 0.75, error)
    world.run(1)
    assert world.running.settled


def test_a_refusal_later_is_not_final_either():
    world = live()
    world.expire("c1")
    world.deliver(the_socket(world))
    world.advance(1)
    world.open(next(iter(world.opening)))
    world.advance(2)
    (call,) = world.calls
    world.reply(call, api_error(401))
    assert isinstance(world.events[-1], Retrying)
    world.run(5)
    assert world.running.settled


def test_a_call_that_is_never_answered():
    world = World(["a"])
    world.advance(121)
    assert names(world)[0] == "Retrying"
    world.calls.pop(1)
    world.heal()
    assert world.running.settled


def test_what_is_answered_too_late_is_ignored():
    world = World(["a"])
    operation = world.calls[1]
    world.advance(121)
    step = world.running.called(1, world.execute(operation), now=world.now)
    assert (step.state, step.effects) == (world.state, ())


# Losing the connection


@pytest.mark.parametrize(
    ("how", "reason", "code"),
    [
        (Closed(1001, "bye"), "closed", 1001),
        (Closed(1005, ""), "closed", 1005),
        (Failed("closed", "broken", code=1006), "failed", 1006),
        (Failed("protocol", "nonsense", code=1002), "failed", 1002),
    ],
)
def test_a_connection_that_ends_is_opened_again(how, reason, code):
    world = live()
    socket = the_socket(world)
    world.channels["c1"].socket = None
    del world.links[socket]
    world.take(world.running.disconnected(socket, how, now=world.now))
    world.run(2)
    told, connected, again, gap = world.events
    assert (told.reason, told.code) == (reason, code)
    assert connected.channel_id == "c1"
    assert again.topics == {"a"}
    assert (gap.from_.timestamp(), gap.to.timestamp()) == (EPOCH + 95, EPOCH + 100.75 + 0.25)


def test_a_gap_begins_before_the_last_frame_that_came():
    world = live()
    world.advance(10)
    world.send(the_socket(world), HEARTBEAT)
    world.deliver(the_socket(world))
    world.advance(10)
    world.break_off(the_socket(world))
    world.run(2)
    (gap,) = [event for event in world.events if isinstance(event, Gap)]
    assert gap.from_.timestamp() == EPOCH + 110 - world.policy.lag


def test_before_anything_was_subscribed_nothing_can_be_missing():
    world = live()
    fresh = World(["a"])
    fresh.answer(1)
    fresh.open(2)
    fresh.break_off(2)
    fresh.run(5)
    assert fresh.running.settled
    assert not any(isinstance(event, Gap | Resubscribed) for event in fresh.events)
    assert not world.events


def test_waits_grow_while_it_fails_and_start_again_once_it_held():
    world = live()
    delays = []
    for _ in range(4):
        world.break_off(the_socket(world))
        delays.append(world.running.next_deadline - world.time)
        while not world.running.settled:
            world.advance(0.25)
            world.heal()
    assert delays == sorted(delays)
    assert delays[-1] > 4
    world.run(61)
    world.break_off(the_socket(world))
    assert world.running.next_deadline - world.time == delays[0]


def test_a_socket_that_is_turned_away_means_a_new_channel():
    world = live()
    world.expire("c1")
    world.deliver(the_socket(world))
    world.advance(1)
    (socket,) = world.opening
    world.open(socket)
    world.advance(2)
    assert isinstance(world.running.facts.primary, Creating)


def test_after_failed_attempts_the_channel_is_looked_at_first():
    world = live()
    world.break_off(the_socket(world))
    methods = []
    while world.made == 1:
        world.advance(1)
        methods += [operation.endpoint.method for operation in world.calls.values()]
        for call in tuple(world.calls):
            world.answer(call)
        for socket in tuple(world.opening):
            world.fail_to_open(socket)
    # The first attempt opens, the next ones look first, and the fifth makes a new channel.
    assert methods == ["HEAD", "HEAD", "HEAD", "POST"]


@pytest.mark.parametrize(("exists", "then"), [(True, "opening"), (False, "calls")])
def test_what_the_look_leads_to(exists, then):
    world = live()
    world.break_off(the_socket(world))
    while not world.calls:
        world.advance(1)
        for socket in tuple(world.opening):
            world.fail_to_open(socket)
    if not exists:
        world.expire("c1")
    world.answer(*world.calls)
    assert getattr(world, then)
    world.run(5)
    assert world.running.connected_channel == ("c1" if exists else "c2")


def test_a_look_that_is_not_answered_does_not_hold_it_up():
    world = live()
    world.break_off(the_socket(world))
    while not world.calls:
        world.advance(1)
        for socket in tuple(world.opening):
            world.fail_to_open(socket)
    world.advance(120)
    assert world.opening


def test_a_socket_that_does_not_open_in_time():
    world = World(["a"])
    world.answer(1)
    world.advance(30.5)
    assert isinstance(world.events[0], Retrying)
    assert not world.opening


def test_another_program_on_the_same_channel_is_left_alone_in_the_end():
    world = live()
    for _ in range(12):
        if world.channels["c1"].socket is not None:
            world.close(world.channels["c1"].socket)
        world.heal()
        world.run(8)
    assert world.running.connected_channel != "c1"


# Silence


def test_a_silent_server_is_asked_and_then_left():
    world = live()
    link = world.links[the_socket(world)]
    link.silent = True
    world.advance(34.9)
    assert not world.events
    world.advance(5)
    assert world.running.facts.primary.pongs_due == 1
    world.advance(0.2)
    assert [event.reason for event in world.events if isinstance(event, Disconnected)] == ["silent"]
    world.run(2)
    assert names(world)[1:] == ["Connected", "Resubscribed", "Gap"]


def test_any_frame_is_an_answer():
    world = live()
    link = world.links[the_socket(world)]
    link.silent = True
    world.advance(36)
    link.silent = False
    world.publish("a")
    world.deliver(the_socket(world))
    link.silent = True
    world.advance(30)
    assert names(world) == ["Arrived"]


def test_pings_of_the_user_do_not_put_off_the_watchdog():
    world = live()
    world.links[the_socket(world)].silent = True
    for _ in range(6):
        world.take(world.running.ping(now=world.now))
        world.advance(1)
    assert names(world) == ["Disconnected"]


# Topics


@pytest.mark.parametrize("error", [api_error(500), api_error(400), ConnectError("no", sent=False)])
def test_a_change_that_fails_is_made_again_whole(error):
    world = live()
    world.want(["a", "b"])
    (call,) = world.calls
    assert world.calls[call].endpoint.method == "POST"
    world.reply(call, error)
    assert world.events == [Retrying("subscribe", str(error), 0.75, error)]
    world.advance(0.8)
    (call,) = world.calls
    assert world.calls[call].endpoint.method == "PUT"
    world.heal()
    assert world.channels["c1"].topics == {"a", "b"}
    assert isinstance(world.events[-1], Subscribed)


def test_a_change_that_is_never_answered_leaves_the_channel_to_it():
    world = live()
    world.want(["a", "b"])
    (late,) = world.calls.values()
    world.advance(119)
    world.publish("a")
    world.advance(5)
    world.calls = {call: op for call, op in world.calls.items() if op is not late}
    world.run(5)
    assert world.running.connected_channel == "c2"
    world.execute(late)
    assert world.channels["c2"].topics == {"a", "b"}
    assert any(isinstance(event, Gap) for event in world.events)


def test_a_channel_that_is_gone_is_replaced():
    world = live()
    del world.channels["c1"]
    world.want(["b"])
    world.heal()
    (told,) = world.events
    assert told.reason == "channel_gone"
    world.run(5)
    assert world.channels["c2"].topics == {"b"}


def test_a_loss_of_topics_that_are_given_up_meanwhile_is_still_told():
    world = live("a", "b")
    world.links[the_socket(world)].silent = True
    world.publish("b")
    world.want(["a"])
    world.run(50)
    world.check_no_loss()
    assert any(isinstance(event, Gap) for event in world.events)


def test_a_refusal_is_forgotten_with_its_topic():
    world = World(["a"])
    world.refused_topics = {"a"}
    world.heal()
    assert [refusal.topic for refusal in world.running.facts.refusals] == ["a"]
    world.take(world.running.want((), now=world.now))
    assert world.running.facts.refusals == frozenset()


def test_a_gap_after_a_slow_consumer_begins_before_all_that_may_be_missing():
    world = live("a")
    (socket,) = world.links
    world.pause()
    world.publish("a")
    world.deliver(socket)  # read, and held
    world.publish("a")  # stays in the network
    world.advance(2)
    world.close(socket)
    world.publish("a")  # nobody is there to hear of it
    world.advance(100)
    world.run(200)
    world.check_no_loss()
    assert len(world.handed_out()) == 2


def test_one_ping_at_a_time_asks_where_the_backlog_ends():
    world = live("a")
    for _ in range(3):
        step = world.running.resumed(now=world.now)
        world.state = step.state
        assert len(step.effects) <= (world.running.facts.primary.pongs_due == 1)
    assert world.running.facts.primary.backlog.again
