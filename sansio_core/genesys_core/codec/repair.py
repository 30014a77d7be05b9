"""Repair of documents that do not match their type, value by value.

Invariants: one malformed field never makes a whole page fail. Values that match are kept; all other
values are converted if their meaning is unambiguous, otherwise replaced with ``None``, and reported
as issues. The work is linear: :func:`msgspec.convert` is called on each child of a value that does
not match, and only children that do not match are examined further.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from genesys_core.codec.issues import (
    ROOT,
    Issue,
    JsonPath,
    JsonValue,
    json_kind,
    json_path,
    mask_issue,
    show_value,
)
from genesys_core.codec.scalar_conversions import CONVERSIONS, is_last_moment
from genesys_core.codec.tagged_union import TaggedUnion
from genesys_core.codec.values import YearMonth, dec_hook
from genesys_core.errors import DecodeError

__all__ = ["repair_value"]


def _convert(raw: object, type_: object) -> object:
    return msgspec.convert(raw, cast(type[object], type_), dec_hook=dec_hook)


def repair_value(raw: JsonValue, type_: object) -> tuple[object, list[Issue]]:
    """Convert a document to the closest value of a type, and report the differences.

    Args:
        raw: the document, decoded without types.
        type_: the expected type.

    Raises:
        DecodeError: the document's JSON type does not fit ``type_``, or it is nested too deeply.
    """
    walk = _Walk()
    try:
        return walk.document(raw, type_), walk.issues
    except RecursionError:
        pass  # raised below, so that the error does not carry a thousand frames
    raise DecodeError("the body is nested too deeply")


class _Field(Struct, frozen=True):
    name: str
    key: str
    type: object
    secret: bool
    required: bool


class _Object(Struct, frozen=True):
    """A JSON object with known members."""

    cls: type[Struct]
    fields: tuple[_Field, ...]

    def __str__(self) -> str:
        return f"object ({self.cls.__name__})"


class _Map(Struct, frozen=True):
    """A JSON object with arbitrary keys."""

    value: object

    def __str__(self) -> str:
        return "object"


class _List(Struct, frozen=True):
    item: object

    def __str__(self) -> str:
        return "array"


class _Leaf(Struct, frozen=True):
    """A type whose values are converted as a whole: a scalar, or a type that only callers use."""

    types: tuple[object, ...]

    def __str__(self) -> str:
        return " or ".join(_leaf_name(type_) for type_ in self.types)


class _Choice(Struct, frozen=True):
    """A JSON object whose type is determined by its kind."""

    union: TaggedUnion

    def __str__(self) -> str:
        return f"object ({self.union.__name__})"


_Shape: TypeAlias = _Object | _Map | _List | _Choice | _Leaf

_LEAF_NAMES: Mapping[object, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    datetime: "date-time",
    YearMonth: "year-month",
}


def _leaf_name(type_: object) -> str:
    return _LEAF_NAMES.get(type_) or str(getattr(type_, "__name__", "another value"))


@cache
def _shape(type_: object) -> _Shape:
    """Return how values of a type are traversed, given the type's annotation."""
    members = _members(type_)
    if len(members) != 1:
        return _Leaf(members)
    origin, arguments = get_origin(members[0]) or members[0], get_args(members[0])
    match origin:
        case type() if issubclass(origin, Struct) and _by_name(origin):
            return _Object(origin, _fields(members[0], origin))
        case type() if origin is dict and (not arguments or arguments[0] is str):
            return _Map(arguments[1] if arguments else Any)
        case type() if origin is list:
            return _List(arguments[0] if arguments else Any)
        case TaggedUnion():
            return _Choice(origin)
        case _:
            return _Leaf(members)


def _members(type_: object) -> tuple[object, ...]:
    """Return the members of a union except ``None``, or the type itself, without ``Annotated``."""
    if get_origin(type_) is Annotated:
        return _members(get_args(type_)[0])
    if get_origin(type_) in {Union, UnionType}:
        return tuple(member for part in get_args(type_) for member in _members(part))
    return () if type_ in {None, NoneType} else (type_,)


def _by_name(cls: type[Struct]) -> bool:
    return not cls.__struct_config__.array_like


def _fields(type_: object, cls: type[Struct]) -> tuple[_Field, ...]:
    secrets: frozenset[str] = getattr(cls, "__secrets__", frozenset())
    return tuple(
        _Field(field.name, field.encode_name, field.type, field.name in secrets, field.required)
        for field in msgspec.structs.fields(cast(type[Struct], type_))
    )


