"""Writes the charts and tables of the documentation from the results of the benchmarks.

``python -m tests.helpers.charts`` reads ``tests/benchmarks/results``, which the benchmarks write. It draws
``docs/assets/NAME.svg``, and writes each table of the documentation that follows a comment
``<!-- results: NAME -->``. A test fails if a chart or a table is not current.
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.results import OURS, Rows, read_results
from tests.helpers.export_chart import draw_tenths, tenths_of

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "performance.md", DOCS / "export-measured.md")
TABLE = re.compile(r"(<!-- results: ([\w-]+) -->\n\n)(?:\|.*\n)*\n?")
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
        columns: whether each column is a bar; otherwise the cases of the first column are.
        unit: what the figures are divided by.
    """

    label: str
    base: str = ""
    columns: bool = False
    unit: int = 1


CHARTS = {
    "startup": Chart("Time of startup relative to httpx and msgspec", "import httpx, msgspec = 1"),
    "memory": Chart("Memory after startup in MiB"),
    "calls": Chart("Speed of calls relative to httpx, over HTTP", "httpx by hand = 1"),
    "calls-tls": Chart("Speed of calls relative to httpx, over TLS", "httpx by hand = 1"),
    "events": Chart("Events per second relative to websockets", "websockets, json.loads = 1"),
    "faults": Chart("Thousands of events under faults, by outcome", columns=True, unit=1000),
}


class Row(NamedTuple):
    """A group of bars: the value of each by its name."""

    title: str
    bars: dict[str, float]


def read_tables() -> dict[str, Rows]:
    """Return the figures of all results by the name of their table."""
    return {
        name: rows for result in read_results().values() for name, rows in result.tables.items()
    }


def bars_of(chart: Chart, rows: Rows) -> list[Row]:
    """Return the bars of a table."""
    return [
        Row(
            title,
            {
                name: round(value / chart.unit, digits_of(value / chart.unit))
                for name, value in (
                    ((column, cases[""]) for column, cases in columns.items())
                    if chart.columns
                    else next(iter(columns.values())).items()
                )
            },
        )
        for title, columns in rows.items()
    ]


def digits_of(value: float) -> int:
    """Return how many decimals of a figure are shown."""
    return 0 if value >= 20 or value == int(value) else 1


def write_table(rows: Rows) -> str:
    """Return a table in Markdown; a case other than this library's is named in its cell."""
    columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
    lines = [f"| | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    for title, cells in rows.items():
        texts = (
            ", ".join(
                f"{'' if case in {'', OURS} else f'{case} '}{figure:,.{digits_of(figure)}f}"
                for case, figure in cells.get(column, {}).items()
            )
            for column in columns
        )
        lines.append(f"| {title} | {' | '.join(texts)} |")
    return "\n".join(lines) + "\n"


def current_page(page: str, tables: dict[str, Rows]) -> str:
    """Return the page with its tables as the results are."""
    return TABLE.sub(lambda found: f"{found[1]}{write_table(tables[found[2]])}\n", page)


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
    """Return the charts of the results by their files."""
    tables = read_tables()
    drawn = {name: draw_bars(chart, bars_of(chart, tables[name])) for name, chart in CHARTS.items()}
    drawn["export-million"] = draw_tenths(tenths_of(tables["export-million"]), STYLE)
    return {DOCS / "assets" / f"{name}.svg": text for name, text in drawn.items()}


def main() -> int:
    """Write the charts, and the tables of the pages."""
    for path, text in current_charts().items():
        path.write_text(text, encoding="utf-8")
    for page in PAGES:
        text = current_page(page.read_text(encoding="utf-8"), read_tables())
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
