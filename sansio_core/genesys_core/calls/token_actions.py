"""What somebody may want of a client's token, and a call that needs one.

Law: an action is a value with pure steps, taken one at a time by
:mod:`genesys_core.calls.token_transaction`. It decides what is asked of the login host, and what
the answer means for the client.

What is wanted by hand is in :mod:`genesys_core.calls.auth_actions`.
"""

from typing import Generic, Protocol, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.calls.call import Call
from genesys_core.calls.lifecycle import NeedPermit, NeedToken, Raised, Returned, Sending
from genesys_core.calls.operation import Endpoint
from genesys_core.calls.responses import TokenResponseReader
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.oauth.grants import Grant
from genesys_core.oauth.tokens import Token, prepare_token_request
from genesys_core.session.session import Session
from genesys_core.session.vault import ExchangeNeeded, TokenReady

__all__ = [
    "ActionAnswer",
    "Exchanging",
    "Finished",
    "ObtainForCall",
    "TokenAction",
    "moved_away_error",
    "obtain_for_call",
    "reserve_token",
    "settle_token",
    "start_exchange",
]

T = TypeVar("T")
R = TypeVar("R")


class Exchanging(Struct, frozen=True):
    """Drive this call to its end, then report it to the session.

    Attributes:
        state: the call.
        grant: what it exchanges; ``None`` where it asks something else about the token.
    """

    state: NeedPermit[Token] | Sending[Token]
    grant: Grant | None = None


class Finished(Struct, Generic[R], frozen=True):
    """The end of the matter.

    Attributes:
        result: what comes of the action.
        forget_token: whether the client's token is to be forgotten, by a store as well.
    """

    result: R
    forget_token: bool = False


ActionAnswer: TypeAlias = Exchanging | Finished[R]
"""A request to make, or the end of the matter."""


class TokenAction(Protocol[R]):
    """What a transaction asks of whoever wants something of the token."""

    @property
    def since(self) -> float:
        """When the wait for others began, on the monotonic clock."""
        ...

    @property
    def expires(self) -> float | None:
        """When it is too late, on the monotonic clock; ``None`` where nobody set a limit."""
        ...

    @property
    def grant(self) -> Grant | None:
        """The grant that the client goes on with; ``None`` for the one that it has."""
        ...

    def timed_out(self, session: Session, *, now: Now) -> R:
        """What comes of it where others, or its own request, took too long."""
        ...

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, ActionAnswer[R]]:
        """The step of a session that says what to do."""
        ...

    def settle(
        self, session: Session, asked: Exchanging, outcome: Returned[Token] | Raised, *, now: Now
    ) -> tuple[Session, ActionAnswer[R]]:
        """The step of a session that takes in how a request ended, and says what follows."""
        ...

    def refused(self, session: Session, error: GenesysCloudError, *, now: Now) -> R:
        """What comes of it where the token store does not do its part."""
        ...


class ObtainForCall(Struct, Generic[T], frozen=True):
    """A call needs a token.

    Attributes:
        need: the state of the call.
        since: when it began to wait.
    """

    need: NeedToken[T]
    since: float

    @property
    def expires(self) -> float | None:
        """The call's deadline."""
        return self.need.call.expires

    @property
    def grant(self) -> None:
        """None: the client's own will do."""

    def timed_out(self, session: Session, *, now: Now) -> NeedPermit[T] | Sending[T] | Raised:
        """A token that still lasts, or the call's timeout."""
        return self.need.timed_out(session, now=now)

    def reserve(
        self, session: Session, *, now: Now
    ) -> tuple[Session, ActionAnswer[NeedPermit[T] | Sending[T] | Raised]]:
        """See :func:`~genesys_core.calls.token_actions.reserve_token`."""
        session, step = reserve_token(session, self.need, now=now)
        return session, step if isinstance(step, Exchanging) else Finished(step)

    def settle(
        self,
        session: Session,
        asked: Exchanging,  # noqa: ARG002 - TokenAction
        outcome: Returned[Token] | Raised,
        *,
        now: Now,
    ) -> tuple[Session, ActionAnswer[NeedPermit[T] | Sending[T] | Raised]]:
        """See :func:`~genesys_core.calls.token_actions.settle_token`."""
        session, state = settle_token(session, self.need, outcome, now=now)
        return session, Finished(state)

    def refused(
        self, session: Session, error: GenesysCloudError, *, now: Now
    ) -> NeedPermit[T] | Sending[T] | Raised:
        """A token that still lasts, or the store's error."""
        token = session.vault.fallback(self.need.rejected, now)
        if token is None:
            return self.need.refused(error)
        return self.need.granted(token, now=now)


