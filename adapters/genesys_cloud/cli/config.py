"""``genesys-cloud config``: validate a configuration, or show the effective one.

Invariants: secrets are never printed. Exit code 0 for a valid configuration; 1 for an invalid one,
with every problem on standard error.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesys_cloud.cli.connection import config_file_of
from genesys_cloud.cli.connection_arguments import take_connection
from genesys_cloud.cli.terminal import exit_with_error, print_error, print_line

if TYPE_CHECKING:
    from genesys_core.configuration.configuration import Configuration

__all__ = ["app"]

app = typer.Typer(
    help="Validate a configuration file, or show the effective configuration.",
    no_args_is_help=True,
)

File = Annotated[
    Path | None,
    typer.Argument(metavar="[PATH]", help="The file to read instead of the default one."),
]


@app.callback()
def group() -> None:
    """Validate a configuration file, or show the effective configuration."""


@app.command()
@take_connection("region", "host", "token_file", "secret_file", "proxy", "ca")
def check(ctx: typer.Context, path: File = None) -> None:
    """Validate a configuration file and report every problem.

    Exit code 1 if the file has problems or cannot be read. Settings that have no effect are reported as
    warnings.
    """
    from genesys_cloud.config.file import Configuration, default_path  # noqa: PLC0415 - see app.py
    from genesys_core.errors import ConfigurationError  # noqa: PLC0415

    path = _file_of(ctx, path)
    try:
        found = Configuration.from_file(path)
    except ConfigurationError as error:
        exit_with_error("config check", str(error))
    _warn(found)
    print_line(f"{path or default_path()}: no problems")


@app.command()
@take_connection("region", "host", "token_file", "secret_file", "proxy", "ca")
def show(ctx: typer.Context, path: File = None) -> None:
    """Show the effective configuration of a client, with the source of each value.

    The environment takes precedence over the file, the file over the defaults. Secrets are masked.
    """
    from genesys_cloud.config.file import (  # noqa: PLC0415 - see app.py
        DEFAULTS,
        Configuration,
        default_path,
        merge,
        read_snapshot,
    )
    from genesys_core.errors import GenesysCloudError  # noqa: PLC0415

    path = _file_of(ctx, path)
    named = default_path()
    try:
        environment = Configuration.from_environment(os.environ)
        if path is not None:
            merged = merge(environment, Configuration.from_file(path), DEFAULTS)
        elif named is not None:
            # Unlike a file that the user names, the default file need not exist.
            merged = merge(environment, read_snapshot(named).configuration(named), DEFAULTS)
        else:
            merged = merge(environment, DEFAULTS)
    except GenesysCloudError as error:
        exit_with_error("config show", str(error))
    _warn(merged)
    given = [setting for setting in merged.describe() if setting.value is not None]
    rows = [(f"{each.section}.{each.key}", each.value or "", each.origin or "") for each in given]
    names, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    for name, value, origin in rows:
        print_line(f"{name:{names}}  {value:{values}}  {origin}")


def _file_of(ctx: typer.Context, path: Path | None) -> Path | None:
    """Return the file to read: the argument, or the profile's file; ``None`` for the default file."""
    if path is not None:
        return path
    found = config_file_of(ctx.obj)
    return None if found is None else Path(found)


def _warn(found: "Configuration") -> None:
    for warning in found.warnings:
        print_error(f"warning: {warning}")
