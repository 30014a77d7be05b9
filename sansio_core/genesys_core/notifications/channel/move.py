"""Planned moves from one channel to the next, and deduplication of messages from both sockets.

If the server announces that it will close a channel, another one, the ``successor``, is set up
first. The successor becomes the primary when it is subscribed to all topics; the old socket is then
drained.

Invariants: if equal messages arrive *m* times on one socket and *n* times on the other, max(*m*,
*n*) of them are delivered, in whatever order they arrive, unless one socket is so far behind that
:class:`DuplicateFilter` has no room to remember them. A move that may have lost events reports a gap.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.api import notifications as api
from genesys_core.notifications.channel.connection import (
    Creating,
    Draining,
    InSync,
    Listening,
)
from genesys_core.notifications.channel.events import (
    PING,
    ChannelCall,
    CloseSocket,
    Connected,
    Gap,
    MoveReason,
    Moving,
    SendText,
    datetime_of,
    wall_datetime,
)

if TYPE_CHECKING:
    from genesys_core.notifications.channel.transition import Transition

__all__ = [
    "DuplicateFilter",
    "announce_move",
    "end_draining",
    "end_overlap",
    "extend_overlap",
    "hand_over",
    "promote_successor",
    "start_move",
    "successor_opened",
    "suspect_gap_while_draining",
]

_MAX_MESSAGES: Final = 10_000
_MAX_CHARACTERS: Final = 16 * 1024 * 1024
"""Maximum number, and total length in characters, of messages remembered until their duplicates
arrive. A move lasts seconds and duplicates arrive within a fraction of a second, so the limits are
reached only if one socket stalls; duplicates of further messages are then delivered.
"""


class DuplicateFilter(Struct, frozen=True):
    """Messages from an old and a new socket whose duplicates have not arrived yet.

    Attributes:
        old: the number of the old socket.
        new: the number of the new socket.
        ahead: how many more times the old socket received a message than the new one, by the
            message's text; negative if the new one is ahead, and never zero.
        size: the total length of these texts in characters.
        until: when the last duplicates from the new socket are expected; ``None`` while the old
            socket is open.
    """

    old: int
    new: int
    ahead: Mapping[str, int] = {}
    size: int = 0
    until: float | None = None

    def count_message(self, socket: int, text: str) -> "tuple[DuplicateFilter, bool]":
        """Count a received message; return the next filter and whether to deliver the message."""
        sign = 1 if socket == self.old else -1
        lead = self.ahead.get(text, 0) * sign
        if lead < 0:  # delivered already, from the other socket
            return self._counted(text, (lead + 1) * sign), False
        # The old socket is closed, so no duplicate of this one will follow.
        if self.until is not None or self._full(text, lead):
            return self, True
        return self._counted(text, (lead + 1) * sign), True

    def without_new_socket(self) -> "DuplicateFilter":
        """Record that the new socket broke: only the old socket may still send duplicates."""
        # Messages that the new socket received first; the old one may still send them.
        return self._keeping({text: lead for text, lead in self.ahead.items() if lead < 0})

    def with_new_socket(self, new: int) -> "DuplicateFilter":
        """Record that the new socket broke, and that another socket replaces it."""
        return replace(self, new=new)

    def without_old_socket(self, until: float) -> "DuplicateFilter":
        """Record that the old socket closed: the new socket may send duplicates until ``until``."""
        # Messages that the old socket received first; the new one may still send them.
        kept = self._keeping({text: lead for text, lead in self.ahead.items() if lead > 0})
        return replace(kept, until=until)

    def _keeping(self, ahead: Mapping[str, int]) -> "DuplicateFilter":
        return replace(self, ahead=ahead, size=sum(map(len, ahead)))

    def _full(self, text: str, lead: int) -> bool:
        grown = self.size + len(text)
        return lead == 0 and (len(self.ahead) >= _MAX_MESSAGES or grown > _MAX_CHARACTERS)

    def _counted(self, text: str, lead: int) -> "DuplicateFilter":
        ahead = dict(self.ahead)
        before = ahead.pop(text, 0)
        if lead:
            ahead[text] = lead
        grown = (len(text) if lead else 0) - (len(text) if before else 0)
        return replace(self, ahead=ahead, size=self.size + grown)


def announce_move(transition: "Transition", reason: MoveReason) -> None:
    """Handle the announcement that the server will close the primary: set up another channel."""
    connection = transition.connections["primary"]
    if isinstance(connection, Listening) and not connection.leaving:
        transition.connections["primary"] = replace(connection, leaving=True)
        transition.emit(Moving(reason, datetime_of(transition.now)))
    start_move(transition)


def start_move(transition: "Transition") -> None:
    """Create the successor of a primary that will be closed, unless a move is in progress."""
    connection = transition.connections["primary"]
    is_moving = "successor" in transition.connections or transition.draining is not None
    # The duplicates of one move must have arrived before the next: the filter knows two sockets.
    if is_moving or transition.duplicates is not None:
        return
    if isinstance(connection, Listening) and connection.leaving:
        limit = transition.now.monotonic + transition.policy.call_limit
        transition.enter("successor", Creating(transition.number(), limit, 0))


def successor_opened(transition: "Transition", socket: int) -> None:
    """Start deduplication: from now on the successor may receive the same messages as the primary."""
    primary = transition.connections["primary"]
    if transition.duplicates is not None:
        transition.duplicates = transition.duplicates.with_new_socket(socket)
    elif isinstance(primary, Listening):
        transition.duplicates = DuplicateFilter(primary.socket, socket)


def promote_successor(transition: "Transition") -> None:
    """Handle the loss of the primary during a move: the successor takes over, connected or not."""
    connection = transition.connections.pop("successor")
    transition.connections["primary"] = connection
    if isinstance(connection, Listening):
        _old_socket_lost(transition)
        transition.emit(Connected(connection.channel.id, datetime_of(transition.now)))
    else:
        transition.duplicates = None


def hand_over(transition: "Transition", new: Listening, settled: InSync) -> None:
    """Complete the move: the successor becomes the primary, and the old socket is drained."""
    old = transition.connections["primary"]
    transition.connections = {"primary": new}
    transition.emit(Connected(new.channel.id, datetime_of(transition.now)))
    if isinstance(old, Listening):
        # The last pong follows all messages that were sent before the topics moved.
        transition.effects.append(SendText(old.socket, PING))
        transition.draining = Draining(
            old.socket,
            old.channel,
            old.complete_until,
            transition.now,
            transition.now.monotonic + transition.policy.overlap,
            old.pongs_due + 1,
            old.subscribed,
        )
    transition.topics_confirmed("primary", new, settled, before=None)


def end_draining(transition: "Transition", old: Draining) -> None:
    """Handle the closing of the old socket: record a gap if events on it may have been lost."""
    transition.draining = None
    if old.pongs_due:
        # Even a proper close may have been sent before the new channel had all topics.
        _suspect_gap_before_move(transition, old)
    # A channel cannot be deleted, only left to expire; its topics can be deleted, if nobody else
    # uses the channel.
    if old.channel.own:
        operation = api.delete_notifications_channel_subscriptions(old.channel.id)
        transition.effects.append(ChannelCall(transition.number(), operation))
    _old_socket_lost(transition)


def end_overlap(transition: "Transition") -> None:
    """Close the old socket of a move, or end the deduplication, if that is due."""
    now, draining = transition.now.monotonic, transition.draining
    if draining is not None and now >= draining.until:
        transition.effects.append(CloseSocket(draining.socket))
        end_draining(transition, draining)
    duplicates = transition.duplicates
    if duplicates is not None and duplicates.until is not None and now >= duplicates.until:
        transition.duplicates = None


def extend_overlap(transition: "Transition") -> None:
    """Record that reading resumed; restart the wait for messages from the old socket."""
    now, duplicates = transition.now.monotonic, transition.duplicates
    if transition.draining is not None:
        until = now + transition.policy.overlap
        transition.draining = replace(transition.draining, until=until)
    if duplicates is not None and duplicates.until is not None:
        transition.duplicates = duplicates.without_old_socket(now + transition.policy.linger)


def suspect_gap_while_draining(transition: "Transition", old: Draining) -> None:
    """Record that the old channel lost its topics, possibly before the move."""
    _suspect_gap_before_move(transition, old)
    transition.draining = replace(old, subscribed=False)


def _suspect_gap_before_move(transition: "Transition", old: Draining) -> None:
    if old.subscribed:
        since = old.heard.wall - transition.policy.lag
        transition.emit(Gap(wall_datetime(since), wall_datetime(old.moved.wall)))


def _old_socket_lost(transition: "Transition") -> None:
    if transition.duplicates is not None:
        until = transition.now.monotonic + transition.policy.linger
        transition.duplicates = transition.duplicates.without_old_socket(until)
