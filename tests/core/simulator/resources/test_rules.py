"""Which rule an operation follows."""

import pytest

from genesys_core.simulator.resources.rules import RULES, ResourceRules, are_alike
from genesys_core.simulator.state.definition import Definition, Schema
from tests.strategies.simulator import definition, operation, small_document

THING = {"$ref": "#/definitions/Thing"}
MODELS = {
    "Thing": {
        "type": "object",
        "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
    },
    "Other": {"type": "object", "properties": {"wholly": {"type": "string"}}},
    "Listing": {
        "type": "object",
        "properties": {"entities": {"type": "array", "items": THING}},
    },
}
OTHER = {"$ref": "#/definitions/Other"}
BODY = {"name": "body", "in": "body", "schema": THING}


def rules(paths):
    known = Definition.of(small_document(paths, MODELS))
    found = ResourceRules(known)
    return {(each.method, each.template): found.find(each) for each in known.routes}


def letters(paths):
    return {key[0]: rule and (rule.letter, rule.action) for key, rule in rules(paths).items()}


@pytest.mark.parametrize(
    ("method", "template", "letter", "action"),
    [
        ("GET", "/api/v2/groups", "A", "list"),
        ("POST", "/api/v2/groups", "A", "create"),
        ("GET", "/api/v2/groups/{groupId}", "A", "read"),
        ("PUT", "/api/v2/groups/{groupId}", "A", "replace"),
        ("DELETE", "/api/v2/groups/{groupId}", "A", "delete"),
        ("PATCH", "/api/v2/teams/{teamId}", "A", "merge"),
        ("POST", "/api/v2/responsemanagement/libraries", "A", "create"),
        ("GET", "/api/v2/users/{userId}/outofoffice", "D", "read_single"),
        ("POST", "/api/v2/analytics/conversations/details/jobs", "H", "start"),
        ("GET", "/api/v2/analytics/conversations/details/jobs/{jobId}", "H", "read"),
        ("DELETE", "/api/v2/analytics/conversations/details/jobs/{jobId}", "H", "delete"),
        ("GET", "/api/v2/analytics/conversations/details/jobs/{jobId}/results", "H", "results"),
        ("GET", "/api/v2/recording/jobs", "H", "list"),
        ("GET", "/api/v2/flows/export/jobs/{jobId}", "H", "read"),
        ("GET", "/api/v2/flows/datatables/divisionviews", "F", "list_view"),
        ("GET", "/api/v2/flows/datatables/divisionviews/{datatableId}", "F", "read_view"),
        ("GET", "/api/v2/routing/queues/divisionviews/all", "F", "list_view"),
        ("PUT", "/api/v2/users/{userId}/outofoffice", "D", "write_single"),
    ],
)
def test_rules_of_the_definition(method, template, letter, action):
    known = definition()
    route = known.routes.find(template).routes[method]
    rule = ResourceRules(known).find(route)
    assert (rule.letter, rule.action) == (letter, action)
    assert letter in RULES


def test_what_has_no_rule():
    known = definition()
    found = ResourceRules(known)
    for method, template in [
        ("GET", "/api/v2/conversations/{conversationId}"),
        ("POST", "/api/v2/groups/search"),
        ("GET", "/api/v2/scripts/divisionviews"),
        ("POST", "/api/v2/responsemanagement/responses/divisionviews/query"),
        ("GET", "/api/v2/scripts/published/divisionviews/{scriptId}/variables"),
        ("POST", "/api/v2/groups/{groupId}/members"),
    ]:
        assert found.find(known.routes.find(template).routes[method]) is None, template


