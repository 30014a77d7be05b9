"""The vault: one token for all calls of a client, renewed once however many need it.

Law: every step is a pure function from one vault to the next. The adapter swaps vaults under one
lock and lets one exchange run at a time; the vault alone decides whether an exchange is needed.

* A token that differs from the rejected one, and is fresh, is handed out without I/O.
* A token that was refused is not handed out again, unless the login host itself gives it anew.
* A token is renewed ahead of its end. While that is tried, and when it fails, the token serves on
  until it ends; after a failure it is tried again at half of what remains of its life.
* A failure is handed to those who were waiting for it, each with a copy of their own, so that
  tracebacks do not pile up on one object; who comes later may try again.
* A reply without a refresh token keeps the old one; a rotated one replaces it.
* What another process put into the token store since we looked is taken over.

For a call, under the adapter's token lock: :meth:`Vault.reserve`, and after an exchange
:meth:`Vault.settle`. What ``client.auth`` does by hand has steps of its own below.
"""

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError, InvalidGrantError
from genesys_core.oauth.grants import Grant, RefreshToken, Saml2Bearer
from genesys_core.oauth.tokens import Token, grant_secrets, token_secrets

__all__ = ["ExchangeNeeded", "NoToken", "TokenReady", "Vault"]

E = TypeVar("E", bound=GenesysCloudError)

REFRESH_MARGIN: Final = 60.0
"""Seconds before its end at which a token is renewed ahead, or a tenth of its life if that is less."""

AHEAD_PAUSE: Final = 1.0
"""Seconds at least between two attempts to renew a token ahead of its end."""


class TokenReady(Struct, frozen=True):
    """Here is a token; no I/O is needed."""

    token: Token


class ExchangeNeeded(Struct, frozen=True):
    """Exchange this grant for a token, then report how it went.

    Attributes:
        grant: what to exchange.
    """

    grant: Grant


class NoToken(Struct, frozen=True):
    """There is no token to be had.

    Attributes:
        error: why; a new object each time.
        exhausted: whether there was nothing to try. A call that was refused a token with a 401
            then does better to raise that 401.
    """

    error: GenesysCloudError
    exhausted: bool = False


