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
    Limits,
    Map,
    Plain,
    Ref,
    Type,
)
from genesys_core.definition.read.naming import number_name
from genesys_core.definition.read.parse import parse_definition, read_definition
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
    return read_definition(document, NO_TOPICS if topics is None else topics).definition


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
            "x-purecloud-method-name": "getTheX",
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


def findings(
    paths: Any = (), definitions: Any = (), topics: Any = None, **more: Any
) -> tuple[ApiDefinition, list[str]]:
    document = {
        "swagger": "2.0",
        "info": {"version": "v2"},
        "paths": dict(paths),
        "definitions": dict(definitions),
        **more,
    }
    reading = read_definition(document, NO_TOPICS if topics is None else topics)
    return reading.definition, list(map(str, reading.findings))


def get(*args: Any, **more: Any) -> dict[str, Any]:
    return {"get": operation("getX", "Users", *args, **more)}


NOWHERE = {"$ref": "#/definitions/Nowhere"}


@pytest.mark.parametrize(
    ("paths", "definitions", "found"),
    [
        (
            {"/x": {"get": {"tags": 3, "operationId": "getX"}}},
            {},
            "paths./x.get.tags: expected an array, found a number; ignored",
        ),
        (
            {"/x": {"get": operation("", "Users")}},
            {},
            "paths./x.get: has no operationId; named 'get_x' after its path",
        ),
        (
            {"/x": get(returns=NOWHERE)},
            {},
            (
                "paths./x.get.responses.default.schema.$ref: '#/definitions/Nowhere' is not defined; "
                "typed as any JSON value"
            ),
        ),
        (
            {"/x": get(returns={"$ref": "other.json#/X"})},
            {},
            (
                "paths./x.get.responses.default.schema.$ref: 'other.json#/X' is outside the document; "
                "typed as any JSON value"
            ),
        ),
        (
            {"/x": get({**query("q"), "in": "cookie"})},
            {},
            (
                "paths./x.get.parameters[0]: parameter 'q' is in 'cookie', but must be in path, "
                "query, header, body or formData; omitted"
            ),
        ),
        (
            {"/x": get({"$ref": "#/parameters/No"})},
            {},
            "paths./x.get.parameters[0]: parameter '#/parameters/No' is not defined; omitted",
        ),
        (
            {"/x": {"get": {"responses": {"200": {"$ref": "#/responses/No"}}, "operationId": "x"}}},
            {},
            "paths./x.get.responses.200: response '#/responses/No' is not defined; treated as empty",
        ),
        (
            {"/x/{id}": get()},
            {},
            "paths./x/{id}: path parameter 'id' is not declared; added as a string",
        ),
        (
            {"/x": get(), "/y": get()},
            {},
            "paths./y.get: 'get_x' is also the name of another operation; renamed to 'get_x_2'",
        ),
        (
            {},
            {"A": array(ref("A"))},
            "definitions.A: is a recursive type without an object; typed as any JSON value",
        ),
        (
            {},
            {"A": model({}, allOf=[NOWHERE])},
            "definitions.A.allOf[0]: '#/definitions/Nowhere' is not defined; ignored",
        ),
        (
            {},
            {"A": model({}, allOf=[ref("A")])},
            "definitions.A.allOf[0]: '#/definitions/A' is circular; ignored",
        ),
        (
            {
                "/x": {
                    "post": operation(
                        "p", "Users", {"name": "file", "in": "formData"}, body({"type": "object"})
                    )
                }
            },
            {},
            "paths./x.post: has a body and form data; the form data is omitted",
        ),
        (
            {"/x": {"post": operation("p", "U", body(STRING), {**body(STRING), "name": "more"})}},
            {},
            "paths./x.post.parameters[1]: has a second body, 'more'; omitted",
        ),
        (
            {"/x/{id}": get(path("id"), path("no"))},
            {},
            "paths./x/{id}.get.parameters[1]: path parameter 'no' is not in the path; omitted",
        ),
    ],
)
def test_what_cannot_be_used_is_a_finding_with_its_place(
    paths: Any, definitions: Any, found: str
) -> None:
    if "recursive type" in found:  # an alias is read when something refers to it
        paths = {"/x": get(returns=ref("A"))}
    assert findings(paths, definitions)[1] == [found]
    document = {"swagger": "2.0", "paths": paths, "definitions": definitions}
    with pytest.raises(InvalidValueError) as caught:
        parse_definition(document, NO_TOPICS)
    assert found in str(caught.value)


