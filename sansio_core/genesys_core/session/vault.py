"""The vault: one access token for all calls of a client, renewed once for all of them.

Invariants: every step is a pure function from one vault to the next. The adapter replaces vaults
under one lock and runs one exchange at a time; the vault alone decides whether an exchange is
needed.

* A fresh token that differs from the rejected one is returned without I/O.
* A rejected token is not used again, unless the login host issues it again.
* A token is renewed before it expires. During the renewal, and if it fails, the token remains in
  use until it expires; after a failure the renewal is retried at half of the remaining lifetime.
* A failure is raised in all waiting calls. Each call raises a separate copy of the error, so that
  tracebacks do not accumulate on one object. Later calls may try again.
* If a response has a refresh token, it replaces the old one; otherwise the old one is kept.
* A token that another process has saved in the token store in the meantime is adopted.

A call that holds the adapter's token lock uses :meth:`Vault.reserve`, and after an exchange
:meth:`Vault.settle`. The explicit actions of ``client.auth`` have their own steps below.
"""

from collections.abc import Iterator
from copy import copy
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
"""Seconds before expiry at which a token is renewed, or a tenth of its lifetime if that is less: a
token with a short lifetime would otherwise be renewed by every call.
"""

AHEAD_PAUSE: Final = 1.0
"""Minimum seconds between two attempts to renew a token before it expires."""


class TokenReady(Struct, frozen=True):
    """A token is available; no I/O is needed."""

    token: Token


class ExchangeNeeded(Struct, frozen=True):
    """The caller must exchange a grant for a token, then report the outcome.

    Attributes:
        grant: the grant to exchange.
    """

    grant: Grant


class NoToken(Struct, frozen=True):
    """No token can be obtained.

    Attributes:
        error: the reason; a new object each time.
        exhausted: whether there was no grant to try. A call that got a 401 should then raise the
            401 instead.
    """

    error: GenesysCloudError
    exhausted: bool = False


