"""Links to the next page: followed as they stand, on the host of the first page or not at all."""

from __future__ import annotations

import pytest

from genesys_core.calls.operation import Endpoint, Operation
from genesys_core.calls.prepare import prepare_request
from genesys_core.errors import PaginationError
from genesys_core.hosts import Hosts
from genesys_core.observability.span_attributes import endpoint_attributes
from genesys_core.paging.links import follow_link, read_link
from genesys_core.session.session import Settings
from tests.helpers.paging import API, LINKED, LINKS, USERS

HOSTS = Hosts.resolve(region="eu_west_1")


def url(operation: Operation[object], link: str, hosts: Hosts = HOSTS) -> str:
    return prepare_request(follow_link(operation, link, hosts), Settings(hosts=hosts)).url


@pytest.mark.parametrize(("link", "target"), LINKS)
def test_a_link_is_followed_as_it_stands(link: str, target: str) -> None:
    operation = Operation[object](LINKED, (("id", "f 1"),), (("pageSize", 5),)).with_options(
        query={"extra": 1}, headers={"X-A": "1"}
    )
    assert url(operation, link) == f"{API}{target}"


def test_a_link_keeps_what_else_was_said_of_the_call() -> None:
    operation = Operation[object](
        Endpoint("post_search", "POST", "/api/v2/search", body="object"),
        headers=(("If-Match", "1"),),
        body={"q": 1},
    ).with_options(headers={"X-A": "1"}, timeout=3)
    linked = follow_link(operation, "/api/v2/search?page=2", HOSTS)
    settings = Settings(hosts=HOSTS)
    first, second = prepare_request(operation, settings), prepare_request(linked, settings)
    assert (second.method, second.headers, second.body, second.timeout) == (
        first.method, first.headers, first.body, first.timeout,
    )  # fmt: skip


def test_a_link_belongs_to_the_endpoint_of_its_listing() -> None:
    """Rate limits and metrics go by the template: a link has ids, and a cursor in its query."""
    linked = follow_link(Operation[object](LINKED, (("id", "f 1"),)), "?cursor=abc", HOSTS)
    assert linked.endpoint.path == LINKED.path
    assert endpoint_attributes(linked.endpoint) == {"url.template": LINKED.path}


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
def test_links_go_through_the_gateway(base: str, link: str, target: str) -> None:
    made = url(Operation[object](USERS), link, Hosts(base, base))
    assert made == f"https://gw.example{target}"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/v2/users", "//evil.example/api/v2/users", "https://api.mypurecloud.ie.evil.example/x",
        "https://api.mypurecloud.ie@evil.example/x", "https://evil@api.mypurecloud.ie/x", "https://api.mypurecloud.ie:444/x",
        "http://api.mypurecloud.ie/x", "https://login.mypurecloud.ie/x", "wss://api.mypurecloud.ie/x", "javascript:alert(1)",
        "mailto:a@b.example", "file:///etc/hosts", f"{API}/a/../b", f"{API}/%2e%2e/x", "/a/%2E%2e",
    ],
)  # fmt: skip
def test_a_link_that_leads_away_is_not_followed(link: str) -> None:
    with pytest.raises(PaginationError, match="does not point to") as raised:
        follow_link(Operation[object](USERS), link, HOSTS)
    assert raised.value.link == link


@pytest.mark.parametrize(
    "link", ["http://[", "https://api.mypurecloud.ie:x/", "https://h:99999/", "/\ud800"]
)
def test_a_link_that_is_no_url_is_a_documented_error(link: str) -> None:
    with pytest.raises(PaginationError, match="not a URL") as raised:
        follow_link(Operation[object](USERS), link, HOSTS)
    assert raised.value.link == link


@pytest.mark.parametrize(
    ("link", "value"),
    [("/a?after=x%2B1&b=2", "x+1"), ("/a?b=2", ""), ("", ""), ("?after=1&after=2", "2"), ("http://[", "")],
)  # fmt: skip
def test_a_token_is_read_from_a_link(link: str, value: str) -> None:
    assert read_link(link, "after") == value


@pytest.mark.parametrize(
    ("base", "link"),
    [
        ("http://127.0.0.1", "http://127.0.0.1:80/api/v2/users"),
        ("http://127.0.0.1:80", "http://127.0.0.1/api/v2/users"),
        ("https://127.0.0.1", "https://127.0.0.1:443/api/v2/users"),
    ],
)
def test_a_port_is_the_same_said_or_not(base: str, link: str) -> None:
    assert url(Operation[object](USERS), link, Hosts(base, base)) == f"{base}/api/v2/users"


def test_the_port_of_another_scheme_is_another_host() -> None:
    base = "http://127.0.0.1:81"
    with pytest.raises(PaginationError):
        follow_link(Operation[object](USERS), "http://127.0.0.1/api/v2/users", Hosts(base, base))
