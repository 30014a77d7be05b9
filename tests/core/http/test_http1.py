from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from genesys_core.errors import InvalidValueError
from genesys_core.http import http1
from genesys_core.http.headers import Headers
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.limits import DEFAULT_LIMITS, ResponseLimits
from genesys_core.http.messages import Request, Response, TransportFailure
from tests.helpers import h11_client
from tests.helpers.examples import examples
from tests.strategies.http1 import GET, chunk, head, packed, responses, single_bytes

HEAD = Request("HEAD", "http://api.example/x")
POST = Request("POST", "http://api.example/x", Headers({"Content-Length": "5"}))
CLOSED = b""


def exchanged(
    pieces: Iterable[bytes], request: Request = GET, limits: ResponseLimits = DEFAULT_LIMITS
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


def read_all(connection: HTTP1Connection) -> bytes:
    """The content that is there."""
    content = b""
    while piece := connection.read_body():
        content += piece
    return content


WHOLE = [
    head("Content-Length: 2") + b"hi",
    head("Content-Length: 2", "Connection: keep-alive") + b"hi",
    head("Transfer-Encoding: chunked") + chunk(b"hi") + b"0\r\n\r\n",
    head("Content-Length: 22", "Content-Encoding: gzip") + packed(b"hi", "gzip"),
    head("Content-Length: 02", status="404 Not Found") + b"hi",
    head("Content-Length: 2", "Keep-Alive: timeout=9") + b"hi",
    head("Content-Length: 2 ") + b"hi",
    b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
    head(status="100 Continue") + head("Content-Length: 2") + b"hi",
]


@pytest.mark.parametrize("data", WHOLE)
def test_a_connection_is_used_again(data):
    connection = HTTP1Connection()
    for pieces in ([data], single_bytes(data), [data]):
        assert connection.reusable
        assert connection.send(GET).startswith(b"GET /x HTTP/1.1\r\n")
        assert not connection.reusable
        *before, last = pieces
        for piece in before:
            assert connection.receive_data(piece) is None
        response = connection.receive_data(last)
        assert response is not None
        assert response.body == b"hi"
        assert not connection.switched
        assert connection.leftover == b""


@pytest.mark.parametrize("data", WHOLE[:4])
def test_a_plain_response_that_is_all_there_is_read_in_one_step(data, monkeypatch):
    monkeypatch.setattr(http1, "HTTP1ResponseReader", None)
    _, response = exchanged([data])
    assert isinstance(response, Response)
    assert response.body == b"hi"


def test_content_may_look_like_a_response():
    inner = head("Content-Length: 2") + b"hi"
    first = head(f"Content-Length: {len(inner)}")
    connection, response = exchanged([first, inner])
    assert isinstance(response, Response)
    assert response.body == inner
    assert connection.reusable


@pytest.mark.parametrize("cut", [None, 20])
def test_content_is_unpacked_by_its_own_coding(cut):
    deflated = packed(b"hi", "deflate")
    data = head(f"Content-Length: {len(deflated)}", "Content-Encoding: deflate") + deflated
    _, response = exchanged([data] if cut is None else [data[:cut], data[cut:]])
    assert isinstance(response, Response)
    assert response.body == b"hi"


@pytest.mark.parametrize("cut", [None, 20])
def test_a_range_of_packed_content_is_a_failure(cut):
    content = packed(b"hi", "gzip")
    fields = (
        "Content-Encoding: gzip",
        f"Content-Length: {len(content)}",
        "Content-Range: bytes 0-1/9",
    )
    data = head(*fields, status="206 Partial Content") + content
    _, failure = exchanged([data] if cut is None else [data[:cut], data[cut:]])
    assert isinstance(failure, TransportFailure)
    assert failure.kind == "protocol"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_no_content_needs_no_unpacking(coding):
    connection, response = exchanged([head("Content-Length: 0", f"Content-Encoding: {coding}")])
    assert isinstance(response, Response)
    assert response.body == b""
    assert connection.reusable


NOT_AGAIN = [
    ([head("Content-Length: 2", "Connection: close") + b"hi"], GET),
    ([head("Content-Length: 2", "Connection: Keep-Alive, Close") + b"hi"], GET),
    ([head("Content-Length: 2") + b"hi"], Request("GET", "http://h/", Headers({"Connection": "close"}))),
    ([head("Content-Length: 2", version="1.0") + b"hi"], GET),
    ([head() + b"hi", CLOSED], GET),
    ([head("Content-Length: 2") + b"hi\r\n"], GET),
    ([head("Content-Length: 2") + b"hiHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"], GET),
]  # fmt: skip


@pytest.mark.parametrize(("pieces", "request_"), NOT_AGAIN)
def test_a_connection_that_is_not_used_again(pieces, request_):
    connection, response = exchanged(pieces, request_)
    assert isinstance(response, Response)
    assert response.body == b"hi"
    assert not connection.reusable
    with pytest.raises(TransportFailure, match="cannot accept a request") as failure:
        connection.send(GET)
    assert (failure.value.kind, failure.value.sent) == ("closed", False)
    with pytest.raises(TransportFailure, match="no longer usable"):
        connection.receive_data(b"x")


@pytest.mark.parametrize("status", ["200 OK", "204 X", "304 X"])
def test_a_response_without_a_body_ends_with_its_head(status):
    connection, response = exchanged([head("Content-Length: 0", status=status)])
    assert isinstance(response, Response)
    assert connection.reusable
    connection, response = exchanged([head("Content-Length: 2", status=status)], HEAD)
    assert isinstance(response, Response)
    assert connection.reusable
    connection, response = exchanged([head("Content-Length: 2", status=status) + b"hi"], HEAD)
    assert isinstance(response, Response)
    assert response.body == b""
    assert connection.leftover == b"hi"
    assert not connection.reusable


@pytest.mark.parametrize("status", ["204 X", "304 X"])
def test_a_status_without_a_body_has_none_whatever_the_length_says(status):
    connection, response = exchanged([head("Content-Length: 2", status=status) + b"hi"])
    assert isinstance(response, Response)
    assert (response.body, connection.leftover) == (b"", b"hi")
    assert not connection.reusable


@pytest.mark.parametrize(
    "data",
    [b"", b"HTTP/1.1 2", head("Content-Length: 5"), head("Content-Length: 5") + b"hi", head("Transfer-Encoding: chunked") + b"5\r\nhi", head(status="100 Continue")],
)  # fmt: skip
def test_a_peer_that_closes_early_may_have_got_the_request(data):
    connection, failure = exchanged([data, CLOSED] if data else [CLOSED])
    assert isinstance(failure, TransportFailure)
    assert (failure.kind, failure.sent) == ("closed", True)
    assert "before the response was complete" in failure.message
    assert not connection.reusable
    for data_ in (CLOSED, b"more"):
        with pytest.raises(TransportFailure, match="no longer usable") as again:
            connection.receive_data(data_)
        assert not again.value.sent
    with pytest.raises(TransportFailure, match="cannot accept"):
        connection.send(GET)


@pytest.mark.parametrize("data", [b"<html>", b"\x16\x03\x01\x02", head("no colon"), head("Content-Length: 1", "Content-Encoding: br") + b"x"])  # fmt: skip
def test_what_is_no_http_is_a_failure(data):
    connection, failure = exchanged([data])
    assert isinstance(failure, TransportFailure)
    assert (failure.kind, failure.sent) == ("protocol", True)
    assert not connection.reusable


def test_a_request_that_is_no_http_leaves_the_connection_as_it_was():
    connection = HTTP1Connection()
    with pytest.raises(TransportFailure, match="the request is not valid HTTP"):
        connection.send(Request("G T", "http://h/"))
    assert connection.reusable
    assert connection.send(Request("POST", "http://h/", body=b"{}")).endswith(b"\r\n\r\n{}")


def test_a_busy_connection_takes_no_second_request():
    connection = HTTP1Connection()
    connection.send(GET)
    with pytest.raises(TransportFailure, match="cannot accept a request") as failure:
        connection.send(GET)
    assert (failure.value.kind, failure.value.sent) == ("closed", False)
    assert connection.receive_data(head("Content-Length: 0")) is not None
    assert connection.reusable


@pytest.mark.parametrize("data", [head("Content-Length: 0", status="408 Request Timeout"), b"x", CLOSED])  # fmt: skip
def test_what_comes_while_idle_is_no_response(data):
    """Proxies send a 408 down an idle connection before they close it."""
    connection = HTTP1Connection()
    with pytest.raises(TransportFailure) as failure:
        connection.receive_data(data)
    assert (failure.value.kind, failure.value.sent) == ("protocol" if data else "closed", False)
    assert not connection.reusable


def test_limits_are_for_a_connection_or_for_one_request():
    connection = HTTP1Connection(ResponseLimits(body=1))
    connection.send(GET, limits=DEFAULT_LIMITS)
    assert connection.receive_data(head("Content-Length: 2") + b"hi") is not None
    connection.send_head(Request("GET", "http://h/"), limits=ResponseLimits(body=None))
    connection.send_end()
    assert connection.receive_data(head("Content-Length: 2") + b"hi") is not None
    connection.send(GET)
    with pytest.raises(TransportFailure, match="larger than 1 bytes"):
        connection.receive_data(head("Content-Length: 2") + b"hi")


def test_a_forwarding_proxy_gets_its_fields_with_each_request():
    connection = HTTP1Connection(proxy_headers=Headers({"Proxy-Authorization": "x"}))
    for _ in range(2):
        data = connection.send(GET)
        assert data.startswith(b"GET http://api.example/x HTTP/1.1\r\nHost: api.example\r\n")
        assert b"\r\nProxy-Authorization: x\r\n" in data
        connection.receive_data(head("Content-Length: 0"))


def test_connect_opens_a_tunnel():
    data = head("Content-Length: 9") + b"tunnel"
    connection, response = exchanged([data], Request("CONNECT", "http://api.example:443"))
    assert response == Response(200, Headers({"Content-Length": "9"}))
    assert connection.switched
    assert connection.leftover == b"tunnel"
    assert not connection.reusable


def test_a_tunnel_may_speak_first():
    """A 2xx to CONNECT has no body, whatever its Content-Length says (RFC 9112, 6.3)."""
    data = head("Content-Length: 6") + b"tunnel"
    connection, response = exchanged([data], Request("CONNECT", "http://api.example:443"))
    assert response == Response(200, Headers({"Content-Length": "6"}))
    assert connection.switched
    assert connection.leftover == b"tunnel"
    assert not connection.reusable


def test_an_upgrade_that_was_asked_for():
    request = Request("GET", "http://h/", Headers({"Connection": "upgrade", "Upgrade": "x"}))
    data = head("Upgrade: x", status="101 Switching Protocols") + b"frames"
    connection, response = exchanged([data], request)
    assert isinstance(response, Response)
    assert response.status == 101
    assert connection.switched
    assert connection.leftover == b"frames"
    connection, response = exchanged([head("Content-Length: 0", status="426 X")], request)
    assert isinstance(response, Response)
    assert connection.reusable
    _, failure = exchanged([data])
    assert isinstance(failure, TransportFailure)
    assert failure.kind == "protocol"


class TestStale:
    def test_a_fresh_connection_never_is(self):
        connection = HTTP1Connection()
        assert not connection.stale
        connection.send(GET)
        assert not connection.stale
        with pytest.raises(TransportFailure):
            connection.receive_data(CLOSED)
        assert not connection.stale

    @pytest.mark.parametrize("pieces", [[WHOLE[0]], [WHOLE[2]], [WHOLE[0][:9], WHOLE[0][9:]]])
    def test_a_used_one_is_until_the_first_byte_of_a_response(self, pieces):
        connection, _ = exchanged(pieces)
        assert not connection.stale
        connection.send(GET)
        assert connection.stale
        assert connection.receive_data(b"H") is None
        assert not connection.stale

    @pytest.mark.parametrize("data", [b"?", head("A: " + "x" * 70_000), head("Content-Length: 4", "Content-Encoding: gzip") + b"hiho"])  # fmt: skip
    def test_a_used_one_is_not_after_a_broken_response(self, data):
        connection, _ = exchanged([WHOLE[0]])
        connection.send(GET)
        with pytest.raises(TransportFailure):
            connection.receive_data(data)
        assert not connection.stale

    def test_a_used_one_stays_stale_when_it_is_closed_or_reset(self):
        for end in (lambda each: each.receive_data(CLOSED), lambda each: each.abort("reset")):
            connection, _ = exchanged([WHOLE[0]])
            connection.send(GET)
            with suppress(TransportFailure):
                end(connection)
            assert connection.stale


class TestAbort:
    def test_what_was_under_way_may_have_been_sent(self):
        connection = HTTP1Connection()
        connection.send(GET)
        failure = connection.abort("no answer within 3 s", kind="timeout")
        assert (failure.message, failure.kind, failure.sent) == ("no answer within 3 s", "timeout", True)  # fmt: skip
        assert not connection.reusable

    def test_a_request_of_which_no_byte_was_written_was_not_sent(self):
        connection = HTTP1Connection()
        connection.send(GET)
        assert not connection.abort("reset", written=False).sent

    def test_a_response_proves_that_it_was_sent(self):
        connection = HTTP1Connection()
        connection.send(GET)
        connection.receive_data(b"HTTP")
        assert connection.abort("reset", written=False).sent

    def test_an_idle_connection_has_nothing_to_send(self):
        failure = HTTP1Connection().abort("the client is closed")
        assert (failure.kind, failure.sent) == ("closed", False)


class TestStreamedResponses:
    def test_head_then_content_then_the_next_request(self):
        connection = HTTP1Connection()
        connection.send(GET)
        assert connection.receive_head(b"HTTP/1.1 200 OK\r\n") is None
        received = connection.receive_head(b"Content-Length: 4\r\n\r\nab")
        assert received is not None
        assert (received.status, received.headers["content-length"]) == (200, "4")
        assert connection.read_body(1) == b"a"
        assert connection.read_body(9) == b"b"
        assert connection.read_body() is None
        connection.receive_body(b"cd")
        assert not connection.reusable
        assert connection.read_body() == b"cd"
        assert not connection.reusable
        assert connection.read_body() == b""
        assert connection.reusable
        assert connection.read_body() == b""  # and stays at its end
        connection.send(GET)
        with pytest.raises(TransportFailure, match="no response body to read"):
            connection.read_body()

    def test_no_content_can_be_asked_for_in_pieces_of_nothing(self):
        connection = HTTP1Connection()
        connection.send(GET)
        connection.receive_head(head("Content-Length: 2") + b"hi")
        with pytest.raises(InvalidValueError, match="size=0: must be at least 1"):
            connection.read_body(0)
        assert connection.read_body(1) == b"h"

    def test_there_is_no_content_before_the_head_is_there(self):
        connection = HTTP1Connection()
        connection.send(GET)
        assert connection.receive_head(b"HTTP/1.1 200 OK\r\n") is None
        with pytest.raises(TransportFailure, match="no response body to read"):
            connection.read_body()

    def test_a_body_until_the_close(self):
        connection = HTTP1Connection()
        connection.send(GET)
        connection.receive_head(head() + b"hi")
        connection.receive_body(CLOSED)
        assert read_all(connection) == b"hi"
        assert not connection.reusable
        assert connection.read_body() == b""

    def test_a_close_or_more_bytes_before_the_end_was_read(self):
        for data in (CLOSED, b"x"):
            connection = HTTP1Connection()
            connection.send(GET)
            connection.receive_head(head("Content-Length: 2") + b"hi")
            connection.receive_body(data)
            assert read_all(connection) == b"hi"
            assert connection.leftover == data
            assert not connection.reusable

    def test_a_cut_is_never_a_quiet_end(self):
        connection = HTTP1Connection()
        connection.send(GET)
        connection.receive_head(head("Content-Length: 4") + b"hi")
        assert connection.read_body() == b"hi"
        with pytest.raises(TransportFailure, match="before the response was complete"):
            connection.receive_body(CLOSED)
        for _ in range(2):
            with pytest.raises(TransportFailure, match="no response body to read"):
                connection.read_body()

    def test_content_that_is_damaged_ends_the_connection(self):
        connection = HTTP1Connection()
        connection.send(GET)
        connection.receive_head(head("Content-Length: 4", "Content-Encoding: gzip") + b"hiho")
        with pytest.raises(TransportFailure, match="corrupt") as failure:
            connection.read_body()
        assert failure.value.sent
        assert not connection.reusable
        with pytest.raises(TransportFailure, match="no response body to read"):
            connection.read_body()

    def test_a_rest_that_is_there_is_dropped_and_one_that_is_not_ends_the_connection(self):
        for data, reusable in ((b"abcd", True), (b"ab", False), (b"", False), (b"abcdx", False)):
            connection = HTTP1Connection()
            connection.send(GET)
            connection.receive_head(head("Content-Length: 4") + data)
            connection.discard_body()
            assert connection.reusable is reusable
            connection.discard_body()
            assert connection.reusable is reusable
            with pytest.raises(TransportFailure, match="unsolicited" if reusable else "no longer"):
                connection.receive_body(b"cd")
        connection = HTTP1Connection()
        connection.send(GET)
        connection.discard_body()
        assert not connection.reusable

    def test_a_rest_that_is_dropped_is_not_unpacked(self):
        connection = HTTP1Connection()
        connection.send(GET)
        connection.receive_head(head("Content-Length: 4", "Content-Encoding: gzip") + b"hiho")
        connection.discard_body()
        assert connection.reusable

    def test_how_long_the_server_keeps_the_connection(self):
        connection = HTTP1Connection()
        assert connection.keep_alive_timeout is None
        connection.send(GET)
        assert connection.receive_data(head("Content-Length: 0", "Keep-Alive: timeout=7"))
        assert connection.keep_alive_timeout == 7
        connection.send(GET)
        assert connection.keep_alive_timeout is None


class TestStreamedRequests:
    def test_in_chunks(self):
        connection = HTTP1Connection()
        assert not connection.sending
        data = connection.send_head(Request("POST", "http://h/"))
        assert connection.sending
        data += connection.send_chunk(b"hello") + connection.send_chunk(b"") + connection.send_chunk(b"x" * 16)  # fmt: skip
        data += connection.send_end()
        assert not connection.sending
        assert data.endswith(b"\r\n\r\n5\r\nhello\r\n10\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n")
        assert h11_client.read_request(data).body == b"hello" + b"x" * 16
        assert connection.receive_data(head("Content-Length: 0")) is not None
        assert connection.reusable

    def test_with_a_length(self):
        connection = HTTP1Connection()
        data = connection.send_head(POST)
        data += connection.send_chunk(b"he") + connection.send_chunk(b"llo") + connection.send_end()
        assert data.endswith(b"\r\n\r\nhello")
        assert connection.receive_data(head("Content-Length: 0")) is not None
        assert connection.reusable

    def test_without_any_content(self):
        connection = HTTP1Connection()
        data = connection.send_head(Request("POST", "http://h/")) + connection.send_end()
        assert h11_client.read_request(data).body == b""

    def test_no_byte_goes_beyond_the_length_announced(self):
        connection = HTTP1Connection()
        connection.send_head(POST)
        connection.send_chunk(b"hell")
        with pytest.raises(TransportFailure, match="longer than its Content-Length") as failure:
            connection.send_chunk(b"o!")
        assert (failure.value.kind, failure.value.sent) == ("protocol", True)
        assert not connection.reusable
        assert not connection.sending

    def test_a_body_that_is_shorter_is_not_ended(self):
        connection = HTTP1Connection()
        connection.send_head(POST)
        connection.send_chunk(b"hell")
        with pytest.raises(TransportFailure, match="shorter than its Content-Length") as failure:
            connection.send_end()
        assert (failure.value.kind, failure.value.sent) == ("protocol", True)
        assert not connection.reusable

    def test_a_body_is_sent_only_where_one_was_begun(self):
        connection = HTTP1Connection()
        with pytest.raises(TransportFailure, match="does not expect a request body") as failure:
            connection.send_chunk(b"x")
        assert not failure.value.sent
        connection.send(GET)
        with pytest.raises(TransportFailure, match="does not expect a request body") as failure:
            connection.send_end()
        assert failure.value.sent
        assert connection.receive_data(head("Content-Length: 0")) is not None

    @pytest.mark.parametrize("expect", [True, False])
    def test_an_early_response_stands_and_the_rest_is_not_sent(self, expect):
        connection = HTTP1Connection()
        fields = {"Expect": "100-continue"} if expect else {}
        connection.send_head(Request("POST", "http://h/", Headers(fields)))
        if not expect:
            connection.send_chunk(b"some")
        response = connection.receive_data(head("Content-Length: 2", status="413 X") + b"no")
        assert response is not None
        assert (response.status, response.body) == (413, b"no")
        assert not connection.sending
        assert not connection.waits_for_continue
        assert not connection.reusable
        with pytest.raises(TransportFailure, match="does not expect a request body"):
            connection.send_chunk(b"rest")

    def test_a_response_to_all_that_was_announced_is_not_early(self):
        connection = HTTP1Connection()
        connection.send_head(POST)
        connection.send_chunk(b"hello")  # the length of it; its end is still to be said
        assert connection.receive_data(head("Content-Length: 0")) is not None
        assert not connection.sending
        assert connection.reusable

    def test_a_response_before_all_was_written_ends_the_connection(self):
        for status, reusable in (("103 Early", True), ("200 OK", False)):
            connection = HTTP1Connection()
            connection.send(GET)
            connection.unwritten = True
            connection.receive_data(head("Content-Length: 0", status=status))
            connection.unwritten = False
            if reusable:
                assert connection.receive_data(head("Content-Length: 0")) is not None
            assert connection.reusable is reusable
            assert not HTTP1Connection().unwritten

    def test_a_continue_comes_or_does_not(self):
        request = Request("POST", "http://h/", Headers({"Expect": "100-continue"}))
        connection = HTTP1Connection()
        connection.send_head(request)
        assert connection.waits_for_continue
        assert connection.receive_data(head(status="103 Early")) is None
        assert connection.waits_for_continue
        assert connection.receive_head(head(status="100 Continue")) is None
        assert not connection.waits_for_continue
        assert connection.sending
        connection = HTTP1Connection()
        connection.send_head(request)
        connection.send_chunk(b"x")  # nobody said anything for a while
        assert not connection.waits_for_continue
        assert connection.receive_data(head(status="100 Continue") * 2) is None
        connection.send_end()
        assert connection.receive_data(head("Content-Length: 0")) is not None
        assert connection.reusable

    def test_a_whole_request_waits_for_nothing(self):
        connection = HTTP1Connection()
        connection.send(Request("POST", "http://h/", Headers({"Expect": "100-continue"}), b"x"))
        assert not connection.waits_for_continue

    def test_a_request_that_was_not_written_to_its_end(self):
        connection = HTTP1Connection()
        connection.send(Request("POST", "http://h/", body=b"x" * 1000))
        connection.stop_sending()
        response = connection.receive_data(head("Content-Length: 0", status="413 X"))
        assert response is not None
        assert not connection.reusable


class ConnectionMachine(RuleBasedStateMachine):
    """Whatever a caller and a server do, the connection is in one of its states, and says which."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = HTTP1Connection()
        self.busy = False
        self.streamed = False
        self.dead = False

    def over(self) -> None:
        self.busy = self.streamed = False

    @precondition(lambda self: not self.dead)
    @rule(streamed=st.booleans(), expect=st.booleans())
    def send(self, streamed: bool, expect: bool) -> None:
        reusable = self.connection.reusable
        request = Request(
            "POST", "http://h/", Headers({"Expect": "100-continue"} if expect else {})
        )
        try:
            data = self.connection.send_head(request) if streamed else self.connection.send(request)
        except TransportFailure as failure:
            assert not reusable
            assert not failure.sent  # noqa: PT017 - one of several outcomes
            return
        assert reusable
        assert data.startswith(b"POST / HTTP/1.1\r\nHost: h\r\n")
        assert self.connection.sending is streamed
        assert self.connection.waits_for_continue is (streamed and expect)
        self.busy = True

    @rule(data=st.binary(max_size=5))
    def send_chunk(self, data: bytes) -> None:
        sending = self.connection.sending
        try:
            self.connection.send_chunk(data)
        except TransportFailure:
            assert not sending
        else:
            assert sending

    @rule()
    def send_end(self) -> None:
        sending = self.connection.sending
        try:
            self.connection.send_end()
        except TransportFailure:
            assert not sending
        assert not self.connection.sending

    @rule()
    def stop_sending(self) -> None:
        if self.busy:
            self.connection.stop_sending()

    @precondition(lambda self: not self.streamed)
    @rule(
        data=st.sampled_from([*WHOLE, head(status="100 Continue"), b"H", b"?", CLOSED])
        | responses()
    )
    def receive(self, data: bytes) -> None:
        try:
            response = self.connection.receive_data(data)
        except TransportFailure as failure:
            assert failure.sent is self.busy  # noqa: PT017 - one of several outcomes
            self.over()
            self.dead = True
            return
        assert self.busy
        if response is not None:
            assert not self.connection.sending
            self.over()
            self.dead = not self.connection.reusable

    @precondition(lambda self: self.busy)
    @rule(data=st.sampled_from([*WHOLE, WHOLE[0][:-1], b"H", CLOSED]) | responses())
    def receive_streamed(self, data: bytes) -> None:
        try:
            if self.streamed:
                self.connection.receive_body(data)
            else:
                self.streamed = self.connection.receive_head(data) is not None
        except TransportFailure as failure:
            assert failure.sent  # noqa: PT017 - one of several outcomes
            self.over()
            self.dead = True

    @precondition(lambda self: self.streamed)
    @rule(size=st.integers(1, 9))
    def read(self, size: int) -> None:
        try:
            content = self.connection.read_body(size)
        except TransportFailure as failure:
            assert failure.sent  # noqa: PT017 - one of several outcomes
            self.over()
            self.dead = True
            return
        assert content is None or len(content) <= size
        if content == b"":
            self.over()
            self.dead = not self.connection.reusable

    @precondition(lambda self: self.busy)
    @rule()
    def discard(self) -> None:
        self.connection.discard_body()
        self.over()
        self.dead = not self.connection.reusable

    @precondition(lambda self: self.busy)
    @rule(written=st.booleans())
    def abort(self, written: bool) -> None:
        assert self.connection.abort("late", kind="timeout", written=written).kind == "timeout"
        self.over()
        self.dead = True

    @invariant()
    def says_what_it_is(self) -> None:
        assert self.connection.reusable is (not self.busy and not self.dead)
        assert not self.connection.sending or self.busy
        assert not self.connection.waits_for_continue or self.connection.sending


TestConnectionMachine = ConnectionMachine.TestCase
TestConnectionMachine.settings = settings(max_examples=examples(60), stateful_step_count=25)


@given(st.lists(st.sampled_from(WHOLE), min_size=2, max_size=5))
def test_each_response_answers_its_own_request(replies):
    """Replies that come before they were asked for end the connection; none is ever given twice."""
    connection = HTTP1Connection()
    for number, data in enumerate(replies):
        connection.send(GET)
        mark = b"%02d" % number
        response = connection.receive_data(data.replace(b"hi", mark))
        if data == WHOLE[3]:
            mark = b"hi"  # packed
        assert response is not None
        assert response.body == mark
    connection.send(GET)
    connection.receive_data(b"".join(replies))
    assert not connection.reusable


def test_the_status_is_known_once_the_head_of_the_final_response_is_there():
    connection = HTTP1Connection()
    assert connection.status is None
    connection.send(Request("GET", "http://api.example/"))
    connection.receive_data(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 20")
    assert connection.status is None
    connection.receive_data(b"4 No Content\r\n\r\n")
    assert connection.status == 204