class Vault(Struct, frozen=True):
    """The state of the client's token.

    Attributes:
        grant: how to obtain a token; ``None`` for a static token or no token.
        token: the current token.
        renew: whether tokens are renewed automatically (``refresh_access_token``).
        exchanges: number of completed exchanges, successful or not, and of tokens set explicitly.
        spent: whether the grant has been exchanged for a token, so that a single-use grant cannot
            be exchanged again.
        failure: the last exchange's error, if it failed.
        rejected: the token that the platform rejected last, if no exchange has succeeded since.
        ahead_from: the wall-clock time before which the current token is not renewed early again.
        stored: the token store's content when it was last read or written.
        signed_out: whether the client was signed out explicitly.
        store_failure: the token store's error, if its last operation failed.
        is_shared: whether the current token is from the store, where another client had replaced
            this client's token.
        is_stale: whether the current token had already expired when it was read from the token
            store; the next exchange is then the client's first, not a renewal.
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
    is_shared: bool = False
    is_stale: bool = False

    def secrets(self) -> Iterator[str]:
        """Yield the secrets of the grant and of all known tokens, for redaction."""
        if self.grant is not None:
            yield from grant_secrets(self.grant)
        for token in (self.token, self.stored, self.rejected):
            if token is not None:
                yield from token_secrets(token)

    # Queries by a call.

    @property
    def authenticates(self) -> bool:
        """Whether calls send a token."""
        return self.grant is not None or self.token is not None or self.signed_out

    @property
    def refreshable(self) -> bool:
        """Whether a rejected or expired token is renewed automatically."""
        return self.renew and self._next_grant() is not None

    def usable(self, now: Now) -> Token | None:
        """Return the current token; ``None`` if it is missing, rejected or must be renewed first."""
        token = self._accepted
        if token is None or not _is_ending(token, now) or not (self.refreshable or self.is_stale):
            return token
        # Before `ahead_from`, another call is renewing it, or has just failed to.
        return token if now.wall < self.ahead_from and not _has_ended(token, now) else None

    def fallback(self, rejected: Token | None, now: Now) -> Token | None:
        """Return the current token, for use if an early renewal failed or takes too long.

        ``None`` if the token has expired, was rejected, or is missing.

        Args:
            rejected: a token that must not be returned.
            now: the current time, for the token's expiry.
        """
        token = self._accepted
        if token is None or _same(token, rejected) or _has_ended(token, now):
            return None
        return token

    # The two steps of a call that needs a token.

    def reserve(
        self, *, rejected: Token | None, arrived: int, now: Now
    ) -> "tuple[Vault, TokenReady | ExchangeNeeded | NoToken]":
        """Decide how a call gets a token; after an :class:`ExchangeNeeded`, call :meth:`settle`.

        Args:
            rejected: the token that the platform just rejected for this call, if any.
            arrived: :attr:`exchanges` at the time when the call began to wait.
            now: the current time, for the token's expiry.
        """
        vault = self if rejected is None else self.refused(rejected)
        answer = vault.request(rejected=rejected, arrived=arrived, now=now)
        return (vault.trying(now) if isinstance(answer, ExchangeNeeded) else vault), answer

    def settle(
        self, outcome: Token | GenesysCloudError, *, rejected: Token | None, now: Now
    ) -> "tuple[Vault, TokenReady | NoToken]":
        """Apply the outcome of an exchange, on behalf of the call that made it.

        Args:
            outcome: the token, or the error.
            rejected: as in :meth:`reserve`.
            now: the current time, for the token's expiry.
        """
        if isinstance(outcome, Token):
            vault = self.granted(outcome)
            return vault, TokenReady(vault.token or outcome)
        vault = self.failed(outcome)
        token = vault.fallback(rejected, now)
        if token is not None:
            return vault, TokenReady(token)
        return vault, NoToken(_copy(vault.failure or outcome))

    # Building blocks of the two steps.

    def request(
        self, *, rejected: Token | None, arrived: int, now: Now
    ) -> TokenReady | ExchangeNeeded | NoToken:
        """Decide how a call that needs a token gets one; see :meth:`reserve`."""
        # An exchange that ended while this call waited for the lock answers this call too.
        failure = self.failure if self.exchanges > arrived else None
        token = self.usable(now)
        if token is None and failure is not None:
            token = self.fallback(rejected, now)
        if token is not None:
            return TokenReady(token)
        if failure is not None:
            return NoToken(_copy(failure))
        # The first exchange is not a renewal, so it is made even if renewal is disabled.
        is_first = self.token is None or self.is_stale
        grant = self._next_grant() if self.renew or is_first else None
        if grant is None:
            return NoToken(GenesysCloudError(self._why_nothing()), exhausted=True)
        return ExchangeNeeded(grant)

    def trying(self, now: Now) -> "Vault":
        """Record that an exchange begins. Other calls keep using an expiring token in the meantime.

        If the call that makes the exchange is cancelled, nothing needs to be cleaned up: the next
        attempt starts as after a failure.
        """
        token = self._accepted
        if token is None or token.expires_at is None:
            return self
        pause = max(AHEAD_PAUSE, (token.expires_at - now.wall) / 2)
        return msgspec.structs.replace(self, ahead_from=now.wall + pause)

    def granted(self, token: Token) -> "Vault":
        """Record that an exchange succeeded, and keep the new token."""
        return self._holding(self.grant, _keeping(token, self._spendable), spent=True)

    def failed(self, error: GenesysCloudError) -> "Vault":
        """Record that an exchange failed. Waiting calls get the error; the next call may try again.

        A refresh token that the login host rejects is discarded if the grant itself can be
        exchanged instead; otherwise it is kept and tried again next time.
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
        """Record that the platform rejected the current token with a 401; ignore other tokens."""
        return msgspec.structs.replace(self, rejected=token) if _same(token, self.token) else self

    # Steps of `client.auth`, under the token lock like those above.

    def renewal(
        self, *, known: Token | None, arrived: int
    ) -> TokenReady | ExchangeNeeded | NoToken:
        """Decide how an explicit refresh gets a token, even if ``renew`` is not set.

        After an :class:`ExchangeNeeded`, call :meth:`granted` or :meth:`failed`.

        Args:
            known: the token that the caller wants to replace; if it has been replaced in the
                meantime, the new token is returned.
            arrived: :attr:`exchanges` at the time when the caller began to wait.
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
        """Replace the grant and the token after an explicit exchange.

        If the exchange fails, the vault stays unchanged and the caller gets the error.
        """
        kept = grant.refresh_token if isinstance(grant, RefreshToken) else None
        return self._holding(grant, _keeping(token, kept), spent=True)

    def given(self, token: Token, grant: Grant | None = None) -> "Vault":
        """Use a token from another source; the token is renewed only if a grant is passed too."""
        return self._holding(grant, token, spent=False)

    def without_token(self) -> "Vault":
        """Sign out: calls raise an error until the client signs in again."""
        return Vault(renew=self.renew, exchanges=self.exchanges, signed_out=True)

    # Steps around a token store, under its lock.

    def adopted(self, stored: Token | None, *, now: Now) -> "Vault":
        """Apply the token store's content: adopt a token that another process has saved.

        Call :meth:`reserve` again afterwards; an :class:`ExchangeNeeded` that it returned before is
        no longer valid. While the vault has no token, a stored token is adopted only if the grant's
        :attr:`~Grant.resumes` is true: a code or an assertion may belong to a different user than
        the stored token, and is exchanged instead.

        Args:
            stored: the token in the store, or ``None``.
            now: the current time, for the token's expiry.
        """
        vault = msgspec.structs.replace(self, ahead_from=0.0, store_failure=None)
        if stored is None or self.grant is None or _same(stored, self.stored):
            return vault
        if self.token is None and not self.grant.resumes:
            return msgspec.structs.replace(vault, stored=stored)
        return msgspec.structs.replace(
            vault,
            token=stored,
            stored=stored,
            is_shared=self.token is not None,
            is_stale=(self.token is None or self.is_stale) and _has_ended(stored, now),
        )

    @property
    def unsaved(self) -> Token | None:
        """The current token if it is not yet in the token store, otherwise ``None``."""
        # All fields count: the same access token may come with another refresh token.
        return self.token if self.grant is not None and self.token != self.stored else None

    def saved(self) -> "Vault":
        """Record that the token store contains the current token."""
        return msgspec.structs.replace(self, stored=self.token, store_failure=None)

    def without_store(self, failure: GenesysCloudError) -> "Vault":
        """Record that the token store failed; the token remains usable."""
        return msgspec.structs.replace(self, store_failure=_copy(failure))

    @property
    def _accepted(self) -> Token | None:
        return None if _same(self.token, self.rejected) else self.token

    @property
    def _is_exchangeable(self) -> bool:
        return self.grant is not None and (self.grant.repeatable or not self.spent)

    @property
    def _spendable(self) -> str | None:
        """Return the refresh token that the next exchange uses."""
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
        # A new vault, because failure, rejection and early renewal concern the previous token.
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
            return "there is no access token; pass the client a grant as `auth`"
        if self._next_grant() is not None:
            return "the access token was rejected and refresh_access_token is off; renew it with client.auth.refresh()"
        return "the access token expired or was rejected and cannot be renewed; pass the client a grant as `auth`, or a new `access_token`"


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
    # RFC 6749 section 6: "The authorization server MAY issue a new refresh token".
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
                "; the SAML assertion was valid before and may have expired: sign in with a new one"
            )
        elif isinstance(grant, RefreshToken):
            error.message += "; the refresh token expired or was used elsewhere: sign in again"
    return error


def _copy(error: E) -> E:
    """Return a copy of an error without its traceback.

    An exception accumulates the frames that it is raised through; one that many callers raise would
    keep all of them alive, and show each caller the frames of the others.
    """
    twin = copy(error)
    if "__notes__" in twin.__dict__:
        twin.__notes__ = list(error.__notes__)  # add_note() appends to the list in place
    twin.__cause__ = error.__cause__
    twin.__suppress_context__ = error.__suppress_context__
    return twin
