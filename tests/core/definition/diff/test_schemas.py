"""Schemas are compared by their Python type, then by their values and limits."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from genesys_core.definition.diff.schemas import (
    changed_limits,
    enum_values,
    number_format,
    type_change,
    type_text,
    unwrap_schema,
    values_differ,
)
from genesys_core.definition.read.swagger import SwaggerParameter, SwaggerSchema
from tests.strategies.definition import STRING, array, mapping, model, ref

DATE = {"type": "string", "format": "date"}
INTEGER = {"type": "integer", "format": "int64"}


def schema(value: Any) -> SwaggerSchema:
    return msgspec.convert(value, SwaggerSchema)


def parameter(**facts: Any) -> SwaggerParameter:
    return msgspec.convert({"name": "q", "in": "query", **facts}, SwaggerParameter)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (STRING, "string"),
        ({**STRING, "format": "uuid"}, "string"),
        ({"type": "integer", "format": "date"}, "integer"),
        ({"$ref": "#/responses/Gone"}, "#/responses/Gone"),
        (DATE, "date"),
        (INTEGER, "integer"),
        ({}, "any"),
        (ref("User"), "User"),
        (array(array(ref("User"))), "list[list[User]]"),
        ({"type": "array"}, "list[any]"),
        (mapping(DATE), "dict[date]"),
        ({**mapping(DATE), "properties": {"a": STRING}}, "inline object"),
        ({"type": "object", "additionalProperties": True}, "object"),
        ({"allOf": [ref("A")]}, "A"),
        ({"allOf": [ref("A"), ref("B")]}, "A & B"),
        (model({"a": STRING}), "inline object"),
        ({"properties": {"a": STRING}}, "inline object"),
    ],
)
def test_a_type_is_a_text(value: Any, text: str) -> None:
    assert type_text(schema(value)) == text


def test_the_type_of_a_parameter_is_that_of_its_schema() -> None:
    assert type_text(parameter(schema=ref("User"))) == "User"
    assert type_text(parameter(type="array", items=STRING)) == "list[string]"
    assert type_text(None) == ""
    assert unwrap_schema(parameter(type="string")) == parameter(type="string")


def test_an_all_of_with_one_member_and_no_properties_is_that_member() -> None:
    assert unwrap_schema(schema({"allOf": [ref("A")]})) == schema(ref("A"))
    more = schema({"allOf": [ref("A")], "properties": {"a": STRING}})
    assert unwrap_schema(more) == more


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (STRING, {**STRING, "format": "uuid"}, ""),
        (STRING, DATE, "date"),
        (STRING, INTEGER, "type"),
        (INTEGER, DATE, "type"),
        (DATE, INTEGER, "type"),
        (STRING, array(STRING), "type"),
        (array(STRING), array(INTEGER), "item"),
        (array(array(STRING)), array(array(INTEGER)), "nested"),
        (array(STRING), array(array(STRING)), "item"),
        (mapping(STRING), mapping(INTEGER), "type"),
    ],
)
def test_a_change_of_type_has_a_kind(old: Any, new: Any, kind: str) -> None:
    assert type_change(schema(old), schema(new)) == kind


def test_values_may_be_inside_lists_and_maps() -> None:
    enum = {"type": "string", "enum": ["A", "B", "A"]}
    assert enum_values(schema(enum)) == (("A", "B"), False)
    assert enum_values(schema(array(array(enum)))) == (("A", "B"), False)
    assert enum_values(schema(mapping(array(enum)))) == (("A", "B"), True)
    assert enum_values(parameter(type="array", items=enum)) == (("A", "B"), False)
    assert enum_values(parameter(type="string")) == ((), False)


def test_the_format_of_numbers() -> None:
    assert number_format(schema(INTEGER)) == "int64"
    assert number_format(schema(array(INTEGER))) == "int64"
    assert number_format(schema({"type": "number"})) == ""
    assert number_format(schema(DATE)) == ""


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"maximum": 5}, {"maximum": 4}, ("maximum", "5", "4", True)),
        ({"maximum": 5}, {"maximum": 6}, ("maximum", "5", "6", False)),
        ({"maximum": 5}, {}, ("maximum", "5", "", False)),
        ({}, {"maxLength": 5}, ("max_length", "", "5", True)),
        ({"minItems": 1}, {"minItems": 2}, ("min_items", "1", "2", True)),
        ({"minimum": 1.5}, {"minimum": 1}, ("minimum", "1.5", "1", False)),
        ({}, {"pattern": "a+"}, ("pattern", "", "a+", True)),
        ({"pattern": "a+"}, {}, ("pattern", "a+", "", False)),
        ({}, {"uniqueItems": True}, ("unique_items", "False", "True", True)),
    ],
)
def test_limits_are_tightened_or_loosened(old: Any, new: Any, found: Any) -> None:
    assert list(changed_limits(schema(old), schema(new))) == [found]
    assert list(changed_limits(schema(old), schema(old))) == []


def test_a_changed_limit_has_all_its_digits() -> None:
    old, new = {"type": "integer", "maximum": 1000000}, {"type": "integer", "maximum": 1000001}
    assert list(changed_limits(schema(old), schema(new))) == [
        ("maximum", "1000000", "1000001", False)
    ]


def test_values_differ_if_they_are_different_in_json() -> None:
    assert values_differ(1, 2)
    assert values_differ(None, "None")
    assert not values_differ(1, 1.0)
    assert not values_differ(math.nan, math.nan)
