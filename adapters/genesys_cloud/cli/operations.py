"""The commands for operations: ``API METHOD`` and ``call METHOD PATH``.

Invariants: an operation runs without importing modules that only other operations need. Help calls
no builder.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from genesys_cloud.cli.operation_catalog import operations_of
from genesys_cloud.cli.output import terminal_width, write_line
from genesys_core.command_line.help_pages import api_page, operation_page
from genesys_core.command_line.operation_search import find_method
from genesys_core.command_line.raw_calls import RAW_OPTIONS, describe_raw_call

__all__ = ["run_api", "run_call"]

_HELP = frozenset({"--help", "-h"})


def run_api(api: str, arguments: Sequence[str], before: Mapping[str, Any]) -> None:
    """Run a method of an API with the command line's arguments, or print help.

    Args:
        api: the API's name.
        arguments: the arguments after the API's name.
        before: the options that precede the API's name, by name without dashes.

    Raises:
        GenesysCloudError: the call failed.
        UsageError: the command line's arguments are invalid.
    """
    operations = operations_of(api)
    if not arguments or arguments[0] in _HELP:
        write_line(api_page(api, operations, terminal_width()))
        return
    method, *rest = arguments
    description = find_method(method, operations.values())
    if _HELP & set(rest):
        write_line(operation_page(description, terminal_width()))
        return
    from genesys_cloud.cli.run_operation import run_operation  # noqa: PLC0415 - see cli.app

    run_operation(description, rest, before)


def run_call(arguments: Sequence[str], before: Mapping[str, Any]) -> None:
    """Call an endpoint by method and path, or print help.

    Args:
        arguments: the arguments after ``call``.
        before: the options that precede ``call``, by name without dashes.

    Raises:
        GenesysCloudError: the call failed.
        UsageError: the command line's arguments are invalid.
    """
    if not arguments or _HELP & set(arguments):
        write_line(operation_page(describe_raw_call("METHOD"), terminal_width(), RAW_OPTIONS))
        return
    from genesys_cloud.cli.run_operation import run_raw_call  # noqa: PLC0415 - see cli.app

    run_raw_call(arguments, before)
