"""WebSocket frames and handshakes as a server sends them, and clients to feed them to."""

import base64
import hashlib
import itertools
import zlib
from collections.abc import Iterator, Sequence

from genesys_core.websocket import HandshakeDone, Text, WebSocket, WebSocketEvent

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
URL = "ws://streaming.example.com/channels/secret-channel"

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
FIN, RSV1, RSV2, RSV3 = 0x80, 0x40, 0x20, 0x10


class CountingBytes:
    """Bytes that look random enough to be told apart, and are the same in every run."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self, size: int) -> bytes:
        return hashlib.shake_128(str(next(self._numbers)).encode()).digest(size)


def frame(
    opcode: int, payload: bytes = b"", *, flags: int = FIN, mask: bytes | None = None, wide: int = 0
) -> bytes:
    """A server's frame; ``wide`` forces a length of 2 or 8 bytes, ``mask`` breaks the rules."""
    size, masked = len(payload), 0x80 if mask else 0
    if wide == 8 or size >= 1 << 16:
        length = bytes((masked | 127,)) + size.to_bytes(8, "big")
    elif wide == 2 or size > 125:
        length = bytes((masked | 126,)) + size.to_bytes(2, "big")
    else:
        length = bytes((masked | size,))
    return bytes((flags | opcode,)) + length + (mask or b"") + payload


def close_frame(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def deflated(data: bytes, stream: "zlib._Compress | None" = None) -> bytes:
    stream = stream or zlib.compressobj(wbits=-15)
    return (stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)).removesuffix(
        b"\x00\x00\xff\xff"
    )


def accept_of(request: bytes) -> bytes:
    key = next(
        line.partition(b":")[2].strip()
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"sec-websocket-key:")
    )
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def accepting(request: bytes, *extra: bytes) -> bytes:
    """The response that accepts a handshake."""
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + accept_of(request),
        *extra,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def opened(*extra: bytes, max_size: int = 1 << 24, compression: bool = True) -> WebSocket:
    """A client whose handshake is done."""
    ws = WebSocket.connect(
        URL, random_bytes=CountingBytes(), max_size=max_size, compression=compression
    )
    (done,) = ws.receive_data(accepting(ws.data_to_send(), *extra))
    assert isinstance(done, HandshakeDone)
    return ws


DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate"


def fed(ws: WebSocket, chunks: Sequence[bytes]) -> list[WebSocketEvent]:
    return [event for chunk in chunks for event in ws.receive_data(chunk)]


def unmasked(data: bytes) -> list[tuple[int, bytes]]:
    """A client's frames: first byte and payload."""
    return list(_unmasked(data))


def _unmasked(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        first, size, at = data[0], data[1] & 0x7F, 2
        assert data[1] & 0x80, "a client must mask"
        if size >= 126:
            wide = 2 if size == 126 else 8
            size, at = int.from_bytes(data[2 : 2 + wide], "big"), 2 + wide
        mask, payload = data[at : at + 4], data[at + 4 : at + 4 + size]
        yield first, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        data = data[at + 4 + size :]


def texts(events: Sequence[WebSocketEvent]) -> list[str]:
    return [event.data for event in events if isinstance(event, Text)]
