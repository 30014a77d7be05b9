"""Threads as an event loop that blocks: the synchronous client's means.

Invariants: nothing here suspends. A thread takes :attr:`ThreadLoop.wakeup` before it looks how long to
sleep, so that a wake-up after that look is noticed.
"""

import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from contextvars import copy_context
from threading import Event, Thread
from typing import Any, Final, TypeVar

from genesys_cloud.client.event_loop import TokenTurn
from genesys_cloud.client.token_holder import TokenHolder
from genesys_cloud.transports.awaited import run_now

__all__ = ["ThreadLoop"]

T = TypeVar("T")

_LOOK_AGAIN: Final = 1.0
"""Seconds after which a thread that waits for the token lock looks again."""


class ThreadLoop:
    """Sleep, exclusion and shielding with threads.

    Args:
        holder: who holds the token lock.

    Attributes:
        wakeup: is set at the next :meth:`notify_all`.
    """

    def __init__(self, holder: TokenHolder) -> None:
        self.wakeup = Event()
        self._holder = holder
        self._freed = Event()
        self._last: Thread | None = None

    async def sleep(self, left: Callable[[], float]) -> None:
        """Sleep as long as ``left`` says, or until :meth:`notify_all`."""
        wakeup = self.wakeup
        wakeup.wait(left())

    def notify_all(self) -> None:
        """Wake all who sleep."""
        wakeup, self.wakeup = self.wakeup, Event()
        wakeup.set()

    async def acquire(self, turn: TokenTurn, seconds: float) -> bool:
        """Acquire the token lock for a turn within a timeout."""
        until = time.monotonic() + seconds
        while True:
            freed = self._freed  # before the look, so that a release after it is noticed
            if self._holder.take(turn):
                return True
            left = until - time.monotonic()
            if left <= 0:
                return False
            # A holder that was interrupted frees the lock without a word.
            freed.wait(min(left, _LOOK_AGAIN))

    def release(self, turn: TokenTurn) -> None:
        """Release the token lock; of no effect if the turn does not hold it."""
        if self._holder.give_back(turn):
            freed, self._freed = self._freed, Event()
            freed.set()

    async def shielded(
        self, work: Callable[[], Coroutine[Any, Any, T]], seconds: float | None
    ) -> T | None:
        """Run ``work`` in a thread of its own, which outlives a caller who is interrupted."""
        await self.close()  # the one before has released the token lock, and ends any moment
        result, context = Future[T](), copy_context()

        def run() -> None:
            try:
                result.set_result(context.run(run_now, work()))
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                result.set_exception(error)

        # Never a daemon: the interpreter waits for it before it ends.
        thread = Thread(target=run, name="genesys-cloud-token", daemon=False)
        try:
            thread.start()
        except RuntimeError:
            run()  # where no thread is to be had, here and now
        else:
            self._last = thread
        done, _ = wait({result}, timeout=seconds)
        return result.result() if done else None

    async def run_in_thread(self, work: Callable[..., T], *args: object) -> T:
        """Run it in this thread, which is the transaction's own."""
        return work(*args)

    async def run_in_worker(self, work: Callable[..., T], *args: object) -> T:
        """Run it in this thread."""
        return work(*args)

    async def close(self) -> None:
        """Wait for work whose caller is gone."""
        if self._last is not None:
            self._last.join()
