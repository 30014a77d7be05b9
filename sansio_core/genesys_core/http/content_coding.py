"""Content codings: decodes gzip and deflate, at once or in pieces (RFC 9110 section 8.4).

Invariants: the limit is enforced before output is produced; a stream buffers at most one read; time is
linear in input and output. Content is complete or rejected: a truncated stream, a wrong checksum
and bytes after the last member are failures.
"""

import zlib
from typing import Final

from genesys_core.http.limits import response_too_large
from genesys_core.http.messages import TransportFailure

__all__ = ["ContentDecoder", "content_codings", "decode_content"]

_MOST_CODINGS: Final = 3
"""Maximum number of content codings of a body: each multiplies the possible expansion."""

_GZIP: Final = zlib.MAX_WBITS | 16
_LONGEST_SLICE: Final = 64 * 1024
_SHORTEST_SLICE: Final = 256


def content_codings(value: str) -> tuple[str, ...]:
    """Return the codings of a ``Content-Encoding`` field, in the order in which they were applied.

    ``identity`` and empty list elements are ignored.

    Raises:
        TransportFailure: a coding is not supported, or there are too many.
    """
    codings: list[str] = []
    for element in value.split(","):
        coding = element.strip(" \t").lower()
        if coding in {"", "identity"}:
            continue
        # RFC 9110 section 8.4.1.3: x-gzip is equivalent to gzip.
        if coding not in {"gzip", "x-gzip", "deflate"}:
            raise _undecodable(f"the content coding is neither gzip nor deflate: {coding[:40]!r}")
        codings.append("deflate" if coding == "deflate" else "gzip")
    if len(codings) > _MOST_CODINGS:
        raise _undecodable(f"more than {_MOST_CODINGS} content codings")
    return tuple(codings)


def decode_content(body: bytes, codings: tuple[str, ...], limit: int | None) -> bytes:
    """Decode a complete body.

    Args:
        body: the body as transferred; must not be empty.
        codings: the codings, as returned by :func:`content_codings`.
        limit: maximum output of each coding in bytes; ``None`` for no limit.

    Raises:
        TransportFailure: the content is corrupt, truncated, followed by other bytes, or too large.
    """
    if codings == ("gzip",):
        # Nearly always a single member that ends with the body.
        unpacker = zlib.decompressobj(_GZIP)
        try:
            # 0 means no limit to zlib; one byte too many shows that the limit is exceeded.
            content = unpacker.decompress(body, 0 if limit is None else limit + 1)
        except zlib.error:
            content = b""
        if limit is not None and len(content) > limit:
            raise response_too_large(limit)
        if unpacker.eof and not unpacker.unused_data:
            return content
    # Several members or codings, or content that is invalid: the decoder raises the right failure.
    decoder = ContentDecoder(codings, limit)
    decoder.feed(body)
    pieces: list[bytes] = []
    while piece := decoder.read(_LONGEST_SLICE):
        pieces.append(piece)
    decoder.end()
    return b"".join(pieces)


class ContentDecoder:
    """Decodes a body that is received in pieces, as its content is read.

    Args:
        codings: the codings, as returned by :func:`content_codings`.
        limit: maximum output of each coding in bytes; ``None`` for no limit.
    """

    def __init__(self, codings: tuple[str, ...], limit: int | None) -> None:
        self._stages = [_Unpacker(coding, limit) for coding in reversed(codings)]

    def feed(self, data: bytes) -> None:
        """Add bytes of the encoded body; call this only if :meth:`read` returned ``b""``."""
        self._stages[0].feed(data)

    def read(self, size: int) -> bytes:
        """Return at most ``size`` bytes of decoded content; ``b""`` if more input is needed.

        Raises:
            TransportFailure: the content is corrupt, followed by other bytes, or too large.
        """
        return self._read(len(self._stages) - 1, size)

    def _read(self, stage: int, size: int) -> bytes:
        unpacker = self._stages[stage]
        while not (content := unpacker.read(size)):
            data = self._read(stage - 1, _LONGEST_SLICE) if stage else b""
            if not data:
                break
            unpacker.feed(data)
        return content

    def end(self) -> None:
        """Finish decoding at the end of the body.

        Raises:
            TransportFailure: the content is truncated.
        """
        for unpacker in self._stages:
            unpacker.end()


class _Unpacker:
    """The decoder of one coding."""

    __slots__ = (
        "_gzip",
        "_input",
        "_limit",
        "_more",
        "_position",
        "_size",
        "_slice",
        "_state",
        "_zlib",
    )

    def __init__(self, coding: str, limit: int | None) -> None:
        self._gzip = coding == "gzip"
        self._limit = limit
        self._size = 0
        self._input = memoryview(b"")
        self._position = 0
        self._slice = _LONGEST_SLICE
        self._more = False  # zlib may have more output after consuming all input
        self._state = "start"  # then "inside" a member or stream, then "ended"
        self._zlib = zlib.decompressobj(_GZIP)

    def feed(self, data: bytes) -> None:
        left = self._input[self._position :]
        self._input = memoryview(bytes(left) + data if left else data)
        self._position = 0

    def read(self, size: int) -> bytes:
        while self._more or self._position < len(self._input):
            if self._state != "inside" and not self._begin():
                return b""
            piece = self._input[self._position : self._position + self._slice]
            try:
                content = self._zlib.decompress(piece, size)
            except zlib.error:
                raise _undecodable("the content is corrupt") from None
            # Output of exactly the maximum length may have been truncated by zlib.
            self._more = len(content) == size
            if self._zlib.eof:
                self._end_member(len(piece) - len(self._zlib.unused_data))
            else:
                self._position += len(piece) - len(self._zlib.unconsumed_tail)
                # Large members are read in large slices again; see _end_member.
                self._slice = min(self._slice * 2, _LONGEST_SLICE)
            self._size += len(content)
            if self._limit is not None and self._size > self._limit:
                raise response_too_large(self._limit)
            if content:
                return content
        return b""

    def _begin(self) -> bool:
        if self._gzip:
            if self._state == "ended":
                self._zlib = zlib.decompressobj(_GZIP)  # RFC 1952 section 2.2: another member
        elif self._state == "ended":
            raise _undecodable("the content is followed by extra bytes")
        else:
            start = bytes(self._input[self._position : self._position + 2])
            if len(start) < 2:
                return False
            # RFC 9110 section 8.4.1.2: "deflate" has a zlib header, which some servers omit.
            header = start[0] & 0x0F == 8 and int.from_bytes(start) % 31 == 0
            self._zlib = zlib.decompressobj(zlib.MAX_WBITS if header else -zlib.MAX_WBITS)
        self._state = "inside"
        return True

    def _end_member(self, taken: int) -> None:
        self._position += taken
        self._state = "ended"
        self._more = False
        # zlib copies the data after a member. With small slices, many tiny members take linear time.
        self._slice = _SHORTEST_SLICE

    def end(self) -> None:
        # An empty body has no stream and is complete.
        if self._state != "ended" and (
            self._state == "inside" or self._position < len(self._input)
        ):
            raise _undecodable("the content is truncated")


def _undecodable(problem: str) -> TransportFailure:
    return TransportFailure(
        f"the response cannot be decoded: {problem}", kind="protocol", sent=True
    )