def test_the_rest_of_a_definition_is_kept() -> None:
    paths = {
        "/x": get({"$ref": "#/parameters/No"}, query("q"), returns=array(NOWHERE)),
    }
    definition, found = findings(paths, {"A": model({"a": NOWHERE, "b": STRING})})
    (one,) = definition.operations()
    assert [parameter.name for parameter in one.parameters] == ["q"]
    assert one.returns == Array(Plain("any"))
    assert [(field.name, field.type) for field in definition.models[0].fields] == [
        ("a", Plain("any")),
        ("b", Plain("string")),
    ]
    assert len(found) == 3


def test_two_operations_that_share_a_name_never_take_a_third_ones() -> None:
    paths = {
        "/a": get(),
        "/b": get(),
        "/c": {"get": operation("getX_2", "Users")},
        "/d": {"get": operation("getX", "OAuth")},
    }
    definition, _ = findings(paths)
    names = {one.path: one.name for one in definition.operations()}
    assert names == {"/a": "get_x", "/b": "get_x_3", "/c": "get_x_2", "/d": "get_x"}


def test_parameters_and_responses_may_be_shared() -> None:
    definition, found = findings(
        {
            "/x": {
                "get": {
                    "operationId": "x",
                    "parameters": [{"$ref": "#/parameters/a~1b"}],
                    "responses": {"200": {"$ref": "#/responses/Text"}},
                }
            }
        },
        parameters={"a/b": query("q", type="integer")},
        responses={"Text": {"schema": STRING}},
    )
    (one,) = definition.operations()
    assert [(p.name, p.type) for p in one.parameters] == [("q", Plain("integer"))]
    assert (one.returns, found) == (Plain("string"), [])


def test_definitions_other_than_objects_stand_for_their_type() -> None:
    definitions = {
        "Pets": array(ref("Pet")),
        "Pet": model({"kind": ref("Kind"), "byName": ref("ByName"), "same": ref("Same")}),
        "Kind": {"type": "string", "enum": ["cat", None]},
        "ByName": mapping(ref("Pets")),
        "Same": ref("Pet"),
    }
    definition, found = findings({"/x": get(returns=ref("Pets"))}, definitions)
    assert [one.name for one in definition.models] == ["Pet"]
    assert [field.type for field in definition.models[0].fields] == [
        Plain("string", ("cat",)),
        Map(Array(Ref("Pet"))),
        Ref("Pet"),
    ]
    assert definition.operations()[0].returns == Array(Ref("Pet"))
    assert found == []


def test_inline_objects_become_models() -> None:
    inner = model({"city": STRING}, description="Where.")
    definitions = {
        "User": model({"address": model({"home": inner}), "all": {"allOf": [ref("B"), inner]}}),
        "B": model({"b": STRING}),
        "UserAddress": model({}),
    }
    paths = {"/x": get(body(array(model({"a": STRING}))), returns=model({"r": STRING}))}
    definition, found = findings(paths, definitions)
    fields = {one.name: [field.name for field in one.fields] for one in definition.models}
    assert fields == {
        "User": ["address", "all"],
        "B": ["b"],
        "UserAddress": [],
        "UserAddress_2": ["home"],
        "UserAddress_2Home": ["city"],
        "UserAll": ["b", "city"],
        "GetXBody": ["a"],
        "GetXResponse": ["r"],
    }
    assert definition.models[4].description == "Where."
    assert found == []


def test_properties_beside_additional_ones_are_kept() -> None:
    definition, _ = findings(definitions={"A": {**mapping(STRING), "properties": {"a": STRING}}})
    assert [field.name for field in definition.models[0].fields] == ["a"]


