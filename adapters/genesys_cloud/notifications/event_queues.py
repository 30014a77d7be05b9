"""Queues between the event loop that reads sockets and the consumers of events.

Invariants: event stores in the core decide which events are kept and which are dropped. Nothing is
delivered after ``close``.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Generic, Protocol, TypeVar

import anyio
import anyio.lowlevel

from genesys_core.clock import Now
from genesys_core.notifications.buffer import Buffered

__all__ = ["AsyncEventQueue", "EventStore", "QueueClosed", "ThreadEventQueue"]

T = TypeVar("T")

_CHECKPOINT = 32
"""Number of events after which a consumer yields to the event loop."""


class EventStore(Protocol[T]):
    """The interface of a store that keeps events until they are consumed.

    Implemented by :class:`~genesys_core.notifications.buffer.EventBuffer` and
    :class:`~genesys_core.notifications.buffer.LatestEvents`.
    """

    @property
    def blocked(self) -> bool:
        """Whether reading from sockets must pause because the store is full."""
        ...

    def put(self, event: T, *, at: Now) -> None:
        """Add an event to the store."""
        ...

    def take(self) -> Buffered[T] | None:
        """Remove and return the oldest event; ``None`` if the store is empty."""
        ...


class QueueClosed(Exception):  # noqa: N818 - not an error: the regular end of events
    """Raised in consumers when the queue has been closed."""


class _EventQueue(Generic[T]):
    """The base class of the queues for tasks and for threads.

    Args:
        store: the store that keeps the events.
    """

    def __init__(self, store: EventStore[T]) -> None:
        self._store = store
        self._end: Exception | None = None

    @property
    def blocked(self) -> bool:
        """Whether reading from sockets is paused because the queue is full."""
        return self._store.blocked and self._end is None

    def _next(self) -> Buffered[T] | None:
        if self._end is not None:
            # The same exception is raised in every consumer, and each `raise` would extend its traceback.
            raise self._end.with_traceback(None)
        return self._store.take()


class AsyncEventQueue(_EventQueue[T]):
    """A queue that delivers events to tasks in the same event loop."""

    def __init__(self, store: EventStore[T]) -> None:
        super().__init__(store)
        # Events are created by the tasks that wait, so that they cost nothing if no task waits.
        self._arrival: anyio.Event | None = None
        self._space: anyio.Event | None = None
        self._taken = 0

    def put(self, events: Iterable[T], at: Now) -> None:
        """Add the events from one socket read."""
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
        """Return the next buffered event; ``None`` if the caller must call :meth:`take` instead."""
        self._taken += 1
        if self._taken >= _CHECKPOINT or self._end is not None:
            return None
        held = self._store.take()
        if held is not None and self._space is not None:
            self._free()
        return held

    async def take(self) -> Buffered[T]:
        """Wait for the next event and return it.

        Raises:
            QueueClosed: the queue was closed.
            Exception: the error that was passed to :meth:`close`.
        """
        if self._taken >= _CHECKPOINT:
            self._taken = 0
            await anyio.lowlevel.checkpoint()
        while (held := self._next()) is None:
            self._arrival = self._arrival or anyio.Event()
            await self._arrival.wait()
        self._free()
        return held

    def _free(self) -> None:
        if self._space is not None:
            self._space.set()
            self._space = None

    def close(self, error: Exception | None = None) -> None:
        """Close the queue: consumers stop, or raise the error if one is given."""
        self._end = self._end or error or QueueClosed()
        self.put((), Now(0.0, 0.0))  # wakes waiting consumers
        self._free()


class ThreadEventQueue(_EventQueue[T]):
    """A queue that delivers events of an asyncio event loop to threads.

    An exception from a signal handler interrupts only the thread that waits: it propagates unchanged,
    and leaves no lock held. :class:`threading.Condition` does not ensure this.
    """

    def __init__(self, store: EventStore[T]) -> None:
        super().__init__(store)
        self._lock = threading.RLock()
        self._wakers: deque[threading.Lock] = deque()  # each is held, until its thread is woken
        self._free: Callable[[], object] | None = None

    def put(self, events: Iterable[T], at: Now) -> None:
        """Add the events from one socket read."""
        with self._lock:
            count = 0
            for event in events:
                self._store.put(event, at=at)
                count += 1
            self._wake(count)  # one thread for each event

    async def room(self) -> None:
        """Wait, in the event loop, until :attr:`blocked` is false; only one task may wait."""
        loop = asyncio.get_running_loop()
        while True:
            freed = asyncio.Event()
            with self._lock:
                if not self.blocked:
                    return
                self._free = partial(loop.call_soon_threadsafe, freed.set)
            await freed.wait()

    def wait(self) -> Buffered[T]:
        """Block the thread until there is an event, and return it.

        Raises:
            QueueClosed: the queue was closed.
            Exception: the error that was passed to :meth:`close`.
        """
        while True:
            waker = threading.Lock()
            waker.acquire()
            try:
                with self._lock:
                    held = self._next()
                    if held is not None:
                        self._make_room()
                        return held
                    self._wakers.append(waker)
                waker.acquire()
            except BaseException:
                # If an event woke this thread and the thread was then interrupted, wake another.
                with self._lock:
                    if waker in self._wakers:
                        self._wakers.remove(waker)
                    else:
                        self._wake(1)
                raise

    async def take(self) -> Buffered[T]:
        """Return the next event; until there is one, block the thread instead of suspending.

        Raises:
            QueueClosed: the queue was closed.
            Exception: the error that was passed to :meth:`close`.
        """
        return self.wait()

    def close(self, error: Exception | None = None) -> None:
        """Close the queue; called in the event loop or after it has ended."""
        with self._lock:
            self._end = self._end or error or QueueClosed()
            self._wake(len(self._wakers))
            self._make_room()

    def _wake(self, count: int) -> None:
        for _ in range(min(count, len(self._wakers))):
            self._wakers.popleft().release()

    def _make_room(self) -> None:
        free, self._free = self._free, None
        if free is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended in the meantime
                free()
