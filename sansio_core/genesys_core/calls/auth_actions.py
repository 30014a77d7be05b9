"""Explicit actions on the client's token, for ``client.auth``.

Invariants: those of :mod:`genesys_core.calls.token_actions`; in addition, no action except
``SignOut`` loses a token: if an exchange fails, the client keeps its token, and a token that a store
cannot save is used anyway.

===========  ==============================================================================
action       effect
===========  ==============================================================================
Refresh      obtains a new token, whether or not ``refresh_access_token`` is set
SignIn       exchanges a grant; the client uses that grant and its token from then on
UseToken     the client uses a token obtained elsewhere
SignOut      revokes the token, and deletes it from the client and its store
===========  ==============================================================================
"""

from typing import Final, TypeAlias

from msgspec import Struct

from genesys_core import errors
from genesys_core.calls.call import Call
from genesys_core.calls.lifecycle import Raised, Returned, ready_to_send
from genesys_core.calls.operation import Endpoint, Operation
from genesys_core.calls.prepare import prepare_request
from genesys_core.calls.responses import ApiResponse, api_error
from genesys_core.calls.token_actions import (
    ActionAnswer,
    Exchanging,
    Finished,
    moved_away_error,
    start_exchange,
)
from genesys_core.checks import Expected
from genesys_core.clock import Now
from genesys_core.errors import ApiError, AuthenticationError, GenesysCloudError, InvalidGrantError
from genesys_core.http.messages import Request, Response
from genesys_core.oauth.grants import EXPECTED_GRANT, Grant, RefreshToken
from genesys_core.oauth.tokens import Token
from genesys_core.session.session import Session
from genesys_core.session.vault import ExchangeNeeded, NoToken, TokenReady

__all__ = [
    "AuthOutcome",
    "Granted",
    "Refresh",
    "SignIn",
    "SignOut",
    "SignedOut",
    "TokenSnapshot",
    "UseToken",
]


class Granted(Struct, frozen=True):
    """The result of a successful action that gave the client a new token."""

    token: Token


class SignedOut(Struct, frozen=True):
    """The result of a successful sign-out: the client's token is deleted and no longer valid."""


class TokenSnapshot(Struct, frozen=True):
    """The client's token state when an explicit action was requested.

    Attributes:
        since: when the action was requested, on the monotonic clock.
        known: the client's token at that time.
        arrived: number of exchanges that the vault had completed by then.
        login: the client's login host at that time.
    """

    since: float
    known: Token | None
    arrived: int
    login: str

    @classmethod
    def of(cls, session: Session, *, now: Now) -> "TokenSnapshot":
        """Return the client's current token state."""
        vault = session.vault
        return cls(now.monotonic, vault.token, vault.exchanges, session.settings.hosts.login)

    def login_host_changed(self, session: Session) -> bool:
        """Return whether the client's login host has changed since the action was requested."""
        return session.settings.hosts.login != self.login


class _AuthAction(Struct, frozen=True):
    """Base class of the actions of ``client.auth``."""

    asked: TokenSnapshot

    @property
    def since(self) -> float:
        """When the action was requested, on the monotonic clock."""
        return self.asked.since

    @property
    def expires(self) -> None:
        """Always ``None``: the action has no deadline; only its requests have one."""

    def timed_out(self, session: Session, *, now: Now) -> Raised:  # noqa: ARG002 - TokenAction
        """Return the error for an action that timed out before it sent a request."""
        seconds = session.settings.refresh_token_wait_max
        words = f"timed out after waiting {seconds:g} s for another token request"
        return Raised(errors.TimeoutError(words, sent=False))

    def refused(self, session: Session, error: GenesysCloudError, *, now: Now) -> Raised:  # noqa: ARG002 - TokenAction
        """Return the token store's error as the action's result."""
        return Raised(error)


class _OwnGrantAction(_AuthAction, frozen=True):
    """An action that uses the client's own grant."""

    @property
    def grant(self) -> None:
        """Always ``None``: the client keeps its own grant."""


