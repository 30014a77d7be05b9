"""The life of one call, as states that can only be left the legal way.

Law 1: everything that decides about a call lives here or in what this module calls; a driver sends,
sleeps and fetches tokens, and nothing more.
Law 2: a state is the effect it waits for. Its methods are its only transitions, so calling one
that a state lacks is a type error.

::

    start ──> NeedToken ──granted──> Sending ──received──> Returned
                  │                   │  │ ▲
                  │                   │  │ └──woke── Waiting
               refused                │  └─received/failed──^
                  └──────> Raised <───┘ (and back to NeedToken on a 401, once)

A driver is a ``match`` over these five ending in ``assert_never``::

    state = start(operation, session, now=now())
    while True:
        match state:
            case Sending(request=request): ...    # received(response) or failed(failure)
            case NeedToken(): ...                 # granted(token) or refused(error)
            case Waiting(seconds=seconds): ...    # sleep, then woke()
            case Returned(response=response): ...
            case Raised(error=error): ...
"""

from typing import Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from genesys_core.errors import DecodeError, GenesysCloudError, OAuthError, TimeoutError
from genesys_core.message import Request, Response, TransportFailure
from genesys_core.oauth import Grant, Token, prepare_token_request
from genesys_core.operation import Endpoint, Operation
from genesys_core.prepare import authorized, prepare
from genesys_core.replies import ApiReplies, ApiResponse, Replies, TokenReplies, transport_error
from genesys_core.retry import (
    REPEATABLE_METHODS,
    Attempt,
    GiveUp,
    RetryConfiguration,
    decide,
)
from genesys_core.session import Session
from genesys_core.values import Now, Random
from genesys_core.vault import Exchange, Have

