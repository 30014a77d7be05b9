"""What a hub asks for, and what it keeps account of.

Law: each action is about one socket, and those of a socket are carried out in their order.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from genesys_core.clock import Now

__all__ = [
    "Action",
    "Delivery",
    "Drop",
    "FallSilent",
    "Fate",
    "Published",
    "Refusal",
    "WriteBytes",
    "WriteClose",
    "WriteText",
]


class WriteText(Struct, frozen=True):
    """Send a text message.

    Attributes:
        socket: the number that the hub gave it.
        text: the message.
        fragments: in so many frames, 1 or more.
    """

    socket: int
    text: str
    fragments: int = 1


class WriteBytes(Struct, frozen=True):
    """Send bytes as they are, whether or not they are frames."""

    socket: int
    data: bytes


class WriteClose(Struct, frozen=True):
    """Send a close frame; the connection ends when the peer has answered."""

    socket: int
    code: int
    reason: str


class Drop(Struct, frozen=True):
    """End the connection without a close frame.

    Attributes:
        socket: the number that the hub gave it.
        reset: whether TCP resets it, as when a machine has gone, rather than ending it in order.
    """

    socket: int
    reset: bool = False


class FallSilent(Struct, frozen=True):
    """Read and write nothing from now on, and leave the connection open: it is half-open."""

    socket: int


Action: TypeAlias = WriteText | WriteBytes | WriteClose | Drop | FallSilent
"""What an adapter does to a socket."""


class Refusal(Struct, frozen=True):
    """A socket is not had.

    Attributes:
        status: of the HTTP response; ``None`` to end the connection without one.
    """

    status: int | None


class Published(Struct, frozen=True):
    """An event that happened.

    Attributes:
        sequence: 1, 2, 3, ...
        topic: the event's.
        correlation_id: in its metadata, different for each event.
        channels: who was subscribed.
        at: when.
    """

    sequence: int
    topic: str
    correlation_id: str
    channels: tuple[str, ...]
    at: Now


Fate: TypeAlias = Literal["sent", "unconnected", "silenced", "withheld"]
"""What became of an event for one channel: it went to the socket, there was no socket, the socket
was half-open, or a test held the event and never let it go. While it is held it has no fate yet."""


class Delivery(Struct, frozen=True):
    """An event and one of its channels.

    Attributes:
        sequence: the event's.
        channel_id: the channel's.
        socket: its socket, if it had one.
        fate: what became of it.
    """

    sequence: int
    channel_id: str
    socket: int | None
    fate: Fate
