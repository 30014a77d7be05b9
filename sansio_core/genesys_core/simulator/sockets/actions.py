"""Actions that the hub requests from an adapter, and records of published and delivered events.

Invariants: each action applies to one socket, and the actions of a socket are performed in order.
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
    """Send a text message on a socket.

    Attributes:
        socket: the number of the socket on which the message is sent.
        text: the text of the message.
        fragments: the number of frames into which the message is split, at least 1.
    """

    socket: int
    text: str
    fragments: int = 1


class WriteBytes(Struct, frozen=True):
    """Send raw bytes, which need not be valid WebSocket frames, on a socket."""

    socket: int
    data: bytes


class WriteClose(Struct, frozen=True):
    """Send a close frame; the connection ends when the client sends its own close frame."""

    socket: int
    code: int
    reason: str


class Drop(Struct, frozen=True):
    """End a socket's connection without a close frame.

    Attributes:
        socket: the number of the socket.
        reset: whether to reset the TCP connection, as after a crash of the server.
    """

    socket: int
    reset: bool = False


class FallSilent(Struct, frozen=True):
    """Stop reading from and writing to a socket, but leave its connection open (half-open)."""

    socket: int


Action: TypeAlias = WriteText | WriteBytes | WriteClose | Drop | FallSilent
"""Actions that an adapter performs on a socket."""


class Refusal(Struct, frozen=True):
    """The rejection of a WebSocket handshake.

    Attributes:
        status: the HTTP status of the response; ``None`` closes the connection without a response.
    """

    status: int | None


class Published(Struct, frozen=True):
    """A record of a published event.

    Attributes:
        sequence: the number of the event, counted from 1 in order of publication.
        topic: the topic of the event.
        correlation_id: the correlation id in the event's metadata, unique for each event.
        channels: the ids of the channels that were subscribed to the topic.
        at: when the event was published.
    """

    sequence: int
    topic: str
    correlation_id: str
    channels: tuple[str, ...]
    at: Now


Fate: TypeAlias = Literal["sent", "unconnected", "silenced", "withheld"]
"""An event's outcome for a channel: sent; lost, because the channel had no socket (``unconnected``)
or a half-open one (``silenced``); or held by a test and never sent (``withheld``).
"""


class Delivery(Struct, frozen=True):
    """A record of the delivery of an event to one channel.

    Attributes:
        sequence: the event's number.
        channel_id: the id of the channel.
        socket: the number of the channel's socket; ``None`` if the channel has none.
        fate: the outcome of the delivery.
    """

    sequence: int
    channel_id: str
    socket: int | None
    fate: Fate
