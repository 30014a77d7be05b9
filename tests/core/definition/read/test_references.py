"""References of a document, and which definitions become classes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.definition.read.references import (
    definition_name,
    definition_reference,
    is_model,
    pointed_name,
)
from genesys_core.definition.read.swagger import SwaggerSchema
from tests.strategies.definition import STRING, array, mapping, model, ref


def test_a_pointer_names_what_its_escapes_mean() -> None:
    assert definition_name("#/definitions/A~1b~0%20c") == "A/b~ c"
    assert pointed_name("#/parameters/x", "#/parameters/") == "x"
    assert definition_name("other.json#/definitions/A") == ""


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_reference_names_its_definition(name: str) -> None:
    assert definition_name(definition_reference(name)) == name


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (model({"a": STRING}), True),
        ({"type": "object"}, True),
        ({"allOf": [ref("A")]}, True),
        ({**mapping(STRING), "properties": {"a": STRING}}, True),
        (mapping(STRING), False),
        (ref("A"), False),
        (array(STRING), False),
        (STRING, False),
    ],
)
def test_objects_become_classes(schema: Any, *, expected: bool) -> None:
    assert is_model(msgspec.convert(schema, SwaggerSchema)) is expected
