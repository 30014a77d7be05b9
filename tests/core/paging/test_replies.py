"""What a reply says: items, tokens, counts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from genesys_core.calls.listing import Listing
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import PaginationError
from genesys_core.http.headers import Headers
from genesys_core.models import (
    DomainEntityListingQueryResult,
    QueryResults,
    User,
    UserEntityListing,
)
from genesys_core.paging.replies import GUESS, ListingReply, read_items, read_reply
from tests.helpers.paging import Page  # fmt: skip

LISTING = Listing("token", send="query.cursor", next="cursor", total="total")


def read(
    body: Any, listing: Listing = LISTING, *, data: Any = None, raw: bytes | None = None
) -> ListingReply:
    raw = msgspec.json.encode(body) if raw is None else raw
    return read_reply(ApiResponse(200, Headers(), body if data is None else data, raw), listing)


def test_everything_that_a_reply_says() -> None:
    body = {
        "entities": [1, 2],
        "nextUri": "/next",
        "cursor": "c",
        "pageCount": 3,
        "pageSize": 2,
        "total": 6,
    }
    assert read(body) == ListingReply([1, 2], "/next", "c", "nextUri", 3, 2, 6)
    assert read({"entities": []}) == ListingReply([])


@pytest.mark.parametrize("odd", [True, "x", -1, [1], {"a": 1}, 1e300, None])
def test_a_count_of_another_type_is_as_if_absent(odd: Any) -> None:
    said = read({"entities": [], "pageCount": odd, "total": odd})
    assert (said.count, said.total) == (0, None)
    assert read({"entities": [], "total": 7.0}).total == 7


@pytest.mark.parametrize("odd", [True, [1], {"a": 1}, 1.5, None, ""])
def test_a_token_of_another_type_is_as_if_absent(odd: Any) -> None:
    assert read({"entities": [], "cursor": odd, "nextUri": odd}) == ListingReply([])
    assert read({"entities": [], "cursor": 7}).token == "7"


@pytest.mark.parametrize(
    ("body", "send", "following", "token", "more"),
    [
        ({"cursors": {"after": "a"}}, "query.after", "cursors.after", "a", "cursors.after"),
        ({"after": "a"}, "query.after", "after", "a", "after"),
        ({"nextPage": "n"}, "query.q64", "nextPage", "n", "nextPage"),
        # A token that the definition does not know, by the parameter's name.
        ({"after": "a"}, "query.after", "", "a", "after"),
        ({"cursors": {"after": "a"}}, "query.cursor", "", "a", "cursors.after"),
        ({"nextPage": "n"}, "query.nextPage", "", "n", "nextPage"),
        ({"nextPage": "n"}, "query.after", "", "", "nextPage"),
        ({"cursor": "c"}, "", "", "", "cursor"),
    ],
)
def test_where_tokens_are(body: Any, send: str, following: str, token: str, more: str) -> None:
    said = read({"entities": [], **body}, Listing("token", send=send, next=following))
    assert (said.token, said.more) == (token, more)


def test_the_envelope_is_read_from_the_body_as_received() -> None:
    data = UserEntityListing(entities=[User(id="a")])
    said = read(
        None, data=data, raw=b'{"entities": [{"id": "a"}], "cursor": "unknown to the model"}'
    )
    assert said.token == "unknown to the model"


@pytest.mark.parametrize("raw", [b"", b"[1]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_read_as_it_was_decoded(raw: bytes) -> None:
    data = UserEntityListing(entities=[User(id="a")], total=3)
    assert read(None, data=data, raw=raw).total == 3


def test_a_nested_listing_has_its_envelope_there() -> None:
    listing = Listing("page", items="results.entities", send="query.pageNumber")
    data = QueryResults(results=DomainEntityListingQueryResult(entities=[], page_count=4))
    assert read(data, listing) == ListingReply([], count=4)
    assert read(QueryResults(), listing) == ListingReply(())


def test_items_at_their_path() -> None:
    assert read_items([1], "") == [1]
    assert read_items({"results": [1]}, "results") == [1]
    assert read_items({"results": {"entities": [1]}}, "results") == [1]  # not in the definition
    assert read_items({"results": {"entities": []}}, "results") == []
    assert read_items(UserEntityListing(), "entities") == ()
    assert read_items(None, "entities") == ()
    assert read_items(None, "") == ()


@pytest.mark.parametrize(
    ("page", "path"), [({"results": "x"}, "results"), ({"results": {"hits": 1}}, "results"), ("x", ""), ({"results": {"entities": None}}, "results"),
                       ([1], "entities"), (User(), "")],
)  # fmt: skip
def test_a_page_without_a_list_is_refused_with_the_way_out(page: Any, path: str) -> None:
    with pytest.raises(PaginationError, match=r"client\.send"):
        read_items(page, path)


class Odd(msgspec.Struct):
    """Some models of the definition have something else than a list under these names."""

    entities: int | None = None
    results: list[str] | None = None


def test_items_are_guessed_where_the_definition_says_nothing() -> None:
    for field in ("entities", "results", "resources", "conversations"):
        assert read_items(Page(**{field: ["a"]}), GUESS) == ["a"]
    assert read_items([1], GUESS) == [1]
    assert read_items({"Resources": [1]}, GUESS) == [1]
    assert read_items(Odd(entities=5, results=["a"]), GUESS) == ["a"]
    assert read_items(Odd(entities=5), GUESS) == ()
    assert read_items(None, GUESS) == ()
    assert read_items(Page(), GUESS) == ()
    for page in (User(), {"a": 1}, "text", Odd(entities=5, results="x")):  # type: ignore[arg-type]
        with pytest.raises(PaginationError, match=r"client\.send"):
            read_items(page, GUESS)


def test_a_listing_by_links_alone_has_no_token() -> None:
    body = {"entities": [], "cursors": {"after": "x"}}
    assert read(body, Listing("link")).token == ""
    assert read(body, Listing("page", send="query.pageNumber")).token == "x"


@pytest.mark.parametrize(
    ("said", "total"), [(0, 0), (-1, None), (2**53 - 1, 2**53 - 1), (2**53, None)]
)
def test_a_total_is_a_number_that_json_can_hold(said: int, total: int | None) -> None:
    assert read({"entities": [], "total": said}).total == total
