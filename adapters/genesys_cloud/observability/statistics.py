"""The statistics of one client, changed by one step at a time."""

from msgspec.structs import replace

from genesys_cloud.step_lock import StepLock
from genesys_core.observability.statistics import ClientStats, StatisticsStep

__all__ = ["StatisticsCell"]


class StatisticsCell:
    """Holds what was counted so far; threads and event loops may share a cell."""

    def __init__(self) -> None:
        self._stats = ClientStats()
        self._lock = StepLock()

    def apply(self, step: StatisticsStep) -> None:
        """Apply one step."""
        self._lock.run(self._apply, step)

    def _apply(self, step: StatisticsStep) -> None:
        self._stats = step(self._stats)

    def read(self, open_connections: int | None = None) -> ClientStats:
        """All counts as of now.

        Args:
            open_connections: what the transport says of itself.
        """
        return replace(self._stats, open_connections=open_connections)
