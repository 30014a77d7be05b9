"""What a notification handler makes of what its channels tell.

Law: every event of a channel goes to exactly one place. Notifications and gaps go to the consumer;
everything else is a state, and goes to whoever asked to be told of states. The platform's own
messages (``v2.system.*``, ``channel.metadata``) are states too, unless somebody subscribed to them:
they arrive anyway, and a consumer who asked for presences need not know of them.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from genesys_core.checks import Expected, wrong_type
from genesys_core.codec.decoding import check_type
from genesys_core.confidential import Printable
from genesys_core.errors import GenesysCloudError, InvalidValueError
from genesys_core.notifications.buffer import Event
from genesys_core.notifications.channel.events import (
    Adopted,
    Arrived,
    ChannelEvent,
    Connected,
    Disconnected,
    Gap,
    GaveUp,
    Heartbeat,
    Moving,
    Resubscribed,
    Retrying,
    Subscribed,
    SubscriptionLost,
    SubscriptionRejected,
    UnknownEvent,
)
from genesys_core.notifications.messages import Notification, NotificationDecoder
from genesys_core.notifications.subscriptions import expand_topic, is_automatic
from genesys_core.websocket.handshake import WebSocketAddress

__all__ = [
    "CallbackFailed",
    "EventDispatcher",
    "ForConsumer",
    "ForStateCallback",
    "Rewrite",
    "RoutedEvents",
    "StateEvent",
    "SubscriptionError",
    "connect_uri_rewriter",
    "operator_warning",
    "typed_topics",
]


class SubscriptionError(GenesysCloudError):
    """The platform refuses topics. The others that were asked for with them are subscribed to.

    Attributes:
        refusals: each topic with the platform's reason and the permissions that are missing.
    """

    def __init__(self, refusals: Iterable[SubscriptionRejected]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(map(_words, self.refusals)))


def _words(refusal: SubscriptionRejected) -> str:
    missing = ", ".join(refusal.missing_permissions)
    needs = f"; it needs the permissions {missing}" if missing else ""
    return f"topic {refusal.topic!r}: {refusal.reason or 'refused by the platform'}{needs}"


class CallbackFailed(Printable, frozen=True):
    """A callback raised; the handler goes on.

    Attributes:
        error: what it raised.
        event: what it was given.
        at: when.
    """

    error: Exception
    event: "Event | StateEvent"
    at: datetime

    def __repr__(self) -> str:
        return f"CallbackFailed({self.error!r})"


StateEvent: TypeAlias = (
    Connected
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
    | CallbackFailed
    | Notification[Any]
)
"""What ``on_state`` is told; a notification is one of the platform's own messages."""


class ForConsumer(Struct, frozen=True):
    """An event for whoever iterates, or for ``on_notification``."""

    event: Event


class ForStateCallback(Struct, frozen=True):
    """An event for ``on_state``."""

    event: StateEvent


class RoutedEvents(Struct, frozen=True):
    """Where the events of one step go, each list in their order.

    Attributes:
        consumer: for the iteration, or for ``on_notification``.
        states: for ``on_state``.
        warnings: for the log.
    """

    consumer: list[Event]
    states: list[StateEvent]
    warnings: list[str]


_MOST_KNOWN: Final = 50_000
"""Topics remembered at most; more than one program can subscribe to (20 channels of 1,000)."""


def typed_topics(
    topics: Iterable[str | tuple[str, object]], type_: object = None
) -> tuple[tuple[str, object], ...]:
    """Topics with what their events are read as, checked before anything is done.

    Args:
        topics: topics, or pairs of a topic and its type; a bare text is one topic.
        type_: what events of topics without a type of their own are read as: a model, or any type
            that msgspec can decode; ``None`` for what the platform says.

    Raises:
        InvalidValueError: a text that is no topic.
        TypeError: neither topics nor pairs, or a type that msgspec cannot decode.
    """
    _TOPICS.check("topics", topics)
    given = (topics,) if isinstance(topics, str) else tuple(topics)
    wanted = tuple(_typed(each, type_) for each in given)
    for topic, each in wanted:
        expand_topic(topic)
        if each is not None:
            check_type(each)
    return wanted


def _typed(given: object, type_: object) -> tuple[str, object]:
    if isinstance(given, str):
        return given, type_
    pair = cast(Sequence[object], given if isinstance(given, tuple | list) else ())
    if len(pair) != 2 or not isinstance(topic := pair[0], str):
        wanted = "a topic, or a pair of a topic and a type"
        raise wrong_type("each of topics", given, wanted, "'v2.users.1234.presence'")
    return topic, type_ if pair[1] is None else pair[1]


_TOPICS: Final = Expected("topics", "['v2.users.1234.presence']", (Iterable,))


