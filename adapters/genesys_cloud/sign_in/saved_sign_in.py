"""The sign-in that ``genesys-cloud login`` left, for later commands.

Invariants: secrets are in the token file alone, which only its owner can read; beside it stands what
is needed to use them, and nothing secret. What was left by somebody else is refused and not written
over. The token is renewed by a client, as any other is.
"""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Final, Self, Unpack

import msgspec
from msgspec import Struct

from genesys_cloud.client.options import ClientOptions
from genesys_cloud.client.sync_client import Client
from genesys_cloud.sign_in.private_files import read_own_file
from genesys_cloud.sign_in.token_stores import FileTokenStore, TokenKey, TokenStoreError
from genesys_core.configuration.configuration import Configuration
from genesys_core.errors import ConfigurationError
from genesys_core.hosts import KNOWN_REGIONS, Gateway, Hosts
from genesys_core.oauth.grants import RefreshToken
from genesys_core.oauth.tokens import Token

__all__ = ["DEFAULT_TOKEN_FILE", "SavedSignIn", "SignInTarget"]

DEFAULT_TOKEN_FILE: Final = "~/.genesyscloudpython/tokens.json"  # noqa: S105 - a path


class SignInTarget(Struct, frozen=True, omit_defaults=True):
    """Where a user signed in, and with which client.

    Attributes:
        client_id: the OAuth client's id.
        region: a region's name or domain, if one was given.
        host: base URL of the API, if one was given.
        gateway: the gateway, if there is one; its user name and password are not kept.
    """

    client_id: str
    region: str | None = None
    host: str | None = None
    gateway: Gateway | None = None

    @classmethod
    def of(cls, client_id: str, configuration: Configuration) -> Self:
        """The sign-in of a client that is configured so."""
        host, gateway = configuration.general.host, configuration.gateway
        known = (each for each in KNOWN_REGIONS.values() if each.api_url == host)
        region = configuration.general.region or next(known, None)
        if region is not None:
            return cls(client_id, region.name, None, gateway)
        return cls(client_id, None, host, gateway)

    @property
    def hosts(self) -> Hosts:
        """The two base URLs.

        Raises:
            InvalidValueError: they cannot be made from this.
        """
        return Hosts.resolve(region=self.region, host=self.host, gateway=self.gateway)

    @property
    def key(self) -> TokenKey:
        """Under which the token is stored."""
        return TokenKey(self.client_id, self.hosts.login)

    def options(self) -> ClientOptions:
        """Arguments for a client of this platform, whatever region the environment names."""
        # The host is named even where it follows from a gateway, so that no GENESYSCLOUD_REGION
        # of another day is asked.
        return {"host": self.hosts.api, "gateway": self.gateway}

    def __str__(self) -> str:
        gateway = f" through the gateway {self.gateway.host}" if self.gateway else ""
        return f"{self.region or self.host or 'us_east_1'}{gateway}"


class SavedSignIn:
    """The current sign-in, in a token file and a file of settings beside it.

    Args:
        path: the token file, see :class:`~genesys_cloud.token_stores.FileTokenStore`; the settings
            are in the same directory, in ``<name>.sign-in.json``.
    """

    def __init__(self, path: str | os.PathLike[str] = DEFAULT_TOKEN_FILE) -> None:
        self.path = Path(os.path.expanduser(path))  # noqa: PTH111 - Path's own may raise
        self.store = FileTokenStore(self.path)

    @property
    def _settings(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.sign-in.json")

    def save(self, target: SignInTarget, token: Token) -> None:
        """Keep a sign-in, and make it the current one.

        Raises:
            TokenStoreError: a file cannot be written, or is not ours.
        """
        self.target()  # refuses a file that is not ours before anything is written
        self.store.save(target.key, token)
        self._write(msgspec.json.format(msgspec.json.encode(_without_secrets(target)), indent=2))

    def target(self) -> SignInTarget | None:
        """Where the current sign-in is; ``None`` where there is none.

        Raises:
            TokenStoreError: the file cannot be read, or is not ours.
        """
        try:
            # Whoever could write it could send the token to a host of their own.
            return msgspec.json.decode(read_own_file(self._settings), type=SignInTarget)
        except FileNotFoundError:
            return None
        except OSError as error:
            problem = f"cannot be read: {error.strerror or type(error).__name__}"
        except (msgspec.MsgspecError, UnicodeDecodeError):
            problem = "does not describe a sign-in; move it away"
        raise TokenStoreError(f"{self._settings}: {problem}")

    def load(self) -> tuple[SignInTarget, Token] | None:
        """The current sign-in; ``None`` where there is none.

        Raises:
            TokenStoreError: a file cannot be read, or is not ours.
        """
        target = self.target()
        token = None if target is None else self.store.load(target.key)
        return None if target is None or token is None else (target, token)

    def client(self, **options: Unpack[ClientOptions]) -> Client | None:
        """A client that is signed in; ``None`` where nobody is.

        It renews the token where there is a refresh token, and keeps it in the token file.

        Args:
            options: of the client, such as ``proxy`` and ``verify``.

        Raises:
            TokenStoreError: a file cannot be read, or is not ours.
            ConfigurationError: settings that contradict each other or cannot work, or that lead to
                another login host than the one that gave the token.
            InvalidValueError: a value that cannot be used.
        """
        found = self.load()
        if found is None:
            return None
        target, token = found
        options |= target.options()
        if token.refresh_token is not None:
            options["auth"] = RefreshToken(target.client_id, None, token.refresh_token)
            options["token_store"] = self.store
        client = Client(**options)
        login = client.configuration.hosts.login
        if login != target.hosts.login:  # by a gateway that the configuration file has by now
            client.close()
            raise ConfigurationError(
                f"the configuration leads to {login}, but the sign-in was at {target.hosts.login}; "
                "sign in again: genesys-cloud login"
            )
        if token.refresh_token is None:
            client.auth.use(token)
        return client

    def forget(self, target: SignInTarget) -> None:
        """Remove a sign-in's token, and the settings with it.

        Raises:
            TokenStoreError: a file cannot be written.
        """
        self.store.delete(target.key)
        try:
            self._settings.unlink(missing_ok=True)
        except OSError as error:
            problem = f"cannot be removed: {error.strerror or type(error).__name__}"
            raise TokenStoreError(f"{self._settings}: {problem}") from None

    def _write(self, content: bytes) -> None:
        try:
            # mkstemp makes files that only their owner can read.
            descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".sign-in.")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                Path(name).replace(self._settings)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            problem = f"cannot be written: {error.strerror or type(error).__name__}"
            raise TokenStoreError(f"{self._settings}: {problem}") from None


def _without_secrets(target: SignInTarget) -> SignInTarget:
    if target.gateway is None:
        return target
    gateway = msgspec.structs.replace(target.gateway, username=None, password=None)
    return msgspec.structs.replace(target, gateway=gateway)
