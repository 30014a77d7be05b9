"""No header that was accepted breaks the message that carries it.

Invariants: a field is one line of the message and reads back as itself; names compare without case;
the merged view does not depend on how fields are grouped. The only exception is InvalidValueError.
"""

from collections.abc import Callable
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.messages import Request
from tests.strategies.values import anycase, header_fields

__all__ = ["TARGETS"]


def header(data: bytes) -> None:
    """The input is a name, a colon and a value."""
    name, _, value = data.decode("utf-8", "surrogateescape").partition(":")
    kept = value.strip(" \t")
    try:
        headers = Headers([("X-Before", "1"), (name, value), ("X-After", "2")])
    except InvalidValueError:
        return
    assert kept in headers.get_list(name.swapcase())
    assert headers.without(name).updated({name: value})[name] == kept
    if name.lower() in {"host", "content-length", "transfer-encoding", "connection", "upgrade"}:
        return  # these mean something to the connection
    sent = HTTP1Connection().send(Request("GET", "http://api.example/", headers))
    lines = sent.split(b"\r\n")
    assert f"{name}: {kept}".encode() in lines
    # The request line, Host, the three fields, Accept-Encoding unless it is one of them, two empty.
    assert len(lines) == (7 if name.lower() == "accept-encoding" else 8)


@given(header_fields, st.data())
def check_spelling(fields, data):
    headers = Headers(fields)
    for name, _ in fields:
        spelt = data.draw(anycase(name))
        assert spelt in headers
        assert headers[spelt] == ", ".join(headers.get_list(name))
        assert headers.get_list(spelt) == headers.get_list(name)


@given(header_fields, header_fields)
def check_merging(one, other):
    """The merged view of a whole is the merged view of its merged parts."""
    parts = [*Headers(one).merged().items(), *Headers(other).merged().items()]
    merged = Headers([*one, *other]).merged()
    assert Headers.received(parts).merged() == merged
    assert Headers.received(merged.items()).merged() == merged


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "header": header,
    "header_spelling": check_spelling.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
    "header_merging": check_merging.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
}
