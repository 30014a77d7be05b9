"""How operations list their items, as the definition says."""

from collections import Counter

import pytest

from genesys_core.simulator.resources.listing_styles import (
    ListingStyle,
    find_items,
    find_listing_style,
)
from genesys_core.simulator.state.definition import Definition, Schema
from tests.strategies.simulator import definition, operation, small_document

TEXT = {"type": "string"}
THINGS = {"type": "array", "items": {"$ref": "#/definitions/Thing"}}
MODELS = {
    "Thing": {"type": "object", "properties": {"id": TEXT}},
    "Message": {
        "type": "object",
        "properties": {"id": TEXT, "sent": {"type": "string", "format": "date-time"}},
    },
    "Cursors": {"type": "object", "properties": {"after": TEXT}},
    "Paging": {"type": "object", "properties": {"pageNumber": {"type": "integer"}}},
}


def reply(items="entities", *names, of="Thing", **more):
    listed = {"type": "array", "items": {"$ref": f"#/definitions/{of}"}}
    properties = {items: listed, **dict.fromkeys(names, TEXT), **more}
    return {"type": "object", "properties": properties}


def query(*names):
    return [{"name": name, "in": "query", "type": "string"} for name in names]


def body(*names, **more):
    properties = {**dict.fromkeys(names, TEXT), **more}
    return [{"name": "body", "in": "body", "schema": {"type": "object", "properties": properties}}]


def style(parameters, response):
    paths = {"/x": {"get": operation(*parameters, reply=response)}}
    known = Definition.of(small_document(paths, MODELS))
    (route,) = known.routes
    return find_listing_style(known, route.facts)


def facts(found: ListingStyle):
    return found.selector, found.in_body, found.send, found.size, found.token


CURSORS = {"cursors": {"$ref": "#/definitions/Cursors"}}


@pytest.mark.parametrize(
    ("parameters", "response", "expected"),
    [
        (
            query("pageNumber", "pageSize"),
            reply(),
            ("number", False, ("pageNumber",), ("pageSize",), ()),
        ),
        (
            query("startIndex", "count"),
            reply("Resources"),
            ("index", False, ("startIndex",), ("count",), ()),
        ),
        (query("q64"), reply("results"), ("search", False, ("q64",), (), ())),
        (
            query("cursor"),
            reply("results", "cursor"),
            ("token", False, ("cursor",), (), ("cursor",)),
        ),
        (query("after", "limit"), reply(), ("token", False, ("after",), ("limit",), ())),
        (
            query("cursor"),
            reply(**CURSORS),
            ("token", False, ("cursor",), (), ("cursors", "after")),
        ),
        (query("nextPage"), reply(), ("token", False, ("nextPage",), (), ())),
        (query("before", "limit"), reply(), ("none", False, (), (), ())),
        (
            query("before", "limit"),
            reply(of="Message"),
            ("date", False, ("before",), ("limit",), ()),
        ),
        (
            query("before", "limit"),
            reply("entities", "nextUri", of="Message"),
            ("none", False, (), (), ()),
        ),
        (
            body("pageNumber", "pageSize"),
            reply(),
            ("number", True, ("pageNumber",), ("pageSize",), ()),
        ),
        (
            body(paging={"$ref": "#/definitions/Paging"}),
            reply("conversations"),
            ("number", True, ("paging", "pageNumber"), ("paging", "pageSize"), ()),
        ),
        (body("after"), reply("entities", "after"), ("token", True, ("after",), (), ("after",))),
        (body("after"), reply(), ("none", False, (), (), ())),
        (body("cursor"), reply("results", "after"), ("token", True, ("cursor",), (), ("after",))),
        ([], reply(**CURSORS), ("token", False, ("after",), (), ("cursors", "after"))),
        (
            query("pageSize"),
            reply("entities", "nextUri"),
            ("token", False, ("after",), ("pageSize",), ()),
        ),
        (query("pageSize"), reply(), ("none", False, (), (), ())),
        ([], reply("entities", "nextUri"), ("none", False, (), (), ())),
    ],
)
def test_what_selects_a_page(parameters, response, expected):
    assert facts(style(parameters, response)) == expected


def test_a_token_beside_page_numbers():
    assert style(query("pageNumber", "nextPage"), reply()).alternative == "nextPage"
    assert style(query("pageNumber"), reply()).alternative == ""


def test_a_window_of_time_is_by_the_date_of_an_item():
    assert style(query("before", "limit"), reply(of="Message")).date == "sent"


@pytest.mark.parametrize(
    ("response", "path"),
    [
        (THINGS, ()),
        (reply(), ("entities",)),
        ({"type": "object", "properties": {"results": reply()}}, ("results", "entities")),
        (reply("conversations"), ("conversations",)),
        (reply("Resources"), ("Resources",)),
    ],
)
def test_where_the_items_are(response, path):
    found = style([], response)
    assert (found.items, found.item.model_name) == (path, "Thing")


@pytest.mark.parametrize(
    "response", [None, TEXT, {"type": "object", "properties": {"results": {"type": "object"}}}]
)
def test_what_lists_nothing(response):
    assert style([], response) is None


def test_an_array_without_a_model_lists_nothing():
    assert find_items(definition(), Schema(type="array")) is None


def test_the_styles_of_the_definition():
    found = Counter(
        None if (each := find_listing_style(definition(), route.facts)) is None else each.selector
        for route in definition().routes
    )
    del found[None], found["none"]
    assert found == {"number": 329, "token": 147, "search": 7, "index": 4, "date": 2}
