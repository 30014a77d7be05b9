import gzip
import tracemalloc
import zlib
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genesys_core.http.headers import Headers
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.limits import DEFAULT_LIMITS, ResponseLimits
from genesys_core.http.messages import Request, Response, TransportFailure
from tests.strategies.values import header_fields, header_values

GET = Request("GET", "http://api.example/x")
HEAD = Request("HEAD", "http://api.example/x")


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *lines, "")).encode("latin-1")


def exchanged(
    request: Request, pieces: Iterable[bytes], limits: ResponseLimits = DEFAULT_LIMITS
) -> tuple[HTTP1Connection, Response | TransportFailure | None]:
    """Feed the pieces until something comes of it."""
    connection = HTTP1Connection(limits)
    connection.send(request)
    for piece in pieces:
        try:
            response = connection.receive_data(piece)
        except TransportFailure as failure:
            return connection, failure
        if response is not None:
            return connection, response
    return connection, None


def single(data: bytes) -> list[bytes]:
    return [data[index : index + 1] for index in range(len(data))]


CHUNKED = b"2\r\nhi\r\n3;extension=1\r\n yo\r\n0\r\nTrailer: x\r\n\r\n"
CLOSED = b""

# What the peer sends, the body, whether the connection can be used again.
REPLIES = [
    ("with a length", GET, head("Content-Length: 2") + b"hi", [], b"hi", True),
    ("empty", GET, head("Content-Length: 0"), [], b"", True),
    ("chunked", GET, head("Transfer-Encoding: chunked") + CHUNKED, [], b"hi yo", True),
    ("until closed", GET, head() + b"hi", [CLOSED], b"hi", False),
    ("until closed, empty", GET, head(), [CLOSED], b"", False),
    ("closing", GET, head("Connection: close", "Content-Length: 2") + b"hi", [], b"hi", False),
    ("old", GET, b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", [], b"hi", False),
    ("204", GET, head(status="204 No Content"), [], b"", True),
    ("304", GET, head("Content-Length: 9", status="304 Not Modified"), [], b"", True),
    ("to HEAD", HEAD, head("Content-Length: 9"), [], b"", True),
    ("after others", GET, head(status="100 Continue") + head("Link: x", status="103 Early") + head("Content-Length: 2") + b"hi", [], b"hi", True),
    ("without reason", GET, b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", [], b"hi", True),
    ("with bare line feeds", GET, b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", [], b"hi", True),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "data", "more", "body", "reusable"), [case[1:] for case in REPLIES], ids=[case[0] for case in REPLIES])  # fmt: skip
def test_a_reply_is_the_same_whole_and_byte_by_byte(request_, data, more, body, reusable):
    whole, first = exchanged(request_, [data, *more])
    bytewise, second = exchanged(request_, [*single(data), *more])
    assert first == second
    assert isinstance(first, Response)
    assert first.body == body
    assert (whole.reusable, bytewise.reusable) == (reusable, reusable)


@given(
    st.sampled_from([200, 201, 404, 500, 503]),
    header_fields,
    st.lists(st.binary(max_size=20), max_size=4),
    st.sampled_from(["length", "chunked", "close"]),
    st.lists(st.integers(0, 200)),
)
def test_a_well_formed_reply_comes_through_in_pieces_of_any_size(status, fields, parts, how, cuts):
    fields = [(name, value) for name, value in fields if value.isascii()]
    body = b"".join(parts)
    lines = [f"{name}: {value}" for name, value in fields]
    if how == "length":
        data = head(*lines, f"Content-Length: {len(body)}", status=f"{status} X") + body
    elif how == "chunked":
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part)
        data = (
            head(*lines, "Transfer-Encoding: chunked", status=f"{status} X") + chunks + b"0\r\n\r\n"
        )
    else:
        data = head(*lines, "Connection: close", status=f"{status} X") + body
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in pairwise(edges)]
    connection, response = exchanged(GET, [*pieces, CLOSED])
    assert isinstance(response, Response)
    assert (response.status, response.body) == (status, body)
    assert list(response.headers.raw)[: len(fields)] == fields
    assert connection.reusable is (how != "close")


@given(st.binary(max_size=60), st.binary(max_size=60), st.booleans())
@example(b"HTTP/1.1 200 OK\r\n\r\n", b"", True)
@example(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"", False)
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n", b"", False)
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", b"", False)
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"", False)
@example(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n", b"x", False)
def test_whatever_comes_back_is_a_response_or_a_failure(one, other, with_head):
    data = head("Transfer-Encoding: chunked") + one if with_head else one
    connection, whole = exchanged(GET, [data, other, CLOSED])
    _, bytewise = exchanged(GET, [*single(data), *single(other), CLOSED])
    assert whole is not None
    if isinstance(whole, Response):
        assert whole == bytewise
    else:
        assert isinstance(bytewise, TransportFailure)
        assert whole.sent
        assert whole.kind in {"protocol", "closed"}
        assert not connection.reusable


@pytest.mark.parametrize(
    "data",
    [b"", b"HTTP/1.1 2", head("Content-Length: 5"), head("Content-Length: 5") + b"hi", head("Transfer-Encoding: chunked") + b"5\r\nhi", head(status="100 Continue")],
)  # fmt: skip
def test_a_peer_that_closes_early_may_have_got_the_request(data):
    connection, failure = exchanged(GET, [data, CLOSED] if data else [CLOSED])
    assert isinstance(failure, TransportFailure)
    assert (failure.kind, failure.sent) == ("closed", True)
    assert "before the response was complete" in failure.message
    assert not connection.reusable


@pytest.mark.parametrize(
    "data",
    [
        b"<html>", b"SSH-2.0-OpenSSH\r\n\r\n", b"\x16\x03\x01\x02", head("no colon"),
        head("Content-Length: -1"), head("Content-Length: 5", "Content-Length: 6"), head(f"X: {'x' * 70_000}")[:-4],
        b"x" * 70_000, head(status="101 Switching Protocols"), head("Transfer-Encoding: chunked") + b"nonsense\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_is_a_failure(data):
    connection, failure = exchanged(GET, [data, b"\r\n\r\n"])
    assert isinstance(failure, TransportFailure)
    assert (failure.kind, failure.sent) == ("protocol", True)
    assert not connection.reusable


def test_a_broken_reply_is_not_quoted():
    _, failure = exchanged(GET, [head("Set-Cookie hunter2")])
    assert isinstance(failure, TransportFailure)
    assert "hunter2" not in f"{failure} {failure!r}"


def test_a_connection_is_used_again():
    connection = HTTP1Connection()
    for number in range(3):
        assert connection.reusable
        assert connection.send(GET).startswith(b"GET /x HTTP/1.1\r\n")
        assert not connection.reusable
        body = f"reply {number}".encode()
        response = connection.receive_data(head(f"Content-Length: {len(body)}") + body)
        assert response is not None
        assert response.body == body


def test_a_busy_connection_takes_no_second_request():
    connection = HTTP1Connection()
    connection.send(GET)
    with pytest.raises(TransportFailure) as failure:
        connection.send(GET)
    assert (failure.value.kind, failure.value.sent) == ("closed", False)
    response = connection.receive_data(head("Content-Length: 2") + b"hi")
    assert response is not None
    assert connection.reusable


@pytest.mark.parametrize(
    "rest", [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", b"\r\n", b"x"]
)
def test_bytes_after_a_reply_are_not_taken_for_the_next_one(rest):
    """A second response in the same read used to become the answer to the next request."""
    connection, response = exchanged(GET, [head("Content-Length: 2") + b"hi" + rest])
    assert isinstance(response, Response)
    assert response.body == b"hi"
    assert not connection.reusable
    with pytest.raises(TransportFailure) as failure:
        connection.send(GET)
    assert not failure.value.sent


@pytest.mark.parametrize("data", [head("Content-Length: 0", status="408 Request Timeout"), b"x"])
def test_bytes_that_no_request_asked_for_are_no_reply(data):
    """Proxies send a 408 down an idle connection before they close it."""
    connection = HTTP1Connection()
    with pytest.raises(TransportFailure) as failure:
        connection.receive_data(data)
    assert (failure.value.kind, failure.value.sent) == ("protocol", False)
    assert not connection.reusable


def test_a_peer_that_closes_an_idle_connection_got_nothing():
    connection, _ = exchanged(GET, [head("Content-Length: 0")])
    with pytest.raises(TransportFailure) as failure:
        connection.receive_data(CLOSED)
    assert (failure.value.kind, failure.value.sent) == ("closed", False)
    assert not connection.reusable


@pytest.mark.parametrize("data", [CLOSED, b"more"])
def test_after_a_failure_there_are_only_failures(data):
    connection, _ = exchanged(GET, [CLOSED])
    with pytest.raises(TransportFailure, match="no more use"):
        connection.receive_data(data)
    with pytest.raises(TransportFailure, match="cannot take"):
        connection.send(GET)


def test_connect_opens_a_tunnel():
    connection, response = exchanged(
        Request("CONNECT", "http://api.example:443"), [head("Content-Length: 9") + b"tunnel"]
    )
    assert response == Response(200, Headers({"Content-Length": "9"}))
    assert connection.switched
    assert connection.leftover == b"tunnel"
    assert not connection.reusable


REQUESTS = [
    (GET, b"GET /x HTTP/1.1\r\nHost: api.example\r\nAccept-Encoding: gzip\r\n\r\n"),
    (Request("GET", "https://api.example:8443?a=1#f"), b"GET /?a=1 HTTP/1.1\r\nHost: api.example:8443\r\nAccept-Encoding: gzip\r\n\r\n"),
    (Request("DELETE", "http://[::1]:80/a%2Fb"), b"DELETE /a%2Fb HTTP/1.1\r\nHost: [::1]\r\nAccept-Encoding: gzip\r\n\r\n"),
    (Request("POST", "http://h/"), b"POST / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"),
    (Request("PATCH", "http://h/"), b"PATCH / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"),
    (Request("PUT", "http://h/", body=b""), b"PUT / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"),
    (Request("DELETE", "http://h/", body=b"[]"), b"DELETE / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]"),
    (
        Request("PATCH", "http://h/", Headers({"HOST": "other", "accept-encoding": "identity", "X-U": "ü"}), b"{}"),
        b"PATCH / HTTP/1.1\r\nHOST: other\r\naccept-encoding: identity\r\nX-U: \xc3\xbc\r\nContent-Length: 2\r\n\r\n{}",
    ),
    (Request("GET", "http://user:hunter2@h/"), b"GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "data"), REQUESTS)
def test_a_request_in_bytes(request_, data):
    assert HTTP1Connection().send(request_) == data


@given(header_values)
def test_any_header_value_is_sent_as_utf8_or_refused(value):
    request = Request("GET", "http://h/", Headers({"X-A": value}))
    try:
        data = HTTP1Connection().send(request)
    except TransportFailure as failure:
        assert not failure.sent  # noqa: PT017 - most values are fine
        return
    assert b"\r\nX-A: " + value.encode() in data
    assert data.count(b"\r\n") == 5


BAD = Headers.received
BAD_REQUESTS = [
    Request("GET", "http://h/ä"), Request("GET", "http://h/a b"), Request("GET", "http://münchen.example/"),
    Request("GET", "http://[/"), Request("GET", "http://h/\ud800"), Request("G T", "http://h/"), Request("GÄT", "http://h/"), Request("", "http://h/"),
    Request("GET", "http://h/", BAD([("X-A", "hunter2\r\nX-Evil: 1")])), Request("GET", "http://h/", BAD([("X-A", "hunter2\ud800")])),
    Request("GET", "http://h/", BAD([("X A", "hunter2")])), Request("GET", "http://h/", BAD([("Ü", "hunter2")])),
    Request("GET", "http://h/", BAD([("Host", "a"), ("Host", "b")])), Request("POST", "http://h/", BAD([("Content-Length", "5")]), b"hunter2"),
    Request("POST", "http://h/", BAD([("Transfer-Encoding", "chunked")]), b"hunter2"),
]  # fmt: skip


@pytest.mark.parametrize("request_", BAD_REQUESTS)
def test_a_request_that_is_no_http_is_not_sent_and_not_quoted(request_):
    connection = HTTP1Connection()
    with pytest.raises(TransportFailure, match="the request is not valid HTTP") as raised:
        connection.send(request_)
    failure = raised.value
    assert (failure.kind, failure.sent) == ("protocol", False)
    assert "hunter2" not in str(failure)
    # The exceptions below hold what they refused.
    assert failure.__context__ is None
    # Not a byte of it was handed out, so the connection is as good as before.
    assert connection.reusable


def test_gzip_is_taken_off():
    packed = gzip.compress(b'{"name":"Ann"}')
    lines = (f"Content-Length: {len(packed)}", "Content-Encoding: GZIP")
    connection, response = exchanged(GET, single(head(*lines) + packed))
    assert isinstance(response, Response)
    assert response.body == b'{"name":"Ann"}'
    assert response.headers["content-encoding"] == "GZIP"
    assert connection.reusable


def test_no_content_needs_no_unpacking():
    _, response = exchanged(HEAD, [head("Content-Length: 9", "Content-Encoding: br")])
    assert isinstance(response, Response)


@pytest.mark.parametrize(
    ("coding", "body"),
    [("br", b"x"), ("gzip", b"plain"), ("gzip", gzip.compress(b"x", mtime=0)[:-4]), ("gzip", zlib.compress(b"x"))],
)  # fmt: skip
def test_content_that_cannot_be_unpacked_is_a_failure(coding, body):
    connection, failure = exchanged(
        GET, [head(f"Content-Length: {len(body)}", f"Content-Encoding: {coding}") + body]
    )
    assert isinstance(failure, TransportFailure)
    assert (failure.kind, failure.sent) == ("protocol", True)
    assert not connection.reusable


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_body_without_end_is_a_failure(coding):
    body = b"x" * 1001 if coding == "identity" else gzip.compress(b"x" * 1_000_000)
    connection, failure = exchanged(
        GET,
        [head(f"Content-Encoding: {coding}", f"Content-Length: {len(body)}") + body],
        ResponseLimits(body=1000 + (coding == "gzip") * 999),
    )
    assert isinstance(failure, TransportFailure)
    assert "larger than" in failure.message
    assert not connection.reusable


def test_a_small_reply_does_not_unpack_into_all_of_memory():
    bomb = gzip.compress(b"\0" * 50_000_000)
    tracemalloc.start()
    try:
        _, failure = exchanged(
            GET,
            [head("Content-Encoding: gzip", f"Content-Length: {len(bomb)}") + bomb],
            ResponseLimits(body=1_000_000),
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(failure, TransportFailure)
    assert peak < 10_000_000
