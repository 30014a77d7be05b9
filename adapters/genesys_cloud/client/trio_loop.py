"""Implements the driver's event loop operations with trio."""

import math
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, Generic, TypeVar

import trio
from outcome import Error, Outcome, Value

from genesys_cloud.client.event_loop import Background, LockOwner
from genesys_cloud.client.token_lock import POLL_INTERVAL, TokenLock

__all__ = ["TrioLoop"]

T = TypeVar("T")


class TrioLoop:
    """Implements sleeping, locking, shielding and calls in threads with trio.

    Args:
        token_lock: the token lock that the event loops of one client share.
    """

    def __init__(self, token_lock: TokenLock) -> None:
        self._token_lock = token_lock
        # Not a trio.Lock: the task that releases it is not the one that acquired it.
        self._lock = trio.Semaphore(1, max_value=1)
        self._thread = trio.CapacityLimiter(1)
        self._rung = trio.Event()
        self._running: set[_SystemTask[Any]] = set()

    async def sleep(self, left: Callable[[], float]) -> None:
        """Sleep for ``left()`` seconds, or until :meth:`notify_all` is called; cancellable."""
        with trio.move_on_after(left()):
            await self._rung.wait()

    def notify_all(self) -> None:
        """Wake all tasks that are waiting in :meth:`sleep`."""
        self._rung.set()
        self._rung = trio.Event()

    async def acquire(self, owner: LockOwner, seconds: float) -> bool:
        """Acquire the token lock for an owner; return ``False`` on timeout. Cancellable."""
        with trio.move_on_after(seconds):
            try:
                self._lock.acquire_nowait()  # a free lock is acquired even with a timeout of 0 s
            except trio.WouldBlock:
                await self._lock.acquire()
            # Recorded at once: if the polling below times out or is cancelled, `release` must release
            # this lock.
            owner.holds = True
            while not self._token_lock.acquire(owner):  # noqa: ASYNC110 - held by another loop, which cannot set our events
                await trio.sleep(POLL_INTERVAL)
            return True
        return False

    def release(self, owner: LockOwner) -> None:
        """Release the token lock; does nothing if the owner does not hold it."""
        if owner.holds:
            owner.holds = False
            self._token_lock.release(owner)
            self._lock.release()

    async def shielded(
        self, work: Callable[[], Coroutine[Any, Any, T]], seconds: float | None
    ) -> T | None:
        """Run ``work`` in a system task, which survives cancellation of the caller.

        Returns:
            The result of ``work``, or ``None`` if it is still running after ``seconds``.
        """
        # Shielded, because trio cancels system tasks when its main task ends.
        task = _SystemTask(work, trio.CancelScope(shield=True))
        self._running = {task, *(other for other in self._running if not other.over.is_set())}
        with trio.move_on_after(math.inf if seconds is None else seconds):
            await task.over.wait()
        return task.ended.unwrap() if task.ended else None

    def start(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Background[T]:
        """Start ``work`` in a system task, because no nursery outlives this call."""
        return _SystemTask(work, trio.CancelScope())

    async def run_in_thread(self, work: Callable[..., T], *args: object) -> T:
        """Run a function in a dedicated thread.

        Trio's default limiter is not used: all of its threads may be busy with calls that wait for
        the result.
        """
        return await trio.to_thread.run_sync(work, *args, limiter=self._thread)

    async def run_in_worker(self, work: Callable[..., T], *args: object) -> T:
        """Run a function in a worker thread; a cancelled caller waits for the function to end."""
        return await trio.to_thread.run_sync(work, *args)

    async def close(self) -> None:
        """Wait until shielded work has ended, even if the caller is cancelled."""
        with trio.CancelScope(shield=True):
            for task in tuple(self._running):
                await task.over.wait()


class _SystemTask(Generic[T]):
    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]], scope: trio.CancelScope) -> None:
        self._work = work
        self._scope = scope
        self.over = trio.Event()
        self.ended: Outcome[T] | None = None
        trio.lowlevel.spawn_system_task(self._run, context=copy_context())

    async def _run(self) -> None:
        try:
            with self._scope:
                try:
                    self.ended = Value(await self._work())
                except trio.Cancelled:
                    raise
                except BaseException as error:  # noqa: BLE001 - fatal here; raised where it is waited for
                    self.ended = Error(error)
        finally:
            self.over.set()

    async def result(self) -> T:
        await self.over.wait()
        if self.ended is None:
            raise trio.ClosedResourceError("the request was cancelled")
        return self.ended.unwrap()

    def cancel(self) -> None:
        self._scope.cancel()
