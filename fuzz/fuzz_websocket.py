"""Whatever a server sends, a WebSocket turns it into events.

Invariants: no exception; the same bytes give the same events and the same answer, whole and byte by
byte; the last event, and only the last, is an end; texts are within the limit; what the client sends
is masked and well formed; texts that were sent properly all arrive.
"""

from collections.abc import Callable, Mapping
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.websocket import Closed, Failed, Text, WebSocket, WebSocketEvent
from tests.helpers.websocket_frames import (
    CLOSE,
    DEFLATE,
    FIN,
    PONG,
    CountingBytes,
    fed,
    opened,
    texts,
    unmasked,
)
from tests.strategies.websocket import cut_up, frame_streams, messages

__all__ = [
    "TARGETS",
    "check_frames",
    "check_messages",
    "websocket_frames",
    "websocket_handshake",
    "websocket_messages",
    "websocket_stream",
]

_LIMIT = 1000


def websocket_stream(data: bytes) -> None:
    """The bytes come after the handshake; the first bit says whether compression was agreed on."""
    extra = (DEFLATE,) if data[:1] > b"\x7f" else ()
    _compare(lambda: opened(*extra, max_size=_LIMIT), [data[1:]])


def websocket_handshake(data: bytes) -> None:
    """The bytes come instead of the server's response."""
    for scheme in ("ws", "wss"):
        _compare(partial(_begun, f"{scheme}://a.example/"), [data])


def _begun(url: str) -> WebSocket:
    ws = WebSocket.connect(url, random_bytes=CountingBytes())
    ws.data_to_send()
    return ws


def _compare(make: Callable[[], WebSocket], chunks: list[bytes]) -> None:
    data = b"".join(chunks)
    pieces = (chunks, [data], [data[at : at + 1] for at in range(len(data))])
    results: list[tuple[list[WebSocketEvent], bytes]] = []
    for cut in pieces:
        ws = make()
        events = [*fed(ws, cut), *ws.receive_eof()]
        assert ws.over
        assert ws.receive_data(data) == ()
        results.append((events, ws.data_to_send()))
    assert results[0] == results[1] == results[2]
    _check(results[0][0])


def _check(events: list[WebSocketEvent]) -> None:
    assert [isinstance(event, Closed | Failed) for event in events].index(True) == len(events) - 1
    for text in texts(events):
        assert len(text.encode()) <= _LIMIT


@given(st.data(), st.booleans())
def check_frames(data: st.DataObject, compressed: bool) -> None:  # noqa: FBT001 - drawn
    """Frames as a server, a broken server or an attacker may send them, cut up anywhere."""
    stream = data.draw(frame_streams())
    extra = (DEFLATE,) if compressed else ()
    cut = data.draw(cut_up(stream))
    _compare(lambda: opened(*extra, max_size=_LIMIT), cut)
    ws = opened(*extra, max_size=_LIMIT)
    fed(ws, cut)
    for first, payload in unmasked(ws.data_to_send()):
        assert first in {FIN | PONG, FIN | CLOSE}
        assert len(payload) <= 125


@given(st.lists(messages(), max_size=4), st.data())
def check_messages(parts: list[tuple[str, bytes]], data: st.DataObject) -> None:
    """Texts that were sent properly all arrive, in their order."""
    stream = b"".join(frames for _, frames in parts)
    events = fed(opened(), data.draw(cut_up(stream)))
    assert texts(events) == [text for text, _ in parts]
    assert all(not isinstance(event, Closed | Failed) for event in events)
    assert sum(isinstance(event, Text) for event in events) == len(parts)


def websocket_frames(data: bytes) -> None:
    """Make frames of any bytes; for coverage-guided engines."""
    check_frames.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


def websocket_messages(data: bytes) -> None:
    """Make messages of any bytes; for coverage-guided engines."""
    check_messages.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


TARGETS: Mapping[str, Callable[[bytes], object]] = {
    "websocket_stream": websocket_stream,
    "websocket_handshake": websocket_handshake,
    "websocket_frames": websocket_frames,
    "websocket_messages": websocket_messages,
}
