"""The vault: one token for all calls of a client, renewed once however many need it.

Law: every step is a pure function from one vault to the next. The adapter swaps vaults under one
lock and lets one exchange run at a time; the vault alone decides whether an exchange is needed.

* A token that differs from the rejected one, and is fresh, is handed out without I/O.
* A failure is handed to those who were waiting for it; who comes later may try again.
* A reply without a refresh token keeps the old one; a rotated one replaces it.
"""

from typing import Final

import msgspec
from msgspec import Struct

from genesys_core.errors import GenesysCloudError
from genesys_core.oauth import Grant, Token
from genesys_core.values import Now

__all__ = ["Exchange", "Have", "Refused", "Vault"]

REFRESH_MARGIN: Final = 60.0
"""Seconds before its end at which a token is renewed ahead, or a tenth of its life if that is less."""


class Have(Struct, frozen=True):
    """Here is a token; no I/O is needed."""

    token: Token


class Exchange(Struct, frozen=True):
    """Exchange this grant for a token, then report how it went."""

    grant: Grant


class Refused(Struct, frozen=True):
    """There is no token to be had."""

    error: GenesysCloudError


class Vault(Struct, frozen=True):
    """What is known of the client's token.

    Attributes:
        grant: how to obtain a token; ``None`` for a static token or for none.
        token: the current token.
        renew: whether a token is renewed at all once there is one.
        exchanges: exchanges finished so far, successful or not.
        spent: whether a grant that works once has been used.
        failure: the last exchange's error, if it failed.
        rejected: the access token that the platform refused last.
    """

    grant: Grant | None = None
    token: Token | None = None
    renew: bool = True
    exchanges: int = 0
    spent: bool = False
    failure: GenesysCloudError | None = None
    rejected: str | None = None

    @property
    def authenticates(self) -> bool:
        """Whether calls carry a token at all."""
        return self.grant is not None or self.token is not None

    @property
    def refreshable(self) -> bool:
        """Whether a rejected token can be replaced."""
        return self.renew and self._next_grant() is not None

    def usable(self, now: Now) -> Token | None:
        """The token, unless it was refused, or ought to be renewed first and can be."""
        token = self.token
        if token is None or token.access_token == self.rejected:
            return None
        return None if self.refreshable and _is_ending(token, now) else token

    def request(
        self, *, rejected: Token | None, arrived: int, now: Now
    ) -> Have | Exchange | Refused:
        """What to do for a call that needs a token.

        Args:
            rejected: the token that the platform just refused to this call, if any.
            arrived: :attr:`exchanges` as it was when the call began to wait.
            now: for the token's expiry.
        """
        token = self.usable(now)
        if token is not None and (rejected is None or token.access_token != rejected.access_token):
            return Have(token)
        if self.failure is not None and self.exchanges > arrived:
            return Refused(self.failure)
        grant = self._next_grant() if self.renew or self.token is None else None
        if grant is None:
            return Refused(GenesysCloudError(_NO_MATERIAL))
        return Exchange(grant)

    def granted(self, token: Token) -> "Vault":
        """An exchange succeeded."""
        kept = token.refresh_token or (self.token.refresh_token if self.token else None)
        return msgspec.structs.replace(
            self,
            token=msgspec.structs.replace(token, refresh_token=kept),
            exchanges=self.exchanges + 1,
            spent=True,
            failure=None,
            rejected=None,
        )

    def failed(self, error: GenesysCloudError) -> "Vault":
        """An exchange failed; those who waited are told, the next call may try again."""
        return msgspec.structs.replace(self, exchanges=self.exchanges + 1, failure=error)

    def refused(self, token: Token) -> "Vault":
        """The platform answered 401 to a token; if it is still the current one, it is used no more."""
        if self.token is None or self.token.access_token != token.access_token:
            return self
        return msgspec.structs.replace(self, rejected=token.access_token)

    def _next_grant(self) -> Grant | None:
        if self.grant is None:
            return None
        if self.token is not None and self.token.refresh_token is not None:
            return self.grant.renewed(self.token.refresh_token)
        return self.grant if self.grant.repeatable or not self.spent else None


_NO_MATERIAL = (
    "the access token was refused and there is nothing to get another one with; "
    "give the client `auth` with a grant, or a new `access_token`"
)


def _is_ending(token: Token, now: Now) -> bool:
    if token.expires_at is None:
        return False
    margin = min(REFRESH_MARGIN, (token.expires_in or 0) / 10)
    return now.wall >= token.expires_at - margin
