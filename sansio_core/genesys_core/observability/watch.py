"""Notifies the observers of a call; used by the drivers of calls.

A driver creates a :class:`Watch` for each call, whether there are observers or not::

    watch = watch_call(observers, state, now=now())
    request = watch.begin_attempt(state)                                # in the state Sending
    state = watch.finish_attempt(state, request, outcome, now=now())    # Response or failure
    watch.begin_wait(state)                                             # in the state Waiting
    watch.end(state, now=now())                                         # always, at the end

Invariants: an observer changes no outcome; it may add header fields to a request, and nothing else.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from genesys_core.calls.lifecycle import (
    ClosingGate,
    NeedPermit,
    NeedToken,
    Raised,
    Returned,
    Sending,
    State,
    Waiting,
)
from genesys_core.checks import Expected
from genesys_core.clock import Now
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.observability.observers import CallObserver, Observer

__all__ = ["Watch", "watch_call"]

T = TypeVar("T")


# Tuples, because `A | B` in a function would create a union object for each call.
_BEGUN: Final = (NeedToken, NeedPermit, Sending)
_ENDED: Final = (Returned, Raised)

_RESPONSE: Final = Expected("a Response", "Response(200, headers, body)", (Response,))


class Watch:
    """Notifies all observers of one call."""

    __slots__ = ("_observers", "_waiting")

    def __init__(self, observers: tuple[CallObserver, ...] = ()) -> None:
        self._observers = observers
        self._waiting: Waiting[Any] | None = None

    def begin_attempt(self, sending: Sending[Any]) -> Request:
        """Return the request to send, including the header fields that observers add."""
        request = sending.request
        for observer in self._observers:
            request = observer.sending(request)
        return request

    def finish_attempt(
        self,
        sending: Sending[T],
        request: Request,
        outcome: Response | TransportFailure,
        *,
        now: Now,
    ) -> State[T]:
        """Return the call's state after an attempt, and notify observers of the outcome and state.

        Args:
            sending: the call's state before the attempt.
            request: the request as it was sent.
            outcome: the response or the transport's failure.
            now: when the outcome was known.
        """
        state: State[T]
        if isinstance(outcome, TransportFailure):
            state = sending.failed(outcome, now=now)
        else:
            if type(outcome) is not Response:  # a subclass, or a mistake
                _RESPONSE.check("the result of a transport", outcome)
            state = sending.received(outcome, now=now)
        # Observers are passed the state after ClosingGate, which contains the decision about the
        # attempt.
        decided = state.then if isinstance(state, ClosingGate) else state
        for observer in self._observers:
            observer.attempted(sending, request, outcome, decided, now)
        return state

    def begin_wait(self, waiting: Waiting[Any]) -> None:
        """Notify observers that the call waits: once for each wait, even if the call wakes up early."""
        if waiting is not self._waiting:
            self._waiting = waiting
            for observer in self._observers:
                observer.waiting(waiting)

    def end(self, state: State[Any], *, now: Now) -> None:
        """Notify observers that the call has ended; a state that is not final means cancellation."""
        outcome = state if isinstance(state, _ENDED) else None
        # In reverse order, so that spans are nested: the span that began last ends first.
        for observer in reversed(self._observers):
            observer.ended(outcome, now)


def watch_call(observers: Sequence[Observer], state: State[Any], *, now: Now) -> Watch:
    """Notify observers that a call begins, and return the watch that its driver must use.

    Args:
        observers: the client's observers; each may ignore this call.
        state: the call's initial state.
        now: the current time.
    """
    if not isinstance(state, _BEGUN):
        return Watch()
    name, purpose = state.call.endpoint.name, state.call.request.purpose
    begun = [
        call for observer in observers if (call := observer.begin(name, purpose, now)) is not None
    ]
    return Watch(tuple(begun))
