"""Body framing: readers that find the end of a response's body (RFC 9112 section 6).

Invariants: the body, its end and any failure do not depend on how the bytes were split. A reader
examines each byte once and buffers at most one line, so it takes linear time and constant memory
apart from unread content. Lines of a chunked body must end with CRLF: a bare LF is rejected at
once, because peers that disagree about it see different messages (request smuggling).
"""

import re
from collections import deque
from typing import Final, Protocol

from genesys_core.http.limits import ResponseLimits, broken_response, response_too_large
from genesys_core.http.messages import TransportFailure

__all__ = [
    "BodyReader",
    "ChunkedReader",
    "LengthReader",
    "UntilCloseReader",
    "cut_off",
    "read_whole_chunks",
]


class BodyReader(Protocol):
    """Reads the body that follows a response head, and finds its end."""

    def feed(self, data: bytes, content: deque[bytes]) -> bytes | None:
        """Append the body's bytes in ``data`` to ``content``.

        Returns:
            The bytes after the body once the body is complete, otherwise ``None``.

        Raises:
            TransportFailure: the framing is malformed, or the body exceeds its limit.
        """
        ...

    def end(self) -> None:
        """Report that the peer closed the connection.

        Raises:
            TransportFailure: the body is incomplete.
        """
        ...


class LengthReader:
    """Reads a body whose length in bytes is known in advance."""

    __slots__ = ("_left",)

    def __init__(self, length: int) -> None:
        self._left = length

    def feed(self, data: bytes, content: deque[bytes]) -> bytes | None:
        """Implements :meth:`BodyReader.feed`."""
        left = self._left - len(data)
        if left > 0:
            self._left = left
            content.append(data)
            return None
        if left == 0:
            content.append(data)
            return b""
        content.append(data[:left])
        return data[left:]

    def end(self) -> None:
        """Implements :meth:`BodyReader.end`."""
        raise cut_off()


class UntilCloseReader:
    """Reads a body without a length: the body ends when the peer closes the connection."""

    __slots__ = ("_limit", "_size")

    def __init__(self, limits: ResponseLimits) -> None:
        self._limit = limits.body
        self._size = 0

    def feed(self, data: bytes, content: deque[bytes]) -> bytes | None:
        """Implements :meth:`BodyReader.feed`."""
        self._size += len(data)
        if self._limit is not None and self._size > self._limit:
            raise response_too_large(self._limit)
        content.append(data)
        return None

    def end(self) -> None:
        """Implements :meth:`BodyReader.end`; without a length, closing is the body's regular end."""


# RFC 9112 section 7.1: the size, ignored extensions, and spaces with which some servers pad the size.
_SIZE_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,20}+)(?:;[\t -~\x80-\xff]*+|[ \t]++)?\r\n")
# As lenient about values as h11 is about header fields.
_TRAILER_LINE: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[^\x00\x0a-\x0d]*+\r\n")
_FOLDED_LINE: Final = re.compile(rb"[ \t][^\x00\x0a-\x0d]*+\r\n")

_LAST_CHUNK: Final = b"0\r\n\r\n"

_SIZE, _DATA, _DATA_END, _TRAILERS = range(4)


