"""``client.auth``: what is known of a client's token, and signing in and out by hand.

Law: what is done here goes the way of every call's token: one exchange at a time under the client's
lock and its store's, brought to its end even if the caller is gone. Nothing shows a secret.
"""

from typing import TypeVar

from genesys_cloud.client.session_cell import SessionCell
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


class _Facts:
    """What is known of the client's token, as of the moment that it is asked for."""

    def __init__(self, cell: SessionCell, tokens: TokenTransactions) -> None:
        self._cell = cell
        self._tokens = tokens

    @property
    def token(self) -> Token | None:
        """The token, secrets and all, though it shows none; ``None`` while there is none.

        A client obtains one with its first call, or with ``refresh()``.
        """
        return self._vault.token

    @property
    def signed_in(self) -> bool:
        """Whether there is a token that has not ended, nor been refused.

        With ``refresh_access_token=False`` refusals are the caller's to act upon, and not kept.
        """
        return self._vault.fallback(None, read_clocks()) is not None

    @property
    def expires_at(self) -> float | None:
        """When the token ends, in seconds since 1970-01-01 UTC; ``None`` where nobody said."""
        return None if self.token is None else self.token.expires_at

    @property
    def expires_in(self) -> float | None:
        """Seconds until the token ends, 0 if it has; ``None`` where nobody said."""
        ends = self.expires_at
        return None if ends is None else max(ends - read_clocks().wall, 0.0)

    @property
    def scope(self) -> str | None:
        """The token's scopes, separated by spaces; ``None`` where nobody said."""
        return None if self.token is None else self.token.scope

    @property
    def token_type(self) -> str | None:
        """``bearer``; ``None`` while there is no token."""
        return None if self.token is None else self.token.token_type

    @property
    def store_failure(self) -> GenesysCloudError | None:
        """Why the token store could not be read or written when last asked; ``None`` if it could.

        A token that could not be written is used all the same, but other processes and the next run
        do not know it.
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
        return TokenSnapshot.of(self._cell.session, now=read_clocks())

    def __repr__(self) -> str:
        names = ("signed_in", "token_type", "expires_at", "scope")
        facts = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__name__}({facts})"


class Auth(_Facts):
    """The token of a :class:`~genesys_cloud.Client`; shared by clients of other options."""

    def exchange(self, grant: Grant) -> Token:
        """Exchange a grant for a token, by which the client goes on; the official ``PostToken``.

        The grant takes the place of the client's own, and its token that of the one there was. If
        the login host refuses, the client goes on as before.

        Args:
            grant: such as :class:`~genesys_cloud.Pkce` or :class:`~genesys_cloud.RefreshToken`.

        Returns:
            The token, with everything that the login host said of it.

        Raises:
            OAuthError: the login host refused, by its wire code.
            TransportError: the login host did not answer.
            TokenStoreError: the token store is out of reach; the grant was not sent, except for one
                that can be exchanged any number of times.
        """
        return run_now(self._obtain(SignIn(self._asked, grant))).token

    def refresh(self) -> Token:
        """Get another token, whether the one there is has ended or not.

        This works with ``refresh_access_token=False`` as well. Threads that ask at the same time
        share one exchange.

        Returns:
            The new token, with everything that the login host said of it.

        Raises:
            OAuthError: the login host refused, by its wire code; the old token is still there.
            TransportError: the login host did not answer.
            TokenStoreError: the token store is out of reach; nothing was sent.
            GenesysCloudError: there is nothing to get a token with.
        """
        return run_now(self._obtain(Refresh(self._asked))).token

    def use(self, token: Token, grant: Grant | None = None) -> None:
        """Go on with a token from elsewhere, such as one of the implicit grant.

        Args:
            token: the token.
            grant: what renews it; without one it is used as it is, and not stored.

        Raises:
            TimeoutError: others have been exchanging the token for too long.
        """
        run_now(self._obtain(UseToken(self._asked, token, grant)))

    def sign_out(self) -> None:
        """Revoke the token at the platform, and forget it here and in the token store.

        A token that has ended is renewed first where a refresh token can do that, because revoking a
        token ends the refresh token with it. From then on calls are refused, until
        :meth:`exchange` or :meth:`use`.

        Raises:
            GenesysCloudError: the platform could not be asked or did not agree, or the token store
                could not be cleared; the client is signed out all the same.
        """
        run_now(self._obtain(SignOut(self._asked)))


class AsyncAuth(_Facts):
    """The token of an :class:`~genesys_cloud.AsyncClient`; shared by clients of other options."""

    async def exchange(self, grant: Grant) -> Token:
        """As :meth:`Auth.exchange`."""
        return (await self._obtain(SignIn(self._asked, grant))).token

    async def refresh(self) -> Token:
        """As :meth:`Auth.refresh`; tasks that ask at the same time share one exchange."""
        return (await self._obtain(Refresh(self._asked))).token

    async def use(self, token: Token, grant: Grant | None = None) -> None:
        """As :meth:`Auth.use`."""
        await self._obtain(UseToken(self._asked, token, grant))

    async def sign_out(self) -> None:
        """As :meth:`Auth.sign_out`."""
        await self._obtain(SignOut(self._asked))
