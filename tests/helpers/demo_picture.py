"""Draws the README's picture of a terminal: ``python -m tests.helpers.demo_picture``.

Runs the demo and writes what it prints to ``docs/assets/demo.svg``, with a fixed port and without
the web fonts that rich's template would request from another host.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from genesys_cloud.demo import run_demo

PICTURE = Path(__file__).parents[2] / "docs" / "assets" / "demo.svg"
WIDTH = 76


def draw(printed: str) -> str:
    """Return the picture of a terminal with that output."""
    console = Console(record=True, file=io.StringIO(), width=WIDTH, legacy_windows=False)
    console.print(Text("$ genesys-cloud demo", style="bold green"))
    for line in re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8080", printed).splitlines():
        style = "" if line.startswith(" ") else "bold cyan"
        console.print(Text(line.rstrip(), style=style, overflow="ellipsis", no_wrap=True))
    picture = console.export_svg(title="genesys-cloud", theme=MONOKAI, unique_id="demo")
    picture = re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    return "".join(f"{line.rstrip()}\n" for line in picture.splitlines())


def main() -> int:
    """Run the demo and write its picture."""
    out = io.StringIO()
    if code := run_demo(out):
        return code
    PICTURE.write_text(draw(out.getvalue()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
