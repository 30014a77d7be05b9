"""What is wanted of a client's token by hand, through ``client.auth``.

Law: as in :mod:`genesys_core.calls.token_actions`; and nothing done by hand loses a token: an exchange that
fails leaves the client as it was, and what a store cannot keep is used all the same.

===========  ==============================================================================
wish         what is wanted
===========  ==============================================================================
Refresh      another token than the one there is, with ``refresh_access_token`` or without
SignIn       a grant exchanged, and the client going on with what it brought
Bring        the client going on with a token from elsewhere
SignOut      the token revoked, and forgotten by the client and its store
===========  ==============================================================================
"""

from typing import Final, TypeAlias

from msgspec import Struct

from genesys_core import errors
from genesys_core.calls.call import Call
from genesys_core.calls.lifecycle import (
    Exchanging,
    Raised,
    Returned,
    Sending,
    moved_away,
    start_exchange,
)
from genesys_core.calls.operation import Endpoint, Operation
from genesys_core.calls.prepare import prepare
from genesys_core.calls.responses import ApiResponse, api_error
from genesys_core.calls.token_actions import Answer, Settled
from genesys_core.clock import Now
from genesys_core.errors import ApiError, AuthenticationError, GenesysCloudError, InvalidGrantError
from genesys_core.http.messages import Request, Response
from genesys_core.oauth.grants import Grant, RefreshToken
from genesys_core.oauth.tokens import Token
from genesys_core.session.session import Session
from genesys_core.session.vault import Exchange, Have, Refused

__all__ = ["Bring", "ByHand", "Granted", "Moment", "Refresh", "SignIn", "SignOut", "SignedOut"]


class Granted(Struct, frozen=True):
    """This is the client's token now."""

    token: Token


class SignedOut(Struct, frozen=True):
    """The client has no token any more, and the platform takes the one it had no longer."""


class Moment(Struct, frozen=True):
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
    def of(cls, session: Session, *, now: Now) -> "Moment":
        """What is so now."""
        vault = session.vault
        return cls(now.monotonic, vault.token, vault.exchanges, session.settings.hosts.login)

    def has_passed(self, session: Session) -> bool:
        """Whether the client has another login host by now, for which this was not meant."""
        return session.settings.hosts.login != self.login


class _ByHand(Struct, frozen=True):
    """What the wishes of ``client.auth`` share."""

    asked: Moment

    @property
    def since(self) -> float:
        """When it was asked for."""
        return self.asked.since

    @property
    def expires(self) -> None:
        """Never: its requests keep the client's deadline."""

    def timed_out(self, session: Session, *, now: Now) -> Raised:  # noqa: ARG002 - Wish
        """Others took too long; nothing was sent."""
        seconds = session.settings.refresh_token_wait_max
        words = f"others have been exchanging the token for more than {seconds:g} s"
        return Raised(errors.TimeoutError(words, sent=False))

    def refused(self, session: Session, error: GenesysCloudError, *, now: Now) -> Raised:  # noqa: ARG002 - Wish
        """The store's error."""
        return Raised(error)


class _OfTheClient(_ByHand, frozen=True):
    """A wish that has to do with the client's own grant."""

    @property
    def grant(self) -> None:
        """None: the client's own."""


ByHand: TypeAlias = Granted | Raised


class Refresh(_OfTheClient, frozen=True):
    """Another token than the one there is; those who ask at the same time share it."""

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, Answer[ByHand]]:
        """The token that somebody else got meanwhile, an exchange, or why there is none."""
        if self.asked.has_passed(session):
            return session, Settled(Raised(moved_away()))
        vault, known = session.vault, self.asked.known
        if vault.fallback(known, now) is None:
            known = None  # what has taken its place meanwhile, from a store say, has ended as well
        answer = vault.renewal(known=known, arrived=self.asked.arrived)
        if isinstance(answer, Exchange):
            return session.with_vault(vault.trying(now)), _exchanging(answer.grant, session, now)
        return session, _settled(answer)

    def settle(
        self,
        session: Session,
        asked: Exchanging,  # noqa: ARG002 - Wish
        outcome: Returned[Token] | Raised,
        *,
        now: Now,
    ) -> tuple[Session, Answer[ByHand]]:
        """The new token, or the failure, which is for all who asked; the old token stays."""
        if self.asked.has_passed(session):
            return session, Settled(Raised(moved_away()))
        ended = outcome.response.data if isinstance(outcome, Returned) else outcome.error
        vault, answer = session.vault.settle(ended, rejected=session.vault.token, now=now)
        return session.with_vault(vault), _settled(answer)


