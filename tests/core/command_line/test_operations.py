"""Descriptions of operations, from code objects."""

from genesys_core.command_line.operations import OperationDescription, OperationParameter
from tests.helpers.command_line import described


def test_builders_are_described_without_executing_them():
    assert list(described()) == ["get_user", "put_rows", "post_rows", "bare"]
    assert list(described("raise SystemExit\ndef get(): '''GET /x -> nothing.'''")) == ["get"]


def test_the_request_and_the_notes():
    user = described()["get_user"]
    assert (user.api, user.method, user.path) == ("lists", "GET", "/api/v2/users/{userId}")
    assert (user.returns, user.summary) == ("User", "")
    assert user.title == "GET /api/v2/users/{userId}"
    assert user.permissions == ("directory:user:view", "admin")
    assert (user.is_preview, user.is_deprecated, user.is_listing) == (True, False, True)
    assert not user.is_read_only
    assert described()["put_rows"].is_read_only


def test_a_summary_precedes_the_request():
    rows = described()["put_rows"]
    assert rows.summary == rows.title == "Replace the rows of a list."
    assert (rows.method, rows.returns) == ("PUT", "list of Row")
    assert (rows.is_preview, rows.is_deprecated, rows.is_listing) == (False, True, False)
    assert rows.permissions == ()
    assert rows.link == "https://developer.genesys.example/#put-rows"
    assert rows.notes == "Deprecated. Read-only."


def test_parameters():
    values = ("presence", "team", "geolocation")
    assert described()["get_user"].parameters == (
        OperationParameter("user_id", "path", "string", is_required=True),
        OperationParameter("expand", "query", "string", is_list=True, values=values),
        OperationParameter(
            "state",
            "query",
            "string",
            values=("active", "inactive.dev"),
            help="The state of the user.",
        ),
        OperationParameter("expand_all", "query", "boolean"),
        OperationParameter("ratio", "query", "number"),
        OperationParameter("limit", "query", "integer"),
    )
    _, day, body, etag, tag = described()["put_rows"].parameters
    assert day == OperationParameter(
        "day", "path", "date", is_required=True, help="The first day of the week."
    )
    assert body == described()["put_rows"].body == OperationParameter("body", "body", "Rows")
    assert etag == OperationParameter("etag", "header", "string")
    assert tag.is_list
    list_id = described()["put_rows"].parameters[0]
    assert list_id == OperationParameter(
        "list_id", "path", "string", is_required=True, help="The ID of the list."
    )
    rows = described()["post_rows"].body
    assert rows == OperationParameter("rows", "body", "list of Row", is_required=True)


def test_options_are_names_with_dashes():
    assert OperationParameter("page_size", "query", "integer").option == "--page-size"
    assert OperationParameter("from_", "query", "string").option == "--from"


def test_without_docstrings_the_names_remain():
    bare = described()["bare"]
    assert bare.parameters == (OperationParameter("body", "body", "", is_required=True),)
    assert (bare.title, bare.method) == ("", "")
    assert OperationDescription("a", "b").body is None
    assert not OperationDescription("a", "b", arguments=("c",)).parameters[0].is_required


def test_the_first_address_is_the_link_and_words_are_no_place():
    source = '''def get(list_id):
    """Read a list.

    GET /lists/{listId} -> nothing.
    https://developer.genesys.example/#get https://developer.genesys.example/more

    Args:
        list_id: query.
    """
'''
    described_get = described(source)["get"]
    assert described_get.link == "https://developer.genesys.example/#get"
    assert described_get.parameters == (
        OperationParameter("list_id", "path", "string", is_required=True, help="Query."),
    )
