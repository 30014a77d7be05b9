"""Events of EventBridge become the notifications that a channel would deliver."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import DecodeError
from genesys_core.models import PresenceEventUserPresence
from genesys_core.notifications import NotificationDecoder
from genesys_core.notifications.eventbridge import EventBridgeEvent, decode_eventbridge_event

DETAIL = {
    "topicName": "v2.users.u-1.presence",
    "version": "2",
    "eventBody": {"source": "PURECLOUD", "modifiedDate": "2024-01-01T00:00:00Z", "new": 1},
    "metadata": {"CorrelationId": "c-1"},
}
EVENT = {
    "version": "0",
    "id": "e-1",
    "detail-type": "v2.users.{id}.presence",
    "source": "aws.partner/genesys.com/cloud/org/bus",
    "account": "123456789012",
    "time": "2024-01-01T00:00:01Z",
    "region": "eu-west-1",
    "resources": [],
    "detail": DETAIL,
}


@pytest.mark.parametrize("form", [json.dumps(EVENT), json.dumps(EVENT).encode(), EVENT])
def test_an_event_is_typed(form):
    event = decode_eventbridge_event(form)
    notification = event.notification
    assert isinstance(notification.event_body, PresenceEventUserPresence)
    assert notification.event_body.source == "PURECLOUD"
    assert (notification.topic_name, notification.version) == ("v2.users.u-1.presence", "2")
    assert notification.metadata.correlation_id == "c-1"
    assert (event.id, event.detail_type) == ("e-1", "v2.users.{id}.presence")
    assert event.source.endswith("/org/bus")
    assert event.sent_at == datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_it_is_the_notification_of_a_channel():
    frame = json.dumps(DETAIL, separators=(",", ":"))
    event = decode_eventbridge_event({**EVENT, "detail": DETAIL})
    assert event.notification == NotificationDecoder().decode(frame)


def test_an_unknown_topic_is_delivered_untyped():
    event = decode_eventbridge_event({"detail": {"topicName": "v2.new", "eventBody": {"a": 1}}})
    assert event.notification.event_body == {"a": 1}
    assert (event.id, event.detail_type, event.source, event.sent_at) == ("", "", "", None)


def test_a_detail_without_a_topic_is_the_body():
    event = decode_eventbridge_event({"detail-type": "v2.new", "detail": {"a": 1}, "id": 5})
    assert (event.notification.topic_name, event.notification.event_body) == ("v2.new", {"a": 1})
    assert event.id == ""


@pytest.mark.parametrize(
    "content",
    [
        "",
        b"\xff",
        "[]",
        "{}",
        "[" * 100_000,
        {"detail-type": "v2.x"},
        {"detail": {}},
        {"a": object()},
    ],
)
def test_anything_else_is_an_error(content):
    with pytest.raises(DecodeError, match="not an EventBridge event"):
        decode_eventbridge_event(content)


values = (
    st.none()
    | st.integers()
    | st.text(max_size=5)
    | st.dictionaries(st.text(max_size=3), st.none())
)
events = st.dictionaries(
    st.sampled_from(["id", "detail-type", "source", "time", "detail", "x"]),
    values | st.just(DETAIL) | st.fixed_dictionaries({"topicName": values, "eventBody": values}),
)


@given(event=events)
def test_any_object_is_an_event_or_an_error(event):
    try:
        found = decode_eventbridge_event(event)
    except DecodeError:
        return
    assert isinstance(found, EventBridgeEvent)
    assert found.notification.topic_name
    assert found.sent_at is None or found.time
