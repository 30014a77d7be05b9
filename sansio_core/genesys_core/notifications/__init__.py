"""Notifications: topics, typed events, buffers, and the channel state machine."""

from typing import TYPE_CHECKING

from genesys_core._lazy import export_lazily

if TYPE_CHECKING:
    from genesys_core.notifications.messages import Envelope as Envelope
    from genesys_core.notifications.messages import Metadata as Metadata
    from genesys_core.notifications.messages import Notification as Notification
    from genesys_core.notifications.messages import NotificationDecoder as NotificationDecoder
    from genesys_core.notifications.messages import open_envelope as open_envelope
    from genesys_core.notifications.messages import resolve_topic as resolve_topic

export_lazily(
    globals(),
    {
        "genesys_core.notifications.messages": (
            "Envelope Metadata Notification NotificationDecoder open_envelope resolve_topic"
        ),
    },
)
