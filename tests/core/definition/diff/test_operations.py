"""Operations are compared by their names, parameters, responses and access."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_core.definition.diff.operations import compare_operations, operation_views
from genesys_core.definition.read.parse import read_sources
from tests.strategies.definition import STRING, array, mapping, model, query, ref
from tests.strategies.definition_changes import KINDS, base

BODY = {"name": "body", "in": "body", "schema": STRING}


def views(operation: dict[str, Any], **more: Any) -> Any:
    item = {"get": {"operationId": "getX", **operation}}
    document = {"swagger": "2.0", "paths": {"/x": item}, **more}
    read = read_sources(document, {"notifications": []})
    assert not read.findings
    return operation_views(read.document)["/x", "GET"]


def compared(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.rule, one.part) for one in compare_operations(views(old), views(new))]


@pytest.mark.parametrize("name", KINDS)
def test_operations_of_the_pairs(name: str) -> None:
    kind = KINDS[name]
    documents = [base(), base()]
    for document in documents if kind.before else ():
        kind.before(document)
    kind.edit(documents[1])
    old, new = (
        operation_views(read_sources(one, {"notifications": []}).document) for one in documents
    )
    found = {
        change.place: change.rule
        for key in old
        if key in new
        for change in compare_operations(old[key], new[key])
    }
    assert found.items() <= kind.rules.items()


def parameters(*given: Any) -> dict[str, Any]:
    return {"parameters": list(given)}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (query("q", enum=["a"]), query("q"), ("constraint-loosened", "q (query) enum")),
        (query("q"), query("q", enum=["a"]), ("constraint-tightened", "q (query) enum")),
        (query("q", maxLength=5), query("q"), ("constraint-loosened", "q (query) max_length")),
        (query("q"), query("q", maxLength=5), ("constraint-tightened", "q (query) max_length")),
        (query("q"), query("q", description="x"), ("description-changed", "q (query)")),
        (BODY, {**BODY, "schema": array(STRING)}, ("body-model-changed", "body")),
        (
            query("q", **array(array(STRING))),
            query("q", **array(array({"type": "integer"}))),
            ("parameter-item-type-changed", "q (query)"),
        ),
    ],
)
def test_a_parameter_changes(old: Any, new: Any, found: tuple[str, str]) -> None:
    assert compared(parameters(old), parameters(new)) == [found]


def body(schema: Any) -> dict[str, Any]:
    return parameters({**BODY, "schema": schema})


def response(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"schema": schema}}}


@pytest.mark.parametrize(
    ("within", "part", "target"), [(body, "body", "request"), (response, "response", "response")]
)
@pytest.mark.parametrize("wrap", [lambda one: one, array, mapping])
def test_the_properties_of_an_inline_object(within: Any, part: str, target: str, wrap: Any) -> None:
    old = within(wrap(model({"a": STRING, "b": {**STRING, "maxLength": 5}})))
    new = within(wrap(model({"b": {**STRING, "maxLength": 4}, "c": STRING}, required=["c"])))
    assert compared(old, old) == []
    assert compared(old, new) == [
        ("property-removed", f"{part}.a"),
        ("constraint-tightened", f"{part}.b max_length"),
        (f"required-property-added-to-{target}", f"{part}.c"),
    ]


def test_the_limits_and_values_of_an_inline_list() -> None:
    old = array({**STRING, "enum": ["x", "y"]})
    new = {**array({**STRING, "enum": ["x"]}), "maxItems": 5}
    assert compared(body(old), body(new)) == [
        ("property-enum-value-removed", "body"),
        ("constraint-tightened", "body max_items"),
    ]


def test_a_body_without_a_schema_has_no_contents() -> None:
    empty = parameters({"name": "body", "in": "body"})
    assert compared(empty, body({})) == compared(body({}), empty) == compared(empty, empty) == []


def test_a_model_is_compared_on_its_own() -> None:
    models = [{"M": model({"a": STRING})}, {"M": model({"a": {"type": "integer"}})}]
    old, new = (views(response(ref("M")), definitions=one) for one in models)
    assert compare_operations(old, new) == []


def test_the_name_of_the_body_is_no_fact() -> None:
    assert compared(parameters(BODY), parameters({**BODY, "name": "request"})) == []


def test_deprecation_may_be_withdrawn() -> None:
    assert compared({"deprecated": True}, {}) == [("deprecation-withdrawn", "")]


def test_an_operation_may_have_no_name() -> None:
    assert compared({"operationId": None}, {}) == [("method-renamed", "")]
    assert views({}).name == "get_x"
    assert views({}).tags == ("Default",)
    assert views({"tags": ["B", "A", "B"]}).tags == ("B", "A")


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [("a", "b", "a", "b"), (None, "b", "", "b"), ("a", None, "a", "")],
)
def test_an_operation_id_may_change_beside_the_name(
    old: str | None, new: str | None, before: str, after: str
) -> None:
    name = {"x-purecloud-method-name": "getX"}
    [change] = compare_operations(
        views({**name, "operationId": old}), views({**name, "operationId": new})
    )
    assert (change.rule, change.old, change.new) == ("operation-id-changed", before, after)


def test_parameters_in_another_order() -> None:
    first, second = query("a", required=True), query("b", required=True)
    [change] = compare_operations(
        views(parameters(first, second)), views(parameters(second, first))
    )
    assert (change.rule, change.old, change.new) == (
        "required-parameters-reordered",
        "a (query), b (query)",
        "b (query), a (query)",
    )
    optional = parameters(query("a"), query("b")), parameters(query("b"), query("a"))
    assert compared(*optional) == [("optional-parameters-reordered", "")]


def test_a_parameter_in_the_path_is_required() -> None:
    given = {"name": "a", "in": "path", "type": "string"}
    assert views(parameters(given, query("b"))).required() == [("a", "path")]


def test_a_default_may_come_and_go() -> None:
    old, new = views(parameters(query("q"))), views(parameters(query("q", default="x")))
    for before, after, texts in [(old, new, ("", "x")), (new, old, ("x", ""))]:
        [change] = compare_operations(before, after)
        assert (change.rule, change.old, change.new) == ("parameter-default-changed", *texts)


def test_statuses_come_and_go() -> None:
    old = {"responses": {"default": {"schema": STRING}, "200": {}, "404": {}}}
    new = {"responses": {"default": {"schema": STRING}, "201": {}, "500": {}}}
    assert compared(old, new) == [
        ("success-status-removed", "200"),
        ("success-status-added", "201"),
        ("error-status-removed", "404"),
        ("error-status-added", "500"),
    ]


def test_a_default_response_has_no_status() -> None:
    view = views({"responses": {"default": {}, "200": {}, "404": {}}})
    assert view.statuses(success=True) == ["200"]
    assert view.statuses(success=False) == ["404"]


def permissions(kind: str, *names: str) -> dict[str, Any]:
    return {"x-inin-requires-permissions": {"type": kind, "permissions": list(names)}}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (permissions("ANY"), permissions("ANY", "a"), "permissions-tightened"),
        (permissions("ALL", "a"), permissions("ALL", "a", "b"), "permissions-tightened"),
        (permissions("ANY", "a", "b"), permissions("ANY", "a"), "permissions-tightened"),
        (permissions("ANY", "a", "b"), permissions("ALL", "a", "b"), "permissions-tightened"),
        (permissions("ALL", "a"), permissions("ALL", "b"), "permissions-tightened"),
        (permissions("ANY", "a"), {}, "permissions-loosened"),
        (permissions("ALL", "a"), permissions("ANY"), "permissions-loosened"),
        (permissions("ANY", "a", "b"), permissions("ALL"), "permissions-loosened"),
        (permissions("ALL", "a", "b"), permissions("ALL", "a"), "permissions-loosened"),
        (permissions("ANY", "a", "c"), permissions("ANY", "a", "b", "c"), "permissions-loosened"),
        (permissions("ALL", "a", "b"), permissions("ANY", "a", "b"), "permissions-loosened"),
        (permissions("ALL", "a"), permissions("ANY", "a", "b"), "permissions-loosened"),
        (permissions("ANY", "a", "b"), permissions("ALL", "a"), "permissions-tightened"),
        (permissions("ALL"), permissions("ANY", "a"), "permissions-tightened"),
        (permissions("ALL", "a", "b"), permissions("ANY", "a"), "permissions-loosened"),
        (permissions("ALL", "a", "b"), permissions("ANY", "a", "c"), "permissions-loosened"),
        (permissions("ALL", "a", "b"), permissions("ANY", "c", "d"), "permissions-tightened"),
        (permissions("ANY", "a"), permissions("ALL", "a", "b"), "permissions-tightened"),
        (permissions("ANY", "a"), permissions("ANY", "a", "b"), "permissions-loosened"),
        (permissions("ANY", "a", "b"), permissions("ALL", "a", "b", "c"), "permissions-tightened"),
    ],
)
def test_permissions(old: Any, new: Any, rule: str) -> None:
    assert compared(old, new) == [(rule, "")]
    assert compared(new, old)[0][0].startswith("permissions-")
    assert compared(old, old) == []


def test_permissions_are_shown_with_what_joins_them() -> None:
    old, new = permissions("ANY", "a", "b"), permissions("ALL", "c", "d")
    [change] = compare_operations(views(old), views(new))
    assert (change.old, change.new) == ("a or b", "c and d")


def test_any_of_one_permission_is_that_permission() -> None:
    assert compared(permissions("ANY", "a"), permissions("ALL", "a")) == []


def test_references_are_json_pointers() -> None:
    view = views(
        {
            "parameters": [{"$ref": "#/parameters/a~1p"}],
            "responses": {"200": {"$ref": "#/responses/a%20r"}},
        },
        parameters={"a/p": query("p")},
        responses={"a r": {"schema": ref("R")}},
    )
    assert list(view.parameters) == [("p", "query")]
    assert view.returned().ref == "#/definitions/R"


def test_error_codes_of_shared_responses_count() -> None:
    def view(code: str) -> Any:
        shared = {"r": {"x-inin-error-codes": {code: "..."}}}
        return views({"responses": {"400": {"$ref": "#/responses/r"}}}, responses=shared)

    [change] = compare_operations(view("a.b"), view("c.d"))
    assert (change.rule, change.old, change.new) == ("error-codes-changed", "a.b", "c.d")
    none = views({"responses": {"400": {}}})
    for before, after, texts in [
        (none, view("a.b"), ("", "a.b")),
        (view("a.b"), none, ("a.b", "")),
    ]:
        [change] = compare_operations(before, after)
        assert (change.rule, change.old, change.new) == ("error-codes-changed", *texts)


def test_what_the_document_adds() -> None:
    more = {
        "consumes": ["a/b"],
        "produces": ["c/d"],
        "security": [{"oauth": ["s"]}, {"guest": []}],
        "parameters": {"p": query("p")},
        "responses": {"r": {"schema": ref("R")}},
        "definitions": {"R": {"type": "object"}},
    }
    view = views(
        {
            "parameters": [{"$ref": "#/parameters/p"}, {"$ref": "#/parameters/no"}],
            "responses": {
                "200": {"$ref": "#/responses/r"},
                "201": {"$ref": "#/responses/no"},
            },
        },
        **more,
    )
    assert list(view.parameters) == [("p", "query")]
    assert view.returned().ref == "#/definitions/R"
    assert (view.consumes, view.produces) == (("a/b",), ("c/d",))
    assert view.security == ("oauth s", "guest")
    assert view.subject == "GET /x"
    assert views({"consumes": ["e/f"], "security": []}, **more).consumes == ("e/f",)
    assert views({"produces": ["e/f"]}, **more).produces == ("e/f",)
    assert views({"security": []}, **more).security == ()
