"""Converts JSON values to msgspec structs, keeping all valid parts.

Invariants: a valid value is converted by msgspec in one step. Otherwise only the smallest invalid
part is dropped, with a :class:`~genesys_core.definition.read.findings.Finding`: an invalid
optional field gets its default, and an element whose required field is missing or invalid is omitted.
Nothing below :data:`MAX_DEPTH` levels is read, so no document can exhaust the stack.
"""

import types
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from genesys_core.definition.read.findings import Finding, Place, format_place

__all__ = ["MAX_DEPTH", "convert_tolerantly", "is_deeper_than"]

MAX_DEPTH: Final = 100
"""The maximum nesting depth that is read; the platform's documents have up to 17 levels."""

_TOO_DEEP: Final = f"nested more than {MAX_DEPTH} levels deep; ignored"

T = TypeVar("T", bound=Struct)


class _Unfit(Exception):  # noqa: N818 - never leaves this module
    """Raised if a value cannot be converted even without its invalid parts."""


def convert_tolerantly(
    value: object, type_: type[T], place: Place = ()
) -> tuple[T | None, list[Finding]]:
    """Convert a parsed JSON value to a struct, dropping invalid parts.

    Args:
        value: the parsed JSON value.
        type_: the struct class; its fields are structs, lists, dictionaries, scalars or ``Any``.
        place: the value's location in the document, for findings.

    Returns:
        The converted value, or ``None`` if it is invalid as a whole, and the findings.
    """
    reader = _Reader(is_shallow=not is_deeper_than(value, MAX_DEPTH))
    try:
        return cast(T, reader.read(value, type_, place)), reader.findings
    except _Unfit as error:
        reader.report(place, str(error))
        return None, reader.findings


def is_deeper_than(value: object, depth: int) -> bool:
    """Return whether the arrays and objects of a JSON value are nested deeper than ``depth``."""
    level: list[object] = [value]
    for _ in range(depth + 1):
        level = [
            child for one in level for child in _children(one) if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return cast(Mapping[str, object], value).values()
    return cast(list[object], value) if isinstance(value, list) else ()


class _Reader:
    def __init__(self, *, is_shallow: bool) -> None:
        self.findings: list[Finding] = []
        self.is_shallow = is_shallow

    def report(self, place: Place, message: str) -> None:
        self.findings.append(Finding(format_place(place), message))

    def read(self, value: object, type_: object, place: Place) -> object:
        # msgspec recurses: a deep value raises RecursionError, or is accepted unread if its type is Any.
        if self.is_shallow:
            try:
                return msgspec.convert(value, cast("type[object]", type_))
            except msgspec.ValidationError:
                pass  # some part is invalid, and is found below
        if len(place) > MAX_DEPTH and isinstance(value, dict | list):
            raise _Unfit(_TOO_DEEP)
        if type_ is typing.Any and is_deeper_than(value, MAX_DEPTH):
            raise _Unfit(_TOO_DEEP)
        options = get_args(type_) if get_origin(type_) in (Union, types.UnionType) else (type_,)
        for option in options:
            if _may_hold(option, value):
                return self._read_as(value, option, place)
        wanted = " or ".join(_named(option) for option in options if option is not type(None))
        raise _Unfit(f"expected {wanted}, found {_found(value)}; ignored")

    def _read_as(self, value: object, type_: object, place: Place) -> object:
        if isinstance(type_, type) and issubclass(type_, Struct):
            return self._struct(cast(Mapping[str, object], value), type_, place)
        arguments = get_args(type_)
        if not arguments:
            return value
        if isinstance(value, dict):
            items = cast(Mapping[str, object], value).items()
            pairs = ((key, self._part(one, arguments[1], (*place, key))) for key, one in items)
            return {key: part for key, part in pairs if part is not _DROPPED}
        elements = enumerate(cast(list[object], value))
        parts = (self._part(one, arguments[0], (*place, n)) for n, one in elements)
        return [part for part in parts if part is not _DROPPED]

    def _struct(self, value: Mapping[str, object], type_: type[Struct], place: Place) -> Struct:
        read: dict[str, object] = {}
        for field in _fields(type_):
            part = _DROPPED
            if field.encode_name in value:
                part = self._part(value[field.encode_name], field.type, (*place, field.encode_name))
            if part is not _DROPPED:
                read[field.name] = part
            elif field.required:
                raise _Unfit(f"has no valid {field.encode_name!r}; ignored")
        return type_(**read)

    def _part(self, value: object, type_: object, place: Place) -> object:
        try:
            return self.read(value, type_, place)
        except _Unfit as error:
            self.report(place, str(error))
            return _DROPPED


_DROPPED: Final = object()

_JSON_TYPES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "a Boolean"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
    (type(None), "null"),
)


def _found(value: object) -> str:
    return next((name for kind, name in _JSON_TYPES if isinstance(value, kind)), "a number")


def _named(type_: object) -> str:
    kind = get_origin(type_) or type_
    if isinstance(kind, type) and issubclass(kind, Struct):
        return "an object"
    return next((name for known, name in _JSON_TYPES if kind is known), "a number")


def _may_hold(type_: object, value: object) -> bool:
    if type_ is typing.Any:
        return True
    kind = get_origin(type_) or type_
    if isinstance(kind, type) and issubclass(kind, Struct):
        return isinstance(value, dict)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind  # not isinstance: a Boolean is an int


@cache
def _fields(type_: type[Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(type_)
