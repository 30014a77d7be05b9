"""Scalars that were sent as another kind of scalar.

Law: a conversion keeps the meaning or is not made. No units are guessed (an integer is not a date)
and nothing is rounded.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, TypeAlias

import msgspec

__all__ = ["CONVERSIONS", "Conversion"]

Conversion: TypeAlias = Callable[[object], object | None]
"""From a JSON scalar to a value of the wanted type, or to ``None`` where none is meant."""

_INTEGER = re.compile(r"([+-]?\d{1,40})(\.0+)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,4})?", re.ASCII)
# A date, then maybe a time, then maybe an offset; what is between them is up to the sender.
_DATE_TIME = re.compile(r"([\d-]{8,10})(?:[T ]([\d:.,]+) ?(Z|[+-][\d:]{2,5})?)?", re.ASCII)


def to_string(raw: object) -> str | None:
    """``12`` as ``"12"``, ``true`` as ``"true"``."""
    return msgspec.json.encode(raw).decode() if isinstance(raw, bool | int | float) else None


def to_integer(raw: object) -> int | None:
    """``12.0``, ``"12"`` and ``"12.0"`` as ``12``."""
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    match = _INTEGER.fullmatch(raw) if isinstance(raw, str) else None
    return int(match[1]) if match else None


def to_number(raw: object) -> float | None:
    """``"1.5"`` as ``1.5``; nothing that is not finite."""
    if not isinstance(raw, str) or not _NUMBER.fullmatch(raw):
        return None
    value = float(raw)
    return value if abs(value) != float("inf") else None


def to_boolean(raw: object) -> bool | None:
    """``"true"`` and ``1`` as ``True``, ``"false"`` and ``0`` as ``False``."""
    if isinstance(raw, str):
        return {"true": True, "false": False}.get(raw.lower())
    return {0: False, 1: True}.get(raw) if isinstance(raw, int) else None


def to_date_time(raw: object) -> datetime | None:
    """An ISO 8601 date-time in forms that RFC 3339 lacks, or a date, as its midnight.

    Without seconds, with an offset of ``+00`` or a blank before it, with a comma in the fraction.
    A text without offset gives a naive value: the zone is not guessed.
    """
    match = _DATE_TIME.fullmatch(raw.strip().upper()) if isinstance(raw, str) else None
    if match is None:
        return None
    day, time, offset = match.groups()
    try:
        return datetime.fromisoformat(f"{day}T{time}{offset or ''}" if time else day)
    except ValueError:
        return None


def to_date(raw: object) -> date | None:
    """The day that a date-time names, in its own zone."""
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
"""The conversion to each type that has one."""
