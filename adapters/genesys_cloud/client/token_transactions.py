"""Token transactions at work: locks, threads and the token store around the core's steps.

Law: one transaction at a time, and a transaction that has begun comes to its end, whatever becomes
of the call that began it: it may be cancelled, interrupted, or run out of time, and a token that
was rotated is kept all the same. Closing waits for it.

A call that only finds that another has brought the token starts no thread and no task.
"""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from contextvars import copy_context
from functools import partial
from threading import Event, Lock, Thread
from typing import Generic, TypeVar, assert_never, cast

from genesys_cloud.client.event_loop import EventLoop
from genesys_cloud.client.session_cell import SessionCell
from genesys_cloud.system_clock import read_clocks
from genesys_core.calls.lifecycle import Raised, Returned, State
from genesys_core.calls.token_actions import TokenAction
from genesys_core.calls.token_transaction import (
    Deleting,
    Ended,
    Locking,
    Requesting,
    Saving,
    StoreStep,
    TransactionStep,
    Unlocking,
    begin_transaction,
    caller_time_left,
    caller_timed_out,
    lock_timeout,
    response_received,
    store_answered,
)
from genesys_core.oauth.token_store import TokenStore, TokenStoreError
from genesys_core.oauth.tokens import Token

__all__ = ["AsyncTokenTransactions", "StoreDriver", "TokenTransactions"]

T = TypeVar("T")
R = TypeVar("R")


class StoreDriver:
    """A token store at work: errors are reported, and become values.

    Args:
        store: the store; without one, the core asks nothing of it.
        report: is told of each failure.
    """

    def __init__(
        self, store: TokenStore | None, report: Callable[[TokenStoreError], object]
    ) -> None:
        self._store = cast(TokenStore, store)
        self._report = report

    def work(self, step: StoreStep[R], held: ExitStack) -> Token | TokenStoreError | None:
        """Do what a step asks; blocks.

        Args:
            step: the step.
            held: holds the store's lock from one step to the next.
        """
        try:
            return self._done(step, held)
        except TokenStoreError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - a store may be anybody's
            # Its words are left out: nobody knows whether they repeat a secret.
            failure = TokenStoreError(f"the token store failed: {type(error).__name__}")
        self._report(failure)
        return failure

    def _done(self, step: StoreStep[R], held: ExitStack) -> Token | None:
        match step:
            case Locking():
                with ExitStack() as lock:
                    lock.enter_context(self._store.lock(step.key, timeout=step.seconds))
                    token = self._store.load(step.key)
                    held.push(lock.pop_all())
                return token
            case Saving():
                self._store.save(step.key, step.token)
            case Deleting():
                self._store.delete(step.key)
            case Unlocking():
                held.close()
            case _:
                assert_never(step)
        return None


def _begin(
    cell: SessionCell, action: TokenAction[R], give_back: Callable[[], object]
) -> TransactionStep[R]:
    """The first step of a transaction; the token lock is kept if there is another one."""
    step: TransactionStep[R] | None = None
    try:
        step = cell.apply(begin_transaction, action, now=read_clocks())
        return step
    finally:
        if step is None or isinstance(step, Ended):
            give_back()


class TokenTransactions:
    """The transactions of a synchronous client.

    A transaction with something to do runs in a thread of its own, so that its caller can go: by an
    exception such as Ctrl-C, or because its deadline has passed.

    Args:
        cell: the session.
        exchange: drives a transaction's call to its end.
        store: the token store.
    """

    def __init__(
        self,
        cell: SessionCell,
        exchange: Callable[[State[Token]], Returned[Token] | Raised],
        store: StoreDriver,
    ) -> None:
        self._cell = cell
        self._exchange = exchange
        self._store = store
        self._lock = Lock()
        self._last: Thread | None = None

    def obtain(self, action: TokenAction[R]) -> R:
        """What comes of an action."""
        wait = lock_timeout(action, self._cell.session, now=read_clocks())
        if not self._lock.acquire(timeout=wait):
            return action.timed_out(self._cell.session, now=read_clocks())
        step = _begin(self._cell, action, self._lock.release)
        if isinstance(step, Ended):
            return step.result
        turn = _Transaction(lambda: self._finished(step))
        self.close()  # the one before has given the lock back, and ends any moment
        self._last = turn.started()
        if turn.is_over(caller_time_left(action, now=read_clocks())):
            return turn.result
        return caller_timed_out(action, self._cell.session, now=read_clocks())

    def close(self) -> None:
        """Wait for a transaction whose caller is gone."""
        if self._last is not None:
            self._last.join()

    def _finished(self, step: TransactionStep[R]) -> R:
        try:
            with ExitStack() as held:
                while not isinstance(step, Ended):
                    if isinstance(step, Requesting):
                        outcome = self._exchange(step.state)
                        step = self._cell.apply(response_received, step, outcome, now=read_clocks())
                    else:
                        found = self._store.work(step, held)
                        step = self._cell.apply(store_answered, step, found, now=read_clocks())
                return step.result
        finally:
            self._lock.release()


class _Transaction(Generic[R]):
    """Work in a thread of its own."""

    result: R

    def __init__(self, work: Callable[[], R]) -> None:
        self._work = work
        self._over = Event()
        self._error: BaseException | None = None
        self._context = copy_context()

    def started(self) -> Thread | None:
        """Begin; where no thread is to be had, here and now."""
        # Never a daemon: the interpreter waits for it before it ends.
        thread = Thread(target=self._run, name="genesys-cloud-token", daemon=False)
        try:
            thread.start()
        except RuntimeError:
            self._run()
            return None
        return thread

    def is_over(self, seconds: float | None) -> bool:
        """Wait for it, so long at most; raises what the work raised."""
        over = self._over.wait(seconds)
        if self._error is not None:
            raise self._error
        return over

    def _run(self) -> None:
        try:
            self.result = self._context.run(self._work)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._error = error
        finally:
            self._over.set()


class AsyncTokenTransactions:
    """The transactions of an asynchronous client.

    Args:
        cell: the session.
        exchange: drives a transaction's call to its end.
        store: the token store.
        loop: the loop's means.
    """

    def __init__(
        self,
        cell: SessionCell,
        exchange: Callable[[State[Token]], Awaitable[Returned[Token] | Raised]],
        store: StoreDriver,
        loop: Callable[[], EventLoop],
    ) -> None:
        self._cell = cell
        self._exchange = exchange
        self._store = store
        self._event_loop = loop

    async def obtain(self, action: TokenAction[R]) -> R:
        """What comes of an action."""
        loop = self._event_loop()
        wait = lock_timeout(action, self._cell.session, now=read_clocks())
        if not await loop.acquire(wait):
            return action.timed_out(self._cell.session, now=read_clocks())
        step = _begin(self._cell, action, loop.release)
        if isinstance(step, Ended):
            return step.result
        work = partial(self._finished, loop, step)
        result = await loop.shielded(work, caller_time_left(action, now=read_clocks()))
        if result is None:
            return caller_timed_out(action, self._cell.session, now=read_clocks())
        return result

    async def _finished(self, loop: EventLoop, step: TransactionStep[R]) -> R:
        held = ExitStack()
        try:
            while not isinstance(step, Ended):
                if isinstance(step, Requesting):
                    outcome = await self._exchange(step.state)
                    step = self._cell.apply(response_received, step, outcome, now=read_clocks())
                else:
                    found = await loop.run_in_thread(self._store.work, step, held)
                    step = self._cell.apply(store_answered, step, found, now=read_clocks())
            return step.result
        finally:
            held.close()
            loop.release()
