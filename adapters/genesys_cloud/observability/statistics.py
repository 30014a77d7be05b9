"""The statistics of one client, changed by one step at a time."""

import threading

from msgspec.structs import replace

from genesys_core.observability.statistics import ClientStats, StatisticsStep

__all__ = ["StatisticsCell"]


class StatisticsCell:
    """Holds what was counted so far; threads and event loops may share a cell."""

    def __init__(self) -> None:
        self._stats = ClientStats()
        self._lock = threading.Lock()

    def apply(self, step: StatisticsStep) -> None:
        """Apply one step."""
        with self._lock:
            self._stats = step(self._stats)

    def read(self, open_connections: int | None = None) -> ClientStats:
        """All counts as of now.

        Args:
            open_connections: what the transport says of itself.
        """
        return replace(self._stats, open_connections=open_connections)
