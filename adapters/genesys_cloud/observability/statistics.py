"""The statistics of one client, which threads and event loops update one at a time."""

from collections.abc import Callable
from typing import TypeVarTuple

from genesys_cloud.step_lock import StepLock
from genesys_core.observability.statistics import ClientStats

__all__ = ["StatisticsCell"]

Given = TypeVarTuple("Given")


class StatisticsCell:
    """Stores the current statistics of a client; threads and event loops may share it."""

    def __init__(self) -> None:
        self._stats = ClientStats()
        self._lock = StepLock()

    def apply(self, step: Callable[[ClientStats, *Given], ClientStats], /, *args: *Given) -> None:
        """Replace the statistics with those that a step computes."""
        self._lock.run(self._apply, step, args)

    def _apply(
        self, step: Callable[[ClientStats, *Given], ClientStats], args: tuple[*Given]
    ) -> None:
        while True:
            stats = self._stats
            after = step(stats, *args)
            # A call that is garbage-collected during a step applies another one in the same thread,
            # which this one must not undo.
            if self._stats is stats:
                self._stats = after
                return

    def read(self, step: Callable[[ClientStats], ClientStats]) -> ClientStats:
        """Return a function's result for the current statistics, which remain unchanged."""
        return self._lock.run(self._result, step)

    def _result(self, step: Callable[[ClientStats], ClientStats]) -> ClientStats:
        return step(self._stats)