__all__ = [
    "Call",
    "Exchanging",
    "NeedToken",
    "Raised",
    "Returned",
    "Sending",
    "State",
    "Waiting",
    "reserve_token",
    "settle_token",
    "start",
    "start_exchange",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Call(Struct, Generic[T], frozen=True, kw_only=True):
    """What stays the same, or is counted, through the life of one call.

    Attributes:
        endpoint: what is called.
        request: the request without its token.
        replies: how its replies are read.
        policy: the retry configuration in force.
        repeatable: whether doing it twice is doing it once.
        refreshable: whether a rejected token can be replaced.
        started: when the call began.
        token: the token in use.
        refreshed: whether a rejected token was replaced already.
        attempts: requests that failed so far.
        random: for the jitter of waits.
    """

    endpoint: Endpoint
    request: Request
    replies: Replies[T]
    policy: RetryConfiguration
    repeatable: bool
    refreshable: bool
    started: float
    token: Token | None = None
    refreshed: bool = False
    attempts: tuple[Attempt, ...] = ()
    random: Random


class NeedToken(Struct, Generic[T], frozen=True):
    """Obtain a token.

    Attributes:
        call: the call that needs it.
        rejected: the token that the platform just refused, if any.
        arrived: exchanges that the vault had finished when the need arose; see :func:`joined`.
    """

    call: Call[T]
    rejected: Token | None = None
    arrived: int = 0

    def joined(self, session: Session) -> "NeedToken[T]":
        """The need as of now: failures from here on are this call's too."""
        return msgspec.structs.replace(self, arrived=session.vault.exchanges)

    def granted(self, token: Token) -> "Sending[T]":
        """Here it is."""
        return _send(msgspec.structs.replace(self.call, token=token))

    def refused(self, error: GenesysCloudError) -> "Raised":
        """There is none to be had."""
        return Raised(error)

    def timed_out(self, session: Session) -> "Raised":
        """Another call's exchange took longer than ``refresh_token_wait_max``."""
        seconds = session.settings.refresh_token_wait_max
        return Raised(TimeoutError(f"token refresh took longer than {seconds:g} s", sent=False))


class Sending(Struct, Generic[T], frozen=True):
    """Put ``request`` on the wire."""

    call: Call[T]
    request: Request

    def received(
        self, response: Response, *, now: Now
    ) -> "NeedToken[T] | Waiting[T] | Returned[T] | Raised":
        """A complete response came back."""
        call = self.call
        if 200 <= response.status < 300:
            return _read(call, response, now)
        if response.status == 401 and call.refreshable and not call.refreshed:
            return NeedToken(msgspec.structs.replace(call, refreshed=True), rejected=call.token)
        return _repeat_or_raise(call, response, now)

    def failed(self, failure: TransportFailure, *, now: Now) -> "Waiting[T] | Raised":
        """No complete response came back."""
        return _repeat_or_raise(self.call, failure, now)


class Waiting(Struct, Generic[T], frozen=True):
    """Let ``seconds`` pass.

    Attributes:
        call: the call that waits.
        seconds: how long.
        why: the reason, in words.
    """

    call: Call[T]
    seconds: float
    why: str

    def woke(self, *, now: Now) -> "Sending[T]":  # noqa: ARG002 - pacing and deadlines read it
        """The time has passed."""
        return _send(self.call)


class Returned(Struct, Generic[T_co], frozen=True):
    """The call succeeded."""

    response: ApiResponse[T_co]


class Raised(Struct, frozen=True):
    """The call failed."""

    error: GenesysCloudError


State: TypeAlias = NeedToken[T] | Sending[T] | Waiting[T] | Returned[T] | Raised
"""Where a call can be."""


def start(operation: Operation[T], session: Session, *, now: Now) -> NeedToken[T] | Sending[T]:
    """Begin a call.

    Args:
        operation: what to call.
        session: the client's settings and token.
        now: both clocks.

    Raises:
        InvalidValueError: a value that cannot be sent; nothing was.
    """
    settings, options = session.settings, operation.options
    endpoint = operation.endpoint
    strict = settings.strict if options.strict is None else options.strict

    request = prepare(operation, settings)
    needs_token = session.vault.authenticates and "authorization" not in request.headers
    call = Call(
        endpoint=endpoint,
        request=request,
        replies=ApiReplies[T](endpoint, strict),
        policy=options.retry or settings.retry,
        repeatable=endpoint.method in REPEATABLE_METHODS or endpoint.reads,
        refreshable=needs_token and session.vault.refreshable,
        started=now.monotonic,
        token=session.vault.usable(now) if needs_token else None,
        random=session.random,
    )
    return NeedToken(call) if needs_token and call.token is None else _send(call)


class Exchanging(Struct, frozen=True):
    """Drive this call to its end, then report it to the session."""

    state: Sending[Token]


def reserve_token(
    session: Session, need: NeedToken[T], *, now: Now
) -> tuple[Session, Sending[T] | Raised | Exchanging]:
    """The step of a session that answers a need for a token.

    One at a time: the adapter holds its token lock from here until an exchange is settled with
    :func:`settle_token`.
    """
    vault = session.vault if need.rejected is None else session.vault.refused(need.rejected)
    session = msgspec.structs.replace(session, vault=vault)
    answer = vault.request(rejected=need.rejected, arrived=need.arrived, now=now)
    if isinstance(answer, Have):
        return session, need.granted(answer.token)
    if isinstance(answer, Exchange):
        return session, Exchanging(start_exchange(answer.grant, session, now=now))
    return session, need.refused(answer.error)


def settle_token(
    session: Session, need: NeedToken[T], outcome: Returned[Token] | Raised
) -> tuple[Session, Sending[T] | Raised]:
    """The step of a session that takes in how an exchange ended."""
    if isinstance(outcome, Returned):
        vault = session.vault.granted(outcome.response.data)
        state: Sending[T] | Raised = need.granted(outcome.response.data)
    else:
        vault = session.vault.failed(outcome.error)
        state = need.refused(outcome.error)
    return msgspec.structs.replace(session, vault=vault), state


_TOKEN_ENDPOINT = Endpoint("oauth_token", "POST", "/oauth/token")


def start_exchange(grant: Grant, session: Session, *, now: Now) -> Sending[Token]:
    """Begin the call that exchanges a grant for a token; it carries no token itself."""
    request = prepare_token_request(grant, session.settings.hosts, timeout=session.settings.timeout)
    call = Call(
        endpoint=_TOKEN_ENDPOINT,
        request=request,
        replies=TokenReplies(),
        policy=session.settings.retry,
        repeatable=grant.repeatable,
        refreshable=False,
        started=now.monotonic,
        random=session.random,
    )
    return Sending(call, request)


def _send(call: Call[T]) -> Sending[T]:
    return Sending(call, authorized(call.request, call.token))


def _read(call: Call[T], response: Response, now: Now) -> Returned[T] | Raised:
    try:
        return Returned(call.replies.read(response, now))
    except (DecodeError, OAuthError) as error:
        return Raised(error)


def _repeat_or_raise(
    call: Call[T], outcome: Response | TransportFailure, now: Now
) -> Waiting[T] | Raised:
    number = len(call.attempts) + 1
    elapsed = now.monotonic - call.started
    decision = decide(
        outcome,
        policy=call.policy,
        repeatable=call.repeatable,
        attempt=number,
        elapsed=elapsed,
        now=now,
        random=call.random,
    )
    words = f"HTTP {outcome.status}" if isinstance(outcome, Response) else outcome.message
    attempts = (*call.attempts, Attempt(number, words, elapsed, decision.why))
    if isinstance(decision, GiveUp):
        error = _error(call, outcome, decision.retry_after)
        error.attempts = attempts
        return Raised(error)
    repeated = msgspec.structs.replace(call, attempts=attempts)
    return Waiting(repeated, decision.seconds, decision.why)


def _error(
    call: Call[T], outcome: Response | TransportFailure, asked: float | None
) -> GenesysCloudError:
    if isinstance(outcome, Response):
        return call.replies.error(outcome, call.request, asked)
    return transport_error(outcome, call.request)
