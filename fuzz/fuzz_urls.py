"""No value that a caller can give changes the shape of a URL, and no address becomes another one.

Invariants: an id is one segment of the path, and reads back as itself; a query reads back as what
was said; a base URL is plain ASCII without user, query, fragment and dot segments, and stable. The
only exception is InvalidValueError.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from hypothesis import given

from genesys_core.errors import InvalidValueError
from genesys_core.hosts import base_url
from genesys_core.http.urls import encode_query, expand_path, format_scalar
from tests.strategies.values import query_pairs

__all__ = ["TARGETS"]


def path_segment(data: bytes) -> None:
    """The input is an id; bytes that are no UTF-8 become halves of surrogate pairs."""
    value = data.decode("utf-8", "surrogateescape")
    try:
        path = expand_path("/api/v2/users/{userId}/queues", (("userId", value),))
    except InvalidValueError:
        assert value in {"", ".", ".."} or not value.isprintable()
        return
    parts = urlsplit(f"https://api.example{path}")
    assert (parts.netloc, parts.path, parts.query, parts.fragment) == ("api.example", path, "", "")
    segments = [unquote(segment) for segment in path.split("/")]
    assert segments == ["", "api", "v2", "users", value, "queues"]


def host(data: bytes) -> None:
    """The input is what a caller gives as ``host``."""
    try:
        url = base_url(data.decode("utf-8", "surrogateescape"))
    except InvalidValueError as refusal:
        words = str(refusal)
        assert b"@" not in data or "[REDACTED]@" in words
        return
    parts = urlsplit(url)
    assert parts.scheme in {"http", "https"}
    assert parts.hostname
    assert parts.port is None or 0 <= parts.port <= 65535
    assert (parts.query, parts.fragment, parts.username) == ("", "", None)
    assert url.isascii()
    assert url.isprintable()
    assert not {".", ".."} & {unquote(segment) for segment in parts.path.split("/")}
    assert base_url(url) == url


def sent(pairs):
    for name, value in pairs:
        several = value if isinstance(value, list | tuple) else [value]
        yield from ((name, format_scalar(name, item)) for item in several if item is not None)


@given(query_pairs)
def check_query(pairs):
    query = encode_query(pairs)
    assert parse_qsl(query, keep_blank_values=True) == list(sent(pairs))
    parts = urlsplit(f"https://api.mypurecloud.ie/x?{query}")
    assert (parts.netloc, parts.path, parts.query, parts.fragment) == (
        "api.mypurecloud.ie", "/x", query, "",
    )  # fmt: skip
    assert "+" not in query


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "path_segment": path_segment,
    "host": host,
    "query": check_query.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
}
