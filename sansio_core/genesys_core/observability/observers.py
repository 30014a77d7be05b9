"""Observers: what logs, traces and counts learns of each event, and decides nothing.

Invariants: an observer changes no outcome. It may add header fields to a request, and nothing else.

An observer is told of each call by :class:`~genesys_core.observability.watch.Watch`, in this order::

    call = observer.begin(name, "api", now)        # None: this observer does not want this call
    request = call.sending(request)                # before each attempt; what comes back is sent
    call.attempted(sending, request, outcome, state, now)    # after it; `state` is what follows
    call.waiting(waiting)                          # before each wait
    call.ended(outcome, now)                       # once, however it ends; None: it was cancelled

An exchange of a grant for a token is a call of its own, its purpose ``token``, begun and ended within
the call that needs it.

The methods of both base classes do nothing, so that a subclass has those that it needs.
"""

from collections.abc import Iterable
from typing import Any

from genesys_core.calls.lifecycle import Raised, Returned, Sending, State, Waiting
from genesys_core.clock import Now
from genesys_core.http.messages import Purpose, Request, Response, TransportFailure

__all__ = ["CallObserver", "ChannelObservers", "Observer"]


class CallObserver:
    """Watches one call."""

    __slots__ = ()

    def sending(self, request: Request) -> Request:
        """A request is about to be sent; returns it, with more header fields if need be."""
        return request

    def attempted(
        self,
        sending: Sending[Any],
        request: Request,
        outcome: Response | TransportFailure,
        state: State[Any],
        now: Now,
    ) -> None:
        """An attempt is over.

        Args:
            sending: the state that the call was in.
            request: as it was sent.
            outcome: the response, or the transport's failure.
            state: what the core decided on next.
            now: when the outcome was known.
        """

    def waiting(self, waiting: Waiting[Any]) -> None:
        """The call is about to sleep, before a retry or for its place in the rate limit."""

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:
        """The call is over; ``None`` where it was cancelled."""


class Observer:
    """Watches the calls and notification channels of a client, from any number of threads and tasks."""

    __slots__ = ()

    def begin(self, operation_name: str, purpose: Purpose, now: Now) -> CallObserver | None:
        """A call begins.

        Args:
            operation_name: such as ``get_users_me``.
            purpose: what it is for.
            now: the moment.

        Returns:
            What observes the rest of the call, or ``None`` to learn nothing more of it.
        """

    def channel_opened(self) -> None:
        """The socket of a notification channel is open."""

    def channel_closed(self) -> None:
        """It is closed, by whichever side. Called once for each that was opened."""

    def delivered(self, topic: str, seconds: float) -> None:
        """A notification is handed to the program.

        Args:
            topic: its topic, such as ``v2.users.9ed7d9f6-....presence``.
            seconds: how long it stayed in this library: from the read of the socket that completed
                its frame to now, on the monotonic clock.
        """


class ChannelObservers(Observer):
    """Observers of notification channels as one; calls have their own way, as said above."""

    __slots__ = ("_observers", "_of_delivery")

    def __init__(self, observers: Iterable[Observer]) -> None:
        self._observers = tuple(observers)
        # Asked for each event, so those that take no notice of deliveries are left out beforehand.
        self._of_delivery = tuple(
            observer
            for observer in self._observers
            if type(observer).delivered is not Observer.delivered
        )

    @property
    def observes_delivery(self) -> bool:
        """Whether any of them takes notice of :meth:`delivered`."""
        return bool(self._of_delivery)

    def channel_opened(self) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.channel_opened()

    def channel_closed(self) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.channel_closed()

    def delivered(self, topic: str, seconds: float) -> None:
        """Tell all."""
        for observer in self._of_delivery:
            observer.delivered(topic, seconds)
