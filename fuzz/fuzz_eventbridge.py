"""Any text is an event of EventBridge or a ``DecodeError``; what is accepted has a topic."""

from collections.abc import Callable
from typing import Final

from genesys_core.errors import DecodeError
from genesys_core.notifications.eventbridge import decode_eventbridge_event

__all__ = ["TARGETS"]


def eventbridge_event(data: bytes) -> None:
    """The input is the event as JSON."""
    try:
        event = decode_eventbridge_event(data)
    except DecodeError:
        return
    assert event.notification.topic_name
    assert event == decode_eventbridge_event(data)


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {"eventbridge_event": eventbridge_event}
