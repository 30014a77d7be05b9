"""Times as the core takes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from genesys_core.clock import assume_utc, format_seconds


def test_a_time_without_a_zone_is_in_utc():
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    plain = noon.replace(tzinfo=None)
    assert assume_utc(plain) == noon
    zoned = plain.replace(tzinfo=timezone(timedelta(hours=2)))
    assert assume_utc(zoned) is zoned


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0"),
        (0.25, "0.25"),
        (7, "7"),
        (10.2345, "10.2"),
        (999.4, "999"),
        (999.5, "1000"),
        (7190.4, "7190"),
        (86_400, "86400"),
        (31_536_000, "31536000"),
    ],
)
def test_a_duration_has_three_digits_and_no_exponent(seconds, shown):
    assert format_seconds(seconds) == shown
