"""Who hears of what, and when."""

from copy import deepcopy

import pytest
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.simulator.sockets.actions import (
    Delivery,
    Drop,
    FallSilent,
    WriteBytes,
    WriteClose,
    WriteText,
)
from genesys_core.simulator.sockets.hub import channel_of
from genesys_core.simulator.sockets.texts import write_envelope
from tests.strategies.hub import HEARTBEAT, PONG, ChannelDesk

# Sockets


def test_a_socket_of_a_channel_that_is_there():
    desk = ChannelDesk()
    channel = desk.channel()
    first = desk.connect(channel)
    assert desk.simulator.state.channels[channel].is_connected
    desk.hub.disconnected(first)
    assert not desk.simulator.state.channels[channel].is_connected
    assert desk.connect(channel) != first
    assert desk.told() == []


def test_a_channel_that_is_not_there():
    desk = ChannelDesk(channel_lifetime=10)
    assert desk.refused("nothing") == 404
    channel = desk.channel()
    desk.now = Now(desk.now.monotonic + 10, desk.now.wall + 10)
    assert desk.refused(channel) == 404


def test_another_socket_of_a_channel_ends_the_first():
    desk = ChannelDesk()
    channel, first = desk.opened(desk.presence)
    second = desk.connect(channel)
    assert desk.hub.take() == (WriteClose(first, 1001, "replaced by another connection"),)
    desk.publish()
    assert desk.heard(first) == []
    desk.hub.disconnected(first)  # the late end of the first changes nothing for the second
    assert desk.simulator.state.channels[channel].is_connected
    desk.publish()
    assert desk.heard(second) == [desk.presence]


def test_a_ping_is_answered_and_noise_is_not():
    desk = ChannelDesk()
    _, socket = desk.opened()
    for text in ('{"message":"ping"}', "noise"):
        desk.hub.received(socket, text, desk.now)
    assert desk.told() == [PONG]
    desk.hub.received(99, '{"message":"ping"}', desk.now)
    assert desk.told() == []


def test_a_socket_is_a_use_of_its_channel():
    desk = ChannelDesk()
    first, second = desk.channel(), desk.channel()
    desk.connect(first)
    channels = desk.simulator.state.channels
    assert channels[first].used > channels[second].used


@pytest.mark.parametrize(
    ("target", "channel"),
    [
        ("/channels/c-1", "c-1"),
        ("/gateway/channels/x/channels/c-1?y=/channels/z", "c-1"),
        ("/channels/c%201", "c 1"),
        ("/channels/", ""),
        ("/channel/c-1", ""),
        ("", ""),
    ],
)
def test_the_channel_in_a_target(target, channel):
    assert channel_of(target) == channel


# Events


def test_an_event_goes_to_those_who_subscribed():
    desk = ChannelDesk()
    combined = f"v2.users.{desk.user}?routingStatus&presence"
    (one, first), (two, second) = desk.opened(desk.presence), desk.opened(combined)
    desk.opened(desk.routing)
    published = desk.publish(desk.presence, {"a": 1})
    assert (published.topic, published.channels) == (desk.presence, (one, two))
    actions = desk.hub.take()
    assert [action.socket for action in actions] == [first, second]
    expected = write_envelope(desk.presence, {"a": 1}, "2", published.correlation_id)
    assert [action.text for action in actions] == [expected] * 2


def test_topics_compare_without_case_and_arrive_as_published():
    desk = ChannelDesk()
    _, socket = desk.opened(desk.presence.lower())
    desk.publish(desk.presence.upper())
    assert desk.heard(socket) == [desk.presence.upper()]


def test_an_event_has_an_id_and_a_version_of_its_own():
    desk = ChannelDesk()
    desk.opened(desk.presence)
    ids = {desk.publish().correlation_id for _ in range(3)}
    assert len(ids) == 3
    desk.hub.publish(desk.presence, None, desk.now, version="7")
    assert [each["version"] for each in desk.told()] == ["2", "2", "2", "7"]


def test_the_books_account_for_every_event():
    desk = ChannelDesk()
    connected, socket = desk.opened(desk.presence)
    alone = desk.channel(desk.presence)
    desk.publish()
    desk.publish("v2.nobody.listens")
    desk.hub.silence(connected)
    desk.publish()
    assert [each.sequence for each in desk.hub.published] == [1, 2, 3]
    assert [each.channels for each in desk.hub.published] == [
        (connected, alone),
        (),
        (connected, alone),
    ]
    assert list(desk.hub.deliveries) == [
        Delivery(1, connected, socket, "sent"),
        Delivery(1, alone, None, "unconnected"),
        Delivery(3, connected, socket, "silenced"),
        Delivery(3, alone, None, "unconnected"),
    ]
    assert desk.hub.counts == {"event": 1, "sent": 1, "unconnected": 2, "silenced": 1}


