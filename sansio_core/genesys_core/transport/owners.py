"""Pools by owner: one event loop of a process, or all threads of a process.

Invariants: nothing is shared between owners. After a fork, connections of the parent process are
dropped without sending anything, because the parent continues to use them; connections of an ended
event loop are dropped too, because they can no longer be closed.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["OwnedPools"]

P = TypeVar("P")


class OwnedPools(Generic[P]):
    """Contains one pool for each owner, created on first use.

    The pool of the most recent owner is found with two comparisons.

    Args:
        new_pool: a function that creates a pool; a driver may add its own data, such as a lock.
        drop: a function that is called with each pool whose owner no longer exists.
    """

    def __init__(self, new_pool: Callable[[], P], drop: Callable[[P], object]) -> None:
        self._new_pool = new_pool
        self._drop = drop
        self._pools: dict[int, dict[object, P]] = {}
        self._last: tuple[int, object, P] | None = None

    def find(
        self,
        process: int,
        loop: object = None,
        *,
        has_ended: Callable[[object], bool] | None = None,
    ) -> P:
        """Return the pool of an owner, creating it on first use; drop the pools of ended owners.

        Args:
            process: the current process id.
            loop: the current event loop; ``None`` for threads.
            has_ended: a function that returns whether a loop has ended.
        """
        last = self._last
        if last is not None and last[0] == process and last[1] is loop:
            return last[2]
        # Two threads that get here at once receive the same pool.
        pools = self._pools.setdefault(process, {})
        pool = pools.setdefault(loop, self._new_pool())
        self._last = (process, loop, pool)
        # Threads may get here at once, so each works on a copy, and drops what it has removed itself.
        for stranger in [other for other in list(self._pools) if other != process]:
            for other in self._pools.pop(stranger, {}).values():
                self._drop(other)
        if has_ended is not None:
            for ended in [other for other in list(pools) if has_ended(other)]:
                orphan = pools.pop(ended, None)
                if orphan is not None:
                    self._drop(orphan)
        return pool

    def pools(self, process: int) -> list[P]:
        """Return all pools of a process."""
        return list(self._pools.get(process, {}).values())
