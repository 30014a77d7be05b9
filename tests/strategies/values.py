"""Values that travel: what stands in URLs and headers, requests and responses.

Shared by the tests of the core and by the fuzz targets.
"""

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from genesys_core.codec.values import YearMonth
from genesys_core.hosts import Gateway, Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Response
from genesys_core.http.urls import QueryValue, Scalar

__all__ = [
    "AWKWARD_IDS",
    "addresses",
    "anycase",
    "aware_datetimes",
    "header_fields",
    "header_names",
    "header_values",
    "hosts",
    "json_values",
    "path_values",
    "queries",
    "query_pairs",
    "responses",
    "scalars",
    "year_months",
]

AWKWARD_IDS = (
    "a/b", "/", "//", "../x", "..%2f", "%2e%2e", ".", "..", "...", "", " ", "a b", "a+b", "a?b=c",
    "a#b", ";a", "a;b=c", "a&b", "a=b", "{id}", "{", "}", "%", "%41", "%zz", "\\", "\\..\\", "a\tb",
    "a\r\nHost: x", "\x00", "\x7f", "ü", "日本", "😀", "\u202e", "\u0085", "\ud800", "\udc80", "~",
    "@example.com", ":80", "https://example.com/", "x" * 3000,
)  # fmt: skip
"""Identifiers that would change a URL if they were put in as they are, and some that seem so."""

path_values = st.sampled_from(AWKWARD_IDS) | st.text(st.characters(), max_size=12)
"""What callers pass as an id: any text at all."""

year_months = st.builds(YearMonth, st.integers(0, 9999), st.integers(1, 12))

aware_datetimes = st.builds(
    lambda naive, minutes: naive.replace(tzinfo=timezone(timedelta(minutes=minutes))),
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),  # noqa: DTZ001 - zones follow
    st.integers(-1439, 1439),
)

scalars: st.SearchStrategy[Scalar] = (
    st.text(max_size=12)
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.dates()
    | aware_datetimes
    | year_months
)
"""What a path or a query can hold."""

queries: st.SearchStrategy[QueryValue] = (
    st.none() | scalars | st.lists(scalars, max_size=4) | st.lists(scalars, max_size=4).map(tuple)
)
"""Values of query parameters."""

query_pairs = st.lists(st.tuples(st.text(min_size=1, max_size=8), queries), max_size=5)

_TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_COMMON_NAMES = ("Server", "server", "Set-Cookie", "Authorization", "X-A", "x-a", "Content-Type")

header_names = st.sampled_from(_COMMON_NAMES) | st.text(_TOKEN, min_size=1, max_size=8)

header_values = st.text(
    st.characters(blacklist_categories=("Cs", "Cc")) | st.just("\t"), max_size=12
).map(lambda value: value.strip(" \t"))
"""Values that a header can hold, as they are kept: without space around them."""

header_fields = st.lists(st.tuples(header_names, header_values), max_size=6)


def anycase(name: str) -> st.SearchStrategy[str]:
    """The spellings of a name that differ in case only."""
    return st.tuples(*(st.sampled_from((char.lower(), char.upper())) for char in name)).map("".join)


addresses = st.sampled_from(
    (
        "https://api.mypurecloud.ie",
        "http://127.0.0.1:8080",
        "https://gateway.example/base",
        "https://gateway.example:1443/api",
        "http://[::1]:9",
    )
)
"""Base URLs of the API, with and without a port and a path."""

hosts = st.builds(Hosts, addresses, st.just("https://login.mypurecloud.ie")) | st.builds(
    lambda path: Hosts.resolve(gateway=Gateway("gw.example", path_params_api=path)),
    st.sampled_from(("", "/", "api", "/a/b//", "api/v2")),
)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside),
    max_leaves=6,
)
"""What a JSON document can say."""

responses = st.builds(
    Response,
    st.integers(100, 599),
    header_fields.map(Headers.received),
    st.binary(max_size=60),
)
"""Any response that a transport could bring."""
