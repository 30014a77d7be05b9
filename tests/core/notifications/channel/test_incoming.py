import json

import pytest

from genesys_core.notifications.channel.connection import Listening
from genesys_core.notifications.channel.events import (
    Arrived,
    Disconnected,
    Gap,
    Heartbeat,
    Moving,
    Resubscribed,
    SubscriptionLost,
    UnknownEvent,
)
from tests.helpers.channel_world import (
    HEARTBEAT,
    NO_LONGER,
    PONG_TEXT,
    SOCKET_CLOSING,
    TOKEN_REVOKED,
    World,
)


def live(*topics: str) -> World:
    world = World(topics or ["a"])
    world.heal()
    world.events.clear()
    return world


def say(world: World, *texts: str) -> list[object]:
    """What the user hears when the server says something."""
    (socket,) = world.links
    world.events.clear()
    world.take(world.running.received(socket, texts, now=world.now))
    return list(world.events)


def test_events_are_handed_out_in_order():
    texts = [json.dumps({"topicName": "a", "eventBody": n}) for n in range(3)]
    events = say(live(), *texts)
    assert [event.text for event in events] == texts
    assert all(isinstance(event, Arrived) and event.envelope.topic_name == "a" for event in events)


def test_equal_events_of_one_channel_are_all_handed_out():
    text = '{"topicName":"a"}'
    assert [event.text for event in say(live(), text, text)] == [text, text]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEARTBEAT, "WebSocket Heartbeat"),
        (PONG_TEXT, "pong"),
        ('{"topicName":"Channel.Metadata","eventBody":{}}', ""),
        ('{"topicName":"channel.metadata"}', ""),
        ('{"topicName":"channel.metadata","eventBody":{"message":7}}', ""),
    ],
)
def test_heartbeats(text, message):
    assert say(live(), text) == [Heartbeat(message, text)]


@pytest.mark.parametrize("text", ["", "nonsense", "{}", "[]", '{"topicName":null}', "null"])
def test_what_is_no_event_is_shown(text):
    assert say(live(), text) == [UnknownEvent(text)]


def test_a_topic_that_nobody_knows_is_an_event():
    (event,) = say(live(), '{"topicName":"v9.brand.new","eventBody":{}}')
    assert isinstance(event, Arrived)


@pytest.mark.parametrize(
    ("text", "reason"), [(SOCKET_CLOSING, "socket_closing"), (TOKEN_REVOKED, "token_revoked")]
)
def test_system_messages_that_announce_the_end_start_a_move(text, reason):
    world = live()
    shown, moving = say(world, text)
    assert (shown.text, moving.reason) == (text, reason)
    assert len(world.calls) == 1
    # A second one changes nothing.
    assert [type(event) for event in say(world, text)] == [Arrived]
    assert len(world.calls) == 1


@pytest.mark.parametrize("name", ["V2.System.Socket_Closing", "v2.system.socket_closing.x"])
def test_system_topics_are_read_without_case(name):
    assert isinstance(say(live(), json.dumps({"topicName": name}))[-1], Moving)


def test_other_system_messages_are_only_shown():
    world = live()
    (event,) = say(world, '{"topicName":"v2.system.something.else"}')
    assert isinstance(event, Arrived)
    assert not world.calls


def test_topics_that_were_taken_away_are_asked_for_again_and_leave_a_gap():
    world = live()
    (channel,) = world.channels.values()
    channel.topics.clear()
    shown, lost = say(world, NO_LONGER)
    assert (shown.text, lost) == (NO_LONGER, SubscriptionLost(NO_LONGER, lost.at))
    world.run(5)
    assert channel.topics == {"a"}
    assert [type(event) for event in world.events[-2:]] == [Resubscribed, Gap]


def test_two_programs_that_take_topics_from_each_other_slow_down():
    world = live()
    begun, rounds = world.time, 0
    while world.time < begun + 600:
        world.displace("c1")
        world.heal()
        world.run(1)
        while not world.running.settled:
            world.run(1)
        rounds += 1
    assert rounds < 30


def test_a_loss_in_the_middle_of_a_change_is_not_forgotten():
    world = live("a")
    world.want(["a", "b"])
    (call,) = world.calls
    world.work(call)
    world.displace("c1")
    (socket,) = world.links
    world.deliver(socket)
    world.answer(call)
    assert not world.running.settled
    world.run(5)
    assert world.channels["c1"].topics == {"a", "b"}


def taken_away(by: str) -> str:
    body = {"channelId": by, "reason": "another_channel_subscribed"}
    return json.dumps({"topicName": "v2.system.no_longer_subscribed.x", "eventBody": body})


