"""Observers of calls and notification channels, for logs, traces and metrics.

Invariants: an observer changes no outcome. It may add header fields to a request, and nothing else.

:class:`~genesys_core.observability.watch.Watch` calls an observer for each call, in this order::

    call = observer.begin(name, "api", now)        # None: ignore this call
    request = call.sending(request)                # before each attempt; the result is sent
    call.attempted(sending, request, outcome, state, now)    # after each; `state` is the new state
    call.waiting(waiting)                          # before each wait
    call.ended(outcome, now)                       # once; None: the call was cancelled

A token request is a separate call with the purpose ``token``, which begins and ends within the
call that needs it.

The methods of both base classes do nothing; subclasses override those that they need.
"""

from collections.abc import Iterable
from typing import Any

from genesys_core.calls.lifecycle import Raised, Returned, Sending, State, Waiting
from genesys_core.clock import Now
from genesys_core.http.messages import Purpose, Request, Response, TransportFailure

__all__ = ["CallObserver", "ChannelObservers", "Observer", "report_connections"]


class CallObserver:
    """Base class of observers of one call."""

    __slots__ = ()

    def sending(self, request: Request) -> Request:
        """Called before a request is sent; returns the request, possibly with added headers."""
        return request

    def attempted(
        self,
        sending: Sending[Any],
        request: Request,
        outcome: Response | TransportFailure,
        state: State[Any],
        now: Now,
    ) -> None:
        """Called after each attempt of the call.

        Args:
            sending: the call's state before the attempt.
            request: the request as it was sent.
            outcome: the response, or the transport's failure.
            state: the call's state after the attempt.
            now: when the outcome was known.
        """

    def waiting(self, waiting: Waiting[Any]) -> None:
        """Called before the call waits: before a retry, or because of the rate limit."""

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:
        """Called when the call has ended; ``outcome`` is ``None`` if the call was cancelled."""


class Observer:
    """Base class of observers of a client; the methods may be called from any thread or task."""

    __slots__ = ()

    def begin(self, operation_name: str, purpose: Purpose, now: Now) -> CallObserver | None:
        """Called when a call or a token request begins.

        Args:
            operation_name: the operation's name, such as ``get_users_me``.
            purpose: whether the call is an API call or a token request.
            now: the current time.

        Returns:
            The observer of this call, or ``None`` to ignore it.
        """

    def channel_opened(self) -> None:
        """Called when the socket of a notification channel opens."""

    def channel_closed(self) -> None:
        """Called when the socket of a notification channel closes, whichever side closes it.

        Not called for a socket that never opened.
        """

    def delivered(self, topic: str, seconds: float) -> None:
        """Called when a notification is delivered to the program.

        Args:
            topic: the notification's topic, such as ``v2.users.9ed7d9f6-....presence``.
            seconds: time spent in this library: from the socket read that completed the message to
                now, on the monotonic clock.
        """


class ChannelObservers(Observer):
    """Notifies a client's observers of its notification channels.

    :class:`~genesys_core.observability.watch.Watch` notifies them of calls.
    """

    __slots__ = ("_observers", "_of_delivery")

    def __init__(self, observers: Iterable[Observer]) -> None:
        self._observers = tuple(observers)
        # Checked for each event, so observers that ignore deliveries are filtered out once.
        self._of_delivery = tuple(
            observer
            for observer in self._observers
            if type(observer).delivered is not Observer.delivered
        )

    @property
    def observes_delivery(self) -> bool:
        """Whether any observer overrides :meth:`delivered`."""
        return bool(self._of_delivery)

    def channel_opened(self) -> None:
        """Notify all observers that the socket of a channel opened."""
        for observer in self._observers:
            observer.channel_opened()

    def channel_closed(self) -> None:
        """Notify all observers that the socket of a channel closed."""
        for observer in self._observers:
            observer.channel_closed()

    def delivered(self, topic: str, seconds: float) -> None:
        """Notify the observers that override this method of a delivered notification."""
        for observer in self._of_delivery:
            observer.delivered(topic, seconds)


def report_connections(observer: Observer, before: int, after: int) -> None:
    """Report to an observer that notification channels have connected or disconnected.

    Args:
        observer: the observer to notify.
        before: the number of connected channels at the last report.
        after: the number of connected channels now.
    """
    for _ in range(after - before):
        observer.channel_opened()
    for _ in range(before - after):
        observer.channel_closed()
