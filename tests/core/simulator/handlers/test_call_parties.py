"""Commands that bring another party into a call, and calls for another user."""

import pytest

from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import StaffedDesk, agent_of, states
from tests.strategies.simulator import definition, misfits

BASE = "/api/v2/conversations"
START = {"participants": [], "startTime": "2026-01-01T00:00:00Z"}


@pytest.fixture
def desk():
    return StaffedDesk()


def test_parties_are_added_by_user_and_address(desk):
    made = desk.talk()
    added = [{"userId": desk.users[0]}, {"address": "+13175550199"}]
    for each in added:
        each.update({"id": "x", "startTime": "2026-01-01T00:00:00Z", "name": "n"})
    body = {**START, "participants": added}
    shown = desk.call("POST", f"{BASE}/calls/{made}/participants", body)
    assert shown.status == 200, shown
    assert states(desk.timeline(made))[-2:] == [("agent", "alerting"), ("external", "dialing")]
    refused = desk.call("POST", f"{BASE}/calls/{made}/participants", START)
    assert refused.status == 400


def test_a_user_is_added(desk):
    made = desk.talk()
    path = f"{BASE}/calls/{made}/participants/user"
    assert desk.call("POST", f"{path}/{desk.users[0]}", START).status == 200
    assert agent_of(desk.timeline(made)).user_id == desk.users[0]
    assert desk.call("POST", f"{path}/nobody", START).status == 404


@pytest.mark.parametrize("verb", ["monitor", "coach", "barge"])
def test_a_supervisor_joins_at_once(desk, verb):
    made = desk.talk()
    agent = agent_of(desk.timeline(made))
    path = f"{BASE}/calls/{made}/participants"
    assert desk.call("POST", f"{path}/{agent.id}/{verb}").status == 202
    shown = desk.call("GET", f"{BASE}/calls/{made}").json
    kind = {"monitor": "monitored", "coach": "coached", "barge": "barged"}[verb]
    assert shown["participants"][-1][f"{kind}ParticipantId"] == agent.id
    assert shown["participants"][-1]["state"] == "connected"
    customer = desk.timeline(made).participants[0]
    assert desk.call("POST", f"{path}/{customer.id}/{verb}").status == 400


def test_a_supervisor_who_answers_automatically_joins_too(desk):
    made = desk.talk()
    me = desk.client.user_id
    desk.state.users[me] = {**desk.state.users[me], "acdAutoAnswer": True}
    assert desk.call("POST", f"{BASE}/{made}/barge").status == 202
    assert states(desk.timeline(made))[-1] == ("user", "connected")


def test_nobody_to_supervise(desk):
    made = desk.offer()
    assert desk.call("POST", f"{BASE}/{made}/barge").status == 400


def test_calls_that_are_over_are_history(desk):
    made = desk.call("POST", f"{BASE}/calls", {"phoneNumber": "+13175550100"}).json["id"]
    other = desk.users[2]
    desk.call("POST", f"{BASE}/calls/user/{other}", {"phoneNumber": "+13175550100"})
    desk.talk("email")
    assert desk.call("GET", f"{BASE}/calls/history").json["entities"] == []
    for each in list(desk.state.contact_center.conversations):
        desk.call("POST", f"{BASE}/{each}/disconnect")
    listed = desk.call("GET", f"{BASE}/calls/history").json
    schema = Schema(ref="#/definitions/CallHistoryConversationEntityListing")
    assert misfits(definition(), schema, listed) == []
    assert [each["id"] for each in listed["entities"]] == [made]


def test_a_call_for_another_user(desk):
    body = {"phoneNumber": "+13175550100"}
    made = desk.call("POST", f"{BASE}/calls/user/{desk.users[2]}", body).json["id"]
    assert agent_of(desk.timeline(made)).user_id == desk.users[2]


def test_nobody_is_added_to_a_call_that_has_ended(desk):
    made = desk.talk()
    desk.call("POST", f"{BASE}/{made}/disconnect")
    before = states(desk.timeline(made))
    party = {"userId": desk.users[0], "startTime": "2026-01-01T00:00:00Z", "name": "n"}
    body = {**START, "participants": [party]}
    path = f"{BASE}/calls/{made}/participants"
    assert desk.call("POST", path, body).status == 400
    assert desk.call("POST", f"{path}/user/{desk.users[0]}", START).status == 400
    assert states(desk.timeline(made)) == before
