from functools import partial

import pytest

from genesys_core.http.limits import DEFAULT_LIMITS, ResponseLimits
from genesys_core.http.messages import TransportFailure
from genesys_core.http.request_head import RequestHead
from genesys_core.http.response_reader import HTTP1ResponseReader
from tests.strategies.http1 import chunk, head, packed, single_bytes

GET = RequestHead("GET", b"", 0)
HEAD = RequestHead("HEAD", b"", 0)
CONNECT = RequestHead("CONNECT", b"", 0, upgrade=True)
UPGRADE = RequestHead("GET", b"", 0, upgrade=True)


def reader(request: RequestHead, *pieces: bytes, limits: ResponseLimits = DEFAULT_LIMITS) -> HTTP1ResponseReader:  # fmt: skip
    made = HTTP1ResponseReader(request, limits)
    for piece in pieces:
        made.feed(piece)
    return made


# The request, the response, its body, and whether the connection may go on.
RESPONSES = [
    ("with a length", GET, head("Content-Length: 2") + b"hi", b"hi", True),
    ("empty", GET, head("Content-Length: 0"), b"", True),
    ("chunked", GET, head("Transfer-Encoding: chunked") + chunk(b"hi") + b"0\r\n\r\n", b"hi", True),
    ("both", GET, head("Transfer-Encoding: chunked", "Content-Length: 9") + chunk(b"hi") + b"0\r\n\r\n", b"hi", False),
    ("closing", GET, head("Content-Length: 2", "Connection: x, CLOSE") + b"hi", b"hi", False),
    ("closing in a second field", GET, head("Connection: x", "Content-Length: 2", "connection: close") + b"hi", b"hi", False),
    ("not closing", GET, head("Content-Length: 2", "Connection: closed") + b"hi", b"hi", True),
    ("closing a proxy's connection", GET, head("Content-Length: 2", "Proxy-Connection: close") + b"hi", b"hi", False),
    ("HTTP/1.0", GET, head("Content-Length: 2", "Connection: keep-alive", version="1.0") + b"hi", b"hi", False),
    ("204", GET, head("Content-Length: 2", status="204 No Content"), b"", True),
    ("304", GET, head("Transfer-Encoding: chunked", status="304 Not Modified"), b"", True),
    ("to HEAD", HEAD, head("Content-Length: 2", "Content-Encoding: br"), b"", True),
    ("205", GET, head("Content-Length: 2", status="205 Reset") + b"hi", b"hi", True),
    ("refusing an upgrade", UPGRADE, head("Content-Length: 2") + b"hi", b"hi", True),
    ("refusing a tunnel", CONNECT, head("Content-Length: 2", status="407 X") + b"hi", b"hi", True),
    ("refusing a tunnel with a redirect", CONNECT, head("Content-Length: 2", status="300 X") + b"hi", b"hi", True),
    ("keep-alive", GET, head("Content-Length: 0", "Keep-Alive: timeout=5, max=2"), b"", True),
    ("keep-alive for no time", GET, head("Content-Length: 0", "Keep-Alive: Timeout = 0"), b"", False),
    ("keep-alive for no more", GET, head("Content-Length: 0", "Keep-Alive: max=1"), b"", False),
    ("keep-alive nonsense", GET, head("Content-Length: 0", "Keep-Alive: timeout=x, minimax=1, timeout=12345678901"), b"", True),
    ("after informational ones", GET, head("Content-Length: 9", "Connection: close", status="103 X") + head("Transfer-Encoding: x", status="199 X") + head("Content-Length: 2") + b"hi", b"hi", True),
    ("gzip", GET, head("Content-Length: 25", "Content-Encoding: gzip") + packed(b"hello", "gzip"), b"hello", True),
    ("identity", GET, head("Content-Length: 2", "Content-Encoding: identity") + b"hi", b"hi", True),
    ("empty although packed", GET, head("Content-Length: 0", "Content-Encoding: br"), b"", True),
    ("a part", GET, head("Content-Length: 2", status="206 Partial Content") + b"hi", b"hi", True),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "data", "body", "persists"), [case[1:] for case in RESPONSES], ids=[case[0] for case in RESPONSES])  # fmt: skip
def test_a_response_is_the_same_whole_in_pieces_and_streamed(request_, data, body, persists):
    for pieces in ([data], single_bytes(data)):
        made = reader(request_, *pieces)
        assert made.complete
        assert made.content() == body
        assert made.persists is persists
        streamed = b""
        made = reader(request_, *pieces)
        while content := made.read(3):
            assert len(content) <= 3
            streamed += content
        assert streamed == body
    assert not reader(request_, *single_bytes(data)[:-1]).complete


def test_a_body_until_the_close():
    made = reader(GET, head() + b"hi", b" more")
    assert not made.complete
    made.end()
    assert made.complete
    assert made.content() == b"hi more"
    assert not made.persists


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 2", head("Content-Length: 3") + b"hi", head("Transfer-Encoding: chunked") + b"0\r\n", head(status="100 X")])  # fmt: skip
def test_a_close_before_the_end(data):
    made = reader(GET, data)
    with pytest.raises(TransportFailure, match="before the response was complete") as raised:
        made.end()
    assert (raised.value.kind, raised.value.sent) == ("closed", True)


def test_bytes_behind_a_response_and_a_close_behind_it():
    made = reader(GET, head("Content-Length: 2") + b"hi H", b"TTP")
    assert made.leftover == b" HTTP"
    assert not made.persists
    made = reader(GET, head("Content-Length: 2") + b"hi")
    assert made.persists
    made.end()
    assert made.complete
    assert not made.persists


