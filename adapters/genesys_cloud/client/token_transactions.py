"""Runs token transactions: locks, threads and the token store around the core's steps.

Invariants: one transaction at a time. A transaction that has started runs to completion even if its call is
cancelled, interrupted or times out, so that a rotated token is never lost; closing the client waits for it.

A call that finds that another call has already refreshed the token starts neither a thread nor a task.
"""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from typing import TypeVar, assert_never, cast

from genesys_cloud.client.event_loop import EventLoop, LockOwner
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

__all__ = ["StoreDriver", "TokenTransactions"]

T = TypeVar("T")
R = TypeVar("R")


class StoreDriver:
    """Accesses a token store; errors are reported and returned as values.

    Args:
        store: the store; without one, the core requests no store steps.
        report: called with each failure.
    """

    def __init__(
        self, store: TokenStore | None, report: Callable[[TokenStoreError], object]
    ) -> None:
        self._store = cast(TokenStore, store)
        self._report = report

    def work(self, step: StoreStep[R], held: ExitStack) -> Token | TokenStoreError | None:
        """Perform a step; blocks.

        Args:
            step: the step.
            held: holds the store's lock between steps.
        """
        try:
            return self._done(step, held)
        except TokenStoreError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - a store may be anybody's
            # Its message is omitted because it may contain a secret.
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


class TokenTransactions:
    """Runs the transactions of a client, one at a time.

    Args:
        cell: the session.
        drive: runs a transaction's call to completion.
        store: the token store.
        find_loop: returns the event loop that the client runs on.
        warn_shared: called once, when another client has replaced the token in the store.
    """

    def __init__(
        self,
        cell: SessionCell,
        drive: Callable[[State[Token]], Awaitable[Returned[Token] | Raised]],
        store: StoreDriver,
        find_loop: Callable[[], EventLoop],
        warn_shared: Callable[[], object],
    ) -> None:
        self._cell = cell
        self._drive = drive
        self._store = store
        self._find_loop = find_loop
        self._warn_shared = warn_shared

    async def obtain(self, action: TokenAction[R]) -> R:
        """Perform an action and return its result.

        A transaction that does I/O is shielded: its caller may be cancelled, interrupted by Ctrl-C, or reach
        its deadline without aborting it.
        """
        loop, session, owner = self._find_loop(), self._cell.session, LockOwner()
        handed_over = False
        try:
            if not await loop.acquire(owner, lock_timeout(action, session, now=read_clocks())):
                return action.timed_out(self._cell.session, now=read_clocks())
            step = self._cell.apply(begin_transaction, action, now=read_clocks())
            if isinstance(step, Ended):
                return step.result
            work, handed_over = partial(self._finish, loop, owner, step), True
            result = await loop.shielded(work, caller_time_left(action, now=read_clocks()))
        finally:
            if not handed_over:
                loop.release(owner)
        if result is None:
            return caller_timed_out(action, self._cell.session, now=read_clocks())
        return result

    async def _finish(self, loop: EventLoop, owner: LockOwner, step: TransactionStep[R]) -> R:
        held, was_shared = ExitStack(), self._cell.session.vault.is_shared
        try:
            while not isinstance(step, Ended):
                if isinstance(step, Requesting):
                    outcome = await self._drive(step.state)
                    step = self._cell.apply(response_received, step, outcome, now=read_clocks())
                else:
                    found = await loop.run_in_thread(self._store.work, step, held)
                    step = self._cell.apply(store_answered, step, found, now=read_clocks())
            if self._cell.session.vault.is_shared > was_shared:
                self._warn_shared()
            return step.result
        finally:
            held.close()
            loop.release(owner)
