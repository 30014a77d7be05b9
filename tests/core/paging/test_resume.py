"""Resume tokens: text that says where a listing goes on."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec
import pytest

from genesys_core.api import analytics, groups, users
from genesys_core.errors import InvalidValueError, PaginationError
from genesys_core.hosts import Hosts
from genesys_core.models import User, UserEntityListing
from genesys_core.paging.options import PagingOptions
from genesys_core.paging.paging import Paging
from genesys_core.paging.resume import begin_paging, format_resume_token
from genesys_core.paging.rules import Position
from tests.helpers.paging import reply

HOSTS = Hosts.resolve(region="eu_west_1")
USERS = users.get_users(page_size=3)
JOB = analytics.get_analytics_conversations_details_job_results("j")


def listed(ids: str, **said: Any) -> UserEntityListing:
    return UserEntityListing(entities=[User(id=one) for one in ids], **said)


def resumed(token: str, operation: Any = USERS) -> Any:
    return begin_paging(operation, HOSTS, PagingOptions(resume=token))


def content(token: str) -> dict[str, Any]:
    text = token.partition(".")[2]
    return msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def packed(version: str = "1", **said: Any) -> str:
    return f"{version}." + urlsafe_b64encode(msgspec.json.encode(said)).decode().rstrip("=")


def test_without_a_token_reading_begins_with_the_first_page() -> None:
    options = PagingOptions(limit=3)
    assert begin_paging(USERS, HOSTS, options) == Paging(USERS, HOSTS, options)


def test_before_the_first_page_a_token_leads_to_it() -> None:
    token = format_resume_token(Paging(USERS, HOSTS), None, 0)
    assert content(token) == {"operation": "GET /api/v2/users"}
    assert resumed(token).asked() == USERS


def test_in_the_middle_of_a_page_it_is_read_again() -> None:
    paging = Paging(USERS, HOSTS)
    step = paging.received(reply(listed("abc", page_count=2, total=6)))
    again = resumed(format_resume_token(paging, step, 2))
    assert again.asked() == USERS
    rest = again.received(reply(listed("abc", page_count=2, total=6)))
    assert [one.id for one in rest.items] == ["c"]
    assert rest.following.fetched == 3
    assert rest.following.repeated == 0


def test_behind_a_page_the_next_is_read() -> None:
    paging = Paging(USERS, HOSTS)
    step = paging.received(reply(listed("abc", page_count=2, total=6)))
    again = resumed(format_resume_token(paging, step, 3))
    assert dict(again.asked().query)["pageNumber"] == 2
    rest = again.received(reply(listed("cde", page_count=3, total=7)))  # one came in meanwhile
    assert [one.id for one in rest.items] == ["d", "e"]
    assert rest.following.fetched + rest.following.repeated == 6


def test_a_page_that_the_limit_cut_is_read_again() -> None:
    paging = Paging(USERS, HOSTS, PagingOptions(limit=2))
    step = paging.received(reply(listed("abc", page_count=2)))
    again = resumed(format_resume_token(paging, step, 2))
    assert [one.id for one in again.received(reply(listed("abc", page_count=2))).items] == ["c"]


def test_a_cursor_goes_on_behind_the_items_that_were_taken() -> None:
    paging: Any = Paging(JOB, HOSTS)
    step = paging.received(reply({"conversations": ["a"], "cursor": "c1"}))
    paging = step.following
    step = paging.received(reply({"conversations": ["b", "c", "d"], "cursor": "c2"}))
    token = format_resume_token(paging, step, 2)
    assert content(token)["skip"] == 2
    again = resumed(token, JOB)
    assert dict(again.asked().query)["cursor"] == "c1"
    rest = again.received(reply({"conversations": ["b", "c", "d"], "cursor": "c2"}))
    assert rest.items == ("d",)
    assert rest.following.fetched == 4
    # ... and from there again.
    token = format_resume_token(again, rest, 0)
    assert resumed(token, JOB).skip == 2


def test_items_without_an_id_have_no_digest() -> None:
    paging = Paging(USERS, HOSTS)
    page = UserEntityListing(entities=[User(name="x"), User(name="y")], page_count=2)
    token = format_resume_token(paging, paging.received(reply(page)), 1)
    assert "items" not in content(token)


def test_at_the_end_there_is_nothing_left() -> None:
    paging = Paging(USERS, HOSTS)
    step = paging.received(reply(listed("abc", page_count=1)))
    token = format_resume_token(paging, step, 3)
    assert content(token) == {"operation": "GET /api/v2/users", "ended": True}
    assert resumed(token) is None


def test_a_token_holds_no_item_and_nothing_secret() -> None:
    operation = USERS.with_options(headers={"X-Secret": "hidden"}, query={"q": "private"})
    paging = Paging(operation, HOSTS)
    page = UserEntityListing(entities=[User(id="an-id", name="Ann")], page_count=2)
    token = format_resume_token(paging, paging.received(reply(page)), 1)
    said = repr(content(token))
    assert not any(word in said for word in ("hidden", "private", "Ann", "an-id"))


def test_the_token_of_another_operation_is_refused() -> None:
    token = format_resume_token(Paging(USERS, HOSTS), None, 0)
    with pytest.raises(
        InvalidValueError, match=r"belongs to GET /api/v2/users, .* GET /api/v2/groups"
    ):
        resumed(token, groups.get_groups())


@pytest.mark.parametrize(
    "token", ["", "1.", "1.%", "1.AAAA", "x", "1." + "A" * 5, "\u00e9", "1.\u00e9", packed(operation=1), packed(),
     packed(operation="GET /api/v2/users", kind="page", value="x"), packed(operation="GET /api/v2/users", kind="link", value=1)]
)  # fmt: skip
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(
        InvalidValueError, match=r"resume: the text of \d+ characters is not a resume token"
    ):
        resumed(token)


def test_a_token_of_a_later_format_is_refused_and_unknown_fields_are_ignored() -> None:
    # The content of a later format may be anything.
    for token in (packed("2", operation="GET /api/v2/users"), packed("2"), "2.%"):
        with pytest.raises(InvalidValueError, match="version '2'"):
            resumed(token)
    assert resumed(packed(operation="GET /api/v2/users", new=1)) is not None


def test_a_listing_that_came_to_be_paged_otherwise_begins_anew() -> None:
    token = packed(operation="GET /api/v2/users", kind="token", value="c")
    with pytest.raises(InvalidValueError, match=r"pagination by token, but .* uses page"):
        resumed(token)


def test_a_token_of_this_format_stays_readable() -> None:
    """Written by the first version that had tokens."""
    token = packed(
        operation="GET /api/v2/users", kind="page", value=7, number=7, skip=0,
        items="AAAAAAAA", fetched=600, repeated=1, total=900,
    )  # fmt: skip
    paging = resumed(token)
    assert (paging.position, paging.number) == (Position("page", 7), 7)
    assert (paging.fetched, paging.repeated, paging.total) == (600, 1, 900)
    assert paging.known == {b"\0" * 6}


def test_a_link_in_a_token_is_checked_like_any_other() -> None:
    token = packed(operation="GET /api/v2/users", kind="link", value="https://evil.example/x")
    with pytest.raises(PaginationError, match="does not point to"):
        resumed(token).asked()
