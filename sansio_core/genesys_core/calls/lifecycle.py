"""The life of one call, as states that can only be left the legal way.

Law 1: everything that decides about a call lives here or in what this module calls; a driver sends,
sleeps and fetches tokens, and nothing more.
Law 2: a state is the effect it waits for. Its methods are its only transitions, so calling one
that a state lacks is a type error.
Law 3: a call ends. It is repeated at most ``retry_max`` times and gets at most one token in place
of a refused one; a refused token is not sent again; no POST or PATCH is repeated that may have
taken effect, unless the caller allowed it.

::

    start               -> NeedToken | Sending
    NeedToken.granted   -> Sending | Raised
    NeedToken.refused   -> Raised
    NeedToken.timed_out -> Sending | Raised
    Sending.received    -> NeedToken | Waiting | Returned | Raised
    Sending.failed      -> Waiting | Raised
    Waiting.woke        -> Sending | Raised

A driver is a ``match`` over these five ending in ``assert_never``::

    state = start(operation, session, now=now())
    while True:
        match state:
            case Sending(request=request): ...    # received(response) or failed(failure)
            case NeedToken(): ...                 # granted(token) or refused(error)
            case Waiting(seconds=seconds): ...    # sleep, then woke()
            case Returned(response=response): ...
            case Raised(error=error): ...

What calls share is asked of the session, in steps that adapters take under one lock:
:func:`reserve_token` and :func:`settle_token` for a token, those of :mod:`genesys_core.calls.rate_limit`
for a place in the rate limit.
"""

from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.calls.call import Call
from genesys_core.calls.operation import Endpoint, Operation
from genesys_core.calls.prepare import prepare_request
from genesys_core.calls.responses import ApiResponse, ApiResponseReader, TokenResponseReader
from genesys_core.clock import Now
from genesys_core.errors import DecodeError, GenesysCloudError, OAuthError
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.oauth.grants import Grant
from genesys_core.oauth.tokens import Token, prepare_token_request
from genesys_core.session.retry import (
    REPEATABLE_METHODS,
    GiveUp,
    certainly_not_done,
    decide_retry,
    is_retryable,
    requested_wait,
)
from genesys_core.session.session import Session, check_deadline
from genesys_core.session.vault import ExchangeNeeded, TokenReady

