"""``genesys-cloud call`` and ``jobs``, declared only to be listed in the help.

Invariants: both parse their arguments themselves, so ``main`` runs them without typer.
"""

import typer

__all__ = ["call", "jobs"]


def call(ctx: typer.Context) -> None:
    """Call an endpoint by method and path, such as GET /api/v2/users/me."""
    from genesys_cloud.cli.operations import run_call  # noqa: PLC0415 - see genesys_cloud.cli.app

    run_call(ctx.args, dict(ctx.obj or {}))


def jobs(ctx: typer.Context) -> None:
    """Start jobs, wait for them, and print their results: run, wait, results, cancel."""
    from genesys_cloud.cli.jobs import run_jobs  # noqa: PLC0415 - see genesys_cloud.cli.app

    run_jobs(ctx.args, dict(ctx.obj or {}))
