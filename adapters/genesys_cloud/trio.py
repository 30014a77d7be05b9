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
        with trio.move_on_after(seconds) as scope:
            await self._lock.acquire()
        if scope.cancelled_caught:
            return None
        try:
            with trio.CancelScope(shield=True):
                return await work()
        finally:
            self._lock.release()

    async def close(self) -> None:
        """Nothing outlives its caller here."""
