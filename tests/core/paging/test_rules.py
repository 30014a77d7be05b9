"""How each style of paging goes on, and when it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from genesys_core.calls.listing import Listing, PagingWindow
from genesys_core.calls.operation import Endpoint, Operation
from genesys_core.errors import PaginationError, PagingWindowError
from genesys_core.models import ChatMessageResponse
from genesys_core.paging.replies import ListingReply
from genesys_core.paging.rules import (
    FIRST,
    MAX_EMPTY_PAGES,
    Position,
    ReceivedPage,
    find_next,
    page_number,
)

PAGE = Listing("page", send="query.pageNumber")
TOKEN = Listing("token", send="query.after", next="after")
ITEMS = ("a", "b")


def received(listing: Listing, **given: Any) -> ReceivedPage:
    method, reads = given.pop("method", "GET"), given.pop("reads", False)
    endpoint = Endpoint("get_things", method, "/api/v2/things", reads=reads, listing=listing)
    query, body = given.pop("query", {}), given.pop("body", None)
    operation = Operation[object](endpoint, query=tuple(query.items()), body=body)
    position = given.pop("position", FIRST)
    said = {"number": 1, "empty": 0, "fresh": 2, "is_whole": True, **given}
    return ReceivedPage(operation, listing, position, **said)


def test_a_link_comes_first() -> None:
    for listing in (PAGE, TOKEN, Listing("link"), Listing("single")):
        reply = ListingReply(ITEMS, link="/next", token="t", more="nextUri")
        assert find_next(received(listing), reply) == Position("link", "/next")


def test_links_to_empty_pages_end_after_three() -> None:
    reply = ListingReply((), link="/next", more="nextUri")
    assert find_next(received(PAGE, empty=MAX_EMPTY_PAGES - 1), reply) == Position("link", "/next")
    assert find_next(received(PAGE, empty=MAX_EMPTY_PAGES), reply) is None


def test_empty_pages_that_link_never_end_a_cursor() -> None:
    reply = ListingReply((), link="/next", token="t", more="nextUri")
    assert find_next(received(TOKEN, empty=2), reply) == Position("link", "/next")
    assert find_next(received(TOKEN, empty=99), reply) == Position("token", "t")


def test_a_post_is_not_sent_to_a_link_where_it_has_a_parameter_of_its_own() -> None:
    body = Listing("token", send="body.after", next="after")
    for reads in (False, True):
        page = received(body, method="POST", reads=reads)
        assert find_next(page, ListingReply(ITEMS, link="/next?after=x", token="t")) == Position(
            "token", "t"
        )
        # The token is inside the link.
        assert find_next(
            page, ListingReply(ITEMS, link="/next?after=x", more="nextUri")
        ) == Position("token", "x")
    only_links = received(Listing("link"), method="POST", reads=True)
    assert find_next(only_links, ListingReply(ITEMS, link="/next")) == Position("link", "/next")


def test_a_change_is_never_sent_again() -> None:
    page = received(Listing("single"), method="PATCH")
    with pytest.raises(PaginationError, match="more items") as raised:
        find_next(page, ListingReply(ITEMS, link="/next", more="nextUri"))
    assert raised.value.link == "/next"


@pytest.mark.parametrize(
    ("said", "position", "number", "count", "expected"),
    [
        ({}, FIRST, 1, 3, 2),
        ({}, Position("page", 2), 2, 3, 3),
        ({}, Position("page", 3), 3, 3, None),
        ({}, Position("page", 9), 9, 3, None),
        ({}, Position("page", 9), 9, 0, 10),
        ({"pageNumber": 3}, FIRST, 3, 9, 4),
        ({"pageNumber": "3"}, FIRST, 3, 9, 4),
        ({"pageNumber": 0}, FIRST, 1, 9, 1),
    ],
)
def test_page_numbers(
    said: dict[str, Any], position: Position, number: int, count: int, expected: int | None
) -> None:
    page = received(PAGE, query=said, position=position, number=number)
    found = find_next(page, ListingReply(ITEMS, count=count))
    assert found == (None if expected is None else Position("page", expected))


def test_an_empty_page_ends_page_numbers() -> None:
    assert find_next(received(PAGE), ListingReply((), count=9)) is None
    assert find_next(received(PAGE), ListingReply(())) is None


@pytest.mark.parametrize("number", ["x", [2, 3], float("inf")])
def test_a_page_number_that_is_no_number_cannot_be_counted_on_from(number: Any) -> None:
    page = received(PAGE, query={"pageNumber": number})
    with pytest.raises(PaginationError, match=r"pageNumber=.*must be an integer"):
        find_next(page, ListingReply(ITEMS))
    with pytest.raises(PaginationError, match="pageNumber="):
        page_number(page.operation, PAGE)


def test_an_empty_page_never_ends_a_cursor() -> None:
    for empty in (1, 3, 100):
        found = find_next(received(TOKEN, empty=empty), ListingReply((), token="t"))
        assert found == Position("token", "t")


def test_a_cursor_ends_where_there_is_none() -> None:
    assert find_next(received(TOKEN), ListingReply(ITEMS)) is None


@pytest.mark.parametrize("style", ["token", "link", "single"])
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (ListingReply(ITEMS, more="nextPage"), "more items .nextPage."),
        (ListingReply(ITEMS, count=2), "more items .pageCount 2."),
    ],
)
def test_more_that_no_rule_knows_how_to_ask_for_is_an_error(
    style: Any, reply: ListingReply, words: str
) -> None:
    with pytest.raises(PaginationError, match=words):
        find_next(received(Listing(style)), reply)


def test_pages_before_the_first_that_was_asked_for_do_not_count() -> None:
    assert (
        find_next(received(Listing("link"), is_whole=False), ListingReply(ITEMS, count=2)) is None
    )
    assert find_next(received(Listing("link"), number=2), ListingReply(ITEMS, count=2)) is None


INDEX = Listing("index", send="query.startIndex", total="totalResults")


@pytest.mark.parametrize(
    ("said", "position", "total", "expected"),
    [
        ({}, FIRST, 5, 3),
        ({"startIndex": 2}, FIRST, 5, 4),
        ({}, Position("index", 3), 5, 5),
        ({}, Position("index", 5), 6, None),
        ({}, Position("index", 4), 6, 6),
        ({}, Position("index", 5), None, 7),
    ],
)
def test_the_index_moves_by_what_came(
    said: dict[str, Any], position: Position, total: int | None, expected: int | None
) -> None:
    found = find_next(
        received(INDEX, query=said, position=position), ListingReply(ITEMS, total=total)
    )
    assert found == (None if expected is None else Position("index", expected))


def test_nothing_ends_an_index() -> None:
    assert find_next(received(INDEX), ListingReply((), total=9)) is None


TIME = Listing("time", send="query.before", next="dateCreated", size="query.limit")


def messages(*hours: int) -> tuple[ChatMessageResponse, ...]:
    return tuple(
        ChatMessageResponse(date_created=datetime(2026, 1, 1, at, tzinfo=UTC)) for at in hours
    )


def test_a_time_window_moves_to_the_oldest_item() -> None:
    page = received(TIME, query={"limit": "2"})
    assert find_next(page, ListingReply(messages(9, 7))) == Position("time", "2026-01-01T07:00:00Z")
    assert find_next(page, ListingReply(messages(9))) is None  # fewer than the limit
    assert find_next(page, ListingReply(())) is None
    without = received(TIME)
    assert find_next(without, ListingReply(messages(9))) == Position("time", "2026-01-01T09:00:00Z")
    assert find_next(received(TIME, fresh=0), ListingReply(messages(9))) is None


def test_a_time_without_a_zone_is_in_utc() -> None:
    (late,) = messages(9)
    early = ChatMessageResponse(date_created=datetime(2026, 1, 1, 7))  # noqa: DTZ001
    for items in ((early,), (late, early)):
        found = find_next(received(TIME), ListingReply(items))
        assert found == Position("time", "2026-01-01T07:00:00Z")


def test_a_time_window_that_does_not_move_is_an_error() -> None:
    with pytest.raises(PaginationError, match="2 or more items have the same dateCreated"):
        find_next(received(TIME, query={"limit": 2}, fresh=0), ListingReply(messages(9, 9)))
    with pytest.raises(PaginationError, match="no item of the page has a date in dateCreated"):
        find_next(received(TIME), ListingReply(ITEMS))


WINDOW = Listing("page", send="query.pageNumber", window=PagingWindow(1000, instead="get_scan"))


def test_a_window_that_is_exhausted_says_what_goes_on() -> None:
    at = {"position": Position("page", 10), "number": 10}
    for reply in (
        ListingReply(ITEMS, count=11, size=100),
        ListingReply(ITEMS, link="/next", size=100),
    ):
        with pytest.raises(PagingWindowError, match="first 1,000 records; use get_scan") as raised:
            find_next(received(WINDOW, **at), reply)
        assert raised.value.instead == "get_scan"
    before = received(WINDOW, position=Position("page", 9), number=9)
    assert find_next(before, ListingReply(ITEMS, count=11, size=100)) == Position("page", 10)
    assert find_next(before, ListingReply(ITEMS, link="/next", size=100)) == Position(
        "link", "/next"
    )


def test_a_listing_that_ends_at_its_window_simply_ends() -> None:
    at = {"position": Position("page", 10), "number": 10}
    assert find_next(received(WINDOW, **at), ListingReply(ITEMS, count=10, size=100)) is None
    assert find_next(received(WINDOW, **at), ListingReply(ITEMS, size=100)) is None  # a short page


def test_a_window_of_pages() -> None:
    window = Listing("page", send="query.pageNumber", window=PagingWindow(pages=5, instead="other"))
    with pytest.raises(PagingWindowError, match="first 5 pages; use other"):
        find_next(
            received(window, position=Position("page", 5), number=5), ListingReply(ITEMS, count=9)
        )
    fine = received(window, position=Position("page", 4), number=4)
    assert find_next(fine, ListingReply(ITEMS, count=9)) == Position("page", 5)


def test_there_are_three_empty_pages_before_a_link_is_given_up() -> None:
    assert MAX_EMPTY_PAGES == 3


@pytest.mark.parametrize(("came", "following"), [(2, Position("page", 2)), (1, None)])
def test_a_window_goes_on_behind_a_full_page_alone_where_no_pages_are_counted(
    came: int, following: Any
) -> None:
    listing = Listing("page", send="query.pageNumber", window=PagingWindow(pages=9))
    assert find_next(received(listing), ListingReply(ITEMS[:came], size=2)) == following
    assert find_next(received(listing), ListingReply(ITEMS[:came], size=2, count=9)) == Position(
        "page", 2
    )


def test_a_window_of_records_is_counted_in_pages_of_the_size_that_came() -> None:
    listing = Listing("page", send="query.pageNumber", window=PagingWindow(records=4))
    assert find_next(received(listing), ListingReply(ITEMS)) == Position("page", 2)
    with pytest.raises(PagingWindowError):
        find_next(received(listing, number=2, position=Position("page", 2)), ListingReply(ITEMS))


def test_an_empty_page_ends_a_listing_by_time() -> None:
    listing = Listing("time", send="query.before", next="dateCreated", size="query.limit")
    assert find_next(received(listing), ListingReply()) is None


def test_the_field_that_promises_more_is_named_before_the_count() -> None:
    with pytest.raises(PaginationError, match=r"more items \(cursor\)"):
        find_next(received(Listing("single")), ListingReply(ITEMS, more="cursor", count=9))
