"""What handlers are given and give back."""

import pytest
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Reply,
    format_instant,
    json_reply,
    no_content,
    parse_instant,
    parse_query,
)
from genesys_core.simulator.state.credentials import IssuedToken
from genesys_core.simulator.state.definition import Definition
from genesys_core.simulator.state.memory import PlatformState
from tests.strategies.simulator import operation, small_document

MODEL = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "id": {"type": "string", "readOnly": True}},
}


def call(body=None, *, schema=None, **query):
    parameter = {"name": "body", "in": "body", "schema": schema or {"$ref": "#/definitions/M"}}
    known = Definition(small_document({"/x": {"post": operation(parameter)}}, {"M": MODEL}))
    (route,) = known.routes
    return ApiCall(route, "/x", {}, query, body, None, Now(0, 0), PlatformState(), known)


def test_replies():
    assert json_reply({"a": [1]}, status=201, headers=[("X", "y")]) == Reply(
        201, b'{"a":[1]}', "application/json", (("X", "y"),)
    )
    assert no_content() == Reply(204)


def test_the_user_of_a_call_is_that_of_its_token():
    assert call().user_id is None
    for user_id in ("u-1", None):
        token = IssuedToken("t", "c", user_id, 1.0)
        assert replace(call(), token=token).user_id == user_id


def test_the_first_value_of_a_parameter_counts():
    assert call(q=["a", "b"]).argument("q", "z") == "a"
    assert call().argument("q", "z") == "z"


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), ("-7", -7), ("", None), ("x", None), ("1" * 20, None)]
)
def test_numbers(text, number):
    assert call(n=[text]).number("n", 1) == number
    assert call().number("n", 1) == 1


def test_a_document_is_what_a_caller_may_write():
    assert call({"name": "n", "id": "i", "unknown": 1}).document() == {"name": "n"}


@pytest.mark.parametrize("body", [None, [], "text", 5])
def test_a_body_that_is_no_object_is_an_empty_document(body):
    assert call(body).document() == {}


def test_without_a_model_nothing_is_known():
    assert call({"name": "n"}, schema={"type": "object"}).document() == {}


@pytest.mark.parametrize(
    ("wall", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_700_000_000.1239, "2023-11-14T22:13:20.123Z"),
    ],
)
def test_times_are_written_to_the_millisecond(wall, text):
    assert format_instant(wall) == text


@pytest.mark.parametrize(
    "text", ["2023-11-14T22:13:20.250Z", "2023-11-14T23:13:20.25+01:00", "2023-11-14T22:13:20.250"]
)
def test_times_are_read_to_the_millisecond(text):
    assert parse_instant(text) == 1_700_000_000_250


@pytest.mark.parametrize("text", ["2030-06-30T23:59:60Z", "0001-01-01T00:00:00+14:00", "soon"])
def test_times_that_cannot_be_represented(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the message is Python's own
        parse_instant(text)


def test_the_values_of_a_list_are_repeated_or_joined_with_commas():
    known = Definition(
        small_document(
            {
                "/x": {
                    "get": operation(
                        {
                            "name": "expand",
                            "in": "query",
                            "type": "array",
                            "items": {"type": "string"},
                        },
                        {
                            "name": "ids",
                            "in": "header",
                            "type": "array",
                            "items": {"type": "string"},
                        },
                        {"name": "name", "in": "query", "type": "string"},
                    )
                }
            }
        )
    )
    (route,) = known.routes
    for query in ("expand=a&expand=b%20c&name=x,y&ids=1,2&", "expand=a,b%20c&name=x,y&ids=1,2"):
        assert parse_query(route.facts, query) == {
            "expand": ["a", "b c"],
            "name": ["x,y"],
            "ids": ["1,2"],
        }
    assert parse_query(route.facts, "expand=") == {"expand": [""]}
