"""Parsing of response heads.

Invariants: only a complete head is parsed, so the result does not depend on how it was split. A
plain head (HTTP/1.1, ordinary lines, unambiguous framing) is parsed here, with patterns that never
backtrack, and with the same result as h11's. All other heads are parsed by h11, except that bytes
that h11 would take quadratic time to reject are rejected here.
"""

import re
from typing import Final, cast

from msgspec import Struct

from genesys_core.http.headers import Headers
from genesys_core.http.limits import ResponseLimits, broken_response

__all__ = ["HeadSearch", "ParsedHead", "ResponseHead", "parse_head", "parse_plain_head"]


class ResponseHead(Struct, frozen=True):
    """The status and headers of a response whose body is still to be read.

    Attributes:
        status: the status code.
        headers: the header fields as received.
    """

    status: int
    headers: Headers


class ParsedHead(Struct, frozen=True):
    """A complete response head, informational or final.

    Attributes:
        status: the status code, 100 to 999.
        headers: the header fields as received; unless the response is informational,
            ``Content-Length`` occurs at most once and contains only digits, and
            ``Transfer-Encoding`` occurs at most once and is ``chunked``.
        version: the HTTP version, ``"1.1"`` or ``"1.0"``.
    """

    status: int
    headers: Headers
    version: str


# RFC 9112 sections 4 and 5. Repetitions are possessive, so matching never backtracks.
_STATUS_LINE: Final = re.compile(r"HTTP/1\.1 ([1-9][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*+)?\r\n")
_OK: Final = "HTTP/1.1 200 OK\r\n"  # the most common status line
_FIELD_LINE: Final = re.compile(
    r"^([!#$%&'*+\-.^_`|~0-9A-Za-z]++):[ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*+)(?<![ \t])\r\n",
    re.MULTILINE,
)
_START: Final = re.compile(rb"HTTP/1\.[01] [1-9][0-9]{2}[ \r\n]")
_SHORTEST_START: Final = b"HTTP/1.1 200 "
# h11 rejects these anywhere, but in time that is quadratic in the length of a line.
_FORBIDDEN: Final = re.compile(rb"[\x00\x0b\x0c]|\r(?!\n)")
_BLANK_LINE: Final = re.compile(rb"\n\r?\n")
_LONGEST_LENGTH: Final = 20  # digits, as in h11


class HeadSearch:
    """Searches for the end of a head in bytes that arrive in pieces, examining each byte once.

    Attributes:
        buffer: the incomplete head.
    """

    __slots__ = ("_limit", "_searched", "buffer")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._searched = 0
        self.buffer = bytearray()

    def feed(self, data: bytes) -> tuple[bytes, bytes] | None:
        """Return the head with its blank line and the bytes after it; ``None`` if it is incomplete.

        Raises:
            TransportFailure: the bytes cannot begin a response, or the head is too long.
        """
        buffer = self.buffer
        buffer += data
        if (found := _BLANK_LINE.search(buffer, self._searched)) is None:
            # A blank line may begin in the last two bytes.
            self._searched = max(len(buffer) - 2, 0)
            start = bytes(buffer[: len(_SHORTEST_START)])
            # A peer that does not speak HTTP is rejected with its first bytes, not at the limit of a head.
            if _START.match(start + _SHORTEST_START[len(start) :]) is None:
                raise broken_response(_NO_HTTP)
            if len(buffer) >= self._limit:
                raise _too_long(self._limit)
            return None
        end = found.end()
        head, rest = bytes(buffer[:end]), bytes(buffer[end:])
        buffer.clear()
        self._searched = 0
        return head, rest


_NO_HTTP: Final = "the first line is not an HTTP/1.0 or HTTP/1.1 status line"


def _too_long(limit: int) -> Exception:
    return broken_response(f"the head is longer than {limit} bytes")


def parse_head(head: bytes, limits: ResponseLimits) -> ParsedHead:
    """Parse a complete response head, from the status line to the blank line.

    Raises:
        TransportFailure: the head is not valid HTTP, or exceeds a limit.
    """
    if len(head) > limits.head:
        raise _too_long(limits.head)
    return parse_plain_head(head, limits) or _parse_with_h11(head, limits)


def parse_plain_head(head: bytes, limits: ResponseLimits) -> ParsedHead | None:
    """Parse a head up to its first blank line, inclusive; return ``None`` if h11 must parse it.

    Raises:
        TransportFailure: the head exceeds a limit.
    """
    text = str(head, "latin-1")
    if text.startswith(_OK):
        status, start = 200, len(_OK)
    elif status_line := _STATUS_LINE.match(text):
        status, start = int(status_line[1]), status_line.end()
    else:
        return None
    raw = tuple(_FIELD_LINE.findall(text, start))
    # One line feed per field, plus those of the status line and the blank line: everything matched.
    if text.count("\n") != len(raw) + 2 or not text.endswith("\n\r\n"):
        return None
    if len(head) > limits.head:
        raise _too_long(limits.head)
    if len(raw) > limits.fields:
        raise _too_many(limits.fields)
    headers = Headers.received(raw)
    if status >= 200:
        values = headers.by_name()
        length = values.get("content-length")
        coding = values.get("transfer-encoding")
        # Ambiguous framing, the means of request smuggling: h11 decides what is rejected.
        if (length is not None and (coding is not None or not length.isdecimal())) or (
            coding is not None and coding != "chunked"
        ):
            return None
        if length is not None and len(length) > _LONGEST_LENGTH:
            return None
    return ParsedHead(status, headers, "1.1")


def _too_many(limit: int) -> Exception:
    return broken_response(f"more than {limit} header fields")


def _parse_with_h11(head: bytes, limits: ResponseLimits) -> ParsedHead:
    if _START.match(head) is None:
        raise broken_response(_NO_HTTP)
    if _FORBIDDEN.search(head) is not None:
        raise broken_response("the head contains a control character that is not allowed")
    if head.count(b"\n") - 2 > limits.fields:
        raise _too_many(limits.fields)
    import h11  # noqa: PLC0415 - few responses need it, and startup is faster without it

    connection = h11.Connection(h11.CLIENT)
    # With "Upgrade", so that h11 accepts a 101; the response reader checks whether it is allowed.
    connection.send(
        h11.Request(method="GET", target="/", headers=[("Host", "h"), ("Upgrade", "h")])
    )
    connection.receive_data(head)
    try:
        event = connection.next_event()
    except h11.RemoteProtocolError as error:
        problem = _without_bytes(error)
    else:
        # Or an InformationalResponse; a complete head yields no other event.
        event = cast(h11.Response, event)
        headers = Headers.received(
            (str(name, "latin-1"), str(value, "latin-1"))
            for name, value in event.headers.raw_items()
        )
        return ParsedHead(event.status_code, headers, event.http_version.decode())
    # Raised outside the block above: that exception contains header values.
    raise broken_response(problem)


def _without_bytes(error: Exception) -> str:
    """Describe the error without quoting the received bytes, which may contain a secret."""
    return re.split(r":? (?:bytearray\()?b['\"]", str(error))[0]
