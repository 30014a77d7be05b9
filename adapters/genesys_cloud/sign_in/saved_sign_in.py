"""The sign-in that ``genesys-cloud login`` saves for later commands.

Invariants: secrets are only in the token file; the settings file next to it contains none. A settings
file that belongs to another user, or that other users can access, is rejected and never overwritten.
A client refreshes the token like any other token.
"""

import contextlib
import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Final, Self, Unpack

import msgspec
from msgspec import Struct

from genesys_cloud.client.options import ClientOptions
from genesys_cloud.client.sync_client import Client
from genesys_cloud.sign_in.file_lock import hold_lock
from genesys_cloud.sign_in.private_files import read_own_file
from genesys_cloud.sign_in.token_stores import FileTokenStore, TokenKey, TokenStoreError
from genesys_core.configuration.configuration import Configuration
from genesys_core.errors import ConfigurationError
from genesys_core.hosts import KNOWN_REGIONS, Gateway, Hosts
from genesys_core.oauth.grants import RefreshToken
from genesys_core.oauth.tokens import Token

__all__ = ["DEFAULT_TOKEN_FILE", "SavedSignIn", "SignInTarget"]

_LOCK_TIMEOUT: Final = 60.0
"""Seconds to wait for another process that signs in or out; a sign-out sends a request."""

DEFAULT_TOKEN_FILE: Final = "~/.genesyscloudpython/tokens.json"  # noqa: S105 - a path


class SignInTarget(Struct, frozen=True, omit_defaults=True):
    """The platform and OAuth client of a sign-in.

    Attributes:
        client_id: the OAuth client's id.
        region: the region's name or domain; ``None`` if not given.
        host: base URL of the API; ``None`` if not given.
        gateway: the gateway, or ``None``; its user name and password are not saved.
    """

    client_id: str
    region: str | None = None
    host: str | None = None
    gateway: Gateway | None = None

    @classmethod
    def of(cls, client_id: str, configuration: Configuration) -> Self:
        """Return the target for an OAuth client on the platform that a configuration selects."""
        host, gateway = configuration.general.host, configuration.gateway
        known = (each for each in KNOWN_REGIONS.values() if each.api_url == host)
        region = configuration.general.region or next(known, None)
        if region is not None:
            return cls(client_id, region.name, None, gateway)
        return cls(client_id, None, host, gateway)

    @property
    def hosts(self) -> Hosts:
        """The base URLs of the API and the login host.

        Raises:
            InvalidValueError: the settings do not result in valid URLs.
        """
        return Hosts.resolve(region=self.region, host=self.host, gateway=self.gateway)

    @property
    def key(self) -> TokenKey:
        """The key under which the token store keeps the sign-in's token."""
        return TokenKey(self.client_id, self.hosts.login)

    def options(self) -> ClientOptions:
        """Return client arguments that select this platform, whatever region the environment has."""
        # The host is explicit even if a gateway implies it, so that GENESYSCLOUD_REGION is ignored.
        return {"host": self.hosts.api, "gateway": self.gateway}

    def __str__(self) -> str:
        gateway = f" through the gateway {self.gateway.host}" if self.gateway else ""
        return f"{self.region or self.host or 'us_east_1'}{gateway}"


