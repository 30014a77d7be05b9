"""Frames of an open WebSocket connection.

Invariants: events do not depend on how the bytes were split. wsproto parses frames, one at a time,
and receives a payload only after its length has been checked, so no message larger than the limit
is ever buffered. Nearly all messages from Genesys Cloud are short text messages in a single frame;
these are parsed here, ten times as fast. Frames are also built here, because wsproto takes masks
from the operating system's random source, which the core must not use.
"""

from typing import Final

from wsproto.frame_protocol import CloseReason, Frame, FrameProtocol, Opcode, ParseFailed

from genesys_core.websocket.events import (
    Closed,
    Failed,
    FailedKind,
    Pong,
    RandomBytes,
    Text,
    WebSocketEvent,
)
from genesys_core.websocket.permessage_deflate import Compressor, Deflate, Inflate

__all__ = ["Frames"]

_FINAL_TEXT: Final = 0x81  # FIN, no reserved bit, opcode 1
_FINAL_CLOSE: Final = 0x88  # the same, opcode 8
_SLICE: Final = 4096
"""Size in bytes of the slices in which payloads are passed to wsproto, counted from the start of each
payload, so that the first error found does not depend on how the bytes were split.
"""

_LENGTH_16: Final = 126
_LENGTH_64: Final = 127

_KINDS: Final[dict[int, FailedKind]] = {1003: "binary", 1009: "too_big"}
_WORDS: Final = {
    1003: "the server sent a binary message; the notification service sends only text",
    1007: "the server sent invalid UTF-8 or invalid compressed data",
    1009: "the server sent a message that exceeds the size limit",
}
_NO_STATUS: Final = 1005  # RFC 6455 section 7.1.5: the close frame had no code
_BAD_GATEWAY: Final = 1014
"""Close code 1014 (bad gateway), registered after RFC 6455 and unknown to wsproto."""


