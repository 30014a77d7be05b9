"""The event loop interface for a client's driver: one protocol for threads, asyncio and trio.

Synchronous and asynchronous clients use the same driver, which consists of coroutines. In a
synchronous client, these coroutines never suspend (:class:`ThreadLoop` blocks the thread instead),
so :func:`~genesys_cloud.transports.awaited.run_now` can run each of them like a function.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

__all__ = ["Background", "EventLoop", "LockOwner"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class LockOwner:
    """Identifies an owner of the token lock; the lock is free once its owner is garbage-collected."""

    __slots__ = ("__weakref__", "holds")

    def __init__(self) -> None:
        self.holds = False


class Background(Protocol[T_co]):
    """A handle for work that runs in the background."""

    async def result(self) -> T_co:
        """Wait for the work; return its result or raise its error.

        Cancelling the wait does not cancel the work.
        """
        ...

    def cancel(self) -> None:
        """Cancel the work if possible; its result will not be read."""
        ...


class EventLoop(Protocol):
    """The operations that the driver needs from an event loop."""

    async def sleep(self, left: Callable[[], float]) -> None:
        """Sleep for ``left()`` seconds, or until :meth:`notify_all` is called; cancellable."""
        ...

    def notify_all(self) -> None:
        """Wake all threads or tasks that are waiting in :meth:`sleep`."""
        ...

    async def close(self) -> None:
        """Wait for shielded work to end, including work whose caller was cancelled."""
        ...

    async def acquire(self, owner: LockOwner, seconds: float) -> bool:
        """Acquire the token lock for an owner; return ``False`` on timeout. Cancellable."""
        ...

    def release(self, owner: LockOwner) -> None:
        """Release the token lock if the owner holds it; may be called from any task."""
        ...

    async def shielded(
        self, work: Callable[[], Coroutine[Any, Any, T]], seconds: float | None
    ) -> T | None:
        """Run ``work`` to completion even if the caller is cancelled.

        Returns:
            The result of ``work``, or ``None`` if it is still running after ``seconds``.
        """
        ...

    def start(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Background[T]:
        """Start ``work`` in the background."""
        ...

    async def run_in_thread(self, work: Callable[..., T], *args: object) -> T:
        """Run a blocking function in a dedicated thread."""
        ...

    async def run_in_worker(self, work: Callable[..., T], *args: object) -> T:
        """Run a short blocking function, such as a file write, without blocking the event loop."""
        ...
