"""The connection of a platform channel, from its creation to an open socket.

Invariants: each state is an immutable value with exactly the transitions that are possible from
there. Every call and socket has a unique number, so results that arrive after the state has changed
are recognized and ignored.

::

    BackingOff.woke      -> Creating | Inspecting | Checking | Connecting
    Creating.made        -> Connecting              POST .../channels
    Inspecting.seen      -> Connecting              GET .../subscriptions, for an existing channel
    Checking.exists      -> Connecting              HEAD .../channels/{id}, after failed attempts
    Checking.missing     -> Creating
    Connecting.connected -> Listening
    any failure          -> BackingOff              with increasing delays

Within ``Listening``, the server's topics have their own state::

    OutOfSync.begun -> Syncing
    Syncing.done    -> InSync | OutOfSync
    Syncing.failed  -> OutOfSync
    InSync.begun    -> Syncing
    InSync.lost     -> OutOfSync

``docs/states.md`` has diagrams of both.
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
"""From this number of consecutive failures on, a request checks that the channel exists before the
channel's socket is opened.
"""

_RENEW_EVERY: Final = 5
"""Whenever the number of consecutive failures is a multiple of this number, a new channel is
created even if the old one exists: the old one's address may be unreachable, or another program may
be using it.
"""


class PlatformChannel(Printable, frozen=True):
    """A channel that is assumed to exist.

    Attributes:
        id: the channel's id.
        uri: the address of the channel's socket.
        given: whether the channel is the caller's and has not been inspected yet.
        own: whether the channel was created by this state machine.
        life: seconds after which the channel's topics must be renewed; 0 for
            ``Policy.renew_after``.
    """

    id: str
    uri: str
    given: bool = False
    own: bool = True
    life: float = 0.0

    def __repr__(self) -> str:
        return "PlatformChannel(...)"


class BackingOff(Struct, frozen=True):
    """Waiting before the next attempt to connect."""

    until: float
    failures: int
    channel: PlatformChannel | None

    def woke(self, id: int, *, now: Now, policy: Policy) -> "ConnectionAttempt":
        """Return the state of the next attempt; its call or socket is numbered ``id``."""
        channel, limit = self.channel, now.monotonic + policy.call_limit
        if channel is not None and channel.given:
            return Inspecting(id, limit, self.failures, channel)
        if channel is None or (self.failures and self.failures % _RENEW_EVERY == 0):
            return Creating(id, limit, self.failures)
        if self.failures >= _CHECK_FROM:
            return Checking(id, limit, self.failures, channel)
        return Connecting(id, now.monotonic + policy.connect_limit, self.failures, channel)


class Creating(Struct, frozen=True):
    """Waiting for a new channel to be created."""

    call: int
    until: float
    failures: int

    def made(self, channel: PlatformChannel, id: int, *, now: Now, policy: Policy) -> "Connecting":
        """Record that the channel was created, without topics; its socket is numbered ``id``."""
        limit = now.monotonic + policy.connect_limit
        return Connecting(id, limit, self.failures, channel, confirmed=frozenset())


class Inspecting(Struct, frozen=True):
    """Waiting for the topics that the caller's existing channel is subscribed to."""

    call: int
    until: float
    failures: int
    channel: PlatformChannel

    def seen(self, id: int, *, now: Now, policy: Policy) -> "Connecting":
        """Record that the caller's channel exists; its socket is numbered ``id``."""
        limit = now.monotonic + policy.connect_limit
        return Connecting(id, limit, self.failures, replace(self.channel, given=False))


class Checking(Struct, frozen=True):
    """Waiting for the response to a check that the channel still exists."""

    call: int
    until: float
    failures: int
    channel: PlatformChannel

    def exists(self, id: int, *, now: Now, policy: Policy) -> "Connecting":
        """Record that the channel exists, or may still exist; its socket is numbered ``id``."""
        return Connecting(id, now.monotonic + policy.connect_limit, self.failures, self.channel)

    def missing(self, id: int, *, now: Now, policy: Policy) -> Creating:
        """Record that the channel no longer exists.

        The call that creates a new channel is numbered ``id``.
        """
        return Creating(id, now.monotonic + policy.call_limit, self.failures)


