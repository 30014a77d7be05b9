"""What the commands print.

Invariants: every line of every command goes through here, and what came from outside is escaped, so
that a terminal shows it and obeys none of it.
"""

from typing import NoReturn

import typer

__all__ = ["exit_with_error", "print_error", "print_json", "print_line"]


def print_line(line: str) -> None:
    """Print one line on standard output."""
    from genesys_core.observability.terminal import escape_line  # noqa: PLC0415 - see app.py

    typer.echo(escape_line(line))


def print_json(document: str) -> None:
    """Print a JSON document as one line that means the same."""
    from genesys_core.observability.terminal import escape_json  # noqa: PLC0415 - see app.py

    typer.echo(escape_json(document))


def print_error(line: str) -> None:
    """Print one line on standard error."""
    from genesys_core.observability.terminal import escape_line  # noqa: PLC0415 - see app.py

    typer.echo(escape_line(line), err=True)


def exit_with_error(command: str, message: str, code: int = 1) -> NoReturn:
    """Say why a command ends, one line for each line of the message, and end it."""
    for line in message.split("\n"):
        print_error(f"genesys-cloud {command}: {line}")
    raise typer.Exit(code)
