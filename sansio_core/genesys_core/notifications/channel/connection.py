"""One notification channel of the platform, from its making to an open socket.

Law: each state is a frozen value that says what it waits for, and has only the transitions that are
possible from there. A call or a socket that a state waits for carries a number of its own, so that
what arrives late, for a state long left, is recognised and ignored.

::

    Waiting ──woke──> Creating | Inspecting | Checking | Opening
    Creating ──made──> Opening                  POST .../channels
    Inspecting ──seen──> Opening                GET .../subscriptions, for a channel of the caller's
    Checking ──exists──> Opening                HEAD .../channels/{id}, after failed attempts
    Opening ──connected──> Open
    any ──failed──> Waiting                     with a longer wait each time

Within ``Open``, the set of topics on the server is a state of its own::

    Settled ──begun──> Changing ──done──> Settled
                       Changing ──failed──> Unsettled ──begun──> Changing
"""

import math
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.notifications.channel.policy import Policy

__all__ = [
    "Attempt",
    "Backlog",
    "Changing",
    "Checking",
    "Creating",
    "Inspecting",
    "Known",
    "Leg",
    "Open",
    "Opening",
    "Retiring",
    "Settled",
    "Sync",
    "Unsettled",
    "Waiting",
]

_CHECK_FROM: Final = 2
"""From this many failures in a row on, the channel is checked before its socket is opened."""

_RENEW_EVERY: Final = 5
"""After each so many failures in a row a new channel is made, even if the old one exists: its
address may lead nowhere, or another program may be connecting to it."""


class Known(Struct, frozen=True):
    """A channel that exists as far as is known.

    Attributes:
        id: the channel's id.
        uri: the address of its socket.
        given: whether it is the caller's and has not been looked at yet.
        own: whether it was made here.
        life: seconds after which its topics are to be subscribed to again.
    """

    id: str
    uri: str
    given: bool = False
    own: bool = True
    life: float = 0.0

    def __repr__(self) -> str:
        return "Known(...)"


class Waiting(Struct, frozen=True):
    """Waits before the next attempt."""

    until: float
    failures: int
    known: Known | None

    def woke(self, id: int, *, now: Now, policy: Policy) -> "Attempt":
        """The next attempt; ``id`` is the number of its call or socket."""
        known, limit = self.known, now.monotonic + policy.call_limit
        if known is not None and known.given:
            return Inspecting(id, limit, self.failures, known)
        if known is None or (self.failures and self.failures % _RENEW_EVERY == 0):
            return Creating(id, limit, self.failures)
        if self.failures >= _CHECK_FROM:
            return Checking(id, limit, self.failures, known)
        return Opening(id, now.monotonic + policy.connect_limit, self.failures, known)


class Creating(Struct, frozen=True):
    """Waits for a new channel."""

    call: int
    until: float
    failures: int

    def made(self, known: Known, id: int, *, now: Now, policy: Policy) -> "Opening":
        """The channel exists, without topics; its socket gets the number ``id``."""
        limit = now.monotonic + policy.connect_limit
        return Opening(id, limit, self.failures, known, confirmed=frozenset())


class Inspecting(Struct, frozen=True):
    """Waits for the topics of a channel that the caller gave."""

    call: int
    until: float
    failures: int
    known: Known

    def seen(self, id: int, *, now: Now, policy: Policy) -> "Opening":
        """The channel exists; its socket gets the number ``id``."""
        limit = now.monotonic + policy.connect_limit
        return Opening(id, limit, self.failures, replace(self.known, given=False))


class Checking(Struct, frozen=True):
    """Waits to hear whether a channel still exists."""

    call: int
    until: float
    failures: int
    known: Known

    def exists(self, id: int, *, now: Now, policy: Policy) -> "Opening":
        """It does, or nobody can tell; its socket gets the number ``id``."""
        return Opening(id, now.monotonic + policy.connect_limit, self.failures, self.known)

    def missing(self, id: int, *, now: Now, policy: Policy) -> Creating:
        """It does not; the call for a new one gets the number ``id``."""
        return Creating(id, now.monotonic + policy.call_limit, self.failures)


class Opening(Struct, frozen=True):
    """Waits for a socket to open."""

    socket: int
    until: float
    failures: int
    known: Known
    confirmed: frozenset[str] | None = None

    def connected(self, *, now: Now, policy: Policy) -> "Open":
        """The socket is open."""
        known = self.known
        return Open(
            self.socket,
            known,
            failures=self.failures,
            opened=now.monotonic,
            heard=now,
            renew_at=now.monotonic + (known.life or policy.renew_after),
            sync=Unsettled(self.confirmed, failures=0, until=now.monotonic),
        )


class Unsettled(Struct, frozen=True):
    """The server's topics are not those asked for, and are to be changed at a time.

    Attributes:
        confirmed: the server's topics; ``None`` if nobody can tell.
        failures: attempts that failed in a row.
        until: when the next one is due.
    """

    confirmed: frozenset[str] | None
    failures: int
    until: float

    def begun(self, call: int, wanted: frozenset[str], *, now: Now, policy: Policy) -> "Changing":
        """A call is under way."""
        limit = now.monotonic + policy.call_limit
        return Changing(call, limit, wanted, self.failures, before=self.confirmed)

    def lost(self, *, now: Now, policy: Policy) -> "Unsettled":  # noqa: ARG002 - as the others
        """The server took topics away."""
        return replace(self, confirmed=None)


