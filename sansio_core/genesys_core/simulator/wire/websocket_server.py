"""The server's side of a sans-IO WebSocket connection (RFC 6455).

Invariants: no input raises an exception, and the last event is :class:`ConnectionEnded`. h11 parses
the handshake and wsproto the frames; output is built here, because tests need invalid frames as
well. No extension is negotiated.
"""

import base64
import hashlib
from typing import Final, TypeAlias

import h11
from msgspec import Struct
from wsproto.frame_protocol import CloseReason, Frame, FrameProtocol, Opcode, ParseFailed

__all__ = ["ConnectionEnded", "Received", "Requested", "ServerEvent", "WebSocketServer", "frame"]

MAX_SIZE: Final = 1024 * 1024
"""The maximum length of a message in characters; a longer one is answered with close code 1009."""

_MAX_HEAD: Final = 64 * 1024
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_NO_STATUS: Final = 1005
_ABNORMAL: Final = 1006


class Requested(Struct, frozen=True):
    """A client has requested a WebSocket: call :meth:`WebSocketServer.accept` or ``refuse``.

    Attributes:
        target: the request target, such as ``/channels/{id}``.
    """

    target: str


class Received(Struct, frozen=True):
    """The client has sent a complete text message."""

    text: str


class ConnectionEnded(Struct, frozen=True):
    """The WebSocket connection has ended: write all pending bytes, then close the socket.

    Attributes:
        code: the client's close code; 1005 if its close frame has no code, 1006 without a close
            frame.
    """

    code: int


ServerEvent: TypeAlias = Requested | Received | ConnectionEnded


def frame(opcode: int, payload: bytes = b"", *, flags: int = 0x80) -> bytes:
    """Build a server frame, which need not be valid.

    Args:
        opcode: the kind of frame, 0 to 15: 1 is text, 0 a continuation, 8 a close, 9 a ping.
        payload: the content of the frame.
        flags: the four high bits of the frame's first byte: 0x80 is FIN, 0x70 the reserved bits.
    """
    size = len(payload)
    if size < 126:
        length = bytes((size,))
    elif size < 1 << 16:
        length = bytes((126,)) + size.to_bytes(2, "big")
    else:
        length = bytes((127,)) + size.to_bytes(8, "big")
    return bytes((flags | opcode,)) + length + payload


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        return False


