"""The trio adapter: :class:`AsyncClient`, and what trio does in trio's own way."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

from genesys_cloud._async import AsyncClient

__all__ = ["AsyncClient", "TrioPrimitives"]

T = TypeVar("T")


class TrioPrimitives:
    """Sleep, exclusion and shielding with trio alone."""

    def __init__(self) -> None:
        self._lock = trio.Lock()

    async def sleep(self, seconds: float) -> None:
        """Sleep; cancellable."""
        await trio.sleep(seconds)

    async def exclusively(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T | None:
        """Run ``work`` alone in a shielded scope."""
        if not await self._acquired(seconds):
            return None
        result: T | None = None
        try:
            with trio.CancelScope(shield=True):
                result = await work()
        finally:
            self._lock.release()
        return result

    async def _acquired(self, seconds: float) -> bool:
        try:
            self._lock.acquire_nowait()  # a lock that is free takes no time, not even with 0 s
        except trio.WouldBlock:
            with trio.move_on_after(seconds) as scope:
                await self._lock.acquire()
            return not scope.cancelled_caught
        return True

    async def close(self) -> None:
        """Nothing outlives its caller here."""
