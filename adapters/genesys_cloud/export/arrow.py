"""Arrow schemas and tables of records, with pyarrow (the extra ``export``).

Invariants: pyarrow is imported on first use. Every column may have nulls; JSON text is a
string column; integers have 64 bits; timestamps are UTC in milliseconds, the platform's precision.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from genesys_core.export.columns import Column, ColumnType, ListOf, MapOf, StructOf

__all__ = ["arrow_schema", "arrow_table", "import_pyarrow"]

# pyarrow has no type information, so its objects are Any here.


def arrow_schema(columns: Sequence[Column]) -> Any:  # noqa: ANN401
    """Return the ``pyarrow.Schema`` for an export's columns.

    Raises:
        ImportError: pyarrow is not installed.
    """
    pa = import_pyarrow()
    return pa.schema([pa.field(column.name, _type(pa, column.type)) for column in columns])


def arrow_table(rows: Sequence[Mapping[str, object]], schema: Any) -> Any:  # noqa: ANN401
    """Return a ``pyarrow.Table`` of rows from :func:`~genesys_core.export.columns.to_row`."""
    return import_pyarrow().Table.from_pylist(rows, schema=schema)


def import_pyarrow() -> Any:  # noqa: ANN401
    """Import and return the package pyarrow.

    Raises:
        ImportError: pyarrow is not installed.
    """
    try:
        return import_module("pyarrow")
    except ImportError:
        raise ImportError(
            "Arrow tables need an extra: pip install 'genesys-cloud[export]'"
        ) from None


_SCALARS: Final[Mapping[str, str]] = {
    "string": "string",
    "json": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "bool_",
    "date": "date32",
}
"""The name of the pyarrow function that creates the Arrow type, by column type."""


def _type(pa: Any, type: ColumnType) -> Any:  # noqa: ANN401
    match type:
        case ListOf(item):
            return pa.list_(_type(pa, item))
        case MapOf(value):
            return pa.map_(pa.string(), _type(pa, value))
        case StructOf(columns):
            return pa.struct([pa.field(one.name, _type(pa, one.type)) for one in columns])
        case "timestamp":
            return pa.timestamp("ms", tz="UTC")
        case _:
            return getattr(pa, _SCALARS[type])()
