"""The sign-in that ``genesys-cloud login`` left, for later commands.

Law: secrets are in the token file alone, which only its owner can read; beside it stands what is
needed to use them, and nothing secret. What was left by somebody else is refused and not written
over.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from genesys_cloud.client.options import ClientOptions
from genesys_cloud.sign_in.browser import exchange_grant
from genesys_cloud.sign_in.token_stores import FileTokenStore, TokenKey, TokenStoreError
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.protocols import Transport
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.hosts import Gateway, Hosts
from genesys_core.oauth.grants import Grant, RefreshToken
from genesys_core.oauth.tokens import Token
from genesys_core.session.vault import ExchangeNeeded, NoToken, Vault

__all__ = ["DEFAULT_TOKEN_FILE", "SavedSignIn", "SignInTarget"]

Clock: TypeAlias = Callable[[], Now]

DEFAULT_TOKEN_FILE: Final = "~/.genesyscloudpython/tokens.json"  # noqa: S105 - a path

_LOCK_TIMEOUT: Final = 30.0
"""Seconds to wait for another process that renews the same token."""


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

    def options(self, token: Token) -> ClientOptions:
        """Arguments for a client that uses the token; the environment is not asked."""
        # The host is named even where it follows from a gateway, so that no GENESYSCLOUD_REGION
        # of another day is asked.
        return {
            "host": self.hosts.api,
            "gateway": self.gateway,
            "access_token": token.access_token,
        }

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
            return msgspec.json.decode(self._settings.read_bytes(), type=SignInTarget)
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

    def renewed_token(
        self,
        target: SignInTarget,
        *,
        transport: Transport | None = None,
        clock: Clock = read_clocks,
    ) -> Token | None:
        """The token of a sign-in, renewed first where it ends and can be; ``None`` for none.

        Args:
            target: the sign-in.
            transport: sends the token request instead of httpx.
            clock: tells the time.

        Raises:
            TokenStoreError: the file cannot be used.
            OAuthError: the platform refused to renew.
            TransportError: the platform cannot be reached.
        """
        with self.store.lock(target.key, timeout=_LOCK_TIMEOUT):
            token = self.store.load(target.key)
            if token is None:
                return None
            vault = Vault(_renewing(target, token), token, stored=token)
            vault, answer = vault.reserve(rejected=None, arrived=vault.exchanges, now=clock())
            if isinstance(answer, ExchangeNeeded):
                outcome = _outcome(answer.grant, target, transport, clock)
                vault, answer = vault.settle(outcome, rejected=None, now=clock())
            if vault.unsaved is not None:
                self.store.save(target.key, vault.unsaved)
            if isinstance(answer, NoToken):
                raise answer.error
            return vault.token

    def options(self, target: SignInTarget, token: Token) -> ClientOptions:
        """Arguments for a client that runs for long: it renews the token, and keeps it in the store."""
        grant = _renewing(target, token)
        if grant is None:
            return target.options(token)
        return {
            "host": target.hosts.api,
            "gateway": target.gateway,
            "auth": grant,
            "token_store": self.store,
        }

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


def _renewing(target: SignInTarget, token: Token) -> RefreshToken | None:
    refresh_token = token.refresh_token
    return None if refresh_token is None else RefreshToken(target.client_id, None, refresh_token)


def _outcome(
    grant: Grant, target: SignInTarget, transport: Transport | None, clock: Clock
) -> Token | GenesysCloudError:
    try:
        return exchange_grant(grant, target.hosts, transport=transport, clock=clock)
    except GenesysCloudError as error:
        return error
