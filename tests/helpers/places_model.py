"""What the script of :mod:`genesys_core.redis.places` does, in Python and on any clock, for one limit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort


class Places:
    """The places of one token, in whole microseconds.

    Args:
        limit: places in a window.
        window: its length.

    Attributes:
        asked: the number of requests, with and without a ticket.
        lost: the places that were given up because their tickets came too late.
        most_kept: the most places that were kept at a time.
    """

    def __init__(self, limit: int, window: int) -> None:
        self._limit, self._window = limit, window
        self._times: list[int] = []
        self._held: dict[int, int] = {}
        self._issued = 0
        self.asked = 0
        self.lost = 0
        self.most_kept = 0

    def take(self, now: int, ticket: int | None = None) -> tuple[int, int]:
        """Return the microseconds to wait and the ticket."""
        self.asked += 1
        if ticket is not None and (held := self._held.get(ticket)) is not None:
            late = now - held
            if late <= self._window * 0.01:
                return max(-late, 0), ticket
            self.lost += 1
            self._remove(ticket)
        expired = bisect_right(self._times, now - 2 * self._window)
        del self._times[:expired]
        place = self._find_earliest(now)
        insort(self._times, place)
        ticket = self._issue(place)
        self.most_kept = max(self.most_kept, len(self._times))
        return place - now, ticket

    def leave(self, now: int, ticket: int) -> None:
        """Give up a place that has not been used."""
        held = self._held.get(ticket)
        if held is not None and held > now:
            self._remove(ticket)

    def _find_earliest(self, place: int) -> int:
        times, limit, window = self._times, self._limit, self._window
        for first in range(bisect_right(times, place - window), len(times) - limit + 1):
            last, free = times[first + limit - 1], times[first] + window
            if last - window >= place:
                break
            if last < free and place < free:
                place = free
        return place

    def _issue(self, place: int) -> int:
        self._issued += 1
        self._held[self._issued] = place
        return self._issued

    def _remove(self, ticket: int) -> None:
        place = self._held.pop(ticket)
        at = bisect_left(self._times, place)
        if at < len(self._times) and self._times[at] == place:
            del self._times[at]
