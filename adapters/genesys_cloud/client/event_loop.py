"""What the asynchronous client needs from an event loop.

One protocol, with one implementation for asyncio and one for trio: sleeping, the token lock, work
that outlives its caller, and threads for what blocks.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

__all__ = ["EventLoop"]

T = TypeVar("T")


class EventLoop(Protocol):
    """What the driver needs from an event loop."""

    async def sleep(self, seconds: float) -> None:
        """Let others run for a while, or until :meth:`notify_all`; cancellable."""
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
        """Give the token lock back, from whichever task."""
        ...

    async def shielded(self, work: Callable[[], Awaitable[T]], seconds: float | None) -> T | None:
        """Run ``work`` to its end, even if the caller is cancelled meanwhile.

        Returns:
            What it returned, or ``None`` if it goes on after ``seconds``.
        """
        ...

    async def run_in_thread(self, work: Callable[..., T], *args: object) -> T:
        """Run what blocks in a thread, which nobody else's blocking work can keep busy."""
        ...
