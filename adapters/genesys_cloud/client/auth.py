"""``client.auth``: a client's token, explicit refresh, sign-in and sign-out.

Invariants: each method that changes the token runs a token transaction, as calls do: one at a time,
under the client's lock and the token store's lock, and to completion even if the caller is
cancelled. No ``repr`` shows a secret.
"""

from typing import TypeVar

from genesys_cloud.client.session_cell import SessionCell, Unpicklable
from genesys_cloud.client.token_transactions import TokenTransactions
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.awaited import run_now
from genesys_core.calls.auth_actions import (
    Refresh,
    SignIn,
    SignOut,
    TokenSnapshot,
    UseToken,
)
from genesys_core.calls.lifecycle import Raised
from genesys_core.calls.token_actions import TokenAction
from genesys_core.errors import GenesysCloudError
from genesys_core.oauth.grants import Grant
from genesys_core.oauth.tokens import Token
from genesys_core.session.vault import Vault

__all__ = ["AsyncAuth", "Auth"]

R = TypeVar("R")


class _Facts(Unpicklable):
    """The current properties of the client's token."""

    def __init__(self, cell: SessionCell, tokens: TokenTransactions) -> None:
        self._cell = cell
        self._tokens = tokens

    @property
    def token(self) -> Token | None:
        """The client's current token, or ``None``; the token's ``repr`` omits the secrets.

        A client obtains a token with its first call or with ``refresh()``.
        """
        return self._vault.token

    @property
    def signed_in(self) -> bool:
        """Whether the client has a token that has neither expired nor been rejected.

        With ``refresh_access_token=False``, the client does not record that a token was rejected:
        the caller handles rejections.
        """
        return self._vault.fallback(None, read_clocks()) is not None

    @property
    def expires_at(self) -> float | None:
        """Expiry of the token in seconds since 1970-01-01 UTC; ``None`` if unknown."""
        return None if self.token is None else self.token.expires_at

    @property
    def expires_in(self) -> float | None:
        """Seconds until the token expires, 0 if it has expired; ``None`` if unknown."""
        ends = self.expires_at
        return None if ends is None else max(ends - read_clocks().wall, 0.0)

    @property
    def scope(self) -> str | None:
        """The token's OAuth scopes, separated by spaces; ``None`` if unknown."""
        return None if self.token is None else self.token.scope

    @property
    def token_type(self) -> str | None:
        """The token's type, such as ``bearer``; ``None`` if the client has no token."""
        return None if self.token is None else self.token.token_type

    @property
    def store_failure(self) -> GenesysCloudError | None:
        """The error from the last access to the token store; ``None`` if that access succeeded.

        A token that could not be saved is still used, but other processes and later runs will not
        see it.
        """
        return self._vault.store_failure

    async def _obtain(self, action: TokenAction[R | Raised]) -> R:
        result = await self._tokens.obtain(action)
        if isinstance(result, Raised):
            raise result.error
        return result

    @property
    def _vault(self) -> Vault:
        return self._cell.session.vault

    @property
    def _asked(self) -> TokenSnapshot:
        # The snapshot is taken before the wait for the lock: if another caller obtains a token
        # during the wait, a refresh returns that token.
        return TokenSnapshot.of(self._cell.session, now=read_clocks())

    def __repr__(self) -> str:
        names = ("signed_in", "token_type", "expires_at", "scope")
        facts = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__name__}({facts})"


class Auth(_Facts):
    """The token of a :class:`~genesys_cloud.Client`; shared with clients made by ``with_options``."""

    def exchange(self, grant: Grant) -> Token:
        """Exchange a grant for a token that later calls use; ``PostToken`` in the official SDKs.

        The grant and its token replace the client's previous ones. If the exchange fails, the
        client is unchanged.

        Args:
            grant: the grant, such as :class:`~genesys_cloud.Pkce`.

        Returns:
            The token with all fields of the token response.

        Raises:
            OAuthError: the login host rejected the grant; each error code has a subclass.
            TransportError: the login host did not respond.
            TokenStoreError: the token store is not accessible, so the grant was not sent. A grant
                that can be exchanged repeatedly is sent anyway, without an error.
        """
        return run_now(self._obtain(SignIn(self._asked, grant))).token

    def refresh(self) -> Token:
        """Obtain a new token, whether or not the current one has expired.

        Works with ``refresh_access_token=False`` as well. Concurrent calls from several threads
        share one token request.

        Returns:
            The new token with all fields of the token response.

        Raises:
            OAuthError: the login host rejected the request; each error code has a subclass. The old
                token is kept.
            TransportError: the login host did not respond.
            TokenStoreError: the token store is not accessible; nothing was sent.
            GenesysCloudError: the client has no grant to obtain a token with.
        """
        return run_now(self._obtain(Refresh(self._asked))).token

    def use(self, token: Token, grant: Grant | None = None) -> None:
        """Use a token obtained elsewhere, for example by the implicit grant.

        Args:
            token: the token to use.
            grant: the grant with which the token is refreshed; without a grant, the token is
                neither refreshed nor stored.

        Raises:
            TimeoutError: another token request did not finish in time.
        """
        run_now(self._obtain(UseToken(self._asked, token, grant)))

    def sign_out(self) -> None:
        """Revoke the token on the platform, and delete it from the client and the token store.

        An expired token is refreshed first if there is a refresh token, because revoking the access
        token also revokes the refresh token. Afterwards, calls fail until :meth:`exchange` or
        :meth:`use` is called.

        Raises:
            GenesysCloudError: revocation failed, or the token store could not be cleared; the
                client is signed out anyway.
        """
        run_now(self._obtain(SignOut(self._asked)))


class AsyncAuth(_Facts):
    """The token of an :class:`~genesys_cloud.AsyncClient`; shared with clients made by ``with_options``."""

    async def exchange(self, grant: Grant) -> Token:
        """See :meth:`Auth.exchange`."""
        return (await self._obtain(SignIn(self._asked, grant))).token

    async def refresh(self) -> Token:
        """See :meth:`Auth.refresh`; concurrent calls from several tasks share one token request."""
        return (await self._obtain(Refresh(self._asked))).token

    async def use(self, token: Token, grant: Grant | None = None) -> None:
        """See :meth:`Auth.use`."""
        await self._obtain(UseToken(self._asked, token, grant))

    async def sign_out(self) -> None:
        """See :meth:`Auth.sign_out`."""
        await self._obtain(SignOut(self._asked))
