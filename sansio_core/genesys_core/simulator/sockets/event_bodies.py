"""Builds event bodies: stored records converted to the models of the topics.

Invariants: a body has only declared properties, with the declared types, and all required ones.
Values that do not fit the model are omitted.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import UNSET, UnsetType

from genesys_core.clock import Now
from genesys_core.simulator.http.exchange import format_instant
from genesys_core.simulator.http.values import conform_value
from genesys_core.simulator.state.changes import ChangeKind
from genesys_core.simulator.state.definition import Definition, Schema
from genesys_core.simulator.state.examples import Json, minimal_value
from genesys_core.simulator.state.world import Record

__all__ = ["shape_event"]

_SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "dateCreated": ("createdDate", "createdAt"),
    "createdDate": ("dateCreated", "createdAt"),
    "dateModified": ("modifiedDate", "modifiedAt", "updatedAt"),
    "modifiedDate": ("dateModified", "modifiedAt", "updatedAt"),
    "changedDate": ("dateModified", "modifiedDate"),
}
"""The names that event models may use instead of a stored property's name, by the stored name."""

_KINDS: Final[Mapping[ChangeKind, tuple[str, ...]]] = {
    "created": ("create", "add"),
    "updated": ("update", "edit"),
    "deleted": ("delete", "remove"),
}
"""How event models spell each kind of change: created, updated, deleted."""

_WHAT_HAPPENED: Final = frozenset({"action", "operation", "eventType"})


def shape_event(
    definition: Definition, model: Schema, record: Record, kind: ChangeKind, now: Now
) -> Record:
    """Return the body of an event that reports a change to a record.

    Args:
        definition: the API definition, which resolves references.
        model: the model for the topic's events.
        record: the changed record, as the simulator stores it.
        kind: the kind of change that the event reports.
        now: the time of the event.
    """
    known = definition.resolve(model)
    properties = known.properties or {}
    facts: Record = {**record, **_facts(properties, kind, now)}
    return _shape_object(definition, known, properties, facts)


def _facts(properties: Mapping[str, Schema], kind: ChangeKind, now: Now) -> Record:
    """Return the properties that describe the event itself, if the event's model declares them."""
    facts: Record = {}
    for name in _WHAT_HAPPENED & set(properties):
        spelled = {str(each).lower(): str(each) for each in properties[name].enum or ()}
        word = next((spelled[each] for each in _KINDS[kind] if each in spelled), None)
        if word is not None:
            facts[name] = word
    if "eventTime" in properties:
        is_number = properties["eventTime"].type == "integer"
        facts["eventTime"] = int(now.wall * 1000) if is_number else format_instant(now.wall)
    return facts


def _shape(definition: Definition, schema: Schema, value: Json) -> "Json | UnsetType":
    known = definition.resolve(schema)
    if known.enum is not None:
        return _spelled(known, value)
    if isinstance(value, Mapping) and known.properties is not None:
        return _shape_object(definition, known, known.properties, value)
    if isinstance(value, Mapping) and isinstance(known.additional, Schema):
        inside = known.additional
        shaped = {name: _shape(definition, inside, each) for name, each in value.items()}
        return {name: each for name, each in shaped.items() if not isinstance(each, UnsetType)}
    if isinstance(value, list) and known.items is not None and known.type == "array":
        made = [_shape(definition, known.items, each) for each in value]
        return [each for each in made if not isinstance(each, UnsetType)]
    if value is None or (known.format == "uuid" and _UUID.fullmatch(str(value)) is None):
        return UNSET
    return conform_value(definition, known, value)


_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The format of a UUID in lower case."""


def _spelled(known: Schema, value: Json) -> "Json | UnsetType":
    """Return a value as spelled in a model's enum, ignoring case, underscores and spaces."""
    spelled = {_folded(each): each for each in known.enum or ()}
    return spelled.get(_folded(value), UNSET)


def _folded(value: object) -> str:
    return str(value).replace("_", "").replace(" ", "").casefold()


def _shape_object(
    definition: Definition,
    known: Schema,
    properties: Mapping[str, Schema],
    value: Mapping[str, Json],
) -> Record:
    shaped: Record = {}
    for name, schema in properties.items():
        for each in _candidates(name, value):
            made = _shape(definition, schema, each)
            if not isinstance(made, UnsetType):
                shaped[name] = made
                break
        else:
            if name in known.required:
                shaped[name] = minimal_value(definition, schema, name)
    return shaped


def _candidates(name: str, value: Mapping[str, Json]) -> Iterator[Json]:
    """Yield the values that a property may have: by its name, a synonym, or as an id."""
    for each in (name, *_SYNONYMS.get(name, ())):
        if each in value:
            yield value[each]
    if name.endswith("Ids"):
        many = value.get(f"{name[:-3]}s")
        if isinstance(many, list):
            yield [_id_of(each) for each in many]
    elif name.endswith("Id"):
        yield _id_of(value.get(name[:-2]))


def _id_of(value: Json) -> Json:
    return value.get("id") if isinstance(value, Mapping) else None
