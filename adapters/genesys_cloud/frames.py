"""Converts listings, pages, models and exports to Arrow, pandas or polars tables.

Columns are typed by the models, as in Parquet files of exports (:mod:`genesys_cloud.export`):
nested models are structs and lists, times are UTC, and the last column ``_rest`` contains JSON text
with the values that fit no other column. pyarrow, pandas and polars are imported on first use:
pyarrow comes with the extra ``export``; pandas and polars must be installed separately.

::

    from genesys_cloud.frames import to_pandas

    queues = to_pandas(client.routing.get_routing_queues.paginate())
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import chain, islice
from typing import Any, Final, TypeAlias, cast

from msgspec import Struct

from genesys_cloud.export.arrow import arrow_schema, arrow_table, import_pyarrow
from genesys_cloud.export.running import read_export_model, read_records
from genesys_core.checks import wrong_type
from genesys_core.codec.encoding import to_json
from genesys_core.codec.tolerant_json import parse_json
from genesys_core.codec.unknown_fields import restore_unknown_fields
from genesys_core.errors import InvalidValueError
from genesys_core.export.columns import REST, Column, columns_of, to_row

__all__ = ["FrameSource", "to_arrow", "to_pandas", "to_polars"]

FrameSource: TypeAlias = Iterable[object] | Struct | str | os.PathLike[str]
"""A source of records: a listing, a list of models, a page, or the directory or URL of an export."""

_BATCH: Final = 2000
"""The number of records that are converted at a time."""


def to_arrow(source: FrameSource, *, model: type[object] | None = None) -> Any:  # noqa: ANN401 - an untyped package
    """Return a ``pyarrow.Table`` with the records of a source.

    Args:
        source: the source of the records.
        model: the type of the records; by default, the model of the export or the type of the first
            record. Required if the source is not an export and has no records.

    Raises:
        ImportError: pyarrow is not installed.
        InvalidValueError: there are no records and no ``model``, or the export is in CSV.
        TypeError: ``source`` is an asynchronous listing, or has another unsupported type.
    """
    pa = import_pyarrow()
    records, found = _records(source)
    batches = _batched(records)
    first = next(batches, list[object]())
    model = model or found or (type(first[0]) if first else None)
    if model is None:
        raise InvalidValueError(
            "source: has no records, so the columns are unknown; pass the type of the records as `model`"
        )
    columns = columns_of(object if issubclass(model, dict) else model)
    schema = arrow_schema(columns)
    tables = [
        arrow_table([_row(record, columns) for record in batch], schema)
        for batch in chain([first], batches)
    ]
    return pa.concat_tables(tables)


def to_pandas(source: FrameSource, *, model: type | None = None) -> Any:  # noqa: ANN401 - an untyped package
    """Return a pandas data frame with the records of a source.

    Its columns have Arrow types, so that integers with nulls remain integers.

    Takes the same arguments and raises the same exceptions as :func:`to_arrow`.
    """
    pandas = _import_package("pandas")
    return to_arrow(source, model=model).to_pandas(types_mapper=pandas.ArrowDtype)


def to_polars(source: FrameSource, *, model: type | None = None) -> Any:  # noqa: ANN401 - an untyped package
    """Return a polars data frame with the records of a source.

    Takes the same arguments and raises the same exceptions as :func:`to_arrow`.
    """
    polars = _import_package("polars")
    return polars.from_arrow(to_arrow(source, model=model))


def _records(source: object) -> tuple[Iterator[object], type[object] | None]:
    given = source  # the checks below narrow the static type of `source`
    if isinstance(source, str | os.PathLike):
        path = cast("str | os.PathLike[str]", source)
        return iter(read_records(path)), read_export_model(path)
    if isinstance(source, Struct):
        return iter(_items(source)), None
    if isinstance(source, Iterable) and not isinstance(source, bytes | Mapping):
        return iter(cast(Iterable[object], source)), None
    raise wrong_type(
        "source",
        given,
        "models, a page or the path of an export (collect an asynchronous listing in a list first)",
        "client.users.get_users.paginate()",
    )


_LISTS: Final = ("entities", "results", "conversations", "resources", "user_details", "records")
"""The names of page fields that may contain the items."""


def _items(page: Struct) -> list[object]:
    """Return the items of a page; a model that has no list of items is returned as the only item."""
    values = (getattr(page, name, None) for name in _LISTS)
    return next((cast("list[object]", one) for one in values if isinstance(one, list)), [page])


def _batched(records: Iterator[object]) -> Iterator[list[object]]:
    while batch := list(islice(records, _BATCH)):
        yield batch


def _row(record: object, columns: Sequence[Column]) -> dict[str, object]:
    given = record
    if isinstance(record, dict) and REST in record:
        return cast(dict[str, object], record)  # a row of an export
    document = parse_json(to_json(restore_unknown_fields(given))).tree
    return to_row(document, columns)


def _import_package(name: str) -> Any:  # noqa: ANN401 - the package
    try:
        return import_module(name)
    except ImportError:
        raise ImportError(f"{name} is not installed; pip install {name}") from None
