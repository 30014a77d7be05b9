"""Regardless of what a client sends, the simulator's end of a WebSocket continues, or closes properly.

Invariants: no exception; the same bytes give the same events, whole and byte by byte; the last event,
and only the last, is an end, and nothing follows it; the hub is told of whole texts alone, and
whatever they say, every answer is well-formed JSON and no channel has more than 1,000 topics.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator.sockets.actions import WriteText
from genesys_core.simulator.wire.websocket_server import (
    ConnectionEnded,
    Received,
    Requested,
    ServerEvent,
    WebSocketServer,
)
from tests.helpers.websocket_frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    PING,
    PONG,
    RSV1,
    TEXT,
    frame,
)
from tests.strategies.hub import ChannelDesk
from tests.strategies.simulator import unhurried
from tests.strategies.websocket import cut_up

__all__ = ["TARGETS", "check_frames", "check_texts", "simulator_handshake", "simulator_stream"]

HANDSHAKE = (
    b"GET /channels/c-1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_MASK = bytes(4)

_requests = st.sampled_from(
    [
        b'{"message":"ping"}',
        b'{"message":"subscribe","topics":["v2.users.u-1.presence"]}',
        b'{"message":"unsubscribe","topics":["v2.users.u-1?presence&station"]}',
        b'{"message":"subscribe","topics":["v2.nothing"]}',
        b'{"message":"subscribe"}',
        b"\xff",
        b"",
    ]
)
_frames = st.builds(
    frame,
    st.sampled_from([TEXT, TEXT, TEXT, CONTINUATION, BINARY, CLOSE, PING, PONG, 3, 15]),
    _requests | st.binary(max_size=40) | st.sampled_from([b"x" * 126, b"x" * 65536]),
    flags=st.sampled_from([FIN, FIN, FIN, 0, FIN | RSV1]),
    mask=st.sampled_from([_MASK, _MASK, _MASK, _MASK, b"\x01\x02\x03\x04", None]),
    wide=st.sampled_from([0, 0, 0, 2, 8]),
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside),
    max_leaves=5,
)
_topics = st.sampled_from(
    ["v2.users.u-1.presence", "v2.users.u-1?presence&station", "v2.nothing", "V2.USERS.U-1.STATION"]
)
_texts = st.text(max_size=20) | st.builds(
    lambda message, topics, more: msgspec.json.encode(
        {**more, "message": message, "topics": topics}
    ).decode(),
    st.sampled_from(["ping", "subscribe", "subscribe", "unsubscribe", "x"]),
    st.lists(_topics, max_size=4) | _json,
    st.dictionaries(st.text(max_size=3), _json, max_size=1),
)


def simulator_handshake(data: bytes) -> None:
    """The bytes come instead of the client's request."""
    _compare([data])


def simulator_stream(data: bytes) -> None:
    """The bytes come after the handshake."""
    _compare([HANDSHAKE, data])


@given(st.lists(_frames, max_size=6), st.binary(max_size=4), st.data())
def check_frames(frames: Sequence[bytes], rest: bytes, data: st.DataObject) -> None:
    """Frames as a client or a broken client may send them, cut up anywhere."""
    _compare(data.draw(cut_up(HANDSHAKE + b"".join(frames) + rest)))


@unhurried
@given(st.lists(_texts, max_size=6))
def check_texts(texts: Sequence[str]) -> None:
    """Texts that a client may send over the socket of a channel."""
    desk = ChannelDesk()
    channel, socket = desk.opened()
    for text in texts:
        desk.hub.received(socket, text, desk.now)
        answers = desk.hub.take()
        assert len(answers) <= 1
        for answer in answers:
            assert isinstance(answer, WriteText)
            assert isinstance(msgspec.json.decode(answer.text), dict)
        assert len(desk.simulator.state.channels[channel].topics) <= 1000


def _compare(chunks: Sequence[bytes]) -> None:
    data = b"".join(chunks)
    results = [
        _events(cut) for cut in (chunks, [data], [data[at : at + 1] for at in range(len(data))])
    ]
    assert results[0] == results[1] == results[2]


def _events(chunks: Sequence[bytes]) -> list[ServerEvent]:
    server = WebSocketServer()
    events: list[ServerEvent] = []
    for chunk in chunks:
        for event in server.receive_data(chunk) if chunk else ():
            events.append(event)
            if isinstance(event, Requested):
                events += server.accept()
    events += server.receive_data(b"")
    assert [isinstance(event, ConnectionEnded) for event in events].index(True) == len(events) - 1
    assert all(isinstance(event, Requested | Received | ConnectionEnded) for event in events)
    assert server.over
    assert server.receive_data(HANDSHAKE) == ()
    return events


def simulator_frames(data: bytes) -> None:
    """Make frames of any bytes; for coverage-guided engines."""
    check_frames.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


def simulator_texts(data: bytes) -> None:
    """Make texts of any bytes; for coverage-guided engines."""
    check_texts.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


TARGETS: Mapping[str, Callable[[bytes], object]] = {
    "simulator_handshake": simulator_handshake,
    "simulator_stream": simulator_stream,
    "simulator_frames": simulator_frames,
    "simulator_texts": simulator_texts,
}
