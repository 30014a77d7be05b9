"""Planned moves: the server says that it will close, and another channel takes over before that."""

import pytest

from genesys_core.notifications.channel.channel import GivenChannel
from genesys_core.notifications.channel.connection import Listening
from genesys_core.notifications.channel.events import (
    Arrived,
    Connected,
    Disconnected,
    Gap,
    Moving,
    Resubscribed,
)
from tests.helpers.channel_world import EPOCH, SOCKET_CLOSING, ServerChannel, World, api_error


def live(*topics: str) -> World:
    world = World(topics or ["a"])
    world.heal()
    world.events.clear()
    return world


def names(world: World) -> list[str]:
    return [type(event).__name__ for event in world.events]


def moving(world: World) -> int:
    """The server announces the end; returns the old socket."""
    old = next(iter(world.links))
    world.send(old, SOCKET_CLOSING)
    world.deliver(old)
    return old


def bring_up_successor(world: World) -> None:
    """Calls are answered and sockets opened, and nothing is read."""
    while world.running.facts.successor is not None:
        for call in tuple(world.calls):
            world.answer(call)
        for socket in tuple(world.opening):
            world.open(socket)


def test_a_planned_move_loses_nothing_and_repeats_nothing():
    world = live()
    old = moving(world)
    world.publish("a")
    bring_up_successor(world)
    for _ in range(3):
        world.publish("a")
    world.advance(2)
    world.close(old)
    world.publish("a")
    world.run(30)
    assert names(world)[:2] == ["Arrived", "Moving"]
    assert [type(event) for event in world.events if not isinstance(event, Arrived)][:3] == [
        Moving,
        Connected,
        Resubscribed,
    ]
    assert len(world.handed_out()) == 6  # five events and the announcement
    world.check_no_loss()
    assert not any(isinstance(event, Gap | Disconnected) for event in world.events)
    assert world.channels["c1"].topics == set()
    assert world.running.facts.duplicates is None


def test_the_old_socket_is_kept_for_a_while_and_then_closed():
    world = live()
    old = moving(world)
    bring_up_successor(world)
    world.advance(9.9)
    assert old in world.links
    world.advance(0.2)
    assert old not in world.links
    assert not any(isinstance(event, Gap) for event in world.events)


@pytest.mark.parametrize("frames", [0, 1])
def test_an_old_socket_that_breaks_before_its_pong_leaves_a_gap(frames):
    world = live()
    old = moving(world)
    world.publish("a")
    world.publish("a")
    bring_up_successor(world)
    world.deliver(old, frames)  # a frame is no proof that the next one came
    world.break_off(old)
    world.run(1)
    (gap,) = [event for event in world.events if isinstance(event, Gap)]
    assert (gap.from_.timestamp(), gap.to.timestamp()) == (EPOCH + 95, EPOCH + 100)
    world.check_no_loss()


def test_a_close_is_no_proof_either():
    world = live()
    old = moving(world)
    world.close(old)
    world.publish("a")  # after the close was sent, and before the new channel has the topic
    bring_up_successor(world)
    world.run(30)
    assert sum(isinstance(event, Gap) for event in world.events) == 1
    world.check_no_loss()


def test_the_pong_of_an_earlier_ping_is_no_proof():
    world = live()
    old = moving(world)
    world.take(world.running.ping(now=world.now))
    world.publish("a")
    bring_up_successor(world)
    world.deliver(old, 1)
    world.break_off(old)
    world.run(1)
    assert sum(isinstance(event, Gap) for event in world.events) == 1


def test_after_the_pong_a_break_is_harmless():
    world = live()
    old = moving(world)
    world.publish("a")
    bring_up_successor(world)
    world.deliver(old)
    world.break_off(old)
    world.run(30)
    assert not any(isinstance(event, Gap) for event in world.events)
    world.check_no_loss()


