import pytest

from genesys_core.errors import DecodeError
from genesys_core.models import Channel
from genesys_core.notifications.channel.events import Subscribed, SubscriptionRejected
from tests.helpers.channel_world import SOCKET_CLOSING, World, listing


def rejections(world: World) -> list[SubscriptionRejected]:
    return [event for event in world.events if isinstance(event, SubscriptionRejected)]


def test_a_rejected_topic_is_told_once_and_not_asked_for_again():
    world = World(["a", "bad"])
    world.refused_topics = {"bad"}
    world.heal()
    assert rejections(world) == [SubscriptionRejected("bad", "no", ("a:b",))]
    assert world.events[-1].topics == {"a"}
    assert world.running.settled
    world.run(100)
    assert not world.calls
    world.break_off(*world.links)
    world.run(5)
    assert len(rejections(world)) == 1


def test_a_topic_permitted_later_and_rejected_again_is_told_again():
    world = World(["a", "bad"])
    for refused in ({"bad"}, set(), {"bad"}):
        world.refused_topics = refused
        world.heal()
        world.run(100)
        if world.links:
            world.break_off(*world.links)
        world.run(5)
    assert len(rejections(world)) == 2


def test_a_rejected_topic_that_is_given_up_and_asked_for_again():
    world = World(["bad"])
    world.refused_topics = {"bad"}
    world.heal()
    world.want([])
    world.heal()
    world.want(["bad"])
    world.heal()
    assert len(rejections(world)) == 2


def test_only_the_topics_had_are_said_to_be_subscribed():
    world = World(["a"])
    world.refused_topics = {"bad"}
    world.heal()
    world.want(["a", "b", "bad"])
    world.heal()
    subscribed = [event.topics for event in world.events if isinstance(event, Subscribed)]
    assert subscribed == [{"a"}, {"a", "b"}]


@pytest.mark.parametrize("reply", [None, Channel(), Channel(id="x"), listing(["a"])])
def test_a_reply_without_a_channel_is_an_error_like_any_other(reply):
    world = World(["a"])
    world.reply(1, reply)
    (retrying,) = world.events
    assert isinstance(retrying.error, DecodeError)
    world.run(5)
    assert world.running.settled


def test_a_reply_for_nobody_changes_nothing():
    world = World(["a"])
    step = world.running.called(999, Channel(id="x", connect_uri="y"), now=world.now)
    assert (step.state, step.effects) == (world.state, ())


def test_two_calls_at_once_are_told_apart():
    world = World(["a"])
    world.heal()
    (socket,) = world.links
    world.send(socket, SOCKET_CLOSING)
    world.deliver(socket)
    world.want(["a", "b"])
    create, subscribe = sorted(world.calls)
    world.answer(subscribe)
    assert world.channels["c1"].topics == {"a", "b"}
    world.answer(create)
    world.heal()
    assert world.running.connected_channel == "c2"
