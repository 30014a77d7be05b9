import pytest

from genesys_core.clock import Now
from genesys_core.errors import DecodeError
from genesys_core.models import Channel
from genesys_core.notifications.channel.channel import GivenChannel
from genesys_core.notifications.channel.connection import (
    BackingOff,
    Checking,
    Connecting,
    Creating,
    PlatformChannel,
)
from genesys_core.notifications.channel.events import (
    Adopted,
    Disconnected,
    Retrying,
    Subscribed,
    SubscriptionRejected,
)
from genesys_core.notifications.channel.facts import Facts
from genesys_core.notifications.channel.rest_results import take_result
from genesys_core.notifications.channel.transition import Transition
from tests.helpers.channel_world import (
    NO_LONGER,
    POLICY,
    SOCKET_CLOSING,
    ServerChannel,
    World,
    api_error,
    listing,
)


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


# A channel that the caller gave, and one of which nobody knows whether it still exists

GIVEN = GivenChannel("given", "wss://streaming.example.com/given")


def test_the_topics_of_a_given_channel_are_taken_over():
    world = World(["a"], existing=GIVEN)
    world.channels["given"] = ServerChannel("given", {"A", "theirs"})
    world.heal()
    assert world.events[0] == Adopted(frozenset({"A", "theirs"}))
    assert world.running.facts.wanted == {"a", "theirs"}


def test_a_given_channel_without_topics_has_none_to_take_over():
    world = World(["a"], existing=GIVEN)
    world.channels["given"] = ServerChannel("given")
    world.heal()
    assert not [event for event in world.events if isinstance(event, Adopted)]


def test_a_given_channel_that_is_gone_is_replaced_at_once():
    world = World(["a"], existing=GIVEN)
    world.answer(1)
    assert world.events == [Retrying("inspect", "the existing channel was not found", 0.0)]
    assert isinstance(world.running.facts.primary, Creating)


def test_a_given_channel_that_could_not_be_looked_at_is_looked_at_again():
    world = World(["a"], existing=GIVEN)
    world.channels["given"] = ServerChannel("given")
    world.reply(1, api_error(503))
    (retrying,) = world.events
    assert (retrying.what, type(world.running.facts.primary)) == ("inspect", BackingOff)
    world.run(5)
    assert world.running.connected_channel == "given"


@pytest.mark.parametrize(
    ("outcome", "follows"),
    [(None, Connecting), (api_error(404), Creating), (api_error(503), Connecting)],
)
def test_a_channel_is_used_unless_it_is_known_to_be_gone(outcome, follows):
    checking = Checking(8, 130.0, 2, PlatformChannel("c", "wss://a/c"))
    begun = Transition(Facts(wanted=frozenset(), primary=checking), POLICY, Now(100.0, 0.0))
    take_result(begun, 8, outcome)
    assert isinstance(begun.facts().primary, follows)


# A change of the topics


def subscribing() -> tuple[World, int]:
    world = World(["a"])
    world.heal()
    world.want(["a", "b"])
    (call,) = world.calls
    world.events.clear()
    return world, call


def test_a_change_that_failed_is_made_again_later():
    world, call = subscribing()
    world.reply(call, api_error(503))
    (retrying,) = world.events
    assert retrying.what == "subscribe"
    world.run(5)
    assert world.running.settled


def test_a_change_on_a_channel_that_is_gone_begins_anew():
    world, call = subscribing()
    world.channels.clear()
    world.answer(call)
    assert isinstance(world.events[0], Disconnected)
    assert world.events[0].reason == "channel_gone"
    world.run(5)
    assert world.running.connected_channel == "c2"


def test_a_change_that_became_doubtful_meanwhile_is_made_again():
    world, call = subscribing()
    (socket,) = world.links
    world.send(socket, NO_LONGER)
    world.deliver(socket)
    world.answer(call)
    assert not world.running.settled
    assert len(world.calls) == 1
    world.heal()
    assert world.running.settled
