"""Options and event delivery shared by the synchronous and asynchronous handlers.

Invariants: all options are validated before anything is sent.
"""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypedDict

from msgspec import Struct
from msgspec.structs import replace

from genesys_cloud.client.setup import Setup
from genesys_cloud.notifications.channel_driver import DriverContext
from genesys_cloud.notifications.websocket_stream import SocketOptions
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.network_options import NetworkOptions
from genesys_core.calls.operation import Operation
from genesys_core.checks import FUNCTION, MAPPING, WHOLE_NUMBER, Expected, check_arguments
from genesys_core.models import Channel
from genesys_core.notifications.buffer import (
    Buffered,
    Event,
    Overflow,
)
from genesys_core.notifications.channel.channel import GivenChannel
from genesys_core.notifications.channel.events import datetime_of
from genesys_core.notifications.channel.policy import Policy
from genesys_core.notifications.dispatch import (
    CallbackFailed,
    Rewrite,
    StateEvent,
    connect_uri_rewriter,
)
from genesys_core.notifications.messages import Notification
from genesys_core.notifications.topic_table import TopicTable

__all__ = [
    "HandlerContext",
    "HandlerOptions",
    "check_options",
]

LOGGER: Final = "genesys_cloud.notifications"


class HandlerOptions(TypedDict, total=False):
    """Keyword arguments of :meth:`Client.notification_handler` other than the callbacks; all optional.

    Attributes:
        channel: an existing channel to use, with its topics; by default, a new channel is created.
        proxy: URL of a proxy, which may contain credentials; by default the client's proxy.
        connect_uri: replaces the platform's WebSocket address: a base URL such as
            ``wss://gateway.example/streaming``, or a function that maps one address to another.
        headers: extra headers of each WebSocket handshake, for gateways that require them.
        buffer: maximum number of notifications buffered for a slow consumer; 1,000 by default.
        overflow: what happens when the buffer is full: ``block``, the default, stops reading from
            the socket until there is space; ``drop_oldest`` discards the oldest notification and
            reports a gap.
        policy: timeouts and backoff of the channels.
    """

    channel: Channel | None
    proxy: str | None
    connect_uri: str | Rewrite | None
    headers: Mapping[str, str] | None
    buffer: int
    overflow: Overflow
    policy: Policy | None


class HandlerContext(Struct, frozen=True):
    """The parts of a client on which its notification handlers depend.

    Attributes:
        setup: the client's setup.
        network: the client's connection options.
        transport: the client's transport.
        topics: the catalog of topics in the client's definition.
    """

    setup: Setup
    network: NetworkOptions
    transport: object
    topics: TopicTable

    def driver_context(
        self, options: HandlerOptions, send: Callable[[Operation[object]], Awaitable[object]]
    ) -> DriverContext:
        """Return the dependencies and options of a handler's driver.

        Raises:
            InvalidValueError: a channel, header or address is invalid.
            ConfigurationError: a proxy, CA or certificate cannot be used.
        """
        channel = options.get("channel")
        policy = options.get("policy") or Policy(random.random)
        # The handler's own option takes precedence over the policy's.
        rewrite = connect_uri_rewriter(options.get("connect_uri")) or policy.rewrite
        return DriverContext(
            policy=replace(policy, rewrite=rewrite),
            socket_options=SocketOptions(
                self.network,
                proxy=options.get("proxy"),
                headers=options.get("headers"),
                transport=self.transport,
            ),
            send=send,
            observer=self.setup.channel_observer,
            warn=self.warn,
            existing=None if channel is None else _existing(channel),
            topics=self.topics,
        )

    def warn(self, words: str) -> None:
        """Log a warning about a notification handler."""
        self.setup.logging.warn(words, now=read_clocks(), name=LOGGER)  # noqa: G010 - no Logger

    def delivered(self, held: Buffered[Event]) -> Event:
        """Notify observers of an event's delivery, and return the event even if an observer raises."""
        if self.setup.channel_observer.observes_delivery and isinstance(held.event, Notification):
            lag = time.monotonic() - held.at.monotonic
            try:
                self.setup.channel_observer.delivered(held.event.topic_name, lag)
            except Exception as error:  # noqa: BLE001 - the event, no longer in the buffer, would be lost
                self.warn(f"an observer raised {type(error).__name__}: {error}")
        return held.event

    def failed(self, error: Exception, event: "Event | StateEvent") -> CallbackFailed:
        """Log an exception from a callback, and return the event that reports it."""
        self.warn(f"a callback raised {type(error).__name__}: {error}; the handler continues")
        return CallbackFailed(error, event, datetime_of(read_clocks()))


_EXPECTED: Final = {
    "channel": Expected(
        "a Channel", "Channel(id=..., connect_uri=...)", (Channel,), is_optional=True
    ),
    "proxy": Expected(
        "the URL of a proxy", "'http://proxy.example:3128'", (str,), is_optional=True
    ),
    "connect_uri": Expected(
        "an address or a function",
        "'wss://gateway.example.com'",
        (str,),
        ("__call__",),
        is_optional=True,
    ),
    "headers": MAPPING.or_none(),
    "buffer": WHOLE_NUMBER,
    "overflow": Expected("'block' or 'drop_oldest'", "'block'", (str,)),
    "policy": Expected("a Policy", "Policy(random.random)", (Policy,), is_optional=True),
}


def check_options(options: HandlerOptions, **callbacks: object) -> None:
    """Reject unknown options of a handler, and options of the wrong type.

    Raises:
        TypeError: an option is unknown or has the wrong type; the message names the expected type,
            with an example.
    """
    check_arguments(options, _EXPECTED, _EXPECTED)
    for name, value in callbacks.items():
        FUNCTION.or_none().check(name, value)


def _existing(channel: Channel) -> GivenChannel:
    return GivenChannel(channel.id or "", channel.connect_uri or "")
