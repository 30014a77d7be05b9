"""Output formats."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_core.command_line.formats import (
    collect_items,
    csv_lines,
    id_lines,
    json_array_lines,
    json_line,
    json_text,
    yaml_array_lines,
    yaml_text,
)
from genesys_core.errors import DecodeError
from genesys_core.observability.terminal import escape_line

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    [
        "yes",
        "No",
        "null",
        "1e5",
        "0x1",
        "12:30",
        "2024-01-01",
        "a: b",
        "a #b",
        "-",
        "~",
        "e 1",
        "\x9b\u202e",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXTS, below, max_size=3),
    max_leaves=8,
)

few = settings(max_examples=25)


def is_safe(text):
    return all(escape_line(line) == line for line in text.split("\n"))


@few
@given(VALUES)
def test_json_keeps_the_meaning_and_is_safe(value):
    for text in (json_text(value), json_line(value)):
        assert json.loads(text) == value
        assert is_safe(text)
    assert "\n" not in json_line(value)


@few
@given(st.lists(VALUES, max_size=3))
def test_an_array_is_written_item_by_item(values):
    text = "\n".join(json_array_lines(iter(values)))
    assert json.loads(text) == values
    assert is_safe(text)


@few
@given(VALUES)
def test_yaml_keeps_the_meaning_and_is_safe(value):
    yaml = pytest.importorskip("yaml")
    text = yaml_text(value)
    assert yaml.safe_load(text) == value
    assert is_safe(text)


@few
@given(st.lists(VALUES, max_size=3))
def test_a_sequence_is_written_item_by_item(values):
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load("\n".join(yaml_array_lines(values))) == values


@pytest.mark.parametrize("key", ["a" * 1024, "a" * 1025, "\n" * 512, "é" * 5000])
@pytest.mark.parametrize("value", ["x", 1, [], [1, {"b": []}], {"c": {"d": [2]}}])
def test_a_long_key_can_be_read_back(key, value):
    yaml = pytest.importorskip("yaml")
    found = {"before": 0, key: value, "after": [{key: value}, [{key: {key: value}}]]}
    assert yaml.safe_load(yaml_text(found)) == found


def test_yaml_as_people_write_it():
    value = {"name": "Ann B", "list": [1, {"a": [], "b": {}}], "on": "on", "big": 1e30}
    assert yaml_text(value).split("\n") == [
        "name: Ann B",
        "list:",
        "  - 1",
        "  - a: []",
        "    b: {}",
        '"on": "on"',
        "big: 1.0e+30",
    ]
    assert yaml_text("\U000e0041") == '"\\U000e0041"'
    assert yaml_text(1.5e30) == "1.5e+30"


@few
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2)))
def test_csv_can_be_read_back(rows):
    items = [{"a": first, "b": second} for first, second in rows]
    text = "".join(f"{line}\r\n" for line in csv_lines(items, ["a", "b"], is_terminal=False))
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == [["a", "b"], *rows]
    assert all(map(is_safe, csv_lines(items, ["a", "b"], is_terminal=True)))


def test_csv_with_an_empty_cell_alone():
    assert list(csv_lines([{"a": ""}, {"a": " x"}], ["a"], is_terminal=False)) == [
        "a",
        '""',
        '" x"',
    ]
    assert list(csv_lines(["x"], [""], is_terminal=False)) == ["value", "x"]


def _two_items_and_an_error():
    yield 1
    yield 2
    raise KeyboardInterrupt


def test_the_items_before_an_error_are_not_lost():
    """The token with which a listing is continued begins after them."""
    found, error = collect_items(_two_items_and_an_error())
    assert found == [1, 2]
    assert isinstance(error, KeyboardInterrupt)
    assert collect_items(_two_items_and_an_error(), 2) == ([1, 2], None)
    shown = []
    with pytest.raises(KeyboardInterrupt):
        shown.extend(json_array_lines(_two_items_and_an_error()))
    assert shown == ["[", "  1,", "  2"]
    with pytest.raises(ZeroDivisionError):
        list(json_array_lines(1 // each for each in [0]))


def test_an_array_that_is_not_read_to_its_end_raises_nothing():
    lines = json_array_lines(iter([1, 2]))
    assert next(lines) == "["
    lines.close()


def test_arrays_and_sequences_without_items():
    assert list(json_array_lines([])) == list(yaml_array_lines([])) == ["[]"]
    assert "\n".join(json_array_lines([1, {"a": 2}])) == ('[\n  1,\n  {\n    "a": 2\n  }\n]')


def test_ids():
    items = [{"id": "a\x1b"}, {"id": 3}]
    assert list(id_lines(items, "id", is_terminal=False)) == ["a\x1b", "3"]
    assert list(id_lines(items, "id", is_terminal=True)) == ["a\\x1b", "3"]
    with pytest.raises(DecodeError, match="an item has no userId"):
        list(id_lines(items, "userId", is_terminal=True))


def test_text_of_any_language_is_written_as_it_is():
    value = {"é": "日本"}
    assert json_text(value) == '{\n  "é": "日本"\n}'
    assert json_line(value) == '{"é":"日本"}'
    assert list(json_array_lines([value])) == ["[", '  {\n    "é": "日本"\n  }', "]"]
    assert yaml_text(value) == '"é": "日本"'


def test_a_yaml_key_has_a_question_mark_where_its_colon_would_come_too_late():
    longest, longer = "a" * 1023, "a" * 1024
    assert yaml_text({longest: 1}) == f"{longest}: 1"
    assert yaml_text({"b": {longest: 1}}) == f"b:\n  {longest}: 1"
    assert yaml_text({longer: 1}) == f"? {longer}\n: 1"
