"""Descriptions of all commands, derived from the commands themselves.

Invariants: the texts are the same as in ``--help``, and do not depend on the machine.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import typer.main

from genesys_cloud.cli.app import app
from genesys_core.definition.reference import CommandArgument, CommandDescription, commands_text

__all__ = ["describe_commands", "write_command_reference"]


def describe_commands() -> Iterator[CommandDescription]:
    """Yield descriptions of the program and of all commands, each before its subcommands."""
    yield from _described(typer.main.get_command(app), None, "")


def write_command_reference(folder: str | Path) -> list[str]:
    """Write the reference page of all commands to an existing folder; return the page's name."""
    text = commands_text(describe_commands())
    Path(folder, "commands.md").write_text(text, encoding="utf-8")
    return ["commands.md"]


def _described(command: Any, parent: Any, name: str) -> Iterator[CommandDescription]:  # noqa: ANN401 - of typer's own click
    context = typer.Context(command, info_name=command.name, parent=parent, terminal_width=10_000)
    arguments: list[CommandArgument] = []
    options: list[tuple[str, str]] = []
    for each in command.params:
        if each.param_type_name == "argument":
            shown = each.metavar or each.name
            arguments.append(CommandArgument(shown, each.help or "", each.required))
        elif (record := each.get_help_record(context)) is not None:
            options.append(record)
    inside = getattr(command, "commands", {})
    usage = "[OPTIONS] COMMAND [ARGUMENTS]" if inside else ""
    yield CommandDescription(name, command.help or "", arguments, options, usage)
    for word, inner in inside.items():
        yield from _described(inner, context, f"{name} {word}".strip())
