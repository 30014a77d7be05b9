"""Prints the results of commands.

Invariants: rich is imported only for tables. Text is formatted in :mod:`genesys_core.command_line`.
"""

import codecs
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from typing import Final

from genesys_core.command_line import formats
from genesys_core.command_line.columns import (
    cell_text,
    choose_columns,
    column_title,
    fit_columns,
    list_columns,
    read_cell,
)
from genesys_core.command_line.results import OutputOptions
from genesys_core.command_line.usage import UsageError
from genesys_core.observability.terminal import json_escapes

__all__ = [
    "check_query",
    "keep_json_valid",
    "print_document",
    "print_rows",
    "select",
    "terminal_width",
    "write_line",
]

_JSON_ESCAPES: Final = "genesys_cloud.json_escapes"
"""The name of the codec error handler that replaces characters with JSON escapes."""


def write_line(line: str) -> None:
    """Write a line to standard output; its control characters must already be escaped."""
    sys.stdout.write(f"{line}\n")


def keep_json_valid() -> None:
    r"""Make standard output write JSON escapes for all characters that it cannot encode.

    Python's own escapes, such as ``\xfc``, are invalid in JSON.
    """

    def escapes(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        return json_escapes(error.object[error.start : error.end]), error.end

    stream = sys.stdout
    if isinstance(stream, TextIOWrapper):
        codecs.register_error(_JSON_ESCAPES, escapes)
        stream.reconfigure(errors=_JSON_ESCAPES)


def terminal_width() -> int:
    """Return the width of the terminal in characters; 80 if it is unknown."""
    return shutil.get_terminal_size((80, 24)).columns


def check_query(expression: str | None) -> None:
    """Check a JMESPath expression before anything is sent.

    Raises:
        UsageError: the expression is not valid JMESPath.
    """
    if expression:
        import jmespath  # noqa: PLC0415 - for --query alone
        from jmespath.exceptions import JMESPathError  # noqa: PLC0415

        try:
            jmespath.compile(expression)
        except JMESPathError as error:
            raise UsageError(_query_problem(expression, error)) from None


def _query_problem(expression: str, error: Exception) -> str:
    return f"--query {expression!r}: {' '.join(str(error).split())}"


def select(value: object, expression: str) -> object:
    """Return the part of a result that a JMESPath expression selects.

    Args:
        value: the result as a JSON value.
        expression: an expression that :func:`check_query` has accepted.

    Raises:
        DecodeError: the expression cannot be applied to the result, for example ``abs(@)`` to text.
    """
    import jmespath  # noqa: PLC0415 - for --query alone
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415

    from genesys_core.errors import DecodeError  # noqa: PLC0415

    try:
        return jmespath.search(expression, value)
    except JMESPathError as error:
        # Not a UsageError, because the request was sent.
        raise DecodeError(_query_problem(expression, error)) from None


def print_document(value: object, output: OutputOptions) -> None:
    """Print a complete response as JSON or YAML."""
    if output.format == "yaml":
        write_line(formats.yaml_text(value))
        return
    keep_json_valid()
    write_line(formats.json_text(value))


def print_rows(items: Iterable[object], output: OutputOptions) -> None:
    """Print items in the selected format, each item as soon as the format allows."""
    if output.format in {"json", "jsonl"}:
        keep_json_valid()
    for line in _lines(items, output):
        write_line(line)


def _lines(items: Iterable[object], output: OutputOptions) -> Iterator[str]:
    match output.format:
        case "json":
            return formats.json_array_lines(items)
        case "jsonl":
            return map(formats.json_line, items)
        case "yaml":
            return formats.yaml_array_lines(items)
        case "id":
            return formats.id_lines(items, output.identity, is_terminal=output.is_terminal)
        case "csv":
            return _csv_lines(items, output)
        case "table":
            return _table_lines(items, output)


def _csv_lines(items: Iterable[object], output: OutputOptions) -> Iterator[str]:
    columns, error = output.columns, None
    if not columns:
        items, error = formats.collect_items(iter(items))
        columns = tuple(list_columns(items))
    if items or error is None:
        yield from formats.csv_lines(items, columns, is_terminal=output.is_terminal)
    if error is not None:
        raise error


def _table_lines(items: Iterable[object], output: OutputOptions) -> Iterator[str]:
    rows = iter(items)
    # Column widths depend on all rows of a table, so a long listing is shown as several tables.
    while True:
        batch, error = formats.collect_items(rows, 1000)
        if batch:
            yield _table(batch, output)
        if error is not None:
            raise error
        if not batch:
            return


def _table(items: list[object], output: OutputOptions) -> str:
    from io import StringIO  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415 - for tables alone
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from genesys_core.observability.terminal import escape_line  # noqa: PLC0415

    columns = list(output.columns) or fit_columns(choose_columns(items), items, output.width)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(escape_line(column_title(column)), overflow="fold")
    for item in items:
        cells = (cell_text(read_cell(item, column)) for column in columns)
        table.add_row(*(Text(escape_line(cell)) for cell in cells))
    shown = StringIO()
    console = Console(
        file=shown,
        width=output.width,
        force_terminal=output.is_terminal and not os.environ.get("NO_COLOR"),
        legacy_windows=False,
    )
    console.print(table)
    return shown.getvalue().rstrip("\n")
