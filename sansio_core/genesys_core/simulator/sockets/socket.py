"""The state of one notification socket: timers and held events.

Invariants: a message is sent, held, or lost because the socket is half-open. Only events and system
messages are held, so the client still receives heartbeats and responses in the meantime.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from genesys_core.errors import InvalidValueError

__all__ = ["HubSocket", "QueuedText", "TextKind"]

TextKind: TypeAlias = Literal["event", "system", "heartbeat", "pong", "reply"]
"""The kind of a message to a client: an event, a system message, a heartbeat or a response."""


class QueuedText(Struct, frozen=True):
    """A message to send on a socket.

    Attributes:
        text: the text of the message.
        kind: the kind of the message.
        sequence: the number of the event or system message; 0 for all other messages.
    """

    text: str
    kind: TextKind
    sequence: int = 0


class HubSocket(Struct):
    """The state of an open socket.

    Attributes:
        number: the socket's number in the hub.
        channel_id: the id of the socket's channel.
        beat: when the socket's next heartbeat is due, on the monotonic clock.
        closes: when the platform will close the socket, on the monotonic clock, if it announced this.
        held: the events and system messages held by a test; ``None`` if the test holds none.
        is_silent: whether the socket is half-open.
        fragments: the number of frames into which each message is split.
    """

    number: int
    channel_id: str
    beat: float
    closes: float | None = None
    held: list[QueuedText] | None = None
    is_silent: bool = False
    fragments: int = 1

    def hold_back(self, outgoing: QueuedText) -> bool:
        """Hold an event or system message if messages are to be held; return whether it was held."""
        if self.held is None or not outgoing.sequence:
            return False
        self.held.append(outgoing)
        return True

    def release_held(
        self, order: Sequence[int] | None
    ) -> tuple[list[QueuedText], list[QueuedText]]:
        """Stop holding messages, and return the held messages to send and those to discard.

        Args:
            order: zero-based indices of the held messages to send; ``None`` for all held messages.

        Returns:
            The held messages to send, in that order, and the held messages to discard.

        Raises:
            InvalidValueError: an index is out of range; all messages are still held.
        """
        held = self.held or []
        wanted = range(len(held)) if order is None else order
        if not all(0 <= index < len(held) for index in wanted):
            raise InvalidValueError(
                f"order {order!r}: indices must be below {len(held)}, the number of held messages"
            )
        self.held = None
        withheld = [each for index, each in enumerate(held) if index not in wanted]
        return [held[index] for index in wanted], withheld

    @property
    def due(self) -> float:
        """The monotonic time at which the socket's next heartbeat or close is due."""
        return self.beat if self.closes is None else min(self.beat, self.closes)
