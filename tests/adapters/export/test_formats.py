"""Readers of an export's files."""

from __future__ import annotations

import csv
import io

import pytest

from genesys_cloud.export.formats import read_part

WIDE = "x" * 200_000


@pytest.fixture(autouse=True)
def limit():
    """A limit of the program's own."""
    old = csv.field_size_limit(1000)
    yield
    csv.field_size_limit(old)


def part() -> io.BytesIO:
    return io.BytesIO(f"id,notes\r\n1,{WIDE}\r\n2,{WIDE}\r\n".encode())


def test_a_large_cell_is_read_without_another_limit_for_the_program():
    first, second = read_part("csv", part()), read_part("csv", part())
    assert next(first)["notes"] == WIDE
    assert len(list(second)) == 2  # its end does not restore the limit that the first one needs
    assert next(first)["id"] == "2"
    assert list(first) == []
    assert csv.field_size_limit() == 1000


def test_a_reader_that_is_left_early_restores_the_limit():
    records = read_part("csv", part())
    next(records)
    records.close()
    assert csv.field_size_limit() == 1000


def test_a_limit_that_the_program_sets_meanwhile_stays():
    records = read_part("csv", part())
    next(records)
    csv.field_size_limit(2000)
    records.close()
    assert csv.field_size_limit() == 2000