@pytest.mark.parametrize(("by", "gaps"), [("c2", 0), ("c1", 1), ("a stranger's", 1)])
@pytest.mark.parametrize("moved", [False, True])
def test_topics_that_go_to_the_successor_are_no_loss_those_of_a_stranger_are(by, gaps, moved):
    world = live()
    (old,) = world.links
    say(world, SOCKET_CLOSING)
    while not isinstance(world.running.facts.successor, Listening):
        for call in tuple(world.calls):
            world.answer(call)
        for opening in tuple(world.opening):
            world.open(opening)
    if moved:
        (call,) = world.calls
        world.answer(call)
    assert (world.running.facts.draining is not None) == moved
    world.take(world.running.received(old, (taken_away(by),) * 2, now=world.now))
    world.run(30)
    assert sum(isinstance(event, Gap) for event in world.events) == gaps


# Replies to subscriptions made over the socket


def test_a_reply_of_200_is_no_event():
    assert say(live(), '{"result":"200","status":"subscribed"}') == []


@pytest.mark.parametrize("status", ["failure", "error"])
def test_a_reply_of_400_is_shown_and_the_topics_are_sent_again(status):
    world = live()
    text = json.dumps({"result": "400", "status": status})
    assert say(world, text) == [UnknownEvent(text)]
    world.run(5)
    assert world.running.settled


@pytest.mark.parametrize("result", ["404", 404])
def test_a_reply_of_404_means_that_the_channel_is_gone(result):
    world = live()
    shown, disconnected = say(world, json.dumps({"result": result}))
    assert isinstance(shown, UnknownEvent)
    assert isinstance(disconnected, Disconnected)
    assert disconnected.reason == "channel_gone"
    world.run(5)
    assert world.running.connected_channel == "c2"


def test_texts_of_a_socket_long_left_are_ignored():
    world = live()
    step = world.running.received(999, ['{"topicName":"a"}'], now=world.now)
    assert (step.state, step.effects) == (world.state, ())


def test_what_follows_the_end_of_a_channel_in_one_read_is_ignored():
    world = live()
    events = say(world, '{"result":"404"}', '{"topicName":"a"}')
    assert not any(isinstance(event, Arrived) for event in events)


def test_during_a_move_what_is_no_event_is_shown_once_too():
    world = live()
    old = next(iter(world.links))
    say(world, SOCKET_CLOSING)
    world.answer(*world.calls)
    world.open(*world.opening)
    (new,) = set(world.links) - {old}
    world.events.clear()
    for socket in (old, new):
        world.take(world.running.received(socket, ["nonsense", HEARTBEAT], now=world.now))
    assert world.events == [UnknownEvent("nonsense"), Heartbeat("WebSocket Heartbeat", HEARTBEAT)]


def test_the_old_socket_announcing_its_end_again_changes_nothing():
    world = live()
    old = next(iter(world.links))
    say(world, SOCKET_CLOSING)
    world.heal()
    before = world.running.facts
    step = world.running.received(old, [SOCKET_CLOSING, '{"result":"404"}'], now=world.now)
    assert (step.state.facts, step.effects) == (before, ())


def test_topics_taken_from_the_successor_are_asked_for_again():
    world = live()
    old = next(iter(world.links))
    say(world, SOCKET_CLOSING)
    world.answer(*world.calls)
    world.open(*world.opening)
    world.work(*world.calls)
    world.displace("c2")
    (new,) = set(world.links) - {old}
    world.deliver(new)
    world.run(30)
    assert world.channels["c2"].topics == {"a"}
    assert not any(isinstance(event, SubscriptionLost) for event in world.events)


def test_a_successor_that_is_closed_too_is_moved_from_once_it_is_the_primary():
    world = live()
    (old,) = world.links
    world.take(world.running.received(old, [SOCKET_CLOSING], now=world.now))
    world.answer(*world.calls)
    (new,) = world.opening
    world.open(new)
    world.take(world.running.received(new, [SOCKET_CLOSING], now=world.now))
    assert isinstance(world.running.facts.successor, Listening)
    assert world.running.facts.successor.leaving


def test_no_text_at_all_changes_only_when_the_server_was_heard():
    world = live()
    (socket,) = world.links
    world.time += 1
    step = world.running.received(socket, [], now=world.now)
    assert step.effects == ()
    assert step.state.facts.primary.heard == world.now


def test_the_answer_behind_a_backlog_that_has_grown_is_waited_for_again():
    world = live()
    (socket,) = world.links
    world.pause()
    world.resume()
    world.pause()
    world.resume()
    connection = world.running.facts.primary
    assert connection.backlog.again
    world.take(world.running.received(socket, [PONG_TEXT] * connection.pongs_due, now=world.now))
    assert world.running.facts.primary.backlog is not None
    assert world.running.facts.primary.pongs_due == 1, "another ping has been sent"


def test_a_frame_that_both_sockets_of_a_move_carry_is_handed_out_once():
    world = live()
    (old,) = world.links
    world.take(world.running.received(old, [SOCKET_CLOSING], now=world.now))
    world.answer(*world.calls)
    (new,) = world.opening
    world.open(new)
    world.events.clear()
    text = '{"topicName":"a","eventBody":1}'
    for socket in (old, new):
        world.take(world.running.received(socket, [text], now=world.now))
    assert [event.text for event in world.events] == [text]
