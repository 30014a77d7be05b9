"""What handlers of conversations look up."""

import pytest

from genesys_core.simulator import OAuthClient, Simulator, World
from genesys_core.simulator.handlers.conversation_lookup import read_time
from genesys_core.simulator.http.problems import Problem
from tests.strategies.contact_center import StaffedDesk, agent_of
from tests.strategies.simulator import Desk, definition

CALLS = "/api/v2/conversations/calls"


@pytest.fixture
def desk():
    return StaffedDesk()


def test_unknown_conversations_and_participants_are_not_found(desk):
    made = desk.offer()
    party = desk.timeline(made).participants[0]
    conversation = "conversation.error.conversation.not.found"
    participant = "conversation.error.not.conversation.participant"
    for target, code in (
        (f"{CALLS}/nobody", conversation),
        (f"/api/v2/conversations/emails/{made}", conversation),
        (f"{CALLS}/{made}/participants/nobody/wrapup", participant),
        (f"{CALLS}/{made}/participants/{party.id}/communications/x/wrapup", participant),
    ):
        answer = desk.call("GET", target)
        assert (answer.status, answer.json["code"]) == (404, code)
    good = f"{CALLS}/{made}/participants/{party.id}/communications/{party.session.id}/wrapup"
    assert desk.call("GET", good).status == 200


def test_queues_and_users_must_exist(desk):
    made = desk.talk()
    agent = agent_of(desk.timeline(made))
    target = f"{CALLS}/{made}/participants/{agent.id}/replace"
    answer = desk.call("POST", target, {"queueId": "q"})
    assert (answer.status, answer.json["code"]) == (400, "conversations.error.queue.not.found")
    assert desk.call("POST", target, {"userId": "u"}).status == 404
    assert desk.call("POST", target, {"queueId": desk.queue}).status == 202
    assert desk.call("GET", "/api/v2/conversations").json["total"] == 0


def test_a_queue_that_is_missing_is_asked_for(desk):
    answer = desk.call("POST", "/api/v2/conversations/emails", {"provider": "P", "flowId": "f"})
    assert answer.json["message"] == "Specify the queueId of an existing queue."


def test_times_are_read_from_bodies():
    assert read_time("2023-11-14T22:13:20Z", field="when") == 1_700_000_000_000
    assert read_time(None, field="when") is None
    with pytest.raises(Problem, match=r"2030-06-30T23:59:60Z.*when"):
        read_time("2030-06-30T23:59:60Z", field="when")


def test_some_need_a_user():
    client = OAuthClient(id="c", secret="s")
    desk = Desk(Simulator(definition(), world=World(clients=(client,))))
    for method, target, body in (
        ("GET", "/api/v2/conversations", None),
        ("POST", CALLS, {"phoneNumber": "+1"}),
    ):
        answer = desk.call(method, target, *([body] if body else []))
        assert (answer.status, answer.json["code"]) == (400, "not.a.user")


def test_the_number_of_a_contact(desk):
    contacts = desk.state.collections.setdefault(
        ("", "api", "v2", "externalcontacts", "contacts"), {}
    )
    contacts["c"] = {"id": "c", "cellPhone": {"e164": "+1"}, "homePhone": {"userInput": "2"}}
    made = desk.talk()
    party = agent_of(desk.timeline(made)).id
    target = f"/api/v2/conversations/{made}/participants/{party}/replace/contact/external"
    assert desk.call("POST", target.removesuffix("/contact/external"), {}).status == 400
    for body, status in (
        ({"contactId": "x", "phoneType": "CellPhone"}, 404),
        ({"contactId": "c", "phoneType": "WorkPhone"}, 400),
        ({"contactId": "c", "phoneType": "HomePhone"}, 202),
    ):
        assert desk.call("POST", target, body).status == status
    assert desk.timeline(made).participants[-1].session.address == "2"
