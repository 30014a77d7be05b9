"""How results are printed."""

import pytest

from genesys_core.command_line.results import (
    OutputOptions,
    choose_output,
    find_records,
    find_rows,
    is_row_format,
    parse_interval,
    shows_record,
)
from genesys_core.command_line.usage import UsageError


def chosen(output=None, columns=None, query=None, is_terminal=False, identity="id"):
    return choose_output(
        output, columns, query, is_terminal=is_terminal, width=80, identity=identity
    )


def test_people_get_a_table_and_programs_json():
    assert chosen(is_terminal=True) == OutputOptions("table", is_terminal=True)
    assert chosen() == OutputOptions("json")
    assert chosen("yaml", query="a", identity="") == OutputOptions("yaml", query="a")
    assert chosen("id", identity="userId") == OutputOptions("id", identity="userId")
    assert chosen(columns="a, b.c,") == OutputOptions("csv", ("a", "b.c"))
    assert chosen(columns="a", is_terminal=True).format == "table"


def test_columns_need_a_format_with_columns():
    with pytest.raises(UsageError, match="-o json has no columns"):
        chosen("json", columns="a")


def test_formats_with_rows():
    assert [is_row_format(each) for each in ("json", "jsonl", "csv", "table", "yaml", "id")] == [
        False,
        True,
        True,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("document", "path", "rows"),
    [
        ([1], "entities", [1]),
        (None, "entities", []),
        ("x", None, ["x"]),
        ({"entities": [1]}, None, [1]),
        ({"results": [1]}, None, [1]),
        ({"a": 1}, None, [{"a": 1}]),
        ({"values": [1]}, "values", [1]),
        ({"a": 1}, "values", []),
        ({"results": {"entities": [1]}}, "results.entities", [1]),
        ({"results": 1}, "results.entities", []),
        ({"a": 1}, "", [{"a": 1}]),
    ],
)
def test_rows_of_a_response(document, path, rows):
    assert find_rows(document, path) == rows


def test_a_single_object_is_a_table_of_its_fields():
    table = OutputOptions("table")
    assert shows_record({"a": 1}, table)
    assert not shows_record({"entities": []}, table)
    assert not shows_record([1], table)
    assert not shows_record({"a": 1}, OutputOptions("table", ("a",)))
    assert not shows_record({"a": 1}, OutputOptions("csv"))
    assert find_records({"a": 1, "b": None}) == [{"field": "a", "value": 1}]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5s", 5),
        ("500ms", 0.5),
        ("2m", 120),
        ("1h", 3600),
        ("5", 5),
        ("1.5", 1.5),
        ("999999999", 999999999),
    ],
)
def test_intervals(text, seconds):
    assert parse_interval(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "0s", "-1", "5d", "nan", "inf", "5sm", "1e9"])
def test_wrong_intervals(text):
    with pytest.raises(UsageError, match="must be an interval above 0"):
        parse_interval(text)
