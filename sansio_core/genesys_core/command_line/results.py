"""How results of operations are printed: the format, the rows and the columns.

Invariants: without ``--output``, the format is a table if the output is a terminal; otherwise it is
CSV if ``--columns`` is given, and JSON if not. Tables, CSV, JSON lines and ids show the items of a
listing; JSON and YAML show the whole response, or all items if all pages are requested.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

from genesys_core.command_line.columns import record_rows
from genesys_core.command_line.usage import UsageError

__all__ = [
    "OutputFormat",
    "OutputOptions",
    "choose_output",
    "find_records",
    "find_rows",
    "is_row_format",
    "parse_interval",
    "shows_record",
]

OutputFormat: TypeAlias = Literal["json", "jsonl", "yaml", "csv", "table", "id"]

_ROW_FORMATS: Final = frozenset({"jsonl", "csv", "table", "id"})
# Fields that contain the items in responses of unknown listings, such as those of `call`.
_COMMON_LISTS: Final = ("entities", "results", "resources", "Resources", "conversations")
_UNITS: Final[Mapping[str, float]] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class OutputOptions:
    """The options that determine how results are printed.

    Attributes:
        format: the output format.
        columns: the fields of tables and CSV; empty to select them automatically.
        query: the JMESPath expression applied to the result; empty if there is none.
        identity: the field that identifies an item.
        is_terminal: whether the output is a terminal.
        width: the terminal's width in characters.
    """

    format: OutputFormat
    columns: tuple[str, ...] = ()
    query: str = ""
    identity: str = "id"
    is_terminal: bool = False
    width: int = 80


def choose_output(
    wanted: str | None,
    columns: str | None,
    query: str | None,
    *,
    is_terminal: bool,
    width: int,
    identity: str = "id",
) -> OutputOptions:
    """Return the options for printing results, derived from the command's options.

    Args:
        wanted: the value of ``--output``; ``None`` if not given.
        columns: the value of ``--columns``; ``None`` if not given.
        query: the value of ``--query``; ``None`` if not given.
        is_terminal: whether the output is a terminal.
        width: the terminal's width in characters.
        identity: the field that identifies an item.

    Raises:
        UsageError: columns are given for a format without columns.
    """
    names = tuple(name.strip() for name in (columns or "").split(",") if name.strip())
    chosen = wanted or ("table" if is_terminal else "csv" if names else "json")
    if names and chosen not in {"table", "csv"}:
        raise UsageError(f"--columns: -o {chosen} has no columns; use -o table, -o csv or --query")
    return OutputOptions(
        cast(OutputFormat, chosen), names, query or "", identity or "id", is_terminal, width
    )


def is_row_format(format: OutputFormat) -> bool:
    """Return whether an output format has a row for each item."""
    return format in _ROW_FORMATS


def find_rows(document: object, path: str | None = None) -> list[object]:
    """Return the items of a response; a list of the response itself if it is not a listing.

    Args:
        document: the response body as a JSON value.
        path: the path of the field with the items; empty if the document itself is the list,
            ``None`` if unknown.
    """
    if isinstance(document, list):
        return cast(list[object], document)
    if not isinstance(document, Mapping):
        return [] if document is None else [document]
    fields = cast(Mapping[str, object], document)
    paths: Sequence[str] = _COMMON_LISTS if path is None else (path,)
    for each in paths:
        found = _below(fields, each)
        if isinstance(found, list):
            return cast(list[object], found)
    return [] if path else [fields]


def shows_record(value: object, output: OutputOptions) -> bool:
    """Return whether a value is shown as a table of its fields.

    This is the case for a single object in table format, unless columns are selected.
    """
    is_chosen = output.format == "table" and not output.columns
    return is_chosen and isinstance(value, dict) and not _has_rows(cast(dict[str, object], value))


def _has_rows(fields: Mapping[str, object]) -> bool:
    return any(isinstance(fields.get(name), list) for name in _COMMON_LISTS)


def find_records(value: object) -> list[object]:
    """Return a JSON object as rows: one row for each field that is not null."""
    return list(record_rows(cast(Mapping[str, object], value)))


def _below(fields: Mapping[str, object], path: str) -> object:
    found: object = fields
    for name in path.split("."):
        found = _field(found, name)
    return found


def _field(value: object, name: str) -> object:
    return cast(dict[str, object], value).get(name) if isinstance(value, dict) else None


def parse_interval(text: str) -> float:
    """Return the seconds of an interval such as ``5s``, ``500ms``, ``2m``, ``1h`` or ``5``.

    Raises:
        UsageError: the text is not an interval above 0 and below 1e9 seconds.
    """
    number = text.rstrip("hms")
    try:
        seconds = float(number) * _UNITS[text[len(number) :] or "s"]
    except (KeyError, ValueError):
        seconds = 0.0
    if not 0.0 < seconds < 1e9:
        raise UsageError(f"{text!r}: must be an interval above 0, such as 5s, 500ms, 2m or 1h")
    return seconds
