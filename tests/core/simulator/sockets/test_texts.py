"""The texts on a channel's socket."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator.sockets.socket import QueuedText
from genesys_core.simulator.sockets.texts import answer_to, write_envelope, write_metadata
from genesys_core.simulator.state.memory import PlatformState
from tests.strategies.hub import PONG, ChannelDesk

PRESENCE, STATION = "v2.users.u-1.presence", "v2.users.u-1.station"


def ask(desk, channel, request):
    text = request if isinstance(request, str) else json.dumps(request)
    simulator = desk.simulator
    answer = answer_to(text, simulator.state, simulator.settings, channel, desk.now)
    return None if answer is None else (answer.kind, json.loads(answer.text))


def reply(result, status):
    return "reply", {"result": result, "status": status}


def test_the_envelope_of_an_event():
    assert write_envelope(PRESENCE, {"a": [None]}, "2", "c-1") == (
        '{"topicName":"v2.users.u-1.presence","version":"2","eventBody":{"a":[null]},'
        '"metadata":{"CorrelationId":"c-1"}}'
    )


def test_what_a_channel_says_of_itself():
    assert write_metadata("WebSocket Heartbeat") == (
        '{"topicName":"channel.metadata","eventBody":{"message":"WebSocket Heartbeat"}}'
    )


def test_a_ping_is_answered():
    assert ask(ChannelDesk(), "", {"message": "ping"}) == ("pong", PONG)


def test_topics_are_added_and_taken_away():
    desk = ChannelDesk()
    channel = desk.channel(PRESENCE)
    request = {"message": "subscribe", "topics": [STATION, PRESENCE], "correlationId": "c"}
    assert ask(desk, channel, request) == reply("200", "subscribed")
    assert desk.topics(channel) == [PRESENCE, STATION]
    request = {"message": "unsubscribe", "topics": [PRESENCE.upper(), "v2.nothing"]}
    assert ask(desk, channel, request) == reply("200", "unsubscribed")
    assert desk.topics(channel) == [STATION]


def test_a_subscription_over_the_socket_gives_another_day():
    desk = ChannelDesk(token_lifetime=1e9)
    channel = desk.channel()
    desk.sleep(80_000)
    ask(desk, channel, {"message": "subscribe", "topics": [PRESENCE]})
    desk.sleep(80_000)
    assert desk.topics(channel) == [PRESENCE]


@pytest.mark.parametrize(
    "topics", [[PRESENCE, "v2.nothing"], [f"v2.users.u-{n}.presence" for n in range(1001)]]
)
def test_a_bad_topic_or_too_many_change_nothing(topics):
    desk = ChannelDesk()
    channel = desk.channel(STATION)
    request = {"message": "subscribe", "topics": topics}
    assert ask(desk, channel, request) == reply("400", "failure")
    assert desk.topics(channel) == [STATION]


@pytest.mark.parametrize("topics", [None, "v2", 1, {}, [1], [None], [["a"]]])
@pytest.mark.parametrize("message", ["subscribe", "unsubscribe"])
def test_what_is_no_list_of_topics(message, topics):
    desk = ChannelDesk()
    request = {"message": message, "topics": topics}
    assert ask(desk, desk.channel(), request) == reply("400", "error")


@pytest.mark.parametrize("message", ["subscribe", "unsubscribe"])
def test_a_channel_that_is_gone(message):
    request = {"message": message, "topics": [PRESENCE]}
    assert ask(ChannelDesk(), "gone", request) == reply("404", "error")


@given(st.text() | st.sampled_from(["", "null", "[]", '{"message":1}', "[" * 5000, "\ud800"]))
def test_what_asks_for_nothing_is_passed_over(text):
    assert answer_to(text, PlatformState(), ChannelDesk().simulator.settings, "", (0, 0)) is None


def test_the_time_of_day_as_one_official_client_sends_it():
    assert ask(ChannelDesk(), "", "2024-05-17T09:30:00Z") is None


def test_an_answer_is_ready_to_go():
    desk = ChannelDesk()
    answer = answer_to(
        '{"message":"ping"}', desk.simulator.state, desk.simulator.settings, "", None
    )
    assert isinstance(answer, QueuedText)
    assert answer.sequence == 0
