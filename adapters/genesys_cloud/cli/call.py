"""``genesys-cloud call``, as it is listed among the commands; ``main`` runs it before typer does."""

import typer

__all__ = ["call"]


def call(ctx: typer.Context) -> None:
    """Call an endpoint by method and path, such as GET /api/v2/users/me."""
    from genesys_cloud.cli.operations import run_call  # noqa: PLC0415 - see genesys_cloud.cli.app

    run_call(ctx.args, dict(ctx.obj or {}))