class ChunkedReader:
    """Reads a chunked body; extensions and trailers are parsed and ignored."""

    __slots__ = (
        "_left",
        "_limits",
        "_line",
        "_overhead",
        "_size",
        "_state",
        "_trailer_bytes",
        "_trailer_lines",
    )

    def __init__(self, limits: ResponseLimits) -> None:
        self._limits = limits
        self._state = _SIZE
        self._line = bytearray()  # an incomplete line
        self._left = 0  # remaining bytes of the current chunk
        self._size = 0  # bytes of the body announced so far
        self._overhead = 0
        self._trailer_bytes = 0
        self._trailer_lines = 0

    def feed(self, data: bytes, content: deque[bytes]) -> bytes | None:
        """Implements :meth:`BodyReader.feed`."""
        position = 0
        while position < len(data):
            if self._state == _SIZE:
                position = self._take_whole_chunks(data, position, content)
            elif self._state == _DATA:
                chunk = data[position : position + self._left]
                content.append(chunk)
                position += len(chunk)
                self._left -= len(chunk)
                if not self._left:
                    self._state, self._left = _DATA_END, 2
            elif self._state == _DATA_END:
                # The CRLF after the chunk's data, which may be split between two reads.
                found = data[position : position + self._left]
                if not b"\r\n"[2 - self._left :].startswith(found):
                    raise broken_response("a chunk is longer than its chunk-size line states")
                position += len(found)
                self._left -= len(found)
                if not self._left:
                    self._state = _SIZE
            else:
                rest = self._skip_trailers(data, position)
                return None if rest is None else data[rest:]
        return None

    def _take_whole_chunks(self, data: bytes, position: int, content: deque[bytes]) -> int:
        """Read complete chunks, and the size line of the next, incomplete chunk."""
        if not self._line:
            while (match := _SIZE_LINE.match(data, position)) is not None:
                start = match.end()
                size = int(match[1], 16)
                self._begin_chunk(size, start - position)
                position = start + size
                # The last chunk, or one that has not been received completely, is left to the other
                # states.
                if not size or not data.startswith(b"\r\n", position):
                    return start
                content.append(data[start:position])
                self._state = _SIZE
                position += 2
                if data.startswith(_LAST_CHUNK, position):
                    self._state = _TRAILERS
                    return position + 3
        limit = self._limits.chunk_line
        line, position = self._line_from(data, position, limit, limit)
        if line is not None:
            match = _SIZE_LINE.fullmatch(line)
            if match is None:
                raise broken_response("a chunk-size line is malformed")
            self._begin_chunk(int(match[1], 16), len(line))
        return position

    def end(self) -> None:
        """Implements :meth:`BodyReader.end`."""
        raise cut_off()

    def _line_from(
        self, data: bytes, position: int, room: int, limit: int
    ) -> tuple[bytes | None, int]:
        """Return a line, which may have begun in earlier data, and the position after the line.

        The line is ``None`` if its end has not been received yet.

        Args:
            data: the received bytes.
            position: the index in ``data`` at which the line begins or continues.
            room: the maximum length of the line.
            limit: the limit to state in the error for a longer line.
        """
        line = self._line
        stop = data.find(b"\n", position) + 1
        line += data[position : stop or None]
        # A line without its line break that has the maximum length is too long already.
        if len(line) > room or (not stop and len(line) == room):
            raise _line_too_long(limit)
        if not stop:
            return None, len(data)
        whole = bytes(line)
        line.clear()
        return whole, stop

    def _begin_chunk(self, size: int, line_length: int) -> None:
        limits = self._limits
        if line_length > limits.chunk_line:
            raise _line_too_long(limits.chunk_line)
        # As in Go's net/http: long lines with little data are expensive and serve no purpose.
        # 14: each chunk may have 16 bytes of overhead, 2 of which are the CRLF after its data.
        overhead = self._overhead + line_length - 14 - 2 * size
        if overhead > limits.chunk_overhead:
            raise broken_response("the chunked body consists mostly of chunk-size lines")
        self._overhead = max(0, overhead)
        self._size += size
        if limits.body is not None and self._size > limits.body:
            raise response_too_large(limits.body)
        self._left = size
        self._state = _DATA if size else _TRAILERS

    def _skip_trailers(self, data: bytes, position: int) -> int | None:
        """Return the position after the trailer section, or ``None`` if it is incomplete."""
        if not (self._trailer_lines or self._line) and data.startswith(b"\r\n", position):
            return position + 2
        while True:
            left = self._limits.trailers - self._trailer_bytes
            # The blank line at the end does not count.
            line, position = self._line_from(data, position, left + 2, self._limits.trailers)
            if line is None:
                return None
            if line == b"\r\n":
                return position
            if len(line) > left:
                raise _line_too_long(self._limits.trailers)
            self._trailer_bytes += len(line)
            # Obsolete line folding (RFC 9112 section 5.2) continues a field, so the first line cannot
            # be folded.
            folded = self._trailer_lines and _FOLDED_LINE.fullmatch(line)
            if not folded and _TRAILER_LINE.fullmatch(line) is None:
                raise broken_response("a trailer field is malformed")
            self._trailer_lines += 1
            if self._trailer_lines > self._limits.fields:
                raise broken_response(f"more than {self._limits.fields} trailer fields")


def read_whole_chunks(data: bytes, position: int, limits: ResponseLimits) -> bytes | None:
    """Return the body if ``data``, from ``position`` to its end, is one complete chunked body.

    For any other data, including extensions, trailers, and malformed or oversized data, return
    ``None``; :class:`ChunkedReader` handles such data.
    """
    pieces: list[bytes] = []
    while not data.startswith(_LAST_CHUNK, position):
        line = _SIZE_LINE.match(data, position)
        if line is None:
            return None
        start = line.end()
        size = int(line[1], 16)
        end = start + size
        # A line of up to 16 bytes is within every line limit, and has no overhead.
        if not size or start - position > 16 or not data.startswith(b"\r\n", end):
            return None
        pieces.append(data[start:end])
        position = end + 2
    if position + len(_LAST_CHUNK) != len(data):
        return None
    body = b"".join(pieces)
    return body if limits.body is None or len(body) <= limits.body else None


def _line_too_long(limit: int) -> TransportFailure:
    return broken_response(f"the chunked body has a line or trailers of more than {limit} bytes")


def cut_off() -> TransportFailure:
    """Return the failure for a peer that closed the connection before the response was complete."""
    return TransportFailure(
        "the peer closed the connection before the response was complete",
        kind="closed",
        sent=True,
    )
