"""Converts a place in a shared rate limit, as granted by a Redis server, to a call's next state.

Invariants: those of :mod:`genesys_core.calls.rate_limit`: a request that is permitted has been
counted, and a call that cannot wait long enough for its place fails at once, without sending the
request.
"""

from typing import TypeVar

from genesys_core.calls.lifecycle import NeedPermit, Raised, Sending, Waiting
from genesys_core.clock import Now
from genesys_core.errors import BudgetError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Response
from genesys_core.session.budget import RatePlace
from genesys_core.session.pacing import Gate, RateWindow
from genesys_core.session.retry import GRAIN

__all__ = ["answer_place", "place_not_released"]

T = TypeVar("T")


def answer_place(
    need: NeedPermit[T], place: RatePlace, lanes: tuple[RateWindow, ...], *, now: Now
) -> Sending[T] | Waiting[T] | Raised:
    """Return the next state of a call that was granted a place.

    Args:
        need: the state that needs the place.
        place: the granted place. If the result is :class:`Raised`, release the place; see
            :func:`place_not_released`.
        lanes: the limits under which the place was granted.
        now: when the Redis server's reply was received.
    """
    if place.wait <= GRAIN:
        return need.granted(now=now)
    reservation = place.reservation(lanes, now.monotonic)
    # The Redis server does not store the 429 that closed the gate, so an empty one replaces it.
    gate = Gate(reservation.at, Response(429, Headers())) if place.is_gate else None
    return need.queued(reservation, gate=gate, now=now)


def place_not_released(raised: Raised, error: BudgetError) -> Raised:
    """Return the state of a call whose place could not be released; add a note to its error."""
    raised.error.add_note(f"the call's place in the shared rate limit was not released: {error}")
    return raised
