"""Runs token transactions: performs the core's steps with locks, threads and the token store.

Invariants: one transaction at a time. A transaction that has started runs to completion even if its
call is cancelled, interrupted or times out, so that a rotated token is still stored; closing the
client waits for the transaction.

If another call has already refreshed the token, neither a thread nor a task is started.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Any, TypeVar, assert_never, cast

from genesys_cloud.client.event_loop import EventLoop, LockOwner
from genesys_cloud.client.session_cell import SessionCell
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.awaited import run_now
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
from genesys_core.oauth.token_store import (
    AsyncTokenStore,
    TokenKey,
    TokenStore,
    TokenStoreError,
)
from genesys_core.oauth.tokens import Token

__all__ = ["StoreDriver", "TokenTransactions"]

T = TypeVar("T")
R = TypeVar("R")


class StoreDriver:
    """Accesses a token store, and reports and returns errors instead of raising them.

    Args:
        store: the token store; may be ``None``, because the core then requests no store steps.
        report: called with each error of the store.
    """

    def __init__(
        self, store: TokenStore | None, report: Callable[[TokenStoreError], object]
    ) -> None:
        self._store = cast(TokenStore, store)
        self._report = report

    async def work(
        self, step: StoreStep[R], held: AsyncExitStack, loop: EventLoop, *, is_blocking: bool
    ) -> Token | TokenStoreError | None:
        """Perform a step on the token store; return the loaded token or an error, otherwise ``None``.

        Args:
            step: the step to perform.
            held: the exit stack that holds the store's lock between steps.
            loop: the client's event loop.
            is_blocking: whether the client's calls block their threads.
        """
        store = self._store
        try:
            if not is_blocking and isinstance(store, AsyncTokenStore):
                return await _do_step(store, step, held)
            return await loop.run_in_thread(_run_step, _AwaitedStore(store), step, held)
        except TokenStoreError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - a custom store may raise anything
            # The exception's message is omitted because it may contain a secret.
            failure = TokenStoreError(f"the token store failed: {type(error).__name__}")
        self._report(failure)
        return failure


class _AwaitedStore:
    """Adapts a blocking token store to the asynchronous interface; its methods never suspend."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store

    async def load_async(self, key: TokenKey) -> Token | None:
        return self._store.load(key)

    async def save_async(self, key: TokenKey, token: Token) -> None:
        self._store.save(key, token)

    async def delete_async(self, key: TokenKey) -> None:
        self._store.delete(key)

    def lock_async(self, key: TokenKey, *, timeout: float) -> AbstractAsyncContextManager[None]:
        return _AwaitedLock(self._store.lock(key, timeout=timeout))


class _AwaitedLock(AbstractAsyncContextManager[None]):
    # Not an asynchronous generator: without an event loop, an abandoned one is not finalized.
    def __init__(self, lock: AbstractContextManager[None]) -> None:
        self._lock = lock

    async def __aenter__(self) -> None:
        self._lock.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return self._lock.__exit__(kind, error, traceback)


def _run_step(store: AsyncTokenStore, step: StoreStep[Any], held: AsyncExitStack) -> Token | None:
    return run_now(_do_step(store, step, held))


async def _do_step(
    store: AsyncTokenStore, step: StoreStep[Any], held: AsyncExitStack
) -> Token | None:
    match step:
        case Locking():
            # Two stacks: the lock is kept only if the load succeeds as well.
            async with AsyncExitStack() as lock:
                await lock.enter_async_context(store.lock_async(step.key, timeout=step.seconds))
                token = await store.load_async(step.key)
                held.push_async_exit(lock.pop_all())
            return token
        case Saving():
            await store.save_async(step.key, step.token)
        case Deleting():
            await store.delete_async(step.key)
        case Unlocking():
            await held.aclose()
        case _:
            assert_never(step)
    return None


class TokenTransactions:
    """Runs a client's token transactions, one at a time.

    Args:
        cell: the cell with the client's session.
        drive: a function that runs a transaction's call to completion.
        store: the driver of the token store.
        find_loop: returns the event loop that the client runs on.
        warn_shared: called once, when another client has replaced the token in the store.
        is_blocking: whether calls block their threads, as in synchronous clients.
    """

    def __init__(
        self,
        cell: SessionCell,
        drive: Callable[[State[Token]], Awaitable[Returned[Token] | Raised]],
        store: StoreDriver,
        find_loop: Callable[[], EventLoop],
        warn_shared: Callable[[], object],
        *,
        is_blocking: bool,
    ) -> None:
        self._cell = cell
        self._drive = drive
        self._store = store
        self._find_loop = find_loop
        self._warn_shared = warn_shared
        self._is_blocking = is_blocking

    async def obtain(self, action: TokenAction[R]) -> R:
        """Perform an action on the token and return the action's result.

        A transaction that does I/O is shielded: it continues if its caller is cancelled, is
        interrupted by Ctrl-C, or reaches its deadline.
        """
        loop, session, owner = self._find_loop(), self._cell.session, LockOwner()
        handed_over = False
        try:
            if not await loop.acquire(owner, lock_timeout(action, session, now=read_clocks())):
                return action.timed_out(self._cell.session, now=read_clocks())
            # Under the lock: another call may have refreshed the token during the wait.
            step = self._cell.apply(begin_transaction, action, now=read_clocks())
            if isinstance(step, Ended):
                return step.result
            # Before the first await: from here, `_finish` releases the lock, not this call.
            work, handed_over = partial(self._finish, loop, owner, step), True
            result = await loop.shielded(work, caller_time_left(action, now=read_clocks()))
        finally:
            if not handed_over:
                loop.release(owner)
        if result is None:
            return caller_timed_out(action, self._cell.session, now=read_clocks())
        return result

    async def _finish(self, loop: EventLoop, owner: LockOwner, step: TransactionStep[R]) -> R:
        held, was_shared = AsyncExitStack(), self._cell.session.vault.is_shared
        try:
            while not isinstance(step, Ended):
                if isinstance(step, Requesting):
                    outcome = await self._drive(step.state)
                    step = self._cell.apply(response_received, step, outcome, now=read_clocks())
                else:
                    found = await self._store.work(step, held, loop, is_blocking=self._is_blocking)
                    step = self._cell.apply(store_answered, step, found, now=read_clocks())
            if self._cell.session.vault.is_shared > was_shared:  # for the first time
                self._warn_shared()
            return step.result
        finally:
            # Release the store's lock first: the next transaction, which acquires it, can start as
            # soon as the client's lock is released.
            try:
                await held.aclose()
            finally:
                loop.release(owner)
