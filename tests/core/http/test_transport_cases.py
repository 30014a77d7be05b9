"""The cases of HTTP/1.1 that need no socket, by their numbers in the list of transport cases.

Each case of a response is run whole, cut at every offset, byte by byte, and with its content asked for
piece by piece: the outcome is the same. What needs sockets, clocks, a pool or a client is in
`tests/adapters/transports/conformance`, which runs most of these once more over loopback.
"""

from __future__ import annotations

import gzip
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from genesys_core.http.headers import Headers
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.limits import DEFAULT_LIMITS, ResponseLimits
from genesys_core.http.messages import Request, Response, TransportFailure
from tests.helpers import h11_client
from tests.strategies.http1 import GET, chunk, head, packed, single_bytes

HEAD = Request("HEAD", "http://api.example/x")
UPGRADE = Request("GET", "http://h/", Headers({"Connection": "Upgrade", "Upgrade": "websocket"}))
CONNECT = Request("CONNECT", "http://h:443")


@dataclass(frozen=True)
class Outcome:
    """``R`` or ``F`` of the list: a response, and whether the connection is kept, or a failure."""

    status: int = 200
    body: bytes = b"hi"
    kept: bool = True
    leftover: bytes = b""
    failure: str = ""


def response(body: bytes = b"hi", *, kept: bool = True, status: int = 200, leftover: bytes = b"") -> Outcome:  # fmt: skip
    return Outcome(status, body, kept, leftover)


def failure(kind: str) -> Outcome:
    """A failure of a request that was sent, which ends the connection."""
    return Outcome(0, b"", False, b"", kind)


KEPT, CLOSED, CUT, BROKEN = response(), response(kept=False), failure("closed"), failure("protocol")


@dataclass(frozen=True)
class Case:
    """What a server sends before it closes, or keeps the connection open, and what comes of it."""

    number: int
    name: str
    data: bytes
    outcome: Outcome | None  # none: it goes on to wait
    request: Request = GET
    closes: bool = False
    limits: ResponseLimits = field(default=DEFAULT_LIMITS)

    @property
    def pieces(self) -> Iterator[list[bytes]]:
        """The ways in which the network may cut it."""
        end = [b""] if self.closes else []
        yield [self.data, *end]
        yield [*single_bytes(self.data), *end]
        for place in range(1, len(self.data)) if len(self.data) < 400 else (1, 20, 399):
            yield [self.data[:place], self.data[place:], *end]


LENGTH, CHUNKS, GZIP = "Content-Length: 2", "Transfer-Encoding: chunked", "Content-Encoding: gzip"
LAST = b"0\r\n\r\n"


def chunked(*parts: bytes, last: bytes = LAST) -> bytes:
    return head(CHUNKS) + b"".join(parts) + last


