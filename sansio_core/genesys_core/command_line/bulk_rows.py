"""Converts the rows of a file to arguments of an operation.

Invariants: a column is a parameter if it has a parameter's name, and a field of the body otherwise,
with the same notation as on the command line. A line of the failures file can be read as the row
that failed.
"""

import json
from collections.abc import Mapping, Sequence
from typing import cast

from genesys_core.command_line.arguments import check_required, convert_value
from genesys_core.command_line.bodies import BodyField, build_body, parse_field
from genesys_core.command_line.operations import OperationDescription
from genesys_core.command_line.usage import UsageError

__all__ = ["check_csv_header", "csv_row", "parse_json_row", "row_arguments"]


def parse_json_row(line: str) -> dict[str, object]:
    """Parse a line of a rows file or a failures file.

    Raises:
        UsageError: the line, or the row in the entry of a failures file, is not a JSON object.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not valid JSON: {error}") from None
    if not isinstance(row, dict):
        raise UsageError("not a JSON object")
    fields = cast(dict[str, object], row)
    # An entry of a failures file: its row is run again.
    given = fields.get("input")
    if isinstance(given, dict) and {"row", "reason"} <= fields.keys():
        return cast(dict[str, object], given)
    if isinstance(given, str | list) and _reports_unreadable_row(fields):
        # The entry itself must not be run as a row: its fields would become fields of the body.
        if isinstance(given, str):
            return parse_json_row(given)
        raise UsageError(
            f"the row of this entry could not be read ({fields['reason']}); correct it in the file with the rows"
        )
    return fields


def _reports_unreadable_row(fields: Mapping[str, object]) -> bool:
    """Return whether an object is the entry of a row that an earlier run could not read."""
    row, reason = fields.get("row"), fields.get("reason")
    return set(fields) == {"row", "reason", "input"} and (
        isinstance(row, int) and isinstance(reason, str)
    )


def check_csv_header(header: Sequence[str]) -> None:
    """Check the first line of a CSV file.

    Raises:
        UsageError: a column occurs twice, so one of its cells would be ignored.
    """
    known: set[str] = set()
    for column in header:
        if column and column in known:
            raise UsageError(f"column {column!r}: occurs more than once; keep one of them")
        known.add(column)


def csv_row(header: Sequence[str], cells: Sequence[str]) -> dict[str, object]:
    """Return a line of a CSV file as a row, without its empty cells.

    Raises:
        UsageError: there are more cells than columns.
    """
    if len(cells) > len(header):
        raise UsageError(f"{len(cells)} cells, but {len(header)} columns")
    return {column: cell for column, cell in zip(header, cells, strict=False) if cell}


def row_arguments(
    description: OperationDescription,
    row: Mapping[str, object],
    shared: Mapping[str, object],
    base: object,
) -> dict[str, object]:
    """Return the arguments of an operation for a row.

    Args:
        description: the operation's description.
        row: the row's values by column. ``None`` becomes null in the body; a parameter with ``None``
            is omitted.
        shared: values of parameters for all rows, by name; a row's own values override them.
        base: the request body in which the row's fields are set; ``None`` for an empty object.

    Raises:
        UsageError: a value has the wrong type, a parameter is missing or a column is unknown.
    """
    values = dict(shared)
    fields: list[BodyField] = []
    known = {_folded(each.name): each for each in description.parameters}
    body = base
    for column, value in row.items():
        parameter = known.get(_folded(column))
        if parameter is None:
            if description.body is None:
                raise UsageError(f"column {column!r}: not a parameter, and there is no body")
            fields.append(_field(column, value))
        elif value is None:
            continue
        elif parameter.place == "body":
            body = parse_field(f"body:={value}").value if isinstance(value, str) else value
        else:
            values[parameter.name] = (
                convert_value(parameter, value) if isinstance(value, str) else value
            )
    body = build_body(body, fields)
    check_required(description, values, has_body=body is not None)
    if body is not None and description.body is not None:
        values[description.body.name] = body
    return values


def _field(column: str, value: object) -> BodyField:
    # The name of a CSV column may end with ":=", as on the command line: its cells are JSON.
    if isinstance(value, str):
        return parse_field(f"{column}{value}" if column.endswith(":=") else f"{column}={value}")
    return BodyField(parse_field(f"{column.removesuffix(':=')}=").path, value)


def _folded(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()