class WebSocketServer:
    """The server's side of a WebSocket connection, without I/O.

    After each call, send the client the bytes that :meth:`data_to_send` returns.
    """

    def __init__(self) -> None:
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
        self._frames: FrameProtocol | None = None
        self._key = b""
        self._pieces: list[str] = []
        self._size = 0
        self._outgoing: list[bytes] = []
        self._closing = False
        self.over = False

    def receive_data(self, data: bytes) -> tuple[ServerEvent, ...]:
        """Process received bytes; ``b""`` means that the client closed the connection."""
        if self.over:
            return ()
        if not data:
            return (self._end(_ABNORMAL),)
        if self._frames is None:
            return self._read_head(data)
        return self._read_frames(self._frames, data)

    def data_to_send(self) -> bytes:
        """Return the bytes that are to be written to the client, and clear them."""
        outgoing = b"".join(self._outgoing)
        self._outgoing.clear()
        return outgoing

    def accept(self) -> tuple[ServerEvent, ...]:
        """Accept the handshake, and return the events for data that the client has sent with it."""
        digest = base64.b64encode(hashlib.sha1(self._key + _GUID, usedforsecurity=False).digest())
        headers = [
            (b"Upgrade", b"websocket"),
            (b"Connection", b"Upgrade"),
            (b"Sec-WebSocket-Accept", digest),
        ]
        self._send_http(h11.InformationalResponse(status_code=101, headers=headers))
        self._frames = FrameProtocol(False, [])  # noqa: FBT003 - wsproto's own parameter
        trailing = self._http.trailing_data[0]
        return self._read_frames(self._frames, trailing) if trailing else ()

    def refuse(self, status: int) -> None:
        """Reject the handshake with an HTTP response that has a status and no body."""
        headers = [(b"Content-Length", b"0"), (b"Connection", b"close")]
        if status == 426:  # RFC 9110 section 15.5.22 and RFC 6455 section 4.4
            headers += [(b"Upgrade", b"websocket"), (b"Sec-WebSocket-Version", b"13")]
        self._send_http(h11.Response(status_code=status, headers=headers))
        self._end(_ABNORMAL)

    def send_text(self, text: str, fragments: int = 1) -> None:
        """Send a text message, split into a number of frames with pings between them."""
        payload = text.encode("utf-8", "replace")
        size = -(-len(payload) // fragments) or 1
        pieces = [payload[at : at + size] for at in range(0, len(payload), size)] or [b""]
        for index, piece in enumerate(pieces):
            if index:
                self._outgoing.append(frame(Opcode.PING))
            last = index == len(pieces) - 1
            opcode = Opcode.CONTINUATION if index else Opcode.TEXT
            self._outgoing.append(frame(opcode, piece, flags=0x80 if last else 0))

    def send_bytes(self, data: bytes) -> None:
        """Send raw bytes, which need not be valid frames."""
        self._outgoing.append(data)

    def close(self, code: int, reason: str = "") -> None:
        """Start the closing handshake; the client's close frame ends the connection."""
        if not self._closing and not self.over:
            self._closing = True
            payload = code.to_bytes(2, "big") + reason.encode()[:123]
            self._outgoing.append(frame(Opcode.CLOSE, payload))

    # Internals

    def _read_head(self, data: bytes) -> tuple[ServerEvent, ...]:
        try:
            self._http.receive_data(data)
            request = self._http.next_event()
        except h11.RemoteProtocolError:
            self.refuse(400)
            return (ConnectionEnded(_ABNORMAL),)
        if not isinstance(request, h11.Request):
            return ()
        status = self._judge(request)
        if status is not None:
            self.refuse(status)
            return (ConnectionEnded(_ABNORMAL),)
        return (Requested(request.target.decode("latin-1")),)

    def _judge(self, request: h11.Request) -> int | None:
        """Return the status to reject an invalid handshake with, or ``None`` (RFC 6455 section 4.2.1)."""
        fields = {name: value.strip().lower() for name, value in request.headers}
        upgrades = fields.get(b"upgrade") == b"websocket" and b"upgrade" in [
            token.strip() for token in fields.get(b"connection", b"").split(b",")
        ]
        if not upgrades or fields.get(b"sec-websocket-version") != b"13":
            return 426
        self._key = dict(request.headers).get(b"sec-websocket-key", b"").strip()
        whole = request.method == b"GET" and request.http_version == b"1.1"
        return None if whole and _is_key(self._key) else 400

    def _send_http(self, event: h11.InformationalResponse | h11.Response) -> None:
        self._outgoing.append(self._http.send(event) or b"")

    def _read_frames(self, frames: FrameProtocol, data: bytes) -> tuple[ServerEvent, ...]:
        events: list[ServerEvent] = []
        try:
            frames.receive_bytes(data)
            for received in frames.received_frames():  # none after a close, according to wsproto
                self._take(received, events)
        except ParseFailed as error:
            self.close(error.code)
            events.append(self._end(_ABNORMAL))
        return tuple(events)

    def _take(self, received: Frame, events: list[ServerEvent]) -> None:
        match received.opcode, received.payload:
            case Opcode.TEXT, str(piece):
                self._gather(piece)
                if received.message_finished:
                    events.append(Received("".join(self._pieces)))
                    self._pieces, self._size = [], 0
            case Opcode.PING, bytes() | bytearray() as payload:
                self._outgoing.append(frame(Opcode.PONG, bytes(payload)))
            case Opcode.PONG, _:
                pass
            case Opcode.CLOSE, (int(code), str()):
                self.close(1000 if code == _NO_STATUS else code)
                events.append(self._end(int(code)))
            case _:
                raise ParseFailed("only text messages are accepted", CloseReason.UNSUPPORTED_DATA)

    def _gather(self, piece: str) -> None:
        self._size += len(piece)
        if self._size > MAX_SIZE:
            raise ParseFailed(
                f"the message is longer than {MAX_SIZE} characters", CloseReason.MESSAGE_TOO_BIG
            )
        self._pieces.append(piece)

    def _end(self, code: int) -> ConnectionEnded:
        self.over = True
        return ConnectionEnded(code)
