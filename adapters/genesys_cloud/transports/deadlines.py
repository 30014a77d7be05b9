"""Until when a thread may wait.

Law: a deadline is a thread's own, and holds for what it does in a block. (Asynchronous calls are
cancelled instead, and need none of this.)
"""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

__all__ = ["deadline_left", "thread_deadline"]

_thread: Final = threading.local()


@contextmanager
def thread_deadline(expires: float | None) -> Generator[None]:
    """What this thread does in the block is over by then, on the monotonic clock."""
    before = getattr(_thread, "expires", None)
    _thread.expires = before if expires is None else expires
    try:
        yield
    finally:
        _thread.expires = before


def deadline_left(timeout: float | None, late: type[Exception]) -> float | None:
    """The seconds that a step may take: its timeout, or less.

    Args:
        timeout: its own, or ``None`` for none.
        late: raised where no time is left.
    """
    expires: float | None = getattr(_thread, "expires", None)
    if expires is None:
        return timeout
    left = expires - time.monotonic()
    if left <= 0:
        raise late
    return left if timeout is None else min(timeout, left)
