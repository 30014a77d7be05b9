"""Notifications: subscribe to topics and receive typed events, across reconnects.

Invariants: a handler reconnects until it is closed, the platform rejects the first attempt to set up a
channel, or a user's hook or ``connect_uri`` function raises an exception. A :class:`Gap` marks every
interval in which events may have been missed.

::

    with client.notification_handler() as handler:
        handler.add_subscription(f"v2.users.{user_id}.presence")
        for event in handler:
            match event:
                case Gap(from_=since): ...          # refetch the affected state over REST
                case Notification(topic_name=topic, event_body=body): ...
"""

from genesys_cloud.notifications.async_handler import (
    AsyncNotificationHandler,
    AsyncOnEvent,
    AsyncOnState,
)
from genesys_cloud.notifications.handler_options import HandlerOptions
from genesys_cloud.notifications.sync_handler import NotificationHandler, OnEvent, OnState
from genesys_core.notifications.buffer import Event, Overflow
from genesys_core.notifications.channel.events import (
    Adopted,
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
from genesys_core.notifications.channel.policy import Policy
from genesys_core.notifications.dispatch import (
    CallbackFailed,
    Rewrite,
    StateEvent,
    SubscriptionError,
)
from genesys_core.notifications.eventbridge import EventBridgeEvent, decode_eventbridge_event
from genesys_core.notifications.messages import Metadata, Notification, NotificationDecoder
from genesys_core.notifications.topics import NOTIFICATION_TOPICS

__all__ = [
    "NOTIFICATION_TOPICS",
    "Adopted",
    "AsyncNotificationHandler",
    "AsyncOnEvent",
    "AsyncOnState",
    "CallbackFailed",
    "Connected",
    "Disconnected",
    "Event",
    "EventBridgeEvent",
    "Gap",
    "GaveUp",
    "HandlerOptions",
    "Heartbeat",
    "Metadata",
    "Moving",
    "Notification",
    "NotificationDecoder",
    "NotificationHandler",
    "OnEvent",
    "OnState",
    "Overflow",
    "Policy",
    "Resubscribed",
    "Retrying",
    "Rewrite",
    "StateEvent",
    "Subscribed",
    "SubscriptionError",
    "SubscriptionLost",
    "SubscriptionRejected",
    "UnknownEvent",
    "decode_eventbridge_event",
]