def obtain_for_call(need: NeedToken[T], session: Session, *, now: Now) -> ObtainForCall[T]:
    """The need of a call as of now: failures from here on are this call's too."""
    return ObtainForCall(need.joined(session), now.monotonic)


def reserve_token(
    session: Session, need: NeedToken[T], *, now: Now
) -> tuple[Session, NeedPermit[T] | Sending[T] | Raised | Exchanging]:
    """The step of a session that answers a need for a token.

    One at a time: the adapter holds its token lock from here until an exchange is settled with
    :func:`settle_token`.
    """
    if not need.call.uses_login_host(session.settings.hosts.login):
        return session, need.refused(moved_away_error())
    if need.call.expired(now):
        vault = session.vault.refused(need.rejected) if need.rejected else session.vault
        return session.with_vault(vault), need.refused(need.call.timeout_error())
    vault, answer = session.vault.reserve(rejected=need.rejected, arrived=need.arrived, now=now)
    session = session.with_vault(vault)
    if isinstance(answer, TokenReady):
        return session, need.granted(answer.token, now=now)
    if isinstance(answer, ExchangeNeeded):
        state = start_exchange(answer.grant, session, now=now)
        return session, Exchanging(state, answer.grant)
    if answer.exhausted and need.refusal is not None:
        return session, need.exhausted(str(answer.error))
    return session, need.refused(answer.error)


def settle_token(
    session: Session,
    need: NeedToken[T],
    outcome: Returned[Token] | Raised,
    *,
    now: Now,
) -> tuple[Session, NeedPermit[T] | Sending[T] | Raised]:
    """The step of a session that takes in how an exchange ended.

    Args:
        session: the session as it is by then.
        need: the need that led to the exchange.
        outcome: how it ended.
        now: when.
    """
    # A renewal ahead of the token's end is the call's one replacement as well.
    renewed = need.call.refreshed or session.vault.token is not None
    need = replace(need, call=replace(need.call, refreshed=renewed))
    ended = outcome.response.data if isinstance(outcome, Returned) else outcome.error
    if not need.call.uses_login_host(session.settings.hosts.login):
        # The client has moved: this token is for the calls of before, and there is one.
        if isinstance(ended, Token):
            return session, need.granted(ended, now=now)
        return session, need.refused(ended)
    vault, answer = session.vault.settle(ended, rejected=need.rejected, now=now)
    if isinstance(answer, TokenReady):
        return session.with_vault(vault), need.granted(answer.token, now=now)
    return session.with_vault(vault), need.refused(answer.error)


_TOKEN_ENDPOINT = Endpoint("oauth_token", "POST", "/oauth/token")


def start_exchange(grant: Grant, session: Session, *, now: Now) -> Sending[Token]:
    """Begin the call that exchanges a grant for a token; it carries no token itself.

    It serves all who wait for it: it keeps the client's deadline, not that of the call that
    happened to begin it, and it does not count against the rate limit of a token.
    """
    settings = session.settings
    call = Call(
        endpoint=_TOKEN_ENDPOINT,
        request=prepare_token_request(
            grant, settings.hosts, timeout=settings.timeout, headers=settings.headers
        ),
        reader=TokenResponseReader(),
        policy=settings.retry,
        repeatable=grant.repeatable,
        refreshable=False,
        paced=False,
        random=session.random,
        started=now.monotonic,
        deadline=settings.deadline,
        vault=session.vault,
        secrets=session.settings.secrets,
    )
    return Sending(call, call.next_request(now))


def moved_away_error() -> GenesysCloudError:
    """What a call is told whose tokens are of a login host that the client has left."""
    error = GenesysCloudError(
        "the client was configured for another login host during the call; make the call again"
    )
    error.is_retry_safe = True  # it was not sent, or refused with a 401
    return error
