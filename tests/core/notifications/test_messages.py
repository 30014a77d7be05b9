import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genesys_core.errors import DecodeError, InvalidValueError
from genesys_core.models import PresenceEventUserPresence, UserRoutingStatusUserRoutingStatus
from genesys_core.notifications import (
    Envelope,
    Metadata,
    Notification,
    NotificationDecoder,
    open_envelope,
    resolve_topic,
)
from genesys_core.notifications.topics import NOTIFICATION_TOPICS

ID = "9ed7d9f6-1111-2222-3333-444444444444"
PRESENCE = f"v2.users.{ID}.presence"


def frame(topic=PRESENCE, body=None, **more):
    whole = {"topicName": topic, "version": "2", "eventBody": body or {"source": "PURECLOUD"}}
    return json.dumps({**whole, "metadata": {"CorrelationId": "c-1"}, **more})


# Topics


@pytest.mark.parametrize("template", sorted(NOTIFICATION_TOPICS))
def test_every_template_is_found_from_its_topics(template):
    assert len(NOTIFICATION_TOPICS) == 242
    topic = template.replace("{id}", ID)
    for spelling in (topic, topic.upper(), topic.lower(), template):
        assert resolve_topic(spelling) == template


@pytest.mark.parametrize(
    ("topic", "template"),
    [
        (f"v2.system.token_revoked.{ID}", "v2.system.token_revoked.{id}"),
        (f"v2.system.no_longer_subscribed.{ID}", "v2.system.no_longer_subscribed.{id}"),
        (f"v2.system.something_else.{ID}", "v2.system.{id}.{id}"),
        ("v2.system.socket_closing", "v2.system.socket_closing"),
        ("v2.telephony.providers.edges.phones.metrics", "v2.telephony.providers.edges.phones.{id}"),
        (f"v2.taskmanagement.workitems.users.{ID}", "v2.taskmanagement.workitems.users.{id}"),
        (
            "v2.outbound.voice.campaigns.contact.POSTcontact",
            "v2.outbound.voice.campaigns.contact.postContact",
        ),
    ],
)
def test_the_most_specific_template_wins(topic, template):
    assert resolve_topic(topic) == template


@pytest.mark.parametrize(
    "topic",
    [
        "",
        ".",
        "v2",
        "v3.users.x.presence",
        "v2.users..presence",
        f"v2.users.{ID}.presence.more",
        f"v2.users.{ID}.with.dots.presence",
        f" v2.users.{ID}.presence",
        "channel.metadata",
    ],
)
def test_unknown_topics_have_no_template(topic):
    assert resolve_topic(topic) is None


@given(st.text(max_size=50))
def test_resolving_is_total(text):
    assert resolve_topic(text) is None or resolve_topic(text) in NOTIFICATION_TOPICS


# Envelopes


def test_an_envelope():
    envelope = open_envelope(frame())
    assert envelope == Envelope(
        PRESENCE, "2", msgspec.Raw(b'{"source": "PURECLOUD"}'), Metadata("c-1")
    )


@pytest.mark.parametrize(
    ("text", "topic", "version", "correlation_id"),
    [
        ('{"topicName":"t"}', "t", None, None),
        ('{"topicName":"t","version":2,"metadata":null}', "t", "2", None),
        ('{"topicName":"t","metadata":{"type":"member-change"}}', "t", None, None),
        ('{"topicName":"t","metadata":{"CorrelationId":7}}', "t", None, "7"),
        ('{"topicName":"t","metadata":[],"version":[]}', "t", None, None),
        ('{"topicName":"t","version":true}', "t", None, None),
        ('{"topicName":7}', "7", None, None),
        ('\ufeff{"topicName":"t","version":"2"}', "t", "2", None),
        ('{"topicName":"t\\ud800"}', "t\ufffd", None, None),
        ('{"topicName":"t","eventBody":{"big":1e400}}', "t", None, None),
    ],
)
def test_odd_envelopes_are_read_as_far_as_they_go(text, topic, version, correlation_id):
    notification = NotificationDecoder().decode(text)
    assert notification is not None
    assert notification.topic_name == topic
    assert notification.version == version
    assert notification.metadata == Metadata(correlation_id)
    assert notification.raw == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "7", '"x"', "{}", '{"topicName":null}', "not json", "{", "[" * 100_000),
        *(
            '{"topicName":[]}',
            '{"message":"ping"}',
            '{"topicName":"t","eventBody":' + "[" * 100_000,
        ),
    ],
)
def test_texts_without_a_topic_are_no_events(text):
    assert open_envelope(text) is None
    assert NotificationDecoder().decode(text) is None


