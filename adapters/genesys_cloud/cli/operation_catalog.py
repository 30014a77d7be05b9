"""The operations of this version, read from the compiled builders without executing them."""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from genesys_core.command_line.operations import OperationDescription, describe_builders

if TYPE_CHECKING:
    from importlib.abc import InspectLoader

__all__ = ["all_operations", "api_names", "operations_of"]


def api_names() -> list[str]:
    """Return the names of all APIs."""
    from genesys_core import api  # noqa: PLC0415 - imports no API

    return list(api.__all__)


@cache
def operations_of(api: str) -> dict[str, OperationDescription]:
    """Return the descriptions of an API's operations, by method name."""
    name = f"genesys_core.api.{api}"
    spec = find_spec(name)
    # importlib.abc, which defines the type, would double the time to import this module.
    loader = cast("InspectLoader | None", spec and spec.loader)
    code = loader and loader.get_code(name)
    return describe_builders(api, code) if code else {}


def all_operations() -> Iterator[OperationDescription]:
    """Yield the descriptions of the operations of all APIs."""
    for api in api_names():
        yield from operations_of(api).values()
