"""``genesys-cloud demo``: call a simulated platform and show the results."""

import typer

__all__ = ["demo"]


def demo() -> None:
    """Call a simulated platform and show the results.

    Obtains a token with client credentials, reads the user, all pages of users and the queues, and
    receives a notification. All requests are sent over HTTP on this machine.
    """
    from genesys_cloud.demo import run_demo  # noqa: PLC0415 - see genesys_cloud.cli.app

    raise typer.Exit(run_demo())
