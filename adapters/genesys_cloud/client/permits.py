"""Permits of the rate limit, from the client's own pacer or a shared one.

Invariants: the core computes the steps; this module only selects where the pacer is stored. A
shared pacer is changed without suspending the task, so that the state of a
cancelled call shows whether it has a reservation. While another client holds the pacer's lock,
calls sleep between attempts to acquire it, so that they can be cancelled at any time.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

from genesys_cloud.client.event_loop import EventLoop
from genesys_cloud.client.session_cell import SessionCell
from genesys_cloud.system_clock import read_clocks
from genesys_core.calls.lifecycle import State
from genesys_core.calls.rate_limit import (
    PermitStep,
    find_deadline,
    holds_reservation,
    release_permit,
    share_step,
    with_pacer,
)
from genesys_core.errors import BudgetBusyError, BudgetError
from genesys_core.session.budget import (
    Budget,
    RemoteBudget,
    next_attempt,
    release_wait,
    token_key,
)

__all__ = ["OwnPermits", "Permits", "SharedPermits", "permits_of"]

S = TypeVar("S")
R = TypeVar("R")


class Permits(Protocol):
    """Acquires and releases permits of the rate limit, as the core decides."""

    async def apply(self, step: PermitStep[S, R], state: S) -> R:
        """Apply a step of the core to the rate limit, and return the step's result.

        Raises:
            BudgetError: a shared rate limit cannot be used.
        """
        ...

    def release(self, state: State[Any]) -> None:
        """Release the reservation of a call that was abandoned in the given state."""
        ...


class OwnPermits:
    """Permits from the pacer in the client's session."""

    def __init__(self, cell: SessionCell) -> None:
        self._cell = cell

    async def apply(self, step: PermitStep[S, R], state: S) -> R:
        """Apply a step of the core to the rate limit, and return the step's result."""
        return self._cell.apply(step, state, now=read_clocks())

    def release(self, state: State[Any]) -> None:
        """Release the reservation of a call that was abandoned in the given state."""
        self._cell.apply(release_permit, state, now=read_clocks())


class SharedPermits:
    """Permits from a pacer that clients share; each session stores the pacer's latest known state."""

    def __init__(self, cell: SessionCell, budget: Budget, loop: Callable[[], EventLoop]) -> None:
        self._cell = cell
        self._budget = budget
        self._loop = loop
        self._waiting: set[object] = set()  # a count would not be safe with threads
        self._was_busy = False

    async def apply(self, step: PermitStep[S, R], state: S) -> R:
        """Apply a step of the core to the rate limit, and return the step's result."""
        try:
            return self._change(step, state, 0.0)
        except BudgetBusyError:
            return await self._change_later(step, state)

    def release(self, state: State[Any]) -> None:
        """Release the reservation of a call that was abandoned in the given state."""
        if not holds_reservation(state):
            return
        try:
            self._change(release_permit, state, release_wait(was_busy=self._was_busy))
        except BudgetBusyError:
            self._was_busy = True
        except BudgetError:
            pass

    async def _change_later(self, step: PermitStep[S, R], state: S) -> R:
        begun, this = read_clocks(), object()
        self._waiting.add(this)
        try:
            while True:
                try:
                    return self._change(step, state, 0.0)
                except BudgetBusyError as busy:
                    again = next_attempt(
                        busy,
                        len(self._waiting),
                        expires=find_deadline(state),
                        begun=begun,
                        now=read_clocks(),
                    )
                await self._loop().sleep(partial(_left, again))
        finally:
            self._waiting.discard(this)

    def _change(self, step: PermitStep[S, R], state: S, wait: float) -> R:
        session = self._cell.session

        def change(kept: bytes | None) -> tuple[bytes, tuple[Any, R]]:
            return share_step(kept, step, session, state, now=read_clocks())

        # Each token has its own state, because the platform limits the requests of each token.
        pacer, result = self._budget.change_state(token_key(session.vault.token), change, wait=wait)
        self._cell.apply(with_pacer, pacer)
        self._was_busy = False
        return result


def _left(until: float) -> float:
    return max(until - read_clocks().monotonic, 0.0)


def permits_of(
    cell: SessionCell,
    budget: Budget | RemoteBudget | None,
    loop: Callable[[], EventLoop],
    *,
    is_blocking: bool,
) -> Permits:
    """Return the permits of the client's own rate limit, or of a budget that clients share."""
    if budget is None:
        return OwnPermits(cell)
    if isinstance(budget, Budget):
        return SharedPermits(cell, budget, loop)
    from genesys_cloud.client.remote_permits import RemotePermits  # noqa: PLC0415 - few have one

    return RemotePermits(cell, budget, is_blocking=is_blocking)
