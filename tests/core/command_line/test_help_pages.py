"""Help pages."""

import pytest

from genesys_core.command_line.help_pages import (
    api_page,
    describe_operation_text,
    list_definitions,
    operation_page,
    usage_line,
)
from tests.helpers.command_line import described

OPERATIONS = described()


def test_usage():
    assert usage_line(OPERATIONS["get_user"]) == "genesys-cloud lists get_user USER_ID [OPTIONS]"
    assert usage_line(OPERATIONS["put_rows"]) == (
        "genesys-cloud lists put_rows LIST_ID DAY [KEY=VALUE...] [OPTIONS]"
    )
    assert usage_line(OPERATIONS["post_rows"]) == (
        "genesys-cloud lists post_rows LIST_ID --kind TEXT KEY=VALUE... [OPTIONS]"
    )


def test_a_description():
    assert describe_operation_text(OPERATIONS["put_rows"], 80).split("\n") == [
        "Replace the rows of a list.",
        "",
        "PUT /api/v2/lists/{listId}/{day}",
        "",
        "Returns list of Row.",
        "Deprecated. Read-only.",
        "https://developer.genesys.example/#put-rows",
    ]
    assert "Returns nothing." in describe_operation_text(OPERATIONS["bare"], 80)


def test_a_page_has_what_applies():
    page = operation_page(OPERATIONS["get_user"], 80)
    assert "  --expand TEXT   (repeatable) [presence, team, geolocation]" in page
    assert "  --expand-all\n" in page
    assert "  --limit N\n" in page
    assert "--cli-limit N" in page
    assert "-o, --output FORMAT" in page
    assert "Body:" not in page
    assert "--edit" not in page
    body = operation_page(OPERATIONS["post_rows"], 80)
    assert "list of Row; pass --body" in body
    assert "describe model Row" in " ".join(body.split())
    assert "Listings:" not in body
    assert "-o, --output FORMAT" in body
    assert "--kind TEXT     (required)" in body
    assert "--day DATE" in operation_page(OPERATIONS["put_rows"], 80)
    assert "Parameters:" not in operation_page(OPERATIONS["bare"], 80)


@pytest.mark.parametrize("width", [10, 40, 80, 200])
@pytest.mark.parametrize("name", list(OPERATIONS))
def test_a_page_fits_the_terminal_where_words_allow_it(name, width):
    for line in operation_page(OPERATIONS[name], width).split("\n"):
        assert len(line) <= max(width, 20) or " " not in line.strip() or line.count(" ") < 8, line


@pytest.mark.parametrize(("count", "end"), [(30, "v29]"), (31, "v29 and 1 more]")])
def test_many_values_are_shortened(count, end):
    values = ", ".join(f"v{n}" for n in range(count))
    source = f'def get(x=None):\n    """GET /x -> nothing.\n\n    Args:\n        x: query, string: {values}.\n    """'
    page = operation_page(described(source)["get"], 400)
    assert end in page
    assert "v30" not in page


def test_definitions_are_in_two_columns_where_both_fit():
    assert list_definitions([("a", "one two"), ("bcd", "")], 31) == ["  a    one two", "  bcd"]
    assert list_definitions([("a", "one two"), ("bcd", "")], 30) == [
        "  a",
        "      one two",
        "  bcd",
    ]


def test_a_name_that_is_too_long_has_a_line_of_its_own():
    longest, longer = "a" * 32, "b" * 33
    assert list_definitions([(longest, "x"), (longer, "y z")], 80) == [
        f"  {longest}  x",
        f"  {longer}",
        f"{' ' * 36}y z",
    ]


def test_words_are_not_broken():
    long = "-".join(["word"] * 10)
    for text in (long, "x" * 50):
        assert list_definitions([("a", f"see {text}")], 40) == ["  a  see", f"{' ' * 5}{text}"]


def test_the_page_of_an_api():
    page = api_page("lists", OPERATIONS, 80)
    assert page.startswith("Usage: genesys-cloud lists METHOD")
    assert "4 operations" in page
    assert "  put_rows\n      Replace the rows of a list. (deprecated)" in page
    assert "GET /api/v2/users/{userId} (preview)" in page
