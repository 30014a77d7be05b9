"""Implements the driver's event loop operations for threads, by blocking the calling thread.

Invariants: no coroutine in this module suspends. A thread reads :attr:`ThreadLoop.wakeup` before it
computes how long to sleep, so that no wake-up in between is lost.
"""

import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from contextvars import copy_context
from threading import Event, Thread
from typing import Any, Final, Generic, TypeVar

from genesys_cloud.client.event_loop import Background, LockOwner
from genesys_cloud.client.token_lock import TokenLock
from genesys_cloud.transports.awaited import run_now

__all__ = ["ThreadLoop"]

T = TypeVar("T")

_POLL_INTERVAL: Final = 1.0
"""Seconds after which a thread that waits for the token lock checks it again."""


class _Bell:
    """Wakes all threads that are waiting for its next event.

    Each method makes one atomic dictionary operation, so two threads that ring at the same time
    cannot replace an event that a third thread already waits for.
    """

    def __init__(self) -> None:
        self._events: dict[None, Event] = {}

    @property
    def next(self) -> Event:
        """The event that the next :meth:`ring` sets."""
        return self._events.setdefault(None, Event())

    def ring(self) -> None:
        """Set the current event, which wakes the threads that wait for it."""
        event = self._events.pop(None, None)
        if event is not None:
            event.set()


class ThreadLoop:
    """Implements sleeping, locking and shielding for the threads of a synchronous client.

    Args:
        token_lock: the token lock that the event loops of one client share.
    """

    def __init__(self, token_lock: TokenLock) -> None:
        self._rung, self._freed = _Bell(), _Bell()
        self._token_lock = token_lock
        self._last: Thread | None = None

    @property
    def wakeup(self) -> Event:
        """The event that the next :meth:`notify_all` sets."""
        return self._rung.next

    async def sleep(self, left: Callable[[], float]) -> None:
        """Sleep for ``left()`` seconds, or until :meth:`notify_all` is called."""
        wakeup = self.wakeup
        wakeup.wait(left())

    def notify_all(self) -> None:
        """Wake all threads that are waiting in :meth:`sleep`."""
        self._rung.ring()

    async def acquire(self, owner: LockOwner, seconds: float) -> bool:
        """Acquire the token lock for an owner; return ``False`` on timeout."""
        until = time.monotonic() + seconds
        while True:
            freed = self._freed.next  # read first, so that no later release is lost
            if self._token_lock.acquire(owner):
                return True
            left = until - time.monotonic()
            if left <= 0:
                return False
            # An interrupted owner frees the lock without setting the event.
            freed.wait(min(left, _POLL_INTERVAL))

    def release(self, owner: LockOwner) -> None:
        """Release the token lock; does nothing if the owner does not hold it."""
        if self._token_lock.release(owner):
            self._freed.ring()

    async def shielded(
        self, work: Callable[[], Coroutine[Any, Any, T]], seconds: float | None
    ) -> T | None:
        """Run ``work`` in its own thread, which continues if the caller is interrupted.

        Returns:
            The result of ``work``, or ``None`` if it is still running after ``seconds``.
        """
        await self.close()  # the previous thread has released the token lock and is about to end
        # Not a daemon thread, so that the interpreter waits for it at exit.
        result, self._last = _start_thread(work, "genesys-cloud-token", daemon=False)
        done, _ = wait({result}, timeout=seconds)
        return result.result() if done else None

    def start(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Background[T]:
        """Start ``work`` in a daemon thread, which the interpreter does not wait for at exit."""
        return _Thread(work)

    async def run_in_thread(self, work: Callable[..., T], *args: object) -> T:
        """Run a function in the current thread, which a synchronous client may block."""
        return work(*args)

    async def run_in_worker(self, work: Callable[..., T], *args: object) -> T:
        """Run a function in the current thread, which a synchronous client may block."""
        return work(*args)

    async def close(self) -> None:
        """Wait for shielded work to end, including work whose caller was interrupted."""
        if self._last is not None and self._last.is_alive():
            self._last.join()


class _Thread(Generic[T]):
    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._result, _ = _start_thread(work, "genesys-cloud-page", daemon=True)

    async def result(self) -> T:
        return self._result.result()

    def cancel(self) -> None:
        """Do nothing: a thread cannot be cancelled, and its result is ignored."""


def _start_thread(
    work: Callable[[], Coroutine[Any, Any, T]], name: str, *, daemon: bool
) -> tuple[Future[T], Thread]:
    """Run ``work`` in a new thread, or here if none can be started; return its future and thread."""
    # The caller's context, in which tracing libraries store the current span.
    result, context = Future[T](), copy_context()

    def run() -> None:
        try:
            result.set_result(context.run(run_now, work()))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            result.set_exception(error)

    thread = Thread(target=run, name=name, daemon=daemon)
    try:
        thread.start()
    except RuntimeError:  # the system's limit, or the interpreter is shutting down
        run()
    return result, thread
