"""Compares the schemas of parameters, bodies, responses and properties.

Invariants: a schema is compared by its Python type (:func:`type_text`) first; enum values,
limits and number formats are compared only if the type is the same. The caller chooses the
rules, because the severity of a change differs between parameters and properties.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias, overload

from genesys_core.definition.read.definition import format_number
from genesys_core.definition.read.references import definition_name
from genesys_core.definition.read.swagger import SwaggerParameter, SwaggerSchema

__all__ = [
    "changed_limits",
    "enum_values",
    "number_format",
    "type_change",
    "type_text",
    "unwrap_schema",
    "values_differ",
]

_DATES: Final = frozenset({"date", "date-time", "local-date-time", "year-month"})

Described: TypeAlias = SwaggerSchema | SwaggerParameter


@overload
def unwrap_schema(schema: SwaggerSchema) -> SwaggerSchema: ...
@overload
def unwrap_schema(schema: Described) -> Described: ...
def unwrap_schema(schema: Described) -> Described:
    """Return the schema that a parameter or an ``allOf`` with one member contains.

    Any other schema is returned unchanged.
    """
    while True:
        if isinstance(schema, SwaggerParameter):
            if schema.schema is None:
                return schema
            schema = schema.schema
        elif len(schema.all_of) == 1 and not schema.properties:
            schema = schema.all_of[0]
        else:
            return schema


def type_text(schema: Described | None) -> str:
    """Return a schema's type as text, such as ``list[User]``; empty if there is no schema."""
    if schema is None:
        return ""
    schema = unwrap_schema(schema)
    if schema.ref is not None:
        return definition_name(schema.ref) or schema.ref
    if schema.type == "array":
        return f"list[{type_text(schema.items) or 'any'}]"
    if schema.type == "string" and schema.format in _DATES:
        return schema.format or ""
    return (
        (_object_text(schema) if isinstance(schema, SwaggerSchema) else "") or schema.type or "any"
    )


def _object_text(schema: SwaggerSchema) -> str:
    if schema.all_of:
        return " & ".join(map(type_text, schema.all_of))
    if schema.properties:
        return "inline object"  # a class in Python, whereas an object without properties is `Any`
    if isinstance(schema.additional_properties, SwaggerSchema):
        return f"dict[{type_text(schema.additional_properties)}]"
    return ""


def type_change(old: Described | None, new: Described | None) -> str:
    """Classify the difference between the types of two schemas.

    Returns:
        ``""`` if they are equal, ``"date"`` if both are strings with different date formats or
        none, ``"item"`` if the
        items of a list differ, ``"nested"`` if the items of nested lists differ, otherwise ``"type"``.
    """
    before, after = type_text(old), type_text(new)
    if before == after:
        return ""
    if before in {*_DATES, "string"} and after in {*_DATES, "string"}:
        return "date"
    depth = min(_depth(before), _depth(after))
    return ("type", "item")[depth] if depth < 2 else "nested"


def _depth(text: str) -> int:
    depth = 0
    while text.startswith("list["):
        text, depth = text.removeprefix("list["), depth + 1
    return depth


def enum_values(schema: Described) -> tuple[tuple[str, ...], bool]:
    """Return the enum values of a schema or its items, and whether they are inside a map."""
    schema, in_map = unwrap_schema(schema), False
    while True:
        if schema.items is not None:
            schema = unwrap_schema(schema.items)
        elif isinstance(schema, SwaggerSchema) and isinstance(
            schema.additional_properties, SwaggerSchema
        ):
            schema, in_map = unwrap_schema(schema.additional_properties), True
        else:
            return tuple(dict.fromkeys(map(str, schema.enum))), in_map


def number_format(schema: Described) -> str:
    """Return the format of a numeric schema, or of the numbers in a list; empty for other types."""
    schema = unwrap_schema(schema)
    while schema.items is not None:
        schema = unwrap_schema(schema.items)
    return (schema.format or "") if schema.type in {"integer", "number"} else ""


_LOWER: Final = ("minimum", "min_length", "min_items")
_UPPER: Final = ("maximum", "max_length", "max_items")


def changed_limits(old: Described, new: Described) -> Iterator[tuple[str, str, str, bool]]:
    """Yield each changed limit: its name, old value, new value, and whether it became stricter."""
    old, new = unwrap_schema(old), unwrap_schema(new)
    for names, sign in ((_LOWER, 1), (_UPPER, -1)):
        for name in names:
            before, after = getattr(old, name), getattr(new, name)
            if values_differ(before, after):
                # A minimum is tighter if it is greater, a maximum if it is smaller.
                is_tighter = after is not None and (before is None or sign * after > sign * before)
                yield name, _text(before), _text(after), is_tighter
    # Patterns cannot be compared, so every added or changed pattern counts as stricter.
    if old.pattern != new.pattern:
        yield "pattern", _text(old.pattern), _text(new.pattern), new.pattern is not None
    if old.unique_items != new.unique_items:
        yield "unique_items", str(old.unique_items), str(new.unique_items), new.unique_items


def values_differ(old: object, new: object) -> bool:
    """Return whether two JSON values differ; NaN, which :mod:`json` accepts, equals NaN."""
    return old != new and repr(old) != repr(new)


def _text(value: object) -> str:
    if isinstance(value, float):
        return format_number(value)
    return "" if value is None else str(value)
