"""From the text of a frame to a typed notification: topic to template to model.

Law: a frame is never lost. An envelope that is odd is read as far as it goes, a body that does not
fit its model is repaired or handed over untyped, a topic that nobody knows arrives untyped; only a
text without a topic is no notification, and the caller is told so. Topics compare without case.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct

from genesys_core.codec.decoding import (
    UNFIT,
    Decoded,
    check_type,
    decode,
    decoder_for,
    resolve_type,
)
from genesys_core.codec.issues import Issue
from genesys_core.errors import DecodeError
from genesys_core.notifications._topic_models import TOPIC_MODELS
from genesys_core.notifications.subscriptions import expand_topic

__all__ = [
    "Envelope",
    "Metadata",
    "Notification",
    "NotificationDecoder",
    "open_envelope",
    "resolve_topic",
]

T_co = TypeVar("T_co", covariant=True)

_PLACEHOLDER: Final = "{id}"
_MAX_LEARNED: Final = 50_000
"""Topic names whose type is remembered: more than the platform lets one program subscribe to
(20 channels of 1,000), so that only names which nobody asked for can push others out."""


class Metadata(Struct, frozen=True, rename="pascal"):
    """What the platform says about an event.

    Attributes:
        correlation_id: ``CorrelationId``, which the platform's support asks for.
    """

    correlation_id: str | None = None


_NO_METADATA: Final = Metadata()


class Envelope(Struct, frozen=True, gc=False, rename="camel"):
    """A frame of the notification service, its body not read yet.

    Attributes:
        topic_name: the topic; ``None`` for a reply to a subscription made over the socket.
        version: the version of the body's schema.
        event_body: the body as JSON.
        metadata: what the platform says about the event.
        result: of such a reply: ``200``, ``400`` or ``404``.
        status: of such a reply, in words.
    """

    topic_name: str | None = None
    version: str | None = None
    event_body: Raw = Raw(b"null")
    metadata: Metadata | None = None
    result: str | int | None = None
    status: str | None = None


class Notification(Struct, Generic[T_co], frozen=True):
    """An event of a topic.

    Attributes:
        topic_name: the topic, such as ``v2.users.9ed7d9f6-....presence``.
        version: the version of the body's schema, such as ``2``.
        event_body: what happened, of the topic's type; plain dictionaries and lists where the
            topic is unknown.
        metadata: the correlation id.
        raw: the frame as received.
        issues: places of the body that did not fit their type.
    """

    topic_name: str
    version: str | None
    event_body: T_co
    metadata: Metadata
    raw: str
    issues: tuple[Issue, ...] = ()


# Topics


def resolve_topic(topic: str) -> str | None:
    """The template of a concrete topic.

    ``v2.users.9ed7d9f6-....presence`` gives ``v2.users.{id}.presence``. A placeholder stands for one
    segment. Where several templates fit, the one with fewest placeholders is taken, and among
    those the one that is literal furthest: ``v2.system.token_revoked.{id}`` before
    ``v2.system.{id}.{id}``.

    Returns:
        A key of ``NOTIFICATION_TOPICS``, or ``None`` for a topic that it does not have.
    """
    return _resolve(topic.lower())


@lru_cache(maxsize=4096)
def _resolve(topic: str) -> str | None:
    segments = tuple(topic.split("."))
    candidates = _templates().get(len(segments), ())
    return next((template for template, parts in candidates if _fits(parts, segments)), None)


_Parts: TypeAlias = tuple[str | None, ...]


@cache
def _templates() -> Mapping[int, tuple[tuple[str, _Parts], ...]]:
    """The templates by number of segments, most specific first; placeholders are ``None``."""
    sized: dict[int, list[tuple[str, _Parts]]] = {}
    for template in TOPIC_MODELS:
        parts = tuple(
            None if part == _PLACEHOLDER else part.lower() for part in template.split(".")
        )
        sized.setdefault(len(parts), []).append((template, parts))
    return {size: tuple(sorted(known, key=_generality)) for size, known in sized.items()}


def _generality(known: tuple[str, _Parts]) -> tuple[int, tuple[bool, ...]]:
    placeholders = tuple(part is None for part in known[1])
    return sum(placeholders), placeholders


def _fits(parts: _Parts, segments: tuple[str, ...]) -> bool:
    pairs = zip(parts, segments, strict=True)
    return all(segment != "" if part is None else part == segment for part, segment in pairs)


# Envelopes

_ENVELOPE: Final = msgspec.json.Decoder(Envelope)


def open_envelope(text: str) -> Envelope | None:
    """Read a frame up to its body.

    Returns:
        ``None`` for a text that is neither an event nor a reply to a subscription.
    """
    try:
        envelope = _ENVELOPE.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        envelope = _odd_envelope(text)
    if envelope.topic_name is None and envelope.result is None:
        return None
    return envelope


def _odd_envelope(text: str) -> Envelope:
    """What can be read of an envelope whose fields are not of their types, or that is no JSON."""
    # Envelopes that are in order need neither, and most programs never meet another.
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
    """Gives each event its type: the caller's if there is one, else the platform's.

    Not a state machine but a memory: what a topic name turned out to be is looked up once.

    Args:
        types: types by topic, as for :meth:`assign`.
        strict: whether a body that does not fit raises, instead of being repaired.
    """

    def __init__(self, types: Mapping[str, object] | None = None, *, strict: bool = False) -> None:
        self._strict = strict
        self._given: dict[str, object] = {}
        self._learned: dict[str, Callable[[Raw], Any]] = {}
        for topic, type_ in (types or {}).items():
            self.assign(topic, type_)

    def assign(self, topic: str, type_: object) -> None:
        """From now on events of a topic are read as a type, whatever the platform says.

        Args:
            topic: a topic, a combined topic (``v2.users.{id}?presence&station``), or a template
                with ``{id}`` in it, in any case.
            type_: a model, or any type that msgspec can decode.

        Raises:
            TypeError: one that it cannot; nothing was done.
            InvalidValueError: a text that is no topic.
        """
        check_type(type_)
        self._given.update(dict.fromkeys(_keys(topic), type_))
        self._learned = {}

    def forget(self, topic: str) -> None:
        """Events of a topic are read as the platform says again."""
        for key in _keys(topic):
            self._given.pop(key, None)
        self._learned = {}

    def type_of(self, topic: str) -> object:
        """The type that events of a topic are read as; ``Any`` for an unknown topic."""
        key = topic.lower()
        if key in self._given:
            return self._given[key]
        template = resolve_topic(key)
        if template is None:
            return Any
        if template.lower() in self._given:
            return self._given[template.lower()]
        return resolve_type(TOPIC_MODELS[template])

    def read(self, envelope: Envelope, text: str) -> Notification[Any]:
        """Read an event's body.

        Args:
            envelope: what :func:`open_envelope` made of ``text``; it has a topic.
            text: the frame.

        Raises:
            DecodeError: with ``strict``, a body that does not fit its type.
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
        """Read a frame whole; ``None`` for one that is no event.

        Raises:
            DecodeError: with ``strict``, a body that does not fit its type.
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
            issues = (Issue(error.path, f"{error.message}: read without a type"),)
        return Decoded(_untyped(body), issues)


def _untyped(body: bytes) -> object:
    from genesys_core.codec.tolerant_json import parse_json  # noqa: PLC0415 - as above

    try:
        return parse_json(body).tree
    except DecodeError:  # nested too deeply; the frame itself is in `raw`
        return None


def _keys(topic: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in expand_topic(topic))
