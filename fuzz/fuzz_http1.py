"""Whatever a server sends is one response or one TransportFailure, however it is cut into pieces.

Invariants: whole and byte by byte give the same response; the end of the stream always gives
something; a connection that failed takes no further request; bytes after a response never become
the answer to the next request. The only exception is TransportFailure.
"""

from collections.abc import Callable, Iterable
from typing import Final

from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.messages import Request, Response, TransportFailure
from tests.core.http.test_http1 import (
    test_a_well_formed_reply_comes_through_in_pieces_of_any_size as well_formed,
)

__all__ = ["TARGETS"]

REQUEST: Final = Request("GET", "http://api.example/")
HEAD_LIMIT: Final = 64 * 1024  # from here on, whole and in pieces may differ


def reply(data: bytes) -> None:
    """The input is what the server sends before it closes."""
    if len(data) >= HEAD_LIMIT:
        return
    whole = _outcome((data, b""))
    bytewise = _outcome((*(data[i : i + 1] for i in range(len(data))), b""))
    assert type(whole) is type(bytewise)
    if isinstance(whole, TransportFailure):
        assert whole.sent
        return
    assert whole == bytewise
    connection = HTTP1Connection()
    connection.send(REQUEST)
    # One byte too many is found at once, and ends the connection's use.
    connection.receive_data(data + b"x")
    assert not connection.reusable


def _outcome(pieces: Iterable[bytes]) -> Response | TransportFailure:
    connection = HTTP1Connection()
    connection.send(REQUEST)
    for piece in pieces:
        try:
            response = connection.receive_data(piece)
        except TransportFailure as failure:
            assert not connection.reusable
            return failure
        if response is not None:
            return response
    raise AssertionError("the end of the stream gave nothing")


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "http1_reply": reply,
    "http1_well_formed": well_formed.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
}
