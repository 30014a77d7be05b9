"""The rule E."""

import pytest

from genesys_core.simulator.resources.member_rules import (
    NOT_MEMBERS,
    find_member_list,
    member_identity,
)
from genesys_core.simulator.resources.shapes import PathShapes
from genesys_core.simulator.state.definition import Schema
from tests.helpers.rule_documents import BODY, LIST, OTHER, READ, TEXT, THINGS, body, letters
from tests.strategies.simulator import definition, operation

IDS = body({"type": "array", "items": TEXT})
ADD = operation(IDS)
STRINGS = Schema(type="array", items=Schema(type="string"))


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (
            {
                "/g/{g}/m": {"get": LIST, "post": ADD, "patch": ADD, "delete": operation()},
                "/g/{g}/m/{id}": {"get": READ, "put": operation(BODY), "delete": operation()},
            },
            {
                "GET /g/{g}/m": ("E", "list"),
                "POST /g/{g}/m": ("E", "add_members"),
                "PATCH /g/{g}/m": ("E", "change_members"),
                "DELETE /g/{g}/m": ("E", "remove_members"),
                "GET /g/{g}/m/{id}": ("C", "read"),
                "PUT /g/{g}/m/{id}": ("C", "replace"),
                "DELETE /g/{g}/m/{id}": ("C", "delete"),
            },
        ),
        (
            {
                "/m": {"get": LIST, "put": operation(body(THINGS))},
                "/m/{id}": {"get": operation(reply=OTHER), "delete": operation()},
            },
            {
                "GET /m": ("E", "list"),
                "PUT /m": ("E", "set_members"),
                "GET /m/{id}": ("E", "read"),
                "DELETE /m/{id}": ("E", "delete"),
            },
        ),
        # members with a number for an id are only in their list
        (
            {
                "/m": {"get": LIST, "post": ADD},
                "/m/{id}": {"delete": operation({"name": "id", "in": "path", "type": "integer"})},
            },
            {"GET /m": ("E", "list"), "POST /m": ("E", "add_members"), "DELETE /m/{id}": None},
        ),
        # texts
        (
            {"/m": {"get": operation(reply={"type": "array", "items": TEXT}), "put": ADD}},
            {"GET /m": ("E", "list"), "PUT /m": ("E", "set_members")},
        ),
        # nothing that adds, nothing to add, no items, no listing
        ({"/m": {"get": LIST, "patch": ADD}}, {"GET /m": None, "PATCH /m": None}),
        ({"/m": {"get": LIST, "post": operation()}}, {"GET /m": None, "POST /m": None}),
        (
            {
                "/m": {
                    "get": operation(reply={"type": "array", "items": {"type": "integer"}}),
                    "put": ADD,
                }
            },
            {"GET /m": None, "PUT /m": None},
        ),
        ({"/m": {"post": ADD}}, {"POST /m": None}),
        ({"/query": {"get": LIST, "post": ADD}}, {"GET /query": None, "POST /query": None}),
    ],
)
def test_shapes(paths, expected):
    made = letters(paths)
    if "/g/{g}/m" in paths:  # an item that is read and written is a collection of its own
        assert {key: each for key, each in made.items() if "{id}" in key} == {
            key: each for key, each in expected.items() if "{id}" in key
        }
    else:
        assert made == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (STRINGS, ()),
        (Schema(properties={"memberIds": STRINGS, "tags": STRINGS}), ("memberIds",)),
        (Schema(properties={"memberIds": STRINGS, "userIds": STRINGS}), ()),
        (Schema(properties={"name": Schema(type="string")}), ()),
        (Schema(), None),
    ],
)
def test_where_a_body_has_its_members(given, expected):
    assert find_member_list(PathShapes(definition()), given) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [(("name", "id"), "id"), (("name", "userId"), "userId"), (("name", "value"), "name"), ((), "")],
)
def test_what_a_member_is_known_by(names, expected):
    entity = Schema(properties=dict.fromkeys(names, Schema(type="string")))
    assert member_identity(entity) == expected


@pytest.mark.parametrize("key", sorted(NOT_MEMBERS))
def test_the_exceptions_are_paths_of_the_definition(key):
    assert definition().routes.find(key)
