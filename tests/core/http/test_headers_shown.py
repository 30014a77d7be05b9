"""What headers show of themselves, and what they compare with."""

import pytest

from genesys_core.confidential import REDACTED
from genesys_core.http.headers import Headers, mask_header


def test_headers_leave_a_comparison_with_others_to_them() -> None:
    assert Headers({}).__eq__({}) is NotImplemented
    assert Headers({}) != 1


@pytest.mark.parametrize("name", ["Authorization", "X-Thing"])
def test_a_field_to_be_removed_has_no_value_to_mask(name) -> None:
    assert mask_header(name, None) is None


def test_secret_fields_are_masked_and_others_are_shown() -> None:
    assert mask_header("AUTHORIZATION", "Bearer t") == REDACTED
    assert mask_header("X-Thing", "seen") == "seen"
    shown = mask_header("Location", "https://x.example/cb?code=c0de#top")
    assert shown is not None
    assert "c0de" not in shown
    assert shown.startswith("https://x.example/cb")
