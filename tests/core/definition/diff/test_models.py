"""Models are compared property by property, and objects inside them likewise."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from genesys_core.definition.diff.changes import Direction
from genesys_core.definition.diff.models import compare_contents, compare_models
from genesys_core.definition.read.swagger import SwaggerSchema
from tests.strategies.definition import STRING, array, mapping, model, ref

INTEGER = {"type": "integer"}


def schemas(*values: Any) -> list[SwaggerSchema]:
    return [msgspec.convert(one, SwaggerSchema) for one in values]


def compared(old: Any, new: Any, direction: Direction = "both") -> list[tuple[str, str]]:
    return [(one.rule, one.part) for one in compare_models("A", *schemas(old, new), direction)]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (STRING, INTEGER, "property-type-changed"),
        (STRING, {**STRING, "format": "date"}, "property-date-format-changed"),
        (array(STRING), array(INTEGER), "property-item-type-changed"),
        (array(array(STRING)), array(array(INTEGER)), "property-nested-type-changed"),
        (STRING, {**STRING, "description": "x"}, "description-changed"),
        (STRING, {**STRING, "readOnly": True}, "property-made-read-only"),
        ({**STRING, "readOnly": True}, STRING, "property-made-writable"),
        (STRING, {**STRING, "enum": ["a"]}, "property-became-enum"),
        ({**STRING, "enum": ["a"]}, STRING, "property-enum-dropped"),
        ({**STRING, "enum": ["a", "b"]}, {**STRING, "enum": ["a"]}, "property-enum-value-removed"),
        ({**STRING, "enum": ["a"]}, {**STRING, "enum": ["a", "b"]}, "property-enum-value-added"),
        (
            mapping({**STRING, "enum": ["a", "b"]}),
            mapping({**STRING, "enum": ["a"]}),
            "map-enum-value-removed",
        ),
        (
            mapping({**STRING, "enum": ["a"]}),
            mapping({**STRING, "enum": ["a", "b"]}),
            "map-enum-value-added",
        ),
        (INTEGER, {**INTEGER, "format": "int64"}, "number-format-changed"),
    ],
)
def test_a_property_changes(old: Any, new: Any, rule: str) -> None:
    assert compared(model({"p": old}), model({"p": new})) == [(rule, "p")]


def test_limits_of_a_property() -> None:
    old, new = model({"p": {**INTEGER, "maximum": 5}}), model({"p": INTEGER})
    assert compared(old, new) == [("constraint-loosened", "p maximum")]
    assert compared(new, old) == [("constraint-tightened", "p maximum")]


@pytest.mark.parametrize(
    ("direction", "added", "needed"),
    [
        ("request", "required-property-added-to-request", "request-property-made-required"),
        ("both", "required-property-added-to-request", "request-property-made-required"),
        ("response", "required-property-added-to-response", "response-property-made-required"),
        ("", "required-property-added-to-response", "response-property-made-required"),
    ],
)
def test_what_requests_need_more_breaks_them(direction: Direction, added: str, needed: str) -> None:
    old = model({"p": STRING})
    more = model({"p": STRING, "q": STRING}, required=["q"])
    assert compared(old, more, direction) == [(added, "q")]
    assert compared(old, model({"p": STRING}, required=["p"]), direction) == [(needed, "p")]


def test_properties_come_and_go() -> None:
    old, new = model({"p": STRING, "o": STRING}, required=["o"]), model({"o": STRING, "q": STRING})
    assert compared(old, new) == [
        ("property-removed", "p"),
        ("property-made-optional", "o"),
        ("optional-property-added", "q"),
    ]
    assert compared(old, model({})) == [("all-properties-removed", "")]
    assert compared(model({}), model({})) == []
    assert compared(model({}), new) == [
        ("optional-property-added", "o"),
        ("optional-property-added", "q"),
    ]


@pytest.mark.parametrize("wrap", [lambda one: one, array, mapping, lambda one: array(mapping(one))])
def test_objects_inside_are_part_of_the_model(wrap: Any) -> None:
    old = model({"p": wrap(model({"a": STRING, "b": STRING}))})
    new = model({"p": wrap(model({"a": INTEGER, "c": STRING}))})
    assert compared(old, new) == [
        ("property-type-changed", "p.a"),
        ("property-removed", "p.b"),
        ("optional-property-added", "p.c"),
    ]


def test_an_object_inside_may_become_something_else() -> None:
    old, new = model({"p": model({"a": STRING})}), model({"p": STRING})
    assert compared(old, new) == [("property-type-changed", "p")]
    several = model({"p": array(model({"a": STRING}))})
    assert compared(old, several) == [("property-type-changed", "p")]
    assert compared(model({"p": ref("B")}), model({"p": {"allOf": [ref("B")]}})) == []


@pytest.mark.parametrize("wrap", [lambda one: one, mapping])
def test_an_object_inside_is_another_type_than_any_object(wrap: Any) -> None:
    """One is a class in Python, the other ``Any``."""
    old, new = model({"p": wrap({"type": "object"})}), model({"p": wrap(model({"a": STRING}))})
    assert compared(old, new) == compared(new, old) == [("property-type-changed", "p")]


def test_an_object_inside_may_extend_a_model() -> None:
    old = model({"p": {"allOf": [ref("B"), model({"a": STRING})]}})
    new = model({"p": {"allOf": [ref("B"), model({"a": INTEGER})]}})
    assert compared(old, new) == [("property-type-changed", "p.a")]


def test_the_contents_of_a_body_or_response() -> None:
    old, new = schemas(array(model({"a": STRING})), array(model({"a": INTEGER})))
    found = compare_contents("body", old, new, "request")
    assert [(one.rule, one.part) for one in found] == [("property-type-changed", "body.a")]


def test_what_a_model_is_made_of() -> None:
    old = {"allOf": [ref("B"), model({"a": STRING}, required=["a"])]}
    new = {"allOf": [ref("C"), model({"a": INTEGER}, required=["a"])], "discriminator": "kind"}
    assert compared(old, old) == []
    assert compared(old, new) == [("inheritance-changed", ""), ("property-type-changed", "a")]
    (inheritance, _) = compare_models("A", *schemas(old, new), "both")
    assert (inheritance.old, inheritance.new) == ("B", "C, by kind")


def test_a_model_may_stop_to_extend_another() -> None:
    old, new = {"allOf": [ref("B"), model({"a": STRING})]}, model({"a": STRING})
    assert compared(old, new) == compared(new, old) == [("inheritance-changed", "")]


def test_definitions_that_are_no_objects() -> None:
    enum = {**STRING, "enum": ["a", "b"]}
    assert compared(enum, {**STRING, "enum": ["a"]}) == [("property-enum-value-removed", "")]
    assert compared(array(STRING), array(INTEGER)) == [("property-item-type-changed", "")]
    assert compared(model({"a": STRING}), enum) == [("property-type-changed", "")]
    assert compared(enum, model({"a": STRING})) == [("property-type-changed", "")]
    assert compared({"allOf": [ref("B")]}, {"allOf": [ref("C")]}) == [("inheritance-changed", "")]
