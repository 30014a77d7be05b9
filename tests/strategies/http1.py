"""What servers send over HTTP/1.1: plain responses, odd ones, broken ones, and how the network cuts them.

Shared by the tests of the core and by the fuzz targets.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import strategies as st

from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request

__all__ = [
    "GET",
    "METHODS",
    "chunk",
    "cut",
    "cuts",
    "head",
    "packed",
    "plain_requests",
    "plain_responses",
    "requests",
    "responses",
    "single_bytes",
]

GET = Request("GET", "http://api.example/x")

METHODS = st.sampled_from(["GET", "GET", "GET", "POST", "HEAD"])


def head(*lines: str, status: str = "200 OK", version: str = "1.1") -> bytes:
    """A response head with these field lines."""
    return "".join(f"{line}\r\n" for line in (f"HTTP/{version} {status}", *lines, "")).encode(
        "latin-1"
    )


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """One chunk of a chunked body."""
    return b"%x%b\r\n%b\r\n" % (len(data), extension, data)


def packed(data: bytes, *codings: str) -> bytes:
    """Content with codings applied: ``gzip``, ``deflate``, and ``raw`` for deflate without a header."""
    for coding in codings:
        if coding == "gzip":
            data = gzip.compress(data, mtime=0)
        elif coding == "deflate":
            data = zlib.compress(data)
        else:
            packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            data = packer.compress(data) + packer.flush()
    return data


def single_bytes(data: bytes) -> list[bytes]:
    """The data cut after each byte."""
    return [data[index : index + 1] for index in range(len(data))]


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The data cut at these offsets."""
    edges = sorted({0, len(data), *(place for place in places if place < len(data))})
    return [data[start:end] for start, end in pairwise(edges)]


cuts = st.lists(st.integers(0, 400), max_size=8)
"""Offsets for :func:`cut`."""

_NAME = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=("Cc",)))
_plain_fields = st.sampled_from(
    ["Content-Type: application/json", "X-A:b", "X-A: b", "Set-Cookie: a=1", "Set-Cookie: b=2", "Date:\t now", "Empty:"]
) | st.builds(lambda name, value: f"{name}: {value}".rstrip(), st.text(_NAME, min_size=1, max_size=6), _text)  # fmt: skip
_persistence = st.sampled_from(
    ["Connection: keep-alive", "Connection: close", "Connection: x, CLOSE ,y", "Connection: closed", "Connection: upgrade"]
)  # fmt: skip
_odd_fields = st.sampled_from(
    [
        "Folded: a\r\n b", "Keep-Alive: timeout=5, max=1", "Keep-Alive: timeout=0", "Proxy-Connection: close", "X: \x01", "X: \x7f", "X : a", ": a", "no colon", "X: a\rb", "X: \x00", "X: \x0b", "Trailing: a ",
        "Content-Length: 5, 5", "Content-Length: 3", "Content-Length: +3", "Content-Length: 0x3", "Content-Length:",
        "Content-Length: 00000000000000000003", "Content-Length: 000000000000000000003", "Content-Length: \xb3",
        "Transfer-Encoding: chunked", "Transfer-Encoding: Chunked ", "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity", "Transfer-Encoding:", "Transfer-Encoding: chunked, chunked",
        " starts with a space", "\xdcber: x", "Connection: a\r\n close",
    ]
)  # fmt: skip
_statuses = st.sampled_from(
    ["200 OK", "200 OK", "201", "204 No Content", "304 Not Modified", "404 Not Found", "503 ", "999 Own", "200 \xe9t\xe9", "429 a b"]
)  # fmt: skip
_odd_starts = st.sampled_from(
    [
        "HTTP/1.0 200 OK", "HTTP/1.1 200 a\x01b", "HTTP/1.1 2000 OK", "HTTP/1.1 20 OK", "HTTP/1.1  200 OK", "HTTP/1.1 200\tOK",
        "HTTP/1.1 099 Low", "HTTP/2.0 200 OK", "HTTP/1.2 200 OK", "http/1.1 200 OK", "HTTP/1.10 200 OK", "ICY 200 OK", "",
        "HTTP/1.1 101 Switching Protocols", "HTTP/1.1 \xb200 OK", "HTTP/1.1 +20 OK", "HTTP/1.0 204 Old",
    ]
)  # fmt: skip

