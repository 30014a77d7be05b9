"""The asyncio adapter: :class:`AsyncClient`, and what asyncio does in asyncio's own way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from genesys_cloud._async import AsyncClient

__all__ = ["AsyncClient", "AsyncioPrimitives"]

T = TypeVar("T")


class AsyncioPrimitives:
    """Sleep, exclusion and shielding with asyncio alone."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        # asyncio keeps weak references to tasks; one whose caller was cancelled must live on.
        self._running: set[asyncio.Task[Any]] = set()

    async def sleep(self, seconds: float) -> None:
        """Sleep; cancellable."""
        await asyncio.sleep(seconds)

    async def exclusively(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T | None:
        """Run ``work`` alone in a task of its own, which outlives a cancelled caller."""
        try:
            async with asyncio.timeout(seconds):
                await self._lock.acquire()
        except TimeoutError:
            return None
        task = asyncio.ensure_future(self._holding(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _holding(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return await work()
        finally:
            self._lock.release()

    async def close(self) -> None:
        """Wait for work whose caller is gone."""
        await asyncio.gather(*self._running, return_exceptions=True)
