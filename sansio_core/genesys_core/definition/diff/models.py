"""Compares two versions of a model, or of the schema of a body or response.

Invariants: a property is compared with the property of the same wire name. Anonymous objects inside
a model, body or response are compared as part of it, with dotted names.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from genesys_core.definition.diff.changes import Change, Direction
from genesys_core.definition.diff.schemas import (
    changed_limits,
    enum_values,
    number_format,
    type_change,
    type_text,
    unwrap_schema,
)
from genesys_core.definition.read.references import is_model
from genesys_core.definition.read.swagger import SwaggerSchema

__all__ = ["compare_contents", "compare_models"]


def compare_models(
    name: str, old: SwaggerSchema, new: SwaggerSchema, direction: Direction
) -> list[Change]:
    """Return the changes between two versions of a model.

    Args:
        name: the model's name in the definition.
        old: the model's schema in the older definition.
        new: the model's schema in the newer definition.
        direction: whether requests, responses or both contain the model.
    """
    return list(_Comparison(name, direction).models(old, new, ""))


def compare_contents(
    part: str, old: SwaggerSchema, new: SwaggerSchema, direction: Direction
) -> list[Change]:
    """Return the changes inside the schema of a body or response whose type is unchanged.

    Args:
        part: ``body`` or ``response``; each change's ``part`` begins with it.
        old: the schema in the older definition.
        new: the schema in the newer definition.
        direction: ``request`` for a body, ``response`` for a response.
    """
    return list(_Comparison("", direction).contents(part, old, new))


class _Comparison(Struct, frozen=True):
    model: str
    direction: Direction

    def change(self, rule: str, part: str, old: str = "", new: str = "") -> Change:
        return Change(rule, self.model, part, old, new, self.direction)

    def models(self, old: SwaggerSchema, new: SwaggerSchema, prefix: str) -> Iterator[Change]:
        if not (is_model(old) and is_model(new)):
            yield from self.value(prefix, old, new)
            return
        before, after = _inheritance(old), _inheritance(new)
        if before != after:
            yield self.change("inheritance-changed", prefix, before, after)
        known, found = _properties(old), _properties(new)
        if known and not found:
            yield self.change("all-properties-removed", prefix, ", ".join(sorted(known)))
            return
        required, needed = _required(old), _required(new)
        for name, schema in known.items():
            part = f"{prefix}.{name}" if prefix else name
            if name in found:
                yield from self.property(part, schema, found[name])
                yield from self.need(part, name in required, name in needed)
            else:
                yield self.change("property-removed", part, type_text(schema))
        for name, schema in found.items():
            if name not in known:
                part = f"{prefix}.{name}" if prefix else name
                rule = self._added(name in needed)
                yield self.change(rule, part, "", type_text(schema))

    def _added(self, is_required: bool) -> str:  # noqa: FBT001 - the only fact
        if not is_required:
            return "optional-property-added"
        # In a model that requests and responses share, the requests break.
        target = "response" if self.direction in {"response", ""} else "request"
        return f"required-property-added-to-{target}"

    def need(self, part: str, was: bool, is_now: bool) -> Iterator[Change]:  # noqa: FBT001
        if was and not is_now:
            yield self.change("property-made-optional", part)
        elif is_now and not was:
            target = "response" if self.direction in {"response", ""} else "request"
            yield self.change(f"{target}-property-made-required", part)

    def property(self, part: str, old: SwaggerSchema, new: SwaggerSchema) -> Iterator[Change]:
        if old.description != new.description:
            yield self.change("description-changed", part, old.description, new.description)
        if old.is_read_only != new.is_read_only:
            kind = "read-only" if new.is_read_only else "writable"
            yield self.change(f"property-made-{kind}", part)
        yield from self.contents(part, old, new)

    def contents(self, part: str, old: SwaggerSchema, new: SwaggerSchema) -> Iterator[Change]:
        inner_old, inner_new = _inline(old), _inline(new)
        # Inline objects on both sides, in containers of the same kind, are compared by their fields.
        if inner_old is not None and inner_new is not None and type_text(old) == type_text(new):
            yield from self.models(inner_old, inner_new, part)
        else:
            yield from self.value(part, old, new)

    def value(self, part: str, old: SwaggerSchema, new: SwaggerSchema) -> Iterator[Change]:
        kind = type_change(old, new)
        if kind:
            rule = {
                "type": "property-type-changed",
                "date": "property-date-format-changed",
                "item": "property-item-type-changed",
                "nested": "property-nested-type-changed",
            }[kind]
            yield self.change(rule, part, type_text(old), type_text(new))
            return
        yield from self.values(part, old, new)
        if number_format(old) != number_format(new):
            yield self.change("number-format-changed", part, number_format(old), number_format(new))
        for limit, before, after, is_tighter in changed_limits(old, new):
            kind = "tightened" if is_tighter else "loosened"
            yield self.change(f"constraint-{kind}", f"{part} {limit}".strip(), before, after)

    def values(self, part: str, old: SwaggerSchema, new: SwaggerSchema) -> Iterator[Change]:
        (before, _), (after, in_map) = enum_values(old), enum_values(new)
        if bool(before) != bool(after):
            rule = "property-became-enum" if after else "property-enum-dropped"
            yield self.change(rule, part, ", ".join(before), ", ".join(after))
            return
        owner = "map" if in_map else "property"
        for value in before:
            if value not in after:
                yield self.change(f"{owner}-enum-value-removed", part, value)
        for value in after:
            if value not in before:
                yield self.change(f"{owner}-enum-value-added", part, "", value)


def _inheritance(schema: SwaggerSchema) -> str:
    bases = [type_text(part) for part in schema.all_of if part.ref is not None]
    if schema.discriminator:
        bases.append(f"by {schema.discriminator}")
    return ", ".join(bases)


def _parts(schema: SwaggerSchema) -> Iterator[SwaggerSchema]:
    yield from (part for part in schema.all_of if part.ref is None)
    yield schema


def _properties(schema: SwaggerSchema) -> Mapping[str, SwaggerSchema]:
    return {name: one for part in _parts(schema) for name, one in part.properties.items()}


def _required(schema: SwaggerSchema) -> frozenset[str]:
    return frozenset(name for part in _parts(schema) for name in part.required)


def _inline(schema: SwaggerSchema) -> SwaggerSchema | None:
    """Return the anonymous object schema of a property, or of its items if it is a list or map."""
    found: SwaggerSchema | bool | None = schema
    while isinstance(found, SwaggerSchema):
        found = unwrap_schema(found)
        if found.properties or found.all_of:
            return found
        found = found.additional_properties if found.items is None else found.items
    return None
