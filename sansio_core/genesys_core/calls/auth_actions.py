"""What is wanted of a client's token by hand, through ``client.auth``.

Law: as in :mod:`genesys_core.calls.token_actions`; and nothing done by hand loses a token: an exchange that
fails leaves the client as it was, and what a store cannot keep is used all the same.

===========  ==============================================================================
action         what is wanted
===========  ==============================================================================
Refresh      another token than the one there is, with ``refresh_access_token`` or without
SignIn       a grant exchanged, and the client going on with what it brought
UseToken     the client going on with a token from elsewhere
SignOut      the token revoked, and forgotten by the client and its store
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
    """This is the client's token now."""

    token: Token


class SignedOut(Struct, frozen=True):
    """The client has no token any more, and the platform takes the one it had no longer."""


class TokenSnapshot(Struct, frozen=True):
    """What was so when somebody asked for something by hand.

    Attributes:
        since: when that was, on the monotonic clock.
        known: the client's token.
        arrived: exchanges that the vault had finished.
        login: the login host.
    """

    since: float
    known: Token | None
    arrived: int
    login: str

    @classmethod
    def of(cls, session: Session, *, now: Now) -> "TokenSnapshot":
        """What is so now."""
        vault = session.vault
        return cls(now.monotonic, vault.token, vault.exchanges, session.settings.hosts.login)

    def login_host_changed(self, session: Session) -> bool:
        """Whether the client has another login host by now, for which this was not meant."""
        return session.settings.hosts.login != self.login


class _AuthAction(Struct, frozen=True):
    """What the actions of ``client.auth`` share."""

    asked: TokenSnapshot

    @property
    def since(self) -> float:
        """When it was asked for."""
        return self.asked.since

    @property
    def expires(self) -> None:
        """Never: its requests keep the client's deadline."""

    def timed_out(self, session: Session, *, now: Now) -> Raised:  # noqa: ARG002 - TokenAction
        """Others took too long; nothing was sent."""
        seconds = session.settings.refresh_token_wait_max
        words = f"others have been exchanging the token for more than {seconds:g} s"
        return Raised(errors.TimeoutError(words, sent=False))

    def refused(self, session: Session, error: GenesysCloudError, *, now: Now) -> Raised:  # noqa: ARG002 - TokenAction
        """The store's error."""
        return Raised(error)


class _OwnGrantAction(_AuthAction, frozen=True):
    """An action that has to do with the client's own grant."""

    @property
    def grant(self) -> None:
        """None: the client's own."""


AuthOutcome: TypeAlias = Granted | Raised


class Refresh(_OwnGrantAction, frozen=True):
    """Another token than the one there is; those who ask at the same time share it."""

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, ActionAnswer[AuthOutcome]]:
        """The token that somebody else got meanwhile, an exchange, or why there is none."""
        if self.asked.login_host_changed(session):
            return session, Finished(Raised(moved_away_error()))
        vault, known = session.vault, self.asked.known
        if vault.fallback(known, now) is None:
            known = None  # what has taken its place meanwhile, from a store say, has ended as well
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
        """The new token, or the failure, which is for all who asked; the old token stays."""
        if self.asked.login_host_changed(session):
            return session, Finished(Raised(moved_away_error()))
        ended = outcome.response.data if isinstance(outcome, Returned) else outcome.error
        vault, answer = session.vault.settle(ended, rejected=session.vault.token, now=now)
        return session.with_vault(vault), _finished(answer)


class SignIn(_AuthAction, frozen=True):
    """The client goes on with another grant, if the login host takes it."""

    grant: Grant

    def __post_init__(self) -> None:
        EXPECTED_GRANT.check("grant", self.grant)

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, ActionAnswer[AuthOutcome]]:
        """An exchange, in any case."""
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
        """The token; if there is none, the client goes on as before."""
        if isinstance(outcome, Raised):
            return session, Finished(outcome)
        if self.asked.login_host_changed(session):
            return session, Finished(Raised(moved_away_error()))
        token = outcome.response.data
        vault = session.vault.signed_in(self.grant, token)
        return session.with_vault(vault), Finished(Granted(vault.token or token))


_TOKEN: Final = Expected("a Token", "Token(access_token)", (Token,))


class UseToken(_AuthAction, frozen=True):
    """The client goes on with a token from elsewhere.

    Attributes:
        token: the token.
        grant: what renews it; ``None`` for a static token.
    """

    token: Token
    grant: Grant | None = None

    def __post_init__(self) -> None:
        _TOKEN.check("token", self.token)
        EXPECTED_GRANT.or_none().check("grant", self.grant)

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, ActionAnswer[AuthOutcome]]:  # noqa: ARG002 - TokenAction
        """Done."""
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
        """Nothing was asked; the token is the client's."""
        return self.reserve(session, now=now)


class SignOut(_OwnGrantAction, frozen=True):
    """The token is revoked, and forgotten whatever the platform says to that.

    A token that has ended is renewed first, where a refresh token can do that: revoking the new one
    ends the refresh token with it.
    """

    def reserve(
        self, session: Session, *, now: Now
    ) -> tuple[Session, ActionAnswer[SignedOut | Raised]]:
        """The revocation, a renewal before it, or nothing but to forget."""
        if self.asked.login_host_changed(session):
            return session, Finished(Raised(moved_away_error()))
        vault = session.vault
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
        """After a renewal the revocation, after that the end."""
        if self.asked.login_host_changed(session):
            return session, Finished(Raised(moved_away_error()))
        if isinstance(outcome, Returned):
            if asked.grant is None:
                return session, Finished(SignedOut(), forget_token=True)
            session = session.with_vault(session.vault.granted(outcome.response.data))
            return session, _revocation_step(outcome.response.data, session, now)
        if isinstance(outcome.error, AuthenticationError | InvalidGrantError):
            # The platform takes it no longer, which is what was wanted.
            return session, Finished(SignedOut(), forget_token=True)
        outcome.error.add_note(
            "the client is signed out all the same; the platform may take its token until that ends"
        )
        return session, Finished(outcome, forget_token=True)


def _finished(answer: TokenReady | NoToken) -> Finished[AuthOutcome]:
    result = Granted(answer.token) if isinstance(answer, TokenReady) else Raised(answer.error)
    return Finished(result)


def _exchange_step(grant: Grant, session: Session, now: Now) -> Exchanging:
    return Exchanging(start_exchange(grant, session, now=now), grant)


REVOCATION: Final = Endpoint("delete_tokens_me", "DELETE", "/api/v2/tokens/me")
"""Ends a token at the platform, and the refresh token that came with it."""


def _revocation_step(token: Token, session: Session, now: Now) -> Exchanging:
    settings = session.settings
    call = Call(
        endpoint=REVOCATION,
        request=prepare_request(Operation(REVOCATION), settings),
        reader=_RevocationReader(token),
        policy=settings.retry,
        repeatable=True,
        refreshable=False,
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
    """Replies to a revocation: the token that is no more."""

    token: Token

    def read(self, response: Response, now: Now) -> ApiResponse[Token]:  # noqa: ARG002 - ResponseReader
        return ApiResponse(response.status, response.headers, self.token, response.body)

    def error(self, response: Response, request: Request, retry_after: float | None) -> ApiError:
        return api_error(response, request, retry_after=retry_after)
