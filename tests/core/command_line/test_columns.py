"""Columns and cells."""

import pytest

from genesys_core.command_line.columns import (
    cell_text,
    choose_columns,
    column_title,
    fit_columns,
    list_columns,
    read_cell,
    record_rows,
)

USER = {
    "zebra": 1,
    "selfUri": "/u",
    "name": "Ann",
    "division": {"id": "d", "name": "Home", "links": {}},
    "id": "u-1",
    "skills": ["a", "b"],
    "addresses": [{"x": 1}],
    "none": None,
    "empty": [],
}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "Ann"),
        ("division.name", "Home"),
        ("skills.1", "b"),
        ("skills.2", None),
        ("skills.x", None),
        ("addresses.0.x", 1),
        ("skills.²", None),
        ("name.x", None),
        ("name.0", None),
        ("missing.x", None),
        ("", USER),
    ],
)
def test_cells_by_path(column, value):
    assert read_cell(USER, column) == value


def test_a_field_with_dots_in_its_own_name():
    assert read_cell({"a.b": 1, "a": {"b": 2}}, "a.b") == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("é", "é"),
        (True, "true"),
        (1.5, "1.5"),
        (["a", "b"], "a,b"),
        (["a,", "b"], '["a,", "b"]'),
        ([], "[]"),
        ([1], "[1]"),
        ({"é": 1}, '{"é": 1}'),
    ],
)
def test_the_text_of_a_cell(value, text):
    assert cell_text(value) == text


def test_identifying_columns_come_first_and_links_are_omitted():
    assert choose_columns([USER]) == ["id", "name", "division.name", "zebra", "skills"]
    assert choose_columns([{"selfUri": "/u"}]) == [""]
    assert choose_columns([{f"f{n}": n for n in range(20)}]) == [f"f{n}" for n in range(7)]


def test_all_columns():
    assert list_columns([USER, {"late": 1}, "text"]) == [
        "zebra",
        "selfUri",
        "name",
        "division.id",
        "division.name",
        "id",
        "skills",
        "late",
    ]


def test_items_and_lists_that_are_no_text_are_left_out_alone():
    assert list_columns(["text", {"a": 1, "b": ["x", 2], "c": 3}]) == ["a", "c"]


def test_columns_come_from_the_first_fifty_items():
    items = [{"a": 1}] * 49
    assert choose_columns([*items, {"b": 2}, {"c": 3}]) == ["a", "b"]
    wide = {"a": "x" * 30, "b": 2}
    assert fit_columns(["a", "b"], [*items, wide], 20) == ["a"]
    assert fit_columns(["a", "b"], [*items, {}, wide], 20) == ["a", "b"]


def test_items_without_fields_are_a_column():
    assert choose_columns(["a", "b"]) == list_columns(["a"]) == [""]
    assert column_title("") == "value"
    assert column_title("name") == "name"


def test_columns_that_fit():
    rows = [{"id": "i" * 20, "name": "n" * 10, "note": "x" * 500}]
    columns = ["id", "name", "note"]
    assert fit_columns(columns, rows, 80) == columns
    assert fit_columns(columns, rows, 40) == ["id", "name"]
    assert fit_columns(columns, rows, 5) == ["id"]
    # two between columns: 20 + 2 + 10 + 2 + 40, the most for any
    assert fit_columns(columns, rows, 74) == columns
    assert fit_columns(columns, rows, 73) == fit_columns(columns, rows, 32) == ["id", "name"]
    assert fit_columns(columns, rows, 31) == ["id"]
    assert fit_columns(columns, [], 80) == columns


def test_a_record_as_rows():
    assert record_rows({"a": 1, "b": None}) == [{"field": "a", "value": 1}]
