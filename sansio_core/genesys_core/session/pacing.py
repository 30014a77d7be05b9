"""How fast a client may go: places in the platform's rate limit, handed out ahead of it.

Law: in no window of time are more requests let go than the limit allows, whatever the callers do:
a place is promised when it is asked for, and checked again when its time has come. First come,
first served. The memory is bounded by the limit and the number of those who wait.

The platform allows 300 requests a minute and token, and single APIs less (``platform.md``, A.1); it
sends no headers that tell how much is left. A 429 closes the gate for everyone until its
Retry-After has passed.

Theory: a window remembers when the requests of its last window were sent, and who waits, in order.
A request may go if fewer than the limit were sent in the window, those ahead of it in the queue
counted as if they went now. Otherwise it is told when to come back: when enough of the requests
before it have left the window. That is an estimate; only what was really sent decides, so callers
who wake late, early or never do no harm. A request whose path has a limit of its own queues there
first, then among all: it never blocks those who need not wait for it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
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
"""The share by which a window is taken longer than it is: two requests may reach the platform
closer together than they left."""

DAY: Final = 86_400.0
"""Seconds of the longest window; a call that waits longer is better made tomorrow."""


class Pacing(Struct, frozen=True):
    """How many requests may be sent in how long.

    Attributes:
        limit: requests in any window, all paths together; the platform's limit for a token.
        window: seconds.
        paths: limits for single paths and all below them, such as
            ``{"/api/v2/architect/ivrs": 100}``; these requests count against ``limit`` as well.

    Raises:
        TypeError: a value of a wrong type.
        InvalidValueError: a limit below 1, a window that is not above 0 and at most a day, or a
            path that does not begin with ``/`` or ends with it.
    """

    limit: int = 300
    window: float = 60.0
    paths: Mapping[str, int] = {}

    def __post_init__(self) -> None:
        check_fields(self, _FIELDS)
        for path, limit in self.paths.items():
            TEXT.check("a path of pacing paths", path)
            WHOLE_NUMBER.check(f"pacing limit of {path!r}", limit)
        if not 0 < self.window <= DAY:
            raise InvalidValueError(
                f"pacing window={self.window!r}: must be above 0 s, up to a day"
            )
        for path, limit in (("", self.limit), *self.paths.items()):
            if not limit >= 1:
                raise InvalidValueError(f"pacing limit={limit!r} {path}: must be 1 or more")
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
    """Closed by a 429, for everyone.

    Attributes:
        until: when it opens, on the monotonic clock.
        refusal: the response that closed it.
    """

    until: float
    refusal: Response

    @classmethod
    def closed_by(cls, response: Response, *, now: Now) -> "Gate | None":
        """The gate that a response closes: a 429 does until its Retry-After has passed.

        A request to wait longer than :data:`~genesys_core.session.retry.MAX_RETRY_AFTER` comes from a
        daily limit of one API and closes nothing.
        """
        if response.status != 429:
            return None
        asked = parse_retry_after(response.headers.get("retry-after"), now)
        if asked is None or asked > MAX_RETRY_AFTER:
            return None
        return cls(now.monotonic + asked, response)


class Reservation(Struct, frozen=True):
    """A place in the queue, or if its time has come, leave to send.

    Attributes:
        at: when to come back, on the monotonic clock.
        tickets: the ticket in each window entered so far, by the window's path.
        why: what it waits for, in words.
    """

    at: float
    tickets: tuple[tuple[str, int], ...] = ()
    why: str = ""

    def due(self, now: Now) -> bool:
        """Whether the request may go."""
        return self.at <= now.monotonic + GRAIN


class Ticket(NamedTuple):
    """One who waits in a window: the ticket, and when it was told to come back."""

    number: int
    return_at: float


class RateWindow(Struct, frozen=True):
    """One limit. Its steps return the window after them.

    Attributes:
        path: the path that it is for, with all below; ``""`` for all.
        limit: requests in any window.
        window: seconds, the margin included.
        sent: when the requests of the last window went, ascending.
        queue: who waits, first come first.
        vacant: tickets in the queue whose owners gave them back, ascending.
        issued: how many were given out.
    """

    path: str
    limit: int
    window: float
    sent: tuple[float, ...] = ()
    queue: tuple[Ticket, ...] = ()
    vacant: tuple[int, ...] = ()
    issued: int = 0

    def applies_to(self, path: str) -> bool:
        """Whether a request to a path counts."""
        return path.startswith(self.path) and path[len(self.path) :][:1] in {"", "/", "?"}

    def with_ticket(self, ticket: int | None) -> "tuple[RateWindow, int]":
        """The window with a place in its queue: the one held, one given back, or the last."""
        if ticket is not None and self.position(ticket) is not None:
            return self, ticket
        if self.vacant:
            first, *others = self.vacant
            return msgspec.structs.replace(self, vacant=tuple(others)), first
        queue = (*self.queue, Ticket(self.issued, 0.0))
        return msgspec.structs.replace(self, queue=queue, issued=self.issued + 1), self.issued

    def opening_time(self, ticket: int, opens: float) -> float:
        """When a place in the queue may go if all ahead of it go as soon as they may.

        Args:
            ticket: the place.
            opens: nobody goes before.
        """
        rounds, index = divmod(self.position(ticket) or 0, self.limit)
        taken = index - (self.limit - len(self.sent))
        first = opens if taken < 0 else max(opens, self.sent[taken] + self.window)
        return first + rounds * self.window

    def with_return_time(self, ticket: int, at: float) -> "RateWindow":
        """The owner of a place, which is in the queue, was told when to come back."""
        index = bisect_left(self.queue, (ticket,))
        queue = (*self.queue[:index], Ticket(ticket, at), *self.queue[index + 1 :])
        return msgspec.structs.replace(self, queue=queue)

    def with_ticket_used(self, ticket: int, now: float) -> "RateWindow":
        """The request of a place goes now."""
        return self.without(ticket).with_request(now)

    def with_request(self, now: float) -> "RateWindow":
        """A request goes now."""
        # Threads read the clock before they get here, and may overtake one another.
        sent = (*self.sent, max(now, *self.sent[-1:], now))
        return msgspec.structs.replace(self, sent=sent)

    @property
    def has_room(self) -> bool:
        """Whether a newcomer need not queue."""
        return not self.queue and len(self.sent) < self.limit

    def with_ticket_returned(self, ticket: int) -> "RateWindow":
        """The owner of a place gives it back: the next newcomer has it, and delays nobody."""
        if self.position(ticket) is None:
            return self
        queue, vacant = self.queue, tuple(sorted((*self.vacant, ticket)))
        while vacant and queue[-1].number == vacant[-1]:
            queue, vacant = queue[:-1], vacant[:-1]
        return msgspec.structs.replace(self, queue=queue, vacant=vacant)

    def as_of(self, now: float) -> "RateWindow":
        """Without what counts no more.

        That is: requests before the window, places given back whose time has come, and at the
        head of the queue those whose owner did not come within a whole window.
        """
        window = self
        past = bisect_right(self.sent, now - self.window + GRAIN)
        if past:
            window = msgspec.structs.replace(window, sent=window.sent[past:])
        for ticket in self.vacant:
            index = window.position(ticket)
            if index is not None and window.queue[index].return_at <= now:
                window = window.without(ticket)
        while window.queue and window.queue[0].return_at <= now - self.window:
            window = window.without(window.queue[0].number)
        return window

    def position(self, ticket: int) -> int | None:
        """How many are ahead of a place, or ``None`` if there is no such place."""
        index = bisect_left(self.queue, (ticket,))
        found = index < len(self.queue) and self.queue[index].number == ticket
        return index if found else None

    def without(self, ticket: int) -> "RateWindow":
        """Without a place."""
        index = self.position(ticket)
        if index is None:
            return self
        queue = (*self.queue[:index], *self.queue[index + 1 :])
        vacant = tuple(other for other in self.vacant if other != ticket)
        return msgspec.structs.replace(self, queue=queue, vacant=vacant)

    def describe(self) -> str:
        """The limit, in words."""
        where = f" to {self.path}" if self.path else ""
        many = "requests" if self.limit != 1 else "request"
        return f"{self.limit} {many}{where} in {self.window / (1 + MARGIN):g} s"


class Pacer(Struct, frozen=True):
    """The limiter of one token. A value: every step returns the next one.

    Attributes:
        windows: those of single paths first, the most particular before all; the last is for all.
        gate: the latest one that a 429 closed.
    """

    windows: tuple[RateWindow, ...]
    gate: Gate | None = None

    @classmethod
    def of(cls, pacing: Pacing) -> "Pacer":
        """A limiter that has let nothing go yet."""
        paths = sorted(pacing.paths, key=len, reverse=True)
        limits = [*((path, pacing.paths[path]) for path in paths), ("", pacing.limit)]
        window = pacing.window * (1 + MARGIN)
        return cls(tuple(RateWindow(path, limit, window) for path, limit in limits))

    def reserve(
        self, path: str, *, now: Now, reservation: Reservation | None = None
    ) -> "tuple[Pacer, Reservation]":
        """Ask for leave to send, or for the time to come back at.

        Args:
            path: the request's path, without the host.
            now: the moment.
            reservation: what this request was given before, if it comes back.

        Returns:
            The next pacer, and a reservation. If that is due, send now: the request has been
            counted. Otherwise come back at its time with the reservation, or give it back with
            :meth:`release`.
        """
        moment = now.monotonic
        opens = max(moment, self.gate.until) if self.gate else moment
        windows = {window.path: window.as_of(moment) for window in self.windows}
        if reservation is None and opens <= moment + GRAIN:
            passed = [window for window in windows.values() if window.applies_to(path)]
            if all(window.has_room for window in passed):
                windows |= {window.path: window.with_request(moment) for window in passed}
                return Pacer(tuple(windows.values()), self.gate), Reservation(moment)
        tickets = _still_held(windows, reservation) if reservation else {}
        for window in [window for window in windows.values() if window.applies_to(path)]:
            entered, ticket = window.with_ticket(tickets.get(window.path))
            windows[window.path], tickets[window.path] = entered, ticket
            opening = entered.opening_time(ticket, opens)
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
        """Give back a reservation that was not used: whoever comes next may have it."""
        windows = {window.path: window.as_of(now.monotonic) for window in self.windows}
        windows |= {
            path: windows[path].with_ticket_returned(t)
            for path, t in reservation.tickets
            if path in windows
        }
        return Pacer(tuple(windows.values()), self.gate)

    def with_gate(self, gate: Gate) -> "Pacer":
        """Closed by a 429, unless it is closed for longer already."""
        if self.gate is not None and self.gate.until >= gate.until:
            return self
        return msgspec.structs.replace(self, gate=gate)

    def shuts_out(self, reservation: Reservation) -> bool:
        """Whether the gate is closed for longer than the reservation says to wait."""
        return self.gate is not None and self.gate.until > reservation.at + GRAIN

    def closed(self, now: Now) -> Gate | None:
        """The gate, if it is closed."""
        if self.gate is None or self.gate.until <= now.monotonic + GRAIN:
            return None
        return self.gate


def _still_held(windows: dict[str, RateWindow], reservation: Reservation) -> dict[str, int]:
    """The places of a reservation that were not given up for lost; ``windows`` loses the others.

    Without its place in a narrow window a request must not keep one in a wider window: two
    requests, each ahead of the other in one of them, would wait for one another for ever.
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
