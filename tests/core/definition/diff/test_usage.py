"""A change touches the program that uses what changed, and no other."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from genesys_core.definition.diff.compare import compare_definitions
from genesys_core.definition.diff.source_names import read_source
from genesys_core.definition.diff.usage import find_touched
from genesys_core.definition.read.parse import interpret_sources
from tests.strategies.definition import STRING, array, mapping, model, query, ref
from tests.strategies.definition_changes import KINDS, base, put, sources


def touched(old: Any, new: Any, program: str) -> dict[str, tuple[str, ...]]:
    before, after = sources(old), sources(new)
    found = find_touched(
        compare_definitions(before, after),
        interpret_sources(before).definition,
        [read_source("app.py", ast.parse(program))],
    )
    return {change.rule: places for change, places in found.items()}


def kind(name: str, program: str) -> dict[str, tuple[str, ...]]:
    """Which changes of that kind touch the program."""
    old, new = base(), base()
    one = KINDS[name]
    for document in (old, new) if one.before else ():
        one.before(document)  # type: ignore[misc]
    one.edit(new)
    return touched(old, new, program)


HERE = ("app.py:1",)


@pytest.mark.parametrize(
    ("name", "program", "rule"),
    [
        ("path removed", "client.q.delete_z()", "path-removed"),
        ("path removed", "client.request('DELETE', '/z?a=b')", "path-removed"),
        ("path removed", "client.request('DELETE', f'/{what}')", "path-removed"),
        ("operation removed", "client.q.post_q(body)", "operation-removed"),
        ("method name changed", "QApi(client).get_q()", "method-renamed"),
        ("parameter removed", "client.q.get_q(mode='x')", "parameter-removed"),
        ("parameter removed", "client.q.get_q(**options)", "parameter-removed"),
        ("parameter removed", "run(client.q.get_q)", "parameter-removed"),
        ("parameter removed", "client.q.get_q(*what)", "parameter-removed"),
        ("parameter made required", "client.q.get_q()", "parameter-made-required"),
        ("parameter default changed", "client.q.get_q()", "parameter-default-changed"),
        (
            "parameter enum value removed",
            "client.q.get_q(mode='y')",
            "parameter-enum-value-removed",
        ),
        ("parameter enum value removed", "client.q.get_q(mode=m)", "parameter-enum-value-removed"),
        (
            "required parameters reordered",
            "client.q.get_q_id_k(1, 2)",
            "required-parameters-reordered",
        ),
        ("body model changed", "client.q.post_q(b)", "body-model-changed"),
        ("body model changed", "client.q.post_q(body=b)", "body-model-changed"),
        ("success response model changed", "client.q.get_q()", "response-model-changed"),
        ("permissions tightened", "client.q.get_q.raw()", "permissions-tightened"),
        ("property removed", "client.q.get_q().size", "property-removed"),
        ("property removed", "from m import Out; Out(size=1)", "property-removed"),
        ("enum value removed from a property", "client.q.get_q().state == 'B'",
         "property-enum-value-removed"),
        ("existing property made required, request model", "client.q.post_q({})",
         "request-property-made-required"),
        ("constraint tightened", "client.q.post_q({'opt': 'x'})", "constraint-tightened"),
        ("all properties of a model removed", "models.Err", "all-properties-removed"),
        ("model removed, unreferenced by operations and topics", "models.Unused",
         "unreferenced-model-removed"),
        ("model of a notification topic changed", "on('v2.q', lambda e: e.t)",
         "property-type-changed"),
    ],
)  # fmt: skip
def test_a_change_touches_what_uses_it(name: str, program: str, rule: str) -> None:
    assert kind(name, program) == {rule: HERE}


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("path removed", "client.q.get_q()"),
        ("path removed", "'/other'"),
        ("path removed", "'/z/more'"),
        ("permissions tightened", "client.q.post_q(b)"),
        ("method name changed", "client.other.get_q"),
        ("parameter removed", "client.q.get_q(n=1)"),
        ("parameter made required", "client.q.get_q(mode='x')"),
        ("parameter default changed", "client.q.get_q(n=1)"),
        ("parameter enum value removed", "client.q.get_q(mode='x')"),
        ("parameter enum value removed", "client.q.get_q()"),
        ("required parameters reordered", "client.q.get_q_id_k(id=1, k=2)"),
        ("property removed", "client.q.get_q().tags"),
        ("property removed", "other.size"),
        ("enum value removed from a property", "client.q.get_q().state == 'A'"),
        ("constraint tightened", "client.q.post_q({'name': 'x'})"),
        ("all properties of a model removed", "client.q.get_q()"),
        ("model of a notification topic changed", "on('v2.other', lambda e: e.t)"),
        ("model of a notification topic changed", "on('v2.q', lambda e: e.u)"),
        ("optional query parameter added", "client.q.get_q()"),
        ("path added", "client.q.get_q()"),
        ("optional property added", "client.q.get_q().new"),
    ],
)
def test_a_change_does_not_touch_what_does_not_use_it(name: str, program: str) -> None:
    if name == "method name changed":
        old, new = base(), base()
        for document in (old, new):
            put("paths", "/other", to={"get": {"tags": ["Other"], "operationId": "o"}})(document)
        KINDS[name].edit(new)
        assert touched(old, new, program) == {}
    else:
        assert kind(name, program) == {}


def nested() -> Any:
    document = base()
    document["definitions"] |= {
        "Inner": model({"deep": STRING, "self": ref("Inner")}),
        "Listing": model({"entities": array(ref("Inner")), "byName": mapping(ref("Inner"))}),
    }
    document["definitions"]["Out"]["properties"]["listing"] = ref("Listing")
    return document


@pytest.mark.parametrize(
    ("properties", "program"),
    [
        ({"a.theId": STRING}, "client.q.get_q().a_the_id"),
        ({"a.theId": STRING}, "client.q.get_q()['a.theId']"),
        ({"where": {"properties": {"postCode": STRING}}}, "client.q.get_q().where.post_code"),
        ({"where": {"properties": {"postCode": STRING}}}, "client.q.get_q()['where']['postCode']"),
    ],
)
def test_a_property_is_found_by_its_name_in_python(properties: Any, program: str) -> None:
    old, new = base(), base()
    for document, maximum in ((old, 9), (new, 5)):
        text = json.dumps(properties).replace('"string"', f'"string", "maxLength": {maximum}')
        document["definitions"]["Out"]["properties"] |= json.loads(text)
    assert touched(old, new, program) == {"constraint-tightened": HERE}


def test_a_property_may_have_a_number_in_python() -> None:
    old, new = base(), base()
    for document, names in ((old, ["fooBar", "foo_bar"]), (new, ["fooBar"])):
        document["definitions"]["Out"]["properties"] |= dict.fromkeys(names, STRING)
    assert touched(old, new, "client.q.get_q().foo_bar_2") == {"property-removed": HERE}


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("for one in client.q.get_q().listing.entities: one.deep", True),
        ("client.q.get_q()['listing']['byName']['x']['deep']", True),
        ("client.q.get_q().listing.by_name.self.self.deep", True),
        ("client.q.get_q().listing.deep", False),
        ("client.q.get_q_id_k(1, 2).listing.entities.deep", False),
    ],
)
def test_models_are_reached_through_fields_that_the_program_names(
    program: str, found: bool
) -> None:
    new = nested()
    del new["definitions"]["Inner"]["properties"]["deep"]
    assert touched(nested(), new, program) == ({"property-removed": HERE} if found else {})


@pytest.mark.parametrize(
    "text", ["f'v2.users.{user}.presence'", "'v2.users.u-1.presence'", "f'v2.{a}.x.presence'"]
)
@pytest.mark.parametrize("topic", ["v2.users.{id}.presence", "v2.users.{id}.station"])
def test_topics_are_found_by_their_template(text: str, topic: str) -> None:
    topics = {"notifications": [{"topic": topic, "class": "Topic"}]}
    before = sources(base(), topics)
    after = sources(base(), {"notifications": []})
    found = find_touched(
        compare_definitions(before, after),
        interpret_sources(before).definition,
        [read_source("a.py", ast.parse(text))],
    )
    assert bool(found) == topic.endswith("presence")


def test_a_parameter_in_the_path_may_be_positional() -> None:
    old, new = base(), base()
    for document, type_ in ((old, "string"), (new, "integer")):
        get = document["paths"]["/q/{id}/{k}"]["get"]
        get["parameters"][1] = {"name": "k", "in": "path", "required": True, "type": type_}
        get["parameters"].append(query("late", type=type_))
    assert touched(old, new, "client.q.get_q_id_k(1, 2)") == {"parameter-type-changed": HERE}
    assert touched(old, new, "client.q.get_q_id_k(1)") == {}


def test_the_kinds_of_a_union_are_reached_through_it() -> None:
    def document(more: Any) -> Any:
        order = model({"kind": STRING}, discriminator="kind")
        repair = {"allOf": [ref("Order"), model({"parts": STRING, **more})]}
        one = {"operationId": "getOrder", "responses": {"200": {"schema": ref("Order")}}}
        paths = {"/order": {"get": {**one, "tags": ["Orders"]}}}
        definitions = {"Order": order, "Repair": repair, "Topic": model({})}
        return {**base(), "paths": paths, "definitions": definitions}

    program = "client.orders.get_order().parts"
    found = touched(document({}), document({"parts": {"type": "integer"}}), program)
    assert found == {"property-type-changed": HERE}


def test_a_parameter_that_becomes_keyword_only_touches_calls_that_pass_it_by_position() -> None:
    assert kind("parameter made optional", "client.q.post_q({})") == {
        "parameter-made-optional": HERE
    }
    assert kind("parameter made optional", "client.q.post_q(body={})") == {}


def test_a_change_of_an_inline_object_touches_the_calls_of_its_operation() -> None:
    get, post = ("paths", "/q", "get"), ("paths", "/q", "post", "parameters")
    program = "client.q.get_q()\nclient.q.post_q({})"

    def found(limit: int, **more: Any) -> dict[str, tuple[str, ...]]:
        documents = [base(), base()]
        for document, changed in zip(documents, ({}, {"maxLength": limit, **more}), strict=True):
            schema = model({"a": {**STRING, "maxLength": 9, **changed}})
            put(*get, "responses", "200", "schema", to=schema)(document)
        return touched(*documents, program)

    assert found(5) == {"constraint-tightened": ("app.py:1",)}
    assert found(5, type="integer") == {"property-type-changed": ("app.py:1",)}
    old, new = base(), base()
    for document, limit in ((old, 9), (new, 5)):
        schema = model({"a": {**STRING, "maxLength": limit}})
        put(*post, 0, "schema", to=schema)(document)
    assert touched(old, new, program) == {"constraint-tightened": ("app.py:2",)}