class Frames:
    """Encodes and decodes the frames of an open connection.

    Args:
        random_bytes: source of masking keys.
        deflate: the negotiated compression, if any.
        max_size: maximum size of a decompressed message in bytes.
    """

    def __init__(
        self, *, random_bytes: RandomBytes, deflate: Deflate | None, max_size: int
    ) -> None:
        self._random_bytes = random_bytes
        self._max_size = max_size
        self._reader = FrameProtocol(True, [Inflate(deflate, max_size)] if deflate else [])  # noqa: FBT003 - wsproto's own parameter
        self._compressor = Compressor.of(deflate) if deflate else None
        self._held = b""  # an incomplete frame
        self._remaining = 0  # bytes of the current frame that wsproto has not received yet
        self._pieces: list[str] = []  # of the current message
        self._size = 0  # of the current message's payload as received
        self._fragmented = False
        self._outgoing: list[bytes] = []
        self._closing = False
        self.over = False

    # Receiving

    def receive(self, data: bytes) -> list[WebSocketEvent]:
        """Process received bytes; return the resulting events."""
        events: list[WebSocketEvent] = []
        data = self._held + data
        self._held = b""
        at, end = 0, len(data)
        try:
            while at < end and not self.over:
                # Not inside another frame or a fragmented message, where wsproto rejects it (RFC
                # 6455 section 5.4).
                if data[at] == _FINAL_TEXT and not (self._remaining or self._fragmented):
                    start, stop = _short_frame(data, at, end)
                    if stop and stop - start <= self._max_size:
                        events.append(Text(_decoded(data[start:stop])))
                        at = stop
                        continue
                at = self._step(data, at, end, events)
        except ParseFailed as error:
            events.append(self._fail(error.code, _WORDS.get(error.code, str(error))))
        return events

    def _step(self, data: bytes, at: int, end: int, events: list[WebSocketEvent]) -> int:
        if self._remaining:
            stop = at + min(self._remaining, _SLICE)
            if stop > end:
                return self._hold(data, at, end)
            self._remaining -= stop - at
            self._read(data[at:stop], events)
            return stop
        return self._begin(data, at, end, events)

    def _hold(self, data: bytes, at: int, end: int) -> int:
        self._held = data[at:]
        return end

    def _begin(self, data: bytes, at: int, end: int, events: list[WebSocketEvent]) -> int:
        """Pass a complete header to wsproto, which validates it, then check the size limit."""
        start, length = _span(data, at, end)
        if not start:
            return self._hold(data, at, end)
        # wsproto would reject the close code 1014, which is in the payload.
        if data[at] == _FINAL_CLOSE and 2 <= data[at + 1] < _LENGTH_16:
            stop = start + length
            if stop > end:
                return self._hold(data, at, end)
            if int.from_bytes(data[start : start + 2], "big") == _BAD_GATEWAY:
                events.append(self._closed(_BAD_GATEWAY, _decoded(data[start + 2 : stop])))
                return stop
        self._read(data[at:start], events)
        opcode = data[at] & 0x0F
        if opcode == Opcode.BINARY:
            raise ParseFailed(_WORDS[1003], CloseReason.UNSUPPORTED_DATA)
        if opcode < Opcode.CLOSE:
            self._size = length + (self._size if opcode == Opcode.CONTINUATION else 0)
            self._check_size()
            self._fragmented = not data[at] & 0x80
        self._remaining = length
        return start

    def _check_size(self) -> None:
        if self._size > self._max_size:
            raise ParseFailed(_WORDS[1009], CloseReason.MESSAGE_TOO_BIG)

    def _read(self, data: bytes, events: list[WebSocketEvent]) -> None:
        self._reader.receive_bytes(data)
        for frame in self._reader.received_frames():
            self._take(frame, events)

    def _take(self, frame: Frame, events: list[WebSocketEvent]) -> None:
        match frame.opcode, frame.payload:
            case Opcode.TEXT, str(piece):
                if piece:  # empty ones, which no size limits, must not accumulate
                    self._pieces.append(piece)
                if frame.message_finished:
                    events.append(Text("".join(self._pieces)))
                    self._pieces.clear()
            case Opcode.PING, bytes(payload):
                self._answer(payload)
            case Opcode.PONG, bytes(payload):
                events.append(Pong(payload))
            case Opcode.CLOSE, (int(code), str(reason)):
                events.append(self._closed(code, reason))
            case _:
                # RFC 6455 section 7.4.1: 1003, "a type of data it cannot accept".
                raise ParseFailed(_WORDS[1003], CloseReason.UNSUPPORTED_DATA)

    def _answer(self, payload: bytes) -> None:
        # RFC 6455 section 5.5.1: our close frame is the last one.
        if not self._closing:
            self._write(Opcode.PONG, payload)

    def _closed(self, code: int, reason: str) -> Closed:
        # RFC 6455 section 5.5.1: the answer "typically echos the status code it received".
        self.close(b"" if code == _NO_STATUS else code.to_bytes(2, "big"))
        self.over = True
        return Closed(int(code), reason)

    def _fail(self, code: CloseReason, message: str) -> Failed:
        self.close(code.to_bytes(2, "big"))
        self.over = True
        return Failed(_KINDS.get(code, "protocol"), message, code=int(code))

    # Sending

    def send_text(self, text: str) -> None:
        """Queue a text message."""
        payload = text.encode("utf-8")
        if self._compressor is None:
            self._write(Opcode.TEXT, payload)
        else:
            self._write(Opcode.TEXT, self._compressor.pack(payload), flags=0xC0)  # FIN and RSV1

    def ping(self, payload: bytes) -> None:
        """Queue a ping with a payload of at most 125 bytes."""
        self._write(Opcode.PING, payload)

    def close(self, payload: bytes) -> None:
        """Queue a close frame with code and reason; only the first close frame is sent."""
        if not self._closing:
            self._closing = True
            self._write(Opcode.CLOSE, payload)

    def take(self) -> bytes:
        """Remove the queued bytes from the queue and return them."""
        outgoing = b"".join(self._outgoing)
        self._outgoing.clear()
        return outgoing

    @property
    def can_send(self) -> bool:
        """Whether messages can still be sent: no close frame has been queued."""
        return not self._closing

    def _write(self, opcode: Opcode, payload: bytes, *, flags: int = 0x80) -> None:
        # RFC 6455 section 5.3: a fresh mask, which nobody can predict, for each frame.
        mask = self._random_bytes(4)
        head = bytes((flags | opcode,)) + _length(len(payload))
        self._outgoing.append(head + mask + _masked(payload, mask))


def _decoded(payload: bytes) -> str:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        code = CloseReason.INVALID_FRAME_PAYLOAD_DATA
        raise ParseFailed(_WORDS[code], code) from None


def _short_frame(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the payload's position in a complete frame shorter than 64 KiB, otherwise zeros.

    A length below 126 must not be encoded in two bytes (RFC 6455 section 5.2), and a server must
    not mask: such frames are left to wsproto, which rejects them.
    """
    if end - at < 2:
        return 0, 0
    length, start = data[at + 1], at + 2
    if length == _LENGTH_16 and end - at >= 4:
        length, start = data[at + 2] << 8 | data[at + 3], at + 4
        if length < _LENGTH_16:
            return 0, 0
    elif length >= _LENGTH_16:
        return 0, 0
    stop = start + length
    return (start, stop) if stop <= end else (0, 0)


def _span(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the payload's start and length; zeros if unknown."""
    if end - at < 2:
        return 0, 0
    short = data[at + 1] & 0x7F
    wide = {_LENGTH_16: 2, _LENGTH_64: 8}.get(short, 0)
    start = at + 2 + wide
    if start > end:
        return 0, 0
    return start, int.from_bytes(data[at + 2 : start], "big") if wide else short


def _length(size: int) -> bytes:
    """Encode the length of a masked frame (RFC 6455 sections 5.2 and 5.3)."""
    if size < _LENGTH_16:
        return bytes((0x80 | size,))
    if size < 1 << 16:
        return bytes((0x80 | _LENGTH_16,)) + size.to_bytes(2, "big")
    return bytes((0x80 | _LENGTH_64,)) + size.to_bytes(8, "big")


def _masked(payload: bytes, mask: bytes) -> bytes:
    # One XOR of two large integers is many times faster than one for each byte.
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return mixed.to_bytes(len(payload), "big")
