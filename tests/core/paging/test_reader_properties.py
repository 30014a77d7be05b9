"""Readers of every style read the same, however they are interrupted, limited or hurried."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.api import analytics, scim, users
from genesys_core.calls.operation import Operation
from genesys_core.hosts import Hosts
from genesys_core.paging.options import PagingOptions
from genesys_core.paging.places import read_place
from genesys_core.paging.reader import Fetch, ListingReader
from tests.helpers.paging import reply

HOSTS = Hosts.resolve(region="eu_west_1")
STYLES: dict[str, Operation[Any]] = {
    "page": users.get_users(),
    "search": users.post_users_search({"query": []}),
    "cursor": analytics.get_analytics_conversations_details_job_results("j"),
    "index": scim.get_scim_users(),
}


def answer(
    style: str, operation: Operation[Any], items: list[str], size: int, gaps: set[int]
) -> Any:
    """The reply of a listing that does not change; cursors have empty pages where ``gaps`` says."""
    listing = operation.endpoint.listing
    assert listing is not None
    said: Any = read_place(operation, listing.send)
    if style == "cursor":
        at, _, turn = str(said or "0:0").partition(":")
        start = int(at)
        if int(turn) in gaps:
            return {"conversations": [], "cursor": f"{start}:{int(turn) + 1}"}
        end = start + size
        more = {"cursor": f"{end}:{int(turn) + 1}"} if end < len(items) else {}
        return {"conversations": [{"conversationId": one} for one in items[start:end]], **more}
    if style == "index":
        start = int(said or 1) - 1
        found = [{"id": one} for one in items[start : start + size]]
        return {"Resources": found, "totalResults": len(items), "startIndex": start + 1}
    number = int(said or 1)
    found = [{"id": one} for one in items[(number - 1) * size : number * size]]
    name = "entities" if style == "page" else "results"
    return {name: found, "total": len(items), "pageCount": -(-len(items) // size), "n": number}


def read(
    style: str, items: list[str], size: int, gaps: set[int], stop: int | None = None, **options: Any
) -> tuple[list[str], str]:
    reader = ListingReader(STYLES[style], HOSTS, PagingOptions(**options))
    found: list[str] = []
    seen: dict[int, Fetch[Any]] = {}
    while stop is None or len(found) < stop:
        while (fetch := reader.wanted()) is not None:
            assert seen.setdefault(fetch.key, fetch) == fetch
            reader.received(reply(answer(style, fetch.operation, items, size, gaps)))
            seen.update((one.key, one) for one in reader.ahead())
        try:
            taken: Any = reader.take()
        except StopIteration:
            break
        found += [value for name, value in taken.items() if name in ("id", "conversationId")]
    return found, reader.resume_token


listings = st.tuples(
    st.sampled_from(sorted(STYLES)),
    st.integers(0, 20).map(lambda count: [f"i{at}" for at in range(count)]),
    st.integers(1, 6),
    st.sets(st.integers(0, 9), max_size=4),
)


@given(listings, st.integers(0, 6))
def test_every_style_delivers_every_item_once_with_and_without_prefetch(
    listing: Any, prefetch: int
) -> None:
    assert read(*listing, prefetch=prefetch)[0] == listing[1]


@given(listings, st.integers(0, 20))
def test_a_limit_is_a_beginning(listing: Any, limit: int) -> None:
    assert read(*listing, limit=limit)[0] == listing[1][:limit]


@given(listings, st.lists(st.integers(0, 7), max_size=6), st.integers(0, 3))
def test_any_interruptions_deliver_every_item_once(
    listing: Any, stops: list[int], prefetch: int
) -> None:
    found: list[str] = []
    options: dict[str, Any] = {"prefetch": prefetch}
    for stop in [*stops, None]:
        more, token = read(*listing, stop, **options)
        found += more
        options["resume"] = json.loads(json.dumps(token))  # it is text
    assert found == listing[1]
