"""Requests are refused for what the definition says and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator import Simulator
from genesys_core.simulator.http.checks import MAX_NESTING, has_type, is_wider
from tests.strategies.simulator import Desk, operation, small_document, unhurried

MODEL = {
    "type": "object",
    "required": ["name", "made"],
    "properties": {
        "name": {"type": "string"},
        "made": {"type": "string", "readOnly": True},
        "kind": {"type": "string", "enum": ["A", "B"]},
        "when": {"type": "string", "format": "date-time"},
        "local": {"type": "string", "format": "local-date-time"},
        "month": {"type": "string", "format": "year-month"},
        "count": {"type": "integer"},
        "ratio": {"type": "number"},
        "flag": {"type": "boolean"},
        "inner": {"$ref": "#/definitions/Model"},
        "list": {"type": "array", "items": {"$ref": "#/definitions/Model"}},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "any": {},
    },
}


def parameter(name, kind="string", place="query", *, required=False, **more):
    return {"name": name, "in": place, "type": kind, "required": required, **more}


BODY = {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Model"}}
DESK = Desk(
    Simulator(
        small_document(
            {
                "/must": {"get": operation(parameter("q", required=True))},
                "/many": {
                    "get": operation(
                        parameter("n", "array", items={"type": "integer"}, required=True)
                    )
                },
                "/head": {"get": operation(parameter("If-Match", place="header", required=True))},
                "/typed": {
                    "get": operation(
                        parameter("i", "integer"),
                        parameter("b", "boolean"),
                        parameter("f", "number"),
                        parameter("d", format="date"),
                        parameter("t", format="date-time"),
                        parameter("e", enum=["A"]),
                    )
                },
                "/on/{day}": {
                    "get": operation(parameter("day", place="path", required=True, format="date"))
                },
                "/body": {"post": operation(BODY)},
                "/maybe": {"post": operation({**BODY, "required": False})},
                "/list": {
                    "post": operation(
                        {**BODY, "schema": {"type": "array", "items": {"type": "string"}}}
                    )
                },
                "/string": {"post": operation({**BODY, "schema": {"type": "string"}})},
                "/vague": {"post": operation({"name": "body", "in": "body", "required": True})},
                "/form": {"post": operation(parameter("x", place="formData", required=False))},
            },
            {"Model": MODEL},
        )
    )
)


def get(target, **headers):
    return DESK.send("GET", target, headers=headers)


def post(target, body, content_type="application/json"):
    return DESK.send("POST", target, headers={"Content-Type": content_type}, body=body)


def blamed(answer):
    assert answer.status == 400, answer
    return answer.json["details"][0]["fieldName"]


@pytest.mark.parametrize("target", ["/must", "/must?q=", "/must?other=1"])
def test_a_required_query_parameter_is_asked_for_by_name(target):
    answer = get(target)
    assert blamed(answer) == "q"
    assert "'q'" in answer.json["message"]
    assert get("/must?q=1").status == 204


def test_a_required_header_is_asked_for_by_name():
    assert blamed(get("/head")) == "If-Match"
    assert get("/head", **{"if-match": "1"}).status == 204


def test_each_value_of_an_array_is_checked():
    assert get("/many?n=1&n=2").status == 204
    assert blamed(get("/many?n=1&n=two")) == "n"


@pytest.mark.parametrize(
    "query",
    [
        *("i=0", "i=-7", "i=9223372036854775807", "b=true", "b=false", "f=1.5", "f=-1e3"),
        *("d=2024-02-29", "t=2024-02-29T10:00Z", "t=2024-02-29T10:00:00.123456%2B05:30"),
        *("e=A", "e=UnknownToday", "unknown=anything", ""),
    ],
)
def test_values_of_their_type_pass(query):
    assert get(f"/typed?{query}").status == 204


@pytest.mark.parametrize(
    "query",
    [
        *("i=", "i=1.0", "i=1_0", "i=\u0661", "b=True", "b=1", "b=", "f=x", "f=nan", "f=inf"),
        *("d=2024-02-30", "d=20240229", "d=2024-02-29T00:00:00Z", "d="),
        *("t=2024-02-29", "t=2024-02-29T10:00:00", "t=2024-02-30T10:00:00Z", "t="),
    ],
)
def test_values_of_another_type_are_refused_by_name(query):
    answer = get(f"/typed?{query}")
    assert blamed(answer) == query.partition("=")[0]
    assert answer.json["code"] == "invalid.value"


def test_path_parameters_have_types_too():
    assert get("/on/2024-02-29").status == 204
    assert blamed(get("/on/today")) == "day"


@pytest.mark.parametrize("body", [None, b"", b"null"])
def test_a_required_body_is_asked_for(body):
    assert blamed(post("/body", body)) == "body"
    assert post("/maybe", body).status == 204


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_must_be_declared_as_json(content_type):
    answer = post("/maybe", b"{}", content_type)
    assert (answer.status, answer.json["code"]) == (415, "unsupported.media.type")


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", "application/scim+json"]
)
def test_json_has_more_than_one_name(content_type):
    assert post("/body", b'{"name":"n"}', content_type).status == 204


@pytest.mark.parametrize("body", [b"{", b'{"a":}', b"\xff", b'"\xff"', b"{}{}", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(body):
    assert blamed(post("/body", body)) == "body"


def test_nesting_is_bounded_with_or_without_a_model():
    deep = b'{"a":' * (MAX_NESTING + 1) + b"1" + b"}" * (MAX_NESTING + 1)
    assert "nested more than" in post("/vague", deep).json["message"]
    bearable = b"[" * (MAX_NESTING - 1) + b"]" * (MAX_NESTING - 1)
    assert post("/vague", bearable).status == 204


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"n","kind":"UnknownToday","unknown":{"deep":[1]}}',
        b'{"name":"n","when":"2024-01-01T00:00:00Z","count":2.0,"ratio":1,"flag":false}',
        b'{"name":"n","when":null,"inner":null,"list":[{"name":"m"},null],"map":{"a":1}}',
        b'{"name":"n","inner":{"name":"m","list":[{"name":"o","unknown":{}}]}}',
        b'{"name":"n","local":"2024-01-01T00:00:00.000","month":"2024-12","any":[1,"x"]}',
    ],
)
def test_bodies_of_their_type_pass(body):
    assert post("/body", body).status == 204, body


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"[]", "body"),
        (b'"text"', "body"),
        (b'{"name":5}', "body.name"),
        (b'{"name":"n","when":"yesterday"}', "body.when"),
        (b'{"name":"n","local":"2024-01-01T00:00:00Z"}', "body.local"),
        (b'{"name":"n","month":"2024-13"}', "body.month"),
        (b'{"name":"n","count":1.5}', "body.count"),
        (b'{"name":"n","count":true}', "body.count"),
        (b'{"name":"n","count":"1"}', "body.count"),
        (b'{"name":"n","ratio":true}', "body.ratio"),
        (b'{"name":"n","flag":0}', "body.flag"),
        (b'{"name":"n","inner":[]}', "body.inner"),
        (b'{"name":"n","list":{}}', "body.list"),
        (b'{"name":"n","list":[{"inner":{"flag":1}}]}', "body.list[0].inner.flag"),
        (b'{"name":"n","map":{"a":"x"}}', "body.map.a"),
        (b"{}", "name"),
        (b'{"name":null}', "name"),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_place(body, place):
    assert blamed(post("/body", body)) == place


def test_bodies_that_are_lists_or_strings():
    assert post("/list", b'["a"]').status == 204
    assert blamed(post("/list", b'["a",1]')) == "body[1]"
    assert blamed(post("/list", b"{}")) == "body"
    assert post("/string", b'"a"').status == 204
    assert blamed(post("/string", b"{}")) == "body"


def test_where_there_is_no_body_in_the_definition_none_is_read():
    assert post("/form", b"\xff", "application/octet-stream").status == 204


@unhurried
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=9))
def test_any_value_of_any_property_passes_or_is_refused(value):
    for name in MODEL["properties"]:
        # Infinite and undefined numbers become null on the wire.
        answer = DESK.call("POST", "/body", {"name": "n", name: value}, token="unused")
        assert answer.status in {204, 400}


@pytest.mark.parametrize(
    ("form", "value", "fits"),
    [
        (None, 2**31 - 1, True),
        (None, -(2**31), True),
        (None, 2**31, False),
        ("int32", -(2**31) - 1, False),
        ("int64", 2**63 - 1, True),
        ("int64", 2.0**63, False),
        ("int64", 2.0, True),
        ("int64", 2.5, False),
        ("int64", True, False),
    ],
)
def test_integers_have_a_range(form, value, fits):
    assert has_type("integer", form, value) is fits


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"name":"n","inner":{}}', "inner.name"),
        (b'{"name":"n","inner":{"name":null}}', "inner.name"),
        (b'{"name":"n","inner":{"name":"m","list":[{"name":"o"},{}]}}', "inner.list[1].name"),
        (b'{"inner":{}}', "name"),
    ],
)
def test_what_is_required_is_so_at_any_depth(body, place):
    answer = post("/body", body)
    assert answer.status == 400
    assert answer.json["message"] == f"The request body must contain the field '{place}'."
    assert answer.json["details"] == [{"errorCode": "bad.request", "fieldName": place}]


def test_items_of_a_list_have_what_they_require():
    document = small_document(
        {
            "/x": {
                "post": operation(
                    {**BODY, "schema": {"type": "array", "items": {"$ref": "#/definitions/Model"}}}
                )
            }
        },
        {"Model": MODEL},
    )
    desk = Desk(Simulator(document))
    headers = (("Content-Type", "application/json"),)
    good = desk.send("POST", "/x", headers=headers, body=b'[{"name":"n"}]')
    assert good.status == 204
    bad = desk.send("POST", "/x", headers=headers, body=b'[{"name":"n"},{}]')
    assert bad.json["message"] == "The request body must contain the field '[1].name'."


@pytest.mark.parametrize(
    ("form", "value", "fits"),
    [
        ("date-time", "2024-01-01T23:59:60Z", True),
        ("date-time", "2024-01-01T24:00:00Z", False),
        ("date-time", "2024-01-01T12:99:00Z", False),
        ("local-date-time", "2024-01-01T23:59:59.9", True),
        ("local-date-time", "2024-01-01T12:00:61", False),
    ],
)
def test_times_are_those_of_a_day(form, value, fits):
    assert has_type("string", form, value) is fits


def test_values_that_the_platform_takes_though_the_definition_declares_objects():
    desk = Desk()
    key = {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}}
    for closed, status in ((False, 200), ("no", 400)):
        body = {"name": f"T{status}", "schema": key | {"additionalProperties": closed}}
        assert desk.call("POST", "/api/v2/flows/datatables", body).status == status
    operation = {"op": "replace", "path": "title", "value": "Boss"}
    user = desk.client.user_id
    patch = {"schemas": [], "Operations": [operation]}
    assert desk.call("PATCH", f"/api/v2/scim/users/{user}", patch).status == 200
    assert not is_wider("ScimV2PatchOperation", "path", 1)


BOUNDED = small_document(
    {
        "/things/{size}": {
            "post": operation(
                {
                    "name": "size",
                    "in": "path",
                    "type": "integer",
                    "required": True,
                    "maximum": 5,
                },
                {"name": "q", "in": "query", "type": "string", "minLength": 2, "pattern": "^a"},
                {
                    "name": "share",
                    "in": "query",
                    "type": "number",
                    "exclusiveMinimum": True,
                    "minimum": 0,
                },
                {
                    "name": "ids",
                    "in": "query",
                    "type": "array",
                    "items": {"type": "string", "maxLength": 3},
                    "maxItems": 2,
                },
                {"name": "any", "in": "query", "type": "array"},
                {"name": "X-Key", "in": "header", "type": "string", "maxLength": 3},
                {"name": "body", "in": "body", "schema": {"$ref": "#/definitions/Bounded"}},
            )
        }
    },
    {
        "Bounded": {
            "type": "object",
            "properties": {
                "level": {"type": "integer", "minimum": 1, "maximum": 6},
                "name": {"type": "string", "minLength": 1},
                "inner": {"$ref": "#/definitions/Bounded"},
                "list": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"$ref": "#/definitions/Bounded"},
                },
            },
        }
    },
)


@pytest.mark.parametrize(
    ("target", "body", "field", "rule"),
    [
        ("6", {}, "size", "at most 5"),
        ("5?q=a", {}, "q", "at least 2 characters"),
        ("5?q=ba", {}, "q", "a string matching ^a"),
        ("5?share=0.0", {}, "share", "more than 0"),
        ("5?ids=a,b,c", {}, "ids", "at most 2 items"),
        ("5?ids=abcd", {}, "ids", "at most 3 characters"),
        ("5", {"level": 0}, "body.level", "at least 1"),
        ("5", {"inner": {"inner": {"level": 7}}}, "body.inner.inner.level", "at most 6"),
        ("5", {"list": []}, "body.list", "at least 1 items"),
        ("5", {"list": [{"name": ""}]}, "body.list[0].name", "at least 1 characters"),
    ],
)
def test_bounds_of_a_definition_are_checked_to_the_bottom(target, body, field, rule):
    desk = Desk(Simulator(BOUNDED))
    refused = desk.call("POST", f"/things/{target}", body)
    assert (refused.status, refused.json["code"]) == (400, "invalid.value")
    assert rule in refused.json["message"]
    assert refused.json["details"][0]["fieldName"] == field


def test_what_is_within_the_bounds_of_a_definition_is_accepted():
    desk = Desk(Simulator(BOUNDED))
    target = "/things/5?q=ab&share=0.1&ids=abc,b&any=x"
    body = {"level": 6, "name": "n", "inner": {}, "list": [{"level": 1}]}
    assert desk.call("POST", target, body).status == 204
    assert desk.call("POST", "/things/-1?ids=", None).status == 204
