"""Session steps for the rate limit, for calls in the states ``NeedPermit`` and ``ClosingGate``.

Invariants: a request that is permitted has been counted; a call that cannot wait long enough for
its permit fails at once, without sending the request; the reservation of a call that ends early is
released.

A driver applies these steps to the session that its calls share::

    case NeedPermit():
        state = cell.apply(reserve_permit, state, now=now())
    case ClosingGate():
        state = cell.apply(close_gate, state, now=now())
        ...                       # and wakes the calls that wait

and releases the reservation of an abandoned call with :func:`release_permit`. If a budget is shared
with other processes, :func:`share_step` applies the same steps to its state.
"""

from typing import Any, Protocol, TypeVar, cast

import msgspec

from genesys_core.calls.lifecycle import ClosingGate, NeedPermit, Raised, Sending, State, Waiting
from genesys_core.clock import Now
from genesys_core.session.budget import change_pacer
from genesys_core.session.pacing import Pacer
from genesys_core.session.session import Session

__all__ = [
    "PermitStep",
    "close_gate",
    "find_deadline",
    "holds_reservation",
    "release_permit",
    "reserve_permit",
    "share_step",
    "with_pacer",
]

T = TypeVar("T")
S = TypeVar("S")
R = TypeVar("R")
S_contra = TypeVar("S_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


def reserve_permit(
    session: Session, need: NeedPermit[T], *, now: Now
) -> tuple[Session, Sending[T] | Waiting[T] | Raised]:
    """Permit and count a call's next request, or reserve a position in the queue for the call."""
    pacer = session.pacer
    if pacer is None:
        return session, need.granted(now=now)
    ahead, reservation = pacer.reserve(
        need.call.endpoint.path, now=now, reservation=need.reservation
    )
    state: Sending[T] | Waiting[T] | Raised
    if reservation.due(now):
        state = need.granted(now=now)
    else:
        state = need.queued(reservation, gate=pacer.closed(now), now=now)
    if isinstance(state, Raised):
        # The call ends as if it had never requested a permit, and its reservation is released.
        session, _ = release_permit(session, need, now=now)
        return session, state
    return _with_pacer(session, ahead), state


def release_permit(session: Session, state: State[Any], *, now: Now) -> tuple[Session, None]:
    """Release the reservation of a call that is abandoned in the given state."""
    if session.pacer is None or not isinstance(state, NeedPermit | Waiting):
        return session, None
    if state.reservation is None:
        return session, None
    return _with_pacer(session, session.pacer.release(state.reservation, now=now)), None


def close_gate(
    session: Session,
    closing: ClosingGate[T],
    *,
    now: Now,  # noqa: ARG001 - as every step
) -> tuple[Session, Waiting[T] | Raised]:
    """Close the gate until the ``Retry-After`` of the call's 429 has passed."""
    if session.pacer is not None:
        session = _with_pacer(session, session.pacer.with_gate(closing.gate))
    return session, closing.closed()


class PermitStep(Protocol[S_contra, R_co]):
    """The type of rate limit steps: :func:`reserve_permit` and :func:`close_gate`."""

    def __call__(self, session: Session, state: S_contra, /, *, now: Now) -> tuple[Session, R_co]:
        """Apply the step; return the next session and the call's next state."""
        ...


def find_deadline(state: object) -> float | None:
    """Return when a call's deadline passes, on the monotonic clock; ``None`` without a deadline.

    Args:
        state: a state to which a rate limit step is applied. The result is also ``None`` for a call
            that closes the gate and then fails.
    """
    known = cast(State[Any], state)
    waiting = known.then if isinstance(known, ClosingGate) else known
    return waiting.call.expires if isinstance(waiting, NeedPermit | Waiting) else None


def holds_reservation(state: State[Any]) -> bool:
    """Return whether a call abandoned in the given state has a reservation to release."""
    return isinstance(state, NeedPermit | Waiting) and state.reservation is not None


def share_step(
    kept: bytes | None, step: PermitStep[S, R], session: Session, state: S, *, now: Now
) -> tuple[bytes, tuple[Pacer, R]]:
    """Apply a step to a stored pacer.

    Args:
        kept: the state stored by a :class:`~genesys_core.session.budget.Budget`.
        step: the step to apply to the pacer.
        session: the client's session; it must have a pacer.
        state: the call's state.
        now: the current time on both clocks, read while no other client can change ``kept``.

    Returns:
        The pacer's state to store, and a pair: the next pacer, to pass to :func:`with_pacer`, and
        the call's next state.

    Raises:
        BudgetError: ``kept`` is corrupt.
    """

    def change(pacer: Pacer) -> tuple[Pacer, R]:
        after, result = step(msgspec.structs.replace(session, pacer=pacer), state, now=now)
        return cast(Pacer, after.pacer), result

    return change_pacer(kept, cast(Pacer, session.pacer), change, now=now)


def with_pacer(session: Session, pacer: Pacer) -> tuple[Session, None]:
    """Return the session with the pacer that a client last stored in the shared budget."""
    return _with_pacer(session, pacer), None


def _with_pacer(session: Session, pacer: Pacer) -> Session:
    return session if pacer is session.pacer else msgspec.structs.replace(session, pacer=pacer)
