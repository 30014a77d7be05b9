"""Events of conversations: who hears what, and in which form."""

import re

import pytest

from genesys_core.notifications.topics import NOTIFICATION_TOPICS, topic_model_name
from genesys_core.simulator.sockets.conversation_events import CONVERSATION_TOPICS
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.world import TEAMS
from tests.strategies.contact_center import StaffedDesk, agent_of
from tests.strategies.simulator import definition, misfits


def template_of(topic):
    return next(
        each
        for each in CONVERSATION_TOPICS
        if re.fullmatch(re.escape(each).replace(r"\{id\}", "[^.]+"), topic)
    )


def heard(desk, socket):
    """What arrived since the last time, by topic, each checked against its model."""
    events = {}
    for event in desk.told(socket):
        model = topic_model_name(template_of(event["topicName"]))
        found = misfits(definition(), Schema(ref=f"#/definitions/{model}"), event["eventBody"])
        assert found == [], event["topicName"]
        events[event["topicName"]] = event["eventBody"]
    return events


def test_the_topics_exist():
    assert set(NOTIFICATION_TOPICS) >= CONVERSATION_TOPICS


@pytest.mark.parametrize("media", ["voice", "callback", "email", "message"])
def test_a_conversation_is_heard_from_the_alert_to_the_end_of_after_call_work(media):
    desk = StaffedDesk()
    settings = {"wrapupPrompt": "MANDATORY"}
    desk.state.queues[desk.queue] = {**desk.state.queues[desk.queue], "acwSettings": settings}
    user, queue = f"v2.users.{desk.users[1]}", f"v2.routing.queues.{desk.queue}"
    path = {"voice": "calls", "callback": "callbacks", "email": "emails", "message": "messages"}[
        media
    ]
    _, socket = desk.opened(
        *(f"{each}.conversations{more}" for each in (user, queue) for more in ("", f".{path}")),
        f"{user}.conversationsummary",
        f"{user}.activity",
        f"{user}.routingStatus",
        f"v2.detail.events.agent.{desk.users[1]}.state",
    )
    made = desk.offer(media)
    states = []
    for body in (
        None,
        {"state": "connected"},
        {"state": "disconnected"},
        {"wrapup": {"code": "c"}},
    ):
        if body is not None:
            desk.command(made, body)
        events = heard(desk, socket)
        whole = events[f"{user}.conversations"]
        assert (whole["id"], events[f"{queue}.conversations"]) == (made, whole)
        by_media = events[f"{user}.conversations.{path}"]
        assert by_media == events[f"{queue}.conversations.{path}"]
        assert [each["id"] for each in by_media["participants"]] == [
            each["id"] for each in whole["participants"]
        ]
        agent = events[f"v2.detail.events.agent.{desk.users[1]}.state"]
        assert agent["conversationId"] == made
        summary = events[f"{user}.conversationsummary"]
        kind = {"voice": "call"}.get(media, media)
        states.append((agent["currentState"], summary[kind]["contactCenter"]))
    assert states == [
        ("ALERT", {"active": 1, "acw": 0}),
        ("INTERACT", {"active": 1, "acw": 0}),
        ("WRAPUP", {"active": 0, "acw": 1}),
        ("TERMINATED", {"active": 0, "acw": 0}),
    ]
    assert events[f"{user}.routingStatus"]["routingStatus"]["status"] == "IDLE"
    assert events[f"{user}.activity"]["activeQueueIds"] == [desk.queue]
    desk.command(made, {"wrapup": {"code": "d"}})
    assert f"{user}.conversations" not in heard(desk, socket)


def test_what_happens_in_a_queue_is_heard():
    desk = StaffedDesk()
    topic = f"v2.analytics.queues.{desk.queue}.observations"
    _, socket = desk.opened(topic)
    counts = []
    made = desk.offer()
    for body in ({"state": "connected"}, {"state": "disconnected"}, None):
        observed = heard(desk, socket)[topic]
        assert observed["group"] == {"queueId": desk.queue, "mediaType": "voice"}
        (part,) = observed["data"]
        counts.append({each["metric"]: each["stats"]["count"] for each in part["metrics"]})
        if body is not None:
            desk.command(made, body)
    assert counts == [
        {"oWaiting": 0, "oAlerting": 1, "oInteracting": 0},
        {"oWaiting": 0, "oAlerting": 0, "oInteracting": 1},
        {"oWaiting": 0, "oAlerting": 0, "oInteracting": 0},
    ]