class _Walk:
    """The traversal of one document; collects issues."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.is_exact = False  # whether a value that only msgspec rejects was kept as it is

    def document(self, raw: JsonValue, type_: object) -> object:
        """Convert the whole document; its JSON type must match the expected type."""
        try:
            return _convert(raw, type_)
        except msgspec.ValidationError:
            shape = _shape(type_)
        right = (isinstance(shape, _List), isinstance(shape, _Object | _Map | _Choice))
        if raw is None or right == (isinstance(raw, list), isinstance(raw, dict)):
            value = self.descend(raw, shape, type_, ROOT)
            # forbid_unknown_fields and similar options, on a caller's own class
            if not self.issues and not self.is_exact:
                self.issues.append(Issue("$", f"a constraint of {shape} is violated: ignored"))
            if raw is None or value is not None:
                return value
        raise DecodeError(f"expected {shape} as the whole body, found {_found(raw, shape)}")

    def value(self, raw: JsonValue, type_: object, at: JsonPath) -> object:
        """Convert a JSON value to the expected type; ``None`` if that is impossible."""
        try:
            return _convert(raw, type_)
        except msgspec.ValidationError:
            return self.descend(raw, _shape(type_), type_, at)

    def descend(self, raw: JsonValue, shape: _Shape, type_: object, at: JsonPath) -> object:
        """Convert a value that does not match its type, member by member or element by element."""
        match shape, raw:
            case _Object(), dict():
                value = self.model(raw, shape, at)
            case _Choice(), dict():
                value = self.value(raw, shape.union.case_of(raw), at)
            case _Map(), dict():
                value = {key: self.value(raw[key], shape.value, (at, key)) for key in raw}
            case _List(), list():
                value = [self.value(item, shape.item, (at, i)) for i, item in enumerate(raw)]
            case _List(), str() | int() | float() | dict():
                value = self.wrapped(raw, shape, at)
            case _, [only] if not isinstance(only, list):
                self.report(raw, shape, at, "used its only element")
                value = self.value(only, type_, (at, 0))
            case _Leaf(), str() | int() | float():
                value = self.leaf(raw, shape, type_, at)
            case _:
                value = self.report(raw, shape, at, "replaced with None")
        return value

    def model(self, raw: dict[str, JsonValue], shape: _Object, at: JsonPath) -> object:
        """Build a model from the members of a JSON object; each member is converted on its own."""
        members: dict[str, object] = {}
        for field in shape.fields:
            seen = len(self.issues)
            if field.key in raw:
                members[field.name] = self.value(raw[field.key], field.type, (at, field.key))
            elif field.required:
                members[field.name] = None
                self.issues.append(Issue(json_path((at, field.key)), "missing: replaced with None"))
            if field.secret:
                # Whatever a secret field contains is secret as well.
                self.issues[seen:] = map(mask_issue, self.issues[seen:])
        try:
            return shape.cls(**members)
        except (TypeError, ValueError):  # raised by the __post_init__ of a caller's class
            return self.report(raw, shape, at, "replaced with None")

    def wrapped(self, raw: JsonValue, shape: _List, at: JsonPath) -> list[object] | None:
        """Convert a single value where an array is expected, and wrap it in a list."""
        item = self.value(raw, shape.item, at)
        if item is None:
            return None
        self.report(raw, shape, at, "wrapped in an array")
        return [item]

    def leaf(self, raw: str | float, shape: _Leaf, type_: object, at: JsonPath) -> object:
        """Convert a scalar to the expected scalar type."""
        for wanted in shape.types:
            if _unknown_member(raw, wanted):
                self.report(raw, shape, at, "unknown value kept")
                return raw
            value = _converted(raw, wanted, type_)
            if value is not None:
                if wanted is datetime and is_last_moment(raw):
                    self.is_exact = True
                else:
                    self.report(raw, shape, at, "converted")
                return value
        return self.report(raw, shape, at, "replaced with None")

    def report(self, raw: JsonValue, shape: _Shape, at: JsonPath, done: str) -> object:
        """Record an issue: the expected type, the value and how it was handled. Return ``None``."""
        message = f"expected {shape}, found {_found(raw, shape)}: {done}"
        self.issues.append(Issue(json_path(at), message, show_value(raw)))
        return None


def _found(raw: JsonValue, shape: _Shape) -> str:
    # "another", if the type is right, but a constraint such as a maximum length is violated.
    return "another" if json_kind(raw) == str(shape) else json_kind(raw)


def _unknown_member(raw: object, wanted: object) -> bool:
    """Return whether a value that did not match has the same type as a closed enum's values.

    Such a value is one that the ``Enum`` or ``Literal`` of a caller's own type does not list.
    """
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        known: Sequence[object] = [member.value for member in wanted]
    else:
        known = get_args(wanted) if get_origin(wanted) is Literal else ()
    # By exact type, so that True is not kept in an enum of numbers.
    return type(raw) in {type(value) for value in known}


def _converted(raw: object, wanted: object, type_: object) -> object | None:
    conversion = CONVERSIONS.get(wanted)
    value = None if conversion is None else conversion(raw)
    if value is None:
        return None
    try:
        return _convert(value, type_)  # applies constraints of the annotation
    except msgspec.ValidationError:
        return None