__all__ = [
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


class NeedToken(Struct, Generic[T], frozen=True):
    """Obtain a token.

    Attributes:
        call: the call that needs it.
        rejected: the token that the platform just refused, if any.
        arrived: exchanges that the vault had finished when the need arose; see :meth:`joined`.
        refusal: the response that refused it.
    """

    call: Call[T]
    rejected: Token | None = None
    arrived: int = 0
    refusal: Response | None = None

    def joined(self, session: Session) -> "NeedToken[T]":
        """The need as of now: failures from here on are this call's too."""
        return replace(self, arrived=session.vault.exchanges)

    def patience(self, session: Session, *, now: Now) -> float:
        """Seconds to wait for another call's exchange, before :meth:`timed_out`."""
        longest, expires = session.settings.refresh_token_wait_max, self.call.expires
        return longest if expires is None else max(min(longest, expires - now.monotonic), 0.0)

    def granted(self, token: Token, *, now: Now | None = None) -> "Sending[T] | Raised":
        """Here it is; without ``now``, what is left of a deadline is not looked at."""
        if self.rejected is not None and token.access_token == self.rejected.access_token:
            words = "the login host gave the token again that the platform had just refused"
            return self.refused(_refusal_of(self, self.refusal, words))
        return _sending(replace(self.call, token=token), now)

    def refused(self, error: GenesysCloudError) -> "Raised":
        """There is none to be had."""
        # The error of an exchange is handed to all who waited, and has a history of its own.
        return Raised(error) if error.attempts else _raised(self.call, error)

    def timed_out(self, session: Session, *, now: Now | None = None) -> "Sending[T] | Raised":
        """Another call's exchange took longer than :meth:`patience`.

        Args:
            session: as it is by now.
            now: the moment; without it, a token that still lasts is not fallen back on.
        """
        if now is not None and not self.call.expired(now):
            token = session.vault.fallback(self.rejected, now)
            if token is not None:
                return self.granted(token, now=now)
        elif now is not None:
            return _raised(self.call, self.call.timeout_error())
        seconds = session.settings.refresh_token_wait_max
        words = f"token refresh took longer than {seconds:g} s"
        return _raised(self.call, self.call.timeout_error(words))


class Sending(Struct, Generic[T], frozen=True):
    """Put ``request`` on the wire.

    Its timeouts are no longer than what is left of the call's deadline, and for a repeat, of the
    budget; its ``expires`` says when that is.
    """

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
            return _with_another_token(call, response, now)
        if call.endpoint.method == "DELETE" and call.doubtful and response.status in {404, 410}:
            return _was_deleted(call, response, now)
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

    def woke(self, *, now: Now) -> "Sending[T] | Raised":
        """The time has passed."""
        return _sending(self.call, now)


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

    request = prepare_request(operation, settings)
    # Not ApiResponseReader[T](...): to subscript a class costs more than to make one of it.
    replies: ApiResponseReader[T] = ApiResponseReader(endpoint, strict)
    needs_token = session.vault.authenticates and "authorization" not in request.headers
    call = Call(
        endpoint=endpoint,
        request=request,
        reader=replies,
        policy=options.retry or settings.retry,
        repeatable=endpoint.method in REPEATABLE_METHODS or endpoint.reads,
        refreshable=needs_token and session.vault.refreshable,
        random=session.random,
        started=now.monotonic,
        deadline=check_deadline(options.deadline) or settings.deadline,
        token=session.vault.usable(now) if needs_token else None,
        login=settings.hosts.login,
    )
    needs_token = needs_token and call.token is None
    return NeedToken(call) if needs_token else Sending(call, call.next_request(now))


class Exchanging(Struct, frozen=True):
    """Drive this call to its end, then report it to the session.

    Attributes:
        state: the call.
        grant: what it exchanges; ``None`` where it asks something else about the token.
    """

    state: Sending[Token]
    grant: Grant | None = None


def reserve_token(
    session: Session, need: NeedToken[T], *, now: Now
) -> tuple[Session, Sending[T] | Raised | Exchanging]:
    """The step of a session that answers a need for a token.

    One at a time: the adapter holds its token lock from here until an exchange is settled with
    :func:`settle_token`.
    """
    if not need.call.uses_login_host(session.settings.hosts.login):
        return session, need.refused(moved_away_error())
    if need.call.expired(now):
        vault = session.vault.refused(need.rejected) if need.rejected else session.vault
        return session.with_vault(vault), _raised(need.call, need.call.timeout_error())
    vault, answer = session.vault.reserve(rejected=need.rejected, arrived=need.arrived, now=now)
    session = session.with_vault(vault)
    if isinstance(answer, TokenReady):
        return session, need.granted(answer.token, now=now)
    if isinstance(answer, ExchangeNeeded):
        state = start_exchange(answer.grant, session, now=now)
        return session, Exchanging(state, answer.grant)
    if answer.exhausted and need.refusal is not None:
        return session, need.refused(_refusal_of(need, need.refusal, str(answer.error)))
    return session, need.refused(answer.error)


def settle_token(
    session: Session,
    need: NeedToken[T],
    outcome: Returned[Token] | Raised,
    *,
    now: Now | None = None,
) -> tuple[Session, Sending[T] | Raised]:
    """The step of a session that takes in how an exchange ended.

    Args:
        session: the session as it is by then.
        need: the need that led to the exchange.
        outcome: how it ended.
        now: when. Without it a token that lasts is not fallen back on where it could not be
            renewed ahead, and the call's deadline is not looked at.
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
    if now is not None:
        vault, answer = session.vault.settle(ended, rejected=need.rejected, now=now)
        ended = answer.token if isinstance(answer, TokenReady) else answer.error
    elif isinstance(ended, Token):
        vault = session.vault.granted(ended)
    else:
        vault = session.vault.failed(ended)
    state = need.granted(ended, now=now) if isinstance(ended, Token) else need.refused(ended)
    return session.with_vault(vault), state


def moved_away_error() -> GenesysCloudError:
    """What a call is told whose tokens are of a login host that the client has left."""
    error = GenesysCloudError(
        "the client was configured for another login host during the call; make the call again"
    )
    error.is_retry_safe = True  # it was not sent, or refused with a 401
    return error


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
    )
    return Sending(call, call.next_request(now))


def _sending(call: Call[T], now: Now | None) -> Sending[T] | Raised:
    if now is not None and call.expired(now):
        return _raised(call, call.timeout_error())
    return Sending(call, call.next_request(now))


def _raised(call: Call[T], error: GenesysCloudError) -> Raised:
    return Raised(call.with_history(error))


def _read(call: Call[T], response: Response, now: Now) -> Returned[T] | Raised:
    try:
        return Returned(call.reader.read(response, now))
    except (DecodeError, OAuthError) as error:
        done = call.with_attempt(
            response, "the call was made, but its reply cannot be read", now=now
        )
        return _raised(replace(done, doubtful=True), error)


def _with_another_token(call: Call[T], response: Response, now: Now) -> NeedToken[T]:
    noted = call.with_attempt(
        response, "the token was refused; sent again with another one", now=now
    )
    need = replace(noted, refreshed=True, reservation=None)
    return NeedToken(need, rejected=call.token, refusal=response)


def _refusal_of(need: NeedToken[T], refusal: Response | None, words: str) -> GenesysCloudError:
    """The platform's own refusal, which says more than that there is no other token."""
    if refusal is None:
        return GenesysCloudError(words)
    error = need.call.error(refusal)
    error.add_note(f"not repeated: {words}")
    return error


def _was_deleted(call: Call[T], response: Response, now: Now) -> Returned[T]:
    """Nothing is left to delete after an attempt that may have done it: so it has."""
    nothing = call.reader.read(Response(204, response.headers), now)
    return Returned(replace(nothing, status=response.status, raw=response.body))


def _repeat_or_raise(
    call: Call[T], outcome: Response | TransportFailure, now: Now
) -> Waiting[T] | Raised:
    decision = decide_retry(
        outcome,
        policy=call.policy,
        repeatable=call.repeatable,
        history=call.attempts,
        elapsed=call.elapsed(now),
        deadline=call.deadline,
        now=now,
        random=call.random,
    )
    if isinstance(decision, GiveUp):
        error = call.error(outcome, decision.retry_after)
        if is_retryable(outcome):
            error.add_note(f"not repeated: {decision.why}")
        return _raised(call.with_attempt(outcome, decision.why, now=now), error)
    words = f"repeated after {decision.seconds:.3g} s: {decision.why}"
    doubtful = call.doubtful or not certainly_not_done(outcome, requested_wait(outcome, now))
    call = replace(call.with_attempt(outcome, words, now=now), doubtful=doubtful, reservation=None)
    return Waiting(call, decision.seconds, decision.why)
