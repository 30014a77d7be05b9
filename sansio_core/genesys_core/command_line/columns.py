"""Columns of tables and CSV files: field selection and cell text.

Invariants: a table may omit fields, but never rows. A missing field is an empty cell.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final, cast

__all__ = [
    "cell_text",
    "choose_columns",
    "column_title",
    "fit_columns",
    "list_columns",
    "read_cell",
    "record_rows",
]

_FIRST: Final[tuple[str, ...]] = (
    "id",
    "name",
    "displayName",
    "email",
    "title",
    "username",
    "state",
    "status",
    "type",
    "direction",
    "mediaType",
    "division.name",
    "description",
    "dateCreated",
    "dateModified",
)
"""Names of the fields that identify or describe most entities, the most important first."""

_LINKS: Final = frozenset({"selfUri", "firstUri", "nextUri", "previousUri", "lastUri"})
_MOST: Final = 7
"""The maximum number of columns of a table if the user selects no columns."""

_SAMPLE: Final = 50
"""The number of items from which a table's columns and widths are derived."""

_WIDEST: Final = 40
"""The maximum width of a column in characters; longer cells are wrapped."""

_GAP: Final = 2
"""The number of spaces between two columns."""


def read_cell(item: object, column: str) -> object:
    """Return an item's field at a path such as ``division.name`` or ``skills.0.name``.

    A field whose own name contains dots is also found. An empty path selects the item itself.
    Returns ``None`` if there is no such field.
    """
    if not column:
        return item
    if isinstance(item, Mapping) and column in item:
        return cast(Mapping[str, object], item)[column]
    name, dot, rest = column.partition(".")
    if isinstance(item, Mapping):
        found = cast(Mapping[str, object], item).get(name)
    elif isinstance(item, list) and name.isascii() and name.isdigit():
        found = next(iter(cast(list[object], item)[int(name) :]), None)
    else:
        return None
    return read_cell(found, rest) if dot else found


def cell_text(value: object) -> str:
    """Return a value as the text of a cell.

    Null becomes empty text, a string is unchanged, and a list of strings is joined with commas. Any
    other value, including a list with a comma in a string, becomes JSON.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        items = cast(list[object], value)
        if items and all(isinstance(each, str) and "," not in each for each in items):
            return ",".join(cast(list[str], items))
    return json.dumps(value, ensure_ascii=False)


def choose_columns(items: Sequence[object]) -> list[str]:
    """Return at most seven columns for a table: first the fields that identify an item, then others.

    Args:
        items: JSON values; the columns are derived from the first ones. Items that are not objects
            form a single column.
    """
    present = [
        name for name in list_columns(items[:_SAMPLE]) if name.rpartition(".")[2] not in _LINKS
    ]
    chosen = [name for name in _FIRST if name in present]
    chosen += [name for name in present if name not in chosen and "." not in name]
    return chosen[:_MOST] or [""]


def column_title(column: str) -> str:
    """Return a column's heading in a table."""
    return column or "value"


def record_rows(record: Mapping[str, object]) -> list[dict[str, object]]:
    """Return a JSON object as rows of a table: one row for each field that is not null."""
    return [{"field": name, "value": value} for name, value in record.items() if value is not None]


def list_columns(items: Sequence[object]) -> list[str]:
    """Return the names of all fields with strings, numbers, Booleans or lists of strings.

    Fields of nested objects are included one level deep, as ``division.name``. Fields keep the
    order in which they appear. If there are none, the result is ``[""]``, which selects whole items.
    """
    found: dict[str, None] = {}
    for item in items:
        if not isinstance(item, Mapping):
            continue
        for name, value in cast(Mapping[str, object], item).items():
            if isinstance(value, Mapping):
                for inner, below in cast(Mapping[str, object], value).items():
                    if _is_short(below):
                        found[f"{name}.{inner}"] = None
            elif _is_short(value):
                found[name] = None
    return list(found) or [""]


def _is_short(value: object) -> bool:
    if isinstance(value, list):
        items = cast(list[object], value)
        return all(isinstance(each, str) for each in items) and bool(items)
    return value is not None and not isinstance(value, Mapping)


def fit_columns(columns: Sequence[str], items: Sequence[object], width: int) -> list[str]:
    """Return the columns that fit into a terminal's width, at least one.

    Args:
        columns: the columns, the most important first.
        items: the rows; widths are derived from the first ones.
        width: the terminal's width in characters.
    """
    left = width
    fitting: list[str] = []
    for column in columns:
        texts = [cell_text(read_cell(item, column)) for item in items[:_SAMPLE]]
        longest = max(map(len, [column_title(column), *texts]))
        left -= min(longest, _WIDEST) + _GAP
        if fitting and left + _GAP < 0:  # no gap follows the last column
            break
        fitting.append(column)
    return fitting
