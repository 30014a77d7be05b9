"""Dispatch of channel events to the consumer or the state callback of a notification handler.

Invariants: every event has exactly one destination. Notifications and gaps go to the consumer;
everything else is a state event and goes to ``on_state``. The platform's own messages
(``v2.system.*``, ``channel.metadata``) are state events too, unless they were subscribed to
explicitly: they arrive anyway, and most consumers are not interested in them.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from genesys_core.checks import Expected, wrong_type
from genesys_core.clock import format_seconds
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
from genesys_core.notifications.topic_table import TopicTable
from genesys_core.notifications.topics import NOTIFICATION_TOPICS
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
    "latest_failure",
    "operator_warning",
    "typed_topics",
]


class SubscriptionError(GenesysCloudError):
    """The platform rejected topics. The other topics in the request are subscribed.

    Attributes:
        refusals: each topic with the platform's reason and the missing permissions.
    """

    def __init__(self, refusals: Iterable[SubscriptionRejected]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(map(_words, self.refusals)))


def _words(refusal: SubscriptionRejected) -> str:
    missing = ", ".join(refusal.missing_permissions)
    needs = f"; missing permissions: {missing}" if missing else ""
    return f"topic {refusal.topic!r}: {refusal.reason or 'rejected by the platform'}{needs}"


class CallbackFailed(Printable, frozen=True):
    """A callback raised an exception; the handler continues.

    Attributes:
        error: the exception that the callback raised.
        event: the callback's argument.
        at: when the callback raised the exception.
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
"""An event for ``on_state``. A :class:`Notification` is a system message of the platform, such as
``v2.system.socket_closing``.
"""


class ForConsumer(Struct, frozen=True):
    """An event for the consumer: an item of the iterator, or an argument of ``on_notification``."""

    event: Event


class ForStateCallback(Struct, frozen=True):
    """A state event, passed to ``on_state``."""

    event: StateEvent


class RoutedEvents(Struct, frozen=True):
    """The events of one step by destination, each list in order.

    Attributes:
        consumer: events for the iterator, or for ``on_notification``.
        states: events for ``on_state``.
        warnings: messages for the log.
    """

    consumer: list[Event]
    states: list[StateEvent]
    warnings: list[str]


_MOST_KNOWN: Final = 50_000
"""Maximum number of topics whose destination is cached; when it is reached, the cache is cleared."""


