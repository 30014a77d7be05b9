"""The sample organization: things that refer to each other."""

import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.simulator import OAuthClient, Settings, Simulator, World
from genesys_core.simulator.organization import describe_organization, load_organization
from tests.strategies.simulator import Desk, definition


def loaded(**world):
    desk = Desk(Simulator(definition(), world=World.sample(**world)))
    labels = load_organization(desk.simulator, now=desk.now)
    return desk, labels


def test_everything_refers_to_things_that_exist():
    desk, labels = loaded(users=6, queues=3)
    users = list(desk.simulator.state.users)
    second = desk.call("GET", f"/api/v2/users/{users[1]}?expand=locations&expand=authorization")
    assert second.json["manager"]["id"] == users[0]
    assert {each["name"] for each in second.json["authorization"]["roles"]} == {"employee", "Agent"}
    skills = desk.call("GET", f"/api/v2/users/{users[1]}/routingskills").json["entities"]
    assert [each["name"] for each in skills] == ["Orders", "Returns"]
    languages = desk.call("GET", f"/api/v2/users/{users[1]}/routinglanguages").json["entities"]
    assert [each["name"] for each in languages] == ["Spanish"]
    station = desk.call("GET", f"/api/v2/users/{users[1]}/station").json
    assert station["effectiveStation"]["name"] == "Station 002"
    queue = desk.call("GET", "/api/v2/routing/queues").json["entities"][1]
    assert queue["division"]["id"] == labels["$support"]
    assert queue["queueFlow"]["id"] == labels["$inqueue"]
    assert queue["memberCount"] == 3
    codes = desk.call("GET", f"/api/v2/routing/queues/{queue['id']}/wrapupcodes").json["entities"]
    assert len(codes) == 4
    group = desk.call("GET", f"/api/v2/groups/{labels['$group']}").json
    assert group["memberCount"] == 6
    team = desk.call("GET", f"/api/v2/teams/{labels['$team']}").json
    assert (team["memberCount"], team["division"]["id"]) == (6, labels["$sales"])
    (ivr,) = desk.call("GET", "/api/v2/architect/ivrs").json["entities"]
    assert ivr["scheduleGroup"]["id"] == labels["$hours"]
    (hours,) = desk.call("GET", "/api/v2/architect/schedulegroups").json["entities"]
    assert hours["openSchedules"][0]["id"] == labels["$open"]


def test_stations_belong_to_the_users():
    desk, _ = loaded(users=2, queues=0)
    stations = desk.call("GET", "/api/v2/stations").json["entities"]
    assert [each["userId"] for each in stations] == list(desk.simulator.state.users)


def test_an_organization_without_users_or_queues():
    world = World(clients=(OAuthClient(id="c", secret="s"),))
    desk = Desk(Simulator(definition(), world=world))
    labels = load_organization(desk.simulator, now=desk.now)
    assert "$group" not in labels
    loaded(users=0, queues=2)


def test_it_is_the_same_each_time_and_loads_once():
    desk, labels = loaded(users=2, queues=1)
    again, same = loaded(users=2, queues=1)
    assert labels == same
    assert desk.simulator.state.collections == again.simulator.state.collections
    with pytest.raises(InvalidValueError, match="already exists"):
        load_organization(desk.simulator, now=desk.now)


def test_it_has_been_there_for_long():
    desk = Desk(settings=Settings(lag=True))
    labels = load_organization(desk.simulator, now=desk.now)
    assert desk.call("GET", f"/api/v2/groups/{labels['$group']}").status == 200
    assert desk.simulator.state.unsettled == {}


def test_the_document_can_be_changed_before_it_is_loaded():
    document = describe_organization(Desk().simulator)
    assert "/api/v2/routing/skills" in document
    assert document == describe_organization(Desk().simulator)
