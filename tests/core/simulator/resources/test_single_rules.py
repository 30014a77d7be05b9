"""The rule D."""

import pytest

from genesys_core.simulator.resources.single_rules import NOT_SINGLE
from tests.helpers.rule_documents import (
    BODY,
    CREATE,
    LIST,
    OTHER,
    READ,
    TEXT,
    THING,
    body,
    letters,
    real_action,
)
from tests.strategies.simulator import definition, operation

READS, WRITES = ("D", "read_single"), ("D", "write_single")
ROLES = {
    "type": "object",
    "properties": {"name": TEXT, "roles": {"type": "array", "items": THING}},
}
NAMES = {"type": "object", "properties": {"names": {"type": "array", "items": TEXT}}}
MIXED = {
    "type": "object",
    "properties": {
        "counts": {"type": "array", "items": {"type": "integer"}},
        "names": {"type": "array", "items": TEXT},
    },
}
IDS = body({"type": "array", "items": TEXT})


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"get": READ, "put": operation(BODY)}, {"GET": READS, "PUT": WRITES}),
        ({"get": READ, "post": CREATE}, {"GET": READS, "POST": WRITES}),
        (
            {"get": READ, "patch": CREATE, "delete": operation(), "head": operation()},
            {"GET": READS, "PATCH": WRITES, "DELETE": ("D", "reset_single"), "HEAD": READS},
        ),
        # a PUT may reply with something else, a POST would be a command
        ({"get": READ, "put": operation(BODY, reply=OTHER)}, {"GET": READS, "PUT": WRITES}),
        ({"get": READ, "post": operation(BODY, reply=OTHER)}, {"GET": None, "POST": None}),
        # a list replaces the list that the resource has
        ({"get": operation(reply=ROLES), "put": operation(IDS)}, {"GET": READS, "PUT": WRITES}),
        ({"get": operation(reply=MIXED), "put": operation(IDS)}, {"GET": READS, "PUT": WRITES}),
        ({"get": operation(reply=NAMES), "put": operation(IDS)}, {"GET": READS, "PUT": WRITES}),
        ({"get": READ, "put": operation(IDS)}, {"GET": None, "PUT": None}),
        # references are read by other names
        (
            {
                "get": READ,
                "put": operation(body({"type": "object", "properties": {"ownerId": TEXT}})),
            },
            {"GET": READS, "PUT": WRITES},
        ),
        # unless it is a listing, takes something else, or cannot be written or read
        ({"get": LIST, "put": operation()}, {"GET": None, "PUT": None}),
        ({"get": operation(reply=OTHER), "put": operation(BODY)}, {"GET": None, "PUT": None}),
        ({"get": READ, "put": operation()}, {"GET": None, "PUT": None}),
        ({"get": operation(reply=TEXT), "put": operation(BODY)}, {"GET": None, "PUT": None}),
        ({"get": READ}, {"GET": None}),
        ({"put": operation(BODY)}, {"PUT": None}),
    ],
)
def test_shapes(item, expected):
    assert letters({"/x": item}) == {f"{method} /x": each for method, each in expected.items()}


def test_commands_are_none():
    paths = {"/x/validate": {"get": READ, "put": operation(BODY)}}
    assert set(letters(paths).values()) == {None}


@pytest.mark.parametrize("key", sorted(NOT_SINGLE))
def test_the_exceptions_are_paths_of_the_definition(key):
    assert definition().routes.find(key)


def test_the_definition():
    assert real_action("PUT", "/api/v2/users/{subjectId}/roles") == WRITES
    assert real_action("DELETE", "/api/v2/routing/utilization") == ("D", "reset_single")
    assert real_action("POST", "/api/v2/routing/email/domains/{domainId}/dkim") is None