AuthOutcome: TypeAlias = Granted | Raised


class Refresh(_OwnGrantAction, frozen=True):
    """The action that obtains a new token; concurrent refreshes share a single exchange."""

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, ActionAnswer[AuthOutcome]]:
        """Return the request for a new token, a token that another caller obtained, or an error."""
        if self.asked.login_host_changed(session):
            return session, Finished(Raised(moved_away_error()))
        vault, known = session.vault, self.asked.known
        if vault.fallback(known, now) is None:
            known = None  # its replacement, for example from a store, has expired as well
        answer = vault.renewal(known=known, arrived=self.asked.arrived)
        if isinstance(answer, ExchangeNeeded):
            return session.with_vault(vault.trying(now)), _exchange_step(answer.grant, session, now)
        return session, _finished(answer)

    def settle(
        self,
        session: Session,
        asked: Exchanging,  # noqa: ARG002 - TokenAction
        outcome: Returned[Token] | Raised,
        *,
        now: Now,
    ) -> tuple[Session, ActionAnswer[AuthOutcome]]:
        """Store the new token for all waiting callers; after a failure, keep the old token."""
        if self.asked.login_host_changed(session):
            return session, Finished(Raised(moved_away_error()))
        ended = outcome.response.data if isinstance(outcome, Returned) else outcome.error
        # The current token counts as rejected, so that a failed refresh does not return it as new.
        vault, answer = session.vault.settle(ended, rejected=session.vault.token, now=now)
        return session.with_vault(vault), _finished(answer)


class SignIn(_AuthAction, frozen=True):
    """The action that signs in with another grant; a rejected grant leaves the client unchanged."""

    grant: Grant

    def __post_init__(self) -> None:
        EXPECTED_GRANT.check("grant", self.grant)

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, ActionAnswer[AuthOutcome]]:
        """Return the request that exchanges the grant for a token, or an error."""
        if self.asked.login_host_changed(session):
            return session, Finished(Raised(moved_away_error()))
        return session, _exchange_step(self.grant, session, now)

    def settle(
        self,
        session: Session,
        asked: Exchanging,  # noqa: ARG002 - TokenAction
        outcome: Returned[Token] | Raised,
        *,
        now: Now,  # noqa: ARG002 - TokenAction
    ) -> tuple[Session, ActionAnswer[AuthOutcome]]:
        """Store the grant and its token in the client, or return the error if there is no token.

        Neither is stored if the client's login host has changed since the action was requested.
        """
        if isinstance(outcome, Raised):
            return session, Finished(outcome)
        if self.asked.login_host_changed(session):
            return session, Finished(Raised(moved_away_error()))
        token = outcome.response.data
        vault = session.vault.signed_in(self.grant, token)
        return session.with_vault(vault), Finished(Granted(vault.token or token))


_TOKEN: Final = Expected("a Token", "Token(access_token)", (Token,))


class UseToken(_AuthAction, frozen=True):
    """The action that makes the client use a token obtained elsewhere.

    Attributes:
        token: the token to use.
        grant: the grant that renews the token; ``None`` for a static token.
    """

    token: Token
    grant: Grant | None = None

    def __post_init__(self) -> None:
        _TOKEN.check("token", self.token)
        EXPECTED_GRANT.or_none().check("grant", self.grant)

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, ActionAnswer[AuthOutcome]]:  # noqa: ARG002 - TokenAction
        """Store the token in the client; nothing is sent."""
        vault = session.vault.given(self.token, self.grant)
        return session.with_vault(vault), Finished(Granted(self.token))

    def settle(
        self,
        session: Session,
        asked: Exchanging,  # noqa: ARG002 - TokenAction
        outcome: Returned[Token] | Raised,  # noqa: ARG002 - TokenAction
        *,
        now: Now,
    ) -> tuple[Session, ActionAnswer[AuthOutcome]]:
        """Required by :class:`TokenAction`; never called, because this action sends no request."""
        return self.reserve(session, now=now)


