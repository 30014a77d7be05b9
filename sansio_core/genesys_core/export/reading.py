"""Reads one slice: determines its requests, and which of the received records belong to the slice.

Invariants: a record with a timestamp belongs to at most one slice of a plan. A record that the
platform returns twice is counted once. A request that cannot return all of its records is replaced
by requests for parts of its interval. No record is discarded because a field is missing or has an
unexpected type.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import inf
from typing import Any, Final

from msgspec import Struct

from genesys_core.calls.operation import Operation
from genesys_core.clock import assume_utc
from genesys_core.codec.intervals import Interval
from genesys_core.export.media import find_media_delay
from genesys_core.export.plan import Slice, with_interval
from genesys_core.paging.places import read_path

__all__ = ["SliceReading", "SliceRequest", "SliceTotals", "divide_interval"]

MAX_REQUESTS: Final = 1000
"""The maximum number of requests that result from dividing the requests of a slice."""

_MILLISECOND: Final = timedelta(milliseconds=1)


class SliceRequest(Struct, frozen=True):
    """A request for some or all of a slice's records.

    Attributes:
        operation: the operation to send, with the interval.
        interval: the interval of the requested records; ``None`` for all records.
        takes_earlier: whether records that started before the interval belong to the slice.
        divided: if this request is a part of a divided request, the number of records of the
            divided request; otherwise infinite.
    """

    operation: Operation[Any]
    interval: Interval | None
    takes_earlier: bool
    divided: float = inf


class SliceTotals(Struct, frozen=True):
    """Counts of the records received for a slice.

    Attributes:
        records: the records that belong to the slice, each once.
        received: all records received, including repeated ones.
        repeated: records received more than once, each repetition counted.
        elsewhere: records whose timestamp is outside the interval of the request.
        expected: the sum of the totals that the platform reported; ``None`` if it reported none.
        available_until: the time up to which the platform's data was complete; ``None`` if unknown.
        shortfall: the reason why records may be missing; empty if there is none.
    """

    records: int = 0
    received: int = 0
    repeated: int = 0
    elsewhere: int = 0
    expected: int | None = None
    available_until: datetime | None = None
    shortfall: str = ""


class SliceReading:
    """Reads a slice: send each request from ``next_request``, and pass its pages to ``receive``.

    Args:
        slice: the slice to read.
    """

    def __init__(self, slice: Slice) -> None:
        self._slice = slice
        self._pending = list(_requests(slice))[::-1]  # a stack: parts of a request come next
        self._request: SliceRequest | None = None
        # Ids of the records of all requests that were kept: the intervals of two requests share records
        # that last longer than one of them.
        self._kept: set[str | int] = set()
        self._seen: set[str | int] = set()  # ids of all records of this request
        self._unnamed = 0
        self._expected_here: int | None = None
        self._is_first_page = True
        self._requests = 0
        self._records = self._received = self._repeated = self._elsewhere = 0
        self._expected: int | None = None
        self._available_until: datetime | None = None
        self._shortfall = ""

    def next_request(self) -> SliceRequest | None:
        """Return the next request, or ``None`` if the slice has been read."""
        self._end_request()
        before = self._request
        self._request = following = self._pending.pop() if self._pending else None
        is_other = before and following and before.interval != following.interval
        if is_other and not self._slice.moment:
            self._kept.clear()  # the same id has other data in another interval
        self._seen.clear()
        self._unnamed, self._expected_here, self._is_first_page = 0, None, True
        return following

    def receive(
        self,
        items: Sequence[object] | None,
        *,
        identity: str = "",
        total: int | None = None,
        available_until: object = None,
    ) -> list[object] | None:
        """Process a page that was received for the current request.

        Args:
            items: the records; ``None`` for a response without content, which means that the
                platform is still preparing the records.
            identity: the field that identifies a record; empty if none does.
            total: the total number of records for the request, if the platform reports it.
            available_until: the time up to which the platform's data is complete, if the platform
                reports it.

        Returns:
            The records that belong to the slice; ``None`` if the request was divided, so its
            remaining pages are not needed.
        """
        request = self._request
        if request is None:
            return []
        # Only before any of its records is taken, because the parts return them again.
        if self._is_first_page and self._divide(request, total):
            return None
        self._is_first_page = False
        if items is None:
            self._note_shortfall(
                "the platform is still preparing the records; fetch the slice again later"
            )
            return []
        if total is not None:
            # It may change from page to page, while records are added.
            self._expected_here = max(total, self._expected_here or 0)
        self._note_availability(available_until)
        self._received += len(items)
        kept = [item for item in items if self._keeps(item, request, identity)]
        if self._slice.media:
            for delay in filter(None, map(find_media_delay, kept)):
                self._note_shortfall(f"{delay}; fetch the slice again")
        return kept

    @property
    def totals(self) -> SliceTotals:
        """The counts of records received so far."""
        return SliceTotals(
            self._records,
            self._received,
            self._repeated,
            self._elsewhere,
            self._expected,
            self._available_until,
            self._shortfall or self._find_lag(),
        )

    def _keeps(self, item: object, request: SliceRequest, identity: str) -> bool:
        key = read_path(item, identity) if identity else None
        # Counted before the record is judged, because the platform's total includes records that belong
        # to other slices.
        if isinstance(key, str | int):
            if key in self._seen:
                self._repeated += 1
                return False
            self._seen.add(key)
        else:
            self._unnamed += 1
        if not _belongs(item, request, self._slice.moment):
            self._elsewhere += 1
            return False
        if isinstance(key, str | int):
            if key in self._kept:
                self._repeated += 1
                return False
            self._kept.add(key)
        self._records += 1
        return True

    def _divide(self, request: SliceRequest, total: int | None) -> bool:
        reach = self._slice.reach
        if not reach or total is None or total <= reach:
            return False
        parts = divide_interval(request.interval, total, reach)
        why = ""
        # Records that last longer than the parts are in all of them: then dividing never ends.
        if len(parts) < 2 or total >= request.divided:
            why = "the interval cannot be divided further; add a filter"
        elif self._requests + len(parts) > MAX_REQUESTS:
            why = (
                f"the slice would need more than {MAX_REQUESTS} requests; use fewer days in a slice, "
                "or add a filter"
            )
        if why:
            self._shortfall = f"{total} records, but a request can return only {reach}, and {why}"
            return False
        self._requests += len(parts)
        requests = [
            SliceRequest(
                with_interval(request.operation, self._slice.places, part),
                part,
                request.takes_earlier and number == 0,
                total,
            )
            for number, part in enumerate(parts)
        ]
        self._pending += requests[::-1]
        return True

    def _end_request(self) -> None:
        expected = self._expected_here
        if expected is None:
            return
        self._expected = (self._expected or 0) + expected
        seen = len(self._seen) + self._unnamed
        if seen < expected:
            self._note_shortfall(
                f"{seen} different records were received, but the platform counted "
                f"{expected}; fetch the slice again"
            )

    def _note_shortfall(self, why: str) -> None:
        self._shortfall = self._shortfall or why

    def _note_availability(self, until: object) -> None:
        moment = _as_moment(until)
        if moment is not None:
            earliest = moment if self._available_until is None else self._available_until
            self._available_until = min(moment, earliest)

    def _find_lag(self) -> str:
        interval, until = self._slice.interval, self._available_until
        if interval is None or until is None or until >= interval.end:
            return ""
        return (
            f"the platform's data was complete only up to {until.isoformat()}; "
            "fetch the slice again later"
        )


def divide_interval(interval: Interval | None, total: int, reach: int) -> tuple[Interval, ...]:
    """Divide an interval that has too many records for one request into adjacent parts.

    Args:
        interval: the interval to divide.
        total: the number of records in the interval.
        reach: the maximum number of records that one request can return, at least 1.

    Returns:
        The parts, in order of time; fewer than two if the interval cannot be divided.
    """
    if interval is None:
        return ()
    # Twice as many as needed: records are rarely spread evenly.
    wanted = max(2, -(-2 * total // reach))
    length = interval.duration // _MILLISECOND
    count = min(wanted, length)
    ends = [interval.start + _MILLISECOND * (length * n // count) for n in range(1, count)]
    return tuple(
        Interval(start, end)
        for start, end in zip([interval.start, *ends], [*ends, interval.end], strict=True)
    )


def _requests(slice: Slice) -> Iterator[SliceRequest]:
    for operation in slice.operations:
        requested = with_interval(operation, slice.places, slice.interval)
        yield SliceRequest(requested, slice.interval, slice.takes_earlier)


def _belongs(item: object, request: SliceRequest, path: str) -> bool:
    interval = request.interval
    if interval is None or not path:
        return True
    moment = _as_moment(read_path(item, path))
    if moment is None or moment in interval:
        return True
    return request.takes_earlier and moment < interval.start


def _as_moment(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return assume_utc(value)