@pytest.mark.parametrize("result", ["200", 200])
def test_replies_to_subscriptions_over_the_socket(result):
    text = json.dumps({"result": result, "status": "subscribed", "correlationId": "x"})
    envelope = open_envelope(text)
    assert (envelope.topic_name, envelope.result, envelope.status) == (None, result, "subscribed")
    assert NotificationDecoder().decode(text) is None


# Bodies


def test_a_known_topic_gives_its_model():
    text = frame(body={"source": "PURECLOUD", "presenceDefinition": {"systemPresence": "BUSY"}})
    notification = NotificationDecoder().decode(text)
    assert isinstance(notification, Notification)
    assert isinstance(notification.event_body, PresenceEventUserPresence)
    assert notification.event_body.presence_definition.system_presence == "BUSY"
    assert (notification.topic_name, notification.version, notification.raw) == (
        PRESENCE,
        "2",
        text,
    )
    assert notification.metadata.correlation_id == "c-1"
    assert notification.issues == ()


def test_topics_are_compared_without_case_and_kept_as_they_came():
    topic = PRESENCE.upper()
    notification = NotificationDecoder().decode(frame(topic))
    assert isinstance(notification.event_body, PresenceEventUserPresence)
    assert notification.topic_name == topic


def test_an_unknown_topic_arrives_untyped():
    notification = NotificationDecoder().decode(frame("v2.brand.new", {"a": [1, None]}))
    assert notification.event_body == {"a": [1, None]}


def test_an_event_without_a_body():
    decoder = NotificationDecoder()
    assert decoder.decode(f'{{"topicName":"{PRESENCE}"}}').event_body is None
    assert decoder.decode(f'{{"topicName":"{PRESENCE}","eventBody":null}}').event_body is None
    assert decoder.decode('{"topicName":"v2.brand.new"}').event_body is None


def test_one_odd_field_does_not_lose_the_event():
    body = {"source": "PURECLOUD", "primary": {"not": "a boolean"}, "message": "kept"}
    notification = NotificationDecoder().decode(frame(body=body))
    assert notification.event_body == PresenceEventUserPresence(source="PURECLOUD", message="kept")
    assert [issue.path for issue in notification.issues] == ["$.primary"]


@pytest.mark.parametrize("body", [[1, 2], "text", 7])
def test_a_body_of_another_shape_arrives_untyped(body):
    notification = NotificationDecoder().decode(frame(body=body))
    assert notification.event_body == body
    assert "decoded without a type" in notification.issues[0].message


def test_a_body_that_cannot_be_read_is_still_in_raw():
    # The envelope is read without looking into the body, which is nested deeper than any reader goes.
    text = f'{{"topicName":"{PRESENCE}","eventBody":{"[" * 900}{"]" * 900}}}'
    envelope = Envelope(PRESENCE, None, msgspec.Raw(b"[" * 200_000 + b"]" * 200_000))
    notification = NotificationDecoder().read(envelope, text)
    assert (notification.event_body, notification.raw) == (None, text)
    assert notification.issues


