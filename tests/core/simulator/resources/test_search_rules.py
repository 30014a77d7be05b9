"""The rule G."""

import pytest

from tests.helpers.rule_documents import COLLECTION, LIST, READ, letters, real_action

OWNED = {f"/api/v2{path}": each for path, each in COLLECTION.items()}


@pytest.mark.parametrize(
    ("path", "item", "expected"),
    [
        ("/api/v2/x/search", LIST, ("G", "search")),
        ("/api/v2/x/query", LIST, ("G", "search")),
        ("/api/v2/x/find", LIST, None),
        ("/api/v2/x/search", READ, None),
        ("/api/v2/y/{y}/search", LIST, None),
        ("/api/v2/x/rules/query", LIST, None),
        ("/elsewhere/x/y/search", LIST, None),
    ],
)
def test_shapes(path, item, expected):
    assert letters({**OWNED, path: {"post": item}})[f"POST {path}"] == expected


def test_below_an_item_it_searches_something_else():
    paths = {**OWNED, "/api/v2/x/{id}/search": {"post": LIST}}
    assert letters(paths)["POST /api/v2/x/{id}/search"] is None


def test_the_definition():
    assert real_action("POST", "/api/v2/users/search") == ("G", "search")
    assert real_action("GET", "/api/v2/groups/search") == ("G", "search")
    assert real_action("POST", "/api/v2/analytics/conversations/details/query") is None
