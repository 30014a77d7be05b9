"""Draws the chart of a long export: throughput and memory, with what was killed."""

from __future__ import annotations

from typing import NamedTuple

from tests.benchmarks.results import Rows


class Tenth(NamedTuple):
    """A tenth of an export: its records, throughput, memory of the largest worker, and what was killed."""

    records: str
    rate: int
    memory: int
    kills: list[str]


def tenths_of(rows: Rows) -> list[Tenth]:
    """Return what is drawn of a table of results."""
    return [
        Tenth(
            title.removesuffix(" records"),
            round(columns["records a second"][""]),
            round(columns["largest worker, MiB"][""]),
            list(columns["kills"]),
        )
        for title, columns in rows.items()
    ]


def draw_tenths(tenths: list[Tenth], style: str) -> str:
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
        f"<style>{style}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )
