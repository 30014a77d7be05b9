"""``genesys-cloud whoami``.

Law: it says whose token there is, never the token.
"""

from datetime import UTC, datetime

import typer

from genesys_cloud.cli.login import DEFAULT_TOKEN_FILE, TokenFile, exit_with_error

__all__ = ["whoami"]


def whoami(*, token_file: TokenFile = DEFAULT_TOKEN_FILE) -> None:
    """Show who is signed in: user, organization, region, and until when.

    Exit code 1 if nobody is, or if the platform does not take the token any more.
    """
    from genesys_cloud import Client  # noqa: PLC0415 - see genesys_cloud.cli.app
    from genesys_cloud.sign_in.saved_sign_in import SavedSignIn  # noqa: PLC0415
    from genesys_core.api import tokens, users  # noqa: PLC0415
    from genesys_core.errors import AuthenticationError, GenesysCloudError  # noqa: PLC0415

    signed_in = SavedSignIn(token_file)
    try:
        target = signed_in.target()
        token = None if target is None else signed_in.renewed_token(target)
        if target is None or token is None:
            exit_with_error("whoami", "nobody is signed in; genesys-cloud login")
        with Client(**target.options(token)) as client:
            me = client.send(users.get_users_me())
            organization = client.send(tokens.get_tokens_me()).organization
    except AuthenticationError as error:
        exit_with_error(
            "whoami", f"the platform does not take the token: {error}; genesys-cloud login"
        )
    except GenesysCloudError as error:
        exit_with_error("whoami", str(error))
    name = None if organization is None else organization.name
    typer.echo(f"user    {me.name or '?'} <{me.email or '?'}>")
    typer.echo(f"org     {name or '?'}")
    typer.echo(f"region  {target}")
    typer.echo(f"client  {target.client_id}")
    typer.echo(f"token   {_until(token.expires_at)}")


def _until(expires_at: float | None) -> str:
    if expires_at is None:
        return "for as long as the platform takes it"
    return f"until {datetime.fromtimestamp(expires_at, UTC):%Y-%m-%d %H:%M:%S} UTC"
