"""Whatever a server sends is one response or one TransportFailure, however it is cut into pieces.

Invariants: whole, byte by byte and streamed give the same response, or the same kind of failure; the
end of the stream always gives something; a connection that failed takes no further request; bytes
after a response never become the answer to the next request. What h11 reads differently is named in
`tests/core/http/test_http1_against_h11.py`. Any content, however packed, is content or a failure,
within its bound. The only exception is TransportFailure.
"""

from collections.abc import Callable
from typing import Final

from genesys_core.http.content_coding import ContentDecoder, content_codings, decode_content
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.messages import TransportFailure
from tests.core.http.test_content_coding import (
    test_members_split_anywhere_are_one_content as members,
)
from tests.core.http.test_http1_against_h11 import (
    is_known_difference,
    read,
    read_streamed,
)
from tests.core.http.test_http1_against_h11 import (
    test_a_plain_request_is_written_as_h11_writes_it as plain_request,
)
from tests.core.http.test_http1_against_h11 import (
    test_a_plain_response_is_read_as_h11_reads_it as plain_response,
)
from tests.core.http.test_http1_against_h11 import (
    test_any_request_is_one_request_or_none as any_request,
)
from tests.core.http.test_http1_against_h11 import (
    test_any_response_is_read_as_h11_reads_it_but_for_the_rules_that_are_stricter as any_response,
)
from tests.core.http.test_http1_against_h11 import (
    test_any_response_is_the_same_however_it_was_cut as cut_response,
)
from tests.helpers import h11_client
from tests.helpers.h11_client import Reply
from tests.strategies.http1 import GET, single_bytes

__all__ = ["TARGETS"]

BOUND: Final = 1 << 20


def reply(data: bytes) -> None:
    """The input is what the server sends before it closes."""
    _, whole = read([data, b""] if data else [b""])
    _, bytewise = read([*single_bytes(data), b""])
    assert whole == bytewise
    assert whole is not None
    if b"content-encoding" not in data.lower():
        # Whole, packed content is looked at when all of it is there; streamed, as it comes.
        assert read_streamed([data, b""] if data else [b""], 7) == whole
        theirs = h11_client.read_response(data)
        assert whole == theirs or is_known_difference(data, whole, theirs)
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
    decoder = ContentDecoder(codings, BOUND)
    result = b""
    try:
        for piece in single_bytes(body):
            decoder.feed(piece)
            while more := decoder.read(100):
                result += more
        decoder.end()
    except TransportFailure:
        return None
    return result


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "http1_reply": reply,
    "http1_content": content,
    "http1_plain": plain_response.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
    "http1_any": any_response.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]
    "http1_cut": cut_response.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]
    "http1_members": members.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]
    "http1_plain_request": plain_request.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]
    "http1_request": any_request.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]
}
