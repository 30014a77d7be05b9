"""Draws the charts of the documentation from the tables beside them.

``python -m tests.helpers.charts`` reads ``docs/performance.md``, whose figures the benchmarks print,
and writes ``docs/assets/calls.svg``. A test fails if a chart is not current.
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parents[2] / "docs"
CHART = DOCS / "assets" / "calls.svg"
LABELS, BAR, GAP, SCALE = 190, 16, 14, 26
STYLE = """
text { font: 13px sans-serif; fill: #57606a; }
.ours { fill: #4051b5; } .other { fill: #9aa3b2; } .base { stroke: #d0453e; stroke-dasharray: 4 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #b8c0cc; } .ours { fill: #7c8cf0; } .other { fill: #5d6675; }
}
"""


class Row(NamedTuple):
    """A group of bars: relative speed of this library and of another one, or ``None``."""

    title: str
    ours: float
    other: tuple[str, float] | None


def read_rows(page: str) -> list[Row]:
    """Return the first table of speeds, in its first framing."""
    table = page.partition("Speed relative to httpx by hand, over plain HTTP:")[2]
    found = re.findall(
        r"^\| (\d[^|]+?) \| ([\d.]+)(?:, (\w+) ([\d.]+))? \|",
        table.partition("\n\nThe")[0],
        re.MULTILINE,
    )
    return [
        Row(title, float(ours), (name, float(other)) if name else None)
        for title, ours, name, other in found
    ]


def draw_bars(rows: list[Row]) -> str:
    """Return a bar chart of relative speeds; httpx is the line at 1."""
    width = (
        LABELS
        + round(SCALE * max(max(row.ours, row.other[1] if row.other else 0) for row in rows))
        + 140
    )
    parts, top = [], 34
    for row in rows:
        height = BAR * (2 if row.other else 1)
        parts.append(f'<text x="0" y="{top + height / 2 + 5:g}">{escape(row.title)}</text>')
        bars = [("ours", "genesys-cloud", row.ours)]
        bars += [("other", *row.other)] if row.other else []
        for number, (kind, name, value) in enumerate(bars):
            y, length = top + number * BAR, round(SCALE * value)
            parts.append(
                f'<rect class="{kind}" x="{LABELS}" y="{y}" width="{length}" height="{BAR - 2}"/>'
                f'<text x="{LABELS + length + 6}" y="{y + 12}">{name} {value:g}</text>'
            )
        top += height + GAP
    line = LABELS + SCALE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" width="{width}" '
        f'height="{top}" role="img" aria-label="Speed of calls relative to httpx">\n'
        f"<style>{STYLE}</style>\n"
        f'<text x="{line + 4}" y="14">httpx by hand = 1</text>\n'
        f'<line class="base" x1="{line}" y1="4" x2="{line}" y2="{top - GAP}"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def current_chart() -> str:
    """Return the chart of the page's figures."""
    return draw_bars(read_rows((DOCS / "performance.md").read_text(encoding="utf-8")))


def main() -> int:
    """Write the chart."""
    CHART.write_text(current_chart(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
