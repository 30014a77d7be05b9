"""Conversions between JSON scalar types.

Invariants: a value is converted only if its meaning is unambiguous. Units are not guessed (an integer
is not a date), and fractions are not rounded to integers.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, TypeAlias

import msgspec

__all__ = ["CONVERSIONS", "Conversion", "is_last_moment"]

Conversion: TypeAlias = Callable[[object], object | None]
"""Converts a JSON scalar to the expected type, or returns ``None`` if that is impossible."""

_INTEGER = re.compile(r"([+-]?\d{1,40})(\.0+)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,4})?", re.ASCII)
# A date, then optionally a time and an offset; the separators vary between senders.
_DATE_TIME = re.compile(r"([\d-]{8,10})(?:[T ]([\d:.,]+) ?(Z|[+-][\d:]{2,5})?)?", re.ASCII)

_LAST_MOMENT = re.compile(
    r"9999-12-31[Tt ]23:59:59\.999999[5-9]\d*([Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)


def is_last_moment(raw: object) -> bool:
    """Return whether a value is a date-time that msgspec rejects, because rounding yields the year 10000.

    .NET writes ``DateTime.MaxValue`` as ``9999-12-31T23:59:59.9999999Z``.
    """
    return isinstance(raw, str) and _LAST_MOMENT.fullmatch(raw) is not None


def to_string(raw: object) -> str | None:
    """Convert a number or boolean to a string: ``12`` to ``"12"``, ``true`` to ``"true"``."""
    # In JSON's notation: `str(True)` would be "True".
    return msgspec.json.encode(raw).decode() if isinstance(raw, bool | int | float) else None


def to_integer(raw: object) -> int | None:
    """Convert a value to an integer: ``12.0``, ``"12"`` and ``"12.0"`` to ``12``."""
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    match = _INTEGER.fullmatch(raw) if isinstance(raw, str) else None
    return int(match[1]) if match else None


def to_number(raw: object) -> float | None:
    """Convert a string to a number: ``"1.5"`` to ``1.5``, but not infinity or NaN."""
    if not isinstance(raw, str) or not _NUMBER.fullmatch(raw):
        return None
    value = float(raw)
    return value if abs(value) != float("inf") else None


def to_boolean(raw: object) -> bool | None:
    """Convert a value to a boolean: ``"true"`` and ``1``, ``"false"`` and ``0``."""
    if isinstance(raw, str):
        return {"true": True, "false": False}.get(raw.lower())
    return {0: False, 1: True}.get(raw) if isinstance(raw, int) else None


def to_date_time(raw: object) -> datetime | None:
    """Convert an ISO 8601 date-time, even if RFC 3339 forbids its form; a date becomes midnight.

    Accepts times without seconds, an offset without minutes (``+00``) or after a space, and a comma
    in the fraction. Without an offset the result is naive: the zone is not guessed.
    """
    # RFC 3339 section 5.6: "T" and "Z" may be in lower case.
    match = _DATE_TIME.fullmatch(raw.strip().upper()) if isinstance(raw, str) else None
    if match is None:
        return None
    day, time, offset = match.groups()
    try:
        return datetime.fromisoformat(f"{day}T{time}{offset or ''}" if time else day)
    except ValueError:
        return None


def to_date(raw: object) -> date | None:
    """Convert the text of a date-time to its date, in the date-time's own time zone."""
    moment = to_date_time(raw)
    return None if moment is None else moment.date()


CONVERSIONS: Final[Mapping[object, Conversion]] = {
    str: to_string,
    int: to_integer,
    float: to_number,
    bool: to_boolean,
    datetime: to_date_time,
    date: to_date,
}
"""The conversions of scalars, by target type."""
