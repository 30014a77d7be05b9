"""Client-side rate limiting, which keeps requests within the platform's limits.

Invariants: the number of requests sent in any time window never exceeds the limit, regardless of
how callers behave: a reservation is checked again when it is due. Requests are permitted first in,
first out, except that a new request takes over a released position; requests that already wait keep
their times. Memory is bounded by the limit and the number of waiting calls.

The platform allows 300 requests per minute and token, and fewer for some APIs; it sends no headers
with the remaining quota. A 429 with a Retry-After of up to
:data:`~genesys_core.session.retry.MAX_RETRY_AFTER` closes the gate for all calls until that delay has
passed.

Algorithm: a window keeps the send times of the last period's requests, and the queue of waiting
calls. A request may be sent if fewer than the limit were sent in the window, counting those ahead
of it in the queue as if they were sent now. Otherwise its reservation contains the time to try
again, at which enough earlier requests will have left the window. That time is an estimate; only
requests that were actually sent decide, so callers that wake up late, early or never cannot exceed
the limit. A request whose path has its own limit queues for that limit first and then in the common
window, so it never blocks calls to other paths.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from itertools import takewhile
from math import inf
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from genesys_core.checks import NUMBER, TEXT, WHOLE_NUMBER, Expected, check_fields
from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.messages import Response
from genesys_core.session.retry import GRAIN, MAX_RETRY_AFTER, parse_retry_after

__all__ = ["Gate", "Pacer", "Pacing", "RateWindow", "Reservation", "Ticket"]

MARGIN: Final = 0.02
"""Fraction by which windows are lengthened, because requests may arrive at the platform closer
together than they were sent.
"""

DAY: Final = 86_400.0
"""Maximum length of a window in seconds."""


class Pacing(Struct, frozen=True):
    """Rate limits: the maximum number of requests in a period.

    Attributes:
        limit: maximum number of requests in any window, to all paths together; by default the
            platform's limit for a token.
        window: length of the window in seconds.
        paths: limits by path prefix, such as ``{"/api/v2/architect/ivrs": 100}``; these requests
            count against ``limit`` as well.

    Raises:
        TypeError: a value has the wrong type.
        InvalidValueError: a limit is below 1, the window is not between 0 (exclusive) and one day,
            or a path does not begin with ``/`` or ends with it.
    """

    limit: int = 300
    window: float = 60.0
    paths: Mapping[str, int] = {}

    def __post_init__(self) -> None:
        check_fields(self, _FIELDS)
        for path, limit in self.paths.items():
            TEXT.check("a path in pacing paths", path)
            WHOLE_NUMBER.check(f"pacing limit of {path!r}", limit)
        if not 0 < self.window <= DAY:
            raise InvalidValueError(
                f"pacing window={self.window!r}: must be more than 0 s and at most a day"
            )
        limits = {f"paths[{path!r}]": limit for path, limit in self.paths.items()}
        for name, limit in (("limit", self.limit), *limits.items()):
            if not limit >= 1:
                raise InvalidValueError(f"pacing {name}={limit!r}: must be at least 1")
        for path in self.paths:
            if not path.startswith("/") or path.endswith("/"):
                raise InvalidValueError(
                    f"pacing path {path!r}: must begin with '/' and not end with it, "
                    "such as /api/v2/architect/ivrs"
                )


_FIELDS: Final = {
    "limit": WHOLE_NUMBER,
    "window": NUMBER,
    "paths": Expected(
        "a mapping of paths to limits", '{"/api/v2/architect/ivrs": 100}', (Mapping,)
    ),
}


class Gate(Struct, frozen=True):
    """A gate that a 429 closes for all calls.

    Attributes:
        until: when the gate opens, on the monotonic clock.
        refusal: the 429 response that closed the gate.
    """

    until: float
    refusal: Response

    @classmethod
    def closed_by(cls, response: Response, *, now: Now) -> "Gate | None":
        """Return the gate that a 429 closes until its Retry-After has passed, or ``None``.

        A 429 closes no gate if it has no Retry-After, or one longer than
        :data:`~genesys_core.session.retry.MAX_RETRY_AFTER`: such a delay is due to the daily limit
        of an individual API and does not affect other calls.
        """
        if response.status != 429:
            return None
        asked = parse_retry_after(response.headers.get("retry-after"), now)
        if asked is None or asked > MAX_RETRY_AFTER:
            return None
        return cls(now.monotonic + asked, response)


class Reservation(Struct, frozen=True):
    """A position in the queue or, once due, permission to send a request.

    Attributes:
        at: when to try again, on the monotonic clock.
        tickets: pairs of a window's path and the request's ticket in the queue of that window.
        why: description of the limit that the request waits for.
    """

    at: float
    tickets: tuple[tuple[str, int], ...] = ()
    why: str = ""

    def due(self, now: Now) -> bool:
        """Return whether the request may be sent now."""
        return self.at <= now.monotonic + GRAIN


class Ticket(NamedTuple):
    """A waiting request in a window: its ticket number, and the time of its next attempt."""

    number: int
    return_at: float


class RateWindow(Struct, frozen=True):
    """One rate limit and its recent requests. Immutable: each change returns a new window.

    Attributes:
        path: the prefix of the paths that the limit applies to; ``""`` for all paths.
        limit: maximum number of requests in any window.
        window: length of the window in seconds, including the margin.
        sent: send times of the requests within the last window, ascending.
        queue: the tickets of waiting requests, in the order in which they were issued.
        vacant: tickets in the queue that were released, ascending.
        vacant_until: no vacant ticket expires before this time.
        issued: number of tickets issued.
    """

    path: str
    limit: int
    window: float
    sent: tuple[float, ...] = ()
    queue: tuple[Ticket, ...] = ()
    vacant: tuple[int, ...] = ()
    vacant_until: float = inf
    issued: int = 0

    def applies_to(self, path: str) -> bool:
        """Return whether a request to a path counts against the limit."""
        # A prefix ends with a segment: /users does not apply to /usersearch.
        return path.startswith(self.path) and path[len(self.path) :][:1] in {"", "/", "?"}

    def with_ticket(self, ticket: int | None) -> "tuple[RateWindow, int]":
        """Return the updated window, and a ticket in its queue.

        The ticket is the given one if it is still in the queue, otherwise a released ticket if
        there is one, otherwise a new ticket.
        """
        if ticket is not None and self.position(ticket) is not None:
            return self, ticket
        if self.vacant:
            # The time of a released position is already accounted for, so taking it delays no other request.
            first, *others = self.vacant
            return msgspec.structs.replace(self, vacant=tuple(others)), first
        queue = (*self.queue, Ticket(self.issued, 0.0))  # its time is set in the same step
        return msgspec.structs.replace(self, queue=queue, issued=self.issued + 1), self.issued

    def opening_time(self, ticket: int, opens: float) -> float:
        """Return the earliest time at which a ticket may be used.

        All tickets ahead of it are assumed to be used as early as possible.

        Args:
            ticket: the number of a ticket in the queue.
            opens: no ticket may be used before this time.
        """
        # `limit` requests ahead use up one window: each full round adds one.
        rounds, index = divmod(self.position(ticket) or 0, self.limit)
        # Free places are used first; each further one opens a window after the request that holds it.
        taken = index - (self.limit - len(self.sent))
        first = opens if taken < 0 else max(opens, self.sent[taken] + self.window)
        return first + rounds * self.window

    def with_return_time(self, ticket: int, at: float) -> "RateWindow":
        """Record the time at which the call with this ticket should try again."""
        index = bisect_left(self.queue, (ticket,))
        queue = (*self.queue[:index], Ticket(ticket, at), *self.queue[index + 1 :])
        return msgspec.structs.replace(self, queue=queue)

    def with_ticket_used(self, ticket: int, now: float) -> "RateWindow":
        """Record that the request with this ticket is sent now, and remove the ticket."""
        return self.without(ticket).with_request(now)

    def with_request(self, now: float) -> "RateWindow":
        """Record the time of a request that is sent now."""
        # Threads read the clock before they get here and may overtake one another, but `sent` is
        # searched by bisection.
        sent = (*self.sent, max((now, *self.sent[-1:])))
        return msgspec.structs.replace(self, sent=sent)

    @property
    def has_room(self) -> bool:
        """Whether a new request can be sent at once, without a ticket."""
        return not self.queue and len(self.sent) < self.limit

    def with_ticket_returned(self, ticket: int) -> "RateWindow":
        """Release a ticket; the next new request takes it over without delaying others."""
        index = self.position(ticket)
        if index is None:
            return self
        place = bisect_left(self.vacant, ticket)
        vacant = (*self.vacant[:place], ticket, *self.vacant[place:])
        # A released position at the end delays nothing, so the queue does not grow with abandoned calls.
        last = 0  # how many of the last in the queue are vacant
        while last < len(vacant) and self.queue[-1 - last].number == vacant[-1 - last]:
            last += 1
        return msgspec.structs.replace(
            self,
            queue=self.queue[: len(self.queue) - last],
            vacant=vacant[: len(vacant) - last],
            vacant_until=min(self.vacant_until, self.queue[index].return_at),
        )

    def as_of(self, now: float) -> "RateWindow":
        """Return the window at a given time, without the requests and tickets that have expired.

        A request expires after the window's length, and a released ticket when it is due. A ticket
        at the head of the queue expires if its call has not tried again within the window's length
        after the ticket was due.
        """
        window = self
        past = bisect_right(self.sent, now - self.window + GRAIN)
        if past:
            window = msgspec.structs.replace(window, sent=window.sent[past:])
        # Runs for each request, so the queue is searched only if there is something to be found.
        if self.vacant and self.vacant_until <= now:
            window = window._without_expired_vacancies(now)  # noqa: SLF001 - its own class
        if window.queue and window.queue[0].return_at <= now - self.window:
            window = window._without_absent_head(now)  # noqa: SLF001 - its own class
        return window

    def _without_expired_vacancies(self, now: float) -> "RateWindow":
        vacant = set(self.vacant)
        expired = {t.number for t in self.queue if t.number in vacant and t.return_at <= now}
        left = [t.return_at for t in self.queue if t.number in vacant and t.return_at > now]
        return msgspec.structs.replace(
            self._without_all(expired), vacant_until=min(left, default=inf)
        )

    def _without_absent_head(self, now: float) -> "RateWindow":
        absent = takewhile(lambda ticket: ticket.return_at <= now - self.window, self.queue)
        return self._without_all({ticket.number for ticket in absent})

    def _without_all(self, gone: set[int]) -> "RateWindow":
        queue = tuple(ticket for ticket in self.queue if ticket.number not in gone)
        vacant = tuple(ticket for ticket in self.vacant if ticket not in gone)
        return msgspec.structs.replace(self, queue=queue, vacant=vacant)

    def position(self, ticket: int) -> int | None:
        """Return the number of tickets ahead of a ticket, or ``None`` if it is not in the queue."""
        index = bisect_left(self.queue, (ticket,))
        # Ascending by number; (ticket,) sorts before (ticket, any time).
        found = index < len(self.queue) and self.queue[index].number == ticket
        return index if found else None

    def without(self, ticket: int) -> "RateWindow":
        """Return the window without the given ticket."""
        index = self.position(ticket)
        if index is None:
            return self
        queue = (*self.queue[:index], *self.queue[index + 1 :])
        place = bisect_left(self.vacant, ticket)
        is_vacant = self.vacant[place : place + 1] == (ticket,)
        vacant = (*self.vacant[:place], *self.vacant[place + 1 :]) if is_vacant else self.vacant
        return msgspec.structs.replace(self, queue=queue, vacant=vacant)

    def describe(self) -> str:
        """Describe the limit for an error message: ``300 requests in 60 s``."""
        where = f" to {self.path}" if self.path else ""
        many = "requests" if self.limit != 1 else "request"
        return f"{self.limit} {many}{where} in {self.window / (1 + MARGIN):g} s"


class Pacer(Struct, frozen=True):
    """The rate limiter of one token. Immutable: each change returns a new rate limiter.

    Attributes:
        windows: the windows of individual paths, most specific first; the last one is for all
            paths.
        gate: the latest gate that a 429 closed.
    """

    windows: tuple[RateWindow, ...]
    gate: Gate | None = None

    @classmethod
    def of(cls, pacing: Pacing) -> "Pacer":
        """Create a rate limiter that has not counted any requests."""
        paths = sorted(pacing.paths, key=len, reverse=True)
        limits = [*((path, pacing.paths[path]) for path in paths), ("", pacing.limit)]
        window = pacing.window * (1 + MARGIN)
        return cls(tuple(RateWindow(path, limit, window) for path, limit in limits))

    def reserve(
        self, path: str, *, now: Now, reservation: Reservation | None = None
    ) -> "tuple[Pacer, Reservation]":
        """Request permission to send a request, or a position in the queue.

        Args:
            path: the request's path, without the host.
            now: the current time.
            reservation: the previous reservation of this request, if it has one.

        Returns:
            The updated rate limiter, and a reservation. If the reservation is due, send the request
            now: it has been counted. Otherwise call this again with the reservation at the time
            :attr:`Reservation.at`, or :meth:`release` the reservation.
        """
        moment = now.monotonic
        # The gate delays the queue but does not empty it: places stay in order of arrival.
        opens = max(moment, self.gate.until) if self.gate else moment
        windows = {window.path: window.as_of(moment) for window in self.windows}
        if reservation is None and opens <= moment + GRAIN:
            # Most requests need no position: no other waits, and every window has room.
            passed = [window for window in windows.values() if window.applies_to(path)]
            if all(window.has_room for window in passed):
                windows |= {window.path: window.with_request(moment) for window in passed}
                return Pacer(tuple(windows.values()), self.gate), Reservation(moment)
        tickets = _still_held(windows, reservation) if reservation else {}
        for window in [window for window in windows.values() if window.applies_to(path)]:
            entered, ticket = window.with_ticket(tickets.get(window.path))
            windows[window.path], tickets[window.path] = entered, ticket
            opening = entered.opening_time(ticket, opens)
            # The windows after this one are not entered yet: a position there would hold up requests that
            # need not wait for this window.
            if opening > moment + GRAIN:
                windows |= {
                    name: windows[name].with_return_time(t, opening) for name, t in tickets.items()
                }
                answer = Reservation(opening, tuple(tickets.items()), window.describe())
                return Pacer(tuple(windows.values()), self.gate), answer
        windows |= {
            name: windows[name].with_ticket_used(ticket, moment) for name, ticket in tickets.items()
        }
        return Pacer(tuple(windows.values()), self.gate), Reservation(moment)

    def release(self, reservation: Reservation, *, now: Now) -> "Pacer":
        """Release an unused reservation; later requests may take over its tickets."""
        windows = {window.path: window.as_of(now.monotonic) for window in self.windows}
        windows |= {
            path: windows[path].with_ticket_returned(t)
            for path, t in reservation.tickets
            if path in windows
        }
        return Pacer(tuple(windows.values()), self.gate)

    def with_gate(self, gate: Gate) -> "Pacer":
        """Return the rate limiter with the gate that opens later: the given one or its own."""
        if self.gate is not None and self.gate.until >= gate.until:
            return self
        return msgspec.structs.replace(self, gate=gate)

    def shuts_out(self, reservation: Reservation) -> bool:
        """Return whether the gate will still be closed when the reservation is due."""
        return self.gate is not None and self.gate.until > reservation.at + GRAIN

    def closed(self, now: Now) -> Gate | None:
        """Return the gate if it is closed now, otherwise ``None``."""
        if self.gate is None or self.gate.until <= now.monotonic + GRAIN:
            return None
        return self.gate


def _still_held(windows: dict[str, RateWindow], reservation: Reservation) -> dict[str, int]:
    """Return the reservation's tickets that have not expired; remove the others from ``windows``.

    A request without its ticket in a narrow window must not keep one in a wider window: two
    requests, each ahead of the other in one of the windows, would deadlock.
    """
    tickets: dict[str, int] = {}
    is_lost = False
    for path, ticket in reservation.tickets:
        window = windows.get(path)
        is_lost = is_lost or window is None or window.position(ticket) is None
        if not is_lost:
            tickets[path] = ticket
        elif window is not None:
            windows[path] = window.without(ticket)
    return tickets
