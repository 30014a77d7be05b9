"""The reader: what it wants, what it takes, and what it expects ahead."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_core.api import analytics, users
from genesys_core.errors import InvalidValueError, PaginationError
from genesys_core.hosts import Hosts
from genesys_core.models import User, UserEntityListing
from genesys_core.paging.options import PagingOptions
from genesys_core.paging.reader import Fetch, ListingReader
from tests.helpers.paging import reply

HOSTS = Hosts.resolve(region="eu_west_1")
USERS = users.get_users(page_size=2)


def listed(ids: str, **said: Any) -> UserEntityListing:
    return UserEntityListing(entities=[User(id=one) for one in ids], **said)


def reader(operation: Any = USERS, *, by_page: bool = False, **options: Any) -> ListingReader[Any]:
    return ListingReader(operation, HOSTS, PagingOptions(**options), by_page=by_page)


def number(fetch: Fetch[Any] | None) -> Any:
    assert fetch is not None
    return dict(fetch.operation.query).get("pageNumber")


def rest(of: ListingReader[Any]) -> list[Any]:
    found = []
    while True:
        try:
            found.append(of.take())
        except StopIteration:
            return found


def test_a_page_is_wanted_until_it_was_received() -> None:
    one = reader()
    first = one.wanted()
    assert first is not None
    assert first.operation == USERS
    assert one.wanted() == first  # as often as it takes
    with pytest.raises(StopIteration):
        one.take()
    assert one.received(reply(listed("ab", page_count=2, total=3))) == ()
    assert one.wanted() is None
    assert (one.take().id, one.fetched, one.total) == ("a", 1, 3)  # type: ignore[attr-defined]
    assert one.wanted() is None
    assert [user.id for user in rest(one)] == ["b"]
    second = one.wanted()
    assert number(second) == 2
    assert second is not None
    assert second.key != first.key
    one.received(reply(listed("c", page_count=2, total=3)))
    assert [user.id for user in rest(one)] == ["c"]
    assert one.wanted() is None
    assert (one.fetched, one.total) == (3, 3)


def test_pages_are_taken_whole() -> None:
    one = reader(by_page=True)
    one.wanted()
    page = listed("ab", page_count=1)
    one.received(reply(page))
    assert one.fetched == 0
    assert one.take() == page
    assert one.fetched == 2
    assert one.wanted() is None
    again = reader(resume=one.resume_token)
    assert again.wanted() is None


def test_what_is_received_was_wanted() -> None:
    with pytest.raises(RuntimeError, match="wanted"):
        reader().received(reply(listed("a")))


def test_a_limit_of_none_wants_nothing() -> None:
    one = reader(limit=0)
    assert one.wanted() is None
    assert one.ahead() == ()
    assert rest(one) == []
    assert number(reader(resume=one.resume_token).wanted()) is None  # the first page


def test_an_error_of_the_next_page_comes_where_it_is_wanted() -> None:
    one = reader(prefetch=2)
    one.wanted()
    one.received(reply(listed("ab", next_uri="https://evil.example/x")))
    assert one.ahead() == ()
    assert len(rest(one)) == 2
    for _ in range(2):
        with pytest.raises(PaginationError, match="does not point to"):
            one.wanted()


def test_a_resume_token_leads_on_from_any_item() -> None:
    one = reader()
    one.wanted()
    one.received(reply(listed("ab", page_count=1)))
    one.take()
    again = reader(resume=one.resume_token)
    again.wanted()
    again.received(reply(listed("ab", page_count=1)))
    assert [user.id for user in rest(again)] == ["b"]
    done = reader(resume=again.resume_token)
    assert (done.wanted(), rest(done), done.fetched) == (None, [], 0)
    assert done.resume_token == again.resume_token
    with pytest.raises(InvalidValueError, match="resume"):
        reader(resume="x")


def test_nothing_is_requested_ahead_unless_wished() -> None:
    one = reader()
    one.wanted()
    one.received(reply(listed("ab", page_count=9)))
    assert one.ahead() == ()


def test_numbered_pages_are_requested_side_by_side() -> None:
    one = reader(prefetch=3)
    assert len(one.ahead()) == 1  # nothing is known yet
    assert one.wanted() == one.ahead()[0]
    one.received(reply(listed("ab", page_count=5)))
    ahead = one.ahead()
    assert list(map(number, ahead)) == [2, 3, 4]
    assert one.ahead() == ahead  # the same requests, not new ones
    rest(one)
    assert one.wanted() == ahead[0]
    one.received(reply(listed("cd", page_count=5)))
    assert one.ahead()[:2] == ahead[1:]
    assert list(map(number, one.ahead())) == [3, 4, 5]


def test_links_that_say_the_same_are_the_pages_expected() -> None:
    one = reader(prefetch=2)
    for at in (1, 2):
        one.wanted()
        link = f"/api/v2/users?pageNumber={at + 1}&pageSize=2"
        one.received(reply(listed(f"{at}", page_count=5, page_number=at, next_uri=link)))
        ahead = one.ahead()
        assert len(ahead) == 2
        rest(one)
        assert one.wanted() == ahead[0]


def test_a_guess_that_was_wrong_is_dropped_and_not_made_again() -> None:
    one = reader(prefetch=3)
    one.wanted()
    one.received(reply(listed("ab", page_count=5, page_number=1)))
    guessed = one.ahead()[1]
    rest(one)
    one.wanted()
    link = "/api/v2/users?pageNumber=3&pageSize=2&scroll=x"
    one.received(reply(listed("cd", page_count=5, page_number=2, next_uri=link)))
    (only,) = one.ahead()
    assert only.key != guessed.key
    assert only.operation.endpoint.link == link


@pytest.mark.parametrize("link", [None, "https://evil.example/x"])
def test_guesses_are_dropped_where_the_listing_ends(link: str | None) -> None:
    one = reader(prefetch=3)
    one.wanted()
    one.received(reply(listed("ab", page_count=5, page_number=1)))
    assert len(one.ahead()) == 3
    rest(one)
    one.wanted()
    one.received(reply(listed("c", page_count=2, page_number=2, next_uri=link)))
    assert one.ahead() == ()


def test_a_cursor_has_one_page_ahead() -> None:
    one = reader(analytics.get_analytics_conversations_details_job_results("j"), prefetch=5)
    one.wanted()
    one.received(reply({"conversations": ["a"], "cursor": "c"}))
    (ahead,) = one.ahead()
    assert dict(ahead.operation.query)["cursor"] == "c"
    assert rest(one) == ["a"]
    assert one.wanted() == ahead


def test_warnings_are_passed_on() -> None:
    one = reader(shortfall="warn")
    one.wanted()
    assert len(one.received(reply(listed("a", total=2, page_count=1)))) == 1


def test_a_page_requested_ahead_with_another_size_is_discarded() -> None:
    """The platform said a page size, then another: a page of the first would lose items."""
    one = reader(analytics.post_analytics_conversations_details_query({}), prefetch=2)
    assert one.wanted() is not None

    def page(size: int) -> dict[str, Any]:
        return {"conversations": [{"conversationId": "a"}], "pageCount": 9, "pageSize": size}

    one.received(reply(page(5)))
    rest(one)
    assert [sizes(fetch) for fetch in one.ahead()] == [(2, 5), (3, 5)]
    one.received(reply(page(3)))
    rest(one)
    assert [sizes(fetch) for fetch in one.ahead()] == [(3, 3)]


def sizes(fetch: Fetch[Any]) -> tuple[int, int]:
    body: Any = fetch.operation.body
    return body["paging"]["pageNumber"], body["paging"]["pageSize"]
