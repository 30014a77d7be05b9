from collections.abc import Callable
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest

from fuzz import fuzz_paging
from genesys_core.calls.operation import Endpoint, Operation
from genesys_core.calls.paging import MAX_EMPTY_PAGES, Paging, items_of
from genesys_core.calls.prepare import prepare_request
from genesys_core.codec.model import Model
from genesys_core.errors import PaginationError
from genesys_core.hosts import Hosts
from genesys_core.session.session import Settings
from tests.helpers.paging import API, LINKED, LINKS, USERS, Page, reply, url_of

HOSTS = Hosts.resolve(region="eu_west_1")


class Odd(Model, kw_only=True):
    """Some models of the definition have something else than a list under these names."""

    entities: int | None = None
    results: list[str] | None = None


class Plain(Model, kw_only=True):
    id: str | None = None


def walk(
    operation: Operation[object], answer: Callable[[str], object], hosts: Hosts = HOSTS
) -> tuple[list[str], list[object]]:
    """Every URL asked for and every page handed out."""
    paging: Paging[object] | None = Paging(operation, hosts)
    urls, pages = [], []
    while paging is not None:
        urls.append(url_of(paging))
        assert len(urls) < 100, "it does not end"
        found, paging = paging.received(reply(answer(urls[-1])))
        pages.extend(found)
    return urls, pages


def refused(paging: Paging[object], page: Page, *, raw: bytes | None = None) -> None:
    """The page is handed out all the same; only then, asking for the next one raises."""
    found, following = paging.received(reply(page, raw=raw))
    assert found == (page,)
    assert following is not None
    following.asked()


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


def test_page_numbers_are_counted_up_to_the_last():
    operation = Operation[object](USERS, query=(("pageSize", 25), ("expand", ["a", "b"])))
    urls, pages = walk(operation, numbered(3))
    query = "pageSize=25&expand=a&expand=b"
    assert urls == [
        f"{API}/api/v2/users?{query}",
        f"{API}/api/v2/users?{query}&pageNumber=2",
        f"{API}/api/v2/users?{query}&pageNumber=3",
    ]
    assert [items_of(page) for page in pages] == [["item 1"], ["item 2"], ["item 3"]]


@pytest.mark.parametrize("query", [(("pageNumber", 2),), (("pageNumber", "2"),)])
def test_counting_begins_where_the_caller_begins(query):
    urls, _ = walk(Operation[object](USERS, query=query), numbered(4))
    assert [number_of(url) for url in urls] == [2, 3, 4]


def test_a_page_number_among_the_extra_query_is_moved_not_repeated():
    operation = Operation[object](USERS).with_options(query={"pageNumber": 2, "a": 1})
    urls, _ = walk(operation, numbered(3))
    assert urls == [f"{API}/api/v2/users?pageNumber=2&a=1", f"{API}/api/v2/users?pageNumber=3&a=1"]


@pytest.mark.parametrize("page_count", [None, 0])
def test_without_a_count_the_first_empty_page_is_the_last(page_count):
    pages = [Page(entities=[str(n)], page_count=page_count) for n in range(3)]
    urls, found = walk(Operation[object](USERS), in_turn(*pages, Page(entities=[])))
    assert len(urls) == len(found) == 4


@pytest.mark.parametrize("number", ["x", [2, 3], float("inf")])
def test_a_page_number_that_is_no_number_cannot_be_counted_on_from(number):
    paging = Paging(Operation[object](USERS, query=(("pageNumber", number),)), HOSTS)
    with pytest.raises(PaginationError, match="pageNumber="):
        refused(paging, Page(entities=["a"]))


def test_an_operation_without_page_numbers_has_one_page():
    urls, pages = walk(Operation[object](LINKED, (("id", "f"),)), in_turn(Page(entities=["a"])))
    assert (len(urls), len(pages)) == (1, 1)


@pytest.mark.parametrize("data", [None, Page()])
def test_a_reply_without_items_is_an_empty_page(data):
    _, pages = walk(Operation[object](USERS), in_turn(data))
    assert pages == [data]
    assert items_of(data) == ()


@pytest.mark.parametrize("field", ["entities", "results", "resources", "conversations"])
def test_items_are_found_under_each_of_their_names(field):
    assert items_of(Page(**{field: ["a", "b"]})) == ["a", "b"]


def test_what_is_no_list_is_passed_over():
    assert items_of(Odd(entities=5, results=["a"])) == ["a"]
    assert items_of(Odd(entities=5)) == ()


@pytest.mark.parametrize("page", [Plain(), {"entities": ["a"]}, [1], "text"])
def test_a_type_without_items_is_refused_with_the_way_out(page):
    with pytest.raises(PaginationError, match=r"client\.send"):
        items_of(page)


@pytest.mark.parametrize(("link", "target"), LINKS)
def test_a_link_is_followed_as_it_stands(link, target):
    operation = Operation[object](LINKED, (("id", "f 1"),), (("pageSize", 5),)).with_options(
        query={"extra": 1}, headers={"X-A": "1"}
    )
    urls, _ = walk(operation, in_turn(Page(entities=["a"], next_uri=link), Page(entities=["b"])))
    assert urls == [f"{API}/api/v2/flows/f%201/runs?pageSize=5&extra=1", f"{API}{target}"]


def test_a_link_keeps_what_else_was_said_of_the_call():
    operation = Operation[object](
        Endpoint("post_search", "POST", "/api/v2/search", body="object"),
        headers=(("If-Match", "1"),),
        body={"q": 1},
    ).with_options(headers={"X-A": "1"}, timeout=3)
    _, following = Paging(operation, HOSTS).received(
        reply(Page(entities=["a"], next_uri="/api/v2/search?page=2"))
    )
    settings = Settings(hosts=HOSTS)
    first, second = (
        prepare_request(operation, settings),
        prepare_request(following.operation, settings),
    )
    assert (second.method, second.headers, second.body, second.timeout) == (
        first.method, first.headers, first.body, first.timeout,
    )  # fmt: skip


