"""Who holds the token lock, across the threads and event loops of a process.

Invariants: one turn at a time. A turn that nobody refers to any more, because an exception came at an awkward
moment, holds nothing; nor does one of the process that this one was forked from.
"""

from typing import Final
from weakref import ref

from genesys_cloud.client.event_loop import TokenTurn
from genesys_cloud.process_id import process_id
from genesys_cloud.step_lock import StepLock

__all__ = ["LOOK_AGAIN", "TokenHolder"]

LOOK_AGAIN: Final = 0.05
"""Seconds after which an event loop looks again whether another one has released the token lock."""


class TokenHolder:
    """The turn that holds the token lock."""

    def __init__(self) -> None:
        self._steps = StepLock()
        self._holder: ref[TokenTurn] | None = None
        self._process = process_id()

    def take(self, turn: TokenTurn) -> bool:
        """Hold the lock for a turn, unless another turn holds it."""
        return self._steps.run(self._take, turn)

    def give_back(self, turn: TokenTurn) -> bool:
        """Let the lock go; returns whether the turn held it."""
        return self._steps.run(self._give_back, turn)

    def _take(self, turn: TokenTurn) -> bool:
        holder = None if self._holder is None else self._holder()
        if holder is not None and holder is not turn and self._process == process_id():
            return False
        self._holder, self._process = ref(turn), process_id()
        return True

    def _give_back(self, turn: TokenTurn) -> bool:
        held = self._holder is not None and self._holder() is turn
        if held:
            self._holder = None
        return held
