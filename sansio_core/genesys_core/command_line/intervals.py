"""The interval of ``--from`` and ``--to``: whole days in UTC, or date-times.

Invariants: the last day is included as a whole; an end given as a date-time is exclusive.
"""

from datetime import date, datetime
from typing import Final

from genesys_core.clock import assume_utc
from genesys_core.codec.intervals import Interval
from genesys_core.command_line.usage import UsageError

__all__ = ["parse_period"]

_DAY: Final = len("2024-01-01")


def parse_period(first: str | None, last: str | None) -> Interval | None:
    """Return the interval of ``--from`` and ``--to``, or ``None`` if neither is given.

    Args:
        first: the value of ``--from``: the first day, or the date-time of the start.
        last: the value of ``--to``: the last day, or the date-time of the end (exclusive).

    Raises:
        InvalidValueError: the interval is empty, because its end is not after its start.
        UsageError: only one of the two is given, or a value is neither a day nor a date-time.
    """
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise UsageError("--from and --to: pass both")
    try:
        # By length, because a datetime can be parsed from a day as well.
        if len(first) == len(last) == _DAY:
            return Interval.of_days(date.fromisoformat(first), date.fromisoformat(last))
        start, end = (datetime.fromisoformat(text) for text in (first, last))
    except ValueError as error:
        raise UsageError(
            f"--from {first} --to {last}: {error}; pass days such as 2024-01-01, or date-times such "
            "as 2024-01-01T00:00:00Z"
        ) from None
    return Interval(assume_utc(start), assume_utc(end))
