"""``genesys-cloud login``, ``whoami`` and ``logout``: the commands for a saved sign-in.

Invariants: the token itself is never printed. ``login`` exits with 0 only if a token was saved.
``logout`` always deletes the token from this machine; it exits with 0 only if the platform has revoked
the token, or if no user was signed in.
"""

import webbrowser
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from genesys_cloud.cli.connection import sign_in_options, token_file_of
from genesys_cloud.cli.connection_arguments import merge_options, take_connection
from genesys_cloud.cli.terminal import exit_with_error, print_error, print_line
from genesys_core.command_line.usage import UsageError

if TYPE_CHECKING:
    from genesys_cloud import Client
    from genesys_cloud.sign_in.saved_sign_in import SavedSignIn
    from genesys_core.errors import GenesysCloudError
    from genesys_core.hosts import Gateway

__all__ = ["login", "logout", "whoami"]


class GrantName(StrEnum):
    """The allowed values of the option ``--grant``."""

    pkce = "pkce"
    implicit = "implicit"


@take_connection("region", "secret_file")
def login(
    ctx: typer.Context,
    *,
    client_id: Annotated[
        str,
        typer.Option(envvar="GENESYSCLOUD_OAUTHCLIENT_ID", help="Id of the OAuth client."),
    ],
    region: Annotated[
        str | None,
        typer.Option(
            help="Region such as eu_west_1, or a domain; default: GENESYSCLOUD_REGION.",
            metavar="TEXT",
        ),
    ] = None,
    gateway_host: Annotated[
        str | None, typer.Option(help="Host of a gateway in front of the API and the login host.")
    ] = None,
    gateway_protocol: Annotated[
        str, typer.Option(help="Protocol of the gateway: https or http.")
    ] = "https",
    gateway_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the gateway.")
    ] = None,
    gateway_login_path: Annotated[
        str, typer.Option(help="Path of the login host on the gateway, before /oauth.")
    ] = "",
    gateway_api_path: Annotated[
        str, typer.Option(help="Path of the API on the gateway, before /api/v2.")
    ] = "",
    grant: Annotated[
        GrantName, typer.Option(help="Grant type; implicit only for clients that still need it.")
    ] = GrantName.pkce,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="Port in http://127.0.0.1:PORT/callback; 0 for any free port."
        ),
    ] = 0,
    redirect_uri: Annotated[
        str | None, typer.Option(help="Redirect URI on 127.0.0.1 or localhost, with port.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the sign-in.")] = 120,
    browser: Annotated[bool, typer.Option(help="Open a browser or only print the URL.")] = True,
    org: Annotated[
        str | None, typer.Option(help="Short name of the organization; requires --provider.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="Name of the identity provider; requires --org.")
    ] = None,
    login_hint: Annotated[
        str | None, typer.Option(help="User name or email to fill into the login page.")
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Ask for the password even if the user is already signed in."),
    ] = False,
) -> None:
    """Sign in as a user through the browser, and save the token for later commands.

    The exact redirect URI must be registered for the OAuth client: pass --port or --redirect-uri.
    Exit code 3 if sign-in was rejected, 10 if it timed out, 2 if an option or setting is invalid.
    """
    from genesys_cloud.sign_in.browser import BrowserSignIn  # noqa: PLC0415 - see cli.app
    from genesys_cloud.sign_in.saved_sign_in import SavedSignIn, SignInTarget  # noqa: PLC0415
    from genesys_core import errors  # noqa: PLC0415
    from genesys_core.command_line.exit_codes import exit_code_of  # noqa: PLC0415
    from genesys_core.hosts import Gateway  # noqa: PLC0415

    gateway = None
    if gateway_host is None and (
        gateway_port is not None or gateway_login_path or gateway_api_path
    ):
        exit_with_error(
            "login", "--gateway-port and the gateway paths require --gateway-host; add it", 2
        )
    merge_options(ctx, region=region)
    options = ctx.obj
    saved = SavedSignIn(token_file_of(options))
    try:
        if gateway_host is not None:
            behind = (gateway_protocol, gateway_port, gateway_login_path, gateway_api_path)
            gateway = Gateway(gateway_host, *behind)
        client = _new_client(options, gateway)
        target = SignInTarget.of(client_id, client.configuration)
        with (
            client,
            BrowserSignIn(
                client_id,
                client,
                grant=grant.value,
                port=port,
                redirect_uri=redirect_uri,
                org=org,
                provider=provider,
                login_hint=login_hint,
                prompt="login" if again else None,
            ) as attempt,
        ):
            print_line(
                f"Redirect URI that must be registered for the OAuth client: {attempt.redirect_uri}"
            )
            _open(attempt.url, browser=browser)
            saved.save(target, attempt.wait(timeout))
    except errors.AccessDeniedError as error:
        reason = error.description or "no reason was given"
        exit_with_error("login", f"sign-in failed: {reason}", exit_code_of(error))
    except errors.GenesysCloudError as error:
        exit_with_error("login", str(error), exit_code_of(error))
    print_line(f"Signed in. The token is stored in {saved.path}.")


