"""Escaping for terminals."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.observability.terminal import escape_json, escape_line, escape_lines, json_escapes

BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TEXTS = st.text(st.characters(codec=None) | st.sampled_from(BIDIRECTIONAL + "\x1b\x9b\x07\r\n\t"))


def obeyed(text: str) -> list[str]:
    """The characters of a text that a terminal would obey."""
    return [c for c in text if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or is_hidden(c)]


def is_hidden(character: str) -> bool:
    return character in BIDIRECTIONAL or "\U000e0000" <= character <= "\U000e007f"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ann Müller 李 👩‍💻", "Ann Müller 李 👩‍💻"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b2J", r"\x9b2J"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("a\u2028b", r"a\u2028b"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
        ("\x00\x7f", r"\x00\x7f"),
    ],
)
def test_what_a_terminal_would_obey_is_spelt_out(text, shown):
    assert escape_line(text) == shown


def test_json_stays_json_with_the_same_value():
    document = '{"a":\t1,\r\n"b":"\U000e0041\u202e\x9b\x7f"}'
    escaped = r'{"a": 1,  "b":"\udb40\udc41\u202e\u009b\u007f"}'
    assert escape_json(document) == escaped
    assert json.loads(escaped) == json.loads(document)


def test_each_character_has_a_json_escape():
    assert json_escapes("ü€") == r"\u00fc\u20ac"
    assert json.loads(f'"{json_escapes("a😀")}"') == "a😀"


def test_lines_keep_their_line_feeds_and_tabs():
    assert escape_lines("a\tb\n\x1b[A\rc") == "a\tb\n\\x1b[A\\rc"


@given(TEXTS)
def test_nothing_is_left_that_a_terminal_obeys(text):
    assert obeyed(escape_line(text)) == []
    assert set(obeyed(escape_lines(text))) <= {"\n", "\t"}
    escape_line(text).encode()  # a stream can take it


@given(TEXTS)
def test_escaping_again_changes_nothing(text):
    for escape in (escape_line, escape_lines, escape_json):
        assert escape(escape(text)) == escape(text)


@given(st.recursive(TEXTS | st.none() | st.integers(), st.lists))
def test_json_means_the_same(value):
    for indent in (None, 1):
        document = json.dumps(value, ensure_ascii=False, indent=indent)
        shown = escape_json(document)
        assert obeyed(shown) == []
        assert json.loads(shown) == json.loads(document)