def test_values_of_a_polymorphic_model_lose_nothing() -> None:
    definitions = {
        "Shape": model({"kind": STRING}, discriminator="kind"),
        "Circle": {"allOf": [ref("Shape"), model({"radius": {"type": "number"}})]},
        "Drawing": model({"shapes": array(ref("Shape")), "circle": ref("Circle")}),
        "Alone": model({"kind": STRING, "next": ref("Alone")}, discriminator="kind"),
    }
    definition, found = findings(definitions=definitions)
    types = {
        (one.name, field.name): field.type for one in definition.models for field in one.fields
    }
    assert types["Drawing", "shapes"] == Array(Ref("AnyShape"))
    assert types["Drawing", "circle"] == Ref("Circle")
    union = next(one for one in definition.models if one.name == "AnyShape")
    assert (union.tag, union.cases) == ("kind", (("Circle", "Circle"), ("Shape", "Shape")))
    assert union.fields == ()
    assert types["Circle", "kind"] == Plain("string")
    assert types["Alone", "next"] == Ref("Alone")
    assert found == []


def test_kinds_that_cannot_be_told_apart_are_findings() -> None:
    definitions = {
        "AnyShape": model({}),
        "Shape": model(
            {"kind": STRING},
            discriminator={
                "propertyName": "kind",
                "mapping": {"round": "#/definitions/Circle", "flat": "Nowhere"},
            },
        ),
        "Circle": model({"kind": STRING}),
        "Square": {"allOf": [ref("Shape")], "x-discriminator-value": "round"},
    }
    definition, found = findings(definitions=definitions)
    union = next(one for one in definition.models if one.tag)
    assert union.name == "AnyShape_2"
    assert union.cases == (("round", "Circle"), ("Shape", "Shape"))
    place = "definitions.Shape.discriminator"
    assert found == [
        f"{place}: kind 'flat': 'Nowhere' is not an object definition; ignored",
        f"{place}: kind 'round': already names Circle; ignored",
    ]


def test_events_of_a_topic_may_be_of_several_kinds() -> None:
    definitions = {
        "Shape": model({"kind": STRING}, discriminator="kind"),
        "Circle": {"allOf": [ref("Shape")]},
    }
    topics = {"notifications": [{"topic": "v2.shapes", "class": "Shape"}]}
    assert parsed(definitions=definitions, topics=topics).topics == (("v2.shapes", "AnyShape"),)


def test_form_data_are_parameters_of_a_form() -> None:
    file = {"name": "file", "in": "formData", "type": "file", "required": True}
    text = {"name": "text", "in": "formData", "type": "string"}
    one = only(path("id"), file, text)
    assert [(each.name, each.location, each.type) for each in one.parameters] == [
        ("id", "path", Plain("string")),
        ("file", "formData", Plain("file")),
        ("text", "formData", Plain("string")),
    ]
    assert (one.form, one.body) == ("multipart", None)
    assert only(text).form == "urlencoded"
    assert only(text, consumes=["multipart/form-data"]).form == "multipart"
    assert only(path("id")).form is None


def test_each_successful_status_may_have_its_type() -> None:
    def types(**responses: Any) -> Any:
        replies = {
            key.strip("_"): {} if schema is None else {"schema": schema}
            for key, schema in responses.items()
        }
        one = only(responses=replies)
        return one.returns, one.replies

    text, number = Plain("string"), Plain("integer")
    integer = {"type": "integer"}
    assert types(_200=STRING, _202=integer) == (text, ((202, number),))
    assert types(_200=STRING, _201=STRING, _204=None) == (text, ((204, None),))
    assert types(_202=None, _200=None) == (None, ())
    assert types(_204=None, default=STRING) == (None, ())
    assert types(default=STRING) == (text, ())
    assert types(_2XX=STRING, _404=STRING) == (None, ())
    assert types(_200={"type": "file"}) == (Plain("file"), ())
    one = only(responses={"200": {"schema": STRING}, "202": {"schema": integer}, "204": {}})
    assert one.return_types == (text, number, None)


def test_permissions_of_2016_are_a_list_of_which_all_are_required() -> None:
    found = only(**{"x-inin-requires-permissions": ["a:b:c", "d:e:f"]}).permissions
    assert found == ApiPermissions(all=True, names=("a:b:c", "d:e:f"))


def test_the_official_method_name_is_preferred() -> None:
    assert only(**{"x-purecloud-method-name": "getXById"}).name == "get_x_by_id"
    assert only(**{"x-purecloud-method-name": ""}).name == "get_x"