class Connecting(Struct, frozen=True):
    """Waiting for the channel's socket to open."""

    socket: int
    until: float
    failures: int
    channel: PlatformChannel
    confirmed: frozenset[str] | None = None

    def connected(self, *, now: Now, policy: Policy) -> "Listening":
        """Record that the channel's socket opened."""
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
    """The server's topics may differ from the requested topics; a change is scheduled.

    Attributes:
        confirmed: the server's topics; ``None`` if unknown.
        failures: number of consecutive failures to set the topics.
        until: when the next change is due.
    """

    confirmed: frozenset[str] | None
    failures: int
    until: float

    def begun(self, call: int, wanted: frozenset[str], *, now: Now, policy: Policy) -> "Syncing":
        """Record the start of the call that changes the channel's topics on the server."""
        limit = now.monotonic + policy.call_limit
        return Syncing(call, limit, wanted, self.failures, before=self.confirmed)

    def lost(self, *, now: Now, policy: Policy) -> "OutOfSync":  # noqa: ARG002 - as the others
        """Record that the server removed some of the channel's topics."""
        return replace(self, confirmed=None)


class InSync(Struct, frozen=True):
    """The server has applied the requested topics.

    Attributes:
        confirmed: the topics as last set, including those that the server rejected.
        failures: number of consecutive failures to set the topics before they were confirmed.
        since: when the topics were confirmed.
    """

    confirmed: frozenset[str]
    failures: int
    since: float

    def begun(self, call: int, wanted: frozenset[str], *, now: Now, policy: Policy) -> "Syncing":
        """Record the start of the call that changes the channel's topics on the server."""
        limit = now.monotonic + policy.call_limit
        return Syncing(call, limit, wanted, self._recent(now, policy), before=self.confirmed)

    def lost(self, *, now: Now, policy: Policy) -> OutOfSync:
        """Record that the server removed some of the channel's topics."""
        # With a delay: two programs on one channel could take topics from each other endlessly.
        failures = self._recent(now, policy) + 1
        return OutOfSync(None, failures, now.monotonic + policy.delay(failures))

    def _recent(self, now: Now, policy: Policy) -> int:
        # After a stable period, a failure is a new problem and has the shortest delay again.
        return 0 if now.monotonic - self.since >= policy.stable_after else self.failures


class Syncing(Struct, frozen=True):
    """Waiting for the response to a change of topics.

    Attributes:
        call: the call's number.
        until: when the call times out.
        wanted: the server's topics after the change.
        failures: number of consecutive failures to set the topics before this change.
        before: the server's topics before the change; ``None`` if unknown.
        doubtful: whether the server removed topics during this change; its result is then unknown.
        again: rejected topics that were requested again during this change; they are sent after it.
    """

    call: int
    until: float
    wanted: frozenset[str]
    failures: int
    before: frozenset[str] | None
    doubtful: bool = False
    again: frozenset[str] = frozenset()

    def asked_again(self, topics: frozenset[str]) -> "Syncing":
        """Record that rejected topics were requested again."""
        # A change that only adds topics does not send those that the server has already rejected.
        if self.before is None or not self.before <= self.wanted:
            return self
        again = self.again | topics & self.before
        return self if again == self.again else replace(self, again=again)

    def done(self, *, now: Now) -> InSync | OutOfSync:
        """Record the response; if the server has removed topics since, its topics are unknown."""
        if self.doubtful:
            return OutOfSync(None, self.failures + 1, now.monotonic)
        return InSync(self.wanted - self.again, self.failures, now.monotonic)

    def lost(self, *, now: Now, policy: Policy) -> "Syncing":  # noqa: ARG002 - as the others
        """Record that the server removed some of the channel's topics."""
        return replace(self, doubtful=True)

    def failed(self, delay: float, *, now: Now) -> OutOfSync:
        """Record that the change failed: the server's topics are unknown until all are sent again."""
        return OutOfSync(None, self.failures + 1, now.monotonic + delay)


