"""Actions on a client's token, including the action for a call that needs a token.

Invariants: an action is a value, and its steps are pure functions;
:mod:`genesys_core.calls.token_transaction` takes one step at a time. The action determines the
requests to send, and how their responses change the client's token.

Explicit actions are in :mod:`genesys_core.calls.auth_actions`.
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
    """The step of sending a request: drive its call to the end, then report the outcome.

    Attributes:
        state: the state of the call.
        grant: the grant that the request exchanges; ``None`` for a request other than an exchange.
    """

    state: NeedPermit[Token] | Sending[Token]
    grant: Grant | None = None


class Finished(Struct, Generic[R], frozen=True):
    """The end of a token action.

    Attributes:
        result: the action's result.
        forget_token: whether to delete the client's token, including from the store.
    """

    result: R
    forget_token: bool = False


ActionAnswer: TypeAlias = Exchanging | Finished[R]
"""The next step of a token action: a request to send, or the action's result."""


class TokenAction(Protocol[R]):
    """Protocol of the actions that token transactions perform on the client's token."""

    @property
    def since(self) -> float:
        """When the action began to wait, on the monotonic clock."""
        ...

    @property
    def expires(self) -> float | None:
        """When the action's caller stops waiting, on the monotonic clock; ``None`` for no limit."""
        ...

    @property
    def grant(self) -> Grant | None:
        """The grant that the client uses after the action; ``None`` keeps the current grant."""
        ...

    def timed_out(self, session: Session, *, now: Now) -> R:
        """Return the result for a caller whose wait for the token lock or the action timed out."""
        ...

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, ActionAnswer[R]]:
        """Return the next session and the action's first step."""
        ...

    def settle(
        self, session: Session, asked: Exchanging, outcome: Returned[Token] | Raised, *, now: Now
    ) -> tuple[Session, ActionAnswer[R]]:
        """Apply a request's outcome; return the next session and the action's next step."""
        ...

    def refused(self, session: Session, error: GenesysCloudError, *, now: Now) -> R:
        """Return the action's result after a failure of the token store."""
        ...


class ObtainForCall(Struct, Generic[T], frozen=True):
    """The action that obtains a token for a call.

    Attributes:
        need: the state of the call.
        since: when the call began to wait, on the monotonic clock.
    """

    need: NeedToken[T]
    since: float

    @property
    def expires(self) -> float | None:
        """When the call's deadline passes, on the monotonic clock; ``None`` without a deadline."""
        return self.need.call.expires

    @property
    def grant(self) -> None:
        """Always ``None``: the client's own grant is kept."""

    def timed_out(self, session: Session, *, now: Now) -> NeedPermit[T] | Sending[T] | Raised:
        """Return the next state of the call; the call fails unless the client's token is valid."""
        return self.need.timed_out(session, now=now)

    def reserve(
        self, session: Session, *, now: Now
    ) -> tuple[Session, ActionAnswer[NeedPermit[T] | Sending[T] | Raised]]:
        """Apply :func:`~genesys_core.calls.token_actions.reserve_token` for the call."""
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
        """Apply :func:`~genesys_core.calls.token_actions.settle_token` for the call."""
        session, state = settle_token(session, self.need, outcome, now=now)
        return session, Finished(state)

    def refused(
        self, session: Session, error: GenesysCloudError, *, now: Now
    ) -> NeedPermit[T] | Sending[T] | Raised:
        """Return the next state of the call; the call fails unless the client's token is valid."""
        token = session.vault.fallback(self.need.rejected, now)
        if token is None:
            return self.need.refused(error)
        return self.need.granted(token, now=now)


def obtain_for_call(need: NeedToken[T], session: Session, *, now: Now) -> ObtainForCall[T]:
    """Return the action that obtains a token for a call; the call's wait begins now."""
    return ObtainForCall(need.joined(session), now.monotonic)


def reserve_token(
    session: Session, need: NeedToken[T], *, now: Now
) -> tuple[Session, NeedPermit[T] | Sending[T] | Raised | Exchanging]:
    """Decide how a call gets the token that it needs; return the next session and step.

    The adapter holds its token lock during this step and, if the step is :class:`Exchanging`, until
    :func:`settle_token` has been applied.
    """
    if not need.call.uses_login_host(session.settings.hosts.login):
        return session, need.refused(moved_away_error())
    if need.call.expired(now):
        # The call ends, but another call must not send its rejected token either.
        vault = session.vault.refused(need.rejected) if need.rejected else session.vault
        return session.with_vault(vault), need.refused(need.call.timeout_error())
    vault, answer = session.vault.reserve(rejected=need.rejected, arrived=need.arrived, now=now)
    session = session.with_vault(vault)
    if isinstance(answer, TokenReady):
        return session, need.granted(answer.token, now=now)
    if isinstance(answer, ExchangeNeeded):
        state = start_exchange(answer.grant, session, now=now)
        return session, Exchanging(state, answer.grant)
    # There was no grant to exchange, so the platform's 401 is a better error than "no token".
    if answer.exhausted:
        return session, need.exhausted(str(answer.error))
    return session, need.refused(answer.error)


def settle_token(
    session: Session,
    need: NeedToken[T],
    outcome: Returned[Token] | Raised,
    *,
    now: Now,
) -> tuple[Session, NeedPermit[T] | Sending[T] | Raised]:
    """Apply the outcome of an exchange; return the next session and the call's next state.

    Args:
        session: the current session.
        need: the state of the call that led to the exchange.
        outcome: the token or the error.
        now: the current time.
    """
    # An early renewal also counts as the call's one replacement.
    renewed = need.call.refreshed or session.vault.token is not None
    need = replace(need, call=replace(need.call, refreshed=renewed))
    ended = outcome.response.data if isinstance(outcome, Returned) else outcome.error
    if not need.call.uses_login_host(session.settings.hosts.login):
        # The login host changed: this token is for earlier calls only.
        if isinstance(ended, Token):
            return session, need.granted(ended, now=now)
        return session, need.refused(ended)
    vault, answer = session.vault.settle(ended, rejected=need.rejected, now=now)
    if isinstance(answer, TokenReady):
        return session.with_vault(vault), need.granted(answer.token, now=now)
    return session.with_vault(vault), need.refused(answer.error)


_TOKEN_ENDPOINT = Endpoint("oauth_token", "POST", "/oauth/token")


def start_exchange(grant: Grant, session: Session, *, now: Now) -> Sending[Token]:
    """Start the call that exchanges a grant for a token; its request contains no token.

    All calls that need a token wait for the exchange, so its deadline is the client's, not that of
    any waiting call. The exchange does not count against a token's rate limit.
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
        refreshable=False,  # a 401 means that the client's credentials are wrong
        paced=False,
        random=session.random,
        started=now.monotonic,
        deadline=settings.deadline,
        vault=session.vault,
        secrets=session.settings.secrets,
    )
    return Sending(call, call.next_request(now))


def moved_away_error() -> GenesysCloudError:
    """Return the error for a call during which the client's login host changed."""
    error = GenesysCloudError("the client's login host changed during the call; repeat the call")
    error.is_retry_safe = True  # not sent, or rejected with a 401
    return error