class Vault(Struct, frozen=True):
    """What is known of the client's token.

    Attributes:
        grant: how to obtain a token; ``None`` for a static token or for none.
        token: the current token.
        renew: whether a token is renewed at all once there is one (``refresh_access_token``).
        exchanges: exchanges finished so far, successful or not.
        spent: whether a grant that works once has been used.
        failure: the last exchange's error, if it failed.
        rejected: the current token, if the platform refused it.
        ahead_from: when the current token may be renewed ahead again, on the wall clock.
        stored: what the token store held when it was last read or written.
        signed_out: whether the client was signed out by hand.
        store_failure: why the token store could not do its part, if it failed when last asked.
    """

    grant: Grant | None = None
    token: Token | None = None
    renew: bool = True
    exchanges: int = 0
    spent: bool = False
    failure: GenesysCloudError | None = None
    rejected: Token | None = None
    ahead_from: float = 0.0
    stored: Token | None = None
    signed_out: bool = False
    store_failure: GenesysCloudError | None = None

    def secrets(self) -> Iterator[str]:
        """What is never shown of it: of the grant, and of every token that is known."""
        if self.grant is not None:
            yield from grant_secrets(self.grant)
        for token in (self.token, self.stored, self.rejected):
            if token is not None:
                yield from token_secrets(token)

    # What a call asks.

    @property
    def authenticates(self) -> bool:
        """Whether calls carry a token at all."""
        return self.grant is not None or self.token is not None or self.signed_out

    @property
    def refreshable(self) -> bool:
        """Whether a rejected token can be replaced."""
        return self.renew and self._next_grant() is not None

    def usable(self, now: Now) -> Token | None:
        """The token, unless it was refused, or ought to be renewed first and can be."""
        token = self._accepted
        if token is None or not self.refreshable or not _is_ending(token, now):
            return token
        return token if now.wall < self.ahead_from and not _has_ended(token, now) else None

    def fallback(self, rejected: Token | None, now: Now) -> Token | None:
        """The token while it lasts, where it could not be renewed ahead or not in time.

        Args:
            rejected: a token that will not do.
            now: for the token's expiry.
        """
        token = self._accepted
        if token is None or _same(token, rejected) or _has_ended(token, now):
            return None
        return token

    # The two steps of a call that needs a token.

    def reserve(
        self, *, rejected: Token | None, arrived: int, now: Now
    ) -> "tuple[Vault, TokenReady | ExchangeNeeded | NoToken]":
        """The step that answers a call's need; :meth:`settle` follows an :class:`ExchangeNeeded`.

        Args:
            rejected: the token that the platform just refused to this call, if any.
            arrived: :attr:`exchanges` as it was when the call began to wait.
            now: for the token's expiry.
        """
        vault = self if rejected is None else self.refused(rejected)
        answer = vault.request(rejected=rejected, arrived=arrived, now=now)
        return (vault.trying(now) if isinstance(answer, ExchangeNeeded) else vault), answer

    def settle(
        self, outcome: Token | GenesysCloudError, *, rejected: Token | None, now: Now
    ) -> "tuple[Vault, TokenReady | NoToken]":
        """The step that takes in how an exchange ended, for the call that made it.

        Args:
            outcome: the token, or the error.
            rejected: as in :meth:`reserve`.
            now: for the token's expiry.
        """
        if isinstance(outcome, Token):
            vault = self.granted(outcome)
            return vault, TokenReady(vault.token or outcome)
        vault = self.failed(outcome)
        token = vault.fallback(rejected, now)
        if token is not None:
            return vault, TokenReady(token)
        return vault, NoToken(_copy(vault.failure or outcome))

    # What they are made of.

    def request(
        self, *, rejected: Token | None, arrived: int, now: Now
    ) -> TokenReady | ExchangeNeeded | NoToken:
        """What to do for a call that needs a token; see :meth:`reserve`."""
        failure = self.failure if self.exchanges > arrived else None
        token = self.usable(now)
        if token is None and failure is not None:
            token = self.fallback(rejected, now)
        if token is not None:
            return TokenReady(token)
        if failure is not None:
            return NoToken(_copy(failure))
        grant = self._next_grant() if self.renew or self.token is None else None
        if grant is None:
            return NoToken(GenesysCloudError(self._why_nothing()), exhausted=True)
        return ExchangeNeeded(grant)

    def trying(self, now: Now) -> "Vault":
        """An exchange begins. Others use an ending token meanwhile, and for a while if it fails.

        If the call that makes the exchange dies of it, nothing is left to clean up: the next
        attempt comes when it would after a failure.
        """
        token = self._accepted
        if token is None or token.expires_at is None:
            return self
        pause = max(AHEAD_PAUSE, (token.expires_at - now.wall) / 2)
        return msgspec.structs.replace(self, ahead_from=now.wall + pause)

    def granted(self, token: Token) -> "Vault":
        """An exchange succeeded."""
        return self._holding(self.grant, _keeping(token, self._spendable), spent=True)

    def failed(self, error: GenesysCloudError) -> "Vault":
        """An exchange failed; those who waited are told, the next call may try again.

        A refresh token that the login host refuses is dropped where the grant itself can be
        exchanged instead; otherwise it is kept, and the login host asked again next time.
        """
        grant, token = self._next_grant(), self.token
        if isinstance(error, InvalidGrantError) and token is not None and self._is_exchangeable:
            token = msgspec.structs.replace(token, refresh_token=None)
        return msgspec.structs.replace(
            self,
            token=token,
            exchanges=self.exchanges + 1,
            failure=_explained(error, grant, renewal=self.spent),
        )

    def refused(self, token: Token) -> "Vault":
        """The platform answered 401 to a token; if it is still the current one, it is used no more."""
        return msgspec.structs.replace(self, rejected=token) if _same(token, self.token) else self

    # The steps of `client.auth`, under the token lock like those above.

    def renewal(
        self, *, known: Token | None, arrived: int
    ) -> TokenReady | ExchangeNeeded | NoToken:
        """What to do for a refresh by hand, ``renew`` or not; then :meth:`granted` or :meth:`failed`.

        Args:
            known: the token that the caller wants to replace; if another took its place meanwhile,
                that one is handed out.
            arrived: :attr:`exchanges` as it was when the caller began to wait.
        """
        token = self._accepted
        if token is not None and known is not None and not _same(token, known):
            return TokenReady(token)
        if self.failure is not None and self.exchanges > arrived:
            return NoToken(_copy(self.failure))
        grant = self._next_grant()
        if grant is None:
            return NoToken(GenesysCloudError(self._why_nothing()), exhausted=True)
        return ExchangeNeeded(grant)

    def signed_in(self, grant: Grant, token: Token) -> "Vault":
        """A grant was exchanged by hand: it and its token replace what there was.

        If the exchange fails the vault stays as it is, and the error is the caller's.
        """
        kept = grant.refresh_token if isinstance(grant, RefreshToken) else None
        return self._holding(grant, _keeping(token, kept), spent=True)

    def given(self, token: Token, grant: Grant | None = None) -> "Vault":
        """A token was brought from elsewhere; it is renewed only if a grant comes with it."""
        return self._holding(grant, token, spent=False)

    def without_token(self) -> "Vault":
        """The client was signed out: nothing is sent until it signs in again."""
        return Vault(renew=self.renew, exchanges=self.exchanges, signed_out=True)

    # The steps around a token store, under its lock.

    def adopted(self, stored: Token | None) -> "Vault":
        """What the store holds was read: if somebody else changed it, their token is taken over.

        :meth:`reserve` comes again after it, and is not kept from trying by its first answer. Before the first exchange this is so only for grants that :attr:`~Grant.resumes`; a code or
        an assertion may stand for another user than the store does, and is exchanged.
        """
        vault = msgspec.structs.replace(self, ahead_from=0.0, store_failure=None)
        if stored is None or self.grant is None or _same(stored, self.stored):
            return vault
        if self.token is None and not self.grant.resumes:
            return msgspec.structs.replace(vault, stored=stored)
        return msgspec.structs.replace(vault, token=stored, stored=stored)

    @property
    def unsaved(self) -> Token | None:
        """The token, if the store does not hold it yet."""
        return self.token if self.grant is not None and self.token != self.stored else None

    def saved(self) -> "Vault":
        """The store holds the current token."""
        return msgspec.structs.replace(self, stored=self.token, store_failure=None)

    def without_store(self, failure: GenesysCloudError) -> "Vault":
        """The store could not be read or written; the token is the client's all the same."""
        return msgspec.structs.replace(self, store_failure=_copy(failure))

    @property
    def _accepted(self) -> Token | None:
        return None if _same(self.token, self.rejected) else self.token

    @property
    def _is_exchangeable(self) -> bool:
        return self.grant is not None and (self.grant.repeatable or not self.spent)

    @property
    def _spendable(self) -> str | None:
        """The refresh token that the next exchange spends."""
        if self.token is not None and self.token.refresh_token is not None:
            return self.token.refresh_token
        if isinstance(self.grant, RefreshToken) and self._is_exchangeable:
            return self.grant.refresh_token
        return None

    def _next_grant(self) -> Grant | None:
        if self.grant is None:
            return None
        if self.token is not None and self.token.refresh_token is not None:
            return self.grant.renewed(self.token.refresh_token)
        return self.grant if self._is_exchangeable else None

    def _holding(self, grant: Grant | None, token: Token, *, spent: bool) -> "Vault":
        return Vault(
            grant,
            token,
            self.renew,
            self.exchanges + 1,
            spent=spent,
            stored=self.stored,
            store_failure=None if grant is None else self.store_failure,
        )

    def _why_nothing(self) -> str:
        if self.signed_out:
            return "the client is signed out; sign in again: client.auth.exchange(grant)"
        if self.token is None and self.grant is None:
            return "there is no access token; give the client `auth` with a grant"
        if not self.renew and self._next_grant() is not None:
            return (
                "the access token was refused and refresh_access_token is off; "
                "renew it: client.auth.refresh()"
            )
        return (
            "the access token has ended or was refused and there is nothing to get another one "
            "with; give the client `auth` with a grant, or a new `access_token`"
        )


