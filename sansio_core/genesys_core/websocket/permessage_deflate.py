"""Compressed messages: permessage-deflate (RFC 7692).

Invariants: regardless of input, decompression stops one byte after the size limit. wsproto's own
extension is not used because it has no such limit, raises ``ValueError`` for a malformed response,
and does not decompress the rest of a fragmented message if a control frame arrives between its
fragments.
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
"""The client's offer: any window size, with context takeover."""

_TAIL: Final = b"\x00\x00\xff\xff"  # RFC 7692 section 7.2.1: removed by the sender, restored here
_WINDOW_BITS = re.compile(r"8|9|1[0-5]")
_MIN_WINDOW_BITS: Final = 9  # zlib cannot write raw deflate with a window of 8 bits


class Deflate(Struct, frozen=True):
    """The negotiated permessage-deflate parameters.

    Attributes:
        client_window_bits: log2 of the client's window size.
        client_keeps_context: whether the client uses context takeover.
        server_keeps_context: whether the server uses context takeover.
    """

    client_window_bits: int = 15
    client_keeps_context: bool = True
    server_keeps_context: bool = True

    @classmethod
    def agreed(cls, extensions: tuple[str, ...]) -> "Deflate | str":
        """Parse the server's ``Sec-WebSocket-Extensions``, or return a description of the error."""
        name, *parameters = [part.strip() for part in extensions[0].split(";")]
        if len(extensions) != 1 or name.lower() != _NAME:
            return "an extension that was not offered"
        given: dict[str, str | None] = {}
        for parameter in parameters:
            key, equals, value = parameter.partition("=")
            if key.strip() in given:
                return "a duplicate extension parameter"
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
                        return "window bits outside the range 8 to 15"
                case _:
                    # RFC 7692 section 7.1: such a response MUST fail the connection.
                    return "an extension parameter that RFC 7692 does not allow"
        return cls(
            int(given.get("client_max_window_bits") or 15),
            "client_no_context_takeover" not in given,
            "server_no_context_takeover" not in given,
        )


class Inflate(Extension):
    """Decompresses incoming messages, as an extension of wsproto.

    Args:
        deflate: the negotiated parameters.
        limit: maximum size of a decompressed message in bytes.
    """

    name = _NAME

    def __init__(self, deflate: Deflate, limit: int) -> None:
        self._keeps_context = deflate.server_keeps_context
        self._limit = limit
        # The largest window decompresses data of any smaller one.
        self._stream = zlib.decompressobj(-15)
        self._size = 0
        self._compressed = False  # whether the current message is compressed
        self._active = False  # whether the current frame belongs to such a message

    def enabled(self) -> bool:
        """Always ``True``: the extension is created only if it was negotiated."""
        return True

    def offer(self) -> str:
        """Required by wsproto's interface, but not called: this library performs the handshake."""
        return OFFER

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        """Record whether the frame is compressed; return which reserved bits are valid."""
        # RFC 7692 section 6: RSV1 is set on the first frame of a message, never on the others.
        starts = opcode in {Opcode.TEXT, Opcode.BINARY}
        if starts:
            self._compressed, self._size = rsv.rsv1, 0
        self._active = self._compressed and not opcode.iscontrol()
        return RsvBits(starts, False, False)  # noqa: FBT003 - wsproto's own tuple

    def frame_inbound_payload_data(
        self, proto: FrameDecoder | FrameProtocol, data: bytes
    ) -> bytes | CloseReason:
        """Decompress a part of a frame's payload."""
        return self._unpacked(data) if self._active else data

    def frame_inbound_complete(
        self,
        proto: FrameDecoder | FrameProtocol,
        fin: bool,  # noqa: FBT001 - wsproto's signature
    ) -> bytes | CloseReason | None:
        """Decompress the rest of a message after its last frame."""
        if not (fin and self._active):
            return None
        rest = self._unpacked(_TAIL)
        self._compressed = False
        if self._stream.eof or not self._keeps_context:
            self._stream = zlib.decompressobj(-15)
        return rest

    def _unpacked(self, data: bytes) -> bytes | CloseReason:
        # One more than allowed: that shows an excess without decompressing the rest.
        allowance = self._limit - self._size + 1
        try:
            unpacked = self._stream.decompress(data, allowance)
        except zlib.error:
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        self._size += len(unpacked)
        if self._size > self._limit:
            return CloseReason.MESSAGE_TOO_BIG
        # RFC 7692 section 7.2.3.4: a final block is followed by one empty one and nothing else.
        if not (b"\x00" + _TAIL).startswith(self._stream.unused_data.removeprefix(_TAIL)):
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        return unpacked


class _Stream(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self, mode: int, /) -> bytes: ...


class Compressor:
    """Compresses outgoing messages.

    Args:
        deflate: the negotiated parameters.
    """

    def __init__(self, deflate: Deflate) -> None:
        self._deflate = deflate
        self._stream = self._fresh()

    @classmethod
    def of(cls, deflate: Deflate) -> "Compressor | None":
        """Create a compressor; return ``None`` for a window of 8 bits, which zlib does not support."""
        return cls(deflate) if deflate.client_window_bits >= _MIN_WINDOW_BITS else None

    def pack(self, data: bytes) -> bytes:
        """Return the compressed payload of a complete message."""
        packed = self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        if not self._deflate.client_keeps_context:
            self._stream = self._fresh()
        return packed.removesuffix(_TAIL)

    def _fresh(self) -> "_Stream":
        return zlib.compressobj(wbits=-self._deflate.client_window_bits)