class SignIn(_ByHand, frozen=True):
    """The client goes on with another grant, if the login host takes it."""

    grant: Grant

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, Answer[ByHand]]:
        """An exchange, in any case."""
        if self.asked.has_passed(session):
            return session, Settled(Raised(moved_away()))
        return session, _exchanging(self.grant, session, now)

    def settle(
        self,
        session: Session,
        asked: Exchanging,  # noqa: ARG002 - Wish
        outcome: Returned[Token] | Raised,
        *,
        now: Now,  # noqa: ARG002 - Wish
    ) -> tuple[Session, Answer[ByHand]]:
        """The token; if there is none, the client goes on as before."""
        if isinstance(outcome, Raised):
            return session, Settled(outcome)
        if self.asked.has_passed(session):
            return session, Settled(Raised(moved_away()))
        token = outcome.response.data
        vault = session.vault.signed_in(self.grant, token)
        return session.with_vault(vault), Settled(Granted(vault.token or token))


class Bring(_ByHand, frozen=True):
    """The client goes on with a token from elsewhere.

    Attributes:
        token: the token.
        grant: what renews it; ``None`` for a static token.
    """

    token: Token
    grant: Grant | None = None

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, Answer[ByHand]]:  # noqa: ARG002 - Wish
        """Done."""
        vault = session.vault.given(self.token, self.grant)
        return session.with_vault(vault), Settled(Granted(self.token))

    def settle(
        self,
        session: Session,
        asked: Exchanging,  # noqa: ARG002 - Wish
        outcome: Returned[Token] | Raised,  # noqa: ARG002 - Wish
        *,
        now: Now,
    ) -> tuple[Session, Answer[ByHand]]:
        """Nothing was asked; the token is the client's."""
        return self.reserve(session, now=now)


class SignOut(_OfTheClient, frozen=True):
    """The token is revoked, and forgotten whatever the platform says to that.

    A token that has ended is renewed first, where a refresh token can do that: revoking the new one
    ends the refresh token with it.
    """

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, Answer[SignedOut | Raised]]:
        """The revocation, a renewal before it, or nothing but to forget."""
        if self.asked.has_passed(session):
            return session, Settled(Raised(moved_away()))
        vault = session.vault
        token = vault.fallback(None, now)
        if token is not None:
            return session, _revoking(token, session, now)
        answer = vault.renewal(known=None, arrived=vault.exchanges)
        if isinstance(answer, Exchange) and isinstance(answer.grant, RefreshToken):
            return session, _exchanging(answer.grant, session, now)
        return session, Settled(SignedOut(), forgets=True)

    def settle(
        self, session: Session, asked: Exchanging, outcome: Returned[Token] | Raised, *, now: Now
    ) -> tuple[Session, Answer[SignedOut | Raised]]:
        """After a renewal the revocation, after that the end."""
        if self.asked.has_passed(session):
            return session, Settled(Raised(moved_away()))
        if isinstance(outcome, Returned):
            if asked.grant is None:
                return session, Settled(SignedOut(), forgets=True)
            session = session.with_vault(session.vault.granted(outcome.response.data))
            return session, _revoking(outcome.response.data, session, now)
        if isinstance(outcome.error, AuthenticationError | InvalidGrantError):
            # The platform takes it no longer, which is what was wanted.
            return session, Settled(SignedOut(), forgets=True)
        outcome.error.add_note(
            "the client is signed out all the same; the platform may take its token until that ends"
        )
        return session, Settled(outcome, forgets=True)


def _settled(answer: Have | Refused) -> Settled[ByHand]:
    result = Granted(answer.token) if isinstance(answer, Have) else Raised(answer.error)
    return Settled(result)


def _exchanging(grant: Grant, session: Session, now: Now) -> Exchanging:
    return Exchanging(start_exchange(grant, session, now=now), grant)


REVOCATION: Final = Endpoint("delete_tokens_me", "DELETE", "/api/v2/tokens/me")
"""Ends a token at the platform, and the refresh token that came with it."""


def _revoking(token: Token, session: Session, now: Now) -> Exchanging:
    settings = session.settings
    call = Call(
        endpoint=REVOCATION,
        request=prepare(Operation(REVOCATION), settings),
        replies=_Revoked(token),
        policy=settings.retry,
        repeatable=True,
        refreshable=False,
        random=session.random,
        started=now.monotonic,
        deadline=settings.deadline,
        token=token,
    )
    return Exchanging(Sending(call, call.next_request(now)))


class _Revoked(Struct, frozen=True):
    """Replies to a revocation: the token that is no more."""

    token: Token

    def read(self, response: Response, now: Now) -> ApiResponse[Token]:  # noqa: ARG002 - Replies
        return ApiResponse(response.status, response.headers, self.token, response.body)

    def error(self, response: Response, request: Request, retry_after: float | None) -> ApiError:
        return api_error(response, request, retry_after=retry_after)
