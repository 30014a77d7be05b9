"""One notification channel of the platform, from its making to an open socket.

Law: each state is a frozen value that says what it waits for, and has only the transitions that are
possible from there. A call or a socket that a state waits for carries a number of its own, so that
what arrives late, for a state long left, is recognised and ignored.

::

    BackingOff.woke      -> Creating | Inspecting | Checking | Connecting
    Creating.made        -> Connecting              POST .../channels
    Inspecting.seen      -> Connecting              GET .../subscriptions, for a channel of the caller's
    Checking.exists      -> Connecting              HEAD .../channels/{id}, after failed attempts
    Checking.missing     -> Creating
    Connecting.connected -> Listening
    any that fails       -> BackingOff              with a longer wait each time

Within ``Listening``, the set of topics on the server is a state of its own::

    OutOfSync.begun -> Syncing
    Syncing.done    -> InSync | OutOfSync
    Syncing.failed  -> OutOfSync
    InSync.begun    -> Syncing
    InSync.lost     -> OutOfSync

``docs/states.md`` draws both.
"""

import math
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.confidential import Printable
from genesys_core.notifications.channel.policy import Policy

__all__ = [
    "BackingOff",
    "Backlog",
    "Checking",
    "Connecting",
    "Connection",
    "ConnectionAttempt",
    "Creating",
    "Draining",
    "InSync",
    "Inspecting",
    "Listening",
    "OutOfSync",
    "PlatformChannel",
    "Syncing",
    "TopicSync",
]

_CHECK_FROM: Final = 2
"""From this many failures in a row on, the channel is checked before its socket is opened."""

_RENEW_EVERY: Final = 5
"""After each so many failures in a row a new channel is made, even if the old one exists: its
address may lead nowhere, or another program may be connecting to it."""


class PlatformChannel(Printable, frozen=True):
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
        return "PlatformChannel(...)"


class BackingOff(Struct, frozen=True):
    """Waits before the next attempt."""

    until: float
    failures: int
    channel: PlatformChannel | None

    def woke(self, id: int, *, now: Now, policy: Policy) -> "ConnectionAttempt":
        """The next attempt; ``id`` is the number of its call or socket."""
        channel, limit = self.channel, now.monotonic + policy.call_limit
        if channel is not None and channel.given:
            return Inspecting(id, limit, self.failures, channel)
        if channel is None or (self.failures and self.failures % _RENEW_EVERY == 0):
            return Creating(id, limit, self.failures)
        if self.failures >= _CHECK_FROM:
            return Checking(id, limit, self.failures, channel)
        return Connecting(id, now.monotonic + policy.connect_limit, self.failures, channel)


class Creating(Struct, frozen=True):
    """Waits for a new channel."""

    call: int
    until: float
    failures: int

    def made(self, channel: PlatformChannel, id: int, *, now: Now, policy: Policy) -> "Connecting":
        """The channel exists, without topics; its socket gets the number ``id``."""
        limit = now.monotonic + policy.connect_limit
        return Connecting(id, limit, self.failures, channel, confirmed=frozenset())


class Inspecting(Struct, frozen=True):
    """Waits for the topics of a channel that the caller gave."""

    call: int
    until: float
    failures: int
    channel: PlatformChannel

    def seen(self, id: int, *, now: Now, policy: Policy) -> "Connecting":
        """The channel exists; its socket gets the number ``id``."""
        limit = now.monotonic + policy.connect_limit
        return Connecting(id, limit, self.failures, replace(self.channel, given=False))


class Checking(Struct, frozen=True):
    """Waits to hear whether a channel still exists."""

    call: int
    until: float
    failures: int
    channel: PlatformChannel

    def exists(self, id: int, *, now: Now, policy: Policy) -> "Connecting":
        """It does, or nobody can tell; its socket gets the number ``id``."""
        return Connecting(id, now.monotonic + policy.connect_limit, self.failures, self.channel)

    def missing(self, id: int, *, now: Now, policy: Policy) -> Creating:
        """It does not; the call for a new one gets the number ``id``."""
        return Creating(id, now.monotonic + policy.call_limit, self.failures)


class Connecting(Struct, frozen=True):
    """Waits for a socket to open."""

    socket: int
    until: float
    failures: int
    channel: PlatformChannel
    confirmed: frozenset[str] | None = None

    def connected(self, *, now: Now, policy: Policy) -> "Listening":
        """The socket is open."""
        channel = self.channel
        return Listening(
            self.socket,
            channel,
            failures=self.failures,
            opened=now.monotonic,
            heard=now,
            renew_at=now.monotonic + (channel.life or policy.renew_after),
            sync=OutOfSync(self.confirmed, failures=0, until=now.monotonic),
        )


class OutOfSync(Struct, frozen=True):
    """The server's topics are not those asked for, and are to be changed at a time.

    Attributes:
        confirmed: the server's topics; ``None`` if nobody can tell.
        failures: attempts that failed in a row.
        until: when the next one is due.
    """

    confirmed: frozenset[str] | None
    failures: int
    until: float

    def begun(self, call: int, wanted: frozenset[str], *, now: Now, policy: Policy) -> "Syncing":
        """A call is under way."""
        limit = now.monotonic + policy.call_limit
        return Syncing(call, limit, wanted, self.failures, before=self.confirmed)

    def lost(self, *, now: Now, policy: Policy) -> "OutOfSync":  # noqa: ARG002 - as the others
        """The server took topics away."""
        return replace(self, confirmed=None)


