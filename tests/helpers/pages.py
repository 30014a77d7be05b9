"""Code of the documentation's pages: run as it stands there, and what it imports."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

USER_PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
"""The pages for users; those in ``docs/recipes`` are for contributors, and show modules inside."""

FENCE = re.compile(r"^( *)```(?:python|pycon)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
"""A snippet of Python, indented ones and sessions included."""


def imports_of(page: Path) -> Iterator[tuple[str, str | None]]:
    """The modules that a page's snippets import from, with what they import."""
    for _, snippet in FENCE.findall(page.read_text(encoding="utf-8")):
        for node in ast.walk(ast.parse(textwrap.dedent(snippet))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("genesys_"):
                yield from ((node.module or "", alias.name) for alias in node.names)
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
                yield from ((name, None) for name in names if name.startswith("genesys_"))


@cache
def page_names(page: str, blocks: int = 1) -> dict[str, Any]:
    """What the first blocks of a page define.

    Args:
        page: its path, such as ``docs/embedding.md``.
        blocks: how many are run.
    """
    text = (ROOT / page).read_text()
    names: dict[str, Any] = {"__name__": page}
    for match in [*BLOCK.finditer(text)][:blocks]:
        line = text.count("\n", 0, match.start()) + 1
        exec(compile("\n" * line + match[1], page, "exec"), names)
    return names
