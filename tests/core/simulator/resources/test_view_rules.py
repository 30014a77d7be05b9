"""The rule F."""

import pytest

from genesys_core.simulator.resources.view_rules import OTHERS, view_identity
from tests.helpers.rule_documents import (
    BODY,
    COLLECTION,
    CREATE,
    LIST,
    MODELS,
    READ,
    TEXT,
    letters,
    real_action,
    real_rule,
    rules,
)
from tests.strategies.simulator import definition, operation

OWNED = {f"/api/v2{path}": each for path, each in COLLECTION.items()}
VIEW, READ_VIEW = ("F", "list_view"), ("F", "read_view")
LONG = {"$ref": "#/definitions/ThingDivisionView"}
ALIKE = MODELS | {
    "ThingDivisionView": {"type": "object", "properties": dict.fromkeys(("id", "name"), TEXT)},
    "CommonThing": MODELS["Thing"],
}


def added(path, item, models=ALIKE):
    return letters({**OWNED, path: {"get": item}}, models)[f"GET {path}"]


@pytest.mark.parametrize(
    ("path", "item", "expected"),
    [
        ("/api/v2/x/all", LIST, VIEW),
        ("/api/v2/x/divisionviews", LIST, VIEW),
        ("/api/v2/x/divisionviews/all", LIST, VIEW),
        ("/api/v2/x/divisionviews/{id}", READ, READ_VIEW),
        ("/api/v2/x/divisionviews/counts", LIST, VIEW),
        ("/api/v2/x/{id}/plain", READ, READ_VIEW),
        ("/api/v2/x/{id}/short", operation(reply=LONG), READ_VIEW),
        (
            "/api/v2/x/common",
            operation(reply={"type": "array", "items": {"$ref": "#/definitions/CommonThing"}}),
            VIEW,
        ),
        # of others, of parts, below something unknown, or without a model
        ("/api/v2/x/deleted", LIST, None),
        ("/api/v2/x/{id}/{other}/plain", READ, None),
        ("/api/v2/x/plain", READ, None),
        ("/api/v2/y/{yId}/x", LIST, None),
        ("/api/v2/x/none", operation(), None),
        ("/api/v2/x/texts", operation(reply={"type": "array", "items": TEXT}), None),
        ("/elsewhere", LIST, None),
        ("/api/v2/x/me", LIST, VIEW),
        ("/api/v2/owners/{ownerId}/x", LIST, None),
    ],
)
def test_shapes(path, item, expected):
    assert added(path, item) == expected


def test_views_of_a_division_without_a_collection():
    assert letters({"/y/divisionviews": {"get": LIST}}) == {"GET /y/divisionviews": None}
    examples = {"/y/{id}": {"get": READ, "put": operation(BODY)}, "/y/divisionviews": {"get": LIST}}
    assert letters(examples)["GET /y/divisionviews"] is None
    odd = {**OWNED, "/api/v2/x/divisionviews/odd": {"get": operation(reply=TEXT)}}
    assert letters(odd)["GET /api/v2/x/divisionviews/odd"] is None


def test_what_ids_in_the_path_filter_by():
    models = MODELS | {
        "Thing": {
            **MODELS["Thing"],
            "properties": {**MODELS["Thing"]["properties"], "userId": TEXT},
        }
    }
    paths = {
        "/api/v2/shop/x": {"get": LIST, "post": CREATE},
        "/api/v2/shop/x/{id}": {"get": READ},
        "/api/v2/shop/owners/{ownerId}/x": {"get": LIST},
        "/api/v2/shop/x/me": {"get": LIST},
        "/api/v2/shop/x/{id}/me": {"get": LIST},
        "/api/v2/shop/colors/{shade}/x": {"get": LIST},
    }
    found = rules(paths, models)
    assert found["GET", "/api/v2/shop/owners/{ownerId}/x"].filters == (("ownerId", "owner"),)
    assert found["GET", "/api/v2/shop/x/me"].filters == (("me", "userId"),)
    assert found["GET", "/api/v2/shop/colors/{shade}/x"] is None


def test_the_caller_is_nobody_to_items_without_users():
    plain = {"Thing": {"type": "object", "properties": dict.fromkeys(("id", "name"), TEXT)}}
    paths = {**OWNED, "/api/v2/x/me": {"get": LIST}}
    assert letters(paths, MODELS | plain)["GET /api/v2/x/me"] is None


def test_below_the_parents_of_the_collection():
    paths = {
        "/api/v2/p": {"post": CREATE},
        "/api/v2/p/{pId}": {"get": READ},
        "/api/v2/p/{pId}/x": {"get": LIST, "post": CREATE},
        "/api/v2/p/{pId}/x/{xId}": {"get": READ},
        "/api/v2/p/{pId}/x/all": {"get": LIST},
        "/api/v2/p/{pId}/x/{xId}/plain": {"get": READ},
    }
    found = rules(paths)
    assert found["GET", "/api/v2/p/{pId}/x/all"].collection.template == "/api/v2/p/{pId}/x"
    rule = found["GET", "/api/v2/p/{pId}/x/{xId}/plain"]
    assert view_identity(rule.collection, "/api/v2/p/{pId}/x/{xId}/plain") == "xId"
    assert view_identity(rule.collection, "/api/v2/p/{pId}/x") == ""


@pytest.mark.parametrize(
    ("template", "owner"),
    [
        ("/api/v2/externalcontacts/scan/contacts", "/api/v2/externalcontacts/contacts"),
        ("/api/v2/users/{userId}/directreports", "/api/v2/users"),
        ("/api/v2/outbound/campaigns/all", "/api/v2/outbound/campaigns"),
    ],
)
def test_the_definition(template, owner):
    rule = real_rule("GET", template)
    assert (rule.letter, rule.collection.template) == ("F", owner)


@pytest.mark.parametrize("template", sorted(OTHERS))
def test_the_exceptions_are_paths_of_the_definition(template):
    assert definition().routes.find(template)
    assert real_action("GET", template) not in {VIEW, READ_VIEW}
