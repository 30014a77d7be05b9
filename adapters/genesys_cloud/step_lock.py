"""A lock for short steps.

Invariants: the lock is released even if a signal handler raises an exception at any instruction. In a
forked child the lock is free, because the thread that held it does not exist there.
"""

import os
import threading
from collections.abc import Callable
from threading import get_ident
from typing import Final, ParamSpec, TypeVar
from weakref import WeakSet

__all__ = ["StepLock"]

P = ParamSpec("P")
R = TypeVar("R")

_LOCKS: Final["WeakSet[StepLock]"] = WeakSet()


class StepLock:
    """A lock that runs one step at a time, in any thread.

    A ``with`` statement would not release the lock if an exception were raised between the last
    instruction of its block and the release. Here, a ``finally`` clause releases the lock, and the
    release is repeated if an exception interrupts it.

    Attributes:
        owner: the id of the thread that is running a step; 0 if none is. A finalizer in that thread
            can run another step within the current one, without a deadlock.
    """

    __slots__ = ("__weakref__", "_lock", "owner")

    def __init__(self) -> None:
        # An RLock, because only its owner can release it: the repeated release cannot free the lock
        # after another thread has acquired it.
        self._lock = threading.RLock()
        self.owner = 0
        _LOCKS.add(self)

    def free(self) -> None:
        """Make the lock free; called after a fork, in the single-threaded child."""
        self._lock = threading.RLock()
        self.owner = 0

    def run(self, step: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a function while no other thread is running one, and return its result."""
        lock = self._lock
        try:
            try:
                lock.acquire()
                self.owner = get_ident()
                return step(*args, **kwargs)
            finally:
                # After an interrupted `acquire`, another thread may hold the lock and run a step.
                if self.owner == get_ident():
                    self.owner = 0
                _release(lock)
        except BaseException:
            if self.owner == get_ident():
                self.owner = 0
            _release(lock)
            raise


def _release(lock: "threading.RLock") -> None:
    """Release a lock if this thread holds it."""
    try:  # noqa: SIM105 - `suppress` would add instructions at which an exception could be raised
        lock.release()
    except RuntimeError:
        pass


def _free_all() -> None:
    for lock in list(_LOCKS):
        lock.free()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_free_all)
