"""Times as the core takes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from genesys_core.clock import assume_utc


def test_a_time_without_a_zone_is_in_utc():
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    plain = noon.replace(tzinfo=None)
    assert assume_utc(plain) == noon
    zoned = plain.replace(tzinfo=timezone(timedelta(hours=2)))
    assert assume_utc(zoned) is zoned
