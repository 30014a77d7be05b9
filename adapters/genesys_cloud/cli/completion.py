"""``genesys-cloud completion``: print a shell's completion script, or save names for completion."""

import json
import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesys_cloud.cli.complete import names_file
from genesys_cloud.cli.connection_arguments import take_connection
from genesys_core.command_line.completion import SHELL_SCRIPTS
from genesys_core.command_line.profiles import select_profile
from genesys_core.command_line.usage import UsageError

if TYPE_CHECKING:
    from genesys_cloud import Client

__all__ = ["completion"]

_MOST = 5000
"""Maximum number of saved entity names of each kind; more would slow down completion."""


class Shell(StrEnum):
    """The allowed values of the argument ``SHELL``."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"


@take_connection("secret_file")
def completion(
    ctx: typer.Context,
    shell: Annotated[Shell | None, typer.Argument(help="bash, zsh or fish.")] = None,
    *,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Save the names of users and queues.")
    ] = False,
) -> None:
    """Print a shell's completion script, or save names for completion."""
    if shell is None and not refresh:
        raise UsageError("completion: needs a shell (bash, zsh or fish) or --refresh")
    if shell is not None:
        # A script for a shell, not text for people: printed without escaping.
        typer.echo(SHELL_SCRIPTS[shell.value], nl=False)
    if refresh:
        _save_names(ctx.obj)


def _save_names(options: dict[str, object]) -> None:
    from genesys_cloud.cli.connection import open_client  # noqa: PLC0415 - loads the client

    with open_client(options) as client:
        names = _names(client)
    path = names_file(select_profile(options, os.environ))
    # Readable only by the user, because it contains names of people. The file is replaced as a whole,
    # because a shell may read it at any time.
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600, exist_ok=False)
        new.write_text(json.dumps(names), "utf-8")
        new.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None


def _names(client: "Client") -> dict[str, dict[str, str]]:
    from genesys_core.api import routing, users  # noqa: PLC0415 - for --refresh alone

    listings: dict[str, Any] = {
        "user": users.get_users(page_size=100),
        "queue": routing.get_routing_queues(page_size=100),
    }
    return {
        kind: {
            item.id: item.name or ""
            for item in client.paginate(operation, limit=_MOST, shortfall="ignore")
            if item.id
        }
        for kind, operation in listings.items()
    }
