"""``--from`` and ``--to``."""

import pytest

from genesys_core.command_line.intervals import parse_period
from genesys_core.command_line.usage import UsageError
from genesys_core.errors import InvalidValueError


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("2024-01-01", "2024-01-01", "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"),
        (
            "2024-01-01T10:00",
            "2024-01-01T12:00Z",
            "2024-01-01T10:00:00.000Z/2024-01-01T12:00:00.000Z",
        ),
        (
            "2024-01-01",
            "2024-01-01T12:00+01:00",
            "2024-01-01T00:00:00.000Z/2024-01-01T11:00:00.000Z",
        ),
        (
            "2024-01-01T12:00Z",
            "2024-01-01",
            "2024-01-01T12:00:00.000Z/2024-01-02T00:00:00.000Z",
        ),
        ("20240101", "20240101", "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"),
        ("20240101T1000", "20240101T12", "2024-01-01T10:00:00.000Z/2024-01-01T12:00:00.000Z"),
    ],
)
def test_days_are_whole_and_moments_are_ends(first, last, shown):
    assert str(parse_period(first, last)) == shown


def test_no_end_is_no_interval():
    assert parse_period(None, None) is None


@pytest.mark.parametrize("ends", [("2024-01-01", None), (None, "2024-01-01")])
def test_one_end_is_not_enough(ends):
    with pytest.raises(UsageError, match="pass both"):
        parse_period(*ends)


@pytest.mark.parametrize(
    "ends", [("x", "y"), ("2024-01-02", "2024-01-01"), ("2024-13-01", "2024-01-01")]
)
def test_what_is_not_a_time_or_not_an_interval(ends):
    with pytest.raises(UsageError, match="pass days such as"):
        parse_period(*ends)


def test_an_empty_interval_of_moments():
    with pytest.raises(InvalidValueError, match="after the start"):
        parse_period("2024-01-01T01:00", "2024-01-01T00:00")