def test_strict_raises():
    decoder = NotificationDecoder(strict=True)
    assert decoder.decode(frame()).issues == ()
    with pytest.raises(DecodeError):
        decoder.decode(frame(body={"primary": {}}))
    with pytest.raises(DecodeError):
        decoder.decode(frame(body=[1]))


# Types of the caller


class Mine(msgspec.Struct):
    source: str


@pytest.mark.parametrize(
    "topic",
    [
        PRESENCE,
        PRESENCE.upper(),
        "v2.users.{id}.presence",
        f"v2.users.{ID}?station&presence",
    ],
)
def test_the_type_of_the_caller_wins(topic):
    decoder = NotificationDecoder()
    assert isinstance(decoder.decode(frame()).event_body, PresenceEventUserPresence)
    decoder.assign(topic, Mine)
    assert decoder.decode(frame()).event_body == Mine("PURECLOUD")
    decoder.forget(topic)
    assert isinstance(decoder.decode(frame()).event_body, PresenceEventUserPresence)


def test_a_type_for_one_topic_leaves_the_others():
    decoder = NotificationDecoder({PRESENCE: Mine})
    other = decoder.decode(frame("v2.users.other.presence"))
    assert isinstance(other.event_body, PresenceEventUserPresence)
    status = decoder.decode(frame(f"v2.users.{ID}.routingStatus", {"id": "x"}))
    assert isinstance(status.event_body, UserRoutingStatusUserRoutingStatus)


def test_a_concrete_topic_comes_before_a_template():
    decoder = NotificationDecoder({"v2.users.{id}.presence": dict, PRESENCE: Mine})
    assert decoder.type_of(PRESENCE) is Mine
    assert decoder.type_of("v2.users.other.presence") is dict


def test_types_for_topics_that_nobody_knows():
    decoder = NotificationDecoder({"v2.brand.new": Mine})
    assert decoder.decode(frame("v2.brand.NEW")).event_body == Mine("PURECLOUD")
    assert decoder.type_of("v2.other") is Any


def test_a_type_for_no_topic_is_refused():
    with pytest.raises(InvalidValueError):
        NotificationDecoder().assign("not a topic", Mine)


@pytest.mark.parametrize("type_", ["UserMe", 5, object(), [dict]])
def test_a_type_that_nothing_can_be_read_as_is_refused_at_once(type_):
    decoder = NotificationDecoder()
    with pytest.raises(TypeError, match=r"type must be a model.*, not an? "):
        decoder.assign(PRESENCE, type_)
    assert isinstance(decoder.decode(frame()).event_body, PresenceEventUserPresence)


def test_what_was_learned_is_bounded(monkeypatch):
    monkeypatch.setattr("genesys_core.notifications.messages._MAX_LEARNED", 3)
    decoder = NotificationDecoder({"v2.mine": Mine})
    for number in range(10):
        assert decoder.decode(frame(f"v2.{number}", {"n": number})).event_body == {"n": number}
        assert decoder.decode(frame("v2.mine")).event_body == Mine("PURECLOUD")
        assert len(decoder._learned) <= 3


@example('{"topicName":"v2.users.x.presence","eventBody":{"modifiedDate":"yesterday"}}')
@given(
    st.text(max_size=80)
    | st.recursive(st.none() | st.booleans() | st.floats(), st.lists).map(json.dumps)
)
def test_any_text_is_an_event_or_none(text):
    notification = NotificationDecoder().decode(text)
    assert notification is None or notification.raw == text


@given(
    st.dictionaries(
        st.sampled_from(["topicName", "eventBody", "version", "metadata"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda children: (
                st.lists(children, max_size=3)
                | st.dictionaries(st.text(max_size=5), children, max_size=3)
            ),
        ),
    )
)
def test_whoever_has_a_topic_is_an_event(tree):
    notification = NotificationDecoder().decode(json.dumps(tree))
    named = isinstance(tree.get("topicName"), str) or type(tree.get("topicName")) is int
    assert (notification is not None) == named