def test_what_happened_while_nobody_was_connected_is_lost():
    desk = ChannelDesk()
    channel = desk.channel(desk.presence)
    desk.publish()
    desk.connect(channel)
    assert desk.told() == []


# Time


def test_heartbeats_come_every_thirty_seconds():
    desk = ChannelDesk()
    assert desk.hub.next_deadline(desk.now) is None
    _, socket = desk.opened()
    assert desk.hub.next_deadline(desk.now) == 30.0
    desk.sleep(29.9)
    assert desk.told() == []
    desk.sleep(0.1)
    assert desk.told(socket) == [HEARTBEAT]
    assert desk.hub.next_deadline(desk.now) == 60.0
    desk.sleep(1000)  # one, and not the thirty that were missed
    assert desk.told() == [HEARTBEAT]
    assert desk.hub.next_deadline(desk.now) == 1060.0


def test_or_as_often_as_the_settings_say():
    desk = ChannelDesk(heartbeat_interval=5)
    desk.opened()
    desk.sleep(5)
    assert desk.told() == [HEARTBEAT]


def test_the_end_of_a_channel_is_a_deadline():
    desk = ChannelDesk(channel_lifetime=10)
    channel, socket = desk.opened(desk.presence)
    assert desk.hub.next_deadline(desk.now) == 10.0
    desk.sleep(10)
    assert desk.hub.take() == (WriteClose(socket, 1001, "the channel no longer exists: expired"),)
    assert desk.refused(channel) == 404
    assert desk.hub.next_deadline(desk.now) is None


def test_so_is_the_end_of_its_token():
    desk = ChannelDesk(token_lifetime=10)
    _, socket = desk.opened()
    assert desk.hub.next_deadline(desk.now) == 10.0
    desk.sleep(10)
    assert desk.hub.take() == (
        WriteClose(socket, 1001, "the channel no longer exists: token_expired"),
    )


def test_a_token_that_is_revoked_takes_its_channels_along():
    desk = ChannelDesk()
    channel, socket = desk.opened()
    desk.call("DELETE", "/api/v2/tokens/me")
    message, code = desk.told(socket)
    assert message["topicName"] == f"v2.system.token_revoked.{channel}"
    assert message["eventBody"]["reason"] == "user_tokens_revoked"
    assert message["eventBody"]["channelId"] == channel
    assert (code, desk.refused(channel)) == (1001, 404)


def test_a_displaced_channel_is_told_by_whom():
    desk = ChannelDesk()
    channels = [desk.channel() for _ in range(20)]
    sockets = [desk.connect(channel) for channel in channels]
    newest = desk.channel()
    message, code = desk.told(sockets[0])
    assert message["topicName"] == f"v2.system.no_longer_subscribed.{channels[0]}"
    assert message["eventBody"]["reason"] == "another_channel_subscribed"
    assert message["eventBody"]["channelId"] == newest
    assert code == 1001


def test_topics_that_move_to_another_channel():
    desk = ChannelDesk(exclusive_topics=True)
    first, socket = desk.opened(desk.presence, desk.routing)
    second = desk.channel(desk.presence)
    assert desk.heard(socket) == [f"v2.system.no_longer_subscribed.{first}"]
    assert desk.topics(first) == [desk.routing]
    assert desk.publish().channels == (second,)


def test_a_state_of_a_tests_own_closes_the_sockets_of_the_old_one():
    desk = ChannelDesk()
    _, socket = desk.opened()
    desk.simulator.state.channels.clear()
    assert desk.hub.next_deadline(desk.now) < desk.now.monotonic
    desk.hub.timer(desk.now)
    assert desk.hub.take() == (WriteClose(socket, 1001, "the channel no longer exists"),)


def test_a_restored_state_keeps_the_port_and_the_open_sockets():
    """It may be that of another server, or of none."""
    desk = ChannelDesk()
    channel, _ = desk.opened()
    before = deepcopy(desk.simulator.state)
    before.socket_port = 1
    lost, _ = desk.opened()
    desk.hub.drop(channel)
    desk.hub.take()
    desk.simulator.state.socket_port = 2
    desk.hub.restore(before, desk.now)
    assert desk.simulator.state is before
    assert before.socket_port == 2
    assert not before.channels[channel].is_connected
    assert lost not in before.channels
    assert [type(each) for each in desk.hub.take()] == [WriteClose]


# Faults


def test_a_message_has_at_least_one_frame():
    desk = ChannelDesk()
    channel, _ = desk.opened()
    with pytest.raises(InvalidValueError, match="fragments=0: must be 1 or more"):
        desk.hub.fragment(channel, 0)


