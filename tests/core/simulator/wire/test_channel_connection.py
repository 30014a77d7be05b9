"""A WebSocket connection of a channel: what is written, and how it ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator.sockets.actions import (
    Drop,
    FallSilent,
    WriteBytes,
    WriteClose,
    WriteText,
)
from genesys_core.simulator.wire.channel_connection import ChannelConnection
from genesys_core.simulator.wire.steps import Close, Reset, Silence, Write
from genesys_core.simulator.wire.websocket_server import frame
from genesys_core.websocket.connection import Closed, HandshakeDone, Text, WebSocket
from tests.strategies.hub import ChannelDesk


class Line:
    """A connection, and the client at its other end."""

    def __init__(self, channel=None):
        self.desk = ChannelDesk()
        self.channel = channel or self.desk.channel(self.desk.presence)
        self.connection = ChannelConnection(self.desk.hub)
        url = f"ws://x/channels/{self.channel}"
        self.client = WebSocket.connect(url, random_bytes=bytes)
        self.events, self.ends = [], []

    def exchange(self, data=None):
        self.take(
            self.connection.receive_data(data or self.client.data_to_send(), now=self.desk.now)
        )
        self.flush()

    def flush(self):
        for action in self.desk.hub.take():
            assert action.socket == self.connection.number
            self.take(self.connection.perform(action))

    def take(self, steps):
        for step in steps:
            if isinstance(step, Write):
                self.events += self.client.receive_data(step.data)
            else:
                self.ends.append(step)


@pytest.fixture
def line():
    opened = Line()
    opened.exchange()
    assert isinstance(opened.events.pop(), HandshakeDone)
    return opened


def test_events_are_written_to_the_client(line):
    assert line.connection.number == 1
    line.desk.publish()
    line.flush()
    assert [type(event) for event in line.events] == [Text]
    assert line.desk.presence in line.events[0].data


def test_messages_of_the_client_reach_the_hub(line):
    line.client.send_text('{"message":"ping"}')
    line.exchange()
    assert "pong" in line.events[0].data


def test_a_message_right_behind_the_handshake_is_read_as_well():
    opened = Line()
    # Masked with zeros, as a client of RFC 6455 may.
    ping = b'{"message":"ping"}'
    opened.exchange(
        opened.client.data_to_send() + b"\x81" + bytes([0x80 | len(ping), *bytes(4)]) + ping
    )
    assert [type(event) for event in opened.events] == [HandshakeDone, Text]


def test_the_client_closes(line):
    line.client.close()
    line.exchange()
    assert line.ends == [Close()]
    assert isinstance(line.events[-1], Closed)
    assert line.connection.receive_data(b"more", now=line.desk.now) == []
    line.connection.lost()
    assert not line.desk.simulator.state.channels[line.channel].is_connected


def test_only_the_hub_has_timers(line):
    assert line.connection.deadline is None
    assert line.connection.time_out(line.desk.now) == []


def test_the_client_disappears(line):
    assert line.connection.receive_data(b"", now=line.desk.now) == [Close()]


def test_an_unknown_channel_is_refused_in_http():
    opened = Line("unknown")
    steps = opened.connection.receive_data(opened.client.data_to_send(), now=opened.desk.now)
    assert steps[0].data.startswith(b"HTTP/1.1 404")
    assert steps[1:] == [Close()]
    opened.connection.lost()


def test_a_refusal_without_a_response():
    opened = Line()
    opened.desk.hub.refuse(None)
    steps = opened.connection.receive_data(opened.client.data_to_send(), now=opened.desk.now)
    assert steps == [Close()]


@pytest.mark.parametrize(
    ("action", "steps"),
    [
        (WriteText(1, "a"), [Write(frame(1, b"a"))]),
        (WriteText(1, "ab", 2), [Write(frame(1, b"a", flags=0) + frame(9) + frame(0, b"b"))]),
        (WriteBytes(1, b"\0"), [Write(b"\0")]),
        (WriteBytes(1, b""), []),
        (WriteClose(1, 1001, "x"), [Write(frame(8, b"\x03\xe9x"))]),
        (Drop(1), [Close()]),
        (Drop(1, reset=True), [Reset()]),
        (FallSilent(1), [Silence()]),
    ],
    ids=repr,
)
def test_actions_of_the_hub(line, action, steps):
    assert line.connection.perform(action) == steps


def test_a_silent_connection_says_nothing_until_it_is_dropped(line):
    line.connection.perform(FallSilent(1))
    assert line.connection.perform(WriteText(1, "a")) == []
    assert line.connection.receive_data(b"", now=line.desk.now) == []
    assert line.connection.perform(Drop(1)) == [Close()]


@given(st.lists(st.binary(max_size=40), max_size=4), st.booleans())
def test_any_bytes_end_at_most_once(pieces, shaken):
    opened = Line()
    if shaken:
        opened.exchange()
    steps = [
        step
        for piece in pieces
        for step in opened.connection.receive_data(piece, now=opened.desk.now)
    ]
    ends = [index for index, step in enumerate(steps) if not isinstance(step, Write)]
    assert ends in ([], [len(steps) - 1])
