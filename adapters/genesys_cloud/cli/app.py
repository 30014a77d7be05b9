"""The command line application and its subcommands.

Invariants: a command imports its dependencies when it runs. ``--help`` loads only typer, and a
missing extra affects only the commands that need it.
"""

from typing import Annotated

import typer

from genesys_cloud.cli import (
    call,
    completion,
    config,
    definition,
    demo,
    doctor,
    export,
    listen,
    recordings,
    reference,
    sign_in,
    simulate,
)
from genesys_cloud.cli.connection_arguments import take_connection
from genesys_cloud.cli.terminal import print_line

__all__ = ["app"]

app = typer.Typer(
    name="genesys-cloud",
    help="The Genesys Cloud Platform API from the command line.",
    epilog=(
        "Each API is also a command, for example: genesys-cloud users get_users_me. List the APIs "
        "with: genesys-cloud apis"
    ),
    no_args_is_help=True,
    rich_markup_mode=None,  # rich costs more time than the rest of a help page
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, including secrets
)
_OWN_ARGUMENTS = {"ignore_unknown_options": True, "allow_extra_args": True}
app.command("call", add_help_option=False, context_settings=_OWN_ARGUMENTS)(call.call)
app.command("jobs", add_help_option=False, context_settings=_OWN_ARGUMENTS)(call.jobs)
app.command("apis")(reference.apis)
app.command("describe")(reference.describe)
app.command("completion")(completion.completion)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("simulate")(simulate.simulate)
app.command("login")(sign_in.login)
app.command("logout")(sign_in.logout)
app.command("whoami")(sign_in.whoami)
app.command("listen")(listen.listen)
app.command("export")(export.export)
app.add_typer(config.app, name="config")
app.add_typer(definition.app, name="definition")
app.add_typer(recordings.app, name="recordings")


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - called by typer
    if wanted:
        from genesys_cloud import __version__  # noqa: PLC0415 - see the module's invariants

        print_line(f"genesys-cloud {__version__}")
        raise typer.Exit


@app.callback()
@take_connection()
def root(
    ctx: typer.Context,
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """The Genesys Cloud Platform API from the command line."""
