"""Converts values in a request to another model, such as the model of the response.

Invariants: at every level, a converted value has the declared types, no undeclared properties, and
all required properties.
"""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from genesys_core.simulator.http.checks import has_type, is_wider
from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.state.definition import Definition, Schema
from genesys_core.simulator.state.examples import Json, minimal_value

__all__ = ["adopt_properties", "conform_reply", "conform_value"]

Conformed: TypeAlias = "Json | UnsetType"


def adopt_properties(
    definition: Definition, entity: Schema, given: Mapping[str, Json]
) -> dict[str, Json]:
    """Return the properties of an entity from a caller's body.

    Ids of other entities become references: ``fooId`` becomes ``foo``, and ``fooIds`` ``foos``.

    Args:
        definition: the API definition, which resolves references.
        entity: the schema of the entity.
        given: the properties, named as in the body that creates or changes the entity. Nulls are
            kept, and properties that the entity lacks are omitted.
    """
    known = entity.properties or {}
    adopted: dict[str, Json] = {}
    for given_name, given_value in given.items():
        name, value = _renamed(known, given_name, given_value)
        if name not in known:
            continue
        fitting = None if value is None else conform_value(definition, known[name], value)
        if not isinstance(fitting, UnsetType):
            adopted[name] = fitting
    return adopted


def conform_reply(call: ApiCall, schema: Schema, value: Json) -> Json:
    """Return a value converted to a schema, such as that of the call's response."""
    made = conform_value(call.definition, schema, value)
    return None if isinstance(made, UnsetType) else made


def _renamed(known: Mapping[str, Schema], name: str, value: Json) -> tuple[str, Json]:
    target = name.removesuffix("Id")
    if name not in known and target in known and isinstance(value, str):
        return target, {"id": value}
    several = f"{name.removesuffix('Ids')}s"
    if name not in known and several in known and isinstance(value, list):
        return several, [{"id": each} for each in value if isinstance(each, str)]
    return name, value


def conform_value(definition: Definition, schema: Schema, value: Json) -> Conformed:
    """Return a value converted to a schema; ``UNSET`` if the value is of another type."""
    known = definition.resolve(schema)
    kind = known.type or ("object" if known.properties is not None else None)
    if kind is None:
        return value
    if not has_type(kind, known.format, value):
        return UNSET
    if isinstance(value, Mapping):
        return _conform_object(definition, known, value)
    if isinstance(value, list):
        items = known.items or Schema()
        made = [conform_value(definition, items, each) for each in value if each is not None]
        return [each for each in made if not isinstance(each, UnsetType)]
    return int(value) if kind == "integer" and isinstance(value, float) else value


def _conform_object(
    definition: Definition, known: Schema, value: Mapping[str, Json]
) -> dict[str, Json]:
    declared = known.properties
    additional = known.additional if isinstance(known.additional, Schema) else None
    conformed: dict[str, Json] = {}
    for name, each in value.items():
        inside = (declared or {}).get(name, additional)
        if inside is None and declared is not None:
            continue
        made = (
            each
            if inside is None or is_wider(None, name, each)
            else conform_value(definition, inside, each)
        )
        if made is not None and not isinstance(made, UnsetType):
            conformed[name] = made
    for name in known.required:
        if name not in conformed and name in (declared or {}):
            conformed[name] = minimal_value(definition, (declared or {})[name], name)
    return conformed
