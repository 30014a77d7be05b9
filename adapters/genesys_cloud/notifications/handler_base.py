"""The common base of the synchronous and asynchronous notification handlers.

Callbacks are called from coroutines; in a synchronous handler, these coroutines never suspend.

Invariants: an exception from a callback is reported, and the handler continues.
"""

import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from genesys_cloud.client.session_cell import Unpicklable
from genesys_cloud.notifications.channel_driver import Driver, EventSink
from genesys_cloud.notifications.event_queues import EventStore, QueueClosed
from genesys_cloud.notifications.handler_options import (
    HandlerContext,
    HandlerOptions,
    check_options,
)
from genesys_cloud.system_clock import read_clocks
from genesys_core.calls.operation import Operation
from genesys_core.notifications.buffer import (
    DEFAULT_LIMIT,
    Buffered,
    Event,
    EventBuffer,
    LatestEvents,
)
from genesys_core.notifications.dispatch import CallbackFailed, StateEvent

__all__ = ["EventQueue", "HandlerBase"]

T = TypeVar("T")
EventT = TypeVar("EventT", bound="Event | StateEvent")
EventsT = TypeVar("EventsT", bound="EventQueue[Event]")

Callbacks: TypeAlias = tuple[
    Callable[[Event], object] | None, Callable[[StateEvent], object] | None
]
"""The user's ``on_notification`` and ``on_state`` callbacks; ``None`` if not passed."""


class EventQueue(EventSink[T], Protocol[T]):
    """The interface of a queue that supplies events to a callback or iterator."""

    async def take(self) -> Buffered[T]:
        """Wait for the next event and return it.

        Raises:
            QueueClosed: the queue was closed.
            Exception: the error that the queue was closed with.
        """
        ...


class HandlerBase(Unpicklable, Generic[EventsT]):
    """The base class of notification handlers, with a handler's queues, options and driver.

    Args:
        context: the handler's dependencies.
        send: a function that makes a REST call.
        callbacks: the user's ``on_notification`` and ``on_state``.
        options: the user's options of the handler.
        new_events: a function that creates the queue of notifications and gaps.
        new_states: a function that creates the queue of all other events; without ``on_state``,
            this queue stores nothing.
    """

    def __init__(
        self,
        context: HandlerContext,
        send: Callable[[Operation[object]], Awaitable[object]],
        callbacks: Callbacks,
        options: HandlerOptions,
        *,
        new_events: Callable[[EventStore[Event]], EventsT],
        new_states: Callable[[EventStore[StateEvent]], EventQueue[StateEvent]],
    ) -> None:
        self._context = context
        self._on_notification, self._on_state = callbacks
        check_options(options, on_notification=self._on_notification, on_state=self._on_state)
        limit, overflow = options.get("buffer", DEFAULT_LIMIT), options.get("overflow", "block")
        self._events = new_events(EventBuffer(limit, overflow))
        self._states = new_states(LatestEvents(0) if self._on_state is None else LatestEvents())
        self._driver = Driver(context.driver_context(options, send), self._events, self._states)

    def _check_iterable(self) -> None:
        if self._on_notification is not None:
            raise TypeError(
                "the handler cannot be iterated: its events go to on_notification; remove that argument to iterate"
            )

    def _dispatchers(self) -> Iterator[Callable[[], Coroutine[Any, Any, None]]]:
        """Yield functions that call the callbacks, each to be run in its own task or thread."""
        if self._on_notification is not None:
            yield partial(self._dispatch_events, self._on_notification)
        if self._on_state is not None:
            yield partial(self._dispatch_states, self._on_state)

    async def _dispatch_events(self, callback: Callable[[Event], object]) -> None:
        # The loop ends with the queue, or with the error that ended the handler; the handler's
        # methods raise that error as well.
        with contextlib.suppress(Exception):
            while True:
                event = self._context.delivered(await self._events.take())
                self._put_failure(await self._call_back(callback, event))

    def _put_failure(self, failure: CallbackFailed | None) -> None:
        # In its own method: a variable of the loop would keep the exception and its frames alive
        # until the next event.
        if failure is not None:
            self._states.put((failure,), read_clocks())

    async def _dispatch_states(self, callback: Callable[[StateEvent], object]) -> None:
        with contextlib.suppress(QueueClosed):
            while True:
                await self._call_back(callback, (await self._states.take()).event)

    async def _call_back(
        self, callback: Callable[[EventT], object], event: EventT
    ) -> CallbackFailed | None:
        try:
            await self._finish(callback(event))
        except Exception as error:  # noqa: BLE001 - reported
            return self._context.failed(error, event)
        return None

    async def _finish(self, result: object) -> None:
        """Do nothing; the asynchronous handler overrides this and awaits an awaitable result."""
