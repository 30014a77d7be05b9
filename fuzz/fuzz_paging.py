"""No pages or links make a listing endless, or lead it to another host.

Invariants: with finitely many different pages it ends; every request goes to the configured base
URL; a link is followed as it stands, or refused after its page was handed out. The only exception
is PaginationError.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Final
from urllib.parse import urlsplit

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.api import (
    analytics,
    chat,
    content_management,
    external_contacts,
    routing,
    scim,
    task_management,
    users,
)
from genesys_core.calls.operation import Operation
from genesys_core.calls.prepare import prepare_request
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import IncompleteListingError, InvalidValueError, PaginationError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.paging.options import PagingOptions
from genesys_core.paging.paging import MEMORY, Paging
from genesys_core.paging.reader import ListingReader
from genesys_core.session.session import Settings
from tests.helpers.paging import API, LINKED, LINKS, USERS, Page, reply, url_of
from tests.strategies.values import hosts

__all__ = ["TARGETS"]

BASES: Final = ("https://api.example", "http://127.0.0.1:8080/base", "https://gw.example/api")
OPERATION: Final = Operation[object](USERS)


def next_link(data: bytes) -> None:
    """The input is the ``nextUri`` of the first page."""
    link = data.decode("utf-8", "surrogateescape")
    response = ApiResponse(200, Headers(), Page(entities=["a"], next_uri=link), b"first")
    for base in BASES:
        hosts = Hosts(base, base)
        step = Paging(OPERATION, hosts).received(response)
        following = step.following
        assert step.pages == (response.data,)
        assert following is not None
        try:
            operation = following.asked()
        except PaginationError:
            continue
        url = prepare_request(operation, Settings(hosts=hosts)).url
        assert url.startswith(base)
        assert urlsplit(url).netloc == urlsplit(base).netloc
        assert url.isascii()
        assert not {".", ".."} & set(urlsplit(url).path.split("/"))


_any_links = (
    st.none()
    | st.sampled_from([link for link, _ in LINKS])
    | st.text(max_size=8)
    | st.builds("{}{}".format, st.sampled_from(("/", "?", "//", "https://", API)), st.text(max_size=8))
)  # fmt: skip


_page_lists = st.builds(
    Page,
    entities=st.none() | st.lists(st.text(max_size=2), max_size=2),
    next_uri=_any_links,
    page_count=st.none() | st.integers(-1, 5),
)


@given(st.lists(_page_lists, min_size=1, max_size=5), hosts, st.sampled_from((USERS, LINKED)))
def check_pages(answers, hosts, endpoint):
    """A server with few pages ends any listing, whatever its links say."""
    operation = Operation[object](endpoint, () if endpoint is USERS else (("id", "f"),))
    turns = count()
    urls: list[str] = []
    paging: Paging[object] | None = Paging(operation, hosts)
    with suppress(PaginationError):
        while paging is not None:
            urls.append(url_of(paging))
            assert len(urls) <= len(answers) + 1
            paging = paging.received(reply(answers[next(turns) % len(answers)])).following
    for url in urls:
        assert url.startswith((hosts.api + "/", hosts.api + "?")) or url == hosts.api
        assert urlsplit(url).netloc == urlsplit(hosts.api).netloc


LISTINGS: Final = (
    users.get_users(),
    users.post_users_search({"query": []}),
    scim.get_scim_users(),
    analytics.get_analytics_conversations_details_job_results("j"),
    analytics.post_analytics_conversations_details_query({"interval": "x"}),
    task_management.post_taskmanagement_workitems_query({"filters": []}),
    external_contacts.get_externalcontacts_contacts(),
    content_management.get_contentmanagement_query(query_phrase="a"),
    chat.get_chats_room_messages("r"),
    routing.get_routing_queues_divisionviews(),
)


def reply_body(data: bytes) -> None:
    """The input is the body of a page; whatever it says, only PaginationError comes of it."""
    hosts = Hosts("https://api.example", "https://api.example")
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    for operation in LISTINGS:
        with suppress(PaginationError):
            step = Paging(operation, hosts).received(ApiResponse(200, Headers(), value, data))
            if step.following is not None:
                prepare_request(step.following.asked(), Settings(hosts=hosts))


def resume_token(data: bytes) -> None:
    """The input is a resume token: refused, or it leads to the configured host."""
    hosts = Hosts("https://api.example", "https://api.example")
    text = data.decode("utf-8", "surrogateescape")
    for token in (text, "1." + urlsafe_b64encode(data).decode()):
        with suppress(InvalidValueError, PaginationError):
            reader = ListingReader(users.get_users(), hosts, PagingOptions(resume=token))
            wanted = reader.wanted()
            if wanted is not None:
                url = prepare_request(wanted.operation, Settings(hosts=hosts)).url
                assert url.startswith("https://api.example/")


class Change(msgspec.Struct):
    """An item that comes or goes between two pages, at a place in a thousand."""

    is_insertion: bool
    place: int


class Server:
    """A listing by page numbers or by cursor, which changes while it is read."""

    def __init__(self, count: int, size: int) -> None:
        self.ids = [f"item {at}" for at in range(count)]
        self.size, self.made = size, 0

    def change(self, change: Change) -> None:
        place = change.place * len(self.ids) // 1000
        if change.is_insertion:
            self.made += 1
            self.ids.insert(place, f"new {self.made}")
        elif self.ids:
            del self.ids[place]

    def page(self, number: int) -> dict[str, object]:
        pages = -(-len(self.ids) // self.size)
        start = (number - 1) * self.size
        entities = [{"id": one} for one in self.ids[start : start + self.size]]
        return {
            "entities": entities,
            "total": len(self.ids),
            "pageCount": pages,
            "pageNumber": number,
        }


def read_changing(server: Server, rounds: list[list[Change]]) -> tuple[list[str], bool]:
    """Read a listing to its end; return the items, and whether it was said to be incomplete."""
    hosts = Hosts("https://api.example", "https://api.example")
    paging: Paging[object] | None = Paging(users.get_users(), hosts)
    found: list[str] = []
    left = iter(rounds)
    while paging is not None:
        try:
            number = dict(paging.asked().query).get("pageNumber") or 1
        except IncompleteListingError:
            return found, True
        step = paging.received(reply(server.page(number)))
        found += [one["id"] for one in step.items]
        paging = step.following
        for change in next(left, []):
            server.change(change)
    return found, False


_changes = st.lists(
    st.lists(st.builds(Change, st.booleans(), st.integers(0, 999)), max_size=3), max_size=8
)


@given(st.integers(0, 30), st.integers(1, 7), _changes)
def check_changes(count, size, rounds):
    """Insertions never repeat an item, and hide none; what a deletion may hide is an error."""
    # No more items may come in than are remembered.
    left = (MEMORY - 1) * size
    for changes in rounds:
        changes[left:] = [change for change in changes[left:] if not change.is_insertion]
        left -= sum(change.is_insertion for change in changes)
    server = Server(count, size)
    before = list(server.ids)
    found, is_incomplete = read_changing(server, rounds)
    assert len(found) == len(set(found))
    kinds = {change.is_insertion for changes in rounds for change in changes}
    lost = set(before) & set(server.ids) - set(found)
    if kinds <= {True}:
        assert not lost
        assert not is_incomplete
    if kinds <= {False} and lost:
        assert is_incomplete


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "next_link": next_link,
    "changes": check_changes.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # by @given
    "reply_body": reply_body,
    "resume_token": resume_token,
    "paging": check_pages.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]  # added by @given
}