_parts = st.lists(st.binary(max_size=20), max_size=4)
_extensions = st.sampled_from([b"", b"", b";a", b';a="b;c"', b" ", b";\tx "])
_trailers = st.sampled_from(
    [b"", b"", b"A: b\r\n", b"A: b\r\nContent-Length: 7\r\n", b"A: b\r\n c\r\n"]
)
_surplus = st.sampled_from([b"", b"", b"", b"x", b"\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"])  # fmt: skip


@st.composite
def _bodies(draw: st.DrawFn) -> tuple[list[str], bytes]:
    """The fields that frame a body, and its bytes."""
    parts = draw(_parts)
    body = b"".join(parts)
    match draw(st.sampled_from(["length", "length", "chunked", "close"])):
        case "length":
            return [f"Content-Length: {len(body)}"], body
        case "chunked":
            chunks = b"".join(chunk(part, draw(_extensions)) for part in parts if part)
            last = draw(st.sampled_from([b"0", b"0", b"000", b"0;a=b"]))
            return ["Transfer-Encoding: chunked"], chunks + last + b"\r\n" + draw(
                _trailers
            ) + b"\r\n"
    return [], body


@st.composite
def plain_responses(draw: st.DrawFn) -> bytes:
    """A response that the plain reader takes, with or without bytes behind it."""
    framing, body = draw(_bodies())
    lines = draw(st.lists(_plain_fields | _persistence, max_size=4))
    lines.insert(draw(st.integers(0, len(lines))), *framing or ["Framing: none"])
    return head(*lines, status=draw(_statuses)) + body + draw(_surplus)


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    """A response, plain, odd or broken, with informational ones before it and bytes behind it."""
    framing, body = draw(_bodies())
    lines = [*framing, *draw(st.lists(_plain_fields | _persistence | _odd_fields, max_size=3))]
    lines = draw(st.permutations(lines))
    start = draw(_statuses.map(lambda status: f"HTTP/1.1 {status}") | _odd_starts)
    data = "\r\n".join([start, *lines, "", ""]).encode("latin-1")
    if draw(st.integers(0, 5)) == 0:
        data = data.replace(b"\r\n", b"\n", draw(st.integers(-1, 3)))
    before = draw(st.sampled_from([b"", b"", b"", head(status="100 Continue"), head("Link: x", status="103 Early") * 2]))  # fmt: skip
    data = before + data + body + draw(_surplus)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, len(data)))
        patch = draw(st.sampled_from([b"", b"\n", b"\r", b"\r\n", b" ", b"\x00", b"0", b":", b"z", b";", b","]))  # fmt: skip
        data = data[:place] + patch + data[place + draw(st.integers(0, 2)) :]
    return data


_special = {"host", "range", "expect"}  # of the names short enough to come up by chance
_field = st.tuples(
    st.text(_NAME, min_size=1, max_size=6).filter(lambda name: name.lower() not in _special),
    _text.map(lambda value: value.strip(" ")),
)
_paths = st.sampled_from(["", "/", "/a%2Fb", "/a/../b", "/x?a=1&b=%20", "/x?y/?", "?q=1", "/x#fragment", "/;p"])  # fmt: skip
_authorities = st.sampled_from(
    ["h", "api.example:8080", "h:80", "h:443", "[::1]", "[::1]:8080", "[fe80::1%25eth0]:80", "u:secret@h", "h:", "127.0.0.1:65535"]
)  # fmt: skip


@st.composite
def plain_requests(draw: st.DrawFn) -> Request:
    """A request as the library itself sends it."""
    method = draw(st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]))
    url = f"{draw(st.sampled_from(['http', 'https']))}://{draw(_authorities)}{draw(_paths)}"
    body = draw(st.none() | st.binary(max_size=8))
    return Request(method, url, Headers.received(draw(st.lists(_field, max_size=4))), body)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request of any shape, bad ones among them."""
    request = draw(plain_requests())
    wild = st.text(st.characters(max_codepoint=0x100), max_size=6)
    names = st.sampled_from(["Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect", "X-A"]) | wild  # fmt: skip
    values = st.sampled_from(["", "5", "chunked", "close", "100-continue", "a\r\nX: b", "a\nb", "\x00", " a", "\ud800", "é"]) | wild  # fmt: skip
    fields = (*request.headers.raw, *draw(st.lists(st.tuples(names, values), max_size=3)))
    method = draw(st.just(request.method) | wild)
    url = request.url + draw(st.just("") | wild)
    return Request(method, url, Headers.received(fields), request.body)