def test_defaults_and_bounds_of_parameters_are_kept() -> None:
    size = {**query("size"), "type": "integer", "default": 25, "minimum": 1, "maximum": 100}
    order = {**query("order"), "default": "asc", "minLength": 3, "maxLength": 4}
    ids = {**query("ids"), "type": "array", "items": STRING, "minItems": 1, "maxItems": 50}
    flag = {**query("flag"), "type": "boolean", "default": False}
    one = only(size, order, ids, flag, query("plain"))
    assert [parameter.limits for parameter in one.parameters if parameter.wire != "id"] == [
        Limits("25", 1, 100),
        Limits("asc", min_length=3, max_length=4),
        Limits(min_items=1, max_items=50),
        Limits("false"),
        Limits(),
    ]


def test_formats_and_patterns_are_kept() -> None:
    one = only(
        {**query("link"), "format": "uri", "pattern": "https://.*"},
        {**query("day"), "format": "date"},
        {**query("count"), "type": "integer", "format": "int32"},
        {**query("ids"), "type": "array", "items": STRING, "uniqueItems": True},
    )
    assert [parameter.limits for parameter in one.parameters if parameter.wire != "id"] == [
        Limits(format="uri", pattern="https://.*"),
        Limits(),
        Limits(),
        Limits(is_unique=True),
    ]


def test_limits_of_fields_are_kept() -> None:
    assert field_of({**STRING, "maxLength": 9, "default": "a"}).limits == Limits("a", max_length=9)
    assert field_of({**STRING, "format": "uuid"}).limits == Limits(format="uuid")
    assert field_of(STRING).limits == Limits()


OAUTH = {"PureCloud OAuth": {"type": "oauth2"}, "Guest Chat JWT": {"type": "apiKey"}}


@pytest.mark.parametrize(
    ("given", "schemes"),
    [
        ([{"PureCloud OAuth": ["all"]}], None),
        ([{"Guest Chat JWT": []}, {"PureCloud OAuth": []}], None),
        ([{"Guest Chat JWT": []}, {"Unknown": []}], ("Guest Chat JWT", "Unknown")),
        ([{"Guest Chat JWT": []}, {}], ()),
        ([], ()),
    ],
)
def test_ways_to_authenticate_without_an_access_token_are_kept(
    given: Any, schemes: tuple[str, ...] | None
) -> None:
    definition, found = findings({"/x": get(security=given)}, securityDefinitions=OAUTH)
    assert definition.operations()[0].schemes == schemes
    assert found == []


def test_the_documents_way_to_authenticate_is_that_of_all_operations() -> None:
    chat = [{"Guest Chat JWT": []}]
    definition, _ = findings({"/x": get()}, securityDefinitions=OAUTH, security=chat)
    assert definition.operations()[0].schemes == ("Guest Chat JWT",)
    assert findings({"/x": get()})[0].operations()[0].schemes is None


def test_descriptions_of_apis_are_kept() -> None:
    tags = [{"name": "Users", "description": "People."}, {"name": "Other"}]
    definition, found = findings({"/x": get()}, tags=tags)
    assert [api.description for api in definition.apis] == ["People."]
    assert found == []


def test_error_codes_of_shared_responses_are_kept() -> None:
    shared = {"Gone": {"description": "", "x-inin-error-codes": {"gone": ""}}}
    answers = {"410": {"$ref": "#/responses/Gone"}, "411": {"$ref": "#/responses/None"}}
    definition, _ = findings({"/x": get(responses=answers)}, responses=shared)
    assert definition.operations()[0].errors == (("410", ("gone",)),)


def test_error_codes_are_kept_by_status() -> None:
    codes = {"404": {"x-inin-error-codes": {"not.found": "Not found.", "user.gone": ""}}}
    one = only(responses={"200": {}, "409": {}, **codes})
    assert one.errors == (("404", ("not.found", "user.gone")),)


def test_descriptions_are_kept() -> None:
    one = only({**path("id"), "description": "The id."}, summary="Get x.", description="Long.")
    assert (one.summary, one.description) == ("Get x.", "Long.")
    assert one.parameters[0].description == "The id."


def test_extensions_among_paths_are_no_paths() -> None:
    assert findings({"x-note": "text", "/x": get()})[1] == []


@pytest.mark.parametrize("name", ["@h.example/x", ".h.example/x", ":80@h.example/", "api/x", ""])
def test_a_path_cannot_be_a_part_of_the_host(name: str) -> None:
    definition, found = findings({name: get(), "/x": get()})
    assert found == [f"paths.{name}: does not begin with '/'; ignored"]
    assert [one.path for one in definition.operations()] == ["/x"]


