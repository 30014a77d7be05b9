"""Permits for a rate limit that clients share through a server.

Invariants: the server grants places in the rate limit, and the core decides whether a call waits
for its place; this module sends the requests to the server and receives its replies.
"""

import math
from contextlib import suppress
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from genesys_cloud.client.permits import OwnPermits
from genesys_cloud.client.session_cell import SessionCell
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.awaited import run_now
from genesys_core.calls.lifecycle import ClosingGate, NeedPermit, Raised, Sending, State, Waiting
from genesys_core.calls.rate_limit import PermitStep
from genesys_core.calls.remote_places import answer_place, place_not_released
from genesys_core.errors import BudgetError
from genesys_core.redis.places import find_lanes, find_ticket, share_pacer
from genesys_core.session.budget import RemoteBudget, token_key

__all__ = ["RemotePermits"]

S = TypeVar("S")
R = TypeVar("R")


class RemotePermits:
    """Requests permits for a rate limit that clients share through a server.

    Args:
        cell: the cell with the client's session.
        budget: the budget that communicates with the server.
        is_blocking: whether calls block their threads, as in synchronous clients.
    """

    def __init__(self, cell: SessionCell, budget: RemoteBudget, *, is_blocking: bool) -> None:
        self._cell = cell
        self._budget = budget
        self._is_blocking = is_blocking
        self._granted = "", -math.inf  # the token's key, and the time of its last permit
        self._share: OwnPermits | None = None

    async def apply(self, step: PermitStep[S, R], state: S) -> R:
        """Apply a step of the core to the rate limit, and return the step's result."""
        given = state  # the cases below narrow the type of `state`
        try:
            match state:
                case NeedPermit():
                    need = cast("NeedPermit[Any]", state)
                    return cast(R, await self._take(need))
                case ClosingGate():
                    closing = cast("ClosingGate[Any]", state)
                    seconds = closing.gate.until - read_clocks().monotonic
                    key = token_key(self._cell.session.vault.token)
                    await self._budget.close_gate(key, seconds, is_blocking=self._is_blocking)
                    return cast(R, closing.closed())
                case _:
                    raise AssertionError(f"unexpected state {type(state).__name__}")
        except BudgetError:
            if self._budget.fallback is None:
                raise
            return await self._find_share(self._budget.fallback).apply(step, given)

    def release(self, state: State[Any]) -> None:
        """Release the reservation of a call that was abandoned in the given state."""
        if not isinstance(state, NeedPermit | Waiting):
            return
        ticket = find_ticket(state.reservation)
        if ticket is None:
            if self._share is not None:
                self._share.release(state)
        elif self._is_blocking:
            # An asynchronous call may have been cancelled and cannot await: its place stays unused.
            with suppress(BudgetError):
                run_now(self._leave(state.call.endpoint.path, ticket))

    async def _take(self, need: NeedPermit[Any]) -> Sending[Any] | Waiting[Any] | Raised:
        session, now = self._cell.session, read_clocks()
        pacer = session.pacer
        if pacer is None:
            return need.granted(now=now)
        lanes = find_lanes(pacer, need.call.endpoint.path)
        key = token_key(session.vault.token)
        granted_key, granted_at = self._granted
        place = await self._budget.take_place(
            key,
            lanes,
            ticket=find_ticket(need.reservation),
            # If this client had a place in the current window but the server has no state, the
            # server has lost the count of the window's requests. A new token has no state yet.
            had_places=granted_key == key and now.monotonic - granted_at < lanes[-1].window,
            is_blocking=self._is_blocking,
        )
        now = read_clocks()  # read again, because the request took time and waits start now
        state = answer_place(need, place, lanes, now=now)
        if isinstance(state, Sending):
            self._granted = key, now.monotonic
        elif isinstance(state, Raised):
            # The time of the place is after the call's deadline, so leave it to other calls.
            try:
                await self._leave(need.call.endpoint.path, place.ticket)
            except BudgetError as error:
                state = place_not_released(state, error)
        return state

    async def _leave(self, path: str, ticket: int) -> None:
        session = self._cell.session
        if session.pacer is not None:
            lanes = find_lanes(session.pacer, path)
            key = token_key(session.vault.token)
            await self._budget.leave_place(key, lanes, ticket, is_blocking=self._is_blocking)

    def _find_share(self, share: float) -> OwnPermits:
        """Return the permits that a client uses while the server cannot be reached.

        Args:
            share: the fraction of the rate limit that this client may use.
        """
        if self._share is None:
            session = self._cell.session
            pacer = None if session.pacer is None else share_pacer(session.pacer, share)
            self._share = OwnPermits(SessionCell(replace(session, pacer=pacer)))
        return self._share
