"""The connection options of commands that typer parses, before the command or after it.

Invariants: an option after the command takes precedence over the same option before it.
"""

from typing import Annotated

import typer

__all__ = [
    "Authorities",
    "Host",
    "Profile",
    "Proxy",
    "RegionName",
    "SecretFile",
    "TokenFile",
    "connection_options",
]

Profile = Annotated[str | None, typer.Option(help="Settings and sign-in of this name.")]
RegionName = Annotated[
    str | None, typer.Option(help="Region such as eu_west_1, or a domain.", metavar="REGION")
]
Host = Annotated[
    str | None, typer.Option(help="Base URL of the API, instead of a region.", metavar="URL")
]
TokenFile = Annotated[
    str | None,
    typer.Option(
        help="Token file; default: GENESYSCLOUD_TOKEN_FILE, or that of the profile.", metavar="PATH"
    ),
]
Proxy = Annotated[
    str | None,
    typer.Option(
        help="Proxy URL. Prefer HTTPS_PROXY if it contains a password: process lists show options.",
        metavar="URL",
    ),
]
Authorities = Annotated[
    str | None,
    typer.Option(
        help="CA certificates as a PEM file; default: SSL_CERT_FILE or the system's.",
        metavar="PATH",
    ),
]


SecretFile = Annotated[
    str | None, typer.Option(help="File with the OAuth client's secret.", metavar="PATH")
]


def connection_options(
    ctx: typer.Context,
    *,
    profile: str | None = None,
    region: str | None = None,
    host: str | None = None,
    token_file: str | None = None,
    secret_file: str | None = None,
    proxy: str | None = None,
    ca: str | None = None,
) -> dict[str, object]:
    """Return the connection options of a command, by name without dashes.

    Args:
        ctx: of the command; the options before it are its object.
        profile: ``--profile`` after the command, if given; likewise the others.
        region: ``--region``.
        host: ``--host``.
        token_file: ``--token-file``.
        secret_file: ``--secret-file``.
        proxy: ``--proxy``.
        ca: ``--ca``.
    """
    given = {
        "profile": profile,
        "region": region,
        "host": host,
        "token-file": token_file,
        "secret-file": secret_file,
        "proxy": proxy,
        "ca": ca,
    }
    found: dict[str, object] = dict(ctx.obj or {})
    return found | {name: value for name, value in given.items() if value is not None}
