"""Permits of the rate limit, from the client's own pacer or a shared one.

Invariants: the core computes the steps; this module only selects where the pacer is stored. A
shared pacer is changed in the event loop if no other client holds its lock, which takes
microseconds, otherwise in a thread.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol, TypeVar

from genesys_cloud.client.event_loop import EventLoop
from genesys_cloud.client.session_cell import SessionCell
from genesys_cloud.system_clock import read_clocks
from genesys_core.calls.lifecycle import State
from genesys_core.calls.rate_limit import (
    PermitStep,
    holds_reservation,
    release_permit,
    share_step,
    with_pacer,
)
from genesys_core.errors import BudgetBusyError, BudgetError
from genesys_core.session.budget import Budget, RemoteBudget, token_key

__all__ = ["OwnPermits", "Permits", "SharedPermits", "permits_of"]

S = TypeVar("S")
R = TypeVar("R")

WAIT: Final = 30.0
"""Seconds to wait for the lock of a shared rate limit, which each process holds for less than a millisecond."""

RELEASE_WAIT: Final = 0.05
"""Seconds to wait for that lock when a call ends early; an unreleased reservation expires."""


class Permits(Protocol):
    """Applies the core's steps that request and release permits of the rate limit."""

    async def apply(self, step: PermitStep[S, R], state: S) -> R:
        """Apply a step; raises ``BudgetError`` if a shared rate limit cannot be used."""
        ...

    def release(self, state: State[Any]) -> None:
        """Release the reservation of a call that was abandoned in the given state."""
        ...


class OwnPermits:
    """Permits from a pacer in the client's session."""

    def __init__(self, cell: SessionCell) -> None:
        self._cell = cell

    async def apply(self, step: PermitStep[S, R], state: S) -> R:
        """Apply a step of the core to the rate limit, and return its result."""
        return self._cell.apply(step, state, now=read_clocks())

    def release(self, state: State[Any]) -> None:
        """Release the reservation of a call that was abandoned in the given state."""
        self._cell.apply(release_permit, state, now=read_clocks())


class SharedPermits:
    """Permits from a pacer in a budget; the session contains the pacer's latest known state."""

    def __init__(self, cell: SessionCell, budget: Budget, loop: Callable[[], EventLoop]) -> None:
        self._cell = cell
        self._budget = budget
        self._loop = loop

    async def apply(self, step: PermitStep[S, R], state: S) -> R:
        """Apply a step of the core to the rate limit, and return its result."""
        # Directly, if the lock is free: a thread takes longer than the change.
        try:
            return self._change(step, state, 0.0)
        except BudgetBusyError:
            return await self._loop().run_in_worker(self._change, step, state, WAIT)

    def release(self, state: State[Any]) -> None:
        """Release the reservation of a call that was abandoned in the given state."""
        if holds_reservation(state):
            with suppress(BudgetError):
                self._change(release_permit, state, RELEASE_WAIT)

    def _change(self, step: PermitStep[S, R], state: S, wait: float) -> R:
        session = self._cell.session

        def change(kept: bytes | None) -> tuple[bytes, tuple[Any, R]]:
            return share_step(kept, step, session, state, now=read_clocks())

        # By token: the platform limits the requests of each token.
        pacer, result = self._budget.change_state(token_key(session.vault.token), change, wait=wait)
        self._cell.apply(with_pacer, pacer)
        return result


def permits_of(
    cell: SessionCell,
    budget: Budget | RemoteBudget | None,
    loop: Callable[[], EventLoop],
    *,
    is_blocking: bool,
) -> Permits:
    """Return the permits for a client's rate limit: its own, or those of a shared budget."""
    if budget is None:
        return OwnPermits(cell)
    if isinstance(budget, Budget):
        return SharedPermits(cell, budget, loop)
    from genesys_cloud.client.remote_permits import RemotePermits  # noqa: PLC0415 - few have one

    return RemotePermits(cell, budget, is_blocking=is_blocking)