class SavedSignIn:
    """The files of the current sign-in: a token file, and a settings file next to it.

    Args:
        path: the path of the token file; see :class:`~genesys_cloud.token_stores.FileTokenStore`.
            The settings file of ``tokens.json`` is ``tokens.sign-in.json`` in the same directory.
    """

    def __init__(self, path: str | os.PathLike[str] = DEFAULT_TOKEN_FILE) -> None:
        self.path = Path(os.path.expanduser(path))  # noqa: PTH111 - Path's own may raise
        self.store = FileTokenStore(self.path)

    @property
    def _settings(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.sign-in.json")

    @contextlib.contextmanager
    def lock(self, *, timeout: float = _LOCK_TIMEOUT) -> Generator[None, None, None]:
        """Return a context manager that locks the current sign-in against other processes.

        Without the lock, a sign-out could delete the token that another process saves while the
        previous token is revoked. A lock that is not free within ``timeout`` seconds is ignored:
        neither a new token nor a sign-out may be lost because another process hangs.
        """
        with contextlib.ExitStack() as held:
            with contextlib.suppress(TokenStoreError):
                path = self.path.with_name(f"{self.path.stem}.sign-in.lock")
                held.enter_context(hold_lock(path, timeout=timeout))
            yield

    def save(self, target: SignInTarget, token: Token) -> None:
        """Save a sign-in and make it the current one.

        Raises:
            TokenStoreError: a file cannot be written, or other users can access the settings file.
        """
        self.target()  # rejects another user's file before anything is written
        with self.lock():
            self.store.save(target.key, token)
            content = msgspec.json.encode(_without_secrets(target))
            self._write(msgspec.json.format(content, indent=2))

    def target(self) -> SignInTarget | None:
        """Return the platform and OAuth client of the current sign-in; ``None`` if not signed in.

        Raises:
            TokenStoreError: the settings file cannot be read, or other users can access it.
        """
        try:
            # Another user who can write this file could have the token sent to another host.
            return msgspec.json.decode(read_own_file(self._settings), type=SignInTarget)
        except (FileNotFoundError, NotADirectoryError):  # HOME=/dev/null, as in some containers
            return None
        except OSError as error:
            problem = f"cannot be read: {error.strerror or type(error).__name__}"
        except (msgspec.MsgspecError, UnicodeDecodeError):
            problem = "is not a sign-in file; move it away"
        raise TokenStoreError(f"{self._settings}: {problem}")

    def load(self) -> tuple[SignInTarget, Token] | None:
        """Return the current sign-in's target and token; ``None`` if not signed in.

        Raises:
            TokenStoreError: a file cannot be read, or other users can access the settings file.
        """
        target = self.target()
        token = None if target is None else self.store.load(target.key)
        return None if target is None or token is None else (target, token)

    def client(self, **options: Unpack[ClientOptions]) -> Client | None:
        """Return a client with the saved token; ``None`` if not signed in.

        If there is a refresh token, the client refreshes an expired token, and saves the new token
        in the token file.

        Args:
            options: client options such as ``proxy`` and ``verify``.

        Raises:
            TokenStoreError: a file cannot be read, or other users can access the settings file.
            ConfigurationError: the settings contradict each other or are invalid, or they select a
                login host other than the one that issued the token.
            InvalidValueError: a client option is invalid.
        """
        found = self.load()
        if found is None:
            return None
        target, token = found
        options |= target.options()
        # Without a refresh token, the client obtains no new token that it would have to store.
        if token.refresh_token is not None:
            options["auth"] = RefreshToken(target.client_id, None, token.refresh_token)
            options["token_store"] = self.store
        client = Client(**options)
        login = client.configuration.hosts.login
        if login != target.hosts.login:  # through a gateway added to the configuration file
            client.close()
            raise ConfigurationError(
                f"the configuration selects {login}, but the sign-in was at {target.hosts.login}; "
                "sign in again: genesys-cloud login"
            )
        if token.refresh_token is None:
            client.auth.use(token)
        return client

    def forget(self, target: SignInTarget) -> None:
        """Delete a sign-in: its token, and its settings if it is the current one.

        Raises:
            TokenStoreError: a file cannot be changed or removed.
        """
        # The token is deleted first: if the second step fails, no secret remains.
        self.store.delete(target.key)
        with contextlib.suppress(TokenStoreError):  # a settings file that cannot be read is removed
            if (current := self.target()) is not None and current.key != target.key:
                return  # another sign-in, whose token remains in use
        try:
            self._settings.unlink(missing_ok=True)
        except OSError as error:
            problem = f"cannot be removed: {error.strerror or type(error).__name__}"
            raise TokenStoreError(f"{self._settings}: {problem}") from None

    def _write(self, content: bytes) -> None:
        try:
            # mkstemp creates files that only their owner can read.
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
