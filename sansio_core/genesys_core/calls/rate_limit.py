"""Leave to send: what a call asks of its client's pacer before each request.

Law: a request that is let go has been counted; one that would have to wait longer than its call may
fails at once and is not sent. Without a pacer every request is let go.

A driver puts it in front of the wire; ``swap`` applies a step to the shared session::

    case Sending():
        match swap(reserve_permit, state, now=now()):
            case Permit(request=request):
                response = transport.send(request)
                swap(report_response, state, response, now=now())
                state = state.received(response, now=now())
            case other:
                state = other

A call that waits for its place asks :func:`wait_left` how long, again whenever
:func:`report_response` says so.
"""

from typing import TypeVar

import msgspec
from msgspec import Struct

from genesys_core.calls.call import Call
from genesys_core.calls.lifecycle import Raised, Sending, Waiting
from genesys_core.clock import Now
from genesys_core.errors import RateLimitError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response
from genesys_core.session.pacing import Gate, Pacer, Reservation
from genesys_core.session.retry import explain_overrun
from genesys_core.session.session import Session

__all__ = ["Permit", "release_permit", "report_response", "reserve_permit", "wait_left"]

T = TypeVar("T")


class Permit(Struct, frozen=True):
    """Leave to put a request on the wire, now. It has been counted."""

    request: Request


def reserve_permit(
    session: Session, sending: Sending[T], *, now: Now
) -> tuple[Session, Permit | Waiting[T] | Raised]:
    """The step of a session that lets a request go, or says how long it waits for its place.

    The adapter takes it each time a call is :class:`Sending`, and follows the state that it may
    get instead of a permit. A :class:`Waiting` that is abandoned ought to be given back with
    :func:`release_permit`.
    """
    pacer, call = session.pacer, sending.call
    if pacer is None or not call.paced:
        return session, Permit(sending.request)
    gate = pacer.closed(now)
    ahead, reservation = pacer.reserve(call.endpoint.path, now=now, reservation=call.reservation)
    if reservation.due(now):
        return _with_pacer(session, ahead), Permit(sending.request)
    wait = reservation.at - now.monotonic
    limit = explain_overrun(
        wait, policy=call.policy, deadline=call.deadline, elapsed=call.elapsed(now)
    )
    if limit is None and gate is not None and not call.policy.enabled:
        limit = "retry is off"
    if limit is not None:
        return _with_pacer(session, ahead.release(reservation, now=now)), _not_sent(
            call, reservation, gate, wait, limit
        )
    why = "a 429 closed the gate" if gate else f"pacing: {reservation.why}"
    waiting = Waiting(msgspec.structs.replace(call, reservation=reservation), wait, why)
    return _with_pacer(session, ahead), waiting


def release_permit(session: Session, waiting: Waiting[T], *, now: Now) -> tuple[Session, None]:
    """The step of a session that takes back the place of a call that was abandoned."""
    if session.pacer is None or waiting.call.reservation is None:
        return session, None
    return _with_pacer(session, session.pacer.release(waiting.call.reservation, now=now)), None


def report_response(
    session: Session, sending: Sending[T], response: Response, *, now: Now
) -> tuple[Session, bool]:
    """The step of a session that takes in a response, before the call does.

    A 429 closes the gate for all calls until its Retry-After has passed.

    Returns:
        The next session, and whether those that are waiting ought to look at :func:`wait_left`.
    """
    if session.pacer is None or not sending.call.paced:
        return session, False
    after = _with_pacer(session, session.pacer.reported(response, now=now))
    return after, after is not session


def wait_left(session: Session, waiting: Waiting[T], *, began: float, now: Now) -> float:
    """Seconds that a wait still takes.

    One for a place in the rate limit ends early where a 429 has closed the gate for longer: then
    the call asks again, and fails at once if it may not wait so long.

    Args:
        session: as it is by now.
        waiting: the state of the call.
        began: when the wait began, on the monotonic clock.
        now: the moment.
    """
    pacer, reservation = session.pacer, waiting.call.reservation
    if pacer is not None and reservation is not None and pacer.shuts_out(reservation):
        return 0.0
    return max(0.0, began + waiting.seconds - now.monotonic)


def _with_pacer(session: Session, pacer: Pacer) -> Session:
    return session if pacer is session.pacer else msgspec.structs.replace(session, pacer=pacer)


def _not_sent(
    call: Call[T], reservation: Reservation, gate: Gate | None, wait: float, limit: str
) -> Raised:
    """The refusal of a call that would wait too long: the platform's own, or one in its place."""
    if gate is not None:
        error = call.error(gate.refusal, wait)
        error.add_note(f"not sent: another call's 429 asks all to wait {wait:.3g} s; {limit}")
        return Raised(call.with_history(error))
    words = f"not sent: {reservation.why} is the limit, the next place is in {wait:.3g} s; {limit}"
    refusal = Response(429, Headers({"Retry-After": f"{wait:.3f}"}))
    error = RateLimitError(words, response=refusal, request=call.request)
    error.retry_after = wait
    return Raised(call.with_history(error))
