"""Code of the documentation's pages, run as it stands there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


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
