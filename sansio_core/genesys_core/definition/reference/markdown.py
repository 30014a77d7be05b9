"""Writes Markdown: headings with anchors, tables, code, tabs and collapsible blocks.

Invariants: text from a definition never becomes markup; a table cell is one line.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = [
    "anchor_of",
    "code_block",
    "folded_block",
    "inline_code",
    "plain_text",
    "write_heading",
    "write_table",
    "write_tabs",
]

# `_` is markup only at the edge of a word; `~`, `$`, `^` and `=` are markup of the site's extensions.
_MARKUP: Final = re.compile(r"([\\`*{}\[\]<>#|&~$^=]|(?<!\w)_|_(?!\w))")
# The beginnings of lists, rules and admonitions.
_AT_START: Final = re.compile(r"^(\d*)((?<=\d)[.)](?= |$)|(?<!\d)[-+!])")
_NOT_IN_ANCHORS: Final = re.compile(r"[^\w.:-]+")
_BACKTICKS: Final = re.compile(r"`+")


def plain_text(text: str) -> str:
    """Return text as one line, with Markdown escaped."""
    line = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    # A question mark has no escape in Python-Markdown.
    return _AT_START.sub(r"\1\\\2", line).replace("?", "&#63;", line.startswith("???"))


def inline_code(text: str) -> str:
    """Return text as inline code, which may contain backticks and vertical bars."""
    line = " ".join(text.split())
    if "\\|" in line:  # no spelling of a code span survives a table
        return f"<code>{plain_text(line)}</code>"
    # A code span is delimited by more backticks than it contains in a row, and by a space if it begins
    # or ends with one (CommonMark, "Code spans"). Tables escape bars even in code (GFM, "Tables").
    longest = max(map(len, _BACKTICKS.findall(line)), default=0)
    mark, space = "`" * (longest + 1), " " if longest else ""
    return f"{mark}{space}{line}{space}{mark}".replace("|", "\\|") if line else ""


def anchor_of(name: str) -> str:
    """Return the anchor for a name: without braces, and with ``-`` for other invalid characters."""
    return _NOT_IN_ANCHORS.sub("-", name.replace("{", "").replace("}", "")).strip("-")


def write_heading(level: int, title: str, anchor: str) -> str:
    """Return a heading whose title is plain text, with an explicit anchor."""
    return f"{'#' * level} {plain_text(title)} {{ #{anchor} }}"


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table whose cells are Markdown; none if there are no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return []
    return [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *lines, ""]


def code_block(language: str, text: str, indent: str = "") -> list[str]:
    """Return the lines of a fenced code block."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    mark = "`" * max(3, longest + 1)
    lines = [f"{mark}{language}", *text.splitlines(), mark]
    return [f"{indent}{line}" if line else "" for line in lines]


def folded_block(title: str, lines: Iterable[str]) -> list[str]:
    """Return the lines of a collapsible block, which is initially closed."""
    return [f'??? note "{title}"', "", *(f"    {line}" if line else "" for line in lines), ""]


def write_tabs(blocks: Iterable[tuple[str, str, str]]) -> list[str]:
    """Return the lines of tabs, one for each code block; a block is its title, language and text."""
    lines: list[str] = []
    for title, language, text in blocks:
        lines += [f'=== "{title}"', "", *code_block(language, text, "    "), ""]
    return lines
