"""Links lead to the platform's own page of an operation."""

from __future__ import annotations

import pytest

from genesys_core.definition.words.links import EXPLORER, platform_link


@pytest.mark.parametrize(
    ("method", "path", "anchor"),
    [
        ("GET", "/api/v2/users/{userId}/routingqueues", "get-api-v2-users--userId--routingqueues"),
        ("POST", "/api/v2/integrations/credentials", "post-api-v2-integrations-credentials"),
        ("GET", "/a b)c<d>\u00e9", "get-a%20b%29c%3Cd%3E%C3%A9"),
        ("PUT", "/api/v2/x/{a}/y/{b}", "put-api-v2-x--a--y--b-"),
    ],
)
def test_an_anchor_is_method_and_path(method: str, path: str, anchor: str) -> None:
    assert platform_link(method, path) == f"{EXPLORER}#{anchor}"
