"""The plain reader and writer give what h11 gives, and nothing depends on how bytes were cut."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hypothesis import example, given
from hypothesis import strategies as st

from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.limits import DEFAULT_LIMITS
from genesys_core.http.messages import Request, TransportFailure
from genesys_core.http.request_head import encode_request_head
from genesys_core.http.response_head import parse_plain_head
from tests.helpers import h11_client
from tests.helpers.h11_client import Outcome, Reply
from tests.strategies.http1 import (
    METHODS,
    chunk,
    cut,
    cuts,
    head,
    plain_requests,
    plain_responses,
    requests,
    responses,
    single_bytes,
)

CLOSED = b""


def read(pieces: Iterable[bytes], method: str = "GET") -> tuple[HTTP1Connection, Outcome | None]:
    """What a connection makes of these pieces; its leftover includes those that it was not fed."""
    connection = HTTP1Connection()
    connection.send(Request(method, "http://h/", body=None))
    left = list(pieces)
    while left:
        try:
            response = connection.receive_data(left.pop(0))
        except TransportFailure as failure:
            assert failure.sent  # noqa: PT017 - one of several outcomes
            assert not connection.reusable
            return connection, failure.kind
        if response is not None:
            rest = connection.leftover + b"".join(left)
            reusable = connection.reusable and not rest
            raw = response.headers.raw
            return connection, Reply(response.status, raw, response.body, rest, reusable)
    return connection, None


def read_streamed(pieces: Iterable[bytes], size: int) -> Outcome | None:
    """The same, with the content asked for in pieces of ``size`` bytes."""
    connection = HTTP1Connection()
    connection.send(Request("GET", "http://h/"))
    left = list(pieces)
    try:
        response = None
        while response is None:
            if not left:
                return None
            response = connection.receive_head(left.pop(0))
        body = b""
        while (content := connection.read_body(size)) != b"":
            if content is None:
                if not left:
                    return None
                connection.receive_body(left.pop(0))
            else:
                assert len(content) <= size
                body += content
    except TransportFailure as failure:
        assert failure.sent  # noqa: PT017 - one of several outcomes
        assert not connection.reusable
        return failure.kind
    rest = connection.leftover + b"".join(left)
    reusable = connection.reusable and not rest
    return Reply(response.status, response.headers.raw, body, rest, reusable)


@given(plain_responses(), METHODS)
@example(head("Content-Length: 2") + b"hi", "GET")
@example(head("Transfer-Encoding: chunked") + chunk(b"hi") + b"0\r\n\r\n", "GET")
@example(head("Set-Cookie: a", "Set-Cookie: b", "Content-Length: 0", status="404 "), "GET")
def test_a_plain_response_is_read_as_h11_reads_it(data, method):
    end = data.index(b"\r\n\r\n") + 4
    assert parse_plain_head(data[:end], DEFAULT_LIMITS) is not None
    _, ours = read([data], method)
    assert ours == h11_client.read_response(data, method, closes=False)
    _, ours = read([data, CLOSED], method)
    assert ours == h11_client.read_response(data, method)


# Where the rules here are stricter than h11's, or see more in a response (transport case numbers).
def is_known_difference(data: bytes, ours: Outcome | None, theirs: Outcome | None) -> bool:
    if isinstance(ours, Reply) and isinstance(theirs, Reply):
        # 14, 76, 77: what else ends the connection.
        fields = {name.lower() for name, _ in ours.fields}
        ends = {"content-length", "transfer-encoding"} <= fields
        ends = ends or not fields.isdisjoint({"keep-alive", "proxy-connection"})
        return ends and ours == Reply(**{**vars(theirs), "reusable": False})
    if ours == "protocol":
        # 25 to 27: what cannot be a status line is refused before its end, and so are other versions.
        final = re.sub(rb"\A(?:HTTP/1\.1 10[03][^\n]*\r\n(?:Link[^\n]*\r\n)?\r\n)+", b"", data)
        if re.match(rb"HTTP/1\.[01] [1-9][0-9]{2}[ \r\n]", final) is None:
            return True
        # 32: in chunk framing a line break is CRLF, and other control bytes are none of it.
        body = final.partition(b"\n\r\n")[2]
        wrong = re.search(rb"(?<!\r)\n|\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", body)
        return b"chunked" in final.lower() and wrong is not None
    return False


@given(responses(), METHODS)
@example(
    head("Content-Length: 2", "Transfer-Encoding: chunked") + chunk(b"x") + b"0\r\n\r\n", "GET"
)
@example(head("Transfer-Encoding: chunked") + b"5\nhello\r\n0\r\n\r\n", "GET")
@example(head("Transfer-Encoding: chunked") + b"0\r\n\n", "GET")
@example(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "GET")
@example(head("A: b\r\n c", "Content-Length: 0"), "GET")
@example(head("Content-Length: 1", "Content-Length: 1") + b"x", "GET")
@example(b"SSH-2.0-x\r\n", "GET")
def test_any_response_is_read_as_h11_reads_it_but_for_the_rules_that_are_stricter(data, method):
    _, ours = read([data, CLOSED], method)
    theirs = h11_client.read_response(data, method)
    assert ours == theirs or is_known_difference(data, ours, theirs)


@given(responses() | st.binary(max_size=40), METHODS, cuts)
def test_any_response_is_the_same_however_it_was_cut(data, method, places):
    _, whole = read([data, CLOSED] if data else [CLOSED], method)
    assert whole is not None
    assert read([*cut(data, places), CLOSED], method)[1] == whole
    assert read([*single_bytes(data), CLOSED], method)[1] == whole


@given(responses(), cuts, st.integers(1, 30))
def test_any_response_is_the_same_streamed(data, places, size):
    _, whole = read([data, CLOSED])
    assert read_streamed([data, CLOSED], size) == whole
    assert read_streamed([*cut(data, places), CLOSED], size) == whole


def expected_request(request: Request) -> tuple[str, list[tuple[str, str]]]:
    """Target and fields of a plain request, worked out with string methods alone."""
    scheme, _, rest = request.url.partition("://")
    rest = rest.partition("#")[0]
    end = min([len(rest), *(rest.index(mark) for mark in "/?" if mark in rest)])
    authority, target = rest[:end].rpartition("@")[2], rest[end:]
    if authority.endswith((":", {"http": ":80", "https": ":443"}[scheme])):
        authority = authority.rpartition(":")[0]
    authority = authority.replace("%25eth0", "")
    target = target if target.startswith("/") else f"/{target}"
    fields = [("Host", authority), *request.headers.raw, ("Accept-Encoding", "gzip")]
    if request.body is not None or request.method in {"POST", "PUT", "PATCH"}:
        fields.append(("Content-Length", str(len(request.body or b""))))
    return target, fields


@given(plain_requests())
def test_a_plain_request_is_written_as_h11_writes_it(request):
    target, fields = expected_request(request)
    theirs = h11_client.write_request(request.method, target, fields, request.body)
    assert theirs is not None
    assert HTTP1Connection().send(request) == theirs


@given(requests())
def test_any_request_is_one_request_or_none(request):
    """The server's side reads one request, with the fields that were given, and no byte more."""
    connection = HTTP1Connection()
    try:
        data = connection.send(request)
    except TransportFailure as failure:
        assert (failure.kind, failure.sent) == ("protocol", False)  # noqa: PT017 - one of several outcomes
        assert connection.reusable
        return
    received = h11_client.read_request(data)
    given_fields = [
        (name.lower(), value)
        for name, value in request.headers.raw
        if name.lower() not in {"host", "content-length", "expect"}
    ]
    assert received.method == request.method
    assert received.body == (request.body or b"")
    assert received.leftover == b""
    assert [field for field in received.fields if field in given_fields] == given_fields


@given(requests(), st.booleans())
def test_the_length_announced_is_the_length_sent(request, streamed):
    try:
        encoded = encode_request_head(request, streamed=streamed)
    except TransportFailure:
        return
    lengths = re.findall(rb"(?i)\r\ncontent-length: *([0-9]+)", encoded.data)
    chunked = re.findall(rb"(?i)\r\ntransfer-encoding: chunked\r\n", encoded.data)
    assert len(lengths) + len(chunked) <= 1
    assert (encoded.length is None) == bool(chunked)
    if lengths:
        assert encoded.length == int(lengths[0])
