"""The commands of all operations, made when they are needed.

Invariants: a command for one operation imports nothing for the others, and help and completion
execute no builder.
"""

from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from genesys_cloud.cli.operation_catalog import api_names, operations_of
from genesys_cloud.cli.output import terminal_width, write_line
from genesys_core.command_line.help_pages import api_page, operation_page
from genesys_core.command_line.operation_search import find_method
from genesys_core.command_line.raw_calls import describe_raw_call

__all__ = ["RawArguments", "RootGroup", "run_api", "run_call"]

_HELP = frozenset({"--help", "-h"})


class RawArguments(TyperCommand):
    """A command that parses its arguments itself."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - of typer's own click
        """Keep the arguments as they are."""
        ctx.args = list(args)
        return args


class ApiCommand(RawArguments):
    """An API: its first argument is a method."""

    def __init__(self, api: str) -> None:
        super().__init__(name=api, help=f"Operations of the API {api}.")

    def invoke(self, ctx: Any) -> None:  # noqa: ANN401 - of typer's own click
        """Run the operation."""
        run_api(str(self.name), ctx.args, dict(ctx.obj or {}))


class RootGroup(TyperGroup):
    """The command itself: its own subcommands, and each API by name."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - of typer's own click
        """Return a subcommand, or the command of an API."""
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            return found
        name = cmd_name.replace("-", "_")
        return ApiCommand(name) if name in api_names() else None


def run_api(api: str, arguments: Sequence[str], before: dict[str, Any]) -> None:
    """Run a method of an API, or print help.

    Args:
        api: the API's name.
        arguments: that follow it.
        before: options that precede it, by name.

    Raises:
        GenesysCloudError: wrong arguments, or the call failed.
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


def run_call(ctx: typer.Context) -> None:
    """Call an endpoint by method and path: call GET /api/v2/users/me."""
    arguments = ctx.args
    if not arguments or _HELP & set(arguments):
        write_line(operation_page(describe_raw_call("METHOD"), terminal_width()))
        return
    from genesys_cloud.cli.run_operation import run_raw_call  # noqa: PLC0415 - see cli.app

    run_raw_call(arguments, dict(ctx.obj or {}))
