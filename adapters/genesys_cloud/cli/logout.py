"""``genesys-cloud logout``.

Law: whatever the platform says or does not say, the token is gone from this machine afterwards;
exit code 1 says that it may still be valid elsewhere.
"""

import typer

from genesys_cloud.cli.login import DEFAULT_TOKEN_FILE, TokenFile, exit_with_error

__all__ = ["logout"]


def logout(*, token_file: TokenFile = DEFAULT_TOKEN_FILE) -> None:
    """Revoke the token on the platform, and delete it here.

    Exit code 1 if the platform could not be asked or did not agree; it is deleted here all the same.
    """
    from genesys_cloud import Client  # noqa: PLC0415 - see genesys_cloud.cli.app
    from genesys_cloud.sign_in.saved_sign_in import SavedSignIn  # noqa: PLC0415
    from genesys_core.api import tokens  # noqa: PLC0415
    from genesys_core.errors import (  # noqa: PLC0415
        AuthenticationError,
        GenesysCloudError,
        InvalidGrantError,
    )

    signed_in = SavedSignIn(token_file)
    target = signed_in.target()
    if target is None:
        typer.echo("Not signed in.")
        return
    problem = None
    try:
        # An ended token is renewed first: with it, its refresh token is revoked.
        token = signed_in.renewed_token(target)
        if token is not None:
            with Client(**target.options(token)) as client:
                client.send(tokens.delete_tokens_me())
    except (AuthenticationError, InvalidGrantError):
        pass  # the platform takes the token no more, which is what was wanted
    except GenesysCloudError as error:
        problem = error
    signed_in.forget(target)
    if problem is not None:
        exit_with_error(
            "logout",
            f"signed out here, but the platform did not revoke the token: {problem}; "
            "it stays valid there until it ends",
        )
    typer.echo("Signed out.")
