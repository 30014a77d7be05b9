"""Page-number paging."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator import Settings, Simulator, World
from tests.strategies.simulator import Desk, definition, unhurried


def follow(desk, target):
    """All pages from the first, by ``nextUri``; fails if there are more than entities."""
    pages = []
    while target is not None:
        assert len(pages) < 100
        pages.append(desk.call("GET", target).json)
        target = pages[-1].get("nextUri")
    return pages


def desk_with(users):
    return Desk(Simulator(definition(), world=World.sample(users=users, queues=0)))


@unhurried
@given(st.integers(0, 40), st.integers(1, 45))
def test_the_pages_are_the_parts_of_the_list(total, size):
    desk = desk_with(total)
    pages = follow(desk, f"/api/v2/users?pageSize={size}")
    names = [user["name"] for page in pages for user in page["entities"]]
    assert names == [f"User {n:03d}" for n in range(1, total + 1)]
    assert len(pages) == max(1, -(-total // size))
    for number, page in enumerate(pages, 1):
        assert (page["pageNumber"], page["pageSize"], page["total"]) == (number, size, total)
        assert page["pageCount"] == -(-total // size)
        assert len(page["entities"]) <= size


def test_the_links_of_a_page():
    page = Desk().call("GET", "/api/v2/users?expand=presence&pageNumber=2&pageSize=25&id=").json
    assert page["total"] == 0
    page = Desk().call("GET", "/api/v2/users?expand=presence&expand=a%20b&pageNumber=2").json
    linked = {name: page[name] for name in page if name.endswith("Uri")}
    assert {
        name: parse_qs(urlsplit(link).query)["pageNumber"] for name, link in linked.items()
    } == {
        "firstUri": ["1"],
        "previousUri": ["1"],
        "selfUri": ["2"],
        "nextUri": ["3"],
        "lastUri": ["3"],
    }
    assert linked["nextUri"] == (
        "/api/v2/users?pageSize=25&pageNumber=3&expand=presence&expand=a%20b"
    )


def test_first_and_last_page_have_no_neighbour_beyond():
    first, *_, last = follow(Desk(), "/api/v2/users")
    assert "previousUri" not in first
    assert "nextUri" not in last
    assert (first["pageSize"], first["pageNumber"]) == (25, 1)


def test_a_page_beyond_the_last_is_empty_and_links_back_only_from_next_to_it():
    desk = Desk()
    beyond = desk.call("GET", "/api/v2/users?pageNumber=4").json
    assert beyond["entities"] == []
    assert "nextUri" not in beyond
    assert "previousUri" in beyond
    assert "previousUri" not in desk.call("GET", "/api/v2/users?pageNumber=5").json


@pytest.mark.parametrize(
    "query",
    ["pageSize=0", "pageSize=501", "pageSize=-1", "pageNumber=0", "pageSize=x", "pageSize="],
)
def test_sizes_and_numbers_out_of_range_are_refused_by_name(query):
    answer = Desk().call("GET", f"/api/v2/users?{query}")
    assert answer.status == 400
    assert answer.json["details"][0]["fieldName"] == query.partition("=")[0]


def test_the_largest_page_is_allowed():
    assert len(Desk().call("GET", "/api/v2/users?pageSize=500").json["entities"]) == 60


def test_an_undeclared_size_is_checked_as_well():
    """Parameters that a definition does not know pass the checks; paging reads them even so."""
    facts = {"responses": {"default": {}}, "security": [{"x": []}]}
    desk = Desk(Simulator({"paths": {"/api/v2/users": {"get": facts}}}))
    assert desk.call("GET", "/api/v2/users?pageSize=2").json["pageCount"] == 30
    assert desk.call("GET", "/api/v2/users?pageSize=two").status == 400


def test_without_links_a_page_has_its_number_and_the_total():
    settings = Settings(listing_links=False, page_size=2)
    desk = Desk(Simulator(definition(), world=World.sample(users=3, queues=0), settings=settings))
    page = desk.call("GET", "/api/v2/users?pageNumber=2").json
    assert len(page.pop("entities")) == 1
    assert page == {"pageNumber": 2, "pageSize": 2, "total": 3}
