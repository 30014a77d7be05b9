"""A transition of the channel state machine: from an input and facts to new facts and effects.

Invariants: a transition begins and ends with immutable facts. In between it modifies only itself,
so the same input on the same facts always yields the same step, except for the random part of
delays.

``primary`` is the connection that delivers events. ``successor`` exists only during a planned move,
and becomes the primary when the server has all topics on it; the old socket is then drained.
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec.structs import replace

from genesys_core.api import notifications as api
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.notifications.channel.connection import (
    BackingOff,
    Backlog,
    Checking,
    Connecting,
    Connection,
    ConnectionAttempt,
    Creating,
    Inspecting,
    InSync,
    Listening,
    OutOfSync,
    PlatformChannel,
    Syncing,
)
from genesys_core.notifications.channel.events import (
    PING,
    ChannelCall,
    ChannelEvent,
    CloseSocket,
    Connect,
    Connected,
    Disconnected,
    DisconnectReason,
    Effect,
    Emit,
    Gap,
    GaveUp,
    Resubscribed,
    Retrying,
    SendText,
    Subscribed,
    datetime_of,
    wall_datetime,
)
from genesys_core.notifications.channel.facts import Facts
from genesys_core.notifications.channel.move import (
    end_draining,
    end_overlap,
    extend_overlap,
    hand_over,
    promote_successor,
    start_move,
    successor_opened,
)
from genesys_core.notifications.channel.policy import (
    Policy,
    describe_ending,
    is_final,
    is_turned_away,
    unanswered_call_error,
)
from genesys_core.notifications.channel.rest_calls import subscription_call
from genesys_core.websocket.events import Closed, Failed

__all__ = ["Role", "Transition"]

Role: TypeAlias = Literal["primary", "successor"]


class Transition:
    """A step under construction: the changes that an input causes, and the resulting effects.

    Args:
        facts: the channel's state before the transition.
        policy: timeouts and delays.
        now: the current time on the monotonic and the wall clock.
    """

    def __init__(self, facts: Facts, policy: Policy, now: Now) -> None:
        self.policy, self.now = policy, now
        self.effects: list[Effect] = []
        self.stopped = False
        self.failure: GenesysCloudError | None = None
        self.wanted = facts.wanted
        self.connections: dict[Role, Connection] = {"primary": facts.primary}
        if facts.successor is not None:
            self.connections["successor"] = facts.successor
        self.draining, self.duplicates, self.missing = (
            facts.draining,
            facts.duplicates,
            facts.missing,
        )
        self.refusals, self.serial = facts.refusals, facts.serial
        self.established, self.resumed = facts.established, facts.resumed

    def facts(self) -> Facts:
        """Return the channel's state after the transition."""
        return Facts(
            wanted=self.wanted,
            primary=self.connections["primary"],
            successor=self.connections.get("successor"),
            draining=self.draining,
            duplicates=self.duplicates,
            missing=self.missing,
            refusals=self.refusals,
            established=self.established,
            resumed=self.resumed,
            serial=self.serial,
        )

    @property
    def rejected(self) -> frozenset[str]:
        """The topics that the server rejected."""
        return frozenset(refusal.topic for refusal in self.refusals)

    def emit(self, event: ChannelEvent) -> None:
        """Deliver an event to the user."""
        self.effects.append(Emit(event))

    def number(self) -> int:
        """Return the next number for a call or socket."""
        self.serial += 1
        return self.serial

    def enter(self, role: Role, connection: ConnectionAttempt) -> None:
        """Enter a connection state, and add the effect whose outcome the state waits for."""
        self.connections[role] = connection
        match connection:
            case Creating(call=call):
                self.effects.append(ChannelCall(call, api.post_notifications_channels()))
            case Inspecting(call=call, channel=channel):
                operation = api.get_notifications_channel_subscriptions(channel.id)
                self.effects.append(ChannelCall(call, operation))
            case Checking(call=call, channel=channel):
                self.effects.append(ChannelCall(call, api.head_notifications_channel(channel.id)))
            case Connecting(socket=socket, channel=channel):
                self.effects.append(Connect(socket, channel.uri))

    # Failures

    def refused(
        self,
        role: Role,
        what: Literal["create", "inspect"],
        failures: int,
        channel: PlatformChannel | None,
        error: GenesysCloudError,
    ) -> None:
        """Handle the failure of a REST call; ``channel`` is the channel to reuse, or ``None``."""
        # Only the first attempt can be the user's mistake; a channel that worked before keeps trying.
        if not self.established and is_final(error):
            self.emit(GaveUp(error))
            self.stopped, self.failure = True, error
            return
        delay = self.wait(role, failures + 1, channel, error)
        self.emit(Retrying(what, str(error), delay, error))

    def wait(
        self,
        role: Role,
        failures: int,
        channel: PlatformChannel | None,
        error: GenesysCloudError | None = None,
    ) -> float:
        """Enter the state ``BackingOff`` until the next attempt; return the delay in seconds."""
        delay = self.policy.delay(failures, error)
        self.connections[role] = BackingOff(self.now.monotonic + delay, failures, channel)
        return delay

    # Sockets

    def connected(self, socket: int) -> None:
        """Handle the report that a socket opened."""
        for role, connection in tuple(self.connections.items()):
            if isinstance(connection, Connecting) and connection.socket == socket:
                opened = connection.connected(now=self.now, policy=self.policy)
                self.connections[role] = opened
                if role == "primary":
                    self.emit(Connected(opened.channel.id, datetime_of(self.now)))
                else:
                    successor_opened(self, socket)
                self.sync_topics(role)

    def disconnected(self, socket: int, how: Closed | Failed) -> None:
        """Handle the report that a socket closed or could not be opened."""
        if self.draining is not None and self.draining.socket == socket:
            end_draining(self, self.draining)
        for role, connection in tuple(self.connections.items()):
            if isinstance(connection, Connecting) and connection.socket == socket:
                self._not_opened(role, connection, how)
            elif isinstance(connection, Listening) and connection.socket == socket:
                reason: DisconnectReason = "closed" if isinstance(how, Closed) else "failed"
                self.connection_lost(
                    role,
                    connection,
                    reason,
                    describe_ending(how),
                    channel=connection.channel,
                    code=how.code,
                )

    def _not_opened(self, role: Role, connection: Connecting, how: Closed | Failed) -> None:
        # A rejected handshake may mean that the channel no longer exists: create another.
        channel = None if is_turned_away(how) else connection.channel
        delay = self.wait(role, connection.failures + 1, channel)
        self.emit(Retrying("connect", describe_ending(how), delay))

    def connection_lost(
        self,
        role: Role,
        connection: Listening,
        reason: DisconnectReason,
        message: str,
        *,
        channel: PlatformChannel | None,
        code: int | None = None,
    ) -> None:
        """Handle the loss of an open socket.

        Args:
            role: the role of the connection that was lost.
            connection: the connection that was lost.
            reason: the reason for the loss.
            message: a description of the reason.
            channel: the channel to reuse; ``None`` if a new one must be created.
            code: the WebSocket close code, if there is one.
        """
        # The primary is still connected: nothing is missing, and nothing is reported.
        if role == "successor":
            self.duplicates = (
                None if self.duplicates is None else self.duplicates.without_new_socket()
            )
            self.wait(role, connection.broken(now=self.now, policy=self.policy), channel)
            return
        self.suspect_gap(connection)
        self.emit(Disconnected(reason, message, datetime_of(self.now), code))
        if "successor" in self.connections:
            promote_successor(self)
            return
        if self.draining is not None:
            # Its messages could no longer be distinguished from those of the next socket.
            self.effects.append(CloseSocket(self.draining.socket))
            end_draining(self, self.draining)
        self.duplicates = None
        self.wait(role, connection.broken(now=self.now, policy=self.policy), channel)

    def suspect_gap(self, connection: Listening) -> None:
        """Record that events may have been missed since the last message."""
        if connection.subscribed and self.missing is None:
            self.missing = connection.complete_until.wall - self.policy.lag

    def channel_gone(self, role: Role, connection: Listening) -> None:
        """Close a socket whose channel no longer exists, and reconnect with a new channel."""
        self.effects.append(CloseSocket(connection.socket))
        self.connection_lost(
            role, connection, "channel_gone", "the channel no longer exists", channel=None
        )

    # Topics

    def sync_topics(self, role: Role) -> None:
        """Send the next change of subscriptions needed for the requested topics, if it is due."""
        connection = self.connections.get(role)
        # One request at a time: the server may apply two in either order.
        if not isinstance(connection, Listening) or isinstance(connection.sync, Syncing):
            return
        sync, now = connection.sync, self.now.monotonic
        if sync.confirmed == self.wanted and not (self.wanted and now >= connection.renew_at):
            if isinstance(sync, OutOfSync):  # a new channel, and no topics requested
                settled = InSync(self.wanted, 0, now)
                self.topics_confirmed(
                    role, replace(connection, sync=settled), settled, before=self.wanted
                )
            return
        if isinstance(sync, InSync) or now >= sync.until:
            call = self.number()
            # Only a request with all topics extends the channel's lifetime.
            before = None if now >= connection.renew_at else sync.confirmed
            self.effects.append(
                ChannelCall(call, subscription_call(connection.channel.id, before, self.wanted))
            )
            begun = sync.begun(call, self.wanted, now=self.now, policy=self.policy)
            self.connections[role] = replace(connection, sync=begun)

    def ask_again(self, topics: frozenset[str]) -> None:
        """Request rejected topics again.

        Topics that a change in progress omits are requested after that change.
        """
        again = self.rejected & topics
        for role, connection in tuple(self.connections.items()):
            if not again or not isinstance(connection, Listening):
                continue
            sync = connection.sync
            if isinstance(sync, InSync):
                # As if the server had never had them: the next request sends what is missing.
                sync = replace(sync, confirmed=sync.confirmed - again)
            elif isinstance(sync, Syncing):
                sync = sync.asked_again(again)
            if sync is not connection.sync:
                self.connections[role] = replace(connection, sync=sync)
                self.sync_topics(role)

    def resubscribe(self, role: Role, connection: Listening) -> None:
        """Handle the server's report that topics are missing: schedule sending all of them again."""
        self.suspect_gap(connection)
        self.connections[role] = replace(
            connection, sync=connection.sync.lost(now=self.now, policy=self.policy)
        )

    def topics_confirmed(
        self, role: Role, connection: Listening, settled: InSync, *, before: frozenset[str] | None
    ) -> None:
        """Handle the confirmation of topics; ``before`` contains the server's previous topics."""
        self.connections[role] = connection
        topics = settled.confirmed
        if role == "successor":
            if topics == self.wanted:
                hand_over(self, connection, settled)
            return
        again = self.missing is not None or (self.resumed and not connection.subscribed)
        if again or topics != before:
            event = Resubscribed if again else Subscribed
            self.emit(event(topics - self.rejected, datetime_of(self.now)))
        # A gap is reported at its end, when the consumer can fetch what was missed.
        if self.missing is not None:
            self.emit(Gap(wall_datetime(self.missing), datetime_of(self.now)))
            self.missing = None
        self.connections[role] = replace(
            connection, subscribed=connection.subscribed or bool(topics)
        )
        self.resumed = self.resumed or bool(topics)

    # Time

    def timer(self, *, reading: bool) -> None:
        """Perform the actions that are due; suspend the watchdog while sockets are not read."""
        for role in tuple(self.connections):
            self._due(role, reading=reading)
        if reading:
            end_overlap(self)
        start_move(self)

    def reading_resumed(self) -> None:
        """Record that reading resumed; send pings, whose answers follow all unread messages."""
        for role, connection in tuple(self.connections.items()):
            if isinstance(connection, Listening):
                self._behind(role, connection)
        extend_overlap(self)

    def _due(self, role: Role, *, reading: bool) -> None:
        connection = self.connections.get(role)
        if isinstance(connection, Listening):
            self._watch(role, connection, reading=reading)
            return
        if connection is None or self.now.monotonic < connection.until:
            return
        match connection:
            case BackingOff():
                self.enter(role, connection.woke(self.number(), now=self.now, policy=self.policy))
            case Creating(failures=failures):
                self.refused(role, "create", failures, None, unanswered_call_error("create"))
            case Inspecting(failures=failures, channel=channel):
                self.refused(role, "inspect", failures, channel, unanswered_call_error("inspect"))
            # No answer proves nothing; connecting to the channel will.
            case Checking():
                self.enter(role, connection.exists(self.number(), now=self.now, policy=self.policy))
            case Connecting():
                self.effects.append(CloseSocket(connection.socket))
                self._not_opened(role, connection, Failed("timeout", "connect timeout"))

    def _watch(self, role: Role, connection: Listening, *, reading: bool) -> None:
        now, sync = self.now.monotonic, connection.sync
        if isinstance(sync, Syncing) and now >= sync.until:
            # The call may still take effect after a further call, so the channel is abandoned.
            self.effects.append(CloseSocket(connection.socket))
            self.connection_lost(
                role, connection, "failed", "a subscription request timed out", channel=None
            )
        elif (
            reading
            and connection.pinged is not None
            and now >= connection.pinged + self.policy.pong_wait
        ):
            self.effects.append(CloseSocket(connection.socket))
            self.connection_lost(
                role,
                connection,
                "silent",
                "the server did not answer a ping",
                channel=connection.channel,
            )
        else:
            # Silence alone is normal without events, so it leads to a ping and not to a reconnect.
            silent = (
                connection.pinged is None
                and now >= connection.heard.monotonic + self.policy.silence
            )
            if reading and silent:
                self.ping(role, connection)
            self.sync_topics(role)

    def _behind(self, role: Role, connection: Listening) -> None:
        """Record unread messages; the answer to a ping will show that all of them have been read."""
        if connection.pinged is not None:
            # The answer may be in the backlog, so the watchdog starts over.
            connection = replace(connection, pinged=self.now.monotonic)
        if connection.backlog is not None:
            self.connections[role] = replace(
                connection, backlog=replace(connection.backlog, again=True)
            )
        else:
            self.ping(role, replace(connection, backlog=Backlog(connection.heard, self.now)))

    # The user

    def want(self, topics: Iterable[str]) -> None:
        """Replace the requested topics, and send the change if it is due."""
        self.wanted = frozenset(topics)
        self.refusals = frozenset(each for each in self.refusals if each.topic in self.wanted)
        for role in tuple(self.connections):
            self.sync_topics(role)

    def ping(self, role: Role, connection: Listening) -> None:
        """Send a ping on the open socket, and expect a response."""
        self.connections[role] = connection.ping(now=self.now)
        self.effects.append(SendText(connection.socket, PING))

    def stop(self) -> None:
        """Stop the channel and close all of its sockets."""
        sockets = [
            connection.socket
            for connection in self.connections.values()
            if isinstance(connection, Listening | Connecting)
        ]
        sockets += [] if self.draining is None else [self.draining.socket]
        self.effects += [CloseSocket(socket) for socket in sockets]
        if isinstance(self.connections["primary"], Listening):
            self.emit(Disconnected("stopped", "stopped by the user", datetime_of(self.now)))
        self.stopped = True
