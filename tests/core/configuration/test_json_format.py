"""The JSON form: a real parser judges it, and every key has its line."""

import gc
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.configuration.document import Entry
from genesys_core.configuration.json_format import looks_like_json, read_json, write_json

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)


@pytest.mark.parametrize("text", ["{}", " \n{", "\ufeff{", '[{"a": 1}]', '[ "a" ]', "{not json"])
def test_what_looks_like_json(text):
    assert looks_like_json(text)


@pytest.mark.parametrize("text", ["", "[logging]", "[ logging ]", "[[logging]]", "k = {}", "# {"])
def test_what_does_not(text):
    assert not looks_like_json(text)


def test_each_key_has_its_line_and_its_kind():
    text = """\
{"one": {"a": "x", "b": 1.50,
         "c": true, "d": null},

 "TWO": {"E": [{"f": 1}],
         "g": {"h": 2}, " i ": "\\u00e9{\\"j\\": 3}"},
 "three": null, "four": 4, "five": []}
"""
    document = read_json(text)
    assert document.sections == (("one", 1), ("two", 4))
    assert document.entries == (
        Entry("one", "a", "x", 1),
        Entry("one", "b", "1.50", 1, "literal"),
        Entry("one", "c", "true", 2, "literal"),
        Entry("one", "d", "", 2, "literal"),
        Entry("two", "e", "[", 4, "container"),
        Entry("two", "g", "{", 5, "container"),
        Entry("two", "i", 'é{"j": 3}', 5),
        Entry("", "four", "4", 6, "literal"),
        Entry("", "five", "[", 6, "container"),
    )


def test_a_key_twice_is_there_twice():
    document = read_json('{"a": {"b": 1, "b": 2}, "a": {}}')
    assert [entry.text for entry in document.entries] == ["1", "2"]
    assert document.sections == (("a", 1), ("a", 1))


def test_a_byte_order_mark_is_dropped():
    assert read_json('\ufeff{"a": {"b": 1}}').entries == (Entry("a", "b", "1", 1, "literal"),)


def test_a_number_of_any_length_stays_text():
    digits = "9" * 10_000
    assert read_json(f'{{"a": {{"b": {digits}}}}}').entries[0].text == digits


@pytest.fixture
def no_collection():
    """At the limit of recursion, finalizers of other tests' garbage would fail."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
def test_text_nested_beyond_reason_is_a_problem():
    (problem,) = read_json('{"a": ' * 100_000).problems
    assert (problem.line, problem.text[:15]) == (1, "nested too deep")


@pytest.mark.parametrize(
    "text", ['{"a": {"b": 1,}}', '{"a": {"b": 1}', "{'a': {}}", '{"a": {"b": "\n"}}']
)
def test_anything_but_json_is_a_problem(text):
    document = read_json(text)
    assert document.entries == document.sections == ()
    assert [problem.text[:12] for problem in document.problems] == ["invalid JSON"]


@pytest.mark.slow
@given(
    st.dictionaries(st.text(), st.dictionaries(st.text(), values) | scalars),
    st.sampled_from([None, 1]),
)
def test_a_real_parser_finds_the_same_members(root, indent):
    text = json.dumps(root, indent=indent)
    lines = text.split("\n")
    document = read_json(text)
    sections = [name.strip().lower() for name, value in root.items() if isinstance(value, dict)]
    assert [name for name, _ in document.sections] == sections
    expected = [
        key.strip().lower()
        for name, value in root.items()
        if value is not None
        for key in (value if isinstance(value, dict) else [name])
    ]
    assert [entry.key for entry in document.entries] == expected
    if indent:
        for entry in document.entries:
            written, _ = json.JSONDecoder().raw_decode(lines[entry.line - 1].strip())
            assert written.strip().lower() == entry.key


@given(
    st.dictionaries(
        st.sampled_from(["a", "b"]),
        st.dictionaries(st.sampled_from(["x", "y"]), st.text() | st.integers() | st.booleans()),
    )
)
def test_what_is_written_reads_back_the_same(sections):
    assert json.loads(write_json(sections)) == sections
    found = {
        (entry.section, entry.key): entry.text for entry in read_json(write_json(sections)).entries
    }
    assert found == {
        (section, key): str(value).lower() if isinstance(value, bool) else str(value)
        for section, keys in sections.items()
        for key, value in keys.items()
    }


@pytest.mark.parametrize("text", ["[]", '[{"a": 1}]', "1", '"text"', "null"])
def test_the_root_is_an_object_of_sections(text):
    (problem,) = read_json(text).problems
    assert problem.line == 1
    assert problem.text.startswith("must be one object of sections; for example {")


def test_a_line_break_at_the_very_start_counts():
    assert read_json('\n{"a": {"b": 1}}').sections == (("a", 2),)


def test_json_is_written_for_readers():
    sections = {"a": {"path": "/tmp/\u00e9", "max": 5, "on": True}}
    assert (
        write_json(sections)
        == '{\n  "a": {\n    "path": "/tmp/\u00e9",\n    "max": 5,\n    "on": true\n  }\n}\n'
    )


@pytest.mark.parametrize("number", [math.inf, math.nan])
def test_a_number_that_json_lacks_is_not_written(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"a": {"b": number}})
