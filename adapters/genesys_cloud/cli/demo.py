"""``genesys-cloud demo``."""

import typer

__all__ = ["demo"]


def demo() -> None:
    """Call a simulated platform and show what comes back.

    A token by client credentials, users/me, all pages of users, the queues; over HTTP, on this
    machine alone.
    """
    from genesys_cloud.demo import run_demo  # noqa: PLC0415 - see genesys_cloud.cli.app

    raise typer.Exit(run_demo())