@pytest.mark.parametrize("status", ["200 OK", "299 X"])
def test_a_tunnel_begins_behind_the_head(status):
    made = reader(CONNECT, head("Content-Length: 9", "Transfer-Encoding: x", status=status).replace(b"x", b"chunked") + b"bytes")  # fmt: skip
    assert made.switched
    assert made.complete
    assert made.leftover == b"bytes"
    assert not made.persists


def test_another_protocol_begins_behind_the_head():
    made = reader(UPGRADE, head("Upgrade: x", status="101 X") + b"bytes")
    assert made.switched
    assert made.leftover == b"bytes"
    assert made.head is not None
    assert made.head.status == 101
    with pytest.raises(TransportFailure, match="was not requested"):
        reader(GET, head("Upgrade: x", status="101 X"))


def test_informational_responses_are_bounded():
    limits = ResponseLimits(informational=2)
    data = head(status="103 X")
    assert reader(GET, data * 2, limits=limits).head is None
    for pieces in ([data * 3], single_bytes(data * 3)):
        with pytest.raises(TransportFailure, match="more than 2 informational"):
            reader(GET, *pieces, limits=limits)


def test_only_a_100_is_a_continue():
    assert not reader(GET, head(status="103 X")).continued
    assert reader(GET, head(status="100 X"), head(status="103 X")).continued


@pytest.mark.parametrize("size", [4, 99_999_999_999_999_999_999])
def test_a_body_beyond_its_bound_is_refused_at_the_head(size):
    with pytest.raises(TransportFailure, match="larger than 3 bytes"):
        reader(GET, head(f"Content-Length: {size}"), limits=ResponseLimits(body=3))
    assert not reader(GET, head(f"Content-Length: {size}"), limits=ResponseLimits(body=None)).complete  # fmt: skip
    assert reader(GET, head("Content-Length: 3") + b"abc", limits=ResponseLimits(body=3)).complete


UNDECODABLE = [
    (head("Content-Length: 1", "Content-Encoding: br") + b"x", "neither gzip nor deflate"),
    (head("Content-Length: 1", "Content-Encoding: gzip") + b"x", "truncated"),
    (head("Content-Length: 25", "Content-Encoding: gzip", status="206 X") + packed(b"hello", "gzip"), "a range of compressed"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "problem"), UNDECODABLE)
def test_content_that_cannot_be_decoded(data, problem):
    with pytest.raises(TransportFailure, match=problem) as raised:
        reader(GET, data).content()
    assert (raised.value.kind, raised.value.sent) == ("protocol", True)
    with pytest.raises(TransportFailure, match=problem):
        list(iter(partial(reader(GET, data).read, 10), b""))


class TestReading:
    def test_nothing_is_there_before_it_came(self):
        made = reader(GET, head("Transfer-Encoding: chunked"))
        assert made.read(10) is None
        made.feed(chunk(b"hi"))
        assert made.read(10) == b"hi"
        assert made.read(10) is None
        made.feed(b"0\r\n\r\n")
        assert made.read(10) == b""

    def test_a_piece_that_is_read_to_its_last_byte_is_no_end(self):
        made = reader(GET, head("Content-Length: 4") + b"hi")
        assert made.read(2) == b"hi"
        assert made.read(2) is None
        made.feed(b"ho")
        assert made.read(2) == b"ho"
        assert made.read(2) == b""

    def test_small_pieces_come_together_and_large_ones_apart(self):
        chunks = chunk(b"a") * 5 + chunk(b"b" * 10) + chunk(b"c")
        made = reader(GET, head("Transfer-Encoding: chunked") + chunks + b"0\r\n\r\n")
        assert [made.read(4) for _ in range(7)] == [
            b"aaaa",
            b"a",
            b"bbbb",
            b"bbbb",
            b"bbc",
            b"",
            b"",
        ]

    def test_packed_content_waits_for_more_input(self):
        body = packed(b"hello", "gzip")
        made = reader(GET, head(f"Content-Length: {len(body)}", "Content-Encoding: gzip"))
        assert made.read(10) is None
        made.feed(body[:5])
        assert made.read(10) is None
        made.feed(body[5:])
        assert made.read(3) == b"hel"
        assert made.read(3) == b"lo"
        assert made.read(3) == b""

    def test_content_that_is_not_asked_for_is_not_unpacked(self):
        bomb = packed(b"\0" * 1_000_000, "gzip")
        made = reader(GET, head(f"Content-Length: {len(bomb)}", "Content-Encoding: gzip") + bomb, limits=ResponseLimits(body=5000))  # fmt: skip
        assert made.complete
        assert made.persists


def test_the_time_that_the_server_keeps_the_connection():
    assert HTTP1ResponseReader(GET, DEFAULT_LIMITS).keep_alive_timeout is None
    assert not HTTP1ResponseReader(GET, DEFAULT_LIMITS).persists
    assert reader(GET, head("Content-Length: 0")).keep_alive_timeout is None
    assert reader(GET, head("Content-Length: 0", "Keep-Alive: max=9")).keep_alive_timeout is None
    assert reader(GET, head("Content-Length: 0", "Keep-Alive: timeout=5")).keep_alive_timeout == 5


def test_content_is_handed_out_once():
    made = reader(GET, head("Content-Length: 2") + b"hi")
    assert (made.content(), made.content()) == (b"hi", b"")


def test_a_range_of_content_that_is_not_compressed_is_read():
    part = head("Content-Length: 2", "Content-Encoding: identity", status="206 Partial Content")
    assert reader(GET, part + b"hi").content() == b"hi"


def test_a_connection_that_switched_is_not_reused():
    made = reader(UPGRADE, head("Upgrade: websocket", status="101 Switching Protocols"))
    assert made.switched
    assert not made.persists
