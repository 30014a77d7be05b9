"""A connection in bytes: what is written for each fault, and when it is over."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.http.headers import Headers
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.simulator import Simulator
from genesys_core.simulator.wire.faults import (
    Answer,
    Closed,
    FaultyPlatform,
    Garbage,
    Interrupted,
    Rule,
    Slow,
)
from genesys_core.simulator.wire.http_connection import ServerConnection, ServerLimits
from genesys_core.simulator.wire.steps import (
    Close,
    HangUp,
    Pause,
    Reset,
    Silence,
    WireStep,
    Write,
)
from tests.strategies.simulator import WALL, operation, small_document
from tests.strategies.values import header_fields

NOW = Now(0.0, WALL)
DEFINITION = small_document(
    {
        "/x": {
            "get": operation(reply={"type": "string"}),
            "post": operation(reply={"type": "string"}),
            "delete": operation(),
        }
    }
)
GET = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
OVER = (Close, HangUp, Reset, Silence)


def platform(*rules: Rule) -> FaultyPlatform:
    return FaultyPlatform(Simulator(DEFINITION), rules)


def steps(connection: ServerConnection, *pieces: bytes) -> list[WireStep]:
    """What is done when these pieces come one after the other."""
    done: list[WireStep] = []
    for piece in pieces:
        for step in connection.receive_data(piece, now=NOW):
            done.append(step)
            if isinstance(step, OVER):
                return done
    return done


def written(done: list[WireStep]) -> bytes:
    return b"".join(step.data for step in done if isinstance(step, Write))


def after(fault: object, *pieces: bytes) -> list[WireStep]:
    return steps(ServerConnection(platform(Rule(fault))), *pieces or (GET,))


def whole_reply() -> bytes:
    return written(steps(ServerConnection(platform()), GET))


def test_a_reply_has_the_platforms_headers_and_a_length():
    head, _, body = whole_reply().partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 "
    assert lines.count(b"Server: Google") == lines.count(b"Server: FrontEnd") == 1
    assert b"Content-Length: %d" % len(body) in lines
    assert body.startswith(b'"')


@pytest.mark.parametrize("by", ["reset", "close", "silence"])
@pytest.mark.parametrize(
    ("at", "share"), [("request", 0), ("before", 0), ("after", 0), ("head", 1), ("body", 2)]
)
def test_an_interrupted_reply(at, share, by):
    head, end, body = whole_reply().partition(b"\r\n\r\n")
    head += end
    parts = [b"", head[: len(head) // 2], head + body[: len(body) // 2]]
    last = {"reset": Reset(), "close": Close(), "silence": Silence()}[by]
    assert after(Interrupted(at, by)) == [Write(parts[share]), last]


def test_a_request_is_interrupted_before_its_body_has_come():
    head = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"
    assert after(Interrupted("request"), head) == [Write(b""), Reset()]
    assert after(Interrupted("before"), head, b"0" * 9_999) == []


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_slow_reply_comes_whole_with_a_pause_before_each_piece(part):
    done = after(Slow(part, 0.5, size=10))
    assert written(done) == whole_reply()
    pauses = [step for step in done if isinstance(step, Pause)]
    head, end, body = whole_reply().partition(b"\r\n\r\n")
    slow = head + end if part == "head" else body
    assert pauses == [Pause(0.5)] * -(-len(slow) // 10)
    pieces = [after for before, after in pairwise(done) if isinstance(before, Pause)]
    assert all(len(piece.data) <= 10 for piece in pieces)
    assert written(pieces) == slow


def test_other_faults():
    assert after(Garbage(b"\0\1")) == [Write(b"\0\1"), Close()]
    assert after(Closed()) == [Write(whole_reply()), Close()]
    answer = Answer(502, {"X": " padded "}, b"<html>")
    assert after(answer) == [
        Write(b"HTTP/1.1 502 \r\nX: padded\r\nContent-Length: 6\r\n\r\n<html>")
    ]
    assert after(Answer(204, (), b"no")) == [Write(b"HTTP/1.1 204 \r\n\r\n")]


FAULTS = [
    None,
    Answer(429, {"Retry-After": "1"}),
    Slow("head", 1, 7),
    Closed(),
    Garbage(),
    *(
        Interrupted(at, by)
        for at in ("request", "before", "after", "head", "body")
        for by in ("reset", "silence")
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_it_is_the_same_whole_and_byte_by_byte(fault):
    rules = [] if fault is None else [Rule(fault, first=2)]
    data = GET + b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi" + GET
    whole = steps(ServerConnection(platform(*rules)), data)
    single = [data[at : at + 1] for at in range(len(data))]
    assert steps(ServerConnection(platform(*rules)), *single) == whole


def test_what_comes_after_the_end_is_not_dealt_with():
    there = platform(Rule(Interrupted("after"), first=2))
    done = steps(ServerConnection(there), GET * 5)
    assert [type(step) for step in done] == [Write, Write, Reset]
    assert there.came("GET", "/x") == 2


@pytest.mark.parametrize(
    ("data", "status", "is_over"),
    [
        (b"HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n", 200, False),
        (b"DELETE /x HTTP/1.1\r\nHost: h\r\n\r\n", 204, False),
        (b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200, True),
        (b"GET /x HTTP/1.0\r\n\r\n", 200, True),
        (b"GET * HTTP/1.1\r\nHost: h\r\n\r\n", 404, False),
        (b"\x16\x03\x01 nonsense\r\n\r\n", 400, True),
        (b"GET /x HTTP/1.1\r\n\r\n", 400, True),
    ],
)
def test_forms_of_requests(data, status, is_over):
    done = steps(ServerConnection(platform()), data)
    assert written(done).startswith(b"HTTP/1.1 %d " % status)
    assert isinstance(done[-1], OVER) is is_over
    if data.startswith((b"HEAD", b"DELETE")):
        assert written(done).endswith(b"\r\n\r\n")


@pytest.mark.parametrize("data", [b"", GET, b"GET /x HT", GET[:-2] + b"Content-Length: 9\r\n\r\nx"])
def test_when_the_client_has_closed_it_is_over(data):
    pieces = (data, b"") if data else (b"",)
    assert steps(ServerConnection(platform()), *pieces)[-1] == Close()


# Limits


def post(*headers: bytes, body: bytes = b"") -> bytes:
    lines = (b"POST /x HTTP/1.1", b"Host: h", b"Content-Type: application/json", *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(*chunks: bytes) -> bytes:
    parts = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))
    return post(b"Transfer-Encoding: chunked", body=parts)


SMALL = ServerLimits(head=200, body=10, linger=3)
ONE = post(b"Content-Length: 10", body=b"x" * 10)


@pytest.mark.parametrize(
    "request_",
    [
        post(b"Content-Length: 11", body=b"x" * 11),
        post(b"Content-Length: 11"),
        post(b"Content-Length: 11", b"Expect: 100-continue"),
        chunked(b"x" * 11),
        chunked(*[b"x"] * 11),
    ],
)
def test_a_body_that_is_too_large(request_):
    for pieces in ([request_], [request_[at : at + 1] for at in range(len(request_))]):
        there = platform()
        done = steps(ServerConnection(there, SMALL), *pieces)
        assert written(done).startswith(b"HTTP/1.1 413 ")
        assert b"Connection: close" in written(done)
        assert b"ININ-Correlation-Id" in written(done)
        assert b'"code":"request.entity.too.large"' in written(done)
        assert done[-1] == HangUp(3)
        assert there.done("POST", "/x") == 0
        assert there.simulator.count("POST", "/x") == 1


@pytest.mark.parametrize("request_", [ONE, chunked(b"x" * 10), chunked(*[b"x"] * 10)])
def test_a_body_that_just_fits(request_):
    done = steps(ServerConnection(platform(), SMALL), request_, GET)
    assert written(done).count(b"HTTP/1.1 200 ") == 2


def padded(size: int) -> bytes:
    """A request whose head has this many bytes."""
    start = b"GET /x HTTP/1.1\r\nHost: h\r\nX: "
    return start + b"y" * (size - len(start) - 4) + b"\r\n\r\n"


@pytest.mark.parametrize("before", [b"", GET, GET + ONE])
@pytest.mark.parametrize("behind", [b"", GET])
@pytest.mark.parametrize(("size", "status"), [(200, b"200"), (201, b"200"), (202, b"431")])
def test_the_limit_of_a_head_is_exact_however_it_is_received(before, behind, size, status):
    data = before + padded(size) + behind
    for pieces in ([data], [data[at : at + 1] for at in range(len(data))]):
        done = steps(ServerConnection(platform(), SMALL), *pieces)
        answers = written(done).split(b"HTTP/1.1 ")[1:]
        assert answers[before.count(b"Host")].startswith(status)
        if status == b"431":
            assert done[-1] == HangUp(3)
            assert len(answers) == before.count(b"Host") + 1


def test_an_endless_line_and_endless_framing_are_refused():
    endless = [b"GET /" + b"x" * 500, post(b"Transfer-Encoding: chunked", body=b"1" * 300)]
    assert b"HTTP/1.1 431 " in written(steps(ServerConnection(platform(), SMALL), endless[0]))
    assert isinstance(steps(ServerConnection(platform(), SMALL), endless[1])[-1], HangUp)


def test_a_request_that_takes_too_long():
    connection = ServerConnection(platform(), ServerLimits(request_time=5, linger=3))
    assert connection.deadline is None
    steps(connection, GET[:9])
    assert connection.deadline == NOW.monotonic + 5
    late = Now(NOW.monotonic + 5, NOW.wall + 5)
    assert list(connection.time_out(NOW)) == []
    assert list(connection.receive_data(GET[9:12], now=late)) == []
    assert connection.deadline == NOW.monotonic + 5  # not later with each byte
    done = list(connection.time_out(late))
    assert written(done).startswith(b"HTTP/1.1 408 ")
    assert done[-1] == HangUp(3)
    assert list(connection.receive_data(GET, now=late)) == []


def test_a_complete_request_has_no_deadline():
    connection = ServerConnection(platform())
    steps(connection, ONE[:-5])
    assert connection.deadline is not None
    steps(connection, ONE[-5:])
    assert connection.deadline is None
    assert list(connection.time_out(Now(1e9, 1e9))) == []
    steps(connection, GET + GET[:1])
    assert connection.deadline is not None
    steps(connection, b"nonsense\r\n\r\n")
    assert connection.deadline is None


def test_a_request_is_not_too_late_while_its_response_is_read_slowly():
    connection = ServerConnection(platform(Rule(Slow("head", 10, size=100))))
    steps(connection, ONE[:-5])
    rest = iter(connection.receive_data(ONE[-5:], now=NOW))
    done = [next(rest)]
    assert isinstance(done[0], Pause)
    assert connection.deadline is None
    assert list(connection.time_out(Now(1e9, 1e9))) == []
    done += rest
    assert written(done).startswith(b"HTTP/1.1 200 ")
    assert written(steps(connection, GET)).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_waits_for_permission_gets_it():
    head = post(b"Content-Length: 2", b"Expect: 100-continue")
    connection = ServerConnection(platform())
    assert steps(connection, head) == [Write(b"HTTP/1.1 100 Continue\r\n\r\n")]
    assert written(steps(connection, b"{}")).startswith(b"HTTP/1.1 200 ")


def test_a_lost_connection_ignores_the_rest():
    connection = ServerConnection(platform())
    connection.lost()
    assert steps(connection, GET) == []


UPGRADE = (
    b"GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_a_request_for_another_protocol_is_answered_like_any():
    done = steps(ServerConnection(platform()), UPGRADE, GET)
    assert written(done).count(b"HTTP/1.1 200") == 2


class Recording(FaultyPlatform):
    """Answers everything with one response, and keeps what it was asked."""

    def __init__(self, response: Response, *rules: Rule) -> None:
        super().__init__(Simulator(DEFINITION), rules)
        self.response = response
        self.asked: list[Request] = []

    def answers(self, request, fault, *, now):
        self.asked.append(request)
        return self.response


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    body=st.none() | st.binary(min_size=1, max_size=50),
    status=st.integers(200, 599),
    content=st.binary(max_size=50),
    fields=header_fields,
    cuts=st.lists(st.integers(0, 200), max_size=5),
)
@example(method="POST", body=b"x", status=304, content=b"y", fields=[], cuts=[1])
def test_whatever_the_cores_client_sends_arrives_and_so_does_the_reply(
    *, method, body, status, content, fields, cuts
):
    there = Recording(Response(status, Headers(), content))
    client, server = HTTP1Connection(), ServerConnection(there)
    request = Request(method, "http://h.example/x?y=1", Headers(fields), body)
    try:
        data = client.send(request)
    except TransportFailure:
        return  # no valid HTTP: test_http1.py
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    done = steps(server, *(data[a:b] for a, b in pairwise(edges)))
    if not there.asked:
        return  # a field of theirs says that more is to come
    (arrived,) = there.asked
    assert (arrived.method, arrived.url, arrived.body) == (method, "/x?y=1", body)
    response = client.receive_data(written(done))
    assert response is not None
    has_body = status not in {204, 304}
    assert (response.status, response.body) == (status, content if has_body else b"")


@given(st.lists(st.binary(max_size=40) | st.sampled_from([GET, UPGRADE]), max_size=5))
def test_any_bytes_end_in_steps(pieces):
    plan = [Rule(Closed(), first=3)]
    done = steps(ServerConnection(platform(*plan)), *pieces, b"")
    assert isinstance(done[-1], Close | HangUp)
    assert sum(isinstance(step, OVER) for step in done) == 1


def test_a_client_that_asks_for_the_end_gets_it():
    request = b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    assert isinstance(steps(ServerConnection(platform()), request)[-1], Close)


def test_a_connection_serves_one_request_after_the_other():
    done = steps(ServerConnection(platform()), GET, GET)
    assert not any(isinstance(step, OVER) for step in done)
    assert written(done).count(b"HTTP/1.1 ") == 2


def test_what_comes_after_the_last_request_is_not_answered():
    last = b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    done = list(ServerConnection(platform()).receive_data(last + b"\x00nonsense\r\n\r\n", now=NOW))
    assert written(done).count(b"HTTP/1.1 ") == 1
    assert isinstance(done[-1], Close)
