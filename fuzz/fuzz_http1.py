"""Whatever a server sends is one response or one TransportFailure, however it is cut into pieces.

Invariants: whole, byte by byte and streamed give the same response, or the same kind of failure; the
end of the stream always gives something; a connection that failed takes no further request; bytes
after a response never become the answer to the next request. What h11 reads differently is named in
`tests/helpers/http1_properties.py`. Any content, however packed, is content or a failure,
within its bound. The only exception is TransportFailure.
"""

from collections.abc import Callable
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.http.content_coding import content_codings, decode_content
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.messages import TransportFailure
from tests.helpers.h11_client import Reply
from tests.helpers.http1_properties import (
    check_any_request,
    check_any_response,
    check_cuts,
    check_members,
    check_plain_request,
    check_plain_response,
    check_streaming,
    decode_streamed,
    read,
)
from tests.strategies.http1 import (
    GET,
    METHODS,
    cuts,
    plain_requests,
    plain_responses,
    requests,
    responses,
    single_bytes,
)

__all__ = ["TARGETS"]

BOUND: Final = 1 << 20


def reply(data: bytes) -> None:
    """The input is what the server sends before it closes."""
    check_cuts(data, "GET", ())
    if b"content-encoding" not in data.lower():
        # Whole, packed content is looked at when all of it is there; streamed, as it comes.
        check_streaming(data, (), 7)
        check_any_response(data, "GET")
    _, whole = read([data])
    if isinstance(whole, Reply):
        connection = HTTP1Connection()
        connection.send(GET)
        # One byte too many is found at once, and ends the connection's use.
        connection.receive_data(data + b"x")
        assert not connection.reusable


def content(data: bytes) -> None:
    """The input is the value of Content-Encoding, a line feed, and the content."""
    field, _, body = data.partition(b"\n")
    try:
        codings = content_codings(field.decode("latin-1"))
    except TransportFailure as failure:
        assert failure.sent  # noqa: PT017 - one of several outcomes
        return
    if codings and body:
        whole, streamed = _decoded(body, codings), _streamed(body, codings)
        assert whole == streamed
        assert whole is None or len(whole) <= BOUND


def _decoded(body: bytes, codings: tuple[str, ...]) -> bytes | None:
    try:
        return decode_content(body, codings, BOUND)
    except TransportFailure:
        return None


def _streamed(body: bytes, codings: tuple[str, ...]) -> bytes | None:
    try:
        return decode_streamed(single_bytes(body), codings, 100, BOUND)
    except TransportFailure:
        return None


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "http1_reply": reply,
    "http1_content": content,
    "http1_plain": given(plain_responses(), METHODS)(
        check_plain_response
    ).hypothesis.fuzz_one_input,
    "http1_any": given(responses(), METHODS)(check_any_response).hypothesis.fuzz_one_input,
    "http1_cut": given(responses(), METHODS, cuts)(check_cuts).hypothesis.fuzz_one_input,
    "http1_members": given(
        st.lists(st.binary(max_size=30), min_size=1, max_size=4), cuts, st.integers(1, 20)
    )(check_members).hypothesis.fuzz_one_input,
    "http1_plain_request": given(plain_requests())(check_plain_request).hypothesis.fuzz_one_input,
    "http1_request": given(requests())(check_any_request).hypothesis.fuzz_one_input,
}
