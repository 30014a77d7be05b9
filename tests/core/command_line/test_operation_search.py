"""Search over operations."""

import pytest

from genesys_core.command_line.operation_search import (
    OperationFilter,
    find_method,
    search_operations,
)
from genesys_core.command_line.usage import UsageError
from tests.helpers.command_line import described

OPERATIONS = described()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["get_user", "put_rows", "post_rows", "bare"]),
        ({"words": ["ROWS"]}, ["put_rows", "post_rows"]),
        ({"words": ["rows", "replace"]}, ["put_rows"]),
        ({"path": "/Users"}, ["get_user"]),
        ({"permission": "user:VIEW"}, ["get_user"]),
        ({"permission": "user:edit"}, []),
        ({"is_preview": True}, ["get_user"]),
        ({"is_deprecated": True}, ["put_rows"]),
        ({"is_deprecated": True, "words": ["user"]}, []),
    ],
)
def test_every_condition_counts(wanted, found):
    names = [
        each.name for each in search_operations(OPERATIONS.values(), OperationFilter(**wanted))
    ]
    assert names == found


def test_a_method_by_its_name():
    assert find_method("put-rows", OPERATIONS.values()) is OPERATIONS["put_rows"]
    with pytest.raises(UsageError, match=r"lists put_row: no such method; did you mean put_rows?"):
        find_method("put_row", OPERATIONS.values())
    with pytest.raises(UsageError, match=r"no such method$"):
        find_method("x", [])


@pytest.mark.parametrize(
    "wanted",
    [{"is_preview": True}, {"is_deprecated": True}, {"path": "x"}, {"permission": "x"}],
)
def test_what_does_not_match_is_false(wanted):
    assert OperationFilter(**wanted).matches(OPERATIONS["bare"]) is False
