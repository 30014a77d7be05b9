"""The rules A, B, C and S."""

import pytest

from tests.helpers.rule_documents import (
    BODY,
    COLLECTION,
    CREATE,
    LIST,
    OTHER,
    READ,
    THING,
    THINGS,
    body,
    letters,
    real_action,
)
from tests.strategies.simulator import operation

NUMBERED = operation({"name": "id", "in": "path", "type": "integer"}, reply=THING)
ITEM = {"get": READ}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (
            COLLECTION,
            {"GET /x": ("A", "list"), "POST /x": ("A", "create"), "GET /x/{id}": ("A", "read")},
        ),
        (
            {"/p/{p}/x": {"post": CREATE}, "/p/{p}/x/{id}": ITEM},
            {"POST /p/{p}/x": ("B", "create"), "GET /p/{p}/x/{id}": ("B", "read")},
        ),
        # the list may be the response itself
        (
            {"/x": {"get": operation(reply=THINGS), "post": CREATE}, "/x/{id}": ITEM},
            {"GET /x": ("A", "list"), "POST /x": ("A", "create"), "GET /x/{id}": ("A", "read")},
        ),
        # a create that replies with something else is none, nor is one of a list
        (
            {"/x": {"post": operation(BODY, reply=OTHER)}, "/x/{id}": ITEM},
            {"POST /x": None, "GET /x/{id}": None},
        ),
        (
            {"/x": {"post": operation(body(THINGS), reply=THING)}, "/x/{id}": ITEM},
            {"POST /x": None, "GET /x/{id}": None},
        ),
        # unless the list comes back
        (
            {"/x": {"post": operation(body(THINGS), reply=THINGS)}, "/x/{id}": ITEM},
            {"POST /x": ("A", "create_many"), "GET /x/{id}": ("A", "read")},
        ),
        # without a body there is nothing to say, but a create may do that, and a link
        (
            {"/x": {"post": READ}, "/x/{id}": {"get": READ, "put": READ, "patch": READ}},
            {
                "POST /x": ("A", "create"),
                "GET /x/{id}": ("A", "read"),
                "PUT /x/{id}": ("A", "replace"),
                "PATCH /x/{id}": None,
            },
        ),
        # an item without an id, a number as id, no reading at all
        (
            {"/x/{id}": {"get": operation(reply=OTHER), "delete": operation()}},
            {"GET /x/{id}": None, "DELETE /x/{id}": None},
        ),
        (
            {"/x/{id}": {"get": NUMBERED, "delete": operation()}},
            {"GET /x/{id}": None, "DELETE /x/{id}": None},
        ),
        ({"/x/{id}": {"put": CREATE}}, {"PUT /x/{id}": None}),
        ({"/x/{id}": {"get": operation()}}, {"GET /x/{id}": None}),
        # written or deleted, but not created
        (
            {"/x/{id}": {"get": READ, "patch": CREATE, "delete": operation()}},
            {
                "GET /x/{id}": ("C", "read"),
                "PATCH /x/{id}": ("C", "merge"),
                "DELETE /x/{id}": ("C", "delete"),
            },
        ),
        (
            {"/x/{id}": {"get": READ, "delete": operation()}},
            {"GET /x/{id}": ("C", "read"), "DELETE /x/{id}": ("C", "delete")},
        ),
        # read alone, also with HEAD; and nothing without a listing
        (
            {"/x": {"get": LIST}, "/x/{id}": {"get": READ, "head": operation()}},
            {"GET /x": ("S", "list"), "GET /x/{id}": ("S", "read"), "HEAD /x/{id}": ("S", "read")},
        ),
        ({"/x/{id}": ITEM}, {"GET /x/{id}": None}),
        # commands and computations
        (
            {"/validate": {"post": CREATE}, "/validate/{id}": ITEM},
            {"POST /validate": None, "GET /validate/{id}": None},
        ),
    ],
)
def test_shapes(paths, expected):
    assert letters(paths) == expected


@pytest.mark.parametrize(
    ("method", "template", "expected"),
    [
        ("POST", "/api/v2/groups", ("A", "create")),
        ("DELETE", "/api/v2/groups/{groupId}", ("A", "delete")),
        ("POST", "/api/v2/outbound/contactlists/{contactListId}/contacts", ("B", "create_many")),
        (
            "PUT",
            "/api/v2/orgauthorization/trustors/{trustorOrgId}/users/{trusteeUserId}",
            ("C", "replace"),
        ),
        ("GET", "/api/v2/authorization/permissions", None),
    ],
)
def test_the_definition(method, template, expected):
    assert real_action(method, template) == expected
