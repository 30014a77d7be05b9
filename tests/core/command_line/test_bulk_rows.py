"""Rows as arguments."""

import json

import pytest

from genesys_core.command_line.bulk_rows import (
    check_csv_header,
    csv_row,
    parse_json_row,
    row_arguments,
)
from genesys_core.command_line.usage import UsageError
from tests.helpers.command_line import described

OPERATIONS = described()


def test_json_rows():
    assert parse_json_row('{"a": 1}') == {"a": 1}
    failure = '{"row": 3, "reason": "no", "input": {"a": 1}}'
    assert parse_json_row(failure) == {"a": 1}
    assert parse_json_row('{"input": {"a": 1}}') == {"input": {"a": 1}}
    assert parse_json_row('{"row": "1", "reason": "x", "input": "text"}')["row"] == "1"
    assert parse_json_row('{"row": 1, "reason": "x", "input": "a", "b": 1}')["row"] == 1
    for text in (
        '{"row": 1, "reason": "x", "input": null}',
        '{"row": 1, "reason": 2, "input": "a"}',
    ):
        assert parse_json_row(text) == json.loads(text)
    for wrong in ("oops", "[1]"):
        with pytest.raises(UsageError, match="not"):
            parse_json_row(wrong)


def test_the_report_of_an_unreadable_row_is_not_a_row():
    """Its fields would be sent as those of a body."""
    with pytest.raises(UsageError, match="not valid JSON"):
        parse_json_row('{"row": 1, "reason": "not valid JSON", "input": "oops"}')
    mended = '{"row": 1, "reason": "not valid JSON", "input": "{\\"a\\": 1}"}'
    assert parse_json_row(mended) == {"a": 1}
    with pytest.raises(UsageError, match="2 cells, but 1 columns"):
        parse_json_row('{"row": 1, "reason": "2 cells, but 1 columns", "input": ["a", "b"]}')


def test_a_csv_header_with_a_repeated_column_is_refused():
    check_csv_header(["a", "", "b", ""])
    with pytest.raises(UsageError, match="column 'a': occurs more than once"):
        check_csv_header(["a", "b", "a"])


def test_csv_rows():
    assert csv_row(["a", "b", "c"], ["1", "", "3"]) == {"a": "1", "c": "3"}
    assert csv_row(["a", "b"], ["1"]) == {"a": "1"}
    with pytest.raises(UsageError, match="2 cells, but 1 columns"):
        csv_row(["a"], ["1", "2"])


def arguments(name, row, shared=None, base=None):
    return row_arguments(OPERATIONS[name], row, shared or {}, base)


def test_columns_are_parameters_or_fields():
    row = {"listId": "l", "day": "2024-02-29", "etag": None, "name": "Ann", "a.b:=": "3", "n": 5}
    assert arguments("put_rows", row) == {
        "list_id": "l",
        "day": "2024-02-29",
        "body": {"name": "Ann", "a": {"b": 3}, "n": 5},
    }


def test_an_operation_whose_body_is_optional_is_called_without_one():
    source = 'def post(*, body=None):\n    """POST /x -> nothing.\n\n    Args:\n        body: ``Row``.\n    """'
    assert row_arguments(described(source)["post"], {}, {}, None) == {}


def test_values_are_converted_as_on_the_command_line():
    row = {"user-id": "u", "limit": "5", "expand_all": True, "expand": "team,presence"}
    assert arguments("get_user", row) == {
        "user_id": "u",
        "limit": 5,
        "expand_all": True,
        "expand": ("team", "presence"),
    }


def test_a_row_overrides_what_is_shared():
    found = arguments("post_rows", {"kind": "b"}, {"list_id": "l", "kind": "a"}, {"x": 1})
    assert found == {"list_id": "l", "kind": "b", "rows": {"x": 1}}
    found = arguments("post_rows", {"rows": '[{"x": 2}]'}, {"list_id": "l", "kind": "a"})
    assert found["rows"] == [{"x": 2}]
    found = arguments("post_rows", {"rows": [3], "kind": "b"}, {"list_id": "l"})
    assert found["rows"] == [3]
    assert arguments("post_rows", {"kind": "b", "note": None}, {"list_id": "l"})["rows"] == {
        "note": None
    }


@pytest.mark.parametrize(
    ("name", "row", "words"),
    [
        ("get_user", {"user_id": "u", "x": 1}, "column 'x': not a parameter, and there is no body"),
        ("get_user", {}, "needs --user-id"),
        ("get_user", {"user_id": "u", "limit": "x"}, "must be a whole number"),
        ("post_rows", {"list_id": "l", "kind": "k", "rows": "{"}, "not valid JSON"),
        ("post_rows", {"list_id": "l", "kind": "k"}, "needs a body"),
    ],
)
def test_rows_that_fit_no_operation(name, row, words):
    with pytest.raises(UsageError, match=words):
        arguments(name, row)
