"""Text of a definition can neither end a literal early nor run past the margin unasked."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.definition.write.source_text import (
    BANNER_START,
    WIDTH,
    count_things,
    described_lines,
    fill_lines,
    join_sentences,
    quote_string,
    split_values,
    to_ascii,
    to_one_line,
    to_plain_text,
    wrap_text,
    write_banner,
    write_docstring,
    write_import,
)

_texts = st.text() | st.text("\"'\\\n\r\x00\ud800 ü{}]", max_size=8)


@given(_texts)
def test_a_quoted_text_reads_back_as_itself(text: str) -> None:
    literal = quote_string(text)
    assert ast.literal_eval(literal) == text
    assert literal.isascii()


def test_a_description_follows_the_first_line() -> None:
    assert described_lines("") == []
    assert described_lines('Of "them",\nall.', "    ") == ["", '    Of \\"them\\", all.']


@pytest.mark.parametrize(
    ("text", "more", "joined"),
    [
        ("", "", ""),
        ("An\n id", "", "An id"),
        ("", "at most 9", "At most 9."),
        ("An id", "at most 9", "An id. At most 9."),
        ("An id.", "at most 9", "An id. At most 9."),
        ("Which?", "at most 9", "Which? At most 9."),
    ],
)
def test_a_sentence_follows_a_text(text: str, more: str, joined: str) -> None:
    assert join_sentences(text, more) == joined


def test_double_quotes_are_used_where_nothing_needs_escaping() -> None:
    assert quote_string("a b") == '"a b"'
    assert quote_string("it's") == '"it\'s"'
    assert quote_string('"') == "'\"'"


@given(_texts)
def test_plain_text_cannot_end_a_docstring_or_a_comment(text: str) -> None:
    source = f'"""a {to_plain_text(text)} b"""\n# {to_plain_text(text)}\n'
    module = ast.parse(source)
    assert len(module.body) == 1
    shown = ast.get_docstring(module, clean=False)
    assert shown is not None
    assert shown.startswith("a ")
    assert shown.endswith(" b")
    assert len(source.splitlines()) == 2


@given(_texts)
def test_a_banner_is_one_line_that_says_generated(version: str) -> None:
    line = write_banner(version)
    assert line.startswith(BANNER_START)
    assert line.splitlines() == [line.removesuffix("\n")]
    assert "generated" in line.lower()


@given(st.lists(st.text("abc", min_size=1, max_size=120)))
def test_filled_lines_hold_all_items_within_the_margin(items: list[str]) -> None:
    lines = fill_lines(items, "    ")
    assert [word for line in lines for word in line.split()] == [f"{item}," for item in items]
    assert all(len(line) <= WIDTH or line.count(",") == 1 for line in lines)


@given(st.lists(st.text("a ',]", max_size=30), max_size=12))
def test_splitting_a_line_changes_its_layout_alone(values: list[str]) -> None:
    line = f"    x = [{', '.join(map(quote_string, values))}]"
    lines = split_values(line, values)
    again = ast.parse("\n".join(part.removeprefix("    ") for part in lines))
    assert ast.dump(again) == ast.dump(ast.parse(line.strip()))
    assert (len(lines) == 1) == (len(line) <= WIDTH or not values)


def test_docstrings_take_one_line_if_they_can() -> None:
    assert write_docstring(["Short."], "  ") == ['  """Short."""']
    assert write_docstring(["x" * 96], "") == ['"""' + "x" * 96, '"""']
    assert write_docstring(["One.", "", "  Two."], "  ") == ['  """One.', "", "  Two.", '  """']


def test_imports_are_sorted_and_folded() -> None:
    assert write_import("m", ["b", "a"]) == ["from m import a, b"]
    many = write_import("m", [f"name_number_{n}" for n in range(9)])
    assert many[0] == "from m import ("
    assert many[1] == "    name_number_0,"
    assert many[-1] == ")"


def test_words_stay_whole() -> None:
    assert wrap_text("a-b " * 30, "  ", "    ")[1].startswith("    a-b ")
    assert wrap_text("x" * 120, "  ") == ["  " + "x" * 120]


def test_counted() -> None:
    assert (count_things(1, "method"), count_things(2, "method")) == ("1 method", "2 methods")


@given(_texts)
def test_a_docstring_shows_what_the_text_says(text: str) -> None:
    line = to_one_line(text)
    assert "\n" not in line
    assert ast.literal_eval(f'"""{to_plain_text(line)}"""') == to_ascii(line)
