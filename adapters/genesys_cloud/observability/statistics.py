"""Stores the statistics of one client, for concurrent use by threads and event loops."""

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
        """Call ``step`` with the statistics, and replace the statistics with its result."""
        self._lock.run(self._apply, step, args)

    def _apply(
        self, step: Callable[[ClientStats, *Given], ClientStats], args: tuple[*Given]
    ) -> None:
        while True:
            stats = self._stats
            after = step(stats, *args)
            # A call that is garbage-collected during this step applies another step in the same
            # thread, and this step must not undo that one.
            if self._stats is stats:
                self._stats = after
                return

    def read(self, step: Callable[[ClientStats], ClientStats]) -> ClientStats:
        """Return the result of ``step`` for the current statistics, without storing it."""
        return self._lock.run(self._result, step)

    def _result(self, step: Callable[[ClientStats], ClientStats]) -> ClientStats:
        return step(self._stats)
