"""Bodies that are made up: an example, what a test wants in it, and what the model does not allow."""

import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.notifications.topics import NOTIFICATION_TOPICS, topic_model_name
from genesys_core.simulator.sockets.made_events import make_event
from genesys_core.simulator.state.definition import Definition, Schema
from tests.strategies.simulator import definition, misfits, small_document

QUEUE = "v2.routing.queues.{id}.users"
VIDEO = "v2.users.u.conversations.videos"


def test_a_body_has_what_is_given_and_an_example_of_the_rest():
    body = make_event(definition(), "v2.routing.queues.q.users", {"joined": True, "id": "a"})
    assert (body["joined"], body["id"]) == (True, "a")
    assert set(body) > {"joined", "id"}


def test_every_topic_has_a_body():
    for topic in NOTIFICATION_TOPICS:
        model = Schema(ref=f"#/definitions/{topic_model_name(topic)}")
        assert misfits(definition(), model, make_event(definition(), topic, {})) == []


@pytest.mark.parametrize(
    ("topic", "properties", "message"),
    [
        ("v2.no.such", {}, "topic 'v2.no.such': the platform has no such topic"),
        (QUEUE, {"joined": "yes"}, r'joined is "yes", not of type boolean'),
        (QUEUE, {"joint": True}, "joint is not a property of the model"),
        (VIDEO, {"participants": [{"purpose": 3}]}, r"participants\[0\].purpose is 3, not of type"),
        (
            "v2.users.u.workforcemanagement.adherence",
            {"routingStatus": "X"},
            "which is not one of ",
        ),
    ],
)
def test_a_body_that_the_model_does_not_allow_is_refused(topic, properties, message):
    with pytest.raises(InvalidValueError, match=message):
        make_event(definition(), topic, properties)


def test_required_properties_inside_and_models_without_properties():
    model = topic_model_name(QUEUE)
    inner = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    free = {"type": "object"}
    properties = {"user": inner, "more": free, "users": {"type": "array", "items": inner}}
    known = Definition(small_document({}, {model: {"properties": properties}}))
    with pytest.raises(InvalidValueError, match=r"user\.id is required"):
        make_event(known, QUEUE, {"user": {}})
    with pytest.raises(InvalidValueError, match=r"users\[1\]\.id is required"):
        make_event(known, QUEUE, {"users": [{"id": "1"}, {}]})
    assert make_event(known, QUEUE, {"more": {"any": 1}})["more"] == {"any": 1}
    assert make_event(Definition(small_document({})), QUEUE, {"a": [1]}) == {"a": [1]}
