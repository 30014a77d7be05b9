"""No header that was accepted breaks the message that carries it.

Invariants: a field is one line of the message and reads back as itself; names compare without case;
the merged view does not depend on how fields are grouped. The only exception is InvalidValueError.
"""

from collections.abc import Callable
from typing import Final

from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.messages import Request
from tests.core.http.test_headers import test_each_field_is_found_by_any_spelling as spelling
from tests.core.http.test_headers import (
    test_merging_does_not_depend_on_how_fields_are_grouped as merging,
)

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


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "header": header,
    "header_spelling": spelling.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
    "header_merging": merging.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
}
