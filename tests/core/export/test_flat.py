"""The flat form and CSV: another program's reader finds the same cells."""

import csv
import io
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.export.columns import Column, ListOf, MapOf, StructOf, columns_of, to_row
from genesys_core.export.flat import FlatColumn, csv_line, flat_columns, flatten_row
from genesys_core.models import User

INNER = StructOf((Column("id", "string"), Column("deep", StructOf((Column("x", "integer"),)))))
NESTED = (
    Column("a", "string"),
    Column("b", INNER),
    Column("c", ListOf("string")),
    Column("d", MapOf("integer")),
    Column("e", "timestamp"),
    Column("_rest", "json"),
)


def test_objects_become_columns_and_lists_become_text():
    flat = flat_columns(NESTED)
    assert [(one.name, one.type) for one in flat] == [
        ("a", "string"),
        ("b.id", "string"),
        ("b.deep", "json"),
        ("c", "json"),
        ("d", "json"),
        ("e", "timestamp"),
        ("_rest", "json"),
    ]
    assert FlatColumn(("b", "deep", "x"), "integer") in flat_columns(NESTED, depth=3)
    assert [one.name for one in flat_columns(NESTED, depth=1)] == [one.name for one in NESTED]


def test_cells():
    row = {
        "a": "",
        "b": {"id": None, "deep": {"x": 1}},
        "c": ["x", 1],
        "e": datetime(2024, 1, 1, tzinfo=UTC),
    }
    flat = flat_columns(NESTED)
    cells = ("", None, '{"x":1}', '["x",1]', None, "2024-01-01T00:00:00Z", None)
    assert flatten_row(row, flat) == cells
    assert flatten_row({"b": None}, flat) == (None,) * 7
    day = (FlatColumn(("d",), "date"), FlatColumn(("n",), "integer"), FlatColumn(("t",), "boolean"))
    assert flatten_row({"d": date(2024, 1, 1), "n": 5, "t": True}, day) == (
        "2024-01-01",
        "5",
        "true",
    )


def test_absent_and_empty_differ():
    assert csv_line([None, "", "x"]) == b',"",x\r\n'


cells = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["", " x", "a,b", 'say "x"', "line\r\nbreak", "=1+1", "\n"]
)


@given(lines=st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=4))
def test_a_reader_of_csv_finds_the_same_cells(lines):
    text = b"".join(csv_line(line) for line in lines).decode()
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == lines


def test_a_model_has_flat_columns():
    columns = columns_of(User)
    flat = flat_columns(columns)
    record = {"id": "1", "division": {"id": "2", "name": "Home"}, "addresses": [{"address": "x"}]}
    found = dict(zip(flat, flatten_row(to_row(record, columns), flat), strict=True))
    named = {column.name: cell for column, cell in found.items() if cell is not None}
    assert named["division.name"] == "Home"
    assert named["addresses"].startswith('[{"address":"x"')
