"""Typed notifications from the platform's Amazon EventBridge integration.

Invariants: unless the decoder is ``strict``, no event is rejected because of its body: a body that
does not match its model is repaired or decoded without a type. An event with neither a topic nor a
detail type is rejected. EventBridge delivers events at least once and does not guarantee their
order; ``id`` identifies duplicates.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from genesys_core.codec.encoding import to_json
from genesys_core.errors import DecodeError, InvalidValueError
from genesys_core.notifications.messages import Notification, NotificationDecoder

__all__ = ["EventBridgeEvent", "decode_eventbridge_event"]


class EventBridgeEvent(Struct, frozen=True):
    """An EventBridge event.

    Attributes:
        notification: the topic and the typed event, as a notification channel delivers it.
        id: the id of the event; the same if it is delivered again.
        detail_type: the template of the topic, such as ``v2.users.{id}.presence``.
        source: the partner event source, which identifies the organization.
        time: when the event was sent, as text.
    """

    notification: Notification[Any]
    id: str = ""
    detail_type: str = ""
    source: str = ""
    time: str = ""

    @property
    def sent_at(self) -> datetime | None:
        """When the event was sent; ``None`` if ``time`` is not a date-time."""
        try:
            return datetime.fromisoformat(self.time)
        except ValueError:
            return None


class _BusEnvelope(Struct, frozen=True):
    id: Any = None
    detail_type: Any = msgspec.field(default=None, name="detail-type")
    source: Any = None
    time: Any = None
    detail: Raw = Raw(b"null")


_ENVELOPE: Final = msgspec.json.Decoder(_BusEnvelope)


def decode_eventbridge_event(
    content: str | bytes | Mapping[str, object], *, decoder: NotificationDecoder | None = None
) -> EventBridgeEvent:
    """Decode an EventBridge event.

    Args:
        content: the event as JSON, or as the dictionary that AWS Lambda passes to its handler.
        decoder: a decoder with your own types for topics; by default, the types of the API
            definition are used.

    Raises:
        DecodeError: the content is not JSON, or not an EventBridge event; or, if the decoder is
            ``strict``, the event's body does not match its type.
    """
    try:
        body = to_json(content) if isinstance(content, Mapping) else content
        envelope = _ENVELOPE.decode(body)
        detail = bytes(envelope.detail).decode()
    except (msgspec.MsgspecError, UnicodeError, RecursionError, InvalidValueError):
        raise _foreign(content) from None
    decoder = decoder or NotificationDecoder()
    notification = decoder.decode(detail)
    detail_type = _text(envelope.detail_type)
    has_topic = notification is not None and notification.topic_name != ""
    if not has_topic and detail_type and detail != "null":
        # A detail without a topic is the body of the event, and `detail-type` is its topic.
        known = {"topicName": detail_type, "eventBody": envelope.detail}
        notification = decoder.decode(msgspec.json.encode(known).decode())
    if notification is None or notification.topic_name == "":
        raise _foreign(content)
    return EventBridgeEvent(
        notification, _text(envelope.id), detail_type, _text(envelope.source), _text(envelope.time)
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _foreign(content: object) -> DecodeError:
    body = content if isinstance(content, bytes) else b""
    return DecodeError(
        "not an EventBridge event: must be a JSON object with 'detail-type' and 'detail'",
        body=body,
    )
