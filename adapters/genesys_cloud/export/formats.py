"""Writers and readers of an export's files: JSON Lines, CSV and Parquet.

Invariants: a writer keeps at most one batch of records in memory. A JSON Lines file contains each
record as the platform sent it, including unknown fields; CSV and Parquet store unknown fields in the
column ``_rest``.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, BinaryIO, Final, Literal, Protocol, TypeAlias, cast

from genesys_cloud.step_lock import StepLock
from genesys_core.codec.encoding import to_json
from genesys_core.codec.tolerant_json import parse_json
from genesys_core.codec.unknown_fields import restore_unknown_fields
from genesys_core.errors import InvalidValueError
from genesys_core.export.columns import columns_of, to_row
from genesys_core.export.flat import csv_line, flat_columns, flatten_row

__all__ = ["FORMATS", "ExportFormat", "Writer", "check_format", "open_writer", "read_part"]

ExportFormat: TypeAlias = Literal["jsonl", "csv", "parquet"]
"""The format of an export's files, and their file extension."""

FORMATS: Final = ("jsonl", "csv", "parquet")

_BATCH: Final = 2000
"""Maximum number of records in a Parquet row group; a row group is kept in memory as a whole."""


class Writer(Protocol):
    """Writes the records of a slice to a file, in one format."""

    def write(self, records: Sequence[object]) -> None:
        """Write or buffer records."""
        ...

    def close(self) -> None:
        """Write the buffered records and, if the format has one, the footer; do not close the file."""
        ...


def check_format(format: str) -> None:
    """Check that a format exists and that its package is installed.

    Raises:
        InvalidValueError: the format is unknown.
        ImportError: the package that writes the format is not installed.
    """
    if format not in FORMATS:
        raise InvalidValueError(f"format={format!r}: must be one of {', '.join(FORMATS)}")
    if format == "parquet":
        _import_pyarrow()


def open_writer(format: str, file: BinaryIO, model: object) -> Writer:
    """Return the writer for a format.

    Args:
        format: the format, a value of :data:`ExportFormat`.
        file: the file to write to.
        model: the type of the records.
    """
    match format:
        case "csv":
            return _CsvWriter(file, model)
        case "parquet":
            return _ParquetWriter(file, model)
        case _:
            return _JsonLinesWriter(file)


class _JsonLinesWriter:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, records: Sequence[object]) -> None:
        self._file.writelines(_json(record) + b"\n" for record in records)

    def close(self) -> None:
        pass


class _CsvWriter:
    def __init__(self, file: BinaryIO, model: object) -> None:
        self._file = file
        self._columns = columns_of(model)
        self._flat = flat_columns(self._columns)
        file.write(csv_line([column.name for column in self._flat]))

    def write(self, records: Sequence[object]) -> None:
        rows = (to_row(_plain(record), self._columns) for record in records)
        self._file.writelines(csv_line(flatten_row(row, self._flat)) for row in rows)

    def close(self) -> None:
        pass


class _ParquetWriter:
    def __init__(self, file: BinaryIO, model: object) -> None:
        from genesys_cloud.export.arrow import arrow_schema  # noqa: PLC0415 - needs the extra

        self._columns = columns_of(model)
        self._schema = arrow_schema(self._columns)
        parquet = import_module("pyarrow.parquet")
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[dict[str, object]] = []

    def write(self, records: Sequence[object]) -> None:
        for record in records:
            self._rows.append(to_row(_plain(record), self._columns))
            if len(self._rows) == _BATCH:
                self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        from genesys_cloud.export.arrow import arrow_table  # noqa: PLC0415 - needs the extra

        if self._rows:
            self._writer.write_table(arrow_table(self._rows, self._schema))
            self._rows = []


def read_part(
    format: str, file: BinaryIO, *, column: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the records of a file: JSON objects, or rows as dictionaries by column name.

    Args:
        format: the format, a value of :data:`ExportFormat`.
        file: the file to read.
        column: the only column that is needed; ``None`` for all. Other columns of Parquet files
            are not read.
    """
    match format:
        case "csv":
            text = io.TextIOWrapper(file, "utf-8", newline="")
            try:
                with _large_fields:
                    yield from csv.DictReader(text)
            finally:
                text.detach()  # the file is the caller's to close
        case "parquet":
            parquet = import_module("pyarrow.parquet")
            opened = parquet.ParquetFile(file)
            wanted = [column] if column in opened.schema_arrow.names else None
            for batch in opened.iter_batches(_BATCH, columns=wanted):
                yield from batch.to_pylist()
        case _:
            for line in file:
                yield cast("dict[str, Any]", parse_json(line).tree)


class _LargeFields:
    """Raises the size limit of CSV fields while at least one file is read.

    The limit is that of the whole process, so it is restored when the last file has been read.
    """

    def __init__(self) -> None:
        self._lock = StepLock()
        self._files = 0
        self._limit = 0

    def __enter__(self) -> None:
        self._lock.run(self._raise)

    def __exit__(self, *_: object) -> None:
        self._lock.run(self._restore)

    def _raise(self) -> None:
        self._files += 1
        if self._files == 1:
            # The default limit of 128 KiB is too small for some cells of JSON.
            self._limit = csv.field_size_limit(_LARGEST_FIELD)

    def _restore(self) -> None:
        self._files -= 1
        # Unless the program has set another limit meanwhile.
        if not self._files and csv.field_size_limit() == _LARGEST_FIELD:
            csv.field_size_limit(self._limit)


_LARGEST_FIELD: Final = 2**31 - 1
"""Maximum size of a CSV field in characters, the largest that Windows allows."""

_large_fields: Final = _LargeFields()


def _json(record: object) -> bytes:
    return to_json(restore_unknown_fields(record))


def _plain(record: object) -> object:
    # Parsed without msgspec, which rejects numbers that a float cannot represent.
    return parse_json(_json(record)).tree


def _import_pyarrow() -> None:
    try:
        import_module("pyarrow")
    except ImportError:
        raise ImportError(
            "the format parquet needs an extra: pip install 'genesys-cloud[export]'"
        ) from None
