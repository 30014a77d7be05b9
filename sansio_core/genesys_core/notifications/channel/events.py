"""What the channel machine wants done, and what it tells the user.

Law: these are values. An effect says what to do, never how; the adapter that carries it out makes no
decision of its own. An event says what happened, and a :class:`Gap` stands for everything that may
have been missed.
"""

from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from genesys_core.calls.operation import Operation
from genesys_core.clock import Now
from genesys_core.confidential import Printable
from genesys_core.errors import GenesysCloudError
from genesys_core.notifications.messages import Envelope

__all__ = [
    "PING",
    "Adopted",
    "Arrived",
    "ChannelCall",
    "ChannelEvent",
    "CloseSocket",
    "Connect",
    "Connected",
    "DisconnectReason",
    "Disconnected",
    "Effect",
    "Emit",
    "Gap",
    "GaveUp",
    "Heartbeat",
    "MoveReason",
    "Moving",
    "Resubscribed",
    "Retrying",
    "SendText",
    "Subscribed",
    "SubscriptionLost",
    "SubscriptionRejected",
    "UnknownEvent",
    "wall_datetime",
]

PING: Final = '{"message":"ping"}'
"""What the service answers with a ``pong`` on ``channel.metadata``."""


def wall_datetime(wall: float) -> datetime:
    """A reading of the wall clock as an aware date-time."""
    return datetime.fromtimestamp(wall, UTC)


# Events


class Connected(Struct, frozen=True):
    """Events come from this channel from now on.

    Attributes:
        channel_id: the channel, new or reused.
        at: when.
    """

    channel_id: str
    at: datetime


DisconnectReason: TypeAlias = Literal["closed", "failed", "silent", "channel_gone", "stopped"]
"""The server closed; the connection broke; the server did not answer a ping; the channel expired or
was displaced by a newer one; the user stopped."""


class Disconnected(Struct, frozen=True):
    """No events arrive until :class:`Resubscribed`.

    Attributes:
        reason: what happened.
        message: the same in words.
        at: when it was noticed.
        code: the WebSocket's close code, where there is one.
    """

    reason: DisconnectReason
    message: str
    at: datetime
    code: int | None = None


class Subscribed(Struct, frozen=True):
    """The platform has taken up the topics asked for.

    Attributes:
        topics: all topics of the channel, those rejected left out; combined ones as sent.
        at: when.
    """

    topics: frozenset[str]
    at: datetime


class Resubscribed(Struct, frozen=True):
    """The same after the connection was lost or moved: events arrive again.

    Attributes:
        topics: all topics of the channel, those rejected left out; combined ones as sent.
        at: when.
    """

    topics: frozenset[str]
    at: datetime


class Gap(Struct, frozen=True):
    """Events of this time may be missing: the platform keeps none. Fetch what matters over REST.

    Attributes:
        from_: the last moment at which events are known to have arrived.
        to: from this moment on they arrive again.
        dropped: events that had arrived and were dropped because the consumer was too slow; 0 for
            a gap of the connection alone, where nobody can tell how many there were.
    """

    from_: datetime
    to: datetime
    dropped: int = 0


class SubscriptionRejected(Struct, frozen=True):
    """The platform refuses a topic. It is asked for again on a new connection, or when it is added again.

    Attributes:
        topic: the topic as sent; of a combined topic the platform does not say which part.
        reason: the platform's words.
        missing_permissions: what the user or client lacks.
    """

    topic: str
    reason: str | None
    missing_permissions: tuple[str, ...]


class SubscriptionLost(Struct, frozen=True):
    """The platform took topics away (``v2.system.no_longer_subscribed``); they are asked for again.

    Attributes:
        text: the frame that says so.
        at: when.
    """

    text: str
    at: datetime


class Adopted(Struct, frozen=True):
    """The channel given by the caller is subscribed to topics already; they are kept.

    Attributes:
        topics: those topics.
    """

    topics: frozenset[str]


MoveReason: TypeAlias = Literal["socket_closing", "token_revoked"]


class Moving(Struct, frozen=True):
    """A new channel is being set up while the old one still serves. Nothing is missed by that.

    Attributes:
        reason: the system message that asks for it.
        at: when.
    """

    reason: MoveReason
    at: datetime


class Retrying(Struct, frozen=True):
    """Something failed, and will be tried again.

    Attributes:
        what: ``create``, ``inspect``, ``connect`` or ``subscribe``.
        message: what failed, in words.
        delay: seconds until the next attempt.
        error: the error of a REST call.
    """

    what: Literal["create", "inspect", "connect", "subscribe"]
    message: str
    delay: float
    error: GenesysCloudError | None = None


class GaveUp(Struct, frozen=True):
    """The platform refused before anything had worked: the machine has stopped.

    Attributes:
        error: why; most often missing or wrong credentials.
    """

    error: GenesysCloudError


class Heartbeat(Struct, frozen=True):
    """A frame of ``channel.metadata``: a heartbeat, or the answer to a ping.

    Attributes:
        message: ``WebSocket Heartbeat``, ``pong`` or what else the platform says.
        text: the frame.
    """

    message: str
    text: str


class UnknownEvent(Struct, frozen=True):
    """A frame that is no event: no JSON, or without a topic.

    Attributes:
        text: the frame.
    """

    text: str


class Arrived(Struct, frozen=True, gc=False):
    """An event of a topic. :class:`~genesys_core.notifications.NotificationDecoder` reads its body.

    Attributes:
        envelope: the frame, read up to its body.
        text: the frame.
    """

    envelope: Envelope
    text: str


ChannelEvent: TypeAlias = (
    Arrived
    | Gap
    | Connected
    | Disconnected
    | Subscribed
    | Resubscribed
    | SubscriptionRejected
    | SubscriptionLost
    | Adopted
    | Moving
    | Retrying
    | GaveUp
    | Heartbeat
    | UnknownEvent
)
"""All that a channel tells its user."""


# Effects


class ChannelCall(Struct, frozen=True):
    """Send a REST operation; then ``called(id, result or error)``.

    Attributes:
        id: the call's own number.
        operation: what to send.
    """

    id: int
    operation: Operation[object]


class Connect(Printable, frozen=True):
    """Open a WebSocket; then ``connected(socket)``, or ``disconnected(socket, how)``.

    Attributes:
        socket: the socket's own number.
        url: the address; not shown, because the channel's id in it is all one needs to listen.
    """

    socket: int
    url: str

    def __repr__(self) -> str:
        return f"Connect({self.socket})"


class SendText(Struct, frozen=True):
    """Send a text on an open socket; on one that broke meanwhile, do nothing."""

    socket: int
    text: str


class CloseSocket(Struct, frozen=True):
    """Close a socket, or stop opening it. Nothing about it needs to be reported any more."""

    socket: int


class Emit(Struct, frozen=True, gc=False):
    """Hand an event to the user."""

    event: ChannelEvent


Effect: TypeAlias = ChannelCall | Connect | SendText | CloseSocket | Emit
"""What a step of the machine wants done, in this order."""


def datetime_of(now: Now) -> datetime:
    """The wall clock's reading as an aware date-time."""
    return wall_datetime(now.wall)
