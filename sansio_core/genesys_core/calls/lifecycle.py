"""The states of one call, from its operation to its response or error.

All decisions about a call are made here or in functions called from here; a driver sends, sleeps,
obtains tokens and applies steps to the session, and nothing more. A state is the effect that it
waits for, and its methods are its only transitions, so an invalid transition is a type error.

Invariants: every call ends. It is retried at most ``retry_max`` times and a rejected token is
replaced at most once; a rejected token is not sent again; no POST or PATCH that may have taken
effect is retried, unless the caller allowed it. A request that counts against the rate limit is
sent only with a permit, and each retry needs a permit of its own.

::

    start                  -> NeedToken | NeedPermit | Sending
    NeedToken.granted      -> NeedPermit | Sending | Raised
    NeedToken.refused      -> Raised
    NeedToken.exhausted    -> Raised
    NeedToken.timed_out    -> NeedPermit | Sending | Raised
    NeedPermit.granted     -> Sending | Raised
    NeedPermit.queued      -> Waiting | Raised
    Sending.received       -> NeedToken | ClosingGate | Waiting | Returned | Raised
    Sending.failed         -> Waiting | Raised
    ClosingGate.closed     -> Waiting | Raised
    ClosingGate.not_closed -> Waiting | Raised
    Waiting.woke           -> Waiting | NeedPermit | Sending | Raised

A driver is a ``match`` over the seven states that ends in ``assert_never``::

    state = start(operation, session, now=now())
    while True:
        match state:
            case NeedToken(): ...                  # a token transaction, or reserve_token
            case NeedPermit(): ...                 # session, state = reserve_permit(session, ...)
            case Sending(request=request): ...     # received(response) or failed(failure)
            case ClosingGate(): ...                # session, state = close_gate(session, ...)
            case Waiting(until=until): ...         # sleep, then woke()
            case Returned(response=response): ...
            case Raised(error=error): ...

State that calls share belongs to the session, and changes in steps that adapters apply under one
lock: the steps in :mod:`genesys_core.calls.token_actions` for a token, and those in
:mod:`genesys_core.calls.rate_limit` for a permit. ``docs/embedding.md`` has a complete driver.
"""

from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.calls.call import Call
from genesys_core.calls.operation import Operation
from genesys_core.calls.prepare import prepare_request
from genesys_core.calls.responses import ApiResponse, ApiResponseReader
from genesys_core.clock import Now, format_seconds
from genesys_core.errors import (
    BudgetError,
    DecodeError,
    GenesysCloudError,
    OAuthError,
    RateLimitError,
)
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.oauth.tokens import Token
from genesys_core.session.pacing import Gate, Reservation
from genesys_core.session.retry import (
    GRAIN,
    REPEATABLE_METHODS,
    GiveUp,
    certainly_not_done,
    decide_retry,
    explain_overrun,
    is_retryable,
    requested_wait,
)
from genesys_core.session.session import Session, check_deadline

