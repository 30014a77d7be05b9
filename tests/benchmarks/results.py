"""Results of benchmarks as small files, from which the documentation's charts and tables are drawn.

A benchmark that is run with ``--write`` stores its figures in ``tests/benchmarks/results/NAME.json``.
``python -m tests.helpers.charts`` writes the charts and the tables of ``docs/performance.md`` from them,
and a test fails if one is not current.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TypeAlias

import msgspec

RESULTS = Path(__file__).parent / "results"
OURS = "genesys-cloud"

Rows: TypeAlias = dict[str, dict[str, dict[str, float]]]
"""Figures by row, column and case; the case is empty where a column has one figure."""


class Result(msgspec.Struct):
    """What one run of a benchmark found.

    Attributes:
        command: the command that was run.
        python: the interpreter, such as ``CPython 3.11.2``.
        tables: figures by the name of their table.
    """

    command: str
    python: str
    tables: dict[str, Rows]


def write_result(name: str, command: str, tables: dict[str, Rows]) -> None:
    """Store the figures of a benchmark, with three decimals at most."""
    rounded = {
        table: {
            row: {
                column: {case: round(figure, 3) for case, figure in cases.items()}
                for column, cases in columns.items()
            }
            for row, columns in rows.items()
        }
        for table, rows in tables.items()
    }
    python = f"{platform.python_implementation()} {platform.python_version()}"
    text = msgspec.json.format(msgspec.json.encode(Result(command, python, rounded)), indent=1)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_bytes(text + b"\n")


def read_results() -> dict[str, Result]:
    """Return the stored results by name."""
    return {
        path.stem: msgspec.json.decode(path.read_bytes(), type=Result)
        for path in sorted(RESULTS.glob("*.json"))
    }
