"""Columns of tables, derived from the models of records.

Invariants: every model has columns. Fields without a single type, and recursive models, become JSON
text. The column :data:`REST` contains, by path, the fields that the model does not have, and the
values that do not fit their columns, which contain null instead.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final, Literal, TypeAlias, cast

import msgspec
from msgspec import Struct
from msgspec import inspect as types

from genesys_core.calls.operation import Endpoint
from genesys_core.clock import assume_utc
from genesys_core.codec.decoding import resolve_type

__all__ = [
    "REST",
    "Column",
    "ColumnType",
    "ListOf",
    "MapOf",
    "ScalarKind",
    "StructOf",
    "columns_of",
    "record_type",
    "to_row",
]

ScalarKind: TypeAlias = Literal[
    "string", "integer", "number", "boolean", "timestamp", "date", "json"
]
"""The type of a column without nested columns; ``json`` is any value as JSON text."""

REST: Final = "_rest"
"""The last column: JSON text with the values that have no column, by path; null if there are none."""


class ListOf(Struct, frozen=True):
    """The column type of a list."""

    item: "ColumnType"


class MapOf(Struct, frozen=True):
    """The column type of an object with arbitrary member names."""

    value: "ColumnType"


class StructOf(Struct, frozen=True):
    """The column type of an object with known member names."""

    columns: "tuple[Column, ...]"


ColumnType: TypeAlias = ScalarKind | ListOf | MapOf | StructOf
"""The type of a column."""


class Column(Struct, frozen=True):
    """A column of a table, with nested columns if it contains lists or objects.

    Attributes:
        name: the wire name of the field that the column contains.
        type: the type of the column's values; every column may contain nulls.
        is_record: whether the column contains whole records of a type that is not a model.
    """

    name: str
    type: ColumnType
    is_record: bool = False


def columns_of(model: object) -> tuple[Column, ...]:
    """Return the columns for a type of records; the last column is :data:`REST`.

    For a model, there is a column for each field; for any other type, a column ``value`` that
    contains the whole record.
    """
    found = _column_type(types.type_info(model), ())
    if isinstance(found, StructOf):
        return (*found.columns, Column(REST, "json"))
    return (Column("value", found, is_record=True), Column(REST, "json"))


def record_type(endpoint: Endpoint | None) -> object:
    """Return the type of the records that an endpoint lists; ``object`` if unknown."""
    if endpoint is None or endpoint.returns is None or endpoint.listing is None:
        return object
    info: types.Type | None = types.type_info(resolve_type(endpoint.returns))
    for name in endpoint.listing.items.split(".") if endpoint.listing.items else ():
        info = _field_type(info, name)
    if not isinstance(info, types.ListType):
        return object
    item = _without_none(info.item_type)
    return item.cls if isinstance(item, types.StructType) else object


def to_row(record: object, columns: Sequence[Column]) -> dict[str, object]:
    """Convert a record to a row with a value for each column.

    Args:
        record: the record as JSON values: dictionaries, lists, strings, numbers.
        columns: the columns of the row; the last one is :data:`REST`.
    """
    *known, _ = columns
    rest: dict[str, object] = {}
    document = {known[0].name: record} if known[0].is_record else record
    row = cast("dict[str, object]", _convert(document, StructOf(tuple(known)), "$", rest) or {})
    row[REST] = _as_json(rest) if rest else None
    return row


_SIMPLE: Final[Mapping[type[types.Type], ScalarKind]] = {
    types.StrType: "string",
    types.LiteralType: "string",
    types.IntType: "integer",
    types.FloatType: "number",
    types.BoolType: "boolean",
    types.DateTimeType: "timestamp",
    types.DateType: "date",
}


def _column_type(info: types.Type, within: tuple[type, ...]) -> ColumnType:
    info = _without_none(info)
    if isinstance(info, types.StructType):
        if info.cls in within:
            return "json"
        inner = (*within, info.cls)
        columns = tuple(Column(f.encode_name, _column_type(f.type, inner)) for f in info.fields)
        return StructOf(columns) if columns else "json"
    if isinstance(info, types.ListType):
        return ListOf(_column_type(info.item_type, within))
    if isinstance(info, types.DictType):
        return MapOf(_column_type(info.value_type, within))
    return _SIMPLE.get(type(info), "json")


def _without_none(info: types.Type) -> types.Type:
    if isinstance(info, types.UnionType):
        others = [one for one in info.types if not isinstance(one, types.NoneType)]
        if len(others) == 1:
            return others[0]
    return info


def _field_type(info: types.Type | None, name: str) -> types.Type | None:
    if not isinstance(info, types.StructType):
        return None
    found = (field.type for field in info.fields if field.encode_name == name)
    return next((_without_none(one) for one in found), None)


_MISFIT: Final = object()


def _convert(value: object, type: ColumnType, path: str, rest: dict[str, object]) -> object:
    if value is None:
        return None
    match type:
        case ListOf(item) if isinstance(value, list):
            values = cast("list[object]", value)
            return [_convert(one, item, f"{path}[{n}]", rest) for n, one in enumerate(values)]
        case MapOf(inner) if isinstance(value, dict):
            members = cast(dict[str, object], value)
            return {
                name: _convert(one, inner, f"{path}.{name}", rest) for name, one in members.items()
            }
        case StructOf(columns) if isinstance(value, dict):
            members = dict(cast(dict[str, object], value))
            row = {
                column.name: _convert(
                    members.pop(column.name, None), column.type, f"{path}.{column.name}", rest
                )
                for column in columns
            }
            rest |= {f"{path}.{name}": one for name, one in members.items()}
            return row
        case str():
            found = _SCALARS[type](value)
            if found is not _MISFIT:
                return found
        case _:
            pass
    rest[path] = value
    return None


def _text(value: object) -> object:
    return value if isinstance(value, str) else _MISFIT


def _integer(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        return _MISFIT
    return value if -(2**63) <= value < 2**63 else _MISFIT  # the column has 64 bits


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _MISFIT
    # A double represents integers exactly up to 2**53.
    return float(value) if isinstance(value, float) or abs(value) <= 2**53 else _MISFIT


def _boolean(value: object) -> object:
    return value if isinstance(value, bool) else _MISFIT


def _timestamp(value: object) -> object:
    try:
        moment = datetime.fromisoformat(cast(str, value))
        # Without a zone, `astimezone` would take that of this machine.
        return assume_utc(moment).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):  # the last one: out of range in UTC
        return _MISFIT


def _date(value: object) -> object:
    try:
        return date.fromisoformat(cast(str, value))
    except (ValueError, TypeError):
        return _MISFIT


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_SCALARS: Final = {
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "date": _date,
    "json": _as_json,
}
