"""Events of metrics: each once, in the form of its model, for those who are subscribed."""

import pytest

from genesys_core.notifications.topics import NOTIFICATION_TOPICS, topic_model_name
from genesys_core.simulator.conversations.metrics import conversation_metrics
from genesys_core.simulator.sockets.metric_events import METRIC_TOPICS
from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import StaffedDesk
from tests.strategies.simulator import definition, misfits

TEMPLATES = {
    "conversation": "v2.analytics.conversation.{id}.metrics",
    "users": "v2.analytics.users.{id}.aggregates",
    "wrapup": "v2.analytics.wrapup.{id}.aggregates",
}


@pytest.fixture
def desk():
    desk = StaffedDesk()
    settings = {"wrapupPrompt": "MANDATORY"}
    desk.state.queues[desk.queue] = {**desk.state.queues[desk.queue], "acwSettings": settings}
    return desk


def finish(desk, made):
    """Answer a conversation, talk for three seconds, and wrap it up."""
    desk.command(made, {"state": "connected"})
    desk.sleep(3)
    desk.command(made, {"state": "disconnected"})
    desk.command(made, {"wrapup": {"code": "sold"}})


def bodies(desk, socket):
    """The bodies that were heard, each checked against its model."""
    found = []
    for event in desk.told(socket):
        template = TEMPLATES[event["topicName"].split(".")[2]]
        model = Schema(ref=f"#/definitions/{topic_model_name(template)}")
        assert misfits(definition(), model, event["eventBody"]) == []
        found.append(event["eventBody"])
    return found


def test_the_topics_exist():
    assert set(TEMPLATES.values()) == METRIC_TOPICS <= set(NOTIFICATION_TOPICS)


def test_every_metric_of_a_conversation_is_heard_once(desk):
    made = desk.offer()
    _, socket = desk.opened(TEMPLATES["conversation"].replace("{id}", made))
    finish(desk, made)
    told = [(each["metric"], each["value"]) for each in bodies(desk, socket)]
    emitted = [(each.name, each.value) for each in conversation_metrics(desk.timeline(made))]
    assert sorted(told) == sorted(emitted)
    assert ("tTalk", 3000) in told


def test_an_agent_and_a_wrap_up_code_hear_their_figures(desk):
    topics = (
        TEMPLATES["users"].replace("{id}", desk.users[1]),
        TEMPLATES["wrapup"].replace("{id}", "sold"),
    )
    desk.opened(*topics)
    finish(desk, desk.offer())
    heard = desk.told()
    groups = [each["eventBody"]["group"] for each in heard]
    assert {each.get("userId") for each in groups} == {desk.users[1], None}
    assert {each.get("wrapUpCode") for each in groups} == {"sold", None}
    (talk,) = [
        metric["stats"]
        for each in heard
        for datum in each["eventBody"]["data"]
        for metric in datum["metrics"]
        if metric["metric"] == "tTalk" and "userId" in each["eventBody"]["group"]
    ]
    assert talk == {"count": 1, "sum": 3000, "min": 3000, "max": 3000}


def test_figures_have_the_form_of_their_models(desk):
    _, socket = desk.opened(TEMPLATES["users"].replace("{id}", desk.users[1]))
    finish(desk, desk.offer())
    assert bodies(desk, socket)


def test_nothing_is_counted_for_nobody(desk):
    made = desk.offer()
    finish(desk, made)
    assert desk.timeline(made).metrics_told == {}
    assert not any(each.topic.endswith((".metrics", ".aggregates")) for each in desk.hub.published)
