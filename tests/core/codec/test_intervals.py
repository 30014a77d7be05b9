"""Intervals: written, parsed and split as the platform expects them."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_core.codec.encoding import to_json
from genesys_core.codec.intervals import Interval
from genesys_core.errors import InvalidValueError
from tests.helpers.examples import examples
from tests.strategies.codec import Everything
from tests.strategies.intervals import intervals, zones

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)


def at(*parts: int, zone: tzinfo = UTC) -> datetime:
    return datetime(*parts, tzinfo=zone)


def hours_of(pieces) -> list[float]:
    return [piece.duration / timedelta(hours=1) for piece in pieces]


def test_is_written_as_the_platform_writes_it() -> None:
    interval = Interval(at(2024, 1, 1), at(2024, 1, 2, 3, 4, 5, 678_999))
    assert str(interval) == "2024-01-01T00:00:00.000Z/2024-01-02T03:04:05.678Z"
    assert interval.duration == timedelta(days=1, hours=3, minutes=4, seconds=5, milliseconds=678)


def test_is_stored_in_utc() -> None:
    """Python subtracts two times of one zone by the clock on the wall, whatever happens between."""
    interval = Interval(at(2024, 3, 31, zone=BERLIN), at(2024, 4, 1, zone=BERLIN))
    assert interval.start.tzinfo is UTC
    assert interval.duration == timedelta(hours=23)
    assert str(interval) == "2024-03-30T23:00:00.000Z/2024-03-31T22:00:00.000Z"


def test_contains_its_start_and_not_its_end() -> None:
    interval = Interval(at(2024, 1, 1), at(2024, 1, 2))
    assert at(2024, 1, 1) in interval
    assert at(2024, 1, 2) not in interval
    assert at(2024, 1, 2, zone=BERLIN) in interval
    with pytest.raises(InvalidValueError, match="moment=2024-01-01T00:00:00: has no time zone"):
        datetime(2024, 1, 1) in interval  # noqa: B015, DTZ001
    with pytest.raises(TypeError, match="moment must be a datetime"):
        "2024" in interval  # type: ignore[operator] # noqa: B015


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z", at(2024, 1, 1), at(2024, 1, 2)),
        (" 2024-01-01T00:00Z/2024-01-02T00:00+01:00 ", at(2024, 1, 1), at(2024, 1, 1, 23)),
        ("2024-01-01T00:00:00Z/P1W1DT2H3M4.5S", at(2024, 1, 1), at(2024, 1, 9, 2, 3, 4, 500_000)),
        ("P7D/2024-01-08T00:00:00Z", at(2024, 1, 1), at(2024, 1, 8)),
        ("2024-01-01T00:00:00Z/PT30M", at(2024, 1, 1), at(2024, 1, 1, 0, 30)),
    ],
)
def test_parses(text: str, start: datetime, end: datetime) -> None:
    assert Interval.parse(text) == Interval(start, end)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no '/'"),
        ("2024-01-01T00:00:00Z", "has no '/'"),
        ("yesterday/2024-01-01T00:00:00Z", "'yesterday' is not a date-time"),
        ("2024-01-01T00:00:00Z/", "'' is not a date-time"),
        ("2024-01-01/2024-01-02", "'2024-01-01' has no time zone"),
        ("2024-01-01T00:00:00Z/P1M", "'P1M' is not a duration"),
        ("2024-01-01T00:00:00Z/P", "'P' is not a duration"),
        ("2024-01-01T00:00:00Z/P1DT", "'P1DT' is not a duration"),
        ("2024-01-01T00:00:00Z/P9999999999D", "extends beyond the years 1 to 9999"),
        ("P99999W/0001-01-02T00:00:00Z", "extends beyond the years 1 to 9999"),
        ("2024-01-02T00:00:00Z/2024-01-01T00:00:00Z", "must be at least a millisecond after"),
        ("2024-01-02T00:00:00Z/PT0S", "must be at least a millisecond after"),
        ("0001-01-01T00:00:00+10:00/P1D", "in UTC, it must be within the years 1 to 9999"),
    ],
)
def test_a_text_that_is_no_interval_is_an_error_that_names_it(text: str, why: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        Interval.parse(text)
    assert why in str(caught.value)


def test_wrong_types_are_rejected() -> None:
    with pytest.raises(TypeError, match="interval must be a str, not a date"):
        Interval.parse(date(2024, 1, 1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="last must be a date, not a str"):
        Interval.of_days(date(2024, 1, 1), "2024-01-02")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="end must be a datetime, not a date; for example"):
        Interval(at(2024, 1, 1), date(2024, 1, 2))  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match=r"start=2024-01-01T00:00:00: has no time zone"):
        Interval(datetime(2024, 1, 1), at(2024, 1, 2))  # noqa: DTZ001
    with pytest.raises(
        TypeError, match="zone must be a time zone, not a str; for example ZoneInfo"
    ):
        Interval.of_days(date(2024, 1, 1), date(2024, 1, 1), "Europe/Berlin")  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match=r"must be a date without a time; use \.date"):
        Interval.of_days(at(2024, 1, 1), date(2024, 1, 1))
    with pytest.raises(InvalidValueError, match="last=2024-01-01: must not be before"):
        Interval.of_days(date(2024, 1, 2), date(2024, 1, 1))
    with pytest.raises(
        InvalidValueError, match="last=9999-12-31: in UTC, the interval must be within"
    ):
        Interval.of_days(date.max, date.max)


@pytest.mark.parametrize(
    ("arguments", "error", "why"),
    [
        ({"unit": "week"}, InvalidValueError, "unit='week': must be 'day' or 'hour'"),
        ({"count": 0}, InvalidValueError, "count=0: must be 1 or more"),
        ({"limit": timedelta()}, InvalidValueError, "must be a millisecond or more"),
        ({"limit": 60}, TypeError, "limit must be a timedelta or None, not an int"),
        ({"count": 1.5}, TypeError, "count must be a whole number"),
        ({"zone": "UTC"}, TypeError, "zone must be a time zone"),
    ],
)
def test_a_wrong_split_is_an_error_at_once(arguments, error, why: str) -> None:
    interval = Interval(at(2024, 1, 1), at(2024, 1, 2))
    with pytest.raises(error) as caught:
        interval.split(**arguments)
    assert why in str(caught.value)


def test_days_are_those_of_the_zone() -> None:
    """The clocks of Berlin change on 2024-03-31 and 2024-10-27."""
    spring = Interval.of_days(date(2024, 3, 30), date(2024, 4, 1), BERLIN)
    assert hours_of(spring.split("day", zone=BERLIN)) == [24, 23, 24]
    autumn = Interval.of_days(date(2024, 10, 26), date(2024, 10, 28), BERLIN)
    assert hours_of(autumn.split(zone=BERLIN)) == [24, 25, 24]
    assert hours_of(autumn.split(zone=BERLIN, limit=DAY)) == [24, 24, 1, 24]
    assert hours_of(autumn.split(count=2, zone=BERLIN)) == [49, 24]
    assert hours_of(autumn.split("hour", 1, zone=BERLIN)) == [1] * 73


def test_clocks_that_change_at_midnight_or_skip_a_day() -> None:
    havana = ZoneInfo("America/Havana")  # 2024-03-10 begins at 01:00
    interval = Interval.of_days(date(2024, 3, 9), date(2024, 3, 10), havana)
    assert hours_of(interval.split(zone=havana)) == [24, 23]
    apia = ZoneInfo("Pacific/Apia")  # there was no 2011-12-30
    days = list(Interval.of_days(date(2011, 12, 29), date(2011, 12, 31), apia).split(zone=apia))
    assert [piece.start.astimezone(apia).day for piece in days] == [29, 31]


def test_pieces_begin_at_midnight_or_at_a_full_hour() -> None:
    interval = Interval(at(2024, 1, 1, 5, 20), at(2024, 1, 3, 1))
    assert [str(piece) for piece in interval.split()] == [
        "2024-01-01T05:20:00.000Z/2024-01-02T00:00:00.000Z",
        "2024-01-02T00:00:00.000Z/2024-01-03T00:00:00.000Z",
        "2024-01-03T00:00:00.000Z/2024-01-03T01:00:00.000Z",
    ]
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    first, *_ = interval.split("hour", 6, zone=kathmandu)
    assert first.end == at(2024, 1, 1, 11, 15)


def test_a_piece_longer_than_all_dates_is_the_whole() -> None:
    interval = Interval(at(2024, 1, 1), at(2024, 1, 3))
    for unit in ("day", "hour"):
        assert list(interval.split(unit, 10**12)) == [interval]
    last = Interval(at(9999, 12, 31, 12), at(9999, 12, 31, 13))
    assert list(last.split(limit=timedelta(minutes=40))) == [
        Interval(last.start, at(9999, 12, 31, 12, 40)),
        Interval(at(9999, 12, 31, 12, 40), last.end),
    ]


def test_the_shortest_limit_is_a_millisecond() -> None:
    start, step = at(2024, 1, 1), timedelta(milliseconds=1)
    pieces = list(Interval(start, start + 2 * step).split(limit=step))
    assert pieces == [Interval(start, start + step), Interval(start + step, start + 2 * step)]


def test_a_zone_that_leads_backwards_does_not_stop_a_split() -> None:
    class Odd(tzinfo):
        def utcoffset(self, moment: datetime | None) -> timedelta:
            return timedelta(hours=23)

        def fromutc(self, moment: datetime) -> datetime:
            return moment - 3 * DAY

        def dst(self, moment: datetime | None) -> None:
            return None

        def tzname(self, moment: datetime | None) -> str:
            return "odd"

    interval = Interval(at(2024, 1, 1), at(2024, 1, 1) + timedelta(milliseconds=3))
    assert len(list(interval.split(zone=Odd()))) == 3


def test_the_last_day_of_all_is_split_in_any_zone() -> None:
    last = Interval(at(9999, 12, 31, 12), at(9999, 12, 31, 14))
    for hours in (-12, 0, 12):
        assert list(last.split(zone=timezone(timedelta(hours=hours)))) == [last]


@given(
    intervals(),
    st.sampled_from(["day", "hour"]),
    st.integers(1, 40),
    zones,
    st.none() | st.timedeltas(timedelta(minutes=37), timedelta(days=3)),
)
@settings(max_examples=examples(150), deadline=None)
def test_pieces_cover_the_whole_once_in_order_within_the_limit(
    interval, unit, count, zone, limit
) -> None:
    pieces = list(interval.split(unit, count, zone=zone, limit=limit))
    assert pieces[0].start == interval.start
    assert pieces[-1].end == interval.end
    assert all(one.end == other.start for one, other in pairwise(pieces))
    assert limit is None or max(piece.duration for piece in pieces) <= limit
    longest = timedelta(hours=count) if unit == "hour" else timedelta(days=count + 1, hours=2)
    assert max(piece.duration for piece in pieces) <= longest
    if unit == "day" and limit is None:
        assert len(pieces) <= interval.duration / (count * DAY) + 3


@given(intervals())
@settings(max_examples=examples(50))
def test_what_is_written_is_parsed_again(interval: Interval) -> None:
    assert Interval.parse(str(interval)) == interval


def test_an_interval_is_a_value():
    interval = Interval(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))
    same = Interval.parse(str(interval))
    assert same == interval != Interval(interval.start, interval.start + timedelta(hours=1))
    assert (interval == str(interval)) is False
    assert {interval: 1}[same] == 1
    assert eval(repr(interval)) == interval
    assert pickle.loads(pickle.dumps(interval)) == copy.copy(interval) == interval
    with pytest.raises(AttributeError):
        interval.start = interval.end  # type: ignore[misc]


def test_a_body_has_an_interval_as_its_text():
    interval = Interval.parse("2024-01-01T00:00Z/P1D")
    text = "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"
    assert to_json({"intervals": [interval]}) == f'{{"intervals":["{text}"]}}'.encode()
    assert to_json(Everything(text=interval)) == f'{{"text":"{text}"}}'.encode()  # type: ignore[arg-type]
