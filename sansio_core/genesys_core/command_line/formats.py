"""Output formats: JSON, JSON lines, YAML, CSV and ids.

Invariants: JSON and YAML contain no character that a terminal interprets, and represent exactly the
values that the platform sent. CSV (RFC 4180) and ids are escaped only for terminals, because programs
that read CSV or ids expect no escapes. If requesting items fails, the items before the error are still
printed, because a listing that is continued with a resume token begins after those items.
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, cast

from genesys_core.command_line.columns import cell_text, column_title, read_cell
from genesys_core.observability.terminal import escape_json, escape_line

__all__ = [
    "collect_items",
    "csv_lines",
    "id_lines",
    "json_array_lines",
    "json_line",
    "json_text",
    "yaml_array_lines",
    "yaml_text",
]


def json_text(value: object) -> str:
    """Return a value as indented JSON."""
    return _escaped(json.dumps(value, ensure_ascii=False, indent=2))


def json_line(value: object) -> str:
    """Return a value as JSON on one line."""
    return escape_json(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def collect_items(
    items: Iterator[object], most: int | None = None
) -> tuple[list[object], BaseException | None]:
    """Return the next items, and the error that the iterator raised after them, if it raised one.

    Args:
        items: an iterator of items, such as a listing, which may raise an error.
        most: the maximum number of items to return; ``None`` for all.
    """
    found: list[object] = []
    try:
        found.extend(itertools.islice(items, most))
    except BaseException as error:  # noqa: BLE001 - raised by the caller, after the items
        return found, error
    return found, None


def json_array_lines(items: Iterable[object]) -> Iterator[str]:
    """Yield the lines of a JSON array, each item as soon as the next one is available.

    After an error the closing bracket is omitted, so that no program accepts the array as complete.
    """
    rows = iter(items)
    last = None
    while True:
        found, error = collect_items(rows, 1)
        if not found:
            break
        # Whether a comma follows an item is known only with the next one.
        yield "[" if last is None else f"{last},"
        text = json.dumps(found[0], ensure_ascii=False, indent=2).replace("\n", "\n  ")
        last = _escaped(f"  {text}")
    if error is not None:
        if last is not None:
            yield last
        raise error
    if last is None:
        yield "[]"
    else:
        yield last
        yield "]"


def _escaped(text: str) -> str:
    # Line feeds occur only between tokens, because JSON escapes those within strings.
    return "\n".join(map(escape_json, text.split("\n")))


def id_lines(items: Iterable[object], identity: str, *, is_terminal: bool) -> Iterator[str]:
    """Yield the id of each item, one per line.

    Args:
        items: the items, as JSON values.
        identity: the path of the field with the id, such as ``id``.
        is_terminal: whether control characters are escaped.

    Raises:
        DecodeError: an item has no id.
    """
    for item in items:
        found = read_cell(item, identity)
        if not isinstance(found, str | int):
            from genesys_core.errors import DecodeError  # noqa: PLC0415 - for errors alone

            # Not a UsageError, because the request was sent.
            raise DecodeError(f"-o id: an item has no {identity}; use -o csv --columns")
        yield escape_line(str(found)) if is_terminal else str(found)


def csv_lines(
    items: Iterable[object], columns: Sequence[str], *, is_terminal: bool
) -> Iterator[str]:
    """Yield the lines of a CSV file with a header (RFC 4180), without line endings.

    Args:
        items: the items, as JSON values.
        columns: the paths of the fields in the columns, such as ``division.name``.
        is_terminal: whether control characters are escaped.
    """
    yield _csv_line([column_title(each) for each in columns], is_terminal=is_terminal)
    for item in items:
        cells = [cell_text(read_cell(item, column)) for column in columns]
        yield _csv_line(cells, is_terminal=is_terminal)


def _csv_line(cells: Sequence[str], *, is_terminal: bool) -> str:
    texts = [escape_line(cell) for cell in cells] if is_terminal else cells
    # A line with one empty cell would be an empty line, which readers skip.
    return ",".join(map(_csv_cell, texts)) or '""'


def _csv_cell(text: str) -> str:
    if _QUOTED_IN_CSV.search(text):
        text = text.replace('"', '""')
        return f'"{text}"'
    return text


_QUOTED_IN_CSV: Final = re.compile(r'[",\r\n]|^\s|\s$')


def yaml_text(value: object) -> str:
    """Return a value as YAML that has the same meaning in YAML 1.1 and YAML 1.2."""
    return "\n".join(_yaml(value, ""))


def yaml_array_lines(items: Iterable[object]) -> Iterator[str]:
    """Yield the lines of a YAML sequence, each item as soon as it is available."""
    is_empty = True
    for item in items:
        is_empty = False
        yield yaml_text([item])
    if is_empty:
        yield "[]"


def _yaml(value: object, indent: str) -> Iterator[str]:
    scalar = value
    if isinstance(value, Mapping) and value:
        for name, item in cast(Mapping[str, object], value).items():
            head = f"{indent}{_yaml_scalar(name)}:"
            if len(head) - len(indent) > _LONGEST_KEY:
                yield f"{indent}? {head[len(indent) : -1]}"
                head = f"{indent}:"
            yield from _yaml_entry(head, item, f"{indent}  ")
    elif isinstance(value, list) and value:
        for item in cast(list[object], value):
            # The first line of an item is on the same line as its dash.
            lines = list(_yaml(item, f"{indent}  "))
            yield f"{indent}- {lines[0][len(indent) + 2 :]}"
            yield from lines[1:]
    else:
        yield f"{indent}{_yaml_scalar(scalar)}"


def _yaml_entry(head: str, item: object, indent: str) -> Iterator[str]:
    lines = list(_yaml(item, indent))
    if isinstance(item, Mapping | list) and item:
        yield head
        yield from lines
    else:
        yield f"{head} {lines[0].strip()}"


def _yaml_scalar(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _YAML_WORDS:
        return value
    if isinstance(value, float) and "e" in repr(value):
        # YAML 1.1 requires a point: 1e+16 would be text.
        mantissa, _, exponent = repr(value).partition("e")
        return f"{mantissa}{'' if '.' in mantissa else '.0'}e{exponent}"
    return _ASTRAL_PAIR.sub(_astral, escape_json(json.dumps(value, ensure_ascii=False)))


def _astral(match: re.Match[str]) -> str:
    # JSON writes characters beyond U+FFFF as two units, YAML as one number.
    high, low = int(match[1], 16), int(match[2], 16)
    return f"\\U{0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00:08x}"


# Strings that need no quotes in any context of YAML: without ":" and "#", and unlike a number.
_PLAIN: Final = re.compile(r"[A-Za-z_](?:[\w ./@+-]*[\w./@+-])?", re.ASCII)
# A longer key must be preceded by "?" (YAML 1.2, section 7.4).
_LONGEST_KEY: Final = 1024
_YAML_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_ASTRAL_PAIR: Final = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