def coded(value: str, body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    fields = (f"Content-Encoding: {value}", f"Content-Length: {len(body)}", *lines)
    return head(*fields, status=status) + body


def lengths(*values: str) -> bytes:
    return head(*(f"Content-Length: {value}" for value in values)) + b"hi"


def with_start(line: str, *lines: str) -> bytes:
    return "\r\n".join([line, *lines, "", ""]).encode("latin-1")


def framing() -> Iterator[Case]:
    yield Case(1, "length", head(LENGTH) + b"hi", KEPT)
    yield Case(2, "chunked", chunked(chunk(b"h"), chunk(b"i")), KEPT)
    yield Case(3, "until close", head() + b"hi", CLOSED, closes=True)
    yield Case(3, "until close, HTTP/1.0", head(version="1.0") + b"hi", CLOSED, closes=True)
    yield Case(3, "until close, not closed", head() + b"hi", None)
    for count in range(3):
        yield Case(4, f"{count} of 3", head("Content-Length: 3") + b"hi"[:count], CUT, closes=True)
    yield Case(5, "after a chunk", chunked(chunk(b"hi"), last=b""), CUT, closes=True)
    yield Case(6, "before the last CRLF", chunked(chunk(b"hi"), last=b"0\r\n"), CUT, closes=True)
    yield Case(7, "no size line", chunked(last=b""), CUT, closes=True)
    for line in (b"2", b"2\r", b"2;a"):
        yield Case(7, f"in a size line {line!r}", chunked(last=line), CUT, closes=True)
    for count in (1, 8, 12, 20, 30, 36):
        yield Case(8, f"{count} bytes of the head", head(LENGTH)[:count], CUT, closes=True)
    yield Case(9, "no byte", b"", CUT, closes=True)
    yield Case(10, "length 0", head("Content-Length: 0"), response(b""))
    for size in (65536, 65537):
        data = head(f"Content-Length: {size}")
        yield Case(11, f"{size}", data + b"x" * size, response(b"x" * size))
    yield Case(12, "two fields", lengths("2", "2"), KEPT)
    yield Case(12, "one field", lengths("2, 2"), KEPT)
    yield Case(13, "two fields", lengths("2", "3"), BROKEN)
    yield Case(13, "one field", lengths("2, 3"), BROKEN)
    yield Case(14, "length first", head(LENGTH, CHUNKS) + chunk(b"hi") + LAST, CLOSED)
    yield Case(14, "length last", head(CHUNKS, "Content-Length: 9") + chunk(b"hi") + LAST, CLOSED)
    for value in ("gzip, chunked", "identity", "xchunked", "chunked, chunked", "", "chunked;q=1"):
        data = head(f"Transfer-Encoding: {value}") + chunk(b"hi") + LAST
        yield Case(15, repr(value), data, BROKEN)
    yield Case(15, "two fields", head(CHUNKS, CHUNKS) + chunk(b"hi") + LAST, BROKEN)
    for value in ("Chunked", "CHUNKED", "chunked \t", "\t chunked"):
        data = head(f"Transfer-Encoding:{value}") + chunk(b"hi") + LAST
        yield Case(16, repr(value), data, KEPT)
    yield Case(17, "HTTP/1.0", head(CHUNKS, version="1.0") + chunk(b"hi") + LAST, CLOSED)
    for line in ("Connection: keep-alive", "Server: x"):
        yield Case(18, line, head(LENGTH, line, version="1.0") + b"hi", CLOSED)
    for extension in (b";a", b";a=b", b';a="b;c"', b"; a = b", b";", b" "):
        yield Case(19, repr(extension), chunked(chunk(b"hi", extension)), KEPT)
    for trailers in (
        b"A: b\r\n",
        b"A: b\r\nC: d\r\n",
        b"Content-Length: 9\r\nTransfer-Encoding: gzip\r\n",
    ):
        yield Case(
            20, repr(trailers), chunked(chunk(b"hi"), last=b"0\r\n" + trailers + b"\r\n"), KEPT
        )
    yield Case(21, "5,000 of one byte", chunked(chunk(b"x") * 5_000), response(b"x" * 5_000))
    second = head("Content-Length: 6") + b"second"
    yield Case(22, "a second response", head(LENGTH) + b"hi" + second, response(kept=False, leftover=second))  # fmt: skip


def malformed() -> Iterator[Case]:  # noqa: PLR0912 - a list
    for name, data in {
        "ssh": b"SSH-2.0-hunter2\r\n", "smtp": b"220 hunter2 ESMTP\r\n", "tls": b"\x15\x03\x01\x00\x02", "icy": b"ICY 200 OK\r\n",
        "http2": b"\x00\x00\x12\x04\x00", "http09": b"<html>hunter2", "preface": b"PRI * HTTP/2.0\r\n", "garbage": b"hunter2",
    }.items():  # fmt: skip
        yield Case(25, name, data, BROKEN)
    for version in (
        "HTTP/2.0",
        "HTTP/1.2",
        "http/1.1",
        "HTTP/1.10",
        "HTTP/2",
        "HTTP/0.9",
        "HTTP1.1",
    ):
        yield Case(26, version, with_start(f"{version} 200 OK", LENGTH) + b"hi", BROKEN)
    for status in ("2", "20", "2000", "+20", "-20", "\xb200", "099", "000", "abc", "20x", ""):
        yield Case(27, repr(status), with_start(f"HTTP/1.1 {status} OK", LENGTH) + b"hi", BROKEN)
    for number in (600, 999):
        yield Case(28, str(number), head(LENGTH, status=f"{number} X") + b"hi", response(status=number))  # fmt: skip
    for reason in ("200", "200 ", "200 \xe9t\xe9", "200 \xc3\xa9", "200 a b\tc", "200  "):
        yield Case(29, repr(reason), head(LENGTH, status=reason) + b"hi", KEPT)
    for start in (b"\r\n", b"\n", b" "):
        yield Case(30, repr(start), start + head(LENGTH) + b"hi", BROKEN)
    yield Case(31, "LF everywhere", (head(LENGTH) + b"hi").replace(b"\r\n", b"\n"), KEPT)
    yield Case(31, "LF once", head(LENGTH, "A: b").replace(b"\r\nA", b"\nA") + b"hi", KEPT)
    yield Case(31, "CR in a value", head("A: b\rc", LENGTH) + b"hi", BROKEN)
    yield Case(31, "CR in the reason", head(LENGTH, status="200 a\rb") + b"hi", BROKEN)
    yield Case(31, "CR in a name", head("A\rB: c", LENGTH) + b"hi", BROKEN)
    for name, body in {
        "size line": b"2\nhi\r\n", "extension": b"2;a\nhi\r\n", "in an extension": b"2;a\nb\r\nhi\r\n", "after the data": b"2\r\nhi\n",
        "everywhere": b"2\nhi\n0\n\n", "last size line": b"2\r\nhi\r\n0\n", "before the end": b"2\r\nhi\r\n0\r\n\n",
    }.items():  # fmt: skip
        yield Case(32, name, chunked(last=body), BROKEN)
    for wrong in (b"xx", b"\rx", b"x\n", b"\n\r"):
        yield Case(33, repr(wrong), chunked(b"2\r\nhi" + wrong), BROKEN)
    for size in (b"0x2", b"+2", b"-2", b"2_0", b"1 2", b" 2", b"", b"g", b";a", b"0" * 20 + b"2"):
        yield Case(34, repr(size), chunked(size + b"\r\nhi\r\n"), BROKEN)
    yield Case(34, "leading zeros", chunked(b"0" * 19 + b"2\r\nhi\r\n", last=b"000" + LAST), KEPT)
    for value in ("+2", "-2", "0x2", "2 0", "2x", "x", "", ",", "\xb2", "2;", "2,", "2.0"):
        yield Case(35, repr(value), lengths(value), BROKEN)
    small = ResponseLimits(body=2)
    yield Case(36, "within", head(LENGTH) + b"hi", KEPT, limits=small)
    for size in ("3", "9" * 20, "9" * 5000):
        yield Case(36, f"{len(size)} digits", head(f"Content-Length: {size}"), BROKEN, limits=small)
    yield Case(36, "default", head(f"Content-Length: {1 << 40}"), BROKEN)
    yield Case(36, "no bound", head(f"Content-Length: {1 << 40}"), None, limits=ResponseLimits(body=None))  # fmt: skip
    yield Case(36, "until close", head() + b"hi!", BROKEN, limits=small)
    yield Case(36, "chunked", chunked(chunk(b"h"), b"2\r\n", last=b""), BROKEN, limits=small)
    for line in ("A : b", "no colon", ": b", "A B: c", "A(: b", "\xc4: b", "A\x01: b", "A\x7f: b"):
        yield Case(37, repr(line), head(line, LENGTH) + b"hi", BROKEN)
    yield Case(38, "joined", head("A: b\r\n\t c", LENGTH) + b"hi", KEPT)
    yield Case(38, "a framing field", head("Content-Length:\r\n 2") + b"hi", KEPT)
    yield Case(
        38, "a coding", head("Transfer-Encoding: gzip\r\n , chunked") + chunk(b"hi") + LAST, BROKEN
    )
    yield Case(38, "close", head("Connection: a,\r\n close", LENGTH) + b"hi", CLOSED)
    yield Case(38, "before the first field", head(" folded", LENGTH) + b"hi", BROKEN)
    yield Case(39, "NUL", head("A: b\x00", LENGTH) + b"hi", BROKEN)
    yield Case(39, "NUL in the reason", head(LENGTH, status="200 \x00") + b"hi", BROKEN)
    for character in "\x01\x08\x1b\x1f\x7f":
        yield Case(39, repr(character), head(f"A: b{character}c", LENGTH) + b"hi", KEPT)


def limited() -> Iterator[Case]:
    """Numbers 41 to 46: limits, in one piece and in drips."""
    long = head("A: " + "x" * 65_536, LENGTH) + b"hi"
    yield Case(41, "one long field", long, BROKEN)
    yield Case(41, "the status line", head(LENGTH, status="200 " + "x" * 65_536) + b"hi", BROKEN)
    yield Case(41, "no end", long[:65_536], BROKEN)
    yield Case(41, "within", long[:30] + long[200:], KEPT)
    yield Case(42, "one too many", head(*["A: b"] * 256, LENGTH) + b"hi", BROKEN)
    yield Case(42, "as many as allowed", head(*["A: b"] * 255, LENGTH) + b"hi", KEPT)
    yield Case(42, "odd ones", head(*["A: \x01"] * 256, LENGTH) + b"hi", BROKEN)
    yield Case(42, "100,000", head(*["A: b"] * 100_000, LENGTH) + b"hi", BROKEN)
    yield Case(44, "one line", chunked(chunk(b"hi", b";" + b"x" * 4093)), BROKEN)
    yield Case(44, "one line within", chunked(chunk(b"hi", b";" + b"x" * 4000)), KEPT)
    yield Case(44, "zeros", chunked(b"0" * 5000), BROKEN)
    yield Case(44, "many lines", chunked(chunk(b"h", b";" + b"x" * 100) * 300), BROKEN)
    trailer = b"A: " + b"x" * 1000 + b"\r\n"
    yield Case(45, "above", chunked(chunk(b"hi"), last=b"0\r\n" + trailer * 17), BROKEN)
    yield Case(45, "one line", chunked(chunk(b"hi"), last=b"0\r\nA: " + b"x" * 120_000), BROKEN)
    yield Case(45, "within", chunked(chunk(b"hi"), last=b"0\r\n" + trailer * 16 + b"\r\n"), KEPT)
    yield Case(45, "many", chunked(chunk(b"hi"), last=b"0\r\n" + b"A:\r\n" * 257), BROKEN)


def informational() -> Iterator[Case]:
    final = head(LENGTH) + b"hi"
    for status in ("100 Continue", "102 Processing", "103 Early", "199 X", "100"):
        yield Case(51, status, head("Link: x", status=status) + final, KEPT)
    yield Case(51, "several", head(status="100 X") * 3 + head(status="103 X") + final, KEPT)
    yield Case(51, "odd ones", b"HTTP/1.1 100 X\n\n" + b"HTTP/1.0 103 X\r\n\r\n" + final, KEPT)
    yield Case(52, "endless", head(status="103 X") * 33, BROKEN)
    yield Case(52, "as many as allowed", head(status="103 X") * 32 + final, KEPT)
    for line in ("Content-Length: 5", CHUNKS, "Connection: close", "Transfer-Encoding: x"):
        yield Case(53, line, head(line, status="100 X") + final, KEPT)
    yield Case(53, "a body behind it", head(LENGTH, status="100 X") + b"hi" + final, BROKEN)
    yield Case(55, "not asked for", head("Upgrade: x", status="101 X") + final, BROKEN)
    frames = b"\x81\x02hi"
    switched = response(b"", kept=False, status=101, leftover=frames)
    yield Case(56, "frames", head("Upgrade: x", status="101 X") + frames, switched, UPGRADE)
    for status in (200, 401, 426, 503):
        data = head(LENGTH, status=f"{status} X") + b"hi"
        yield Case(57, str(status), data, response(status=status), UPGRADE)
    yield Case(58, "length", head("Content-Length: 99"), response(b""), HEAD)
    yield Case(58, "chunked", head(CHUNKS), response(b""), HEAD)
    for behind in (b"hi", b"0\r\n\r\n", b"\n"):
        empty = response(b"", kept=False, leftover=behind)
        yield Case(59, f"HEAD {behind!r}", head(LENGTH) + behind, empty, HEAD)
        for status in (204, 304):
            data = head(LENGTH, status=f"{status} X") + behind
            yield Case(59, f"{status} {behind!r}", data, replace(empty, status=status))
    for status in (204, 304):
        for line in (LENGTH, CHUNKS, GZIP, "Content-Encoding: br"):
            data = head(line, status=f"{status} X")
            yield Case(60, f"{status} {line}", data, response(b"", status=status))
    yield Case(61, "205", head(LENGTH, status="205 X") + b"hi", response(status=205))
    yield Case(61, "neither", head(), response(b"", kept=False), closes=True)
    tunnel = response(b"", kept=False, leftover=b"hi")
    yield Case(62, "2xx", head() + b"hi", tunnel, CONNECT)
    yield Case(62, "2xx with a length", head(LENGTH, status="201 X") + b"hi", replace(tunnel, status=201), CONNECT)  # fmt: skip
    yield Case(62, "2xx chunked", head(CHUNKS) + b"hi", tunnel, CONNECT)
    yield Case(62, "refused", head(LENGTH, status="403 X") + b"hi", response(status=403), CONNECT)
    for method in ("GET", "DELETE"):
        yield Case(63, method, head(LENGTH) + b"hi", KEPT, Request(method, "http://h/", body=b"x"))


def reuse() -> Iterator[Case]:
    for surplus in (b"x", b"\r\n", head("Content-Length: 6") + b"poison", head(status="408 X")):
        outcome = response(kept=False, leftover=surplus)
        yield Case(64, f"length {surplus[-8:]!r}", head(LENGTH) + b"hi" + surplus, outcome)
        yield Case(64, f"chunked {surplus[-8:]!r}", chunked(chunk(b"hi")) + surplus, outcome)
    for lines in (
        ["close"],
        ["Close"],
        ["keep-alive, CLOSE"],
        ["x", "close"],
        ["close,"],
        [" close\t"],
    ):
        fields = [f"Connection: {line}" for line in lines]
        yield Case(74, repr(lines), head(*fields, LENGTH) + b"hi", CLOSED)
    for line in ("closed", "keep-alive", "x close", "Upgrade"):
        yield Case(74, f"not {line!r}", head(f"Connection: {line}", LENGTH) + b"hi", KEPT)
    asked = Request("GET", "http://h/", Headers({"Connection": "close"}))
    yield Case(75, "asked for", head(LENGTH) + b"hi", CLOSED, asked)
    for value in ("timeout=0", "max=1", "max=0", "timeout=5, max=1", "Timeout = 0"):
        yield Case(76, value, head(f"Keep-Alive: {value}", LENGTH) + b"hi", CLOSED)
    for value in ("timeout=5", "timeout=5, max=100", "nonsense", "timeout=", "max=x", "timeout=-0"):
        yield Case(76, f"kept {value}", head(f"Keep-Alive: {value}", LENGTH) + b"hi", KEPT)
    yield Case(77, "proxy", head("Proxy-Connection: close", LENGTH) + b"hi", CLOSED)
    for status in (400, 401, 429, 500, 503):
        yield Case(85, str(status), head(LENGTH, status=f"{status} X") + b"hi", response(status=status))  # fmt: skip


def codings() -> Iterator[Case]:
    data = b"hello" * 50
    whole = response(data)
    gzipped, deflated = packed(data, "gzip"), packed(data, "deflate")
    for value in ("gzip", "GZip", "x-gzip", "X-GZIP"):
        yield Case(112, value, coded(value, gzipped), whole)
    yield Case(112, "deflate", coded("Deflate", deflated), whole)
    yield Case(112, "raw deflate", coded("deflate", packed(data, "raw")), whole)
    members = packed(b"he", "gzip") + packed(b"", "gzip") + packed(b"llo" + data, "gzip")
    yield Case(113, "members", coded("gzip", members), response(b"hello" + data))
    in_chunks = head(GZIP, CHUNKS) + b"".join(map(chunk, single_bytes(members))) + LAST
    yield Case(113, "split anywhere", in_chunks, response(b"hello" + data))
    for count in range(1, len(gzipped)):
        yield Case(114, f"{count} bytes", coded("gzip", gzipped[:count]), BROKEN)
    yield Case(114, "in a member", coded("gzip", gzipped + gzipped[:20]), BROKEN)
    yield Case(114, "deflate", coded("deflate", deflated[:-1]), BROKEN)
    for name, place in {
        "checksum": -6,
        "length": -2,
        "checksum of a member": len(gzipped) - 6,
    }.items():
        broken = bytearray(gzipped + (gzipped if place > 0 else b""))
        broken[place] ^= 1
        yield Case(115, name, coded("gzip", bytes(broken)), BROKEN)
    for rest in (b"x", b"\0", b"\0" * 512, b"\x1f", b"\x1f\x8b"):
        yield Case(116, repr(rest[:4]), coded("gzip", gzipped + rest), BROKEN)
    yield Case(116, "deflate", coded("deflate", deflated + b"x"), BROKEN)
    yield Case(117, "plain", coded("gzip", b'{"a":1}'), BROKEN)
    for value in ("gzip", "br", "gzip, gzip"):
        yield Case(118, value, coded(value, b""), response(b""))
        yield Case(118, f"HEAD {value}", head(f"Content-Encoding: {value}", LENGTH), response(b""), HEAD)  # fmt: skip
    yield Case(119, "two", coded("gzip, gzip", packed(data, "gzip", "gzip")), whole)
    yield Case(119, "in reverse", coded("deflate, gzip", packed(data, "deflate", "gzip")), whole)
    yield Case(119, "wrong order", coded("gzip, deflate", packed(data, "deflate", "gzip")), BROKEN)
    yield Case(119, "two fields", coded("deflate", packed(data, "deflate", "gzip"), GZIP), whole)
    yield Case(119, "too many", coded("gzip, gzip, gzip, gzip", packed(b"", *["gzip"] * 4)), BROKEN)
    for value in ("gzip, identity", "identity, gzip", ", gzip,"):
        yield Case(119, value, coded(value, gzipped), whole)
    for value in ("", "identity", ","):
        yield Case(119, repr(value), coded(value, b"hi"), KEPT)
    for value in ("br", "foo", "zstd", "compress", "gzip, br"):
        yield Case(120, value, coded(value, gzipped), BROKEN)
    bomb = gzip.compress(b"\0" * 300_000, mtime=0)
    yield Case(121, "a bomb", coded("gzip", bomb), BROKEN, limits=ResponseLimits(body=299_999))
    yield Case(121, "within", coded("gzip", bomb), response(b"\0" * 300_000), limits=ResponseLimits(body=300_000))  # fmt: skip
    flood = packed(b"", "gzip") * 2000
    yield Case(123, "empty members", coded("gzip", flood), response(b""))
    packer_flushes = b"".join(packed(b"x", "gzip") for _ in range(2000))
    yield Case(123, "tiny members", coded("gzip", packer_flushes), response(b"x" * 2000))
    yield Case(124, "held back", coded("gzip", packed(b"\0" * 90_000, "gzip")), response(b"\0" * 90_000))  # fmt: skip
    for part in (gzipped[:20], gzipped):
        yield Case(126, f"{len(part)} bytes", coded("gzip", part, status="206 X"), BROKEN)
    yield Case(126, "not packed", head(LENGTH, status="206 X") + b"hi", response(status=206))


GROUPS = (framing, malformed, limited, informational, reuse, codings)
CASES = [case for group in GROUPS for case in group()]


def connect(case: Case) -> HTTP1Connection:
    connection = HTTP1Connection(case.limits)
    connection.send(case.request)
    return connection


def judged(connection: HTTP1Connection, got: Response, left: Iterable[bytes]) -> Outcome:
    rest = connection.leftover + b"".join(left)
    return Outcome(got.status, got.body, connection.reusable and not rest, rest)


def refused(connection: HTTP1Connection, error: TransportFailure) -> Outcome:
    assert error.sent
    assert "hunter2" not in str(error)
    assert not connection.reusable
    return failure(error.kind)


def read(case: Case, pieces: Iterable[bytes]) -> Outcome | None:
    connection, left = connect(case), deque(pieces)
    while left:
        try:
            got = connection.receive_data(left.popleft())
        except TransportFailure as error:
            return refused(connection, error)
        if got is not None:
            return judged(connection, got, left)
    return None


def read_streamed(case: Case, pieces: Iterable[bytes]) -> Outcome | None:
    connection, left, body = connect(case), deque(pieces), b""
    try:
        received = None
        while received is None:
            if not left:
                return None
            received = connection.receive_head(left.popleft())
        while (content := connection.read_body(1000)) != b"":
            if content is None and not left:
                return None
            if content is None:
                connection.receive_body(left.popleft())
            else:
                body += content
    except TransportFailure as error:
        return refused(connection, error)
    return judged(connection, Response(received.status, received.headers, body), left)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.number:03}-{case.name}" for case in CASES])
