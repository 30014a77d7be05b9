"""``genesys-cloud doctor``: check a setup step by step."""

from typing import Annotated

import typer

from genesys_cloud.cli.connection_arguments import take_connection

__all__ = ["doctor"]


@take_connection("secret_file")
def doctor(
    ctx: typer.Context,
    *,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Timeout for each step, in seconds.")
    ] = 10,
) -> None:
    """Check configuration, connection, TLS, clock, token, user and notifications, step by step."""
    from genesys_cloud.cli.examination import examine  # noqa: PLC0415 - see genesys_cloud.cli.app

    options = ctx.obj
    examine(options, timeout)
