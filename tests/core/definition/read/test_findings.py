"""Findings have a place that a reader can search for."""

from __future__ import annotations

import pytest

from genesys_core.definition.read.findings import Finding, format_place, refuse_findings
from genesys_core.errors import InvalidValueError


def test_a_place_is_keys_and_indexes() -> None:
    place = format_place(("paths", "/api/v2/x", "get", "parameters", 3))
    assert place == "paths./api/v2/x.get.parameters[3]"
    assert format_place(()) == "the document"


def test_no_findings_are_accepted() -> None:
    refuse_findings([])


@pytest.mark.parametrize(
    ("count", "last"), [(1, "0: wrong"), (20, "19: wrong"), (21, "and 1 more"), (25, "and 5 more")]
)
def test_the_first_findings_are_listed(count: int, last: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        refuse_findings([Finding(str(number), "wrong") for number in range(count)])
    assert str(caught.value).splitlines()[-1].strip().removeprefix("definition: ") == last