@pytest.mark.parametrize("clean", [True, False])
def test_a_server_that_closes_before_the_move_is_done(clean):
    world = live()
    old = moving(world)
    if clean:
        world.close(old)
        world.deliver(old)
    else:
        world.break_off(old)
    world.publish("a")
    world.run(5)
    assert [type(event) for event in world.events[2:]] == [
        Disconnected,
        Connected,
        Resubscribed,
        Gap,
    ]
    world.check_no_loss()
    assert world.made == 2


def test_a_successor_that_fails_is_tried_again_while_the_old_one_serves():
    world = live()
    old = moving(world)
    for _ in range(3):
        (call,) = world.calls
        world.reply(call, api_error(503))
        world.advance(world.running.next_deadline - world.time + 0.1)
    world.publish("a")
    world.deliver(old)
    assert len(world.handed_out()) == 2
    bring_up_successor(world)
    world.run(30)
    assert world.running.connected_channel == "c2"
    world.check_no_loss()


def test_a_successor_that_breaks_is_opened_again():
    world = live("a", "b")
    old = moving(world)
    world.answer(*world.calls)
    world.open(*world.opening)
    (successor,) = set(world.links) - {old}
    world.work(*world.calls)
    world.publish("a")
    world.deliver(successor)
    world.break_off(successor)
    world.calls.clear()
    world.publish("b")
    world.run(40)
    assert world.running.connected_channel == "c2"
    world.check_no_loss()
    assert not any(isinstance(event, Gap) for event in world.events)


def test_topics_asked_for_during_a_move_are_had_on_both():
    world = live("a")
    moving(world)
    world.want(["a", "b"])
    assert len(world.calls) == 2
    world.heal()
    assert world.channels["c2"].topics == {"a", "b"}
    world.publish("b")
    world.run(30)
    world.check_no_loss()


def test_a_change_of_mind_during_a_move():
    world = live("a")
    moving(world)
    world.answer(*world.calls)
    world.open(*world.opening)
    world.want([])
    world.want(["a"])
    world.heal()
    assert world.running.connected_channel == "c2"
    assert world.channels["c2"].topics == {"a"}


def test_a_move_without_topics():
    world = World()
    world.heal()
    moving(world)
    world.run(30)
    assert world.running.connected_channel == "c2"
    assert not any(isinstance(event, Gap) for event in world.events)


def test_one_move_at_a_time():
    world = live()
    moving(world)
    world.heal()
    (new,) = [s for s, link in world.links.items() if link.channel == "c2"]
    world.send(new, SOCKET_CLOSING)
    world.deliver(new)
    assert world.made == 2
    assert not world.calls
    world.publish("a")
    world.run(25)
    assert world.running.connected_channel == "c3"
    assert world.made == 3
    world.check_no_loss()


def test_an_end_announced_on_the_successor_moves_again():
    world = live()
    old = moving(world)
    world.answer(*world.calls)
    world.open(*world.opening)
    (new,) = set(world.links) - {old}
    world.send(new, SOCKET_CLOSING)
    world.deliver(new)
    world.run(60)
    assert world.running.connected_channel == "c3"


def test_the_new_socket_breaking_during_the_overlap():
    world = live()
    old = moving(world)
    bring_up_successor(world)
    (new,) = set(world.links) - {old}
    world.publish("a")
    world.break_off(new)
    assert old not in world.links
    world.run(30)
    world.check_no_loss()
    assert isinstance(world.running.facts.primary, Listening)


def test_stopping_during_a_move():
    world = live()
    moving(world)
    bring_up_successor(world)
    assert len(world.links) == 2
    world.take(world.running.stop(now=world.now))
    assert (world.links, world.opening) == ({}, {})


def test_a_given_channel_is_left_as_it_is_after_a_move():
    world = World(["a"], existing=GivenChannel("given", "wss://streaming.example.com/given"))
    world.channels["given"] = ServerChannel("given", {"theirs"})
    world.heal()
    moving(world)
    world.run(30)
    assert world.channels["given"].topics == {"a", "theirs"}
    assert world.channels["c1"].topics == {"a", "theirs"}