class EventDispatcher:
    """Tells what goes to the consumer, and gives each event its type.

    Not a state machine but a memory of what was asked for; one thread at a time.
    """

    def __init__(self) -> None:
        self._decoder = NotificationDecoder()
        self._asked: set[str] = set()
        # What was found out about topics whose events arrived, so that an event costs one look.
        self._for_consumer: dict[str, bool] = {}

    def remember(self, wanted: Iterable[tuple[str, object]]) -> None:
        """Topics were subscribed to.

        Args:
            wanted: see :func:`typed_topics`.

        Raises:
            InvalidValueError: a text that is no topic.
        """
        self._for_consumer.clear()
        for topic, type_ in wanted:
            if type_ is not None:
                self._decoder.assign(topic, type_)
            self._asked.update(filter(is_automatic, _names(topic)))

    def forget(self, topics: Iterable[str]) -> None:
        """Topics are subscribed to no longer.

        Raises:
            InvalidValueError: a text that is no topic.
        """
        self._for_consumer.clear()
        for topic in topics:
            self._asked.difference_update(_names(topic))
            self._decoder.forget(topic)

    def forget_all(self) -> None:
        """No topics are subscribed to any longer."""
        self._asked.clear()
        self._for_consumer.clear()
        self._decoder = NotificationDecoder()

    def route_all(self, events: Iterable[ChannelEvent]) -> RoutedEvents:
        """Where the events of one step go; see :meth:`route`."""
        found = RoutedEvents([], [], [])
        consumer = found.consumer
        for event in events:
            if type(event) is Arrived:  # nearly all of them are
                notification = self._decoder.read(event.envelope, event.text)
                if self._is_for_consumer(notification.topic_name):
                    consumer.append(notification)
                else:
                    found.states.append(notification)
                continue
            routed = self.route(event)
            if isinstance(routed, ForConsumer):
                consumer.append(routed.event)
            else:
                found.states.append(routed.event)
            warning = operator_warning(event)
            if warning is not None:
                found.warnings.append(warning)
        return found

    def route(self, event: ChannelEvent) -> "ForConsumer | ForStateCallback":
        """Where an event goes, and as what."""
        match event:
            case Arrived(envelope=envelope, text=text):
                notification = self._decoder.read(envelope, text)
                if self._is_for_consumer(notification.topic_name):
                    return ForConsumer(notification)
                return ForStateCallback(notification)
            case Gap():
                return ForConsumer(event)
            case Heartbeat(text=text) if self._has_asked("channel.metadata"):
                frame = self._decoder.decode(text)
                return ForStateCallback(event) if frame is None else ForConsumer(frame)
            case _:
                return ForStateCallback(event)

    def _is_for_consumer(self, topic: str) -> bool:
        known = self._for_consumer.get(topic)
        if known is None:
            if len(self._for_consumer) >= _MOST_KNOWN:
                self._for_consumer.clear()
            known = not is_automatic(topic) or self._has_asked(topic.lower())
            self._for_consumer[topic] = known
        return known

    def _has_asked(self, topic: str) -> bool:
        """Whether somebody asked for what arrives anyway."""
        # `v2.system.token_revoked` can be asked for without the id that it arrives with.
        return any(topic == name or topic.startswith(f"{name}.") for name in self._asked)


def _names(topic: str) -> list[str]:
    return [name.lower() for name in expand_topic(topic)]


def operator_warning(event: ChannelEvent) -> str | None:
    """What an operator ought to know of an event, in words without ids of channels; or ``None``."""
    words: str | None = None
    match event:
        case Arrived() | Heartbeat():  # first, because nearly all are
            pass
        case Disconnected(message=message) if event.reason != "stopped":
            words = f"disconnected: {message}"
        case Gap(from_=from_, to=to):
            words = f"events from {from_.isoformat()} to {to.isoformat()} may be missing"
        case SubscriptionRejected():
            words = _words(event)
        case SubscriptionLost():
            words = "the platform took topics away; they are asked for again"
        case Retrying(what=what, message=message, delay=delay):
            words = f"{what} failed, tried again in {delay:.3g} s: {message}"
        case GaveUp(error=error):
            words = f"gave up: {error}"
        case _:
            pass
    return words


Rewrite: TypeAlias = Callable[[str], str]
"""Changes the address that the platform gives for a socket."""


def connect_uri_rewriter(connect_uri: "str | Rewrite | None") -> Rewrite | None:
    """How the address of a socket is changed, for sites where it leads through a gateway.

    Args:
        connect_uri: a base such as ``wss://gateway.example/streaming``, to which the path of the
            platform's address is appended; or a function from address to address; or ``None``.

    Raises:
        InvalidValueError: no ``ws`` or ``wss`` URL, or one with a query.
    """
    if connect_uri is None or callable(connect_uri):
        return connect_uri
    WebSocketAddress.parse(connect_uri)
    base = urlsplit(connect_uri)
    if base.query:
        raise InvalidValueError(
            "connect_uri: must be a base without a query, such as wss://gateway.example/streaming; "
            "give a function for anything else"
        )

    def rewritten(uri: str) -> str:
        given = urlsplit(uri)
        path = base.path.rstrip("/") + given.path
        return urlunsplit((base.scheme, base.netloc, path, given.query, ""))

    return rewritten
