"""Compressed messages: permessage-deflate (RFC 7692).

Law: whatever the peer compressed, no more than the allowed number of bytes comes out of it, and
no more is held in memory. wsproto's own extension is not used because it sets no such limit, lets
``ValueError`` out on a malformed answer, and forgets that a fragmented message is compressed when
a control frame stands between its fragments.
"""
# ruff: noqa: ARG002 - the signatures are wsproto's

import re
import zlib
from typing import Final, Protocol

from msgspec import Struct
from wsproto.extensions import Extension
from wsproto.frame_protocol import CloseReason, FrameDecoder, FrameProtocol, Opcode, RsvBits

__all__ = ["OFFER", "Compressor", "Deflate", "Inflate"]

_NAME: Final = "permessage-deflate"
OFFER: Final = f"{_NAME}; client_max_window_bits"
"""What the client offers: any window the server likes, memory kept from message to message."""

_TAIL: Final = b"\x00\x00\xff\xff"  # RFC 7692, 7.2.1: removed by the sender, put back here
_WINDOW_BITS = re.compile(r"8|9|1[0-5]")
_MIN_WINDOW_BITS: Final = 9  # zlib cannot write raw deflate with a window of 8 bits


class Deflate(Struct, frozen=True):
    """What was agreed on.

    Attributes:
        client_window_bits: log2 of the window that the client may use.
        client_keeps_context: whether the client may refer back to earlier messages.
        server_keeps_context: whether the server may.
    """

    client_window_bits: int = 15
    client_keeps_context: bool = True
    server_keeps_context: bool = True

    @classmethod
    def agreed(cls, extensions: tuple[str, ...]) -> "Deflate | str":
        """Read the server's ``Sec-WebSocket-Extensions``, or say what is wrong with it."""
        name, *parameters = [part.strip() for part in extensions[0].split(";")]
        if len(extensions) != 1 or name.lower() != _NAME:
            return "an extension that was not offered"
        given: dict[str, str | None] = {}
        for parameter in parameters:
            key, equals, value = parameter.partition("=")
            if key.strip() in given:
                return "an extension parameter given twice"
            given[key.strip()] = value.strip().strip('"') if equals else None
        return cls._checked(given)

    @classmethod
    def _checked(cls, given: dict[str, str | None]) -> "Deflate | str":
        for key, value in given.items():
            match key, value:
                case "client_no_context_takeover" | "server_no_context_takeover", None:
                    pass
                case "client_max_window_bits" | "server_max_window_bits", str(bits):
                    if _WINDOW_BITS.fullmatch(bits) is None:
                        return "window bits outside 8 to 15"
                case _:
                    # RFC 7692, 7.1: such a response MUST fail the connection.
                    return "an extension parameter that RFC 7692 does not allow"
        return cls(
            int(given.get("client_max_window_bits") or 15),
            "client_no_context_takeover" not in given,
            "server_no_context_takeover" not in given,
        )


class Inflate(Extension):
    """Unpacks incoming messages inside wsproto.

    Args:
        deflate: what was agreed on.
        limit: bytes that one message may unpack to.
    """

    name = _NAME

    def __init__(self, deflate: Deflate, limit: int) -> None:
        self._keeps_context = deflate.server_keeps_context
        self._limit = limit
        # The largest window reads whatever a smaller one wrote.
        self._stream = zlib.decompressobj(-15)
        self._size = 0
        self._compressed = False  # the message under way is
        self._active = False  # the frame under way belongs to such a message

    def enabled(self) -> bool:
        """Whether the extension takes part; it is only made when agreed on."""
        return True

    def offer(self) -> str:
        """Unused: the handshake is not wsproto's."""
        return OFFER

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        """Note whether the frame is compressed; says which reserved bits are in order."""
        # RFC 7692, 6: RSV1 is set on the first frame of a message, never on the others.
        starts = opcode in {Opcode.TEXT, Opcode.BINARY}
        if starts:
            self._compressed, self._size = rsv.rsv1, 0
        self._active = self._compressed and not opcode.iscontrol()
        return RsvBits(starts, False, False)  # noqa: FBT003 - wsproto's own tuple

    def frame_inbound_payload_data(
        self, proto: FrameDecoder | FrameProtocol, data: bytes
    ) -> bytes | CloseReason:
        """Unpack a piece of a frame."""
        return self._unpacked(data) if self._active else data

    def frame_inbound_complete(
        self,
        proto: FrameDecoder | FrameProtocol,
        fin: bool,  # noqa: FBT001 - wsproto's signature
    ) -> bytes | CloseReason | None:
        """Unpack what the end of a message sets free."""
        if not (fin and self._active):
            return None
        rest = self._unpacked(_TAIL)
        self._compressed = False
        if self._stream.eof or not self._keeps_context:
            self._stream = zlib.decompressobj(-15)
        return rest

    def _unpacked(self, data: bytes) -> bytes | CloseReason:
        allowance = self._limit - self._size + 1
        try:
            unpacked = self._stream.decompress(data, allowance)
        except zlib.error:
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        self._size += len(unpacked)
        if self._size > self._limit:
            return CloseReason.MESSAGE_TOO_BIG
        # RFC 7692, 7.2.3.4: a final block is followed by one empty one and nothing else.
        if not (b"\x00" + _TAIL).startswith(self._stream.unused_data.removeprefix(_TAIL)):
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        return unpacked


class _Stream(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self, mode: int, /) -> bytes: ...


class Compressor:
    """Packs outgoing messages.

    Args:
        deflate: what was agreed on.
    """

    def __init__(self, deflate: Deflate) -> None:
        self._deflate = deflate
        self._stream = self._fresh()

    @classmethod
    def of(cls, deflate: Deflate) -> "Compressor | None":
        """A compressor, unless the window agreed on cannot be written: messages then go as is."""
        return cls(deflate) if deflate.client_window_bits >= _MIN_WINDOW_BITS else None

    def pack(self, data: bytes) -> bytes:
        """One whole message."""
        packed = self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        if not self._deflate.client_keeps_context:
            self._stream = self._fresh()
        return packed.removesuffix(_TAIL)

    def _fresh(self) -> "_Stream":
        return zlib.compressobj(wbits=-self._deflate.client_window_bits)
