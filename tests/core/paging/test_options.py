"""Options of reading a listing are checked where they are given."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.paging.options import NO_PAGING_OPTIONS, PagingOptions


def test_without_options_everything_is_read() -> None:
    assert PagingOptions() == NO_PAGING_OPTIONS
    assert NO_PAGING_OPTIONS.limit is NO_PAGING_OPTIONS.max_pages is None
    PagingOptions(limit=0, max_pages=1, prefetch=0, resume="1.x", shortfall="ignore")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"limit": -1}, "limit=-1: must be 0 or more"),
        ({"max_pages": 0}, "max_pages=0: must be 1 or more"),
        ({"prefetch": -1}, "prefetch=-1: must be 0 or more"),
        ({"shortfall": "raise"}, "shortfall='raise': must be one of error, warn, ignore"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValueError, match=words):
        PagingOptions(**given)


@pytest.mark.parametrize("name", ["limit", "max_pages", "prefetch", "resume", "shortfall"])
def test_an_option_of_another_type_is_refused(name: str) -> None:
    given: dict[str, Any] = {name: 1.5}
    with pytest.raises(TypeError, match=f"{name} must be"):
        PagingOptions(**given)
