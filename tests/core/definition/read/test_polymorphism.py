"""Which definitions are polymorphic, and by which value each of their kinds is known."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_core.definition.read.polymorphism import Family, find_families
from genesys_core.definition.read.swagger import read_swagger
from tests.strategies.definition import STRING, array, model, ref


def families(**definitions: Any) -> dict[str, Family]:
    document = {"swagger": "2.0", "paths": {}, "definitions": definitions}
    swagger, findings = read_swagger(document)
    assert findings == []
    return find_families(swagger.definitions)


BASE = model({"kind": STRING}, discriminator="kind")


def test_the_kind_is_the_name_of_the_definition() -> None:
    found = families(
        Shape=BASE,
        Circle={"allOf": [ref("Shape")]},
        Square={"allOf": [model({}), ref("Shape")]},
        Other=model({"shape": ref("Shape")}),
    )
    kinds = (("Circle", "Circle"), ("Square", "Square"), ("Shape", "Shape"))
    assert found == {"Shape": Family("kind", kinds)}


def test_those_that_extend_it_indirectly_count_and_cycles_end() -> None:
    found = families(
        Shape={**BASE, "allOf": [ref("Disc")]},
        Circle={"allOf": [ref("Shape")], "discriminator": "kind"},
        Disc={"allOf": [ref("Circle"), ref("Shape")]},
        Ring={"allOf": [ref("Shape")], "type": "array", "items": STRING},
    )
    names = [name for _, name in found["Shape"].kinds]
    assert names == ["Circle", "Disc", "Ring", "Shape"]
    assert [name for _, name in found["Circle"].kinds] == ["Disc", "Shape", "Ring", "Circle"]


@pytest.mark.parametrize(
    "child",
    [
        {"allOf": [ref("Shape")], "x-discriminator-value": "round"},
        {"allOf": [ref("Shape")], "x-ms-discriminator-value": "round"},
        {"allOf": [ref("Shape"), model({"kind": {"type": "string", "enum": ["round"]}})]},
        {"allOf": [ref("Shape")], "properties": {"kind": {"type": "string", "enum": ["round"]}}},
    ],
)
def test_a_definition_may_say_its_kind(child: Any) -> None:
    found = families(Shape=BASE, Circle=child)
    assert found["Shape"].kinds == (("round", "Circle"), ("Shape", "Shape"))


def test_an_enum_of_several_values_says_nothing() -> None:
    several = model({"kind": {"type": "string", "enum": ["a", "b"]}})
    found = families(Shape=BASE, Circle={"allOf": [ref("Shape"), several]})
    assert found["Shape"].kinds[0] == ("Circle", "Circle")


def test_a_mapping_as_in_openapi_3() -> None:
    mapping = {"round": "#/definitions/Circle", "flat": "Square", "no": 3}
    found = families(
        Shape=model({"kind": STRING}, discriminator={"propertyName": "kind", "mapping": mapping}),
        Circle=model({}),
        Square={"allOf": [ref("Shape")]},
        Line={"allOf": [ref("Shape")]},
    )
    assert found["Shape"].kinds == (
        ("round", "Circle"),
        ("flat", "Square"),
        ("no", "3"),
        ("Line", "Line"),
        ("Shape", "Shape"),
    )


@pytest.mark.parametrize("discriminator", [None, "", 3, {}, {"propertyName": 3}, {"mapping": {}}])
def test_what_names_no_property_is_no_discriminator(discriminator: Any) -> None:
    base = model({"kind": STRING}, discriminator=discriminator)
    assert families(Shape=base, Circle={"allOf": [ref("Shape")]}) == {}


def test_a_discriminator_that_nothing_extends_and_one_of_no_object() -> None:
    assert families(Shape=BASE) == {}
    shapes = {**array(STRING), "discriminator": "kind"}
    assert families(Shapes=shapes, Circle={"allOf": [ref("Shapes")]}) == {}


def test_a_mapping_alone_makes_a_family() -> None:
    to = {"propertyName": "kind", "mapping": {"round": "#/definitions/Circle"}}
    found = families(Shape=model({"kind": STRING}, discriminator=to), Circle=model({}))
    assert found["Shape"].kinds == (("round", "Circle"), ("Shape", "Shape"))
