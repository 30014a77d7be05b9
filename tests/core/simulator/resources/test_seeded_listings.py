"""Listings without a collection, filled by a test."""

from tests.strategies.simulator import Desk

PATH = "/api/v2/externalcontacts/scan/notes"


def test_without_seeds_it_is_an_example():
    desk = Desk()
    assert len(desk.call("GET", PATH).json["entities"]) == 1
    desk.simulator.seed_items("GET", "/api/v2/documentation/search?q64=e30%3D", 1)
    assert len(desk.call("GET", PATH).json["entities"]) == 1


def test_with_seeds_it_has_pages():
    desk = Desk()
    seeded = desk.simulator.seed_items("GET", PATH, 30)
    first = desk.call("GET", f"{PATH}?limit=25").json
    assert first["entities"] == seeded[:25]
    token = first["cursors"]["after"]
    last = desk.call("GET", f"{PATH}?limit=25&cursor={token}").json
    assert last["entities"] == seeded[25:]


def test_what_lists_nothing_has_no_page():
    desk = Desk()
    desk.simulator.state.listings["GET", "/api/v2/date"] = [{}]
    assert "currentDate" in desk.call("GET", "/api/v2/date").json
