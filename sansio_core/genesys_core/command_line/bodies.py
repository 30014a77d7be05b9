"""Request bodies from the command line: ``key=value`` fields, and model skeletons.

Invariants: ``key=value`` always sets a string, and ``key:=json`` a JSON value of any type. A body is
never modified: setting a field returns a copy.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from genesys_core.command_line.usage import UsageError

__all__ = ["BodyField", "ModelField", "build_body", "is_field", "new_skeleton", "parse_field"]

# The notation of HTTPie, with dots for nested objects.
_FIELD: Final = re.compile(r"([^=:\s][^=:]*?)(:?=)(.*)", re.DOTALL)
_SKELETON_DEPTH: Final = 2


@dataclass(frozen=True)
class BodyField:
    """A field of a request body that is set on the command line.

    Attributes:
        path: the names of the nested fields down to this one; the last name ends in ``[]`` if the
            value is appended to a list.
        value: the field's new value, or the element to append.
    """

    path: tuple[str, ...]
    value: object


@dataclass(frozen=True)
class ModelField:
    """A field of a model, as needed to create a skeleton of a body.

    Attributes:
        wire: the field's name in JSON.
        kind: ``string``, ``date``, ``date-time``, ``integer``, ``number``, ``boolean``, ``list``,
            ``object``, ``any JSON value``, or the name of a model.
        item: the kind of a list's items; empty for other fields.
        is_required: whether the definition requires the field.
        is_read_only: whether only the platform sets the field.
    """

    wire: str
    kind: str
    item: str = ""
    is_required: bool = False
    is_read_only: bool = False


def is_field(text: str) -> bool:
    """Return whether an argument sets a field, as ``key=value`` or ``key:=json``."""
    return _FIELD.fullmatch(text) is not None


def parse_field(text: str) -> BodyField:
    """Parse ``key=value`` or ``key:=json``; dots in the key select fields of nested objects.

    Raises:
        UsageError: the argument has neither form, the key is not a field name, or the JSON is
            invalid.
    """
    found = _FIELD.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r}: expected key=value, or key:=json for types other than strings")
    key, operator, written = found.groups()
    path = tuple(key.split("."))
    if not all(name.removesuffix("[]") for name in path) or any("[]" in each for each in path[:-1]):
        raise UsageError(f"{key!r}: not a field name; use one such as paging.pageSize or tags[]")
    if operator == "=":
        return BodyField(path, written)
    try:
        return BodyField(path, json.loads(written))
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{key}:={written}: not valid JSON ({error}); write {key}={written} for a string"
        ) from None


def build_body(base: object, fields: Sequence[BodyField]) -> object:
    """Return a copy of a request body with fields set.

    Args:
        base: the body to begin with; ``None`` for an empty object.
        fields: the fields to set, in order.

    Raises:
        UsageError: a field is set in a value that is not an object, or an element is appended to a
            value that is not a list.
    """
    body = base
    for field in fields:
        body = _set(body, field.path, field.value, ".".join(field.path))
    return body


def _set(target: object, path: Sequence[str], value: object, shown: str) -> dict[str, object]:
    if target is not None and not isinstance(target, Mapping):
        raise UsageError(f"{shown}: sets a field of {_json_type(target)}; only objects have fields")
    fields = dict(cast(Mapping[str, object], target or {}))
    name, *rest = path
    if rest:
        fields[name] = _set(fields.get(name), rest, value, shown)
    elif name.endswith("[]"):
        name = name.removesuffix("[]")
        before = fields.get(name)
        if not (before is None or isinstance(before, list)):
            raise UsageError(f"{shown}: {name} is {_json_type(before)}, not a list")
        fields[name] = [*cast(list[object], before or ()), value]
    else:
        fields[name] = value
    return fields


def _json_type(value: object) -> str:
    names: dict[type, str] = {str: "a string", bool: "a boolean", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")


def new_skeleton(model: str, fields_of: Callable[[str], Sequence[ModelField]]) -> object:
    """Return an example body for a model, with the fields that a caller can set.

    Args:
        model: the model's name, or ``list of`` and a model's name.
        fields_of: a function that returns the fields of a model by name; empty for an unknown model.
    """
    if model.startswith("list of "):
        return [_example(model.removeprefix("list of "), "", fields_of, 0)]
    return _example(model, "", fields_of, 0)


def _example(
    kind: str, item: str, fields_of: Callable[[str], Sequence[ModelField]], depth: int
) -> object:
    if kind in _EXAMPLES:
        return _EXAMPLES[kind]
    if kind == "list":
        return [_example(item, "", fields_of, depth)]
    # Some models contain themselves, so the depth is limited.
    if depth >= _SKELETON_DEPTH:
        return {}
    return {
        field.wire: _example(field.kind, field.item, fields_of, depth + 1)
        for field in sorted(fields_of(kind), key=lambda field: not field.is_required)
        if not field.is_read_only
    }


_EXAMPLES: Final[Mapping[str, object]] = {
    "string": "",
    "date": "",
    "date-time": "",
    "integer": 0,
    "number": 0.0,
    "boolean": False,
    "any JSON value": None,
    "object": {},
}
