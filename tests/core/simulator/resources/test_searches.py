"""What searches find."""

import pytest

from genesys_core.simulator.resources.searches import find_matches

ITEMS = [
    {"id": "1", "name": "Ann", "state": "active", "open": True, "team": {"id": "t"}},
    {"id": "2", "name": "Bob", "state": "active", "open": False},
    {"id": "3", "name": "Anton", "state": "deleted", "open": False},
]


def found(search):
    return "".join(each["id"] for each in find_matches(ITEMS, search))


def criterion(kind, field, value, **more):
    return {"query": [{"type": kind, "fields": [field], "value": value, **more}]}


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (None, "12"),
        ({}, "12"),
        (criterion("EXACT", "name", "ann"), "1"),
        (criterion("STARTS_WITH", "name", "b"), "2"),
        (criterion("ENDS_WITH", "name", "b"), "2"),
        (criterion("CONTAINS", "name", "n"), "1"),
        (criterion("EXACT", "state", "deleted"), "3"),
        (criterion("EXACT", "open", False), "2"),
        (criterion("EXACT", "team", "t"), "1"),
        (criterion("EXACT", "name", "ann", operator="NOT"), "2"),
        (criterion("EXACT", "name", "ann", operator="AND"), "1"),
        (criterion("EXACT", "name", "ann", operator="OR"), "1"),
        (
            {
                "query": [
                    {"type": "EXACT", "fields": ["name"], "value": "ann", "operator": "OR"},
                    {"type": "EXACT", "fields": ["name"], "value": "bob", "operator": "OR"},
                    {"type": "EXACT", "fields": ["open"], "value": False},
                ]
            },
            "2",
        ),
        (criterion("REGEX", "name", "ann"), "12"),
        (criterion("EXACT", "unknown", "x"), "12"),
        ({"query": [{"type": "TERMS", "fields": ["name"], "values": ["ann", "bob"]}]}, "12"),
        ({"query": [{"type": "EXACT", "field": "state", "value": "deleted"}]}, "3"),
        ({"query": [{"type": "EXACT", "fields": ["name"]}, "odd"]}, "12"),
        ({"query": "odd"}, "12"),
        (
            {"filters": [{"name": "name", "type": "String", "operator": "EQ", "values": ["Bob"]}]},
            "2",
        ),
        ({"filters": [{"name": "name", "operator": "IN", "values": ["Bob", "Ann"]}]}, "12"),
        ({"name": "BOB"}, "2"),
        ({"name": "*o*"}, "2"),
        ({"name": "*", "pageSize": 1, "sortBy": "name", "sortOrder": "desc"}, "21"),
        ({"sortBy": "name", "sortOrder": "asc"}, "12"),
        ({"other": "x", "name": ""}, "12"),
    ],
)
def test_criteria(search, expected):
    assert found(search) == expected