class InSync(Struct, frozen=True):
    """The server's topics are known.

    Attributes:
        confirmed: the server's topics, those it rejected included.
        failures: how often that had to be tried.
        since: when it was confirmed.
    """

    confirmed: frozenset[str]
    failures: int
    since: float

    def begun(self, call: int, wanted: frozenset[str], *, now: Now, policy: Policy) -> "Syncing":
        """A call is under way."""
        limit = now.monotonic + policy.call_limit
        return Syncing(call, limit, wanted, self._recent(now, policy), before=self.confirmed)

    def lost(self, *, now: Now, policy: Policy) -> OutOfSync:
        """The server took topics away."""
        failures = self._recent(now, policy) + 1
        return OutOfSync(None, failures, now.monotonic + policy.delay(failures))

    def _recent(self, now: Now, policy: Policy) -> int:
        return 0 if now.monotonic - self.since >= policy.stable_after else self.failures


class Syncing(Struct, frozen=True):
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

    def done(self, *, now: Now) -> InSync | OutOfSync:
        """The server has the topics, unless that is in doubt."""
        if self.doubtful:
            return OutOfSync(None, self.failures + 1, now.monotonic)
        return InSync(self.wanted, self.failures, now.monotonic)

    def lost(self, *, now: Now, policy: Policy) -> "Syncing":  # noqa: ARG002 - as the others
        """The server took topics away."""
        return replace(self, doubtful=True)

    def failed(self, delay: float, *, now: Now) -> OutOfSync:
        """It may have them or not; everything is sent again after the delay."""
        return OutOfSync(None, self.failures + 1, now.monotonic + delay)


TopicSync: TypeAlias = OutOfSync | InSync | Syncing


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


class Listening(Struct, frozen=True):
    """A socket that events come from.

    Attributes:
        socket: its number.
        channel: the channel.
        failures: attempts that failed before it opened.
        opened: when it opened.
        heard: when a frame came last.
        renew_at: when the topics are to be subscribed to again.
        sync: the server's topics.
        pinged: when a ping went out that no frame has followed.
        pongs_due: pings that have not been answered.
        subscribed: whether the server has had all topics once.
        leaving: the server said that it will close.
        backlog: what is still to be read after the consumer was too slow.
    """

    socket: int
    channel: PlatformChannel
    failures: int
    opened: float
    heard: Now
    renew_at: float
    sync: TopicSync
    pinged: float | None = None
    pongs_due: int = 0
    subscribed: bool = False
    leaving: bool = False
    backlog: Backlog | None = None

    @property
    def complete_until(self) -> Now:
        """Up to when nothing is missing, but for what is under way."""
        return self.heard if self.backlog is None else self.backlog.since

    def answered(self, *, now: Now) -> "Listening":
        """A ping was answered; with the last one, all that came before it has been read."""
        due = max(0, self.pongs_due - 1)
        connection, backlog = replace(self, pongs_due=due), self.backlog
        if due or backlog is None:
            return connection
        if not backlog.again:
            return replace(connection, backlog=None)
        return replace(connection, backlog=Backlog(backlog.pinged, now))

    def deadline(self, policy: Policy, *, reading: bool = True) -> float:
        """When the watchdog, or the topics, want attention next."""
        if not reading:
            watchdog = math.inf
        elif self.pinged is None:
            watchdog = self.heard.monotonic + policy.silence
        else:
            watchdog = self.pinged + policy.pong_wait
        match self.sync:
            case InSync(confirmed=topics):
                return min(watchdog, self.renew_at) if topics else watchdog
            case OutOfSync(until=until) | Syncing(until=until):
                return min(watchdog, until)

    def broken(self, *, now: Now, policy: Policy) -> int:
        """How many failures in a row there are now that it broke."""
        return 1 if now.monotonic - self.opened >= policy.stable_after else self.failures + 1

    def changed(self, change: Syncing, *, now: Now, policy: Policy) -> "Listening":
        """The server has made a change; one that sent all topics extends the channel's life."""
        whole = change.before is None or not change.before < change.wanted
        renew_at = now.monotonic + (self.channel.life or policy.renew_after)
        return replace(
            self, sync=change.done(now=now), renew_at=renew_at if whole else self.renew_at
        )

    def ping(self, *, now: Now) -> "Listening":
        """A ping goes out."""
        pinged = now.monotonic if self.pinged is None else self.pinged
        return replace(self, pinged=pinged, pongs_due=self.pongs_due + 1)


class Draining(Struct, frozen=True):
    """The old socket of a planned move, kept for what is still under way on it.

    Attributes:
        socket: its number.
        channel: its channel.
        heard: when a frame came last before the move.
        moved: when the new channel took over.
        until: when it is closed.
        pongs_due: pings that have not been answered, the last of them sent after the move: its
            answer proves that everything sent before the new channel served has been received.
        subscribed: whether anything can be missing.
    """

    socket: int
    channel: PlatformChannel
    heard: Now
    moved: Now
    until: float
    pongs_due: int
    subscribed: bool


ConnectionAttempt: TypeAlias = Creating | Inspecting | Checking | Connecting
Connection: TypeAlias = BackingOff | ConnectionAttempt | Listening
