"""The sockets of notification channels, and the delivery of events.

Invariants: no I/O and no clock. The adapter reports what happened and when, and performs the
actions that :meth:`Hub.take` returns. Events are sent in order, each to the sockets of all channels
that are subscribed when it is published; events for a channel without a socket are lost, as on the
platform, and recorded as such. A channel has at most one socket: a new connection replaces the
previous one.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.simulator.sockets.actions import (
    Action,
    Delivery,
    Drop,
    FallSilent,
    Fate,
    Published,
    Refusal,
    WriteBytes,
    WriteClose,
    WriteText,
)
from genesys_core.simulator.sockets.socket import HubSocket, QueuedText, TextKind
from genesys_core.simulator.sockets.texts import (
    HEARTBEAT,
    answer_to,
    write_envelope,
    write_metadata,
)
from genesys_core.simulator.state.channels import Channel, Death, Notice, death_of
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState, Settings
from genesys_core.simulator.state.subscriptions import mark_used, system_message

__all__ = ["Hub", "channel_of"]

_BOOK_LENGTH: Final = 100_000
"""The maximum number of recorded events, and of recorded deliveries; the counters have no limit."""

_GOING_AWAY: Final = 1001


class Hub:
    """The server side of all notification sockets.

    Args:
        state: the platform's state.
        settings: the simulator's settings.

    Attributes:
        state: the platform's state.
        published: the latest published events, including system messages, oldest first.
        deliveries: the outcomes of the latest events, one for each receiving channel, oldest
            first.
        counts: the number of sent messages by kind (``event``, ``heartbeat``, ``pong``, ``system``,
            ``reply``), and of deliveries by outcome.
    """

    def __init__(self, state: PlatformState, settings: Settings) -> None:
        self.state = state
        self.published: deque[Published] = deque(maxlen=_BOOK_LENGTH)
        self.deliveries: deque[Delivery] = deque(maxlen=_BOOK_LENGTH)
        self.counts: Counter[str] = Counter()
        self._settings = settings
        self._lines: dict[str, HubSocket] = {}
        self._refusals: deque[Refusal] = deque()
        self._actions: deque[Action] = deque()
        self._sequence = 0
        self._serial = 0

    # Events of sockets

    def connected(self, channel_id: str, now: Now) -> int | Refusal:
        """Handle a client's WebSocket handshake for a channel.

        Returns:
            The new socket's number, or the rejection of the handshake: 404 for an unknown channel.
        """
        self.settle(now)
        if self._refusals:
            return self._refusals.popleft()
        channel = self.state.channels.get(channel_id)
        if channel is None:
            return Refusal(404)
        if channel_id in self._lines:
            self._close(self._lines[channel_id], _GOING_AWAY, "replaced by another connection")
        self._serial += 1
        beat = now.monotonic + self._settings.heartbeat_interval
        self._lines[channel_id] = HubSocket(self._serial, channel_id, beat)
        self.state.channels[channel_id] = replace(mark_used(self.state, channel), is_connected=True)
        return self._serial

    def received(self, socket: int, text: str, now: Now) -> None:
        """Handle a text message that a socket has received; unknown messages are ignored."""
        line = self._numbered(socket)
        if line is None or line.is_silent:
            return
        answer = answer_to(text, self.state, self._settings, line.channel_id, now)
        if answer is not None:
            self._send(line, answer)
        self.settle(now)

    def disconnected(self, socket: int) -> None:
        """Handle the end of a socket's connection, which either side has closed."""
        line = self._numbered(socket)
        if line is not None:
            self._forget(line)

    def take(self) -> tuple[Action, ...]:
        """Return the pending actions for all sockets, in order, and clear them."""
        actions = tuple(self._actions)
        self._actions.clear()
        return actions

    # Time

    def timer(self, now: Now) -> None:
        """Process due timers: heartbeats, announced closes, expired channels."""
        self.settle(now)
        for line in list(self._lines.values()):
            if line.closes is not None and now.monotonic >= line.closes:
                self._close(line, _GOING_AWAY, "the server is going away")
            elif now.monotonic >= line.beat:
                line.beat = now.monotonic + self._settings.heartbeat_interval
                self._send(line, QueuedText(write_metadata(HEARTBEAT), "heartbeat"))

    def next_deadline(self, now: Now) -> float | None:
        """Return the monotonic time at which :meth:`timer` is due; ``None`` if never."""
        due = [line.due for line in self._lines.values()]
        # Channels expire by the wall clock, so the remaining time is added to the monotonic one.
        due += [now.monotonic + self._end(each) - now.wall for each in self._lines]
        return min(due, default=None)

    def _end(self, channel_id: str) -> float:
        """Return when a channel expires, on the wall clock."""
        channel = self.state.channels.get(channel_id)
        token = None if channel is None else self.state.tokens.get(channel.token)
        return 0.0 if channel is None or token is None else min(channel.expires, token.expires)

    # Events

    def publish(self, topic: str, body: Json, now: Now, *, version: str = "2") -> Published:
        """Publish an event to all channels that are subscribed to its topic.

        Args:
            topic: the topic with its ids filled in, which need not exist on the platform.
            body: the body of the event.
            now: the current time.
            version: the version of the body's schema.
        """
        self.settle(now)
        return self._publish(Notice(topic, body), now, version)

    def settle(self, now: Now) -> None:
        """Send all pending events, and close the sockets of channels that no longer exist."""
        while self.state.notices:
            self._publish(self.state.notices.popleft(), now, "2")
        for channel in list(self.state.channels.values()):
            death = death_of(channel, self.state.tokens, now.wall)
            if death is not None:
                self._bury(channel, death, now)
        for line in list(self._lines.values()):
            if line.channel_id not in self.state.channels:
                self._close(line, _GOING_AWAY, "the channel no longer exists")

    def restore(self, state: PlatformState, now: Now) -> None:
        """Replace the platform's state, and close the sockets of channels that the new state lacks.

        The new state may come from another simulator: this hub's port is kept, and so are the
        connections of channels that the new state has.
        """
        state.socket_port = self.state.socket_port
        self.state = state
        for channel in list(state.channels.values()):
            is_connected = channel.id in self._lines
            state.channels[channel.id] = replace(channel, is_connected=is_connected)
        self.settle(now)

    def _publish(self, notice: Notice, now: Now, version: str) -> Published:
        self._sequence += 1
        published = Published(
            self._sequence,
            notice.topic,
            self.state.new_id("event"),
            self._hearers(notice),
            now,
        )
        self.published.append(published)
        text = write_envelope(notice.topic, notice.body, version, published.correlation_id)
        # Only system messages are addressed to a single channel.
        kind: TextKind = "event" if notice.to is None else "system"
        for channel_id in published.channels:
            self._deliver(channel_id, QueuedText(text, kind, published.sequence))
        return published

    def _hearers(self, notice: Notice) -> tuple[str, ...]:
        if notice.to is not None:
            return (notice.to,)
        name = notice.topic.lower()
        return tuple(each.id for each in self.state.channels.values() if name in each.names)

    def _deliver(self, channel_id: str, outgoing: QueuedText) -> None:
        line = self._lines.get(channel_id)
        if line is None:
            self._book(outgoing, channel_id, None, "unconnected")
        elif not line.hold_back(outgoing):
            self._send(line, outgoing)

    def _send(self, line: HubSocket, outgoing: QueuedText) -> None:
        if line.is_silent:
            self._book(outgoing, line.channel_id, line.number, "silenced")
            return
        self.counts[outgoing.kind] += 1
        self._book(outgoing, line.channel_id, line.number, "sent")
        self._actions.append(WriteText(line.number, outgoing.text, line.fragments))

    def _book(self, outgoing: QueuedText, channel_id: str, socket: int | None, fate: Fate) -> None:
        if outgoing.sequence:
            self.counts[fate] += 1
            self.deliveries.append(Delivery(outgoing.sequence, channel_id, socket, fate))

    def _numbered(self, socket: int) -> HubSocket | None:
        return next((each for each in self._lines.values() if each.number == socket), None)

    # Fault injection, for tests

    def announce_closing(self, channel_id: str, now: Now, *, wait: float = 60.0) -> None:
        """Announce on a channel's socket that the server will close the socket, and close it later.

        Args:
            channel_id: the id of the channel, which is not deleted.
            now: the current time.
            wait: the number of seconds until the server closes the socket.

        Raises:
            InvalidValueError: the channel has no socket.
        """
        line = self._socket(channel_id)
        body: Json = {"message": "The WebSocket is closing.", "channelId": channel_id}
        self._publish(Notice("v2.system.socket_closing", body, to=channel_id), now, "2")
        line.closes = now.monotonic + wait

    def close(self, channel_id: str, code: int = _GOING_AWAY, reason: str = "") -> None:
        """Close a channel's socket, with any close code and reason.

        Raises:
            InvalidValueError: the channel has no socket.
        """
        self._close(self._socket(channel_id), code, reason)

    def drop(self, channel_id: str, *, reset: bool = False) -> None:
        """End a channel's connection without a close frame.

        Args:
            channel_id: the id of the channel.
            reset: whether to reset the TCP connection.

        Raises:
            InvalidValueError: the channel has no socket.
        """
        line = self._socket(channel_id)
        self._forget(line)
        self._actions.append(Drop(line.number, reset))

    def silence(self, channel_id: str) -> None:
        """Stop reading from and writing to a channel's socket, but leave its connection open.

        Raises:
            InvalidValueError: the channel has no socket.
        """
        line = self._socket(channel_id)
        line.is_silent = True
        self._actions.append(FallSilent(line.number))

    def send_bytes(self, channel_id: str, data: bytes) -> None:
        """Send raw bytes to a channel's socket; ``websocket_server.frame`` builds invalid frames.

        Raises:
            InvalidValueError: the channel has no socket.
        """
        self._actions.append(WriteBytes(self._socket(channel_id).number, data))

    def fragment(self, channel_id: str, fragments: int) -> None:
        """Split each later message to a channel into ``fragments`` frames, with pings between them.

        Raises:
            InvalidValueError: the channel has no socket, or ``fragments`` is below 1.
        """
        if fragments < 1:
            raise InvalidValueError(f"fragments={fragments!r}: must be 1 or more")
        self._socket(channel_id).fragments = fragments

    def hold(self, channel_id: str) -> None:
        """Hold a channel's events and system messages until :meth:`release`, but no other messages.

        Raises:
            InvalidValueError: the channel has no socket.
        """
        line = self._socket(channel_id)
        line.held = line.held or []

    def release(self, channel_id: str, order: Sequence[int] | None = None) -> None:
        """Send the messages that are held for a channel, optionally in another order.

        Args:
            channel_id: the id of the channel.
            order: zero-based indices of the messages to send; repeated indices send duplicates, and
                omitted messages are lost. Defaults to all messages, in order.

        Raises:
            InvalidValueError: the channel has no socket, or an index is out of range.
        """
        line = self._socket(channel_id)
        going, withheld = line.release_held(order)
        for outgoing in going:
            self._send(line, outgoing)
        for outgoing in withheld:
            self._book(outgoing, channel_id, line.number, "withheld")

    def refuse(self, status: int | None, *, times: int = 1) -> None:
        """Reject the next WebSocket handshakes, whichever channel they are for.

        Args:
            status: the HTTP status; ``None`` closes the connection without a response.
            times: the number of handshakes to reject.
        """
        self._refusals.extend([Refusal(status)] * times)

    def _socket(self, channel_id: str) -> HubSocket:
        line = self._lines.get(channel_id)
        if line is None:
            raise InvalidValueError(
                f"channel {channel_id!r}: has no connected WebSocket; connect to its connectUri first"
            )
        return line

    # Ends of connections

    def _bury(self, channel: Channel, death: Death, now: Now) -> None:
        message = _LAST_WORDS.get(death)
        if message is not None:
            kind, reason = message
            by = channel.displaced_by or channel.id
            body = system_message(self.state, channel, kind, reason, by)
            self._publish(Notice(f"v2.system.{kind}.{channel.id}", body, to=channel.id), now, "2")
        if channel.id in self._lines:
            self._close(
                self._lines[channel.id], _GOING_AWAY, f"the channel no longer exists: {death}"
            )
        self.state.channels.pop(channel.id, None)

    def _close(self, line: HubSocket, code: int, reason: str) -> None:
        self._forget(line)
        # A half-open socket cannot send a close frame.
        silent = Drop(line.number)
        self._actions.append(silent if line.is_silent else WriteClose(line.number, code, reason))

    def _forget(self, line: HubSocket) -> None:
        del self._lines[line.channel_id]
        for outgoing in line.release_held(())[1]:
            self._book(outgoing, line.channel_id, line.number, "withheld")
        channel = self.state.channels.get(line.channel_id)
        if channel is not None:
            self.state.channels[channel.id] = replace(channel, is_connected=False)


_LAST_WORDS: Final[Mapping[Death, tuple[str, str]]] = {
    "displaced": ("no_longer_subscribed", "another_channel_subscribed"),
    "token_revoked": ("token_revoked", "user_tokens_revoked"),
}
"""The kind and reason of the system message about a channel's end, by the cause of the end."""


def channel_of(target: str) -> str:
    """Return the channel id in a handshake's target: the part after the last ``/channels/``."""
    _, mark, rest = target.partition("?")[0].rpartition("/channels/")
    return unquote(rest, errors="replace") if mark else ""
