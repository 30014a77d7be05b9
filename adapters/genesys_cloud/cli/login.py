"""``genesys-cloud login``."""

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from genesys_cloud.login import BrowserSignIn
    from genesys_cloud.signed_in import Place
    from genesys_core.hosts import Gateway
    from genesys_core.tokens import Token

__all__ = ["TokenFile", "login"]

TokenFile = Annotated[
    Path,
    typer.Option(envvar="GENESYSCLOUD_TOKEN_FILE", help="Where the token is kept."),
]
_DEFAULT_TOKEN_FILE = Path("~/.genesyscloudpython/tokens.json")


class GrantName(str, Enum):
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
        typer.Option(envvar="GENESYSCLOUD_REGION", help="Such as eu_west_1, or a domain."),
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
    token_file: TokenFile = _DEFAULT_TOKEN_FILE,
) -> None:
    """Sign in as yourself, in the browser, and keep the token for later commands.

    The redirect URI must be registered with the client, character by character; that takes a fixed
    --port. Exit code 1 if the sign-in was refused or took too long, 2 if it could not be tried.
    """
    from genesys_cloud.login import BrowserSignIn  # noqa: PLC0415 - see genesys_cloud.cli.app
    from genesys_cloud.signed_in import Place, SignedIn  # noqa: PLC0415
    from genesys_core import errors  # noqa: PLC0415

    try:
        gateway = _gateway(
            gateway_host, gateway_protocol, gateway_port, gateway_login_path, gateway_api_path
        )
        place = Place(client_id, region, host, gateway)
        attempt = BrowserSignIn(
            client_id,
            place.hosts,
            grant=grant.value,
            port=port,
            redirect_uri=redirect_uri,
            org=org,
            provider=provider,
            login_hint=login_hint,
            prompt="login" if again else None,
        )
    except (errors.InvalidValueError, errors.ConfigurationError) as error:
        _fail(str(error), 2)
    except errors.GenesysCloudError as error:
        _fail(str(error), 1)
    try:
        with attempt:
            _show(attempt, browser=browser)
            token = attempt.wait(timeout)
        signed_in = SignedIn(token_file)
        signed_in.save(place, token)
    except errors.AccessDeniedError as error:
        _fail(f"the sign-in was refused: {error.description or 'no reason was given'}", 1)
    except errors.GenesysCloudError as error:
        _fail(str(error), 1)
    typer.echo(f"Signed in. {_life(token)} It is kept in {signed_in.path}.")
