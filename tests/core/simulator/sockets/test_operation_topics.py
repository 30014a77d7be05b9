"""The operations that topics follow: they exist, and each topic is heard on a channel after each kind of cause."""

import copy
import re

import pytest

from genesys_core.notifications.topics import NOTIFICATION_TOPICS, topic_model_name
from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.sockets.operation_topics import TOPIC_CAUSES, causes_of
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.stations import STATIONS
from tests.helpers.resource_walk import Walk
from tests.strategies.hub import ChannelDesk
from tests.strategies.simulator import definition, misfits

ROUTES = {f"{each.method} {each.template[7:]}": each for each in definition().routes}
SESSION = "7b1c3c1e-43c1-4d5a-a9c0-2f6e2f1f7a01"

BODIES = {
    "v2.gamification.scorecards.users.{id}": "items",
    "v2.journey.sessions.{id}.outcome.events": "entities",
    "v2.outbound.contactlists.{id}.importstatus": "id",
    "v2.outbound.dnclists.{id}.importstatus": "id",
    "v2.outbound.importtemplates.{id}.importstatus": "importTemplateId",
    "v2.users.{id}.integrationpresence": "*",
    "v2.users.{id}.workforcemanagement.notifications": "entities",
}
"""The property of a body, or the list in it, that an event needs."""


def path_of(cause):
    return cause.operations[0].partition(" ")[2]


def prepared(cause):
    """A walk, and how to cause the topic; what the cause needs is in the state."""
    walk = Walk(ChannelDesk(check_references=False))
    walk.desk.log_in()
    operation = cause.operations[0]
    route = ROUTES[operation]
    path = walk.place(route.template)
    if cause.topic.startswith("v2.routing.queues.{queue}"):
        queue = next(iter(walk.desk.simulator.state.queues))
        conversation = path.split("/")[5]
        center = walk.desk.simulator.state.contact_center
        center.conversations[conversation].participants[0].queue_id = queue
    state = walk.desk.simulator.state
    if "{stationId}" in path_of(cause):
        state.collections[STATIONS] = {"x": {"id": "x", "name": "Desk"}}
    name, _, value = cause.needs.partition("=")
    if name:
        segments = tuple(path.split("/"))
        at = 7 if value else 6
        items = state.collections.setdefault(segments[: at - 1], {})
        items[segments[at - 1]] = {
            "id": segments[at - 1],
            **items.get(segments[at - 1], {}),
            name: value or {},
        }
    if "{group}" in cause.topic:
        room = path.split("/")[5]
        state.collections["", "api", "v2", "groups"] = {room: {"id": room}}
    body = walk.body(route)
    given = BODIES.get(cause.template, "")
    if cause.each == "agents":
        sender = body["channel"]["from"]["id"]
        made = lifecycle.begin_inbound(state, "message", walk.desk.now, address=sender)
        lifecycle.alert_agent(state, made, walk.desk.user, walk.desk.now)
    elif cause.each:
        listed = body if cause.each == "*" else body[cause.each]
        listed[0] |= {"userId": SESSION, "sessionId": SESSION}
    elif given:
        body[given] = SESSION
    url = walk.url(route, path)

    def act():
        answer = walk.desk.call(route.method, url, body)
        assert answer.status < 300, answer
        if cause.is_late:
            walk.desk.sleep(5)
            walk.desk.simulator.timer(walk.desk.now)

    return walk.desk, act


def test_the_operations_and_topics_exist():
    for cause in TOPIC_CAUSES:
        assert cause.template in NOTIFICATION_TOPICS
        assert [each for each in cause.operations if each not in ROUTES] == []


def test_the_causes_of_an_operation():
    (cause,) = causes_of("POST", "/api/v2/analytics/reporting/exports")
    assert (cause.topic, cause.template) == (
        "v2.users.{caller}.analytics.reporting.exports",
        "v2.users.{id}.analytics.reporting.exports",
    )
    assert causes_of("GET", "/api/v2/groups") == ()


@pytest.mark.slow
@pytest.mark.parametrize("cause", TOPIC_CAUSES, ids=lambda each: each.topic)
def test_every_topic_is_heard_on_a_channel_in_the_form_of_its_model(cause):
    desk, act = prepared(cause)
    before, now = copy.deepcopy(desk.simulator.state), desk.now
    act()
    pattern = cause.template.replace(".", r"\.").replace("{id}", r"([^.]+)")
    names = [each.topic for each in desk.hub.published if re.fullmatch(pattern, each.topic)]
    assert len(names) == 1, [each.topic for each in desk.hub.published]
    desk.simulator.state, desk.now = before, now
    _, socket = desk.opened(names[0])
    act()
    (event,) = [each for each in desk.told(socket) if each["topicName"] == names[0]]
    model = Schema(ref=f"#/definitions/{topic_model_name(cause.template)}")
    assert misfits(definition(), model, event["eventBody"]) == []
    assert event["eventBody"]
