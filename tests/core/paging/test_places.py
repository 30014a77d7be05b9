"""Places in requests and replies, by wire names."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_core.api import analytics, users
from genesys_core.calls.operation import Operation
from genesys_core.errors import PaginationError
from genesys_core.models import (
    ConversationQuery,
    PagingSpec,
    ScimUserListResponse,
    User,
    UserSearchRequest,
)
from genesys_core.paging.places import read_each, read_path, read_place, write_place
from tests.helpers.paging import USERS  # fmt: skip


def test_models_and_objects_are_read_by_wire_names() -> None:
    page = ScimUserListResponse(resources=[], total_results=3)
    assert read_path(page, "Resources") == []
    assert read_path(page, "totalResults") == 3
    assert read_path(page, "resources") is None
    assert read_path({"cursors": {"after": "x"}}, "cursors.after") == "x"
    assert read_path(page, "") is page


@pytest.mark.parametrize("value", [None, 5, "text", [1], {"cursors": None}, {"cursors": "x"}])
def test_what_is_not_there_is_none(value: Any) -> None:
    assert read_path(value, "cursors.after") is None


def test_a_field_of_each_item() -> None:
    assert read_each([User(id="a"), User(id="b")], "id") == ["a", "b"]
    assert read_each([User(id="a"), {"id": "b"}, "c"], "id") == ["a", "b", None]
    assert read_each([{"id": 1}], "id") == [1]


def test_a_place_in_the_query_is_read_and_written() -> None:
    operation = users.get_users(page_size=5, page_number=2)
    assert read_place(operation, "query.pageNumber") == 2
    assert read_place(operation.with_options(query={"pageNumber": 9}), "query.pageNumber") == 9
    made = write_place(
        operation.with_options(query={"pageNumber": 9, "a": 1}), "query.pageNumber", 3
    )
    assert read_place(made, "query.pageNumber") == 3
    assert made.options.query == {"a": 1}
    assert [name for name, _ in made.query].count("pageNumber") == 1
    assert read_place(operation, "query.pageNumber") == 2  # the caller's is as it was


@pytest.mark.parametrize(
    "body",
    [
        UserSearchRequest(page_number=1, page_size=5),
        {"pageNumber": 1, "pageSize": 5},
    ],
)
def test_a_place_in_the_body_is_read_and_written(body: Any) -> None:
    operation = users.post_users_search(body)
    made = write_place(operation, "body.pageNumber", 2)
    assert read_place(made, "body.pageNumber") == 2
    assert read_place(made, "body.pageSize") == 5
    assert read_place(operation, "body.pageNumber") == 1


@pytest.mark.parametrize(
    "body",
    [
        ConversationQuery(interval="x", paging=PagingSpec(page_size=5)),
        {"interval": "x", "paging": {"pageSize": 5}},
    ],
)
def test_a_nested_place_in_the_body(body: Any) -> None:
    operation = analytics.post_analytics_conversations_details_query(body)
    made = write_place(operation, "body.paging.pageNumber", 2)
    assert read_place(made, "body.paging.pageNumber") == 2
    assert read_place(made, "body.paging.pageSize") == 5
    assert read_place(operation, "body.paging.pageNumber") is None


def test_a_nested_place_that_is_not_there_yet() -> None:
    for body in (ConversationQuery(interval="x"), {"interval": "x"}, None):
        operation = Operation[object](USERS, body=body)
        made = write_place(operation, "body.paging.pageNumber", 2)
        assert read_place(made, "body.paging.pageNumber") == 2


@pytest.mark.parametrize("body", [[1], "text", User(id="a")])
def test_a_body_without_a_place_for_it_is_refused(body: Any) -> None:
    with pytest.raises(PaginationError, match="has no field cursor"):
        write_place(Operation[object](USERS, body=body), "body.cursor", "x")


def test_items_of_several_kinds_are_read_each_by_its_own() -> None:
    assert list(read_each([User(id="a"), {"id": "b"}], "id")) == ["a", "b"]
