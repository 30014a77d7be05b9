"""The event loop interface of a client's driver: one protocol for threads, asyncio and trio.

The driver is written once, in coroutines. On threads they never suspend (:class:`ThreadLoop` blocks
instead), so that :func:`~genesys_cloud.transports.awaited.run_now` runs one to its end as a function
call.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

__all__ = ["EventLoop", "TokenTurn"]

T = TypeVar("T")


class TokenTurn:
    """Stands for one holder of the token lock.

    Threads let the lock go with its holder: a turn that nobody refers to any more, because an
    exception came at an awkward moment, holds nothing.
    """

    __slots__ = ("__weakref__", "holds")

    def __init__(self) -> None:
        self.holds = False


class EventLoop(Protocol):
    """The operations that the driver needs from an event loop."""

    async def sleep(self, left: Callable[[], float]) -> None:
        """Sleep until ``left`` returns 0 or :meth:`notify_all` is called; cancellable."""
        ...

    def notify_all(self) -> None:
        """Wake all sleepers."""
        ...

    async def close(self) -> None:
        """Wait for shielded work whose caller was cancelled."""
        ...

    async def acquire(self, turn: TokenTurn, seconds: float) -> bool:
        """Acquire the token lock for a turn within a timeout; cancellable."""
        ...

    def release(self, turn: TokenTurn) -> None:
        """Release the token lock; may be called from any task. Of no effect if not held by the turn."""
        ...

    async def shielded(
        self, work: Callable[[], Coroutine[Any, Any, T]], seconds: float | None
    ) -> T | None:
        """Run ``work`` to completion even if the caller is cancelled.

        Returns:
            Its result, or ``None`` if it is still running after ``seconds``.
        """
        ...

    async def run_in_thread(self, work: Callable[..., T], *args: object) -> T:
        """Run a blocking function in a dedicated thread."""
        ...

    async def run_in_worker(self, work: Callable[..., T], *args: object) -> T:
        """Run a short blocking function, such as a file write, in a pool thread."""
        ...
