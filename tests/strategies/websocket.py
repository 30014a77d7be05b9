"""WebSocket frames: valid ones, odd ones, and the same bytes cut up anywhere."""

import itertools

from hypothesis import strategies as st

from tests.helpers.websocket_frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    PING,
    PONG,
    RSV1,
    RSV2,
    RSV3,
    TEXT,
    deflated,
    frame,
)

_payloads = st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode())
_sizes = st.sampled_from([0, 1, 125, 126, 127, 65535, 65536]).map(lambda size: b"x" * size)
_opcodes = st.sampled_from(
    [TEXT, TEXT, TEXT, CONTINUATION, CONTINUATION, BINARY, CLOSE, PING, PONG]
)
_flags = st.sampled_from([FIN, FIN, FIN, 0, 0, FIN | RSV1, RSV1, FIN | RSV2, FIN | RSV3])

odd_frames = st.builds(
    frame,
    _opcodes | st.integers(0, 15),
    _payloads | _sizes | st.binary(max_size=60).map(deflated),
    flags=_flags,
    mask=st.none() | st.none() | st.binary(min_size=4, max_size=4),
    wide=st.sampled_from([0, 0, 0, 2, 8]),
)


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, bytes]:
    """A text, and frames that carry it: cut up anywhere, with pings and pongs in between."""
    text = draw(st.text(max_size=60) | st.text("x", min_size=120, max_size=140))
    payload = text.encode()
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=4)))
    pieces = [payload[a:b] for a, b in itertools.pairwise([0, *cuts, len(payload)])]
    frames = []
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        frames.append(frame(CONTINUATION if index else TEXT, piece, flags=FIN if last else 0))
        if draw(st.booleans()):
            frames.append(frame(draw(st.sampled_from([PING, PONG])), draw(st.binary(max_size=5))))
    return text, b"".join(frames)


@st.composite
def frame_streams(draw: st.DrawFn) -> bytes:
    """Bytes as a server, a broken server or an attacker may send them after the handshake."""
    parts = draw(st.lists(odd_frames | messages().map(lambda both: both[1]), max_size=6))
    stream = b"".join([*parts, draw(st.binary(max_size=20))])
    if draw(st.booleans()) and stream:
        at = draw(st.integers(0, len(stream) - 1))
        stream = stream[:at] + bytes((draw(st.integers(0, 255)),)) + stream[at + 1 :]
    return stream


@st.composite
def cut_up(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The same bytes in pieces."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return [data[a:b] for a, b in itertools.pairwise([0, *cuts, len(data)])]
