"""What fits is converted; of the rest, the smallest part is dropped, with a finding."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, field

from genesys_core.definition.read.tolerant import MAX_DEPTH, convert_tolerantly, is_deeper_than


class Part(Struct):
    name: str
    inner: Part | None = None
    numbers: list[int] = []
    by_name: dict[str, Part] = field(default_factory=dict[str, "Part"], name="byName")
    either: Part | bool | None = None
    ratio: float | None = None
    anything: Any = None


def read(value: object) -> tuple[Part | None, list[str]]:
    part, findings = convert_tolerantly(value, Part)
    return part, list(map(str, findings))


def test_a_value_that_fits() -> None:
    value = {"name": "a", "inner": {"name": "b"}, "byName": {"c": {"name": "c"}}, "new": 1}
    assert read(value) == (Part("a", Part("b"), by_name={"c": Part("c")}), [])


@pytest.mark.parametrize(
    ("value", "part", "finding"),
    [
        (
            {"name": "a", "numbers": [1, "x", 2]},
            Part("a", numbers=[1, 2]),
            "numbers[1]: expected a number, found a string; ignored",
        ),
        (
            {"name": "a", "numbers": {}},
            Part("a"),
            "numbers: expected an array, found an object; ignored",
        ),
        (
            {"name": "a", "byName": {"b": {}, "c": {"name": "c"}}},
            Part("a", by_name={"c": Part("c")}),
            "byName.b: has no valid 'name'; ignored",
        ),
        (
            {"name": "a", "inner": 3},
            Part("a"),
            "inner: expected an object, found a number; ignored",
        ),
        (
            {"name": "a", "either": "x"},
            Part("a"),
            "either: expected an object or a Boolean, found a string; ignored",
        ),
        (
            {"name": "a", "ratio": True, "anything": [{}]},
            Part("a", anything=[{}]),
            "ratio: expected a number, found a Boolean; ignored",
        ),
        (
            {"name": "a", "either": {"name": "b", "ratio": 1}, "inner": []},
            Part("a", either=Part("b", ratio=1.0)),
            "inner: expected an object, found an array; ignored",
        ),
        (
            {"name": "a", "byName": None},
            Part("a"),
            "byName: expected an object, found null; ignored",
        ),
    ],
)
def test_the_smallest_part_that_does_not_fit_is_dropped(
    value: object, part: Part, finding: str
) -> None:
    assert read(value) == (part, [finding])


def test_a_missing_required_field_drops_all_that_is_around_it() -> None:
    part, findings = read({"name": "a", "inner": {"name": 1}})
    assert part == Part("a")
    assert findings == [
        "inner.name: expected a string, found a number; ignored",
        "inner: has no valid 'name'; ignored",
    ]


@pytest.mark.parametrize("value", [{}, [], None, 3])
def test_nothing_may_fit(value: object) -> None:
    part, findings = read(value)
    assert part is None
    assert findings[-1].startswith("the document: ")


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"name": "last"}
    for _ in range(depth):
        value = {"name": "a", "inner": value}
    return value


@pytest.mark.parametrize("depth", [3_000, 50_000])
def test_nesting_is_cut_off(depth: int) -> None:
    part, findings = read(nested(depth))
    found = 0
    while part is not None:
        part, found = part.inner, found + 1
    assert found == MAX_DEPTH + 1
    assert [one.rpartition(": ")[2] for one in findings] == [
        f"nested more than {MAX_DEPTH} levels deep; ignored"
    ]


def test_any_value_is_bounded_too() -> None:
    part, findings = read({**nested(3), "anything": nested(3_000)})
    assert part == Part("a", Part("a", Part("a", Part("last"))))
    assert findings == [f"anything: nested more than {MAX_DEPTH} levels deep; ignored"]
    part, findings = read({**nested(3_000), "inner": 1, "anything": [1], "ratio": nested(3_000)})
    assert part == Part("a", anything=[1])


def test_what_is_beside_a_value_that_is_too_deep_is_kept() -> None:
    part, _ = read({"name": "a", "numbers": [1, nested(3_000)], "anything": {"b": 1}, "ratio": 2})
    assert part == Part("a", numbers=[1], anything={"b": 1}, ratio=2)


def test_depth_counts_arrays_and_objects() -> None:
    assert is_deeper_than(1, 0) is False
    assert not is_deeper_than({"a": 1}, 1)
    assert is_deeper_than({"a": [{"b": 1}]}, 1)
    assert not is_deeper_than({"a": [{"b": 1}]}, 2)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "inner", "numbers", "byName", "either", "ratio"]), inner
        )
    ),
    max_leaves=8,
)


@given(_json)
def test_any_value_is_converted_or_reported(value: object) -> None:
    part, findings = read(value)
    assert part is not None or findings