def test_types_that_references_nest_are_bounded() -> None:
    arrays = {f"A{n}": array(ref(f"A{n + 1}")) for n in range(600)}
    definition, found = findings({"/x": get(returns=ref("A0"))}, {**arrays, "A600": STRING})
    (one,) = found
    assert one.endswith(": nested more than 100 levels deep; typed as any JSON value")
    type_ = definition.operations()[0].returns
    for _ in range(40):
        assert isinstance(type_, Array)
        type_ = type_.items


def test_inheritance_is_bounded() -> None:
    chain = {f"A{n}": model({f"p{n}": STRING}, allOf=[ref(f"A{n + 1}")]) for n in range(250)}
    definition, found = findings(definitions={**chain, "A250": model({})})
    assert found
    assert all(one.endswith(": nested more than 100 levels deep; ignored") for one in found)
    fields = {field.wire for field in definition.models[0].fields}
    assert {f"p{n}" for n in range(90)} <= fields


def test_a_definition_is_inherited_once_however_many_ways_lead_to_it() -> None:
    twice = {
        f"A{n}": model({f"p{n}": STRING}, allOf=[ref(f"A{n + 1}"), ref(f"A{n + 1}")])
        for n in range(50)
    }
    definition, found = findings(definitions={**twice, "A50": model({"p50": STRING})})
    assert found == []
    assert {field.wire for field in definition.models[0].fields} == {f"p{n}" for n in range(51)}


def test_nesting_is_bounded() -> None:
    schema: Any = STRING
    for _ in range(3000):
        schema = array(schema)
    definition, found = findings(definitions={"A": model({"deep": schema, "b": STRING})})
    assert [field.name for field in definition.models[0].fields] == ["deep", "b"]
    assert len(found) == 1
    assert found[0].endswith("nested more than 100 levels deep; ignored")


def test_topics_bring_their_models() -> None:
    schema = {"id": "urn:jsonschema:names:v2:Event", "properties": {"a": STRING}}
    topics = {"entities": [{"id": "v2.a", "schema": schema}]}
    definition, found = findings(definitions={"Other": model({})}, topics=topics)
    assert definition.topics == (("v2.a", "NamesEvent"),)
    assert [one.name for one in definition.models] == ["Other", "NamesEvent"]
    assert found == []


def test_a_topic_without_its_model_is_a_finding() -> None:
    topics = {"notifications": [{"topic": "v2.a", "class": "Nowhere"}]}
    definition, found = findings(topics=topics)
    assert definition.topics == ()
    assert found == ["topics.v2.a: 'Nowhere' is not an object definition; omitted"]


def test_many_operations_of_one_name_are_numbered_in_linear_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = 0

    def count(name: str, number: int) -> str:
        nonlocal calls
        calls += 1
        return number_name(name, number)

    monkeypatch.setattr("genesys_core.definition.read.naming.number_name", count)
    found = parsed({f"/{number}": {"get": operation("getX", "A")} for number in range(500)})
    assert found.operations()[-1].name == "get_x_99"  # sorted by name
    assert len({one.name for one in found.operations()}) == 500
    assert calls < 3000


@pytest.mark.parametrize(
    ("tags", "numbers"),
    [
        (["A", "A B", "B", "B", "A", "A B"], [1, 2, 1, 3, 3, 4]),
        (["A", "A", "A C", "D", "D", "C D"], [1, 2, 3, 1, 2, 4]),
    ],
)
def test_a_number_that_only_another_tag_has_is_used(tags: list[str], numbers: list[int]) -> None:
    found = parsed(
        {f"/{number}": {"get": operation("getX", tag)} for number, tag in enumerate(tags)}
    )
    names = {one.path: one.name for one in found.operations()}
    assert [names[f"/{place}"] for place in range(len(tags))] == [
        number_name("get_x", number) for number in numbers
    ]


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "\x00", "\x1f"])
def test_a_property_whose_name_a_model_cannot_have_is_omitted(name: str) -> None:
    """msgspec refuses such names, so that the module with the model could not be imported."""
    document = {
        "swagger": "2.0",
        "paths": {},
        "definitions": {"A": model({name: STRING, "b": STRING, "c": model({name: STRING})})},
    }
    found = read_definition(document, NO_TOPICS)
    assert [[field.wire for field in one.fields] for one in found.definition.models] == [
        ["b", "c"],
        [],
    ]
    assert [str(finding).partition(": ")[2] for finding in found.findings] == [
        "a name with a quotation mark, a backslash or a control character cannot be a field; omitted"
    ] * 2


