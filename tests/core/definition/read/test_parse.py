"""A Swagger document becomes values, or an error that names the place."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_core.definition.read.definition import (
    ApiDefinition,
    ApiOperation,
    ApiPermissions,
    Array,
    Field,
    Map,
    Plain,
    Ref,
    Type,
)
from genesys_core.definition.read.parse import parse_definition
from genesys_core.errors import InvalidValueError
from tests.strategies.definition import (
    STRING,
    TRAP_TOPICS,
    TRAPS,
    array,
    body,
    mapping,
    model,
    operation,
    path,
    query,
    ref,
)

NO_TOPICS: dict[str, object] = {"notifications": []}


def parsed(paths: Any = (), definitions: Any = (), topics: Any = None) -> ApiDefinition:
    document = {
        "swagger": "2.0",
        "info": {"version": "v2"},
        "paths": dict(paths),
        "definitions": dict(definitions),
    }
    return parse_definition(document, NO_TOPICS if topics is None else topics)


def only(*args: Any, **kwargs: Any) -> ApiOperation:
    """The one operation of a definition that has it at ``GET /x/{id}``."""
    found = parsed({"/x/{id}": {"get": operation("getX", "Users", *args, **kwargs)}})
    (one,) = found.operations()
    return one


def field_of(schema: Any) -> Field:
    found = parsed(definitions={"A": model({"x": schema}), "B": model({})})
    return found.models[0].fields[0]


@pytest.mark.parametrize(
    ("schema", "type_"),
    [
        (STRING, Plain("string")),
        ({"type": "string", "format": "uuid"}, Plain("string")),
        ({"type": "string", "format": "date"}, Plain("date")),
        ({"type": "string", "format": "date-time"}, Plain("date-time")),
        ({"type": "string", "format": "local-date-time"}, Plain("local-date-time")),
        ({"type": "string", "format": "year-month"}, Plain("year-month")),
        ({"type": "string", "enum": ["b", "a", "b"]}, Plain("string", ("b", "a"))),
        ({"type": "integer", "format": "int64"}, Plain("integer")),
        ({"type": "integer", "enum": ["2", "23"]}, Plain("integer")),
        ({"type": "number", "format": "float"}, Plain("number")),
        ({"type": "boolean"}, Plain("boolean")),
        ({"type": "object"}, Plain("object")),
        ({"type": "object", "additionalProperties": True}, Plain("object")),
        ({"type": "any"}, Plain("any")),
        ({}, Plain("any")),
        ({"type": "array"}, Array(Plain("any"))),
        (array(array(STRING)), Array(Array(Plain("string")))),
        (mapping(array(ref("B"))), Map(Array(Ref("B")))),
        (ref("B"), Ref("B")),
        ({"allOf": [ref("B")], "readOnly": True}, Ref("B")),
    ],
)
def test_schemas_become_types(schema: Any, type_: Type) -> None:
    assert field_of(schema).type == type_


def test_fields_keep_their_facts() -> None:
    properties = {
        "aB": STRING,
        "c": {**STRING, "readOnly": True},
        "d": {**STRING, "x-read-only": True},
        "password": STRING,
    }
    found = parsed(definitions={"A": model(properties, required=["aB"])})
    plain = Plain("string")
    assert found.models[0].fields == (
        Field("a_b", "aB", plain, required=True),
        Field("c", "c", plain, read_only=True),
        Field("d", "d", plain, read_only=True),
        Field("password", "password", plain, secret=True),
    )


def test_a_model_has_the_fields_of_all_that_it_is_made_of() -> None:
    definitions = {
        "Base": model({"a": STRING, "b": STRING}, required=["a"]),
        "More": {"allOf": [ref("Base"), ref("More"), model({"c": STRING}, required=["c"])]},
        "Lost": {"allOf": [ref("Nowhere"), model({"d": STRING})], "properties": {"d": {}}},
    }
    _, more, lost = parsed(definitions=definitions).models
    assert [(one.name, one.required) for one in more.fields] == [
        ("a", True),
        ("b", False),
        ("c", True),
    ]
    assert [(one.name, one.type) for one in lost.fields] == [("d", Plain("any"))]


def test_an_operation_keeps_its_facts() -> None:
    found = only(
        path("id"),
        query("pageSize", type="integer", required=True),
        {"name": "If-Match", "in": "header", "type": "string"},
        body(array(STRING), required=False, name="things"),
        returns=mapping(STRING),
        **{
            "x-python-method-name": "get_the_x",
            "x-inin-requires-permissions": {"type": "ANY", "permissions": ["a:b:c"]},
            "x-inin-preview": True,
            "deprecated": True,
        },
    )
    assert (found.name, found.method, found.path) == ("get_the_x", "GET", "/x/{id}")
    assert [(one.name, one.location, one.required) for one in found.parameters] == [
        ("id", "path", True),
        ("page_size", "query", True),
        ("if_match", "header", False),
        ("things", "body", False),
    ]
    assert found.body is found.parameters[3]
    assert found.returns == Map(Plain("string"))
    assert found.permissions == ApiPermissions(all=False, names=("a:b:c",))
    assert (found.deprecated, found.preview) == (True, True)


def test_what_an_operation_does_not_say() -> None:
    found = only(path("id", required=False))
    assert (found.returns, found.body, found.permissions) == (None, None, None)
    assert (found.deprecated, found.preview, found.accept) == (False, False, "application/json")
    assert found.parameters[0].required, "a path parameter is required, whatever is said"
    nothing = {"type": "ALL", "permissions": []}
    assert only(**{"x-inin-requires-permissions": nothing}).permissions is None


@pytest.mark.parametrize(
    ("produces", "accept"),
    [
        ([], "application/json"),
        (["application/json"], "application/json"),
        (["application/scim+json", "application/json"], "application/json"),
        (["text/plain"], "text/plain"),
        (["text/calendar"], "text/calendar"),
    ],
)
def test_json_is_asked_for_where_it_is_offered(produces: list[str], accept: str) -> None:
    assert only(produces=produces).accept == accept


@pytest.mark.parametrize(
    ("responses", "returns"),
    [
        ({"default": {"schema": STRING}}, Plain("string")),
        ({"200": {}, "202": {"schema": STRING}, "default": {}}, Plain("string")),
        ({"201": {"schema": STRING}, "404": {"schema": array(STRING)}}, Plain("string")),
        ({"404": {"schema": STRING}}, None),
        ({}, None),
    ],
)
def test_the_reply_is_the_successful_one(responses: Any, returns: Type | None) -> None:
    assert only(responses=responses).returns == returns


def test_parameters_of_a_path_are_shared_and_an_operations_own_stand_over_them() -> None:
    item = {
        "parameters": [path("id"), query("a"), query("b")],
        "get": operation("getX", "Users", query("b", type="integer"), query("c")),
    }
    (found,) = parsed({"/x/{id}": item}).operations()
    assert [(one.name, one.type) for one in found.parameters] == [
        ("id", Plain("string")),
        ("a", Plain("string")),
        ("b", Plain("integer")),
        ("c", Plain("string")),
    ]


def test_an_operation_of_several_tags_is_in_each_api_and_once_among_operations() -> None:
    paths = {
        "/b": {"get": operation("getB", "Users OAuth Users")},
        "/a": {"get": operation("getA", "Users")},
    }
    found = parsed(paths)
    assert [(api.tag, api.name, api.class_name) for api in found.apis] == [
        ("OAuth", "oauth", "OAuthApi"),
        ("Users", "users", "UsersApi"),
    ]
    assert [one.name for one in found.apis[1].operations] == ["get_a", "get_b"]
    assert len(found.operations()) == 2


def test_tags_that_sound_alike_stay_apart() -> None:
    paths = {
        f"/{number}": {"get": {**operation("getX", ""), "tags": [tag]}}
        for number, tag in enumerate(["AgentUI", "Agent UI"])
    }
    found = parsed(paths).apis
    assert [(api.tag, api.name) for api in found] == [
        ("AgentUI", "agent_ui"),
        ("AgentUI_2", "agent_ui_2"),
    ]


def test_the_version_is_the_sdks_where_there_is_one() -> None:
    assert parsed().version == "v2"
    assert parse_definition(TRAPS, TRAP_TOPICS).version == "1.2.3"


def test_topics_are_sorted_and_named_by_class() -> None:
    topics = {
        "notifications": [{"topic": "v2.b", "class": "None"}, {"topic": "v2.a", "class": "None"}]
    }
    found = parsed(definitions={"None": model({})}, topics=topics)
    assert found.topics == (("v2.a", "None_"), ("v2.b", "None_"))


def broken(**changes: Any) -> dict[str, object]:
    return {"swagger": "2.0", "info": {"version": "v2"}, "paths": {}, **changes}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (broken(swagger="3.0"), ["'3.0'", "Swagger 2.0"]),
        ({}, ["missing required field", "Swagger 2.0"]),
        (broken(paths=[]), ["$.paths", "Swagger 2.0"]),
        (broken(paths={"/x": {"get": {"tags": 3}}}), ["tags"]),
        (broken(paths={"/x": {"get": operation("", "Users")}}), ["GET /x", "operationId"]),
        (
            broken(paths={"/x": {"get": operation("getX", "Users", returns=ref("No"))}}),
            ["'No'", "referenced but not defined"],
        ),
        (
            broken(paths={"/x": {"get": operation("g", "Users", {**query("q"), "in": "cookie"})}}),
            ["GET /x", "'q'", "'cookie'", "path, query, header, body"],
        ),
        (
            broken(
                paths={
                    "/x": {"get": operation("getX", "Users")},
                    "/y": {"get": operation("getX", "Users")},
                }
            ),
            ["'get_x'", "/x", "/y"],
        ),
    ],
)
def test_what_is_no_definition_is_refused(document: dict[str, object], words: list[str]) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse_definition(document, NO_TOPICS)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "topics",
    [{}, {"notifications": {}}, {"notifications": [{"topic": "v2.a"}]}],
)
def test_what_is_no_topic_file_is_refused(topics: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError, match="topics: "):
        parse_definition(TRAPS, topics)


def test_a_topic_without_its_model_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="'Nowhere'"):
        parse_definition(TRAPS, {"notifications": [{"topic": "v2.a", "class": "Nowhere"}]})