def test_a_close_that_was_announced():
    desk = ChannelDesk()
    channel, socket = desk.opened()
    desk.hub.announce_closing(channel, desk.now)
    (message,) = desk.told(socket)
    assert message["topicName"] == "v2.system.socket_closing"
    assert message["eventBody"]["channelId"] == channel
    desk.sleep(59.9)
    assert desk.told() == [HEARTBEAT]
    desk.sleep(0.1)
    assert desk.told(socket) == [1001]
    assert isinstance(desk.connect(channel), int)


def test_a_close_with_any_code():
    desk = ChannelDesk()
    channel, socket = desk.opened()
    desk.hub.close(channel, 4000, "why not")
    assert desk.hub.take() == (WriteClose(socket, 4000, "why not"),)
    assert isinstance(desk.connect(channel), int)


def test_a_connection_that_just_ends():
    desk = ChannelDesk()
    channel, socket = desk.opened()
    desk.hub.drop(channel, reset=True)
    assert desk.hub.take() == (Drop(socket, reset=True),)
    desk.hub.disconnected(socket)
    assert isinstance(desk.connect(channel), int)


def test_silence():
    desk = ChannelDesk()
    channel, socket = desk.opened(desk.presence)
    desk.hub.silence(channel)
    assert desk.hub.take() == (FallSilent(socket),)
    desk.publish()
    desk.hub.received(socket, '{"message":"ping"}', desk.now)
    desk.sleep(30)
    assert desk.told() == []
    desk.connect(channel)  # nobody would answer a close frame
    assert desk.hub.take() == (Drop(socket),)


def test_bytes_of_any_kind():
    desk = ChannelDesk()
    channel, socket = desk.opened()
    desk.hub.send_bytes(channel, b"\xff\xff")
    assert desk.hub.take() == (WriteBytes(socket, b"\xff\xff"),)


def test_fragments():
    desk = ChannelDesk()
    channel, _ = desk.opened(desk.presence)
    desk.hub.fragment(channel, 5)
    desk.publish()
    (action,) = desk.hub.take()
    assert isinstance(action, WriteText)
    assert action.fragments == 5


def test_events_twice_out_of_order_and_never():
    desk = ChannelDesk()
    channel, socket = desk.opened(desk.presence)
    desk.hub.hold(channel)
    ids = [desk.publish().correlation_id for _ in range(3)]
    desk.sleep(30)
    assert desk.told() == [HEARTBEAT]
    desk.hub.hold(channel)  # again: what is held stays held
    desk.hub.release(channel, [2, 0, 2])
    arrived = [each["metadata"]["CorrelationId"] for each in desk.told(socket)]
    assert arrived == [ids[2], ids[0], ids[2]]
    fates = [(each.sequence, each.fate) for each in desk.hub.deliveries]
    assert fates == [(3, "sent"), (1, "sent"), (3, "sent"), (2, "withheld")]
    desk.publish()
    assert desk.heard() == [desk.presence]


def test_what_is_held_when_the_socket_ends_is_accounted_for():
    desk = ChannelDesk()
    channel, socket = desk.opened(desk.presence)
    desk.hub.hold(channel)
    desk.publish()
    desk.hub.disconnected(socket)
    assert list(desk.hub.deliveries) == [Delivery(1, channel, socket, "withheld")]


def test_sockets_are_refused_so_many_times():
    desk = ChannelDesk()
    channel = desk.channel()
    desk.hub.refuse(503, times=2)
    desk.hub.refuse(None)
    assert [desk.refused(channel) for _ in range(3)] == [503, 503, None]
    assert isinstance(desk.connect(channel), int)


@pytest.mark.parametrize(
    "fault",
    [
        lambda hub: hub.announce_closing("c", Now(0, 0)),
        lambda hub: hub.close("c"),
        lambda hub: hub.drop("c"),
        lambda hub: hub.silence("c"),
        lambda hub: hub.send_bytes("c", b""),
        lambda hub: hub.fragment("c", 2),
        lambda hub: hub.hold("c"),
        lambda hub: hub.release("c"),
    ],
)
def test_a_fault_needs_a_socket(fault):
    with pytest.raises(InvalidValueError, match="channel 'c': has no connected WebSocket"):
        fault(ChannelDesk().hub)


def test_a_revoked_token_that_was_never_a_users():
    desk = ChannelDesk()
    channel, socket = desk.opened()
    known = desk.simulator.state.channels[channel]
    desk.simulator.state.channels[channel] = replace(known, user_id=None)
    desk.simulator.state.tokens.clear()
    desk.hub.settle(desk.now)
    assert desk.told(socket)[0]["eventBody"]["userId"] is None