class Settled(Struct, frozen=True):
    """The server's topics are known.

    Attributes:
        confirmed: the server's topics, those it rejected included.
        failures: how often that had to be tried.
        since: when it was confirmed.
    """

    confirmed: frozenset[str]
    failures: int
    since: float

    def begun(self, call: int, wanted: frozenset[str], *, now: Now, policy: Policy) -> "Changing":
        """A call is under way."""
        limit = now.monotonic + policy.call_limit
        return Changing(call, limit, wanted, self._recent(now, policy), before=self.confirmed)

    def lost(self, *, now: Now, policy: Policy) -> Unsettled:
        """The server took topics away."""
        failures = self._recent(now, policy) + 1
        return Unsettled(None, failures, now.monotonic + policy.delay(failures))

    def _recent(self, now: Now, policy: Policy) -> int:
        return 0 if now.monotonic - self.since >= policy.stable_after else self.failures


class Changing(Struct, frozen=True):
    """Waits for the reply to a change.

    Attributes:
        call: the call's number.
        until: when it counts as unanswered.
        wanted: what the server's topics will be.
        failures: attempts that failed before it.
        before: what they were; ``None`` if nobody could tell.
        doubtful: whether the server took topics away meanwhile, perhaps after it had changed them.
    """

    call: int
    until: float
    wanted: frozenset[str]
    failures: int
    before: frozenset[str] | None
    doubtful: bool = False

    def done(self, *, now: Now) -> Settled | Unsettled:
        """The server has the topics, unless that is in doubt."""
        if self.doubtful:
            return Unsettled(None, self.failures + 1, now.monotonic)
        return Settled(self.wanted, self.failures, now.monotonic)

    def lost(self, *, now: Now, policy: Policy) -> "Changing":  # noqa: ARG002 - as the others
        """The server took topics away."""
        return replace(self, doubtful=True)

    def failed(self, delay: float, *, now: Now) -> Unsettled:
        """It may have them or not; everything is sent again after the delay."""
        return Unsettled(None, self.failures + 1, now.monotonic + delay)


Sync: TypeAlias = Unsettled | Settled | Changing


class Backlog(Struct, frozen=True):
    """What the server sent while the socket was not read may be under way for longer than the lag.

    Attributes:
        since: up to when nothing is missing.
        pinged: when a ping was sent whose answer comes behind all that.
        again: whether reading has paused once more since then.
    """

    since: Now
    pinged: Now
    again: bool = False


class Open(Struct, frozen=True):
    """A socket that events come from.

    Attributes:
        socket: its number.
        known: the channel.
        failures: attempts that failed before it opened.
        opened: when it opened.
        heard: when a frame came last.
        renew_at: when the topics are to be subscribed to again.
        sync: the server's topics.
        pinged: when a ping went out that no frame has followed.
        pongs_due: pings that have not been answered.
        served: whether the server has had all topics once.
        leaving: the server said that it will close.
        backlog: what is still to be read after the consumer was too slow.
    """

    socket: int
    known: Known
    failures: int
    opened: float
    heard: Now
    renew_at: float
    sync: Sync
    pinged: float | None = None
    pongs_due: int = 0
    served: bool = False
    leaving: bool = False
    backlog: Backlog | None = None

    @property
    def sure(self) -> Now:
        """Up to when nothing is missing, but for what is under way."""
        return self.heard if self.backlog is None else self.backlog.since

    def answered(self, *, now: Now) -> "Open":
        """A ping was answered; with the last one, all that came before it has been read."""
        due = max(0, self.pongs_due - 1)
        leg, backlog = replace(self, pongs_due=due), self.backlog
        if due or backlog is None:
            return leg
        if not backlog.again:
            return replace(leg, backlog=None)
        return replace(leg, backlog=Backlog(backlog.pinged, now))

    def deadline(self, policy: Policy, *, reading: bool = True) -> float:
        """When the watchdog, or the topics, want attention next."""
        if not reading:
            watchdog = math.inf
        elif self.pinged is None:
            watchdog = self.heard.monotonic + policy.silence
        else:
            watchdog = self.pinged + policy.pong_wait
        match self.sync:
            case Settled(confirmed=topics):
                return min(watchdog, self.renew_at) if topics else watchdog
            case Unsettled(until=until) | Changing(until=until):
                return min(watchdog, until)

    def broken(self, *, now: Now, policy: Policy) -> int:
        """How many failures in a row there are now that it broke."""
        return 1 if now.monotonic - self.opened >= policy.stable_after else self.failures + 1

    def changed(self, change: Changing, *, now: Now, policy: Policy) -> "Open":
        """The server has made a change; one that sent all topics extends the channel's life."""
        whole = change.before is None or not change.before < change.wanted
        renew_at = now.monotonic + (self.known.life or policy.renew_after)
        return replace(
            self, sync=change.done(now=now), renew_at=renew_at if whole else self.renew_at
        )

    def ping(self, *, now: Now) -> "Open":
        """A ping goes out."""
        pinged = now.monotonic if self.pinged is None else self.pinged
        return replace(self, pinged=pinged, pongs_due=self.pongs_due + 1)


class Retiring(Struct, frozen=True):
    """The old socket of a planned move, kept for what is still under way on it.

    Attributes:
        socket: its number.
        known: its channel.
        heard: when a frame came last before the move.
        moved: when the new channel took over.
        until: when it is closed.
        pongs_due: pings that have not been answered, the last of them sent after the move: its
            answer proves that everything sent before the new channel served has been received.
        served: whether anything can be missing.
    """

    socket: int
    known: Known
    heard: Now
    moved: Now
    until: float
    pongs_due: int
    served: bool


Attempt: TypeAlias = Creating | Inspecting | Checking | Opening
Leg: TypeAlias = Waiting | Attempt | Open
