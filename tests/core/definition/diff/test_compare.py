"""Every kind of change is found, once, with its verdict; and nothing else is."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.definition.diff.changes import heaviest_weight
from genesys_core.definition.diff.compare import compare_definitions
from genesys_core.definition.read.parse import read_sources
from tests.strategies.definition import STRING, TRAP_TOPICS, TRAPS, definitions, model, ref
from tests.strategies.definition_changes import KINDS, OTHER_KINDS, Kind, base, sources
from tests.strategies.definition_edits import EDITS, Edit

NO_TOPICS: dict[str, Any] = {"notifications": []}


@pytest.mark.parametrize(
    "kind", [*KINDS.values(), *OTHER_KINDS.values()], ids=[*KINDS, *OTHER_KINDS]
)
def test_a_kind_of_change_has_its_verdict(kind: Kind) -> None:
    old, new = kind.documents()
    found = compare_definitions(sources(old), sources(new, kind.topics))
    assert {change.place: change.rule for change in found} == dict(kind.rules)
    assert len(found) == len(kind.rules)
    assert heaviest_weight(found) == kind.weight
    assert max(change.kind.official for change in found) == kind.official


def test_nothing_differs_from_itself() -> None:
    assert compare_definitions(sources(base()), sources(base())) == ()
    traps = sources(TRAPS, TRAP_TOPICS)
    assert compare_definitions(traps, traps) == ()


@pytest.mark.slow
@given(definitions())
def test_no_definition_differs_from_itself(document: Any) -> None:
    read = read_sources(document, NO_TOPICS)
    assert compare_definitions(read, read_sources(copy.deepcopy(document), NO_TOPICS)) == ()


def test_a_definition_with_nan_does_not_differ_from_itself() -> None:
    """NaN is no JSON, but parsers accept it, and it is not equal to itself."""

    def document(number: float, default: Any) -> Any:
        query = {"name": "q", "in": "query", "type": "number", "minimum": number}
        get = {"parameters": [{**query, "default": default}], "responses": {}}
        amount = {"type": "number", "maximum": number, "minimum": number}
        read = {
            "swagger": "2.0",
            "paths": {"/q": {"get": get}},
            "definitions": {"A": model({"amount": amount})},
        }
        return read_sources(read, NO_TOPICS)

    old, same = (document(float("nan"), [1, {"a": float("nan")}]) for _ in range(2))
    assert compare_definitions(old, same) == ()
    found = compare_definitions(old, document(1.0, [1]))
    assert {change.rule for change in found} >= {"parameter-default-changed"}
    assert [change.old for change in found if change.rule == "constraint-loosened"] == ["nan"] * 3


def test_models_are_reached_by_names_with_escapes() -> None:
    """Generic types of Java have such names: ``Page«User»``."""
    page = {"$ref": "#/definitions/Page%C2%ABUser%C2%BB"}
    old = {
        "swagger": "2.0",
        "paths": {"/q": {"get": {"responses": {"200": {"schema": page}}}}},
        "definitions": {"Page«User»": {"type": "object"}},
    }
    new = {**old, "definitions": {}}
    [change] = compare_definitions(read_sources(old, NO_TOPICS), read_sources(new, NO_TOPICS))
    assert (change.rule, change.direction) == ("model-removed", "response")


def edited(edits: list[Edit]) -> Any:
    document = base()
    for edit in edits:
        edit.apply(document)
    return sources(document)


@given(
    st.lists(st.sampled_from(EDITS), unique_by=(lambda edit: edit.target, lambda edit: edit.place))
)
def test_a_script_of_edits_is_found_exactly(edits: list[Edit]) -> None:
    found = compare_definitions(sources(base()), edited(edits))
    expected = sorted((edit.place, edit.rule) for edit in edits)
    assert sorted((change.place, change.rule) for change in found) == expected


@given(
    st.lists(st.sampled_from(EDITS), unique_by=(lambda edit: edit.target, lambda edit: edit.place)),
    st.data(),
)
def test_more_edits_never_weigh_less(edits: list[Edit], data: st.DataObject) -> None:
    fewer = edits[: data.draw(st.integers(0, len(edits)))]
    weights = [
        heaviest_weight(compare_definitions(sources(base()), edited(one))) for one in (fewer, edits)
    ]
    assert weights[0] <= weights[1]


def test_changes_are_in_the_order_of_their_weight() -> None:
    found = compare_definitions(
        sources(base()),
        edited(list({e.target: e for e in {e.place: e for e in EDITS}.values()}.values())),
    )
    weights = [change.weight for change in found]
    assert weights == sorted(weights, reverse=True)


def topics(**models: str) -> dict[str, Any]:
    return {"notifications": [{"topic": name, "class": model} for name, model in models.items()]}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ({}, {"v2": "Topic"}, "topic-added"),
        ({"v2": "Topic"}, {}, "topic-removed"),
        ({"v2": "Topic"}, {"v2": "Err"}, "topic-model-changed"),
    ],
)
def test_topics_are_compared(old: dict[str, str], new: dict[str, str], rule: str) -> None:
    before, after = (sources(base(), topics(**one)) for one in (old, new))
    assert [(one.subject, one.rule) for one in compare_definitions(before, after)] == [("v2", rule)]


@pytest.mark.parametrize(
    ("model", "direction"),
    [("Out", "response"), ("In", "request"), ("Topic", "response"), ("Unused", ""), ("Err", "")],
)
def test_models_know_where_they_are_used(model: str, direction: str) -> None:
    document = base()
    document["definitions"][model]["properties"]["new"] = {"type": "string"}
    (change,) = compare_definitions(sources(base()), sources(document))
    assert change.direction == direction


def test_references_are_followed_through_everything() -> None:
    old = base()
    old["definitions"] |= {
        "A": {"allOf": [{"$ref": "#/definitions/B"}]},
        "B": {
            "type": "object",
            "properties": {"c": {"type": "array", "items": {"$ref": "#/definitions/C"}}},
        },
        "C": {"type": "object", "additionalProperties": {"$ref": "#/definitions/In"}},
    }
    old["definitions"]["Out"]["properties"]["a"] = {"$ref": "#/definitions/A"}
    new = copy.deepcopy(old)
    new["definitions"]["In"]["properties"]["new"] = {"type": "string"}
    (change,) = compare_definitions(sources(old), sources(new))
    assert change.direction == "both"


def test_where_a_model_is_used_now_decides_and_then_where_it_was() -> None:
    response = {"get": {"responses": {"200": {"schema": ref("A")}}}}
    request = {
        "post": {
            "parameters": [{"name": "body", "in": "body", "schema": ref("A")}],
            "responses": {},
        }
    }

    def used(path: Any, **properties: Any) -> Any:
        document = {
            "swagger": "2.0",
            "paths": {"/a": path},
            "definitions": {"A": model(properties)},
        }
        return read_sources(document, NO_TOPICS)

    for now, direction in [(request, "request"), ({}, "response")]:
        found = compare_definitions(used(response), used(now, new=STRING))
        assert [one.direction for one in found if one.subject == "A"] == [direction]


def test_a_path_with_one_operation_that_is_no_preview_is_a_promise() -> None:
    old, new = base(), base()
    old["paths"]["/preview"]["post"] = {"tags": ["Q"], "responses": {}}
    del new["paths"]["/preview"]
    (change,) = compare_definitions(sources(old), sources(new))
    assert (change.rule, change.is_preview) == ("path-removed", False)


def test_a_path_that_only_previews_have_is_no_promise() -> None:
    new = base()
    del new["paths"]["/preview"]
    (change,) = compare_definitions(sources(base()), sources(new))
    assert (change.rule, change.weight.name) == ("path-removed", "WARN")
    (change,) = compare_definitions(sources(new), sources(base()))
    assert (change.rule, change.is_preview) == ("path-added", True)
