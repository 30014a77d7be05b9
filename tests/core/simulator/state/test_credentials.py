"""What was handed out is never shown."""

import pytest

from genesys_core.confidential import REDACTED
from genesys_core.simulator.state.credentials import (
    BrowserSession,
    Code,
    IssuedRefreshToken,
    IssuedToken,
)

ISSUED = [
    IssuedToken("hunter2", "c", "u", 0.0, "f"),
    IssuedRefreshToken("hunter2", "c", "u", "f", is_public=True),
    Code("hunter2", "c", "http://127.0.0.1/", None, "u", "f", 0.0),
    BrowserSession("hunter2", "u"),
]


@pytest.mark.parametrize("issued", ISSUED, ids=lambda issued: type(issued).__name__)
def test_values_are_masked(issued):
    assert "hunter2" not in f"{issued!r} {issued} {issued.__rich_repr__()}"
    assert REDACTED in repr(issued)
    assert "'u'" in repr(issued)
