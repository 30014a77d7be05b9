from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from genesys_core.codec.scalar_conversions import CONVERSIONS, is_last_moment


@pytest.mark.parametrize(
    ("wanted", "raw", "value"),
    [
        (str, 12, "12"),
        (str, 10**30, "1" + "0" * 30),
        (str, 1.5, "1.5"),
        (str, True, "true"),
        (int, 12.0, 12),
        (int, "12", 12),
        (int, "-12", -12),
        (int, "12.00", 12),
        (int, 1.5, None),
        (int, "1.5", None),
        (int, "1e3", None),
        (int, True, None),
        (int, "", None),
        (int, " 1", None),
        (int, "١٢", None),
        (int, "9" * 41, None),
        (float, "1.5", 1.5),
        (float, "-2E-3", -0.002),
        (float, "nan", None),
        (float, "1e999", None),
        (float, "1_000", None),
        (float, True, None),
        (bool, "true", True),
        (bool, "FALSE", False),
        (bool, 1, True),
        (bool, 0, False),
        (bool, 2, None),
        (bool, 1.0, None),
        (bool, "yes", None),
        (date, "2024-05-01T23:30:00-05:00", date(2024, 5, 1)),
        (date, "20240501", date(2024, 5, 1)),
        (date, "2024-05", None),
    ],
)
def test_scalars_of_another_kind(wanted, raw, value):
    result = CONVERSIONS[wanted](raw)
    assert result == value
    assert type(result) is type(value)


_TEN = datetime(2024, 5, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("2024-05-01T10:00Z", _TEN),
        ("2024-05-01T10Z", _TEN),
        ("2024-05-01T10:00:00+00", _TEN),
        ("2024-05-01T10:00:00+0000", _TEN),
        ("2024-05-01t10:00z", _TEN),
        ("2024-05-01 10:00:00 +00:00", _TEN),
        (" 2024-05-01T10:00:00Z ", _TEN),
        ("20240501T100000Z", _TEN),
        ("2024-05-01T10:00:00,5Z", _TEN + timedelta(seconds=0.5)),
        ("2024-05-01T10:00:00.1234567891234+00", _TEN + timedelta(microseconds=123456)),
        ("2024-05-01T10:00:00-05", _TEN.replace(tzinfo=timezone(timedelta(hours=-5)))),
        ("2024-05-01", datetime(2024, 5, 1)),  # noqa: DTZ001 - no zone is guessed
        ("2024-05-01T10:00", datetime(2024, 5, 1, 10)),  # noqa: DTZ001 - no zone is guessed
        ("2024-13-01T10:00:00Z", None),
        ("2024-05-01T25:00:00Z", None),
        ("2024-05-01T10:00:00+25:00", None),
        ("10000-01-01T10:00:00Z", None),
        ("0000-01-01T10:00:00Z", None),
        ("yesterday", None),
        ("", None),
        ("1714557600000", None),
        (1714557600000, None),
        (True, None),
    ],
)
def test_date_times_in_forms_that_rfc_3339_lacks(raw, value):
    result = CONVERSIONS[datetime](raw)
    assert result == value
    if value is not None:
        assert result.utcoffset() == value.utcoffset()


@pytest.mark.parametrize(
    ("raw", "is_last"),
    [
        ("9999-12-31T23:59:59.9999999Z", True),
        ("9999-12-31t23:59:59.99999950z", True),
        ("9999-12-31 23:59:59.9999999+05:30", True),
        ("9999-12-31T23:59:59.9999999-0530", True),
        ("9999-12-31T23:59:59.9999999", True),
        ("9999-12-31T23:59:59.9999994Z", False),  # msgspec decodes these itself
        ("9999-12-31T23:59:59.999999Z", False),
        ("9998-12-31T23:59:59.9999999Z", False),
        ("9999-12-31T23:59:59.9999999+05", False),  # not RFC 3339
        (5, False),
    ],
)
def test_the_last_moment_of_the_calendar(raw, is_last):
    assert is_last_moment(raw) is is_last