def test_detail_events():
    desk = StaffedDesk()
    made = desk.offer()
    details = f"v2.detail.events.conversation.{made}"
    kinds = ("acd.end", "acw", "attributes", "customer.end", "user.end", "user.start", "wrapup")
    _, socket = desk.opened(*(f"{details}.{each}" for each in kinds))
    desk.sleep(2)
    desk.told()
    desk.command(made, {"state": "connected"})
    events = heard(desk, socket)
    assert set(events) == {f"{details}.acd.end"}
    ended = events[f"{details}.acd.end"]
    assert (ended["acdOutcome"], ended["connectedDurationMs"]) == ("ANSWERED", 2000)
    assert ended["answeredUserId"] == desk.users[1]
    assert (ended["mediaType"], ended["direction"], ended["disconnectType"]) == (
        "VOICE",
        "INBOUND",
        "TRANSFER",
    )
    desk.sleep(10)
    desk.told()
    desk.command(made, {"wrapup": {"code": "sold", "notes": "n"}})
    wrapped = heard(desk, socket)[f"{details}.wrapup"]
    assert (wrapped["wrapupCode"], wrapped["wrapupDurationMs"]) == ("sold", 0)
    desk.command(made, {"state": "disconnected"})
    events = heard(desk, socket)
    assert list(events) == [f"{details}.user.end", f"{details}.customer.end"]
    assert events[f"{details}.user.end"]["interactingDurationMs"] == 10_000
    assert events[f"{details}.user.end"]["alertingDurationMs"] == 2000


def test_an_alert_without_answer():
    desk = StaffedDesk()
    made = desk.offer()
    topic = f"v2.detail.events.conversation.{made}.user.end"
    _, socket = desk.opened(topic)
    desk.sleep(8)
    desk.call("GET", "/api/v2/users/me")
    ended = heard(desk, socket)[topic]
    assert ended["disconnectType"] == "NO_ANSWER_TRANSFER"
    assert agent_of(desk.timeline(made)).user_id == desk.users[2]


def test_memberships():
    desk = StaffedDesk()
    topic = f"v2.routing.queues.{desk.queue}.users"
    _, socket = desk.opened(topic)
    target = f"/api/v2/routing/queues/{desk.queue}/members"
    desk.call("PATCH", f"{target}/{desk.users[0]}", {"id": desk.users[0], "joined": False})
    body = heard(desk, socket)[topic]
    assert body == {
        "id": desk.users[0],
        "user": {"id": desk.users[0]},
        "queueId": desk.queue,
        "joined": False,
    }
    desk.call("DELETE", f"{target}/{desk.users[0]}")
    assert heard(desk, socket)[topic]["joined"] is False


def test_users_may_have_no_presence():
    desk = StaffedDesk()
    user = desk.users[0]
    desk.state.users[user] = {"id": user}
    topic = f"v2.users.{user}.activity"
    _, socket = desk.opened(topic)
    desk.call("PUT", f"/api/v2/users/{user}/routingstatus", {"status": "IDLE"})
    assert heard(desk, socket)[topic]["routingStatus"]["status"] == "IDLE"


def test_a_queue_hears_how_many_wait():
    desk = StaffedDesk()
    topic = f"v2.analytics.queues.{desk.queue}.activity"
    _, socket = desk.opened(topic)
    desk.offer()
    (result,) = heard(desk, socket)[topic]["results"]
    assert result["mediaType"] == "voice"
    counts = {each["metric"]: each["count"] for each in result["data"]}
    assert counts == {"oWaiting": 0, "oAlerting": 1, "oInteracting": 0}


def test_workforce_management_hears_of_a_status_by_user_and_by_team():
    desk = StaffedDesk()
    user = desk.users[1]
    for team, members in (("t", {user: {"id": user}}), ("other", {})):
        desk.state.collections.setdefault(TEAMS, {})[team] = {"id": team}
        desk.state.collections[*TEAMS, team, "members"] = members
    topics = [
        f"v2.users.{user}.workforcemanagement.adherence",
        "v2.workforcemanagement.teams.t.adherence",
        "v2.workforcemanagement.teams.other.adherence",
    ]
    _, socket = desk.opened(*topics)
    desk.be(user, "Busy")
    events = heard(desk, socket)
    assert list(events) == topics[:2]
    for each in events.values():
        assert each["user"] == {"id": user}
        assert (each["systemPresence"], each["routingStatus"]) == ("Busy", "OFF_QUEUE")
