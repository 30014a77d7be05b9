"""``genesys-cloud doctor``."""

from typing import Annotated, Any

import typer

__all__ = ["doctor"]


def doctor(
    ctx: typer.Context,
    *,
    proxy: Annotated[str | None, typer.Option(help="Proxy URL.")] = None,
    ca: Annotated[str | None, typer.Option(help="CA certificates as a PEM file.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for each step.")] = 10,
) -> None:
    """Check configuration, connection, TLS, clock, token, user and notifications, step by step."""
    from genesys_cloud.cli.examination import examine  # noqa: PLC0415 - see genesys_cloud.cli.app

    given = {"proxy": proxy, "ca": ca}
    options: dict[str, Any] = {**(ctx.obj or {})}
    options |= {name: value for name, value in given.items() if value}
    examine(options, timeout)
