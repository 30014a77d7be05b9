"""Limits that the platform states elsewhere than in the bundled definition."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from genesys_core.definition.read.definition import (
    ApiDefinition,
    ApiOperation,
    ApiParameter,
    Array,
    Limits,
    Plain,
)
from genesys_core.definition.words.known_limits import KNOWN_LIMITS, find_limits

SIZE = ApiParameter("page_size", "pageSize", "query", Plain("integer"))
IDS = ApiParameter("ids", "ids", "query", Array(Plain("string")))


def operation(name: str) -> ApiOperation:
    return ApiOperation(name, "GET", "/x", ("Users",))


def test_numbers_and_lists_have_limits() -> None:
    assert find_limits(operation("get_billing_contracts"), SIZE) == Limits(maximum=10)
    assert find_limits(operation("get_integrations"), IDS) == Limits(max_items=100)
    assert find_limits(operation("get_others"), SIZE) == Limits()


@pytest.mark.parametrize(
    "own", [replace(SIZE, limits=Limits(maximum=7)), replace(SIZE, description="At most seven.")]
)
def test_what_a_document_states_has_priority(own: ApiParameter) -> None:
    assert find_limits(operation("get_billing_contracts"), own) == own.limits


def test_no_limit_is_idle(bundled: ApiDefinition) -> None:
    found = {
        (one.name, parameter.name) for one in bundled.operations() for parameter in one.parameters
    }
    assert sorted(KNOWN_LIMITS.keys() - found) == []