def _same(one: Token | None, other: Token | None) -> bool:
    return one is not None and other is not None and one.access_token == other.access_token


def _is_ending(token: Token, now: Now) -> bool:
    if token.expires_at is None:
        return False
    margin = min(REFRESH_MARGIN, (token.expires_in or 0) / 10)
    return now.wall >= token.expires_at - margin


def _has_ended(token: Token, now: Now) -> bool:
    return token.expires_at is not None and now.wall >= token.expires_at


def _keeping(token: Token, refresh_token: str | None) -> Token:
    # RFC 6749, 6: "The authorization server MAY issue a new refresh token".
    if token.refresh_token is not None or refresh_token is None:
        return token
    return msgspec.structs.replace(token, refresh_token=refresh_token)


def _explained(
    error: GenesysCloudError, grant: Grant | None, *, renewal: bool
) -> GenesysCloudError:
    error = _copy(error)
    if isinstance(error, InvalidGrantError):
        if isinstance(grant, Saml2Bearer) and renewal:
            error.message += (
                "; the SAML assertion worked once and may have ended: sign in with a new one"
            )
        elif isinstance(grant, RefreshToken):
            error.message += "; the refresh token has ended or was used elsewhere: sign in again"
    return error


def _copy(error: E) -> E:
    """The same error as a new object that carries no traceback.

    An exception grows by the frames that it is raised through; one that is raised by many callers
    would hold on to all of them, and show each the frames of the others.
    """
    copy = type(error).__new__(type(error), *error.args)
    copy.__dict__.update(error.__dict__)
    if "__notes__" in copy.__dict__:
        copy.__notes__ = list(error.__notes__)
    copy.args = error.args
    copy.__cause__ = error.__cause__
    copy.__suppress_context__ = error.__suppress_context__
    return copy
