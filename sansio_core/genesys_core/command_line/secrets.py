"""The source of an OAuth client's secret: environment, file or prompt; never the command line.

Invariants: the user is prompted only at a terminal, and only if neither a secret nor an access token
is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from genesys_core.command_line.usage import UsageError

__all__ = ["SecretSource", "select_secret"]

_ID = "GENESYSCLOUD_OAUTHCLIENT_ID"
_SECRET = "GENESYSCLOUD_OAUTHCLIENT_SECRET"  # noqa: S105 - the name of a variable
_FILE = "GENESYSCLOUD_OAUTHCLIENT_SECRET_FILE"
_TOKEN = "GENESYSCLOUD_ACCESS_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class SecretSource:
    """The file or prompt from which an OAuth client's secret is read.

    Attributes:
        client_id: the OAuth client's id.
        place: whether the secret is read from a file, or from a prompt for the user.
        path: the path of the file; empty for a prompt.
    """

    client_id: str
    place: Literal["file", "prompt"]
    path: str = ""


def select_secret(
    options: Mapping[str, object], environment: Mapping[str, str], *, can_ask: bool
) -> SecretSource | None:
    """Return the file or prompt from which to read the secret; ``None`` to read no secret.

    Args:
        options: the command's options, by name without dashes.
        environment: the process's environment variables.
        can_ask: whether the user can be prompted at a terminal.

    Raises:
        UsageError: a secret file is selected, but the environment has no client id.
    """
    client_id = environment.get(_ID, "")
    path = options.get("secret-file")
    if not path and (environment.get(_SECRET) or environment.get(_TOKEN)):
        return None
    path = path or environment.get(_FILE)
    if path and not client_id:
        raise UsageError(f"secret file {path}: set {_ID} to the OAuth client's id as well")
    if path:
        return SecretSource(client_id, "file", str(path))
    return SecretSource(client_id, "prompt") if client_id and can_ask else None
