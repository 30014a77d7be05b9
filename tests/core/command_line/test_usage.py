"""Suggestions for misspelt names."""

import pytest

from genesys_core.command_line.usage import suggest_name


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("pag", "page"), ("s", "size"), ("paeg", "page"), ("xyz", ""), ("", "")],
)
def test_a_similar_name_is_suggested(typed, expected):
    found = suggest_name(typed, ["size", "page", "pages"])
    assert found == (f"; did you mean {expected}?" if expected else "")
