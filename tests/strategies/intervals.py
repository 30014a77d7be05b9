"""Strategies for intervals and the time zones in which they are split."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from genesys_core.codec.intervals import Interval

# Clocks that change at 02:00, at midnight, by half an hour, and by a whole day (Apia, 2011-12-30).
ZONE_NAMES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
zones = st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))]) | st.sampled_from(
    ZONE_NAMES
).map(ZoneInfo)

moments = st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31)).map(  # noqa: DTZ001 - set below
    lambda moment: moment.replace(tzinfo=UTC)
)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """From a millisecond to three weeks."""
    start = draw(moments)
    return Interval(start, start + timedelta(milliseconds=draw(st.integers(1, 21 * 86_400_000))))
