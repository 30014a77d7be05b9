"""Effects and events of the channel state machine.

Invariants: these are values. An effect states what to do, never how; the adapter that performs it
makes no decision. An event states what happened, and a :class:`Gap` represents everything that may
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
"""The message that the service answers with a ``pong`` on ``channel.metadata``."""


def wall_datetime(wall: float) -> datetime:
    """Convert a reading of the wall clock to an aware date-time."""
    return datetime.fromtimestamp(wall, UTC)


# Events


class Connected(Struct, frozen=True):
    """A channel is connected; it delivers events once its topics are subscribed.

    Attributes:
        channel_id: the id of the channel; the channel is new or reused.
        at: when the channel's socket opened, or when the channel replaced another one.
    """

    channel_id: str
    at: datetime


DisconnectReason: TypeAlias = Literal["closed", "failed", "silent", "channel_gone", "stopped"]
"""The reason for a lost connection: the server closed the socket, the connection broke, a ping was
not answered, the channel expired or was displaced by a newer one, or the user stopped the handler.
"""


class Disconnected(Struct, frozen=True):
    """The connection was lost, or the user stopped the handler.

    After a loss, events may be missed until :class:`Resubscribed`.

    Attributes:
        reason: the reason for the loss.
        message: a description of the reason.
        at: when the loss was detected.
        code: the WebSocket close code, if there is one.
    """

    reason: DisconnectReason
    message: str
    at: datetime
    code: int | None = None


class Subscribed(Struct, frozen=True):
    """The platform accepted the requested topics.

    Attributes:
        topics: all of the channel's topics except rejected ones, in the form sent to the platform.
        at: when the response was processed.
    """

    topics: frozenset[str]
    at: datetime


class Resubscribed(Struct, frozen=True):
    """The platform accepted the topics again, after a reconnect, a move or the removal of topics.

    Attributes:
        topics: all of the channel's topics except rejected ones, in the form sent to the platform.
        at: when the response was processed.
    """

    topics: frozenset[str]
    at: datetime


class Gap(Struct, frozen=True):
    """Events in this period may have been missed: the platform does not store them.

    Fetch current data over REST.

    Attributes:
        from_: the last time at which the stream was known to be complete.
        to: the time from which the stream is complete again.
        dropped: number of received events that were dropped because the consumer was too slow; 0
            for a gap in the connection, in which an unknown number of events was missed.
    """

    from_: datetime
    to: datetime
    dropped: int = 0


class SubscriptionRejected(Struct, frozen=True):
    """The platform rejected a topic.

    The topic is requested again after a reconnect, when the topics are renewed, or if it is added
    again.

    Attributes:
        topic: the topic in the form sent to the platform. For a combined topic, the platform does
            not report which of its parts was rejected.
        reason: the platform's message.
        missing_permissions: permissions that the user or client lacks.
    """

    topic: str
    reason: str | None
    missing_permissions: tuple[str, ...]


class SubscriptionLost(Struct, frozen=True):
    """The platform removed topics (``v2.system.no_longer_subscribed``); they are requested again.

    Attributes:
        text: the platform's message.
        at: when the message was processed.
    """

    text: str
    at: datetime


class Adopted(Struct, frozen=True):
    """The caller's channel already has subscriptions, which are kept.

    Attributes:
        topics: the topics of these subscriptions.
    """

    topics: frozenset[str]


MoveReason: TypeAlias = Literal["socket_closing", "token_revoked"]


class Moving(Struct, frozen=True):
    """A new channel is being set up while the old one still delivers events.

    Attributes:
        reason: the system message that requires the move.
        at: when the system message was processed.
    """

    reason: MoveReason
    at: datetime


class Retrying(Struct, frozen=True):
    """A request or connection attempt failed and will be retried.

    Attributes:
        what: the failed action: ``create``, ``inspect``, ``connect`` or ``subscribe``.
        message: a description of the failure.
        delay: seconds until the next attempt.
        error: the error, if a REST call failed.
    """

    what: Literal["create", "inspect", "connect", "subscribe"]
    message: str
    delay: float
    error: GenesysCloudError | None = None


class GaveUp(Struct, frozen=True):
    """The first channel could not be set up, and retries cannot help; the channel has stopped.

    Attributes:
        error: the reason; most often missing or wrong credentials.
    """

    error: GenesysCloudError


class Heartbeat(Struct, frozen=True):
    """A message on ``channel.metadata``: a heartbeat, or the answer to a ping.

    Attributes:
        message: ``WebSocket Heartbeat``, ``pong`` or another text from the platform.
        text: the complete message, as JSON.
    """

    message: str
    text: str


class UnknownEvent(Struct, frozen=True):
    """A message that is not an event: not JSON, or without a topic.

    Attributes:
        text: the message.
    """

    text: str


class Arrived(Struct, frozen=True, gc=False):
    """An event on a topic.

    :class:`~genesys_core.notifications.NotificationDecoder` decodes its body.

    Attributes:
        envelope: the parsed message, except for its body.
        text: the message.
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
"""All events that a channel emits."""


# Effects


class ChannelCall(Struct, frozen=True):
    """Send a REST request, then report its outcome with ``called(id, result or error)``.

    Attributes:
        id: the call's number.
        operation: the operation to send.
    """

    id: int
    operation: Operation[object]


class Connect(Printable, frozen=True):
    """Open a WebSocket, then report ``connected(socket)`` or ``disconnected(socket, how)``.

    Attributes:
        socket: the socket's number.
        url: the address; omitted from the ``repr``, because its channel id is sufficient to listen.
    """

    socket: int
    url: str

    def __repr__(self) -> str:
        return f"Connect({self.socket})"


class SendText(Struct, frozen=True):
    """Send a text message on an open socket; do nothing if its connection was lost."""

    socket: int
    text: str


class CloseSocket(Struct, frozen=True):
    """Close a socket, or stop opening it. No further reports about it are needed."""

    socket: int


class Emit(Struct, frozen=True, gc=False):
    """Deliver an event to the user."""

    event: ChannelEvent


Effect: TypeAlias = ChannelCall | Connect | SendText | CloseSocket | Emit
"""The effects that the channel state machine returns for an adapter to perform."""


def datetime_of(now: Now) -> datetime:
    """Return the wall clock's reading as an aware date-time."""
    return wall_datetime(now.wall)
