"""Time intervals: parsing, formatting and splitting.

Invariants: an interval is never empty, and is stored in UTC with the platform's millisecond
precision. The pieces of a split cover the interval exactly once, in order, and none is longer than
the limit. Time zones are objects that the caller passes, so no time zone data is read here.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, Literal, Self, TypeAlias

from genesys_core.checks import TEXT, WHOLE_NUMBER, Expected
from genesys_core.codec.values import TextValue
from genesys_core.errors import InvalidValueError

__all__ = ["Interval", "IntervalUnit"]

IntervalUnit: TypeAlias = Literal["day", "hour"]
"""The unit by which an interval is split: days from midnight, or full hours, in a time zone."""

_EXAMPLE: Final = "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"
_MOMENT: Final = Expected("a datetime", "datetime(2024, 1, 1, tzinfo=UTC)", (datetime,))
_DATE: Final = Expected("a date", "date(2024, 1, 1)", (date,))
_ZONE: Final = Expected("a time zone", "ZoneInfo('Europe/Berlin')", (tzinfo,))
_LIMIT: Final = Expected("a timedelta", "timedelta(days=7)", (timedelta,))
_MILLISECOND: Final = timedelta(milliseconds=1)


class Interval(TextValue):
    """The time from ``start`` (inclusive) to ``end`` (exclusive). Immutable.

    ``str(interval)`` and request bodies use the platform's format:
    ``2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z`` (ISO 8601-1:2019, 5.5.2.1).

    Args:
        start: a datetime with a time zone, converted to UTC and truncated to milliseconds.
        end: a datetime in the same form, at least a millisecond after ``start``.

    Raises:
        InvalidValueError: a datetime has no time zone or is outside the years 1 to 9999 in UTC, or
            the end is not after the start.
        TypeError: an argument is not a datetime.
    """

    __slots__ = ("_end", "_start")

    def __init__(self, start: datetime, end: datetime) -> None:
        for name, moment in (("start", start), ("end", end)):
            _MOMENT.check(name, moment)
        self._start, self._end = _as_utc("start", start), _as_utc("end", end)
        if self._start >= self._end:
            raise InvalidValueError(
                f"interval {self}: the end must be at least a millisecond after the start; "
                "swap them, or pass a later end"
            )

    @property
    def start(self) -> datetime:
        """The start of the interval (inclusive), in UTC."""
        return self._start

    @property
    def end(self) -> datetime:
        """The end of the interval (exclusive), in UTC."""
        return self._end

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an interval in ISO 8601 format.

        Args:
            text: two date-times with a time zone, separated by a slash. One of them may be a
                duration of weeks, days, hours, minutes and seconds instead, as in
                ``2024-01-01T00:00:00Z/P7D``.

        Raises:
            InvalidValueError: the text is not an interval.
            TypeError: ``text`` is not a string.
        """
        TEXT.check("interval", text)
        first, slash, last = text.strip().partition("/")
        if not slash:
            raise _not_an_interval(text, "has no '/' between start and end")
        try:
            if first.startswith("P"):
                end = _parse_moment(text, last)
                return cls(end - _parse_duration(text, first), end)
            start = _parse_moment(text, first)
            if last.startswith("P"):
                return cls(start, start + _parse_duration(text, last))
            return cls(start, _parse_moment(text, last))
        except OverflowError:
            raise _not_an_interval(text, "extends beyond the years 1 to 9999") from None

    @classmethod
    def of_days(cls, first: date, last: date, zone: tzinfo = UTC) -> Self:
        """Return the interval from the start of the first day to the end of the last day.

        Args:
            first: the first day of the interval.
            last: the last day of the interval, which is included.
            zone: the time zone that determines when the days start and end.

        Raises:
            InvalidValueError: the last day is before the first, a day is a datetime, or the interval
                is not within the years 1 to 9999 in UTC.
            TypeError: an argument is not a date, or ``zone`` is not a time zone.
        """
        for name, day in (("first", first), ("last", last)):
            _DATE.check(name, day)
            # A datetime is a date too, but its time would be ignored.
            if isinstance(day, datetime):
                raise InvalidValueError(f"{name}={day}: must be a date without a time; use .date()")
        _ZONE.check("zone", zone)
        if last < first:
            raise InvalidValueError(f"last={last}: must not be before first={first}; swap them")
        try:
            return cls(_midnight(first, zone), _midnight(last + timedelta(days=1), zone))
        except OverflowError:
            raise InvalidValueError(
                f"first={first}, last={last}: in UTC, the interval must be within the years 1 to 9999"
            ) from None

    @property
    def duration(self) -> timedelta:
        """The length of the interval, as elapsed time."""
        return self.end - self.start

    def __contains__(self, moment: datetime) -> bool:
        """Whether a datetime is within the interval: at or after the start, and before the end."""
        _MOMENT.check("moment", moment)
        return self.start <= _as_utc("moment", moment) < self.end

    def __str__(self) -> str:
        return f"{_format_moment(self.start)}/{_format_moment(self.end)}"

    def __repr__(self) -> str:
        return f"Interval.parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Interval):
            return NotImplemented
        return (self.start, self.end) == (other.start, other.end)

    def __hash__(self) -> int:
        return hash((self.start, self.end))

    def split(
        self,
        unit: IntervalUnit = "day",
        count: int = 1,
        *,
        zone: tzinfo = UTC,
        limit: timedelta | None = None,
    ) -> Iterator["Interval"]:
        """Split the interval into whole days or hours, for requests with a maximum interval length.

        The first and the last piece may be shorter. A day on which clocks change has 23 or 25
        hours.

        Args:
            unit: ``day`` splits at midnight, ``hour`` on the hour.
            count: the number of days or hours in a piece.
            zone: the time zone that determines midnight and the start of each hour.
            limit: the maximum length of a piece; longer pieces are split, so that a 25-hour day
                with a 24-hour limit becomes two pieces.

        Raises:
            InvalidValueError: an unknown unit, a count below 1, or a limit below a millisecond.
            TypeError: an argument has the wrong type.
        """
        WHOLE_NUMBER.check("count", count)
        _ZONE.check("zone", zone)
        _LIMIT.or_none().check("limit", limit)
        if unit not in ("day", "hour"):
            raise InvalidValueError(f"unit={unit!r}: must be 'day' or 'hour'")
        if count < 1:
            raise InvalidValueError(f"count={count}: must be 1 or more")
        if limit is not None and limit < _MILLISECOND:
            raise InvalidValueError(f"limit={limit}: must be a millisecond or more")
        # Not a generator itself, which would check the arguments only when the first piece is taken.
        return self._pieces(unit, count, zone, limit)

    def _pieces(
        self, unit: IntervalUnit, count: int, zone: tzinfo, limit: timedelta | None
    ) -> Iterator["Interval"]:
        # In whole milliseconds, because the bounds of pieces are truncated to milliseconds: with a
        # fraction, a piece might become longer than the limit.
        longest = None if limit is None else limit // _MILLISECOND * _MILLISECOND
        start = self.start
        while start < self.end:
            following = _day_after if unit == "day" else _hour_after
            try:
                # A faulty time zone class of the caller might yield an earlier time.
                end = max(following(start, count, zone), start + _MILLISECOND)
            except OverflowError:
                # Beyond the year 9999, so the last piece.
                end = self.end
            end = min(end, self.end)
            if longest is not None and end - start > longest:
                end = start + longest
            yield Interval(start, end)
            start = end


