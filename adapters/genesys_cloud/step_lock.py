"""A lock for steps that take microseconds and do no I/O.

Invariants: an exception at any instruction, such as one from a signal handler, leaves the lock
free. So does a fork, because the owner does not exist in the child.
"""

import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from genesys_cloud.process_id import PROCESS

__all__ = ["StepLock"]

P = ParamSpec("P")
R = TypeVar("R")


class StepLock:
    """Runs one step at a time.

    A ``with`` statement never releases the lock if an exception is raised between the last
    instruction of its block and the release. Here the release is in a ``finally``, with a second
    one for an exception during the first.
    """

    __slots__ = ("_lock", "_process")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._process = PROCESS.id

    def run(self, step: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a step and return its result."""
        if self._process != PROCESS.id:
            # A fork leaves one thread, so there is no race here.
            self._lock, self._process = threading.RLock(), PROCESS.id
        lock, done = self._lock, False
        try:
            try:
                lock.acquire()
                result = step(*args, **kwargs)
            finally:
                _release(lock)
            done = True
        finally:
            if not done:
                _release(lock)
        return result


def _release(lock: "threading.RLock") -> None:
    """Release a lock; does nothing if this thread does not hold it."""
    try:  # noqa: SIM105 - an object more would be instructions more
        lock.release()
    except RuntimeError:
        pass