def typed_topics(
    topics: Iterable[str | tuple[str, object]], type_: object = None
) -> tuple[tuple[str, object], ...]:
    """Validate topics and the types of their events, and return them as pairs.

    Args:
        topics: topics, or pairs of a topic and its type; a string is one topic.
        type_: type for topics without their own: a model, or any type that msgspec can decode;
            ``None`` for the type in the API definition.

    Raises:
        InvalidValueError: a topic is malformed.
        TypeError: an element is neither a topic nor a pair, or msgspec cannot decode a type.
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
    is_pair = isinstance(given, tuple | list)
    pair = cast(Sequence[object], given) if is_pair else ()
    if len(pair) != 2 or not isinstance(topic := pair[0], str):
        wanted = "a topic, or a pair of a topic and a type"
        raise wrong_type("each element of topics", given, wanted, "'v2.users.1234.presence'")
    return topic, type_ if pair[1] is None else pair[1]


_TOPICS: Final = Expected("topics", "['v2.users.1234.presence']", (Iterable,))


class EventDispatcher:
    """Determines the destination and the type of each event.

    Remembers the subscribed topics. Not thread-safe.

    Args:
        topics: the table of the platform's topics and the models of their events.
    """

    def __init__(self, topics: TopicTable = NOTIFICATION_TOPICS) -> None:
        self._topics = topics
        self._decoder = NotificationDecoder(topics=topics)
        self._asked: set[str] = set()
        # Cached lookups of topics whose events arrived, so that an event costs one lookup.
        self._for_consumer: dict[str, bool] = {}

    def remember(self, wanted: Iterable[tuple[str, object]]) -> None:
        """Record that the caller subscribed to topics.

        Args:
            wanted: the topics and their types, as returned by :func:`typed_topics`.

        Raises:
            InvalidValueError: a topic is malformed.
        """
        self._for_consumer.clear()
        for topic, type_ in wanted:
            if type_ is not None:
                self._decoder.assign(topic, type_)
            # Events of all other topics go to the consumer anyway.
            self._asked.update(filter(is_automatic, _names(topic)))

    def forget(self, topics: Iterable[str]) -> None:
        """Record that the caller unsubscribed from topics.

        Raises:
            InvalidValueError: a topic is malformed.
        """
        self._for_consumer.clear()
        for topic in topics:
            self._asked.difference_update(_names(topic))
            self._decoder.forget(topic)

    def forget_all(self) -> None:
        """Record that the caller unsubscribed from all topics."""
        self._asked.clear()
        self._for_consumer.clear()
        self._decoder = NotificationDecoder(topics=self._topics)

    def route_all(self, events: Iterable[ChannelEvent]) -> RoutedEvents:
        """Dispatch the events of one step; see :meth:`route`."""
        found = RoutedEvents([], [], [])
        consumer = found.consumer
        for event in events:
            if type(event) is Arrived:  # nearly always: as in `route`, without an object per event
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
        """Return an event with its destination; events on topics are decoded."""
        match event:
            case Arrived(envelope=envelope, text=text):
                notification = self._decoder.read(envelope, text)
                if self._is_for_consumer(notification.topic_name):
                    return ForConsumer(notification)
                return ForStateCallback(notification)
            case Gap():
                return ForConsumer(event)
            # The caller has subscribed to heartbeats, and gets them as notifications.
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
        """Return whether a topic that arrives automatically was subscribed explicitly."""
        # `v2.system.token_revoked` is subscribed without the id that it arrives with.
        return any(topic == name or topic.startswith(f"{name}.") for name in self._asked)


def _names(topic: str) -> list[str]:
    return [name.lower() for name in expand_topic(topic)]


def latest_failure(events: Iterable[object], known: str | None) -> str | None:
    """Return the message of the latest failure to connect or subscribe; ``None`` after a success.

    Args:
        events: the channels' events.
        known: the previous result of this function.
    """
    for event in events:
        match event:
            case Retrying(message=message):
                known = message
            case Connected() | Subscribed():
                known = None
            case _:
                pass
    return known


def operator_warning(event: ChannelEvent) -> str | None:
    """Return the warning to log for an event; ``None`` for an event that requires no warning.

    Channel ids are omitted, because an id is sufficient to listen to the channel.
    """
    words: str | None = None
    match event:
        case Arrived() | Heartbeat():  # first, because they are the most common
            pass
        case Disconnected(message=message) if event.reason != "stopped":
            words = f"disconnected: {message}"
        case Gap(from_=from_, to=to):
            words = f"events from {from_.isoformat()} to {to.isoformat()} may be missing"
        case SubscriptionRejected():
            words = _words(event)
        case SubscriptionLost():
            words = "the platform removed topics; subscribing again"
        case Retrying(what=what, message=message, delay=delay):
            words = f"{what} failed, retrying in {format_seconds(delay)} s: {message}"
        case GaveUp(error=error):
            words = f"gave up: {error}"
        case _:
            pass
    return words


Rewrite: TypeAlias = Callable[[str], str]
"""A function that takes the platform's socket address and returns the address to connect to."""


def connect_uri_rewriter(connect_uri: "str | Rewrite | None") -> Rewrite | None:
    """Return the function that rewrites socket addresses; ``None`` if they stay unchanged.

    Args:
        connect_uri: a gateway's base URL, such as ``wss://gateway.example/streaming``, to which the
            path and the query of the platform's address are appended; or a function that takes the
            platform's address and returns the address to connect to; or ``None``.

    Raises:
        InvalidValueError: the base URL is not a ``ws`` or ``wss`` URL, or has a query.
    """
    if connect_uri is None or callable(connect_uri):
        return connect_uri
    WebSocketAddress.parse(connect_uri)
    base = urlsplit(connect_uri)
    if base.query:
        raise InvalidValueError(
            "connect_uri: must be a base URL without a query, such as "
            "wss://gateway.example/streaming; pass a function for anything else"
        )

    def rewritten(uri: str) -> str:
        given = urlsplit(uri)
        path = base.path.rstrip("/") + given.path
        return urlunsplit((base.scheme, base.netloc, path, given.query, ""))

    return rewritten
