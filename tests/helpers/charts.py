"""Draws the charts of the documentation from the tables beside them.

``python -m tests.helpers.charts`` reads the tables of ``docs/performance.md`` that follow a comment
``<!-- chart: NAME -->``, whose figures the benchmarks print, and writes ``docs/assets/NAME.svg``. A test
fails if a chart is not current.
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "performance.md"
OURS = "genesys-cloud"
BAR, GAP, LETTER, LONGEST, TOP = 16, 14, 7.2, 420, 34
STYLE = """
text { font: 13px sans-serif; fill: #57606a; }
.ours { fill: #4051b5; } .other { fill: #9aa3b2; } .gap { fill: #d9a441; }
.base { stroke: #d0453e; stroke-dasharray: 4 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #b8c0cc; } .ours { fill: #7c8cf0; } .other { fill: #5d6675; } .gap { fill: #b98a35; }
}
"""
KINDS = {OURS: "ours", "delivered": "ours", "within a gap": "gap", "missed": "gap"}


class Chart(NamedTuple):
    """How a table is drawn.

    Attributes:
        label: what the picture is, for those who cannot see it.
        base: the name of the value 1, which is drawn as a line; empty for none.
        columns: whether each column is a bar; otherwise the first has all, ``4.0, urllib3 1.9``.
    """

    label: str
    base: str = ""
    columns: bool = False


CHARTS = {
    "startup": Chart("Time of startup relative to httpx and msgspec", "import httpx, msgspec = 1"),
    "memory": Chart("Memory after startup in MiB"),
    "calls": Chart("Speed of calls relative to httpx, over HTTP", "httpx by hand = 1"),
    "calls-tls": Chart("Speed of calls relative to httpx, over TLS", "httpx by hand = 1"),
    "events": Chart("Events per second relative to websockets", "websockets, json.loads = 1"),
    "faults": Chart("Thousands of events under faults, by outcome", columns=True),
}


class Row(NamedTuple):
    """A group of bars: the value of each by its name."""

    title: str
    bars: dict[str, float]


def read_rows(page: str, name: str) -> list[Row]:
    """Return the rows of the table with that name."""
    table = page.partition(f"<!-- chart: {name} -->\n\n")[2].partition("\n\n")[0]
    header, _, *lines = (
        [cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()
    )
    if CHARTS[name].columns:
        names = header[1:]
        return [
            Row(title, dict(zip(names, map(float, cells), strict=True))) for title, *cells in lines
        ]
    return [Row(title, read_bars(first)) for title, first, *_ in lines]


def read_bars(cell: str) -> dict[str, float]:
    """Return the bars of a cell such as ``4.0, urllib3 1.9``; one without a name is ours."""
    found = (re.fullmatch(r"(.*?) ?([\d.]+)", part) for part in cell.split(", "))
    return {each[1] or OURS: float(each[2]) for each in found if each}


def draw_bars(chart: Chart, rows: list[Row]) -> str:
    """Return a bar chart."""
    left = round(max(len(row.title) for row in rows) * LETTER) + 10
    most = max(value for row in rows for value in row.bars.values())
    scale = LONGEST / most
    width = (
        left
        + LONGEST
        + round(max(len(f"{name} {most:g}") for row in rows for name in row.bars) * LETTER)
        + 16
    )
    parts: list[str] = []
    top = TOP if chart.base else GAP
    for row in rows:
        height = BAR * len(row.bars)
        parts.append(f'<text x="0" y="{top + height / 2 + 4:g}">{escape(row.title)}</text>')
        for number, (name, value) in enumerate(row.bars.items()):
            y, length = top + number * BAR, round(scale * value)
            parts.append(
                f'<rect class="{KINDS.get(name, "other")}" x="{left}" y="{y}" width="{length}" '
                f'height="{BAR - 2}"/><text x="{left + length + 6}" y="{y + 12}">'
                f"{escape(name)} {value:g}</text>"
            )
        top += height + GAP
    if chart.base:
        line = left + round(scale)
        parts.insert(0, f'<text x="{line + 4}" y="14">{escape(chart.base)}</text>')
        parts.append(f'<line class="base" x1="{line}" y1="4" x2="{line}" y2="{top - GAP}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" width="{width}" '
        f'height="{top}" role="img" aria-label="{escape(chart.label)}">\n'
        f"<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def current_charts() -> dict[Path, str]:
    """Return the charts of the page's figures by their files."""
    page = PAGE.read_text(encoding="utf-8")
    return {
        DOCS / "assets" / f"{name}.svg": draw_bars(chart, read_rows(page, name))
        for name, chart in CHARTS.items()
    }


def main() -> int:
    """Write the charts."""
    for path, text in current_charts().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