def test_an_inline_object_is_a_model() -> None:
    assert field_of(model({"a": STRING})).type == Ref("AX")
    extended = parsed(
        definitions={
            "A": model({"x": {"allOf": [ref("B")], "properties": {"c": STRING}}}),
            "B": model({"b": STRING}),
        }
    )
    assert extended.models[0].fields[0].type == Ref("AX")
    assert [one.wire for one in extended.models[2].fields] == ["b", "c"]


def test_a_format_counts_for_text_alone() -> None:
    assert field_of({"type": "integer", "format": "date"}).type == Plain("integer")


def test_a_part_of_all_of_that_cannot_be_used_hides_no_other() -> None:
    parts = [NOWHERE, ref("B"), ref("B"), model({"c": STRING})]
    definition, _ = findings(definitions={"A": {"allOf": parts}, "B": model({"b": STRING})})
    assert [one.wire for one in definition.models[0].fields] == ["b", "c"]


def test_a_circle_of_definitions_is_a_finding() -> None:
    definitions = {"A": {"allOf": [ref("B")]}, "B": {"allOf": [ref("A")]}}
    assert findings(definitions=definitions)[1] == [
        "definitions.A.allOf[0].allOf[0]: '#/definitions/A' is circular; ignored",
        "definitions.B.allOf[0].allOf[0]: '#/definitions/B' is circular; ignored",
    ]


def test_what_is_not_defined_inside_all_of_has_its_place() -> None:
    _, found = findings(definitions={"A": model({"x": {"allOf": [NOWHERE]}})})
    assert [one.partition(": ")[0] for one in found] == ["definitions.A.properties.x.allOf[0].$ref"]


def test_a_shared_parameter_that_is_not_defined_has_the_place_of_its_path() -> None:
    item = {"parameters": [{"$ref": "#/parameters/No"}], **get()}
    assert findings({"/x": item})[1] == [
        "paths./x.parameters[0]: parameter '#/parameters/No' is not defined; omitted"
    ]


def test_media_types_of_the_document_apply_where_an_operation_has_none() -> None:
    form = {"name": "a", "in": "formData", "type": "string"}
    media = {"consumes": ["multipart/form-data"], "produces": ["text/plain"]}
    (one,) = findings({"/x": get(form)}, **media)[0].operations()
    assert (one.form, one.accept) == ("multipart", "text/plain")


def test_a_request_keeps_its_body_beside_form_data() -> None:
    form = {"name": "a", "in": "formData", "type": "string"}
    definition, _ = findings({"/x": get(form, body(STRING))})
    (one,) = definition.operations()
    assert [parameter.location for parameter in one.parameters] == ["body"]


def test_a_parameter_that_is_missing_is_added() -> None:
    (one,) = findings({"/x/{id}": get()})[0].operations()
    assert [(parameter.wire, parameter.location) for parameter in one.parameters] == [
        ("id", "path")
    ]


def test_a_parameter_may_be_a_list_of_anything() -> None:
    (one,) = parsed({"/x": get(query("q", type="array"))}).operations()
    assert one.parameters[0].type == Array(Plain("any"))
    (one,) = parsed({"/x": get(query("q", **array(STRING)))}).operations()
    assert one.parameters[0].type == Array(Plain("string"))


def test_types_are_cut_off_at_the_same_depth_wherever_they_are() -> None:
    arrays = {f"A{n}": array(ref(f"A{n + 1}")) for n in range(200)}
    for wire in ("A0", "B"):
        paths = {"/x": get(returns=ref(wire))}
        others = {"B": array(ref("B")), "M": model({f"f{n}": STRING for n in range(60)})}
        definition, found = findings(paths, {**others, **arrays, "A200": STRING})
        type_, depth = definition.operations()[0].returns, 0
        while isinstance(type_, Array):
            type_, depth = type_.items, depth + 1
        assert (type_, len(found)) == (Plain("any"), 1)
        assert depth == (1 if wire == "B" else 50)
