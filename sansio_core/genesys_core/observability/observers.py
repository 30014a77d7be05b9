"""How others watch calls: what logs, traces and counts is told what happens, and decides nothing.

Law: an observer changes no outcome. It may add header fields to a request, and nothing else; where
nobody watches, a driver pays one test for ``None``.

An observer is told of each call by :class:`~genesys_core.observability.watch.Watch`, in this order::

    call = observer.begin(name, "api", now)        # None: this observer does not want this call
    request = call.sending(request)                # before each attempt; what comes back is sent
    call.attempted(sending, request, outcome, state, now)    # after it; `state` is what follows
    call.waiting(waiting)                          # before each wait
    call.ended(outcome, now)                       # once, however it ends; None: it was cancelled

An exchange of a grant for a token is a call of its own, its purpose ``token``, begun and ended within
the call that needs it.

A notification handler tells a :class:`NotificationObserver` of its channels and of each notification
that it hands over.
"""

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

from genesys_core.calls.lifecycle import Raised, Returned, Sending, State, Waiting
from genesys_core.clock import Now
from genesys_core.http.messages import Purpose, Request, Response, TransportFailure

__all__ = [
    "CallObserver",
    "NotificationObserver",
    "Observer",
    "combine_notification_observers",
]


class CallObserver(Protocol):
    """Watches one call."""

    def sending(self, request: Request) -> Request:
        """A request is about to be sent; returns it, with more header fields if need be."""
        ...

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
            outcome: what came of it.
            state: what the core decided on next.
            now: when the outcome was known.
        """
        ...

    def waiting(self, waiting: Waiting[Any]) -> None:
        """The call is about to sleep, before it is repeated or for its place in the rate limit."""
        ...

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:
        """The call is over; ``None`` where it was cancelled."""
        ...


class Observer(Protocol):
    """Watches the calls of a client, from any number of threads and tasks."""

    def begin(self, operation_name: str, purpose: Purpose, now: Now) -> CallObserver | None:
        """A call begins.

        Args:
            operation_name: such as ``get_users_me``.
            purpose: what it is for.
            now: the moment.

        Returns:
            Who is told of the rest, or ``None`` to be told nothing more.
        """
        ...


@runtime_checkable
class NotificationObserver(Protocol):
    """Watches the notification channels of a client, from any number of threads and tasks."""

    def channel_opened(self) -> None:
        """A channel's socket is open."""
        ...

    def channel_closed(self) -> None:
        """It is closed, by whichever side. Told once for each that was opened."""
        ...

    def delivered(self, topic: str, seconds: float) -> None:
        """A notification is handed to whoever asked for it.

        Args:
            topic: its topic, such as ``v2.users.9ed7d9f6-....presence``.
            seconds: how long it lay with this library: from the read of the socket that completed
                its frame to now, on the monotonic clock.
        """
        ...


def combine_notification_observers(observers: Iterable[object]) -> NotificationObserver:
    """Those of the observers that watch notifications, as one."""
    return _NotificationObservers(
        tuple(each for each in observers if isinstance(each, NotificationObserver))
    )


class _NotificationObservers:
    def __init__(self, observers: tuple[NotificationObserver, ...]) -> None:
        self._observers = observers

    def channel_opened(self) -> None:
        for observer in self._observers:
            observer.channel_opened()

    def channel_closed(self) -> None:
        for observer in self._observers:
            observer.channel_closed()

    def delivered(self, topic: str, seconds: float) -> None:
        for observer in self._observers:
            observer.delivered(topic, seconds)