TopicSync: TypeAlias = OutOfSync | InSync | Syncing


class Backlog(Struct, frozen=True):
    """Messages sent while reading was paused; they may take longer than ``Policy.lag`` to arrive.

    Attributes:
        since: the time up to which the stream is known to be complete.
        pinged: when a ping was sent; its answer arrives after all messages of the backlog.
        again: whether reading has been paused again since that ping.
    """

    since: Now
    pinged: Now
    again: bool = False


class Listening(Struct, frozen=True):
    """An open socket that delivers events.

    Attributes:
        socket: the socket's number.
        channel: the channel to which the socket belongs.
        failures: number of failed attempts before the socket opened.
        opened: when the socket opened.
        heard: when the last message was received or, before the first one, when the socket opened.
        renew_at: when the topics must be renewed.
        sync: the state of the server's topics.
        pinged: when a ping was sent, if no message has been received since.
        pongs_due: number of unanswered pings.
        subscribed: whether the server has ever confirmed topics on this socket.
        leaving: whether the server announced that it will close the socket.
        backlog: messages still to be read after the consumer was too slow.
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
        """The time up to which the stream is complete, except for messages in transit."""
        return self.heard if self.backlog is None else self.backlog.since

    def answered(self, *, now: Now) -> "Listening":
        """Record a pong; the pong for the last ping proves that all earlier messages were read."""
        due = max(0, self.pongs_due - 1)
        connection, backlog = replace(self, pongs_due=due), self.backlog
        if due or backlog is None:
            return connection
        if not backlog.again:
            return replace(connection, backlog=None)
        # All that was sent before that ping has been read; another ping follows for the rest.
        return replace(connection, backlog=Backlog(backlog.pinged, now))

    def deadline(self, policy: Policy, *, reading: bool = True) -> float:
        """Return when the watchdog or the next change of topics is due, whichever is earlier.

        The result is infinite if neither is due.
        """
        if not reading:
            watchdog = math.inf
        elif self.pinged is None:
            watchdog = self.heard.monotonic + policy.silence
        else:
            watchdog = self.pinged + policy.pong_wait
        match self.sync:
            # Without topics there is nothing to renew.
            case InSync(confirmed=topics):
                return min(watchdog, self.renew_at) if topics else watchdog
            case OutOfSync(until=until) | Syncing(until=until):
                return min(watchdog, until)

    def broken(self, *, now: Now, policy: Policy) -> int:
        """Return the number of consecutive failures, including the loss of this connection."""
        return 1 if now.monotonic - self.opened >= policy.stable_after else self.failures + 1

    def changed(self, change: Syncing, *, now: Now, policy: Policy) -> "Listening":
        """Record that a change was applied; sending all topics extends the channel's lifetime."""
        # A proper subset: only the topics that were added have been sent.
        whole = change.before is None or not change.before < change.wanted
        renew_at = now.monotonic + (self.channel.life or policy.renew_after)
        return replace(
            self, sync=change.done(now=now), renew_at=renew_at if whole else self.renew_at
        )

    def ping(self, *, now: Now) -> "Listening":
        """Record that a ping was sent on the socket."""
        # The watchdog counts from the first one: further pings must not postpone it.
        pinged = now.monotonic if self.pinged is None else self.pinged
        return replace(self, pinged=pinged, pongs_due=self.pongs_due + 1)


class Draining(Struct, frozen=True):
    """The old socket after a planned move, kept open for messages in transit.

    Attributes:
        socket: the socket's number.
        channel: the old channel.
        heard: when the last message before the move was received.
        moved: when the new channel took over.
        until: when the socket is closed.
        pongs_due: number of unanswered pings. The last ping was sent after the move, so the answer
            to it proves that everything sent before the new channel took over has been received.
        subscribed: whether the old channel had topics until the move; if so, a possible loss is
            reported as a gap.
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
