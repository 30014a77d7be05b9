"""Prints lines, JSON and error messages of commands that typer parses.

Invariants: control characters are escaped, because external data may contain them.
"""

from typing import NoReturn

import typer

__all__ = ["exit_with_error", "print_error", "print_json", "print_line"]


def print_line(line: str) -> None:
    """Print a line to standard output."""
    from genesys_core.observability.terminal import escape_line  # noqa: PLC0415 - see app.py

    typer.echo(escape_line(line))


def print_json(document: str) -> None:
    """Print a line of JSON, with control characters written as JSON escapes."""
    from genesys_cloud.cli.output import keep_json_valid  # noqa: PLC0415 - see app.py
    from genesys_core.observability.terminal import escape_json  # noqa: PLC0415 - see app.py

    keep_json_valid()
    typer.echo(escape_json(document))


def print_error(line: str) -> None:
    """Print a line to standard error."""
    from genesys_core.observability.terminal import escape_line  # noqa: PLC0415 - see app.py

    typer.echo(escape_line(line), err=True)


def exit_with_error(command: str, message: str, code: int = 1) -> NoReturn:
    """Print an error message to standard error, and exit.

    Args:
        command: the command's name, such as ``login``.
        message: the message; each of its lines is printed with a prefix.
        code: the exit code.
    """
    for line in message.split("\n"):
        print_error(f"genesys-cloud {command}: {line}")
    raise typer.Exit(code)
