"""The interval of ``--from`` and ``--to``: whole days in UTC, or date-times.

Invariants: an end that is a day includes the whole day, even if the start is a date-time. An end that
is a date-time is exclusive.
"""

from datetime import date, datetime

from genesys_core.clock import assume_utc
from genesys_core.codec.intervals import Interval
from genesys_core.command_line.usage import UsageError

__all__ = ["parse_period"]


def parse_period(first: str | None, last: str | None) -> Interval | None:
    """Return the interval of ``--from`` and ``--to``, or ``None`` if neither is given.

    Args:
        first: the value of ``--from``: the first day, or the date-time of the start.
        last: the value of ``--to``: the last day (inclusive), or the date-time of the end (exclusive).

    Raises:
        InvalidValueError: the end is not after the start, and one of them is a date-time.
        UsageError: only one of ``first`` and ``last`` is given, a value is neither a day nor a
            date-time, or the last day is before the first.
    """
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise UsageError("--from and --to: pass both")
    try:
        start, end = _parse_end(first), _parse_end(last)
        if not isinstance(start, datetime) and not isinstance(end, datetime):
            return Interval.of_days(start, end)
        if not isinstance(start, datetime):
            start = Interval.of_days(start, start).start
        if not isinstance(end, datetime):
            end = Interval.of_days(end, end).end
    except ValueError as error:
        raise UsageError(
            f"--from {first} --to {last}: {error}; pass days such as 2024-01-01, or date-times such "
            "as 2024-01-01T00:00:00Z"
        ) from None
    return Interval(assume_utc(start), assume_utc(end))


def _parse_end(text: str) -> date:
    """Return a date for a day, and a datetime for a date-time.

    Raises:
        ValueError: the text is neither.
    """
    try:
        # Parsed as a day first, because datetime.fromisoformat also accepts a day, as its midnight.
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)
