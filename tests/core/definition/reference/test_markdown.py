"""Text of a definition never becomes markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genesys_core.definition.reference.markdown import (
    anchor_of,
    code_block,
    folded_block,
    inline_code,
    plain_text,
    write_heading,
    write_table,
    write_tabs,
)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("get_users_me", "get_users_me"),
        ("_self", "\\_self"),
        ("trailing_ and", "trailing\\_ and"),
        ("v2.users.{id}", "v2.users.\\{id\\}"),
        ("<script>[a](b)|`*", "\\<script\\>\\[a\\](b)\\|\\`\\*"),
        ("two\nlines\t", "two lines"),
        # At the start of a line: a list, a rule, an admonition, a collapsible block.
        ("- a - b", "\\- a - b"),
        ("+ a", "\\+ a"),
        ("---", "\\---"),
        ("1986. Great", "1986\\. Great"),
        ("1) a", "1\\) a"),
        ("1.5 a", "1.5 a"),
        ("!!! danger", "\\!!! danger"),
        ("??? note", "&#63;?? note"),
    ],
)
def test_plain_text(text: str, written: str) -> None:
    assert plain_text(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [("a|b", "`a\\|b`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```"), ("a\nb", "`a b`"), (" ", "")],
)
def test_code(text: str, written: str) -> None:
    assert inline_code(text) == written


@pytest.mark.parametrize(
    ("name", "anchor"),
    [
        ("UserMe", "UserMe"),
        ("v2.users.{id}.presence", "v2.users.id.presence"),
        ("routing:queue:edit", "routing:queue:edit"),
        ("They are enforced", "They-are-enforced"),
        ("a (b)", "a-b"),
    ],
)
def test_an_anchor(name: str, anchor: str) -> None:
    assert anchor_of(name) == anchor
    assert write_heading(2, name, anchor_of(name)).endswith(f" {{ #{anchor} }}")


def test_a_table_without_rows_is_nothing() -> None:
    assert write_table(("a", "b"), []) == []
    assert write_table(("a", "b"), [("1", "2")]) == ["| a | b |", "|---|---|", "| 1 | 2 |", ""]


def test_blocks() -> None:
    assert code_block("python", "a = 1\n\nb", "    ") == [
        *("    ```python", "    a = 1", "", "    b", "    ```"),
    ]
    assert code_block("text", "```")[0] == "````text"
    assert folded_block("More", ["a", ""]) == ['??? note "More"', "", "    a", "", ""]
    assert write_tabs([("sync", "python", "a")]) == [
        *('=== "sync"', "", "    ```python", "    a", "    ```", ""),
    ]


@given(st.text(max_size=40))
@example("\\|")
def test_a_cell_is_one_line_and_ends_no_cell(text: str) -> None:
    for cell in (plain_text(text), inline_code(text)):
        assert "\n" not in cell
        assert not re.search(r"(?<!\\)(?:\\\\)*\|", cell.replace("\\\\", ""))
        [_, _, row, _] = write_table(("a",), [(cell,)])
        assert row == f"| {cell} |"
