"""How others watch calls: what logs, traces and counts is told what happens, and decides nothing.

Law: an observer changes no outcome. It may add header fields to a request, and nothing else; where
nobody watches, a driver pays one test for ``None``.

A driver tells of each call, in this order::

    call = observer.begin(name, "api", now)        # None: this observer does not want this call
    request = call.sending(request)                # before each attempt; send what comes back
    call.attempted(sending, request, outcome, state, now)    # after it; `state` is what follows
    call.waiting(waiting)                          # before each sleep
    call.ended(outcome, now)                       # once, however it ends; None: it was cancelled

An exchange of a grant for a token is a call of its own, its purpose ``token``, begun and ended within
the call that needs it.

A notification handler tells a :class:`NotificationObserver` of its channels and of each notification
that it hands over.
"""

from collections.abc import Iterable
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from genesys_core.calls.lifecycle import Raised, Returned, Sending, State, Waiting
from genesys_core.clock import Now
from genesys_core.http.messages import Request, Response, TransportFailure

__all__ = [
    "CallObserver",
    "NotificationObserver",
    "Observer",
    "Purpose",
    "combine_notification_observers",
    "combine_observers",
]

Purpose: TypeAlias = Literal["api", "token"]
"""What a call is for: an operation of the API, or a token from the login host."""


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


def combine_observers(observers: Iterable[Observer]) -> Observer | None:
    """All of them as one; ``None`` where there is nobody."""
    watching = tuple(observers)
    if len(watching) > 1:
        return _Observers(watching)
    return watching[0] if watching else None


class _Observers:
    def __init__(self, observers: tuple[Observer, ...]) -> None:
        self._observers = observers

    def begin(self, operation_name: str, purpose: Purpose, now: Now) -> CallObserver | None:
        calls: list[CallObserver] = []
        for observer in self._observers:
            call = observer.begin(operation_name, purpose, now)
            if call is not None:
                calls.append(call)
        if len(calls) > 1:
            return _CallObservers(tuple(calls))
        return calls[0] if calls else None


class _CallObservers:
    __slots__ = ("_calls",)

    def __init__(self, calls: tuple[CallObserver, ...]) -> None:
        self._calls = calls

    def sending(self, request: Request) -> Request:
        for call in self._calls:
            request = call.sending(request)
        return request

    def attempted(
        self,
        sending: Sending[Any],
        request: Request,
        outcome: Response | TransportFailure,
        state: State[Any],
        now: Now,
    ) -> None:
        for call in self._calls:
            call.attempted(sending, request, outcome, state, now)

    def waiting(self, waiting: Waiting[Any]) -> None:
        for call in self._calls:
            call.waiting(waiting)

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:
        for call in reversed(self._calls):
            call.ended(outcome, now)


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
