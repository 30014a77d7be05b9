"""The INI dialect, rule by rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.configuration.document import Entry
from genesys_core.configuration.ini_format import read_ini, write_ini
from tests.strategies.configuration import ini_texts, plain_text


def value_of(line):
    document = read_ini(f"[s]\n{line}\n")
    assert document.problems == ()
    (entry,) = document.entries
    return entry.text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_lines_end_as_on_any_system_and_a_byte_order_mark_is_dropped(start, end):
    document = read_ini(start + end.join(["[a]", "b = 1", "", "[c]", "d = 2"]))
    assert document.sections == (("a", 1), ("c", 4))
    assert document.entries == (Entry("a", "b", "1", 2), Entry("c", "d", "2", 5))
    assert document.problems == ()


@pytest.mark.parametrize(
    "line", ["[Logging]", "[ LOGGING ]", "\t[logging]  ", "[logging] # x", "[logging]\t;"]
)
def test_section_names_ignore_case_blanks_and_comments(line):
    assert read_ini(line).sections == (("logging", 1),)
    assert read_ini(line).problems == ()


@pytest.mark.parametrize(
    "line", ["Key=v", "  KEY  =  v  ", "key:v", "key : v # = x", "\tkey\t=\tv"]
)
def test_keys_ignore_case_and_blanks(line):
    assert read_ini(f"[s]\n{line}").entries == (Entry("s", "key", "v", 2),)


@pytest.mark.parametrize("line", ["# x = 1", "; x = 1", "   # [x]", "\t;[x]", "#", ";", "", "   "])
def test_comments_and_blank_lines_hold_nothing(line):
    document = read_ini(f"[s]\n{line}")
    assert (document.entries, document.problems) == ((), ())


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("k = v # comment", "v"),
        ("k = v ; comment", "v"),
        ("k = v\t# comment", "v"),
        ("k = v#1", "v#1"),
        ("k = v;1", "v;1"),
        ("k = a;b #c ;d", "a;b"),
        ("k = # comment", ""),
        ("k =#1", "#1"),
        ("k =", ""),
        ("k = ", ""),
        ("k = a=b", "a=b"),
        ("k = a = b", "a = b"),
        ("k = https://h:80/x", "https://h:80/x"),
        ("k : a=b", "a=b"),
        ("k = two words", "two words"),
        ("k = MixedCase", "MixedCase"),
        ("k = C:\\new\\table", "C:\\new\\table"),
        ("k = %HOME%", "%HOME%"),
        ('k = "v"', "v"),
        ("k = 'v'", "v"),
        ('k = " v "', " v "),
        ('k = "v # no comment"', "v # no comment"),
        ('k = "v" # comment', "v"),
        ("k = '' ; comment", ""),
        ('k = ""', ""),
        ('k = "say ""hi"""', 'say "hi"'),
        ("k = 'it''s'", "it's"),
        ('k = "it\'s"', "it's"),
        ("k = it's", "it's"),
        ('k = "C:\\new\\"', "C:\\new\\"),
        ("k = a\u2028b", "a\u2028b"),
    ],
)
def test_values(line, value):
    assert value_of(line) == value


def test_indentation_continues_nothing():
    document = read_ini("[s]\na = 1\n  b = 2\n")
    assert [entry.key for entry in document.entries] == ["a", "b"]


def test_keys_before_any_section_are_kept_apart():
    assert read_ini("k = v").entries == (Entry("", "k", "v", 1),)


def test_a_broken_header_still_begins_its_section():
    document = read_ini("[a]\n[ b \nk = v")
    assert document.entries == (Entry("b", "k", "v", 3),)
    assert [problem.line for problem in document.problems] == [2]


@given(ini_texts | st.text())
def test_every_line_is_accounted_for(text):
    document = read_ini(text)
    lines = {line for _, line in document.sections} | {entry.line for entry in document.entries}
    lines |= {problem.line for problem in document.problems}
    unfolded = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    silent = [line.strip() for number, line in enumerate(unfolded, 1) if number not in lines]
    assert all(not line or line[0] in "#;" for line in silent)


@given(
    st.dictionaries(
        st.sampled_from(["a", "b"]),
        st.dictionaries(
            st.sampled_from(["x", "y"]), plain_text | st.integers() | st.booleans(), min_size=1
        ),
        min_size=1,
    )
)
def test_what_is_written_reads_back_the_same(sections):
    document = read_ini(write_ini(sections))
    assert document.problems == ()
    found = {(entry.section, entry.key): entry.text for entry in document.entries}
    assert found == {
        (section, key): str(value).lower() if isinstance(value, bool) else str(value)
        for section, keys in sections.items()
        for key, value in keys.items()
    }


def test_text_is_quoted_only_where_it_must_be():
    written = write_ini(
        {"s": {"a": "plain", "b": " x", "c": "a #b", "d": '"', "e": True, "f": 2.5, "g": ""}}
    )
    assert written == (
        '[s]\na = plain\nb = " x"\nc = "a #b"\nd = """"\ne = true\nf = 2.5\ng = ""\n'
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[a", 'a section header must consist of "[", the name and "]" only'),
        ("[a] b", 'a section header must consist of "[", the name and "]" only'),
        ("[ ]", "a section must have a name"),
        ("words", '[s] a line must have "=" or ":" after its key'),
        ("= 1", '[s] a line must have a key before its "="'),
        ("k = 'a", "[s] k: a value that begins with a quote must end with the same quote"),
        ('k = "a"b', "[s] k: a value that begins with a quote must end with the same quote"),
    ],
)
def test_what_is_malformed_is_named_with_its_line(line, words):
    (problem,) = read_ini(f"[s]\n{line}\n").problems
    assert problem.line == 2
    assert problem.text.startswith(words)


def test_a_malformed_line_before_any_section_has_no_section_in_its_report():
    (problem,) = read_ini("words\n").problems
    assert problem.text.startswith('a line must have "=" or')


@pytest.mark.parametrize("name", ["two words", "$schema", "a.b"])
def test_a_section_may_have_any_name_without_brackets(name):
    document = read_ini(f"[{name}]\nk = v")
    assert document.entries == (Entry(name, "k", "v", 2),)
    assert document.problems == ()