def test_after_a_link_only_links_lead_on():
    urls, _ = walk(
        Operation[object](USERS),
        in_turn(
            Page(entities=["a"], page_count=9, next_uri="/api/v2/users?pageNumber=2"),
            Page(entities=["b"], page_count=9, page_number=2),
        ),
    )
    assert len(urls) == 2


GATEWAYS = [
    ("https://gw.example/base", "/api/v2/users?a=1", "/base/api/v2/users?a=1"),
    ("https://gw.example/base", "/base/api/v2/users?a=1", "/base/api/v2/users?a=1"),
    ("https://gw.example/base", "https://gw.example/base/api/v2/users", "/base/api/v2/users"),
    ("https://gw.example/base", "?a=1", "/base/api/v2/users?a=1"),
    # A gateway's own path may be what the platform's paths begin with.
    ("https://gw.example/api", "/api/v2/users?a=1", "/api/api/v2/users?a=1"),
    ("https://gw.example/api", "/api/api/v2/users?a=1", "/api/api/v2/users?a=1"),
    ("https://gw.example/api/v2", "/api/v2/users", "/api/v2/api/v2/users"),
    ("https://gw.example/base", "/basement/x", "/base/basement/x"),
]


@pytest.mark.parametrize(("base", "link", "target"), GATEWAYS)
def test_links_go_through_the_gateway(base, link, target):
    urls, _ = walk(
        Operation[object](USERS),
        in_turn(Page(entities=["a"], next_uri=link), Page(entities=["b"])),
        Hosts(base, base),
    )
    assert urls[1] == f"https://gw.example{target}"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/v2/users", "//evil.example/api/v2/users", "https://api.mypurecloud.ie.evil.example/x",
        "https://api.mypurecloud.ie@evil.example/x", "https://evil@api.mypurecloud.ie/x", "https://api.mypurecloud.ie:444/x",
        "http://api.mypurecloud.ie/x", "https://login.mypurecloud.ie/x", "wss://api.mypurecloud.ie/x", "javascript:alert(1)",
        "mailto:a@b.example", "file:///etc/hosts", f"{API}/a/../b", f"{API}/%2e%2e/x", "/a/%2E%2e",
    ],
)  # fmt: skip
def test_a_link_that_leads_away_is_not_followed(link):
    paging = Paging(Operation[object](USERS), HOSTS)
    with pytest.raises(PaginationError, match="leads away") as raised:
        refused(paging, Page(entities=["a"], next_uri=link))
    assert raised.value.link == link


@pytest.mark.parametrize(
    "link", ["http://[", "https://api.mypurecloud.ie:x/", "https://h:99999/", "/\ud800"]
)
def test_a_link_that_is_no_url_is_a_documented_error(link):
    paging = Paging(Operation[object](USERS), HOSTS)
    with pytest.raises(PaginationError, match="not a URL") as raised:
        refused(paging, Page(entities=["a"], next_uri=link), raw=b"x")
    assert raised.value.link == link


def test_a_repeated_page_is_the_end_and_is_not_handed_out_again():
    same = Page(entities=["a"])
    urls, pages = walk(Operation[object](USERS), lambda _: same)
    assert (len(urls), pages) == (2, [same])


def test_pages_that_go_in_a_circle_end():
    circle = [Page(entities=[name], page_number=5) for name in "abc"]
    _, pages = walk(Operation[object](USERS), lambda url: circle[number_of(url) % 3])
    assert len(pages) == 3


@pytest.mark.parametrize("links", [["/a?x=1"], ["/a?x=1", "/b"], ["/a?x=1", "/b", "?y=2"]])
def test_links_that_go_in_a_circle_end_even_if_the_pages_differ(links):
    """Pages may differ in nothing but a time stamp."""
    stamps = count()
    turns = count()

    def answer(_: str) -> Page:
        link = links[next(turns) % len(links)]
        return Page(entities=[f"at {next(stamps)}"], next_uri=link)

    urls, pages = walk(Operation[object](LINKED, (("id", "f"),)), answer)
    assert len(urls) == len(pages) <= 2 * len(links) + 1


def test_a_listing_that_goes_on_with_empty_pages_ends():
    stamps = count()

    def answer(_: str) -> Page:
        return Page(entities=[], next_uri=f"/api/v2/x?after={next(stamps)}")

    urls, pages = walk(Operation[object](LINKED, (("id", "f"),)), answer)
    assert len(urls) == len(pages) == 3


def test_empty_pages_between_others_do_not_end_a_listing():
    stamps = count()

    def answer(_: str) -> Page:
        turn = next(stamps)
        entities = [str(turn)] if turn % MAX_EMPTY_PAGES == 0 else []
        return Page(entities=entities, next_uri=f"/x?after={turn}" if turn < 9 else None)

    urls, _ = walk(Operation[object](LINKED, (("id", "f"),)), answer)
    assert len(urls) == 10


def test_a_paging_is_a_value_that_can_be_advanced_twice():
    paging = Paging(Operation[object](USERS), HOSTS)
    first = reply(Page(entities=["a"], page_number=1))
    assert paging.received(first) == paging.received(first)
    assert paging == Paging(Operation[object](USERS), HOSTS)


def test_any_pages_and_links_end_and_never_leave_the_host():
    fuzz_paging.check_pages()
