"""Intervals and granularities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator.conversations.intervals import (
    DAY,
    is_interval,
    parse_granularity,
    parse_interval,
    part_of,
    show_interval,
    split_interval,
)
from genesys_core.simulator.http.problems import Problem


def test_an_interval_is_two_dates_with_times():
    day = parse_interval("2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z")
    assert day[1] - day[0] == DAY
    assert show_interval(day) == "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"
    assert parse_interval("2024-01-01T02:00+02:00/2024-01-02T00:00") == day


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "2024-01-01T00:00:00Z",
        "a/b",
        "2024-01-02T00:00:00Z/2024-01-01T00:00:00Z",
        "2024-01-01T00:00:00Z/2024-01-01T00:00:00Z",
        "2024-06-30T23:59:60Z/2024-07-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00/2024-01-01T00:00:00Z",
    ],
)
def test_what_is_not_an_interval(text):
    with pytest.raises(Problem, match="is not start/end"):
        parse_interval(text)
    assert not is_interval(text)
    assert is_interval("2024-01-01T00:00:00Z/2024-01-02T00:00:00Z")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT30M", 1800),
        ("PT1H30M", 5400),
        ("P1D", 86_400),
        ("P1W", 604_800),
        ("PT15S", 15),
        (None, 7200),
    ],
)
def test_granularities(text, seconds):
    assert parse_granularity(text, (0, 7_200_000)) == seconds * 1000


@pytest.mark.parametrize("text", ["", "P", "PT0S", "P1M", "half an hour", "PT1S"])
def test_what_is_not_a_granularity(text):
    with pytest.raises(Problem, match="must be an ISO 8601 duration"):
        parse_granularity(text, (0, DAY))


@given(
    st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 2 * 10**6)
)
def test_the_parts_cover_the_interval(start, length, granularity, at):
    granularity = max(granularity, length // 100 + 1)
    interval = (start, start + length)
    parts = list(split_interval(interval, granularity))
    assert [parts[0][0], *(end for _, end in parts)] == [
        *(begin for begin, _ in parts),
        interval[1],
    ]
    part = part_of(at, interval, granularity)
    inside = [number for number, (begin, end) in enumerate(parts) if begin <= at < end]
    assert inside == ([] if part is None else [part])
