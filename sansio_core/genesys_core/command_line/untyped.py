"""Endpoints whose responses are decoded to plain JSON values instead of models."""

from typing import Final

from msgspec.structs import replace

from genesys_core.calls.operation import Endpoint

__all__ = ["untyped_endpoint"]

_KEPT: Final = frozenset({None, "str", "object"})


def untyped_endpoint(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint with its response type replaced by plain JSON, so that no field is lost."""
    return endpoint if endpoint.returns in _KEPT else replace(endpoint, returns="object")
