"""The plain reader and writer give what h11 gives, and nothing depends on how bytes were cut."""

from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.http1_properties import (
    check_announced_length,
    check_any_request,
    check_any_response,
    check_cuts,
    check_plain_request,
    check_plain_response,
    check_streaming,
)
from tests.strategies.http1 import (
    METHODS,
    chunk,
    cuts,
    head,
    plain_requests,
    plain_responses,
    requests,
    responses,
)


@given(plain_responses(), METHODS)
@example(head("Content-Length: 2") + b"hi", "GET")
@example(head("Transfer-Encoding: chunked") + chunk(b"hi") + b"0\r\n\r\n", "GET")
@example(head("Set-Cookie: a", "Set-Cookie: b", "Content-Length: 0", status="404 "), "GET")
def test_a_plain_response_is_read_as_h11_reads_it(data, method):
    check_plain_response(data, method)


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
    check_any_response(data, method)


@given(responses() | st.binary(max_size=40), METHODS, cuts)
def test_any_response_is_the_same_however_it_was_cut(data, method, places):
    check_cuts(data, method, places)


@given(responses(), cuts, st.integers(1, 30))
def test_any_response_is_the_same_streamed(data, places, size):
    check_streaming(data, places, size)


@given(plain_requests())
def test_a_plain_request_is_written_as_h11_writes_it(request):
    check_plain_request(request)


@given(requests())
def test_any_request_is_one_request_or_none(request):
    check_any_request(request)


@given(requests(), st.booleans())
def test_the_length_announced_is_the_length_sent(request, streamed):
    check_announced_length(request, streamed=streamed)