def _as_utc(name: str, moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise InvalidValueError(
            f"{name}={moment.isoformat()}: has no time zone; add one, for example with "
            ".replace(tzinfo=UTC)"
        )
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise InvalidValueError(
            f"{name}={moment.isoformat()}: in UTC, it must be within the years 1 to 9999"
        ) from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Return the start of a day: midnight, or the moment at which the clocks skip midnight."""
    # Converted to UTC, because Python ignores changes of the UTC offset when it computes with
    # datetimes of one zone.
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _day_after(moment: datetime, count: int, zone: tzinfo) -> datetime:
    return _midnight(moment.astimezone(zone).date() + timedelta(days=count), zone)


def _hour_after(moment: datetime, count: int, zone: tzinfo) -> datetime:
    # The first full hour is found on the zone's clock, because some UTC offsets have half hours
    # (+05:30); from there on, hours are counted as elapsed time.
    local = moment.astimezone(zone)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return moment - into + timedelta(hours=count)


def _format_moment(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


# The lookaheads reject "P" alone, and a "T" without a time after it.
_DURATION: Final = re.compile(
    r"P(?=.)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d{1,6})?)S)?)?",
    re.ASCII,
)


def _not_an_interval(text: str, why: str) -> InvalidValueError:
    return InvalidValueError(f"interval {text!r}: {why}; must look like {_EXAMPLE}")


def _parse_moment(text: str, part: str) -> datetime:
    try:
        moment = datetime.fromisoformat(part)
    except ValueError:
        raise _not_an_interval(text, f"{part!r} is not a date-time") from None
    if moment.utcoffset() is None:
        raise _not_an_interval(text, f"{part!r} has no time zone, such as Z or +01:00")
    return moment


def _parse_duration(text: str, part: str) -> timedelta:
    found = _DURATION.fullmatch(part)
    if found is None:
        why = f"{part!r} is not a duration of weeks, days, hours, minutes and seconds"
        raise _not_an_interval(text, f"{why} (months and years differ in length)")
    return timedelta(**{name: float(value) for name, value in found.groupdict("0").items()})
