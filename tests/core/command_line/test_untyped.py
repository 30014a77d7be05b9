"""Endpoints without models."""

import pytest

from genesys_core.calls.operation import Endpoint
from genesys_core.command_line.untyped import untyped_endpoint


@pytest.mark.parametrize(
    ("returns", "expected"),
    [("User", "object"), ("list[User]", "object"), ("str", "str"), (None, None)],
)
def test_responses_are_plain_json(returns, expected):
    assert untyped_endpoint(Endpoint("x", "GET", "/x", returns)).returns == expected
