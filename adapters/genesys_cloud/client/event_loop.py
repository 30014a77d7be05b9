"""What a client's driver needs from what it runs on: one protocol for threads, asyncio and trio.

The driver is written once, in coroutines. On threads they never suspend (:class:`ThreadLoop` blocks
instead), so that :func:`~genesys_cloud.transports.awaited.run_now` runs one to its end as a function
call.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

__all__ = ["EventLoop"]

T = TypeVar("T")


class EventLoop(Protocol):
    """What the driver needs from an event loop."""

    async def sleep(self, left: Callable[[], float]) -> None:
        """Sleep as long as ``left`` says, or until :meth:`notify_all`; cancellable."""
        ...

    def notify_all(self) -> None:
        """Wake all who sleep."""
        ...

    async def close(self) -> None:
        """Wait for work whose caller is gone."""
        ...

    async def acquire(self, seconds: float) -> bool:
        """Take the token lock, if it can be had in time; cancellable."""
        ...

    def release(self) -> None:
        """Release the token lock, from whichever task."""
        ...

    async def shielded(
        self, work: Callable[[], Coroutine[Any, Any, T]], seconds: float | None
    ) -> T | None:
        """Run ``work`` to its end, even if the caller is cancelled meanwhile.

        Returns:
            What it returned, or ``None`` if it goes on after ``seconds``.
        """
        ...

    async def run_in_thread(self, work: Callable[..., T], *args: object) -> T:
        """Run what blocks in a thread, which nobody else's blocking work can keep busy."""
        ...

    async def run_in_worker(self, work: Callable[..., T], *args: object) -> T:
        """Run what blocks for a moment, such as a write to a file, in a thread of a pool."""
        ...