__all__ = [
    "ClosingGate",
    "NeedPermit",
    "NeedToken",
    "Raised",
    "Returned",
    "Sending",
    "State",
    "Waiting",
    "ready_to_send",
    "start",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class NeedToken(Struct, Generic[T], frozen=True):
    """The call needs a token.

    Attributes:
        call: the call that needs the token.
        rejected: the token that the platform just rejected, if any.
        arrived: number of exchanges that the vault had completed when the call began to wait; set by
            :meth:`joined`.
        refusal: the platform's response that rejected that token.
    """

    call: Call[T]
    rejected: Token | None = None
    arrived: int = 0
    refusal: Response | None = None

    def joined(self, session: Session) -> "NeedToken[T]":
        """Return the call's state once it starts to wait for a token.

        If a token request fails from this point on, the call fails with the same error.
        """
        call = replace(self.call, vault=session.vault)
        return replace(self, call=call, arrived=session.vault.exchanges)

    def granted(self, token: Token, *, now: Now) -> "NeedPermit[T] | Sending[T] | Raised":
        """Report that a token was obtained, so that the call can continue."""
        if self.rejected is not None and token.access_token == self.rejected.access_token:
            return self.exhausted(
                "the login host issued the same token that the platform had just rejected"
            )
        return _ready_in_time(replace(self.call, token=token), now)

    def refused(self, error: GenesysCloudError) -> "Raised":
        """Report that no token could be obtained: the call fails with the given error."""
        # An exchange's error is raised in all waiting calls, and has its own history.
        return Raised(error) if error.attempts else _raised(self.call, error)

    def exhausted(self, why: str) -> "Raised":
        """Report that no other token is available: the call fails with the platform's 401."""
        if self.refusal is None:
            return self.refused(GenesysCloudError(why))
        error = self.call.error(self.refusal)
        error.add_note(f"not retried: {why}")
        return self.refused(error)

    def timed_out(self, session: Session, *, now: Now) -> "NeedPermit[T] | Sending[T] | Raised":
        """Report that another call's token request took too long.

        The wait exceeded ``refresh_token_wait_max`` or this call's deadline.
        """
        if self.call.expired(now):
            return _raised(self.call, self.call.timeout_error())
        token = session.vault.fallback(self.rejected, now)
        if token is not None:
            return self.granted(token, now=now)
        seconds = session.settings.refresh_token_wait_max
        words = f"the token refresh took longer than {seconds:g} s"
        return _raised(self.call, self.call.timeout_error(words))


class NeedPermit(Struct, Generic[T], frozen=True):
    """The call needs a permit: a slot in the rate limit for the next request.

    A driver applies the session step :func:`~genesys_core.calls.rate_limit.reserve_permit`, or
    requests the permit from a shared rate limiter.

    Attributes:
        call: the call that needs the permit.
        reservation: the call's position in the queue, if it has already waited.
    """

    call: Call[T]
    reservation: Reservation | None = None

    def granted(self, *, now: Now) -> "Sending[T] | Raised":
        """Report that the request may be sent, and has been counted against the rate limit."""
        call = self.call
        # The wait for the permit may have used up the time.
        if call.deadline is not None and call.expired(now):
            return _raised(call, call.timeout_error())
        return Sending(call, call.next_request(now))

    def queued(
        self, reservation: Reservation, *, gate: Gate | None = None, now: Now
    ) -> "Waiting[T] | Raised":
        """Report that the request may be sent later; the call fails if it cannot wait that long.

        Args:
            reservation: the call's position in the queue, and when to request the permit again. If
                the result is :class:`Raised`, release the reservation.
            gate: the gate, if it is closed.
            now: the current time.
        """
        call, wait = self.call, max(reservation.at - now.monotonic, 0.0)
        limit = explain_overrun(
            wait, policy=call.policy, deadline=call.deadline, elapsed=call.elapsed(now)
        )
        # Without retries, the call would fail on its own 429, so it does not wait after another's.
        if limit is None and gate is not None and not call.policy.enabled:
            limit = "retries are disabled"
        if limit is not None:
            return _not_sent(call, reservation, gate, wait, limit)
        why = "a 429 closed the gate" if gate else f"pacing: {reservation.why}"
        return Waiting(call, wait, why, reservation.at, reservation)


class Sending(Struct, Generic[T], frozen=True):
    """The driver must send ``request``.

    The request's timeouts do not exceed the time left until the call's deadline or, for a retry of
    a repeatable request, in the retry budget. ``request.expires`` is the end of that time.
    """

    call: Call[T]
    request: Request

    def received(
        self, response: Response, *, now: Now
    ) -> "NeedToken[T] | ClosingGate[T] | Waiting[T] | Returned[T] | Raised":
        """Report that a complete response to the request was received."""
        call = self.call
        if 200 <= response.status < 300:
            return _read(call, response, now)
        if call.refuse_redirect is not None and 300 <= response.status < 400:
            return _redirected(call, response, call.refuse_redirect, now)
        if response.resent:
            call = replace(call, doubtful=True)
        # Once per call: a second 401 means that the new token is not accepted either.
        if response.status == 401 and call.refreshable and not call.refreshed:
            return _with_another_token(call, response, now)
        if call.endpoint.method == "DELETE" and call.doubtful and response.status in {404, 410}:
            return _was_deleted(call, response, now)
        after = _repeat_or_raise(call, response, now)
        # A 429 is about all calls with the token, so it counts even if this call is not retried.
        gate = Gate.closed_by(response, now=now) if call.paced else None
        return after if gate is None else ClosingGate(gate, after)

    def failed(self, failure: TransportFailure, *, now: Now) -> "Waiting[T] | Raised":
        """Report that no complete response to the request was received."""
        return _repeat_or_raise(self.call, failure, now)


class ClosingGate(Struct, Generic[T], frozen=True):
    """The driver must close the gate for all calls under the rate limit, because of a 429.

    The driver applies the session step :func:`~genesys_core.calls.rate_limit.close_gate`, then
    wakes all calls that wait for a permit: calls that cannot wait until the gate opens must fail
    now.

    Attributes:
        gate: the closed gate, with the 429 that closed it.
        then: the call's own next state.
    """

    gate: Gate
    then: "Waiting[T] | Raised"

    def closed(self) -> "Waiting[T] | Raised":
        """Report that the gate was closed; return the call's next state."""
        return self.then

    def not_closed(self, error: BudgetError) -> "Waiting[T] | Raised":
        """Report that the gate of a shared rate limit could not be closed; this call is unaffected.

        Return the same state as :meth:`closed`, with a note about the error.
        """
        then = self.then
        problem = (
            f"other calls are not paused, because the shared rate limit was not closed: {error}"
        )
        if isinstance(then, Raised):
            then.error.add_note(problem)
            return then
        return replace(then, why=f"{then.why}; {problem}")


class Waiting(Struct, Generic[T], frozen=True):
    """The call waits before a retry or for a permit.

    Attributes:
        call: the call that waits.
        seconds: duration of the wait.
        why: the reason for the wait.
        until: when the wait ends, on the monotonic clock.
        reservation: the call's position in the queue for a permit; ``None`` before a retry.
    """

    call: Call[T]
    seconds: float
    why: str
    until: float
    reservation: Reservation | None = None

    def left(self, session: Session, *, now: Now) -> float:
        """Return the remaining seconds of the wait.

        A wait for a permit ends at once if a 429 has closed the gate for longer than the wait: the
        call must request a permit again, and fails if it may not wait until the gate opens.
        """
        pacer, reservation = session.pacer, self.reservation
        if pacer is not None and reservation is not None and pacer.shuts_out(reservation):
            return 0.0
        left = self.until - now.monotonic
        return left if left > GRAIN else 0.0

    def woke(
        self, session: Session, *, now: Now
    ) -> "Waiting[T] | NeedPermit[T] | Sending[T] | Raised":
        """Report that the driver's sleep ended; if that was too early, the call keeps waiting."""
        # Timers may fire early, and a driver wakes all waiting calls when the gate closes.
        if self.left(session, now=now):
            return self
        if self.reservation is not None:
            return NeedPermit(self.call, self.reservation)
        return _ready_in_time(self.call, now)


class Returned(Struct, Generic[T_co], frozen=True):
    """Final state of a call that succeeded."""

    response: ApiResponse[T_co]


class Raised(Struct, frozen=True):
    """Final state of a call that failed."""

    error: GenesysCloudError


State: TypeAlias = (
    NeedToken[T] | NeedPermit[T] | Sending[T] | ClosingGate[T] | Waiting[T] | Returned[T] | Raised
)
"""The states that a call can be in."""


def start(
    operation: Operation[T], session: Session, *, now: Now
) -> NeedToken[T] | NeedPermit[T] | Sending[T]:
    """Start a call.

    Args:
        operation: the operation to send.
        session: the client's settings and token.
        now: the current time on the monotonic and the wall clock.

    Raises:
        InvalidValueError: a value cannot be sent; nothing was sent.
    """
    settings, options = session.settings, operation.options
    endpoint = operation.endpoint
    strict = settings.strict if options.strict is None else options.strict
    keep = settings.keep_unknown if options.keep_unknown is None else options.keep_unknown

    request = prepare_request(operation, settings)
    # Not ApiResponseReader[T](...): subscripting a class costs more than creating an instance.
    reader: ApiResponseReader[T] = ApiResponseReader(endpoint, strict, keep)
    # A caller's own Authorization header replaces the client's token.
    needs_token = session.vault.authenticates and "authorization" not in request.headers.by_name()
    call = Call(
        endpoint=endpoint,
        request=request,
        reader=reader,
        policy=options.retry or settings.retry,
        repeatable=endpoint.method in REPEATABLE_METHODS or endpoint.reads,
        refreshable=needs_token and session.vault.refreshable,
        paced=session.pacer is not None,
        random=session.random,
        started=now.monotonic,
        deadline=check_deadline(options.deadline) or settings.deadline,
        token=session.vault.usable(now) if needs_token else None,
        # A configuration reload may change the client's host during the call; see uses_login_host.
        login=settings.hosts.login,
        vault=session.vault,
        secrets=session.settings.secrets,
    )
    if needs_token and call.token is None:
        return NeedToken(call)
    return ready_to_send(call, now=now)


def ready_to_send(call: Call[T], *, now: Now) -> NeedPermit[T] | Sending[T]:
    """Return the state of a call that has its token: only the rate limit may still delay it."""
    return NeedPermit(call) if call.paced else Sending(call, call.next_request(now))


def _ready_in_time(call: Call[T], now: Now) -> NeedPermit[T] | Sending[T] | Raised:
    if call.expired(now):
        return _raised(call, call.timeout_error())
    return ready_to_send(call, now=now)


def _raised(call: Call[T], error: GenesysCloudError) -> Raised:
    return Raised(call.with_history(error))


def _not_sent(
    call: Call[T], reservation: Reservation, gate: Gate | None, wait: float, limit: str
) -> Raised:
    """Return the failure of a call that would wait too long, with the platform's 429 or a local one."""
    if gate is not None:
        error = call.error(gate.refusal, wait)
        note = (
            f"not sent: all calls wait {format_seconds(wait)} s after another call's 429; {limit}"
        )
        error.add_note(note)
        return _raised(call, error)
    words = (
        f"not sent: the rate limit is {reservation.why}, and the next request is allowed in "
        f"{format_seconds(wait)} s; {limit}"
    )
    # With a response like the platform's, so that callers can handle both alike.
    refusal = Response(429, Headers({"Retry-After": f"{wait:.3f}"}))
    refused = RateLimitError(words, response=refusal, request=call.request)
    refused.retry_after = wait
    return _raised(call, refused)


def _read(call: Call[T], response: Response, now: Now) -> Returned[T] | Raised:
    try:
        read = call.reader.read(response, now)
        if read.issues:
            read = replace(read, issues=call.known_secrets.hide_in(read.issues))
        return Returned(read)
    except (DecodeError, OAuthError) as error:
        done = call.with_attempt(
            response, "the request was made, but its response cannot be decoded", now=now
        )
        # The request took effect, so the error must not invite a retry.
        return _raised(replace(done, doubtful=True), error)


def _redirected(
    call: Call[T],
    response: Response,
    refuse: Callable[[GenesysCloudError], GenesysCloudError | None],
    now: Now,
) -> Returned[T] | Raised:
    """Return the redirect as a success if the caller follows it, or else the error to raise."""
    refusal = refuse(call.error(response))
    if refusal is not None:
        return _raised(
            call.with_attempt(response, "the redirect is not followed", now=now), refusal
        )
    return Returned(call.reader.read(replace(response, body=b""), now))


def _with_another_token(call: Call[T], response: Response, now: Now) -> NeedToken[T]:
    noted = call.with_attempt(
        response, "the access token was rejected; retrying with a new one", now=now
    )
    return NeedToken(replace(noted, refreshed=True), rejected=call.token, refusal=response)


def _was_deleted(call: Call[T], response: Response, now: Now) -> Returned[T]:
    """Return success for a 404 or 410 after a DELETE that may have taken effect."""
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
        # Only where a retry was conceivable: for a 404 the note would explain nothing.
        if is_retryable(outcome):
            error.add_note(f"not retried: {decision.why}")
        return _raised(call.with_attempt(outcome, decision.why, now=now), error)
    words = f"retried after {format_seconds(decision.seconds)} s: {decision.why}"
    doubtful = call.doubtful or not certainly_not_done(outcome, requested_wait(outcome, now))
    call = replace(call.with_attempt(outcome, words, now=now), doubtful=doubtful)
    return Waiting(call, decision.seconds, decision.why, now.monotonic + decision.seconds)
