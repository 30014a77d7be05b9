"""``genesys-cloud definition``."""

from pathlib import Path
from typing import Annotated

import typer

from genesys_cloud.cli.terminal import print_line

__all__ = ["app"]

app = typer.Typer(
    help="The API definition that this library is generated from.", no_args_is_help=True
)


@app.callback()
def group() -> None:
    """The API definition that this library is generated from."""


@app.command()
def generate(
    *,
    root: Annotated[
        Path | None, typer.Option(help="A checkout of this library; by default this one.")
    ] = None,
    definition: Annotated[
        Path | None,
        typer.Option(help="A Swagger file, optionally compressed; by default the bundled one."),
    ] = None,
    topics: Annotated[
        Path | None,
        typer.Option(help="A topic file, optionally compressed; by default the bundled one."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare; exit code 1 if not current.")
    ] = False,
) -> None:
    """Generate source code for the models, operations and topics of a definition."""
    from genesys_cloud.definition import generate as generate_files  # noqa: PLC0415 - see app.py

    changed = generate_files(root, definition=definition, topics=topics, check=check)
    for path in changed:
        print_line(f"{'not current' if check else 'written'}: {path}")
    raise typer.Exit(1 if check and changed else 0)
