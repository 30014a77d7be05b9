"""From the first page to the last: what is delivered once, and what ends a listing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from fuzz import fuzz_paging
from genesys_core.api import _listings, analytics, chat, routing, scim, users
from genesys_core.calls.listing import Listing
from genesys_core.calls.operation import Endpoint, Operation, raw_operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import IncompleteListingError, PaginationError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.models import (
    AnalyticsConversation,
    AnalyticsConversationQueryResponse,
    User,
    UserEntityListing,
)
from genesys_core.paging.options import PagingOptions
from genesys_core.paging.paging import DEFAULT_SIZE, MEMORY, Paging, digest_identity
from genesys_core.paging.rules import MAX_EMPTY_PAGES, Position
from tests.helpers.paging import API, LINKED, USERS, Page, reply, url_of

HOSTS = Hosts.resolve(region="eu_west_1")


def walk(
    operation: Operation[Any], answer: Callable[[str], object], **options: Any
) -> tuple[list[str], list[object], list[object]]:
    """Every URL asked for, every page and every item handed out."""
    paging: Paging[Any] | None = Paging(operation, HOSTS, PagingOptions(**options))
    urls, pages, items = [], [], []
    while paging is not None:
        urls.append(url_of(paging))
        assert len(urls) < 100, "it does not end"
        step = paging.received(reply(answer(urls[-1])))
        pages.extend(step.pages)
        items.extend(step.items)
        paging = step.following
    return urls, pages, items


def in_turn(*pages: object) -> Callable[[str], object]:
    left = list(pages)
    return lambda _: left.pop(0)


def number_of(url: str) -> int:
    return int(parse_qs(urlsplit(url).query).get("pageNumber", ["1"])[0])


def numbered(total: int) -> Callable[[str], Page]:
    def answer(url: str) -> Page:
        number = number_of(url)
        entities = [f"item {number}"] if number <= total else []
        return Page(entities=entities, page_number=number, page_count=total)

    return answer


def listed(ids: str, **said: Any) -> UserEntityListing:
    return UserEntityListing(entities=[User(id=one) for one in ids], **said)


def text(items: list[object]) -> str:
    return "".join(str(one.id) for one in items if isinstance(one, User))


def test_page_numbers_are_counted_up_to_the_last() -> None:
    operation = Operation[object](USERS, query=(("pageSize", 25), ("expand", ["a", "b"])))
    urls, _, items = walk(operation, numbered(3))
    query = "pageSize=25&expand=a&expand=b"
    assert urls == [
        f"{API}/api/v2/users?{query}",
        f"{API}/api/v2/users?{query}&pageNumber=2",
        f"{API}/api/v2/users?{query}&pageNumber=3",
    ]
    assert items == ["item 1", "item 2", "item 3"]


@pytest.mark.parametrize("query", [(("pageNumber", 2),), (("pageNumber", "2"),)])
def test_counting_begins_where_the_caller_begins(query: Any) -> None:
    urls, _, _ = walk(Operation[object](USERS, query=query), numbered(4))
    assert [number_of(url) for url in urls] == [2, 3, 4]


def test_a_page_number_among_the_extra_query_is_moved_not_repeated() -> None:
    operation = Operation[object](USERS).with_options(query={"pageNumber": 2, "a": 1})
    urls, _, _ = walk(operation, numbered(3))
    assert urls == [f"{API}/api/v2/users?pageNumber=2&a=1", f"{API}/api/v2/users?pageNumber=3&a=1"]


def test_a_page_is_delivered_before_the_next_is_refused() -> None:
    for operation, page, words in (
        (
            Operation[object](USERS, query=(("pageNumber", "x"),)),
            Page(entities=["a"]),
            "pageNumber=",
        ),
        (
            Operation[object](USERS),
            Page(entities=["a"], next_uri="https://evil.example/x"),
            "does not point to",
        ),
        (
            Operation[object](LINKED, (("id", "f"),)),
            Page(entities=["a"], page_count=2),
            "more items",
        ),
    ):
        step = Paging(operation, HOSTS).received(reply(page))
        assert step.pages == (page,)
        assert step.items == ("a",)
        assert step.following is not None
        with pytest.raises(PaginationError, match=words):
            step.following.asked()


def test_a_listing_whose_link_is_missing_goes_on_by_number() -> None:
    urls, _, _ = walk(
        Operation[object](USERS),
        in_turn(
            Page(entities=["a"], page_count=3, next_uri="/api/v2/users?pageNumber=2"),
            Page(entities=["b"], page_count=3),
            Page(entities=["c"], page_count=3),
        ),
    )
    assert [number_of(url) for url in urls] == [1, 2, 3]


def test_a_listing_the_definition_does_not_know_is_guessed() -> None:
    by_number = raw_operation("GET", "/api/v2/things", query={"pageNumber": 1})
    urls, _, items = walk(by_number, numbered(2))
    assert ([number_of(url) for url in urls], len(items)) == ([1, 2], 2)
    linked = raw_operation("GET", "/api/v2/things")
    urls, _, items = walk(
        linked, in_turn(Page(entities=["a"], next_uri="?x=1"), Page(entities=["b"]))
    )
    assert (len(urls), items) == (2, ["a", "b"])


def test_a_repeated_page_is_the_end_and_is_not_handed_out_again() -> None:
    same = Page(entities=["a"])
    urls, pages, _ = walk(Operation[object](USERS), lambda _: same)
    assert (len(urls), pages) == (2, [same])


def test_pages_that_go_in_a_circle_end() -> None:
    circle = [Page(entities=[name], page_number=5) for name in "abc"]
    _, pages, _ = walk(Operation[object](USERS), lambda url: circle[number_of(url) % 3])
    assert len(pages) == 3


@pytest.mark.parametrize("length", [1, 2, 3, 20])
def test_links_that_go_in_a_circle_end_even_if_the_pages_differ(length: int) -> None:
    """Pages may differ in nothing but a time stamp; long circles end too."""
    stamps = count()

    def answer(_: str) -> Page:
        at = next(stamps)
        return Page(entities=[f"at {at}"], next_uri=f"/a?x={at % length}")

    urls, pages, _ = walk(Operation[object](LINKED, (("id", "f"),)), answer)
    assert len(urls) == len(pages) <= 4 * length + 1
    if length < 8:
        assert len(urls) == length + 1  # what was seen lately is known at once


def test_a_listing_that_goes_on_with_empty_pages_ends() -> None:
    stamps = count()

    def answer(_: str) -> Page:
        return Page(entities=[], next_uri=f"/api/v2/x?after={next(stamps)}")

    urls, pages, _ = walk(Operation[object](LINKED, (("id", "f"),)), answer)
    assert len(urls) == len(pages) == 3


def test_empty_pages_between_others_do_not_end_a_listing() -> None:
    stamps = count()

    def answer(_: str) -> Page:
        turn = next(stamps)
        entities = [str(turn)] if turn % MAX_EMPTY_PAGES == 0 else []
        return Page(entities=entities, next_uri=f"/x?after={turn}" if turn < 9 else None)

    urls, _, _ = walk(Operation[object](LINKED, (("id", "f"),)), answer)
    assert len(urls) == 10


def test_a_cursor_goes_on_behind_any_number_of_empty_pages() -> None:
    operation = analytics.get_analytics_conversations_details_job_results("j")
    stamps = count(1)

    def answer(url: str) -> Any:
        at = next(stamps)
        assert parse_qs(urlsplit(url).query).get("cursor", [""]) == [f"c{at - 1}" if at > 1 else ""]
        page = AnalyticsConversationQueryResponse(conversations=[])
        return {
            **msgspec.to_builtins(page),
            "conversations": [],
            "cursor": f"c{at}" if at < 9 else None,
        }

    urls, _, items = walk(operation, answer)
    assert (len(urls), items) == (9, [])


def test_a_paging_is_a_value_that_can_be_advanced_twice() -> None:
    paging = Paging(Operation[object](USERS), HOSTS)
    first = reply(Page(entities=["a"], page_number=1))
    assert paging.received(first) == paging.received(first)
    assert paging == Paging(Operation[object](USERS), HOSTS)
    with pytest.raises(TypeError, match="operation must be an operation"):
        Paging("GET /", HOSTS)  # type: ignore[arg-type]


def test_an_insertion_never_repeats_an_item() -> None:
    _, _, items = walk(
        users.get_users(page_size=3),
        in_turn(
            listed("abc", page_count=2, total=5),
            listed("bcd", page_count=3, total=7),  # two came in before
            listed("e", page_count=3, total=7),
        ),
    )
    assert text(items) == "abcde"


def test_items_of_the_last_few_pages_are_remembered() -> None:
    pages = [listed(one, page_count=9, page_number=at) for at, one in enumerate("abcdefgha", 1)]
    _, _, items = walk(users.get_users(), in_turn(*pages))
    assert text(items) == "abcdefgha"  # as many pages back as that is another item to us
    near = [listed(one, page_count=MEMORY + 1, page_number=at) for at, one in enumerate("abcda", 1)]
    assert len("abcd") == MEMORY
    _, _, items = walk(users.get_users(), in_turn(*near))
    assert text(items) == "abcd"


def test_items_of_one_page_and_items_without_an_id_are_no_repetitions() -> None:
    page = UserEntityListing(
        entities=[User(id="a"), User(id="a"), User(name="x"), User(name="x")], page_count=2
    )
    _, _, items = walk(users.get_users(), in_turn(page, listed("", page_count=2)))
    assert len(items) == 4


def test_a_cursor_delivers_each_item_as_it_comes() -> None:
    operation = analytics.get_analytics_conversations_details_job_results("j")
    pages = [
        {"conversations": [{"conversationId": "a"}], "cursor": "1"},
        {"conversations": [{"conversationId": "a"}]},
    ]
    _, _, items = walk(operation, in_turn(*pages))
    assert len(items) == 2


def shrunken(**options: Any) -> Callable[[], tuple[list[str], list[object], list[object]]]:
    pages = (listed("abc", page_count=2, total=6), listed("ef", page_count=2, total=5))
    return lambda: walk(users.get_users(page_size=3), in_turn(*pages), **options)


def test_a_deletion_that_may_have_hidden_an_item_is_an_error_at_the_end() -> None:
    with pytest.raises(IncompleteListingError, match="received 5 items of the 6") as raised:
        shrunken()()
    assert (raised.value.expected, raised.value.received) == (6, 5)
    assert "shortfall='warn'" in str(raised.value)


def last_step(*pages: Any, operation: Any = None, **options: Any) -> Any:
    paging: Any = Paging(operation or users.get_users(), HOSTS, PagingOptions(**options))
    for page in pages:
        step = paging.received(reply(page))
        paging = step.following
    return step


def test_by_option_it_is_a_warning_or_nothing() -> None:
    pages = (listed("abc", page_count=2, total=6), listed("ef", page_count=2, total=5))
    step = last_step(*pages, shortfall="warn")
    assert step.following is None
    assert ["received 5 items of the 6" in one for one in step.warnings] == [True]
    step = last_step(*pages, shortfall="ignore")
    assert (step.following, step.warnings, step.total) == (None, (), 6)


def test_totals_that_approximate_only_warn() -> None:
    body = {"interval": "x", "paging": {"pageSize": 5, "pageNumber": 1}}
    operation = analytics.post_analytics_conversations_details_query(body)
    page = {"conversations": [{"conversationId": "a"}], "totalHits": 3}
    step = last_step(page, {"totalHits": 3}, operation=operation)
    assert step.following is None
    assert "received 1 items of the 3" in step.warnings[0]


@pytest.mark.parametrize("size", [None, 5])
def test_a_page_number_inside_a_body_has_the_page_size_beside_it(size: int | None) -> None:
    """The model requires both, and a page of another size would lose or repeat items."""
    paging = {} if size is None else {"paging": {"pageSize": size, "pageNumber": 1}}
    operation = analytics.post_analytics_conversations_details_query({"interval": "x", **paging})
    items = [{"conversationId": str(n)} for n in range(5)]
    following = last_step({"conversations": items, "totalHits": 9}, operation=operation).following
    assert following is not None
    body: Any = following.asked().body
    assert body["paging"] == {"pageNumber": 2, "pageSize": 5}
    unknown: Any = following.__class__(operation, HOSTS, position=following.position).asked().body
    assert unknown["paging"]["pageSize"] == (size or DEFAULT_SIZE)


@pytest.mark.parametrize(
    ("paging", "sent"),
    [
        ({"pageSize": 100}, {"pageSize": 100, "pageNumber": 1}),
        ({"pageSize": 100, "pageNumber": 3}, {"pageSize": 100, "pageNumber": 3}),
        (None, None),
    ],
)
def test_a_page_size_in_a_body_has_the_page_number_beside_it(paging: Any, sent: Any) -> None:
    body = {"interval": "x"} if paging is None else {"interval": "x", "paging": paging}
    operation = analytics.post_analytics_conversations_details_query(body)
    asked: Any = Paging(operation, HOSTS).asked().body
    assert asked.get("paging") == sent


def test_who_begins_in_the_middle_cannot_be_short() -> None:
    operation = users.get_users(page_number=2)
    step = last_step(listed("d", page_count=2, total=4), operation=operation)
    assert (step.following, step.warnings) == (None, ())


def test_a_listing_without_pages_that_is_full_warns() -> None:
    body = {"interval": "x", "groupBy": [], "metrics": [], "limit": 2}
    operation = analytics.post_analytics_conversations_aggregates_query(body)
    (notice,) = last_step({"results": [{}, {}]}, operation=operation).warnings
    assert "the page is full (2 items)" in notice
    assert last_step({"results": [{}]}, operation=operation).warnings == ()
    empty = analytics.post_analytics_conversations_aggregates_query({"interval": "x", "limit": 0})
    assert last_step({"results": []}, operation=empty).warnings == ()
    counted = Endpoint(
        "get_x",
        "GET",
        "/x",
        returns="Any",
        listing=Listing("single", size="query.limit", total="total"),
    )
    full = Operation[object](counted, query=(("limit", 2),))
    assert last_step({"entities": [1, 2], "total": 2}, operation=full).warnings == ()
    last = users.get_users(page_size=2)
    assert last_step(listed("ab", page_count=1), operation=last).warnings == ()
    unlimited = analytics.post_analytics_conversations_aggregates_query({"interval": "x"})
    assert last_step({"results": [{}]}, operation=unlimited).warnings == ()


def test_limits_end_reading_and_check_nothing() -> None:
    pages = listed("abc", page_count=2, total=6), listed("def", page_count=2, total=6)
    urls, _, items = walk(users.get_users(), in_turn(*pages), limit=2)
    assert (len(urls), text(items)) == (1, "ab")
    urls, _, items = walk(users.get_users(), in_turn(*pages), limit=3)
    assert (len(urls), text(items)) == (1, "abc")
    urls, _, items = walk(users.get_users(), in_turn(*pages), limit=4)
    assert (len(urls), text(items)) == (2, "abcd")
    urls, _, items = walk(users.get_users(), in_turn(*pages), max_pages=1)
    assert (len(urls), text(items)) == (1, "abc")
    assert last_step(pages[0]).is_cut is False
    assert last_step(pages[0], limit=3).is_cut is False
    step = last_step(pages[0], limit=2)
    assert (step.is_cut, step.total) == (True, 6)
    assert step.rest is not None


def test_a_page_repeated_by_a_changing_listing_may_leave_it_short() -> None:
    same = listed("a", total=3)
    with pytest.raises(IncompleteListingError):
        walk(users.get_users(), lambda _: same)


def test_memory_does_not_grow() -> None:
    paging: Any = Paging(users.get_users(), HOSTS)
    for at in range(1, 200):
        paging = paging.received(reply(listed("a", page_number=at, page_count=999))).following
    assert len(paging.recent) == MEMORY
    assert len(paging.seen) == 16


def test_what_pages_are_expected_ahead() -> None:
    first: Any = Paging(users.get_users(page_size=2), HOSTS)
    assert first.expected(1) is None  # nothing is known before the first page
    paging: Any = first.received(reply(listed("ab", page_count=4))).following
    numbers = [one and dict(one.query)["pageNumber"] for one in map(paging.expected, range(4))]
    assert numbers == [2, 3, 4, None]
    limited: Any = Paging(users.get_users(), HOSTS, PagingOptions(limit=6))
    paging = limited.received(reply(listed("ab", page_count=9))).following
    assert [bool(paging.expected(ahead)) for ahead in range(4)] == [True, True, False, False]
    limited = Paging(users.get_users(), HOSTS, PagingOptions(limit=7))
    paging = limited.received(reply(listed("abc", page_count=9))).following
    assert [bool(paging.expected(ahead)) for ahead in range(3)] == [True, True, False]
    linked: Any = Paging(Operation[object](LINKED, (("id", "f"),)), HOSTS)
    linked = linked.received(reply(Page(entities=["a"], page_count=4, next_uri="?x=1"))).following
    assert linked.expected(1) is None
    windowed: Any = Paging(routing.get_routing_queues_divisionviews(), HOSTS)
    windowed = windowed.received(reply(Page(entities=["a"], page_count=4))).following
    assert windowed.expected(1) is None
    capped: Any = Paging(users.get_users(), HOSTS, PagingOptions(max_pages=2))
    paging = capped.received(reply(listed("ab", page_count=9))).following
    assert [bool(paging.expected(ahead)) for ahead in range(3)] == [True, False, False]
    refused = first.received(reply(listed("ab", page_count=4, next_uri="https://evil.example")))
    assert refused.following.expected(1) is not None
    wrong: Any = Paging(users.get_users(page_number="x"), HOSTS)  # type: ignore[arg-type]
    assert wrong.received(reply(listed("ab", page_count=4))).following.expected(1) is None


def test_resumed_readers_leave_out_what_was_delivered() -> None:
    known = frozenset(map(digest_identity, ("a", "b")))
    resumed: Any = Paging(
        users.get_users(), HOSTS, number=1, skip=2, known=known, fetched=2, total=4
    )
    step = resumed.received(reply(listed("abc", page_count=2, total=4)))
    assert text(list(step.items)) == "c"
    assert step.following.repeated == 0
    shifted = resumed.received(reply(listed("zab", page_count=2, total=5)))
    assert text(list(shifted.items)) == "z"
    job = analytics.get_analytics_conversations_details_job_results("j")
    skipped: Any = Paging(job, HOSTS, position=Position("token", "c"), skip=1)
    conversations = [{"conversationId": "a"}, {"conversationId": "b"}]
    step = skipped.received(reply({"conversations": conversations}))
    assert step.items == ({"conversationId": "b"},)


def test_a_resumed_reader_remembers_what_was_delivered_for_a_few_pages() -> None:
    known = frozenset(map(digest_identity, ("y", "z")))
    paging: Any = Paging(users.get_users(), HOSTS, known=known)
    kept = []
    for at, one in enumerate("abcdef", 1):
        paging = paging.received(reply(listed(one, page_number=at, page_count=99))).following
        kept.append(paging.known == known)
    assert kept == [True] * (MEMORY - 1) + [False] * 3


def test_a_resumed_reader_of_items_without_ids_leaves_out_as_many() -> None:
    numbered = raw_operation("GET", "/api/v2/things", query={"pageNumber": 1})
    step = Paging(numbered, HOSTS, skip=1).received(reply(Page(entities=["a", "b"])))
    assert step.items == ("b",)


def test_digests_are_the_same_in_every_process_and_version() -> None:
    assert digest_identity("a").hex() == "433911c6eb0d"


def test_the_platforms_page_size_is_sent_where_none_is_known() -> None:
    assert DEFAULT_SIZE == 25


def test_a_total_of_none_is_a_total() -> None:
    step = last_step(listed("", page_count=0, total=0))
    assert (step.following, step.warnings, step.total) == (None, (), 0)


@pytest.mark.parametrize(
    ("operation", "page", "numbers"),
    [
        (users.get_users(page_number=2), listed("a", next_uri="?x=1"), [3, 4]),
        (Operation[object](LINKED, (("id", "f"),)), Page(entities=["a"], next_uri="?x=1"), [2, 3]),
        (users.get_users(page_number="x"), listed("a", page_count=9), [1]),  # type: ignore[arg-type]
    ],
)
def test_pages_are_counted_from_the_callers_first(operation: Any, page: Any, numbers: Any) -> None:
    paging: Any = Paging(operation, HOSTS)
    found = []
    for _ in numbers:
        paging = paging.received(reply(page, raw=str(len(found)).encode())).following
        page.next_uri = None if page.next_uri is None else page.next_uri + "1"
        found.append(paging.number)
    assert found == numbers


def test_pages_by_index_and_by_time_are_counted_too() -> None:
    page = {"Resources": [{"id": "a"}], "totalResults": 9}
    following = last_step(page, {**page, "x": 1}, operation=scim.get_scim_users()).following
    assert (following.position, following.number) == (Position("index", 3), 3)
    following = last_step(page, operation=scim.get_scim_users(start_index=5)).following
    assert (following.position, following.number) == (Position("index", 6), 2)


def test_number_and_size_of_a_page_stand_side_by_side_in_every_listing() -> None:
    both = [one for one in vars(_listings).values() if isinstance(one, Listing) and one.size]
    assert all(one.send.count(".") in {0, one.size.count(".")} for one in both)
    assert {one.style for one in both if one.send.count(".") > 1} == {"page"}


def test_a_window_of_time_overlaps_and_repeats_nothing() -> None:
    operation = chat.get_chats_room_messages("r", limit="2")
    pages = [
        {"entities": [message("a", 9), message("b", 8)]},
        {"entities": [message("b", 8), message("c", 7)]},
        {"entities": [message("c", 7)]},
    ]
    urls, _, items = walk(operation, in_turn(*pages))
    assert [parse_qs(urlsplit(url).query).get("before") for url in urls] == [
        None, ["2026-01-01T08:00:00Z"], ["2026-01-01T07:00:00Z"],
    ]  # fmt: skip
    assert [one["id"] for one in items] == ["a", "b", "c"]  # type: ignore[index]


def message(name: str, hour: int) -> dict[str, Any]:
    from datetime import UTC, datetime

    return {"id": name, "dateCreated": datetime(2026, 1, 1, hour, tzinfo=UTC)}


def test_a_conversation_is_identified_by_its_own_id() -> None:
    body = {"interval": "x", "paging": {"pageSize": 2, "pageNumber": 1}}
    operation = analytics.post_analytics_conversations_details_query(body)
    pages = [
        [AnalyticsConversation(conversation_id=one) for one in ids] for ids in ("ab", "bc", "")
    ]
    data = [AnalyticsConversationQueryResponse(conversations=one, total_hits=3) for one in pages]  # type: ignore[arg-type]
    paging: Any = Paging(operation, HOSTS)
    found: list[Any] = []
    while paging is not None:
        page = data.pop(0)
        step = paging.received(ApiResponse(200, Headers(), page, msgspec.json.encode(page)))
        found += [one.conversation_id for one in step.items]
        paging = step.following
    assert found == ["a", "b", "c"]


def test_any_pages_and_links_end_and_never_leave_the_host() -> None:
    fuzz_paging.check_pages()


def test_changes_between_pages_repeat_nothing_and_hide_nothing_in_silence() -> None:
    fuzz_paging.check_changes()


@pytest.mark.parametrize(("said", "sent"), [(None, 5), (25, 25)])
def test_a_short_page_does_not_change_the_size_of_the_next(said: Any, sent: int) -> None:
    """Pages of another size would begin at other items, and lose or repeat some."""
    operation = analytics.post_analytics_conversations_details_query({"interval": "x"})
    pages = [
        {"conversations": [{"conversationId": f"{at} {n}"} for n in range(size)], "pageSize": said}
        for at, size in enumerate((5, 3))
    ]
    following = last_step(*pages, operation=operation).following
    assert following.asked().body["paging"] == {"pageNumber": 3, "pageSize": sent}
