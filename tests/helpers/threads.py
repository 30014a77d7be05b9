"""Threads that a block of a test leaves behind."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["threads_end"]


@contextmanager
def threads_end(name: str = "", *, seconds: float = 60) -> Iterator[None]:
    """Fail if a thread that was started in the block is still there after it.

    A thread on its way out is waited for: a worker of an event loop's pool ends when the loop is
    closed, and nothing promises at which moment. One that was leaked does not end.

    Args:
        name: how the names of the threads begin that count.
        seconds: how long is waited for each.
    """
    before = set(threading.enumerate())
    yield
    started = set(threading.enumerate()) - before
    for thread in started:
        if thread.name.startswith(name):
            thread.join(0.1)
            if thread.is_alive():
                gc.collect()  # what owns it may be garbage; looking for that takes long
                thread.join(seconds)
            assert not thread.is_alive(), f"{thread.name} is left behind"
