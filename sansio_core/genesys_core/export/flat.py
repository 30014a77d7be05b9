"""The flat form of records, for spreadsheets: one cell for each value, and lines of CSV.

Invariants: objects are flattened to columns whose names are joined by dots (``queue.id``), two
names at most; deeper objects, lists and objects with arbitrary names become JSON text in one cell.
An absent value is an empty cell, an empty string is ``""``. No value is changed, even if a
spreadsheet would interpret it as a formula.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final, cast

import msgspec
from msgspec import Struct

from genesys_core.export.columns import Column, ColumnType, ScalarKind, StructOf

__all__ = ["DEPTH", "FlatColumn", "csv_line", "flat_columns", "flatten_row"]


class FlatColumn(Struct, frozen=True):
    """A column of the flat form.

    Attributes:
        path: the wire names of the nested fields that lead from the record to the value.
        type: the type of the value; ``json`` for lists, and for objects that are not flattened.
    """

    path: tuple[str, ...]
    type: ScalarKind

    @property
    def name(self) -> str:
        """The column's name: the field names of :attr:`path`, joined by dots."""
        return ".".join(self.path)


DEPTH: Final = 2
"""The maximum number of field names in a column's path. Without this limit, some models would have a
thousand columns.
"""


def flat_columns(columns: Sequence[Column], *, depth: int = DEPTH) -> tuple[FlatColumn, ...]:
    """Flatten nested columns.

    Args:
        columns: the nested columns.
        depth: the maximum nesting depth of a column; deeper objects become JSON text.
    """
    return tuple(_flatten(columns, (), depth))


def flatten_row(row: Mapping[str, object], columns: Sequence[FlatColumn]) -> tuple[str | None, ...]:
    """Return the cells of a row that :func:`~genesys_core.export.columns.to_row` returned."""
    return tuple(_cell(_read(row, column.path)) for column in columns)


def csv_line(cells: Sequence[str | None]) -> bytes:
    """Return a line of CSV in UTF-8 with its line break (RFC 4180 section 2)."""
    # JSON may have lone surrogates: one of them must not end an export.
    return (",".join(map(_quote, cells)) + "\r\n").encode("utf-8", "surrogatepass")


def _flatten(columns: Sequence[Column], path: tuple[str, ...], depth: int) -> Iterator[FlatColumn]:
    for column in columns:
        here = (*path, column.name)
        if isinstance(column.type, StructOf) and depth > 1:
            yield from _flatten(column.type.columns, here, depth - 1)
        else:
            yield FlatColumn(here, _kind(column.type))


def _kind(type: ColumnType) -> ScalarKind:
    return type if isinstance(type, str) else "json"


def _read(row: object, path: Sequence[str]) -> object:
    for name in path:
        if not isinstance(row, Mapping):
            return None
        row = cast(Mapping[str, object], row).get(name)
    return row


def _cell(value: object) -> str | None:
    match value:
        case None:
            return None
        case str():
            return value
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case _:
            return msgspec.json.encode(value).decode()


# White space at the ends is quoted as well, because some readers strip it.
_SPECIAL: Final = re.compile(r'[",\r\n]|^$|^\s|\s$')


def _quote(cell: str | None) -> str:
    if cell is None:
        return ""
    return '"' + cell.replace('"', '""') + '"' if _SPECIAL.search(cell) else cell
