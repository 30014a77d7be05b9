"""Implements the driver's event loop operations with asyncio."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from genesys_cloud.client.event_loop import Background, LockOwner
from genesys_cloud.client.token_lock import POLL_INTERVAL, TokenLock

__all__ = ["AsyncioLoop"]

T = TypeVar("T")


class AsyncioLoop:
    """Implements sleeping, locking, shielding and calls in threads with asyncio.

    Args:
        token_lock: the token lock that the event loops of one client share.
    """

    def __init__(self, token_lock: TokenLock) -> None:
        self._token_lock = token_lock
        self._lock = asyncio.Lock()
        self._rung = asyncio.Event()
        # asyncio keeps only weak references to tasks, but a task must survive its cancelled caller.
        self._running: set[asyncio.Task[Any]] = set()
        self._thread: ThreadPoolExecutor | None = None

    async def sleep(self, left: Callable[[], float]) -> None:
        """Sleep for ``left()`` seconds, or until :meth:`notify_all` is called; cancellable."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left()):
                await self._rung.wait()

    def notify_all(self) -> None:
        """Wake all tasks that are waiting in :meth:`sleep`."""
        # The event is replaced and not cleared, because sleeping tasks still wait for the old one.
        self._rung.set()
        self._rung = asyncio.Event()

    async def acquire(self, owner: LockOwner, seconds: float) -> bool:
        """Acquire the token lock for an owner; return ``False`` on timeout. Cancellable."""
        try:
            async with asyncio.timeout(seconds):
                # Recorded at once: if the polling below times out or is cancelled, `release` must
                # release this lock.
                owner.holds = await self._lock.acquire()
                while not self._token_lock.acquire(owner):  # noqa: ASYNC110 - held by another loop, which cannot set our events
                    await asyncio.sleep(POLL_INTERVAL)
        except TimeoutError:
            return False
        return True

    def release(self, owner: LockOwner) -> None:
        """Release the token lock; does nothing if the owner does not hold it."""
        if owner.holds:
            owner.holds = False
            self._token_lock.release(owner)
            self._lock.release()

    async def shielded(
        self, work: Callable[[], Coroutine[Any, Any, T]], seconds: float | None
    ) -> T | None:
        """Run ``work`` in its own task, which survives cancellation of the caller.

        Returns:
            The result of ``work``, or ``None`` if it is still running after ``seconds``.
        """
        task = asyncio.ensure_future(work())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(_see_error)  # not raised anywhere if the caller is cancelled
        # Unlike `wait_for`, `wait` cancels nothing when its caller is cancelled or times out.
        done, _ = await asyncio.wait({task}, timeout=seconds)
        return task.result() if done else None

    def start(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Background[T]:
        """Start ``work`` in a new task."""
        return _Task(asyncio.ensure_future(work()))

    async def run_in_thread(self, work: Callable[..., T], *args: object) -> T:
        """Run a function in a dedicated thread.

        The loop's executor is not used: its threads may all be busy with calls that wait for the
        result.
        """
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "genesys-cloud-token-store")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    async def run_in_worker(self, work: Callable[..., T], *args: object) -> T:
        """Run a function in a worker thread; a cancelled caller waits for the function to end."""
        import anyio.to_thread  # noqa: PLC0415 - few clients transfer files

        # In a separate task: anyio's shield does not stop asyncio's cancellation, after which the
        # caller would continue while the thread still uses the file.
        task = asyncio.ensure_future(anyio.to_thread.run_sync(work, *args))
        cancelled: asyncio.CancelledError | None = None
        with anyio.CancelScope(shield=True):
            while not task.done():
                try:
                    await asyncio.wait({task})
                except asyncio.CancelledError as error:
                    cancelled = error
        if cancelled is not None:
            _see_error(task)
            try:
                raise cancelled
            finally:
                del cancelled  # the exception's traceback references this frame
        return task.result()

    async def close(self) -> None:
        """Wait for shielded work to end, including work whose caller was cancelled."""
        if self._running:
            await asyncio.wait(self._running)
        if self._thread is not None:
            self._thread.shutdown()


class _Task(Generic[T]):
    def __init__(self, task: asyncio.Task[T]) -> None:
        self._task = task
        task.add_done_callback(_see_error)

    async def result(self) -> T:
        # Not `await self._task`: a cancellation of the caller would cancel the task.
        await asyncio.wait({self._task})
        return self._task.result()

    def cancel(self) -> None:
        self._task.cancel()


def _see_error(task: asyncio.Task[Any]) -> None:
    """Retrieve the error of a task, because asyncio logs errors that are not retrieved."""
    if not task.cancelled():
        task.exception()
