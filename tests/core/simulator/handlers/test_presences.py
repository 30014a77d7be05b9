"""Presence and routing status, and the events that come of them."""

import pytest

from genesys_core.simulator import Simulator, World
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.world import presence_definition
from tests.strategies.hub import ChannelDesk
from tests.strategies.simulator import Desk, definition, misfits


def declared(model, value):
    return misfits(definition(), Schema(ref=f"#/definitions/{model}"), value)


def where(desk, source="purecloud"):
    return f"/api/v2/users/{desk.user}/presences/{source}"


def test_a_change_of_presence_is_there_at_once_and_an_event():
    desk = ChannelDesk()
    _, socket = desk.opened(desk.presence, desk.routing)
    body = {"presenceDefinition": {"systemPresence": "On Queue"}, "message": "calls"}
    changed = desk.call("PATCH", where(desk), body)
    assert changed.status == 200
    assert declared("UserPresence", changed.json) == []
    assert changed.json["presenceDefinition"] == presence_definition("On Queue")
    assert desk.call("GET", where(desk)).json == changed.json
    me = desk.call("GET", "/api/v2/users/me?expand=presence").json
    assert (me["presence"], me["version"]) == (changed.json, 1)

    event, status = desk.told(socket)
    assert declared("PresenceEventUserPresence", event["eventBody"]) == []
    assert status["topicName"] == desk.routing
    assert status["eventBody"]["routingStatus"]["status"] == "IDLE"
    published = desk.hub.published[0]
    assert event == {
        "topicName": desk.presence,
        "version": "2",
        "eventBody": {
            "source": "PURECLOUD",
            "presenceDefinition": {
                "id": presence_definition("On Queue")["id"],
                "systemPresence": "ON_QUEUE",
            },
            "primary": True,
            "message": "calls",
            "modifiedDate": "2023-11-14T22:13:20.000Z",
        },
        "metadata": {"CorrelationId": published.correlation_id},
    }


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"systemPresence": "BUSY"}, presence_definition("Busy")),
        ({"systemPresence": "on queue"}, presence_definition("On Queue")),
        ({"id": presence_definition("Meal")["id"]}, presence_definition("Meal")),
        ({"id": "own", "systemPresence": "Away"}, {"id": "own", "systemPresence": "Away"}),
    ],
)
def test_a_definition_is_named_by_id_or_by_its_word(given, shown):
    desk = ChannelDesk()
    changed = desk.call("PATCH", where(desk), {"presenceDefinition": given})
    assert changed.json["presenceDefinition"] == shown


@pytest.mark.parametrize("given", [{}, {"id": "own"}, {"systemPresence": "Dancing"}])
def test_a_definition_that_there_is_not(given):
    desk = ChannelDesk()
    before = desk.call("GET", where(desk)).json
    answer = desk.call("PATCH", where(desk), {"presenceDefinition": given})
    assert answer.status == 400
    assert answer.json["details"][0]["fieldName"] == "presenceDefinition"
    assert desk.call("GET", where(desk)).json == before
    assert not desk.hub.published


def test_what_is_not_named_stays():
    desk = ChannelDesk()
    desk.call("PATCH", where(desk), {"presenceDefinition": {"systemPresence": "Busy"}})
    changed = desk.call("PATCH", where(desk), {"message": "back at nine"}).json
    assert changed["presenceDefinition"]["systemPresence"] == "Busy"
    assert changed["message"] == "back at nine"


def test_the_source_is_the_one_of_the_path():
    desk = ChannelDesk()
    _, socket = desk.opened(desk.presence)
    changed = desk.call("PATCH", where(desk, "MicrosoftTeams"), {"message": "m", "source": "X"})
    assert changed.json["source"] == "MICROSOFTTEAMS"
    assert desk.told(socket)[0]["eventBody"]["source"] == "MICROSOFTTEAMS"


def test_a_change_of_routing_status_is_there_at_once_and_an_event():
    desk = ChannelDesk()
    _, socket = desk.opened(f"v2.users.{desk.user}?presence&routingStatus")
    target = f"/api/v2/users/{desk.user}/routingstatus"
    changed = desk.call("PUT", target, {"status": "IDLE"})
    assert declared("RoutingStatus", changed.json) == []
    assert changed.json["startTime"] == "2023-11-14T22:13:20.000Z"
    assert desk.call("GET", target).json == changed.json
    (event,) = desk.told(socket)
    assert declared("UserRoutingStatusUserRoutingStatus", event["eventBody"]) == []
    assert event["topicName"] == desk.routing
    assert event["eventBody"] == {
        "id": desk.user,
        "routingStatus": {"status": "IDLE", "startTime": "2023-11-14T22:13:20.000Z"},
    }


def test_a_routing_status_has_to_be_named():
    desk = ChannelDesk()
    answer = desk.call("PUT", f"/api/v2/users/{desk.user}/routingstatus", {})
    assert (answer.status, answer.json["details"][0]["fieldName"]) == (400, "status")


def test_nobody():
    desk = ChannelDesk()
    for method, path, body in (
        ("GET", "presences/purecloud", None),
        ("PATCH", "presences/purecloud", {}),
        ("GET", "routingstatus", None),
        ("PUT", "routingstatus", {"status": "IDLE"}),
    ):
        answer = desk.call(
            method, f"/api/v2/users/nobody/{path}", *([] if body is None else [body])
        )
        assert (answer.status, answer.json["entityName"]) == (404, "user")


def test_users_of_a_world_may_say_little():
    world = World(clients=World.sample().clients, users=({"id": "u"},))
    desk = Desk(Simulator(definition(), world=world))
    assert desk.call("GET", "/api/v2/users/u/presences/purecloud").status == 200
    changed = desk.call("PATCH", "/api/v2/users/u/presences/purecloud", {"message": "m"}).json
    assert (changed["primary"], changed["message"]) == (True, "m")
    published = [each.topic for each in desk.simulator.hub.published]
    assert published == ["v2.users.u.presence"]


def test_system_presences():
    listed = Desk().call("GET", "/api/v2/systempresences").json
    schema = Schema(type="array", items=Schema(ref="#/definitions/SystemPresence"))
    assert misfits(definition(), schema, listed) == []
    assert {"id": presence_definition("On Queue")["id"], "name": "ON_QUEUE"} in listed


def test_a_definition_of_the_organization_is_named_by_its_id():
    desk = ChannelDesk()
    lunch = {"name": "Lunch", "systemPresence": "Meal", "languageLabels": {"en_US": "Lunch"}}
    made = desk.call("POST", "/api/v2/presence/definitions", lunch).json
    given = {"presenceDefinition": {"id": made["id"]}}
    changed = desk.call("PATCH", where(desk), given)
    assert changed.status == 200, changed
    assert declared("UserPresence", changed.json) == []
    assert changed.json["presenceDefinition"] == {
        "id": made["id"],
        "systemPresence": "Meal",
        "selfUri": made["selfUri"],
    }
