"""``genesys-cloud doctor``."""

from typing import Annotated

import typer

from genesys_cloud.cli.connection_arguments import (
    Authorities,
    Host,
    Profile,
    Proxy,
    RegionName,
    TokenFile,
    connection_options,
)

__all__ = ["doctor"]


def doctor(
    ctx: typer.Context,
    *,
    profile: Profile = None,
    region: RegionName = None,
    host: Host = None,
    token_file: TokenFile = None,
    proxy: Proxy = None,
    ca: Authorities = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for each step.")] = 10,
) -> None:
    """Check configuration, connection, TLS, clock, token, user and notifications, step by step."""
    from genesys_cloud.cli.examination import examine  # noqa: PLC0415 - see genesys_cloud.cli.app

    options = connection_options(
        ctx, profile=profile, region=region, host=host, token_file=token_file, proxy=proxy, ca=ca
    )
    examine(options, timeout)
