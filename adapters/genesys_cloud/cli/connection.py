"""The client of a command: profile, sign-in, environment and options.

Invariants: without ``--region`` or ``--host`` the sign-in of ``genesys-cloud login`` is used, and
without one the environment and the configuration file. Secrets are never options.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from genesys_core.command_line.profiles import profile_paths
from genesys_core.command_line.usage import UsageError

if TYPE_CHECKING:
    from genesys_cloud import Client
    from genesys_cloud.client.options import ClientOptions
    from genesys_core.observability.observers import Observer

__all__ = ["DEFAULT_TOKEN_FILE", "client_options", "open_client", "token_file_of"]

# As in genesys_cloud.sign_in.saved_sign_in, which --help should not load.
DEFAULT_TOKEN_FILE = "~/.genesyscloudpython/tokens.json"  # noqa: S105 - a path


def token_file_of(options: Mapping[str, object]) -> str:
    """Return the path of the token file for the options of a command."""
    profile = _profile(options)
    given = options.get("token-file") or os.environ.get("GENESYSCLOUD_TOKEN_FILE")
    if given:
        return str(given)
    return DEFAULT_TOKEN_FILE if profile is None else profile_paths(profile)[1]


def _profile(options: Mapping[str, object]) -> str | None:
    found = options.get("profile") or os.environ.get("GENESYSCLOUD_PROFILE")
    return str(found) if found else None


def client_options(options: Mapping[str, object]) -> "ClientOptions":
    """Return the arguments of a client for the options of a command, the sign-in aside.

    Raises:
        UsageError: the profile has neither settings nor a sign-in.
    """
    found: ClientOptions = {}
    profile = _profile(options)
    if profile is not None:
        config, tokens = map(os.path.expanduser, profile_paths(profile))
        if os.path.exists(config):  # noqa: PTH110 - a Path for one question
            found["config_file"] = config
        elif not os.path.exists(tokens):  # noqa: PTH110
            raise UsageError(
                f"profile {profile!r}: neither {config} nor {tokens} exists; run "
                f"genesys-cloud login --token-file {tokens}, or create the first"
            )
    if options.get("proxy"):
        found["proxy"] = str(options["proxy"])
    if options.get("ca"):
        found["verify"] = str(options["ca"])
    return found


def open_client(options: Mapping[str, object], *, observer: "Observer | None" = None) -> "Client":
    """Create the client of a command.

    Args:
        options: of the command, by name without dashes.
        observer: of the client's calls.

    Raises:
        GenesysCloudError: contradictory or unusable settings.
    """
    from genesys_cloud import Client  # noqa: PLC0415 - see genesys_cloud.cli.app
    from genesys_cloud.sign_in.saved_sign_in import SavedSignIn  # noqa: PLC0415
    from genesys_core.command_line.call_defaults import default_retry  # noqa: PLC0415

    network = client_options(options)
    if observer is not None:
        network["telemetry"] = observer
    region, host = options.get("region"), options.get("host")
    if region or host:
        network["region"] = str(region) if region else None
        network["host"] = str(host) if host else None
        client = Client(**network)
    else:
        client = SavedSignIn(token_file_of(options)).client(**network) or Client(**network)
    retry = default_retry(client.configuration)
    return client if retry is None else client.with_options(retry=retry)
