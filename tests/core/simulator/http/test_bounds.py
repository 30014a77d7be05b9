"""Bounds of numbers, texts and lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator.http.bounds import find_broken_bound
from genesys_core.simulator.state.definition import Bounds


@pytest.mark.parametrize(
    ("bounds", "inside", "outside", "rule"),
    [
        (Bounds(minimum=2), [2, 2.5, True, None, "1", []], 1, "at least 2"),
        (Bounds(maximum=2.5), [2.5, -9, False], 2.6, "at most 2.5"),
        (Bounds(minimum=2, exclusive_minimum=True), [3], 2, "more than 2"),
        (Bounds(maximum=2, exclusive_maximum=True), [1], 2, "less than 2"),
        (Bounds(min_length=1), ["a", 0], "", "at least 1 characters"),
        (Bounds(max_length=2), ["ab", [1, 2, 3]], "abc", "at most 2 characters"),
        (Bounds(min_items=1), [[None], ""], [], "at least 1 items"),
        (Bounds(max_items=2), [[1, 2], {"a": 1}], [1, 2, 3], "at most 2 items"),
        (Bounds(pattern="^a+$"), ["aa", 5], "ab", "a string matching ^a+$"),
    ],
)
def test_a_bound_applies_to_its_kind_of_value(bounds, inside, outside, rule):
    for each in inside:
        assert find_broken_bound(bounds, each) is None, each
    assert find_broken_bound(bounds, outside) == rule


def test_an_exclusive_end_alone_bounds_nothing():
    assert find_broken_bound(Bounds(exclusive_minimum=True, exclusive_maximum=True), 5) is None


def test_a_pattern_that_is_none_bounds_nothing():
    assert find_broken_bound(Bounds(pattern="("), "a") is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(values)
def test_without_bounds_everything_is_inside(value):
    assert find_broken_bound(Bounds(), value) is None


@given(st.integers(), st.integers(0, 100), st.integers())
def test_a_range_holds_what_is_between_its_ends(least, size, value):
    broken = find_broken_bound(Bounds(minimum=least, maximum=least + size), value)
    assert (broken is None) == (least <= value <= least + size)


def test_a_large_bound_is_shown_with_all_its_digits():
    assert find_broken_bound(Bounds(maximum=25_000_000), 25_000_001) == "at most 25000000"
    assert find_broken_bound(Bounds(minimum=1_234_567.5), 1) == "at least 1234567.5"
