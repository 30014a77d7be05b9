"""Who a pool belongs to: a process, and in it an event loop.

Invariants: nothing is shared between two owners. What belonged to another process is dropped without
a byte or a close on the wire, because the process that opened it goes on with it; what belonged to a
loop that has ended is dropped too, because nothing can close it any more.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["OwnedPools"]

P = TypeVar("P")


class OwnedPools(Generic[P]):
    """One pool for each owner, made when it is first asked for.

    The pool of the owner that asked last is found with two comparisons.

    Args:
        new_pool: makes one; a driver may keep more in it, such as a lock.
        drop: is given each pool whose owner is gone.
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
        """The pool of an owner.

        Args:
            process: the id of the process that asks.
            loop: the event loop that asks; ``None`` for threads.
            has_ended: says of a loop whether it has ended.
        """
        last = self._last
        if last is not None and last[0] == process and last[1] is loop:
            return last[2]
        # Of two threads that come here at the same time, both get the same one.
        pools = self._pools.setdefault(process, {})
        pool = pools.setdefault(loop, self._new_pool())
        self._last = (process, loop, pool)
        for stranger in [other for other in self._pools if other != process]:
            for orphan in self._pools.pop(stranger, {}).values():
                self._drop(orphan)
        for ended in [other for other in pools if has_ended is not None and has_ended(other)]:
            self._drop(pools.pop(ended))
        return pool

    def pools(self, process: int) -> list[P]:
        """All pools of a process."""
        return list(self._pools.get(process, {}).values())
