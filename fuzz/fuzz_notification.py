"""Whatever text a socket carries, it is a notification or it is not, and nothing breaks.

Invariants: no exception, neither from the decoder nor from the machine of a channel; a text with a
topic is a notification that keeps the text; the same text gives the same result; the machine goes on
and knows when its timer is due; only texts of its own protocol change what it waits for.
"""

import json
from collections.abc import Callable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.notifications import NotificationDecoder, open_envelope, resolve_topic
from genesys_core.notifications.channel.channel import Running
from genesys_core.notifications.channel.events import Arrived, Emit, Heartbeat, UnknownEvent
from genesys_core.notifications.topics import NOTIFICATION_TOPICS
from tests.helpers.channel_world import World

__all__ = ["TARGETS", "check", "notification_events", "notification_text"]

_TOPICS = [
    "channel.metadata",
    "v2.system.socket_closing",
    "v2.system.token_revoked.t-1",
    "v2.system.no_longer_subscribed.c-1",
    "v2.users.u-1.presence",
    "v2.users.u-1.conversations",
    "V2.Users.u-1.RoutingStatus",
    "v2.brand.new",
]


def notification_text(data: bytes) -> None:
    """The bytes are a text frame, as far as they are UTF-8."""
    text = data.decode("utf-8", "replace")
    decoder = NotificationDecoder()
    notification = decoder.decode(text)
    assert notification == decoder.decode(text)
    envelope = open_envelope(text)
    assert (notification is None) == (envelope is None or envelope.topic_name is None)
    if notification is not None:
        assert notification.raw == text
        template = resolve_topic(notification.topic_name)
        assert template is None or template in NOTIFICATION_TOPICS
    _receive(text)


def _receive(text: str) -> None:
    world = World(["a"])
    world.heal()
    (socket,) = world.links
    step = world.running.received(socket, [text, text], now=world.now)
    assert isinstance(step.state, Running)
    assert step.state.next_deadline >= world.time
    events = [effect.event for effect in step.effects if isinstance(effect, Emit)]
    shown = [event for event in events if isinstance(event, Arrived | Heartbeat | UnknownEvent)]
    assert all(event.text == text for event in shown)
    topic = open_envelope(text)
    if topic is not None and topic.topic_name and not topic.topic_name.lower().startswith("v2.sys"):
        assert len(shown) == 2
        assert len(step.effects) == 2


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
_bodies = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("message", "channelId", "source", "presenceDefinition", "modifiedDate", "id"), _json
    ),
)
_frames = st.fixed_dictionaries(
    {},
    optional={
        "topicName": st.sampled_from(_TOPICS) | _json,
        "version": st.just("2") | _json,
        "eventBody": _bodies | _json,
        "metadata": st.fixed_dictionaries({}, optional={"CorrelationId": _json}) | _json,
        "result": st.sampled_from(["200", "400", "404"]) | _json,
        "status": _json,
    },
)


@given(_frames)
def check(frame: object) -> None:
    """A frame that is nearly as the platform sends it."""
    notification_text(json.dumps(frame).encode())


def notification_events(data: bytes) -> None:
    """Make a frame of any bytes; for coverage-guided engines."""
    check.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


TARGETS: Mapping[str, Callable[[bytes], object]] = {
    "notification_text": notification_text,
    "notification_events": notification_events,
}