def _new_client(options: dict[str, object], gateway: "Gateway | None") -> "Client":
    from genesys_cloud import Client  # noqa: PLC0415 - see cli.app

    arguments = sign_in_options(options)
    region, host = options.get("region"), options.get("host")
    arguments["region"] = str(region) if region else None
    arguments["host"] = str(host) if host else None
    arguments["gateway"] = gateway
    return Client(**arguments)


def _saved_sign_in(command: str, options: dict[str, object]) -> "SavedSignIn":
    """Return the saved sign-in that a command's options select.

    Raises:
        UsageError: the options contain a region or host, which the saved sign-in determines.
    """
    from genesys_cloud.sign_in.saved_sign_in import SavedSignIn  # noqa: PLC0415 - see cli.app

    for name in ("region", "host"):
        if name in options:
            raise UsageError(
                f"--{name}: {command} uses a saved sign-in, which determines the platform; "
                "select another sign-in with --profile or --token-file"
            )
    return SavedSignIn(token_file_of(options))


def _open(url: str, *, browser: bool) -> None:
    print_line(f"Sign in here: {url}")
    if browser and not webbrowser.open(url):
        print_error("Could not start a browser; open this URL yourself.")


@take_connection("region", "host", "secret_file")
def whoami(ctx: typer.Context) -> None:
    """Show who is signed in: user, organization, region, expiry.

    Exit code 3 if no user is signed in, or if the platform no longer accepts the token.
    """
    from genesys_core.command_line.exit_codes import (  # noqa: PLC0415 - see cli.app
        ExitCode,
        exit_code_of,
    )
    from genesys_core.errors import (  # noqa: PLC0415
        AuthenticationError,
        GenesysCloudError,
    )

    options = ctx.obj
    saved = _saved_sign_in("whoami", options)
    try:
        target = saved.target()
        client = saved.client(**sign_in_options(options))
        if target is None or client is None:
            words = "not signed in; run genesys-cloud login"
            exit_with_error("whoami", words, ExitCode.NOT_SIGNED_IN)
        with client:
            me = client.users.get_users_me()
            organization = client.tokens.get_tokens_me().organization
            ends = client.auth.expires_at
    except AuthenticationError as error:
        words = f"the platform rejected the token: {error}; run genesys-cloud login"
        exit_with_error("whoami", words, exit_code_of(error))
    except GenesysCloudError as error:
        exit_with_error("whoami", str(error), exit_code_of(error))
    name = None if organization is None else organization.name
    print_line(f"user    {me.name or '?'} <{me.email or '?'}>")
    print_line(f"org     {name or '?'}")
    print_line(f"region  {target}")
    print_line(f"client  {target.client_id}")
    print_line(f"token   {_until(ends)}")


def _until(expires_at: float | None) -> str:
    if expires_at is None:
        return "expiry unknown"
    try:
        return f"until {datetime.fromtimestamp(expires_at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OSError, OverflowError, ValueError):  # out of range for datetime or the system
        return "expiry unknown"


@take_connection("region", "host", "secret_file")
def logout(ctx: typer.Context) -> None:
    """Revoke the saved token on the platform, and delete it from this machine.

    If revocation fails, the token is deleted anyway, and the exit code depends on the error.
    """
    from genesys_core.command_line.exit_codes import exit_code_of  # noqa: PLC0415 - see cli.app

    options = ctx.obj
    saved = _saved_sign_in("logout", options)
    if saved.target() is None:
        print_line("Not signed in.")
        return
    with saved.lock():
        problem = _sign_out(saved, options)
    if problem is not None:
        words = f"signed out on this machine, but the platform did not revoke the token: {problem}"
        words = f"{words}; the token remains valid until it expires"
        exit_with_error("logout", words, exit_code_of(problem))
    print_line("Signed out.")


def _sign_out(saved: "SavedSignIn", options: dict[str, object]) -> "GenesysCloudError | None":
    """Revoke and delete the saved token; return the error if the platform did not revoke it."""
    from genesys_core.errors import GenesysCloudError  # noqa: PLC0415 - see cli.app

    target = saved.target()
    if target is None:  # another process has signed out meanwhile
        return None
    problem = None
    try:
        client = saved.client(**sign_in_options(options))
        if client is not None:
            with client:
                client.auth.sign_out()
    except GenesysCloudError as error:
        problem = error
    # Even if revocation failed: the user must not stay signed in on this machine.
    saved.forget(target)
    return problem
