"""One socket of a hub: what is due on it, and what a test keeps back.

Law: a text goes out, is held, or is lost to silence, one of the three. Only events are held, so that
a client that waits for one still has its heartbeats and pongs.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from genesys_core.errors import InvalidValueError

__all__ = ["HubSocket", "QueuedText", "TextKind"]

TextKind: TypeAlias = Literal["event", "system", "heartbeat", "pong", "reply"]
"""What a text is: an event somebody subscribed to, one that comes without, or no event."""


class QueuedText(Struct, frozen=True):
    """A text for a socket.

    Attributes:
        text: the message.
        kind: what it is.
        sequence: the event's number; 0 for what is none.
    """

    text: str
    kind: TextKind
    sequence: int = 0


class HubSocket(Struct):
    """One open socket.

    Attributes:
        number: the socket's.
        channel_id: the channel's.
        beat: when its next heartbeat is due, on the monotonic clock.
        closes: when the platform closes it, if it has said so.
        held: the events kept back, while a test wants that.
        is_silent: whether it is half-open.
        fragments: into how many frames each text is cut.
    """

    number: int
    channel_id: str
    beat: float
    closes: float | None = None
    held: list[QueuedText] | None = None
    is_silent: bool = False
    fragments: int = 1

    def hold_back(self, outgoing: QueuedText) -> bool:
        """Keep a text back, if it is one to be kept back."""
        if self.held is None or not outgoing.sequence:
            return False
        self.held.append(outgoing)
        return True

    def release_held(
        self, order: Sequence[int] | None
    ) -> tuple[list[QueuedText], list[QueuedText]]:
        """Hold nothing any more.

        Args:
            order: which of the texts go out, the first being 0; ``None`` for all.

        Returns:
            The texts that go out, in that order, and those that never do.

        Raises:
            InvalidValueError: there is no such text; all are still held.
        """
        held = self.held or []
        wanted = range(len(held)) if order is None else order
        if not all(0 <= index < len(held) for index in wanted):
            raise InvalidValueError(f"order {order!r}: {len(held)} texts are held")
        self.held = None
        withheld = [each for index, each in enumerate(held) if index not in wanted]
        return [held[index] for index in wanted], withheld

    @property
    def due(self) -> float:
        """When something is due, on the monotonic clock."""
        return self.beat if self.closes is None else min(self.beat, self.closes)
