"""The operations of this version, read from the compiled builders without executing them."""

from collections.abc import Iterator
from functools import cache
from importlib.abc import InspectLoader
from importlib.util import find_spec

from genesys_core.command_line.operations import OperationDescription, describe_builders

__all__ = ["all_operations", "api_names", "operations_of"]


def api_names() -> list[str]:
    """Return the names of all APIs."""
    from genesys_core import api  # noqa: PLC0415 - imports no API

    return list(api.__all__)


@cache
def operations_of(api: str) -> dict[str, OperationDescription]:
    """Return the operations of an API by name."""
    name = f"genesys_core.api.{api}"
    spec = find_spec(name)
    loader = None if spec is None else spec.loader
    code = loader.get_code(name) if isinstance(loader, InspectLoader) else None
    return describe_builders(api, code) if code else {}


def all_operations() -> Iterator[OperationDescription]:
    """Yield the operations of all APIs."""
    for api in api_names():
        yield from operations_of(api).values()
