"""``genesys-cloud login``.

Law: exit code 0 for a token that is kept, 1 for a sign-in that was refused or took too long, 2 for
one that could not be tried. The token itself is never printed.
"""

import os
import webbrowser
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

__all__ = ["DEFAULT_TOKEN_FILE", "TokenFile", "exit_with_error", "login"]

TokenFile = Annotated[
    Path,
    typer.Option(envvar="GENESYSCLOUD_TOKEN_FILE", help="Where the token is kept."),
]
# That of genesys_cloud.sign_in.saved_sign_in, which help need not load.
DEFAULT_TOKEN_FILE = Path("~/.genesyscloudpython/tokens.json")


class GrantName(StrEnum):
    """What ``--grant`` takes."""

    pkce = "pkce"
    implicit = "implicit"


def login(
    *,
    client_id: Annotated[
        str,
        typer.Option(envvar="GENESYSCLOUD_OAUTHCLIENT_ID", help="Id of the OAuth client."),
    ],
    region: Annotated[
        str | None,
        typer.Option(
            help="Such as eu_west_1, or a domain; else GENESYSCLOUD_REGION.", metavar="TEXT"
        ),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Base URL of the API, for a region.")] = None,
    gateway_host: Annotated[str | None, typer.Option(help="Gateway in front of both.")] = None,
    gateway_protocol: Annotated[str, typer.Option(help="https or http.")] = "https",
    gateway_port: Annotated[int | None, typer.Option(min=0, max=65535)] = None,
    gateway_login_path: Annotated[str, typer.Option(help="Path before /oauth.")] = "",
    gateway_api_path: Annotated[str, typer.Option(help="Path before /api/v2.")] = "",
    grant: Annotated[
        GrantName, typer.Option(help="implicit only for clients that still need it.")
    ] = GrantName.pkce,
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="Of http://127.0.0.1:PORT/callback; 0 for any."),
    ] = 0,
    redirect_uri: Annotated[
        str | None, typer.Option(help="Another one on 127.0.0.1 or localhost, with its port.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that you have.")] = 120,
    browser: Annotated[bool, typer.Option(help="Open the browser, or only print the URL.")] = True,
    org: Annotated[str | None, typer.Option(help="Organization; with --provider.")] = None,
    provider: Annotated[str | None, typer.Option(help="Identity provider; with --org.")] = None,
    login_hint: Annotated[str | None, typer.Option(help="Email, filled in ahead.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Ask for the password even if signed in.")
    ] = False,
    token_file: TokenFile = DEFAULT_TOKEN_FILE,
) -> None:
    """Sign in as yourself, in the browser, and keep the token for later commands.

    The redirect URI must be registered with the client, character by character; that takes a fixed
    --port. Exit code 1 if the sign-in was refused or took too long, 2 if it could not be tried.
    """
    from genesys_cloud.sign_in.browser import BrowserSignIn  # noqa: PLC0415 - see genesys_cloud.cli.app
    from genesys_cloud.sign_in.saved_sign_in import SavedSignIn, SignInTarget  # noqa: PLC0415
    from genesys_core import errors  # noqa: PLC0415
    from genesys_core.hosts import Gateway  # noqa: PLC0415

    if region is None and host is None:
        region = os.environ.get("GENESYSCLOUD_REGION") or None
    try:
        gateway = None
        if gateway_host is not None:
            behind = (gateway_protocol, gateway_port, gateway_login_path, gateway_api_path)
            gateway = Gateway(gateway_host, *behind)
        elif gateway_port is not None or gateway_login_path or gateway_api_path:
            exit_with_error("login", "--gateway-port and the paths: need --gateway-host as well", 2)
        target = SignInTarget(client_id, region, host, gateway)
        attempt = BrowserSignIn(
            client_id,
            target.hosts,
            grant=grant.value,
            port=port,
            redirect_uri=redirect_uri,
            org=org,
            provider=provider,
            login_hint=login_hint,
            prompt="login" if again else None,
        )
    except (errors.InvalidValueError, errors.ConfigurationError) as error:
        exit_with_error("login", str(error), 2)
    except errors.ConnectError as error:
        exit_with_error("login", str(error))
    try:
        with attempt:
            typer.echo(
                f"Redirect URI, as the client must have it registered: {attempt.redirect_uri}"
            )
            _show(attempt.url, browser=browser)
            token = attempt.wait(timeout)
        signed_in = SavedSignIn(token_file)
        signed_in.save(target, token)
    except errors.AccessDeniedError as error:
        exit_with_error(
            "login", f"the sign-in was refused: {error.description or 'no reason was given'}"
        )
    except errors.GenesysCloudError as error:
        exit_with_error("login", str(error))
    typer.echo(f"Signed in. The token is kept in {signed_in.path}.")


def exit_with_error(command: str, message: str, code: int = 1) -> NoReturn:
    """Say why a command ends, and end it."""
    typer.echo(f"genesys-cloud {command}: {message}", err=True)
    raise typer.Exit(code)


def _show(url: str, *, browser: bool) -> None:
    typer.echo(f"Sign in here: {url}")
    if browser and not webbrowser.open(url):
        typer.echo("No browser could be started; open the page yourself.", err=True)