class SignOut(_OwnGrantAction, frozen=True):
    """The action that revokes the token, and discards it even if the platform does not revoke it.

    An expired token is renewed first if there is a refresh token: revoking the new token revokes
    the refresh token as well.
    """

    def reserve(
        self, session: Session, *, now: Now
    ) -> tuple[Session, ActionAnswer[SignedOut | Raised]]:
        """Return the next request, or the result if no request is needed.

        The request revokes the token or, if the token has expired, refreshes it first.

        No request is sent if the client has neither a valid token nor a refresh token, or if its
        login host has changed since the action was requested.
        """
        if self.asked.login_host_changed(session):
            return session, Finished(Raised(moved_away_error()))
        vault = session.vault
        # Not `usable`: a token that is about to expire can be revoked without a renewal.
        token = vault.fallback(None, now)
        if token is not None:
            return session, _revocation_step(token, session, now)
        answer = vault.renewal(known=None, arrived=vault.exchanges)
        if isinstance(answer, ExchangeNeeded) and isinstance(answer.grant, RefreshToken):
            return session, _exchange_step(answer.grant, session, now)
        return session, Finished(SignedOut(), forget_token=True)

    def settle(
        self, session: Session, asked: Exchanging, outcome: Returned[Token] | Raised, *, now: Now
    ) -> tuple[Session, ActionAnswer[SignedOut | Raised]]:
        """Return the next step: revoke a token that was just renewed, or finish."""
        if self.asked.login_host_changed(session):
            return session, Finished(Raised(moved_away_error()))
        if isinstance(outcome, Returned):
            # A request without a grant is the revocation.
            if asked.grant is None:
                return session, Finished(SignedOut(), forget_token=True)
            session = session.with_vault(session.vault.granted(outcome.response.data))
            return session, _revocation_step(outcome.response.data, session, now)
        if isinstance(outcome.error, AuthenticationError | InvalidGrantError):
            # The platform already rejects the token, which is the goal.
            return session, Finished(SignedOut(), forget_token=True)
        outcome.error.add_note(
            "the client is signed out anyway; the platform may accept its token until it expires"
        )
        return session, Finished(outcome, forget_token=True)


def _finished(answer: TokenReady | NoToken) -> Finished[AuthOutcome]:
    result = Granted(answer.token) if isinstance(answer, TokenReady) else Raised(answer.error)
    return Finished(result)


def _exchange_step(grant: Grant, session: Session, now: Now) -> Exchanging:
    return Exchanging(start_exchange(grant, session, now=now), grant)


REVOCATION: Final = Endpoint("delete_tokens_me", "DELETE", "/api/v2/tokens/me")
"""The endpoint that revokes a token, and the refresh token issued with it."""


def _revocation_step(token: Token, session: Session, now: Now) -> Exchanging:
    settings = session.settings
    call = Call(
        endpoint=REVOCATION,
        request=prepare_request(Operation(REVOCATION), settings),
        reader=_RevocationReader(token),
        policy=settings.retry,
        repeatable=True,
        refreshable=False,  # a 401 means that the token is invalid already
        paced=session.pacer is not None,
        random=session.random,
        started=now.monotonic,
        deadline=settings.deadline,
        vault=session.vault,
        secrets=settings.secrets,
        token=token,
    )
    return Exchanging(ready_to_send(call, now=now))


class _RevocationReader(Struct, frozen=True):
    """Reads the response to a revocation, and returns the revoked token as its data."""

    token: Token

    def read(self, response: Response, now: Now) -> ApiResponse[Token]:  # noqa: ARG002 - ResponseReader
        return ApiResponse(response.status, response.headers, self.token, response.body)

    def error(self, response: Response, request: Request, retry_after: float | None) -> ApiError:
        return api_error(response, request, retry_after=retry_after)
