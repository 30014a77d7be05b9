"""Detects polymorphic definitions: the possible kinds of a value, and how they are distinguished.

In Swagger 2.0, the ``discriminator`` of a definition names the property that contains a value's
kind: the name of the definition, or of a definition that extends it with ``allOf``. Real documents
also use OpenAPI 3's ``mapping``, ``x-discriminator-value`` and properties with one enum value.

Invariants: a definition is an ordinary model if its discriminator has no mapping and no other
definition extends it.
"""

from collections.abc import Iterator, Mapping
from typing import cast

from msgspec import Struct

from genesys_core.definition.read.references import definition_name, is_model
from genesys_core.definition.read.swagger import SwaggerSchema

__all__ = ["Family", "find_families"]


class Family(Struct, frozen=True):
    """A definition with a discriminator, and the definitions that extend it.

    Attributes:
        tag: the name of the discriminator property, whose value names the kind.
        kinds: each kind and the name of its definition; those in the discriminator's mapping are first.
    """

    tag: str
    kinds: tuple[tuple[str, str], ...]


def find_families(definitions: Mapping[str, SwaggerSchema]) -> dict[str, Family]:
    """Return the polymorphic definitions by the name of the base definition."""
    extended: dict[str, list[str]] = {}
    for name, schema in definitions.items():
        for part in schema.all_of:
            if part.ref is not None:
                extended.setdefault(definition_name(part.ref), []).append(name)
    found: dict[str, Family] = {}
    for name, schema in definitions.items():
        tag, mapping = _discriminator(schema.discriminator)
        children = [one for one in _descendants(name, extended) if is_model(definitions[one])]
        mapped = {target: kind for kind, target in mapping}
        others = [one for one in (*children, name) if one not in mapped]
        if tag and is_model(schema) and (mapping or children):
            kinds = [(_kind(one, definitions[one], tag), one) for one in others]
            found[name] = Family(tag, (*mapping, *kinds))
    return found


def _discriminator(given: object) -> tuple[str, list[tuple[str, str]]]:
    """Return a discriminator's property name and mapping, from the Swagger 2 or OpenAPI 3 form."""
    if isinstance(given, str):
        return given, []
    facts = _object(given)
    tag, mapping = facts.get("propertyName"), _object(facts.get("mapping"))
    # The values of a mapping are references or bare names (OpenAPI 3, "Discriminator Object").
    kinds = [(kind, definition_name(str(to)) or str(to)) for kind, to in mapping.items()]
    return (tag, kinds) if isinstance(tag, str) else ("", [])


def _object(value: object) -> Mapping[str, object]:
    return cast(Mapping[str, object], value) if isinstance(value, dict) else {}


def _descendants(name: str, extended: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the definitions that extend a definition directly or indirectly, each once."""
    seen, pending = {name}, [name]
    while pending:
        for child in extended.get(pending.pop(0), ()):
            if child not in seen:
                seen.add(child)
                pending.append(child)
                yield child


def _kind(name: str, schema: SwaggerSchema, tag: str) -> str:
    # AutoRest uses ``x-ms-discriminator-value``, other generators ``x-discriminator-value``.
    given = schema.discriminator_value or schema.ms_discriminator_value
    if given is not None:
        return given
    for part in (schema, *schema.all_of):
        values = part.properties[tag].enum if tag in part.properties else []
        if len(values) == 1:
            return str(values[0])
    return name
