"""Queues between the event loop that reads sockets and the consumers of events.

Invariants: the store, in the core, decides which events are kept and which are dropped. Nothing is
delivered after ``close``.
"""

import contextlib
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import anyio
import anyio.lowlevel

from genesys_core.clock import Now
from genesys_core.notifications.buffer import Buffered

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

__all__ = ["AsyncEventQueue", "EventStore", "QueueClosed", "ThreadEventQueue"]

T = TypeVar("T")

_CHECKPOINT = 32
"""Maximum number of events consumed in a row before yielding to the event loop."""


class EventStore(Protocol[T]):
    """Stores events until they are consumed.

    Implemented by :class:`~genesys_core.notifications.buffer.EventBuffer` and
    :class:`~genesys_core.notifications.buffer.LatestEvents`.
    """

    @property
    def blocked(self) -> bool:
        """Whether the store is full and reading from sockets pauses."""
        ...

    def put(self, event: T, *, at: Now) -> None:
        """Add an event to the store."""
        ...

    def take(self) -> Buffered[T] | None:
        """Remove and return the oldest event."""
        ...


class QueueClosed(Exception):  # noqa: N818 - not an error: the regular end of events
    """The queue was closed."""


class AsyncEventQueue(Generic[T]):
    """Delivers events to tasks in the same event loop."""

    def __init__(self, store: EventStore[T]) -> None:
        self._store = store
        self._end: Exception | None = None
        # Created by waiting tasks, so that it costs nothing if no task waits.
        self._arrival: anyio.Event | None = None
        self._space: anyio.Event | None = None
        self._taken = 0

    @property
    def blocked(self) -> bool:
        """Whether reading from sockets is paused because the queue is full."""
        return self._store.blocked and self._end is None

    def put(self, events: Iterable[T], at: Now) -> None:
        """Add the events of one read."""
        for event in events:
            self._store.put(event, at=at)
        if self._arrival is not None:
            self._arrival.set()
            self._arrival = None

    async def room(self) -> None:
        """Wait until :attr:`blocked` is false."""
        while self.blocked:
            self._space = self._space or anyio.Event()
            await self._space.wait()

    def take_now(self) -> Buffered[T] | None:
        """The next event if one is buffered; periodically ``None``, so that the caller yields to the event loop."""
        self._taken += 1
        if self._taken >= _CHECKPOINT or self._end is not None:
            return None
        held = self._store.take()
        if held is not None and self._space is not None:
            self._free()
        return held

    async def take(self) -> Buffered[T]:
        """Wait for the next event.

        Raises:
            QueueClosed: the queue was closed.
            Exception: the error that the queue was closed with.
        """
        if self._taken >= _CHECKPOINT:
            self._taken = 0
            await anyio.lowlevel.checkpoint()
        while self._end is None:
            held = self._store.take()
            if held is not None:
                self._free()
                return held
            self._arrival = self._arrival or anyio.Event()
            await self._arrival.wait()
        raise self._end.with_traceback(None)

    def _free(self) -> None:
        if self._space is not None:
            self._space.set()
            self._space = None

    def close(self, error: Exception | None = None) -> None:
        """Close the queue."""
        self._end = self._end or error or QueueClosed()
        self.put((), Now(0.0, 0.0))
        self._free()


class ThreadEventQueue(Generic[T]):
    """Delivers events to threads.

    Attributes:
        portal: calls into the event loop that produces events, once it runs.
    """

    def __init__(self, store: EventStore[T]) -> None:
        self._store = store
        self._end: Exception | None = None
        self._changed = threading.Condition()
        self._freed: anyio.Event | None = None
        self.portal: BlockingPortal | None = None

    @property
    def blocked(self) -> bool:
        """Whether reading from sockets is paused because the queue is full."""
        return self._store.blocked and self._end is None

    def put(self, events: Iterable[T], at: Now) -> None:
        """Add the events of one read."""
        with self._changed:
            for event in events:
                self._store.put(event, at=at)
            self._changed.notify()

    async def room(self) -> None:
        """Wait, in the event loop, until :attr:`blocked` is false."""
        while True:
            with self._changed:
                if not self.blocked:
                    return
                freed = self._freed = self._freed or anyio.Event()
            await freed.wait()

    def take(self) -> Buffered[T]:
        """Wait for the next event.

        Raises:
            QueueClosed: the queue was closed.
            Exception: the error that the queue was closed with.
        """
        with self._changed:
            held = self._next()
            while held is None:
                self._changed.wait()
                held = self._next()
            freed, self._freed = self._freed, None
        if freed is not None and self.portal is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self.portal.start_task_soon(freed.set)
        return held

    def _next(self) -> Buffered[T] | None:
        if self._end is not None:
            raise self._end.with_traceback(None)
        return self._store.take()

    def close(self, error: Exception | None = None) -> None:
        """Close the queue; called in the event loop or after it has ended."""
        with self._changed:
            self._end = self._end or error or QueueClosed()
            self._changed.notify_all()
            freed = self._freed
        if freed is not None:
            freed.set()
