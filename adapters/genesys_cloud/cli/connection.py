"""Creates a command's client from the profile, sign-in, environment and options.

Invariants: without ``--region`` and ``--host``, the sign-in of ``genesys-cloud login`` is used or, if
there is none, the environment and the configuration file. No option takes the client secret itself.
"""

import getpass
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from genesys_core.command_line.profiles import (
    missing_profile,
    profile_paths,
    select_profile,
    select_token_file,
)
from genesys_core.command_line.secrets import select_secret
from genesys_core.command_line.usage import UsageError

if TYPE_CHECKING:
    from genesys_cloud import Client
    from genesys_cloud.client.options import ClientOptions
    from genesys_core.observability.observers import Observer

__all__ = [
    "can_ask",
    "client_options",
    "config_file_of",
    "open_client",
    "sign_in_options",
    "token_file_of",
]


def token_file_of(options: Mapping[str, object]) -> str:
    """Return the path of the token file that a command's options select."""
    return select_token_file(options, os.environ)


def config_file_of(options: Mapping[str, object]) -> str | None:
    """Return the path of the selected profile's configuration file; ``None`` if there is none.

    Raises:
        UsageError: the profile's name is invalid.
    """
    profile = select_profile(options, os.environ)
    if profile is None:
        return None
    path = os.path.expanduser(profile_paths(profile)[0])  # noqa: PTH111 - as in client_options
    return path if os.path.exists(path) else None  # noqa: PTH110 - a Path for one question


def client_options(options: Mapping[str, object]) -> "ClientOptions":
    """Return the client arguments for a command's options; the saved sign-in is not included.

    Raises:
        UsageError: the profile's name is invalid, or the profile has neither settings nor a sign-in.
    """
    profile = select_profile(options, os.environ)
    if profile is not None:
        config, tokens = map(os.path.expanduser, profile_paths(profile))
        if not os.path.exists(config) and not os.path.exists(tokens):  # noqa: PTH110
            raise missing_profile(profile, config, tokens)
    return sign_in_options(options)


def sign_in_options(options: Mapping[str, object]) -> "ClientOptions":
    """Return the client arguments to sign in with; the selected profile need not exist yet.

    Raises:
        UsageError: the profile's name is invalid.
    """
    found: ClientOptions = {}
    config = config_file_of(options)
    if config is not None:
        found["config_file"] = config
    if options.get("proxy"):
        found["proxy"] = str(options["proxy"])
    if options.get("ca"):
        found["verify"] = str(options["ca"])
    return found


def can_ask() -> bool:
    """Return whether the user can be prompted: both standard input and standard error are terminals."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _credentials(options: Mapping[str, object]) -> "ClientOptions":
    """Return the grant as a client argument, with the secret from a file or a prompt.

    The result is empty if no secret has to be read.

    Raises:
        UsageError: the file cannot be read, the secret is empty, or no client id is set.
    """
    source = select_secret(options, os.environ, can_ask=can_ask())
    if source is None:
        return {}
    from genesys_cloud import ClientCredentials  # noqa: PLC0415 - see genesys_cloud.cli.app

    if source.place == "prompt":
        secret = getpass.getpass(f"Secret of the OAuth client {source.client_id}: ")
    else:
        try:
            # "utf-8-sig" ignores the byte order mark that editors on Windows may write.
            with open(source.path, encoding="utf-8-sig") as file:  # noqa: PTH123 - a Path for one file
                secret = file.read().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise UsageError(f"{source.path}: cannot be read: {reason}") from None
    if not secret:
        raise UsageError(f"the secret of the OAuth client {source.client_id} is empty")
    return {"auth": ClientCredentials(source.client_id, secret)}


def open_client(options: Mapping[str, object], *, observer: "Observer | None" = None) -> "Client":
    """Create the client for a command's calls.

    Args:
        options: the command's options, by name without dashes.
        observer: an observer of the client's calls.

    Raises:
        GenesysCloudError: settings contradict each other or are invalid.
        UsageError: the profile or the secret file is invalid.
    """
    from genesys_cloud import Client  # noqa: PLC0415 - see genesys_cloud.cli.app
    from genesys_cloud.sign_in.saved_sign_in import SavedSignIn  # noqa: PLC0415
    from genesys_core.command_line.call_defaults import default_retry  # noqa: PLC0415

    network = client_options(options)
    if observer is not None:
        network["telemetry"] = observer
    region, host = options.get("region"), options.get("host")
    if region or host:
        # A saved token is never sent to another region or host than the one that issued it.
        network["region"] = str(region) if region else None
        network["host"] = str(host) if host else None
        saved = None
    else:
        saved = SavedSignIn(token_file_of(options)).client(**network)
    if saved is None:
        network |= _credentials(options)
    client = saved or Client(**network)
    retry = default_retry(client.configuration)
    return client if retry is None else client.with_options(retry=retry)