def test_response(case: Case) -> None:
    for pieces in case.pieces:
        assert read(case, pieces) == case.outcome
    whole, bytewise, *_ = case.pieces
    for pieces in (whole, bytewise):
        assert read_streamed(case, pieces) == case.outcome


# --- requests -------------------------------------------------------------------------------------

BODY = "Content-Length: 2"
RAW = Headers.received
PLAIN = Headers()

# The number, the request, its target, and fields that are sent or, with "-", are not.
SENT = [
    (63, Request("GET", "http://h/", body=b"hi"), "/", [BODY]),
    (63, Request("DELETE", "http://h/", body=b"hi"), "/", [BODY]),
    (75, Request("GET", "http://h/", Headers({"Connection": "close"})), "/", ["Connection: close"]),
    (88, Request("POST", "http://h/", body=b"hi"), "/", [BODY]),
    (88, Request("POST", "http://h/"), "/", ["Content-Length: 0"]),
    (88, Request("PUT", "http://h/"), "/", ["Content-Length: 0"]),
    (88, Request("PATCH", "http://h/"), "/", ["Content-Length: 0"]),
    (89, Request("GET", "http://h/"), "/", ["-Content-Length", "-Transfer-Encoding"]),
    (89, Request("HEAD", "http://h/"), "/", ["-Content-Length", "-Transfer-Encoding"]),
    (89, Request("DELETE", "http://h/"), "/", ["-Content-Length", "-Transfer-Encoding"]),
    (103, Request("GET", "http://h/", Headers({"Expect": "100-continue"})), "/", ["-Expect"]),
    (109, Request("GET", "https://h:443/", Headers({"A": "b"})), "/", ["Host: h"]),
    (109, Request("GET", "http://h:80/"), "/", ["Host: h"]),
    (109, Request("GET", "http://h:443/"), "/", ["Host: h:443"]),
    (109, Request("GET", "https://[::1]:8443/"), "/", ["Host: [::1]:8443"]),
    (109, Request("GET", "https://[fe80::1%25eth0]/"), "/", ["Host: [fe80::1]"]),
    (109, Request("GET", "http://ann:hunter2@h/"), "/", ["Host: h", "-hunter2", "-Authorization"]),
    (109, Request("GET", "http://h/", Headers({"A": "b", "Host": "other"})), "/", ["Host: other"]),
    (110, Request("GET", "http://h"), "/", []),
    (110, Request("GET", "http://h?a=1"), "/?a=1", []),
    (110, Request("GET", "http://h/a?b=%20+&c=/?"), "/a?b=%20+&c=/?", []),
    (110, Request("GET", "http://h/a#b?c"), "/a", []),
    (110, Request("GET", "http://h/a/../b/./c//d"), "/a/../b/./c//d", []),
    (125, Request("GET", "http://h/", Headers({"Accept-Encoding": "br"})), "/", ["Accept-Encoding: br"]),
    (125, Request("GET", "http://h/", Headers({"Range": "bytes=1-"})), "/", ["Accept-Encoding: identity"]),
    (125, Request("GET", "http://h/"), "/", ["Accept-Encoding: gzip"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "target", "fields"),
    [case[1:] for case in SENT],
    ids=[f"{case[0]:03}-{case[1].method}-{index}" for index, case in enumerate(SENT)],
)
def test_request(request_: Request, target: str, fields: list[str]) -> None:
    data = HTTP1Connection().send(request_)
    first, second, *_ = data.split(b"\r\n")
    assert first == f"{request_.method} {target} HTTP/1.1".encode()
    assert second.startswith(b"Host: ")
    text = data.decode("latin-1")
    for line in fields:
        if line.startswith("-"):
            assert line[1:].lower() not in text.lower()
        else:
            name = re.escape(line.partition(":")[0])
            assert re.findall(rf"(?im)^{name}:.*$", text) == [f"{line}\r"]
    assert h11_client.read_request(data).body == (request_.body or b"")


BAD = ("\r", "\n", "\r\nX: y", "\x00", "\x0b")
UNSENDABLE = [
    *((107, f"method {bad!r}", Request(f"GET{bad}", "http://h/")) for bad in (*BAD, " ", "\x7f")),
    *((107, f"target {bad!r}", Request("GET", f"http://h/{bad}")) for bad in (*BAD, " ", "\x7f", "é")),
    *((107, f"host {bad!r}", Request("GET", f"http://h{bad}/")) for bad in (*BAD, " ")),
    *((107, f"name {bad!r}", Request("GET", "http://h/", RAW([(f"A{bad}", "b")]))) for bad in (*BAD, " ", ":", "é")),
    *((107, f"value {bad!r}", Request("GET", "http://h/", RAW([("A", f"b{bad}")]))) for bad in (*BAD, "\ud800")),
    *((107, f"Host {bad!r}", Request("GET", "http://h/", RAW([("Host", f"b{bad}")]))) for bad in BAD),
    (108, "two Hosts", Request("GET", "http://h/", RAW([("Host", "a"), ("host", "a")]))),
    (108, "coding", Request("POST", "http://h/", RAW([("Transfer-Encoding", "chunked")]), b"hi")),
    (108, "coding and length", Request("POST", "http://h/", RAW([("transfer-encoding", "chunked"), ("Content-Length", "2")]), b"hi")),
    (91, "another length", Request("POST", "http://h/", RAW([("Content-Length", "3")]), b"hi")),
    (91, "two lengths", Request("POST", "http://h/", RAW([("Content-Length", "2"), ("Content-Length", "3")]), b"hi")),
]  # fmt: skip


@pytest.mark.parametrize("request_", [case[2] for case in UNSENDABLE], ids=[f"{case[0]:03}-{case[1]}" for case in UNSENDABLE])  # fmt: skip
def test_request_refused(request_: Request) -> None:
    connection = HTTP1Connection()
    with pytest.raises(TransportFailure) as raised:
        connection.send(request_)
    assert (raised.value.kind, raised.value.sent) == ("protocol", False)
    proxied = HTTP1Connection(proxy_headers=RAW([]))
    with pytest.raises(TransportFailure):
        proxied.send(request_)


# --- whole exchanges ------------------------------------------------------------------------------

POST = Request("POST", "http://h/")
FIVE = Request("POST", "http://h/", Headers({"Content-Length": "5"}))
EXPECT = Request("POST", "http://h/", Headers({"Expect": "100-continue"}))
OK = head("Content-Length: 0")


def sent_first(request: Request, *chunks: bytes) -> HTTP1Connection:
    """A connection with the head of an upload and these chunks written."""
    connection = HTTP1Connection()
    connection.send_head(request)
    for each in chunks:
        connection.send_chunk(each)
    return connection


def test_023_a_reset_behind_a_complete_response_changes_nothing() -> None:
    connection = HTTP1Connection()
    connection.send(GET)
    assert connection.receive_data(head(LENGTH) + b"hi") is not None
    assert not connection.abort("reset by peer").sent
    assert not connection.reusable


def test_024_a_reset_is_no_end_of_a_body_until_the_close() -> None:
    connection = HTTP1Connection()
    connection.send(GET)
    assert connection.receive_data(head() + b"hi") is None
    error = connection.abort("reset by peer")
    assert (error.kind, error.sent) == ("closed", True)
    assert not connection.reusable


def test_040_values_in_latin_1_and_utf_8_are_kept_byte_for_byte() -> None:
    connection = HTTP1Connection()
    connection.send(GET)
    got = connection.receive_data(OK[:-2] + "A: é\r\n".encode("latin-1") + "B: é\r\n\r\n".encode())
    assert got is not None
    assert got.headers["a"].encode("latin-1") == b"\xe9"
    assert got.headers["b"].encode("latin-1") == b"\xc3\xa9"


@pytest.mark.parametrize("size", [1, 7])
def test_043_a_limit_counts_over_all_reads(size: int) -> None:
    data = b"HTTP/1.1 200 OK\r\nA: " + b"x" * 1000
    connection = HTTP1Connection(ResponseLimits(head=500))
    connection.send(GET)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    for count, piece in enumerate(pieces, start=1):
        if count * size >= 500:
            break
        assert connection.receive_data(piece) is None
    with pytest.raises(TransportFailure, match="longer than 500"):
        connection.receive_data(piece)


def test_048_a_broken_connection_says_so_each_time() -> None:
    connection = HTTP1Connection()
    connection.send(GET)
    with pytest.raises(TransportFailure):
        connection.receive_data(head("Content-Length: x") + head(LENGTH) + b"hi")
    for data in (head(LENGTH) + b"hi", b""):
        with pytest.raises(TransportFailure, match="no longer usable"):
            connection.receive_data(data)
    with pytest.raises(TransportFailure, match="cannot accept"):
        connection.send(GET)


def test_049_repeated_fields_are_kept_in_order() -> None:
    connection = HTTP1Connection()
    connection.send(GET)
    fields = ["Set-Cookie: a=1", "A: x", "set-cookie: b=2, c", "A: y"]
    got = connection.receive_data(head(*fields, "Content-Length: 0"))
    assert got is not None
    assert [f"{name}: {value}" for name, value in got.headers.raw[:4]] == fields
    assert got.headers.get_list("Set-Cookie") == ["a=1", "b=2, c"]


def test_065_a_close_while_idle_costs_no_request() -> None:
    connection = HTTP1Connection()
    connection.send(GET)
    connection.receive_data(OK)
    with pytest.raises(TransportFailure) as raised:
        connection.receive_data(b"")
    assert (raised.value.kind, raised.value.sent) == ("closed", False)
    assert not connection.reusable


@pytest.mark.parametrize(("number", "before"), [(66, 1), (68, 0)])
@pytest.mark.parametrize("end", ["close", "reset"])
def test_066_068_only_a_reused_connection_can_be_stale(number: int, before: int, end: str) -> None:
    connection = HTTP1Connection()
    for _ in range(before):
        connection.send(GET)
        connection.receive_data(OK)
    connection.send(GET)
    try:
        connection.receive_data(b"") if end == "close" else None
        error = connection.abort("reset")
    except TransportFailure as closed:
        error = closed
    assert (error.kind, error.sent) == ("closed", True)
    assert connection.stale is bool(before)


def test_067_a_request_of_which_no_byte_was_written_was_not_sent() -> None:
    connection = HTTP1Connection()
    connection.send(GET)
    assert not connection.abort("broken pipe", written=False).sent


def test_071_a_byte_of_a_response_ends_all_doubt_about_staleness() -> None:
    connection = HTTP1Connection()
    connection.send(GET)
    connection.receive_data(OK)
    connection.send(GET)
    connection.receive_data(b"H")
    with pytest.raises(TransportFailure) as raised:
        connection.receive_data(b"")
    assert raised.value.sent
    assert not connection.stale


def test_072_a_408_that_nobody_asked_for() -> None:
    connection = HTTP1Connection()
    connection.send(GET)
    connection.receive_data(OK)
    with pytest.raises(TransportFailure) as raised:
        connection.receive_data(head("Content-Length: 0", status="408 Request Timeout"))
    assert not raised.value.sent
    assert not connection.reusable


def test_075_close_is_sent_once() -> None:
    request = Request("GET", "http://h/", Headers({"Connection": "close"}))
    assert HTTP1Connection().send(request).lower().count(b"connection:") == 1


def test_076_the_time_that_the_server_keeps_the_connection() -> None:
    connection = HTTP1Connection()
    for value, seconds in {
        "timeout=5": 5,
        "timeout=30, max=9": 30,
        "max=9": None,
        "x": None,
    }.items():
        connection.send(GET)
        assert connection.receive_data(head(f"Keep-Alive: {value}", "Content-Length: 0"))
        assert connection.keep_alive_timeout == seconds


@pytest.mark.parametrize("chunks", [[], [b""], [b"", b"he", b"", b"llo", b""]])
def test_090_a_body_of_unknown_length_goes_in_chunks(chunks: list[bytes]) -> None:
    connection = HTTP1Connection()
    data = connection.send_head(POST)
    data += b"".join(connection.send_chunk(each) for each in chunks) + connection.send_end()
    assert b"Transfer-Encoding: chunked\r\n" in data
    assert h11_client.read_request(data).body == b"".join(chunks)


@pytest.mark.parametrize("chunks", [[b"hell"], [b"hello!"], [b"hel", b"lo!"], []])
def test_091_a_body_has_the_length_announced_or_is_a_failure(chunks: list[bytes]) -> None:
    connection = HTTP1Connection()
    connection.send_head(FIVE)
    written = b""
    with pytest.raises(TransportFailure) as raised:  # noqa: PT012 - whichever comes first
        for each in chunks:
            written += connection.send_chunk(each)
        connection.send_end()
    assert (raised.value.kind, raised.value.sent) == ("protocol", True)
    assert len(written) <= 5
    assert not connection.reusable


def test_092_a_body_that_breaks_off_has_no_end() -> None:
    connection = sent_first(POST, b"he")
    error = connection.abort("the request's body could not be read")
    assert error.sent
    with pytest.raises(TransportFailure):
        connection.send_end()


@pytest.mark.parametrize("status", [401, 413, 429])
@pytest.mark.parametrize("ends", ["reads on", "closes"])
def test_094_095_an_early_response_stands_and_ends_the_connection(status: int, ends: str) -> None:
    connection = sent_first(POST, b"he")
    if ends == "closes":
        connection.stop_sending()  # the next write failed
    got = connection.receive_data(head(LENGTH, status=f"{status} X") + b"no")
    assert got is not None
    assert (got.status, got.body) == (status, b"no")
    assert not connection.sending
    assert not connection.reusable


def test_096_a_write_that_fails_with_nothing_to_read() -> None:
    connection = sent_first(POST, b"he")
    connection.stop_sending()
    with pytest.raises(TransportFailure) as raised:
        connection.receive_data(b"")
    assert (raised.value.kind, raised.value.sent) == ("closed", True)


def test_098_a_continue_asks_for_the_body() -> None:
    connection = HTTP1Connection()
    assert b"Expect: 100-continue\r\n" in connection.send_head(EXPECT)
    assert connection.waits_for_continue
    assert connection.receive_data(head(status="100 Continue")) is None
    assert connection.sending
    assert not connection.waits_for_continue


def test_099_a_continue_that_never_comes_is_not_needed() -> None:
    connection = sent_first(EXPECT, b"hello")
    assert not connection.waits_for_continue
    connection.send_end()
    assert connection.receive_data(OK) is not None
    assert connection.reusable


@pytest.mark.parametrize(("number", "status"), [(100, 200), (100, 401), (101, 417)])
def test_100_101_a_final_response_instead_of_a_continue(number: int, status: int) -> None:
    connection = sent_first(EXPECT)
    got = connection.receive_data(head("Content-Length: 0", status=f"{status} X"))
    assert got is not None
    assert got.status == status
    assert not connection.sending
    with pytest.raises(TransportFailure, match="does not expect a request body"):
        connection.send_chunk(b"hello")
    assert not connection.reusable


def test_102_a_continue_that_comes_late_or_twice() -> None:
    connection = sent_first(EXPECT, b"hello")
    assert connection.receive_data(head(status="100 Continue") * 2) is None
    connection.send_end()
    assert connection.receive_data(head(status="100 Continue") + OK) is not None
    assert connection.reusable


def test_111_nothing_of_a_request_is_in_the_next() -> None:
    connection = HTTP1Connection()
    connection.send(HEAD)
    assert connection.receive_data(head(LENGTH)) is not None
    connection.send_head(EXPECT)
    connection.send_chunk(b"hello")
    connection.send_end()
    assert connection.receive_data(head(status="100 X") + head(LENGTH) + b"hi") is not None
    assert connection.send(GET) == HTTP1Connection().send(GET)
    assert not connection.sending
    assert not connection.waits_for_continue
    got = connection.receive_data(head(LENGTH) + b"hi")
    assert got is not None
    assert got.body == b"hi"
    assert connection.reusable


def test_122_a_body_that_is_dropped_is_never_unpacked() -> None:
    """It would be a failure if it were: it is a bomb, cut off."""
    bomb = gzip.compress(b"\0" * 1_000_000)[:-9]
    connection = HTTP1Connection(ResponseLimits(body=2000))
    connection.send(GET)
    assert connection.receive_head(coded("gzip", bomb)) is not None
    connection.discard_body()
    assert connection.reusable


REASONS = {
    46: "linear time is counted, not clocked: test_response_head.py",
    47: "linear time is a property of the patterns: test_response_head.py",
    50: "the core calls nobody back while it reads",
    54: "timeouts: tests/adapters/transports/conformance",
    69: "resending: tests/core/transport/test_exchange.py",
    70: "the pool: tests/core/transport",
    73: "resending: tests/core/transport/test_exchange.py",
    93: "closing the caller's iterator: tests/adapters/transports/conformance",
    97: "two full buffers: tests/adapters/transports/conformance",
    104: "backpressure of sockets: tests/adapters/transports/conformance",
    105: "files: tests/adapters/client",
    106: "progress: tests/adapters/client",
    127: "event loops: tests/adapters/transports/conformance",
    **dict.fromkeys((78, 79, 80, 81, 82, 83, 84, 86, 87), "the pool: tests/core/transport"),
}
"""Cases of groups 1 to 6 that are not here, and why."""


def test_every_case_of_the_first_six_groups_is_here_or_has_its_reason() -> None:
    here = {case.number for case in CASES} | {case[0] for case in (*SENT, *UNSENDABLE)}
    for name in globals():
        if numbers := re.match(r"test((?:_[0-9]{3})+)_", name):
            here.update(int(number) for number in numbers[1].split("_")[1:])
    assert here.isdisjoint(REASONS)
    assert here | set(REASONS) == set(range(1, 128))
