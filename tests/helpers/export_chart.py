"""Draws the charts of long exports from their tables.

``python -m tests.helpers.export_chart`` reads the tables of ``docs/export-measured.md`` that follow a comment
``<!-- chart: NAME -->``, which the soak prints, and writes ``docs/assets/NAME.svg``. A test fails if a chart is not
current.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

from tests.helpers.charts import DOCS, STYLE

PAGE = DOCS / "export-measured.md"
CHARTS = ("export-million",)


class Tenth(NamedTuple):
    """A tenth of an export: its records, throughput, memory of the largest worker, and what was killed."""

    records: str
    rate: int
    memory: int
    kills: list[str]


def read_tenths(page: str, name: str) -> list[Tenth]:
    """Return the table of a chart."""
    table = page.partition(f"<!-- chart: {name} -->")[2].partition("![")[0]
    found = re.findall(
        r"^\| ([\d,]+) \| \d+ \| ([\d,]+) \| (\d+) \| \d+ \| ([a-z, ]*)\|$", table, re.MULTILINE
    )
    return [
        Tenth(records, int(rate.replace(",", "")), int(memory), kills.replace(",", " ").split())
        for records, rate, memory, kills in found
    ]


def draw_tenths(tenths: list[Tenth]) -> str:
    """Return two rows of columns, throughput above memory, with what was killed between them."""
    column, height, left, middle = 58, 120, 8, 60
    width = left + column * len(tenths)
    parts = ['<text x="0" y="14">records a second</text>']
    second = 30 + height + middle
    parts.append(f'<text x="0" y="{second - 8}">memory of the largest worker, MiB</text>')
    fastest, largest = max(one.rate for one in tenths), max(one.memory for one in tenths)
    for number, one in enumerate(tenths):
        x = left + column * number
        for top, value, most, kind in (
            (30, one.rate, fastest, "ours"),
            (second, one.memory, largest, "other"),
        ):
            length = max(round((height - 16) * value / most), 1)
            y = top + height - length
            parts.append(
                f'<text x="{x}" y="{y - 4}">{value:,}</text>'
                f'<rect class="{kind}" x="{x}" y="{y}" width="{column - 10}" height="{length}"/>'
            )
        parts += [
            f'<text x="{x}" y="{30 + height + 14 * (row + 1)}">{kill}</text>'
            for row, kill in enumerate(one.kills)
        ]
        label = f"{int(one.records.replace(',', '')) / 1000:,.0f} k"
        parts.append(f'<text x="{x}" y="{second + height + 16}">{label}</text>')
    total = second + height + 26
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {total}" width="{width}" '
        f'height="{total}" role="img" aria-label="Throughput and memory of a long export">\n'
        f"<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def current_charts() -> dict[Path, str]:
    """Return the charts of the page's tables by their files."""
    page = PAGE.read_text(encoding="utf-8")
    return {
        DOCS / "assets" / f"{name}.svg": draw_tenths(read_tenths(page, name)) for name in CHARTS
    }


def main() -> int:
    """Write the charts."""
    for path, text in current_charts().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
