"""Which POST operations may be retried because they only read."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_core.definition.read.parse import parse_definition
from genesys_core.definition.read.read_only_posts import REVIEWED, only_reads
from tests.strategies.definition import STRING, TRAPS, body, model, operation, ref


def only(method: str, path: str, returns: Any = None, name: str = "anything") -> bool:
    item = {method: operation(name, "Users", body(STRING), returns=returns)}
    definitions = {"UsageExecutionResult": model({}), "BuAsyncResponse": model({}), "U": model({})}
    document = {**TRAPS, "paths": {path: item}, "definitions": definitions}
    return only_reads(parse_definition(document, {"notifications": []}).operations()[0])


@pytest.mark.parametrize(
    ("method", "path", "reply", "expected"),
    [
        ("post", "/api/v2/users/search", "U", True),
        ("post", "/api/v2/analytics/users/aggregates/query", "U", True),
        ("post", "/api/v2/users/search/", "U", True),
        ("post", "/api/v2/users", "U", False),
        ("post", "/", "U", False),
        ("post", "/api/v2/users/search/jobs", "U", False),
        ("post", "/api/v2/usage/query", "UsageExecutionResult", False),
        ("post", "/api/v2/schedules/search", "BuAsyncResponse", False),
        ("put", "/api/v2/users/search", "U", False),
        ("get", "/api/v2/users/search", "U", False),
    ],
)
def test_which_posts_only_read(method: str, path: str, reply: str, expected: bool) -> None:
    assert only(method, path, ref(reply)) is expected


def test_reviewed_operations_only_read() -> None:
    name = "post_search_suggest"
    assert name in REVIEWED
    assert only("post", "/api/v2/search/suggest", name=name)
    assert not only("delete", "/api/v2/search/suggest", name=name)
