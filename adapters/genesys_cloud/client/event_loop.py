"""What a client's driver needs from what it runs on: one protocol for threads, asyncio and trio.

The driver is written once, in coroutines. On threads they never suspend (:class:`ThreadLoop` blocks
instead), so that :func:`run_now` runs one to its end as a function call.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol, TypeVar

__all__ = ["EventLoop", "enter_now", "iterate_now", "run_now"]

T = TypeVar("T")


class EventLoop(Protocol):
    """What the driver needs from an event loop."""

    async def sleep(self, left: Callable[[], float]) -> None:
        """Sleep as long as ``left`` says, or until :meth:`notify_all`; cancellable."""
        ...

    def notify_all(self) -> None:
        """Wake all who sleep."""
        ...

    async def close(self) -> None:
        """Wait for work whose caller is gone."""
        ...

    async def acquire(self, seconds: float) -> bool:
        """Take the token lock, if it can be had in time; cancellable."""
        ...

    def release(self) -> None:
        """Release the token lock, from whichever task."""
        ...

    async def shielded(
        self, work: Callable[[], Coroutine[Any, Any, T]], seconds: float | None
    ) -> T | None:
        """Run ``work`` to its end, even if the caller is cancelled meanwhile.

        Returns:
            What it returned, or ``None`` if it goes on after ``seconds``.
        """
        ...

    async def run_in_thread(self, work: Callable[..., T], *args: object) -> T:
        """Run what blocks in a thread, which nobody else's blocking work can keep busy."""
        ...

    async def run_in_worker(self, work: Callable[..., T], *args: object) -> T:
        """Run what blocks for a moment, such as a write to a file, in a thread of a pool."""
        ...


def run_now(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends.

    Raises:
        RuntimeError: it did: an awaitable of an event loop was given to a synchronous client.
    """
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    work.close()
    raise RuntimeError("a synchronous client cannot await: give it functions, not coroutines")


def iterate_now(chunks: AsyncIterator[T]) -> Iterator[T]:
    """Iterate over what never suspends."""

    async def following() -> T:
        return await anext(chunks)

    while True:
        try:
            chunk = run_now(following())
        except StopAsyncIteration:
            return
        yield chunk


@contextmanager
def enter_now(context: AbstractAsyncContextManager[T]) -> Generator[T]:
    """Enter and leave what never suspends."""
    entered = run_now(context.__aenter__())
    try:
        yield entered
    except BaseException as error:
        if not run_now(context.__aexit__(type(error), error, error.__traceback__)):
            raise
    else:
        run_now(context.__aexit__(None, None, None))