def test_a_listing_may_be_an_array():
    made = letters(
        {
            "/x": {
                "get": operation(reply={"type": "array", "items": THING}),
                "post": operation(BODY, reply=THING),
            },
            "/x/{id}": {"get": operation(reply=THING)},
        }
    )
    assert made == {"GET": ("A", "read"), "POST": ("A", "create")}
    other = rules(
        {
            "/x": {
                "get": operation(reply={"type": "array", "items": OTHER}),
                "post": operation(BODY, reply=THING),
            },
            "/x/{id}": {"get": operation(reply=THING)},
        }
    )
    assert other["GET", "/x"] is None
    assert other["POST", "/x"].collection.listing is None


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        # a create that replies with something else is none
        (
            {
                "/x": {"post": operation(BODY, reply=OTHER)},
                "/x/{id}": {"get": operation(reply=THING)},
            },
            {"POST": None, "GET": None},
        ),
        # what is read at the collection is no listing
        (
            {
                "/x": {"get": operation(reply=THING), "post": operation(BODY, reply=THING)},
                "/x/{id}": {"get": operation(reply=THING)},
            },
            {"POST": ("A", "create"), "GET": ("A", "read")},
        ),
        # nor is one over a list
        (
            {
                "/x": {
                    "post": operation(
                        {**BODY, "schema": {"type": "array", "items": THING}}, reply=THING
                    )
                },
                "/x/{id}": {"get": operation(reply=THING)},
            },
            {"POST": None, "GET": None},
        ),
        # without a body there is nothing to say, which a create may do and a PUT may not
        (
            {
                "/x": {"post": operation(reply=THING)},
                "/x/{id}": {"get": operation(reply=THING), "put": operation(reply=THING)},
            },
            {"POST": ("A", "create"), "GET": ("A", "read"), "PUT": None},
        ),
        # an item without an id, a number as id, no reading at all
        (
            {"/x/{id}": {"get": operation(reply=OTHER), "put": operation(BODY)}},
            {"GET": None, "PUT": None},
        ),
        (
            {
                "/x/{id}": {
                    "get": operation({"name": "id", "in": "path", "type": "integer"}, reply=THING),
                    "put": operation(BODY, reply=THING),
                }
            },
            {"GET": None, "PUT": None},
        ),
        ({"/x/{id}": {"put": operation(BODY, reply=THING)}}, {"PUT": None}),
        ({"/x/{id}": {"get": operation()}}, {"GET": None}),
        # written but not created
        (
            {"/x/{id}": {"get": operation(reply=THING), "patch": operation(BODY, reply=THING)}},
            {"GET": ("C", "read"), "PATCH": ("C", "merge")},
        ),
        # read-only; and what can be deleted is more than that
        (
            {
                "/x": {"get": operation(reply={"$ref": "#/definitions/Listing"})},
                "/x/{id}": {"get": operation(reply=THING), "head": operation()},
            },
            {"GET": ("S", "read"), "HEAD": ("S", "read")},
        ),
        (
            {
                "/x": {"get": operation(reply={"$ref": "#/definitions/Listing"})},
                "/x/{id}": {"get": operation(reply=THING), "delete": operation()},
            },
            {"GET": None, "DELETE": None},
        ),
        # a single resource, unless it is a listing, takes something else or is a command
        (
            {"/x": {"get": operation(reply=THING), "put": operation(BODY)}},
            {"GET": ("D", "read_single"), "PUT": ("D", "write_single")},
        ),
        (
            {
                "/x": {
                    "get": operation(reply=THING),
                    "put": operation(BODY, reply=THING),
                    "delete": operation(),
                }
            },
            {"GET": ("D", "read_single"), "PUT": ("D", "write_single"), "DELETE": None},
        ),
        (
            {
                "/x": {
                    "get": operation(reply={"$ref": "#/definitions/Listing"}),
                    "put": operation(BODY),
                }
            },
            {"GET": None, "PUT": None},
        ),
        (
            {"/x": {"get": operation(reply=OTHER), "put": operation(BODY)}},
            {"GET": None, "PUT": None},
        ),
        (
            {"/x": {"get": operation(reply=THING), "put": operation(BODY, reply=OTHER)}},
            {"GET": None, "PUT": None},
        ),
        ({"/x": {"get": operation(reply=THING), "put": operation()}}, {"GET": None, "PUT": None}),
        ({"/x": {"get": operation(reply=THING)}}, {"GET": None}),
        (
            {"/x/validate": {"get": operation(reply=THING), "put": operation(BODY)}},
            {"GET": None, "PUT": None},
        ),
    ],
)
def test_shapes(paths, expected):
    assert letters(paths) == expected


JOB = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "state": {"type": "string", "enum": ["RUNNING", "DONE"]},
    },
}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (
            {"/jobs": {"post": operation(reply=JOB)}, "/jobs/{id}": {"get": operation(reply=JOB)}},
            {"POST": ("H", "start"), "GET": ("H", "read")},
        ),
        # neither started nor read, without an id, without states
        ({"/jobs/{id}": {"get": operation(reply=JOB)}}, {"GET": None}),
        ({"/jobs": {"post": operation(reply=JOB)}}, {"POST": None}),
        (
            {"/jobs": {"post": operation()}, "/jobs/{id}": {"get": operation(reply=JOB)}},
            {"POST": None, "GET": None},
        ),
        (
            {
                "/jobs": {"post": operation(reply=THING)},
                "/jobs/{id}": {"get": operation(reply=THING)},
            },
            {"POST": None, "GET": None},
        ),
        # the results of a job, and what is written there
        (
            {
                "/jobs": {"post": operation(reply=JOB)},
                "/jobs/{id}": {"put": operation(), "get": operation(reply=JOB)},
                "/jobs/{id}/results": {"get": operation(reply=THING), "delete": operation()},
            },
            {
                "POST": ("H", "start"),
                "PUT": ("H", "resume"),
                "GET": ("H", "results"),
                "DELETE": None,
            },
        ),
    ],
)
def test_jobs(paths, expected):
    assert letters(paths) == expected


def test_parents_from_the_innermost():
    found = ResourceRules(definition())
    assert list(found.parents("/a/{b}/c/{d}/e")) == [
        ("/a/{b}/c", "/a/{b}/c/{d}"),
        ("/a", "/a/{b}"),
    ]
    assert list(found.parents("/a/{b}")) == []
    assert list(found.parents("/a")) == []


def test_only_some_collections_can_be_added_to():
    found = ResourceRules(definition())
    assert found.collection("/api/v2/groups").is_creatable
    assert found.collection("/api/v2/authorization/permissions") is None
    assert found.collection("/nowhere") is None
    thing = operation(reply=THING)
    paths = {"/x/{id}": {"get": thing, "put": operation(BODY)}}
    alone = ResourceRules(Definition.of(small_document(paths, MODELS)))
    assert not alone.collection("/x").is_creatable


def test_models_are_alike_that_share_most_properties():
    one = Schema(properties={"a": Schema(), "b": Schema(), "c": Schema()})
    assert are_alike(one, one)
    assert are_alike(one, Schema(properties={"a": Schema(), "b": Schema(), "x": Schema()}))
    assert not are_alike(one, Schema(properties={"a": Schema(), "x": Schema(), "y": Schema()}))
    assert not are_alike(one, Schema())
