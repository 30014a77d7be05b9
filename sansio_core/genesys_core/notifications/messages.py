"""Decodes the notification service's messages into typed notifications.

The type of an event's body is the model of the topic's template, unless the caller assigned another.

Invariants: unless ``strict`` is set, every message with a topic is decoded: a malformed envelope is
parsed as far as possible, and a body that does not match its type is repaired or, if that is not
possible, decoded without a type. Bodies of unknown topics are decoded without a type too. Topics are
case-insensitive.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from genesys_core.codec.decoding import (
    UNFIT,
    Decoded,
    check_type,
    decode,
    decoder_for,
)
from genesys_core.codec.issues import Issue
from genesys_core.errors import DecodeError
from genesys_core.notifications.subscriptions import expand_topic
from genesys_core.notifications.topic_table import TopicTable
from genesys_core.notifications.topics import NOTIFICATION_TOPICS

__all__ = [
    "Envelope",
    "Metadata",
    "Notification",
    "NotificationDecoder",
    "open_envelope",
    "resolve_topic",
]

T_co = TypeVar("T_co", covariant=True)

_MAX_LEARNED: Final = 50_000
"""Maximum number of topics whose decoders are cached; when it is reached, the cache is cleared."""


class Metadata(Struct, frozen=True, rename="pascal"):
    """Metadata of an event.

    Attributes:
        correlation_id: ``CorrelationId``, needed for support requests to Genesys.
    """

    correlation_id: str | None = None


_NO_METADATA: Final = Metadata()


# gc=False: thousands may exist at a time, and none of them can be part of a reference cycle.
class Envelope(Struct, frozen=True, gc=False, rename="camel"):
    """A message of the notification service whose body has not been decoded yet.

    Attributes:
        topic_name: the topic; ``None`` for the response to a subscription made over the socket.
        version: the version of the body's schema.
        event_body: the body as JSON.
        metadata: metadata of the event.
        result: the result in a response to a subscription: ``200``, ``400`` or ``404``.
        status: the description of the result in a response to a subscription.
    """

    topic_name: str | None = None
    version: str | None = None
    event_body: Raw = Raw(b"null")
    metadata: Metadata | None = None
    result: str | int | None = None
    status: str | None = None


class Notification(Struct, Generic[T_co], frozen=True):
    """An event on a topic.

    Attributes:
        topic_name: the topic, such as ``v2.users.9ed7d9f6-....presence``.
        version: the version of the body's schema, such as ``2``.
        event_body: the event, of the topic's type; plain JSON values if the topic is unknown, or if
            the body could not be repaired.
        metadata: the event's metadata, with the correlation id.
        raw: the message as received.
        issues: values in the body that did not match their type.
    """

    topic_name: str
    version: str | None
    event_body: T_co
    metadata: Metadata
    raw: str
    issues: tuple[Issue, ...] = ()


# Topics


def resolve_topic(topic: str) -> str | None:
    """Return the template of a topic, such as ``v2.users.{id}.presence``.

    Returns:
        A key of ``NOTIFICATION_TOPICS``, or ``None`` for an unknown topic; see
        :meth:`~genesys_core.notifications.topic_table.TopicTable.template_of`.
    """
    return NOTIFICATION_TOPICS.template_of(topic)


# Envelopes

_ENVELOPE: Final = msgspec.json.Decoder(Envelope)


def open_envelope(text: str) -> Envelope | None:
    """Parse a message except for its body.

    Returns:
        The envelope; ``None`` for a message that is neither an event nor a response to a
        subscription.
    """
    try:
        envelope = _ENVELOPE.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        envelope = _odd_envelope(text)
    if envelope.topic_name is None and envelope.result is None:
        return None
    return envelope


def _odd_envelope(text: str) -> Envelope:
    """Parse an envelope whose fields have wrong types, or that is not valid JSON, leniently."""
    # Valid envelopes need neither module, and most programs never receive any other.
    import json  # noqa: PLC0415

    from genesys_core.codec.tolerant_json import parse_json  # noqa: PLC0415

    try:
        tree = parse_json(text.encode("utf-8", "replace")).tree
        fields = tree if isinstance(tree, dict) else {}
        body = json.dumps(fields.get("eventBody")).encode()
    except (DecodeError, RecursionError):
        return Envelope()
    metadata: object = fields.get("metadata")
    correlation_id = metadata.get("CorrelationId") if isinstance(metadata, dict) else None
    return Envelope(
        _text(fields.get("topicName")),
        _text(fields.get("version")),
        Raw(body),
        Metadata(_text(correlation_id)),
        _text(fields.get("result")),
        _text(fields.get("status")),
    )


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)


# Bodies


class NotificationDecoder:
    """Decodes events as the type assigned to their topic; by default, the type in the definition.

    The decoder caches the type of each topic.

    Args:
        types: types by topic; see :meth:`assign`.
        strict: whether to raise ``DecodeError`` for a body that does not match its type instead of
            repairing it.
        topics: the table of the platform's topics; a generated package has its own table
            ``NOTIFICATION_TOPICS``.
    """

    def __init__(
        self,
        types: Mapping[str, object] | None = None,
        *,
        strict: bool = False,
        topics: TopicTable = NOTIFICATION_TOPICS,
    ) -> None:
        self._strict = strict
        self._topics = topics
        self._given: dict[str, object] = {}
        self._learned: dict[str, Callable[[Raw], Any]] = {}
        for topic, type_ in (types or {}).items():
            self.assign(topic, type_)

    def assign(self, topic: str, type_: object) -> None:
        """Assign a type to the events of a topic, instead of the type in the API definition.

        Args:
            topic: a topic, a combined topic (``v2.users.{id}?presence&station``), or a template
                with ``{id}``; case-insensitive.
            type_: a model, or any type that msgspec can decode.

        Raises:
            TypeError: msgspec cannot decode the type; nothing was changed.
            InvalidValueError: the topic is malformed.
        """
        check_type(type_)
        self._given.update(dict.fromkeys(_keys(topic), type_))
        self._learned = {}

    def forget(self, topic: str) -> None:
        """Undo :meth:`assign`: decode events of a topic as the type in the API definition again."""
        for key in _keys(topic):
            self._given.pop(key, None)
        self._learned = {}

    def type_of(self, topic: str) -> object:
        """Return the type of a topic's events; ``Any`` for an unknown topic."""
        key = topic.lower()
        if key in self._given:
            return self._given[key]
        template = self._topics.template_of(key)
        if template is None:
            return Any
        if template.lower() in self._given:
            return self._given[template.lower()]
        return self._topics[template]

    def read(self, envelope: Envelope, text: str) -> Notification[Any]:
        """Decode the body of an event.

        Args:
            envelope: the result of :func:`open_envelope` for ``text``; it has a topic.
            text: the message that contains the event.

        Raises:
            DecodeError: with ``strict``, the body does not match its type.
        """
        topic = envelope.topic_name or ""
        learned = self._learned
        decode_plain = learned.get(topic)
        if decode_plain is None:
            if len(learned) >= _MAX_LEARNED:
                learned.clear()
            decode_plain = learned[topic] = decoder_for(self.type_of(topic))
        metadata = envelope.metadata or _NO_METADATA
        try:
            data = decode_plain(envelope.event_body)
        except UNFIT:
            body = self._body(self.type_of(topic), bytes(envelope.event_body))
            return Notification(topic, envelope.version, body.data, metadata, text, body.issues)
        return Notification(topic, envelope.version, data, metadata, text)

    def decode(self, text: str) -> Notification[Any] | None:
        """Decode a message; return ``None`` if it is not an event.

        Raises:
            DecodeError: with ``strict``, the body does not match its type.
        """
        envelope = open_envelope(text)
        if envelope is None or envelope.topic_name is None:
            return None
        return self.read(envelope, text)

    def _body(self, type_: object, body: bytes) -> Decoded[Any]:
        try:
            return decode(type_, body, strict=self._strict)
        except DecodeError as error:
            if self._strict:
                raise
            issues = (Issue(error.path, f"{error.message}: decoded without a type"),)
        return Decoded(_untyped(body), issues)


def _untyped(body: bytes) -> object:
    from genesys_core.codec.tolerant_json import parse_json  # noqa: PLC0415 - as above

    try:
        return parse_json(body).tree
    except DecodeError:  # nested too deeply; the message itself is in `raw`
        return None


def _keys(topic: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in expand_topic(topic))
