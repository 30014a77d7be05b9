"""Commands of consult transfers and conferences: what they do, and what they are refused with."""

import pytest

from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import StaffedDesk, agent_of
from tests.strategies.simulator import definition, misfits

CALLS = "/api/v2/conversations/calls"
CONTACTS = "/api/v2/externalcontacts/contacts"


class Consulting:
    """A call whose agent consults."""

    def __init__(self):
        self.desk = StaffedDesk()
        self.made = self.desk.talk()
        self.agent = agent_of(self.desk.timeline(self.made))
        self.free = next(each for each in self.desk.users[1:] if each != self.agent.user_id)
        self.party = f"{CALLS}/{self.made}/participants/{self.agent.id}"

    def consult(self, path="consult", *, status=200, method="POST", **body):
        answer = self.desk.call(method, f"{self.party}/{path}", {"speakTo": "DESTINATION", **body})
        assert answer.status == status, answer
        return answer

    def shown(self):
        listed = self.desk.call("GET", f"{CALLS}/{self.made}").json
        schema = Schema(ref="#/definitions/CallConversation")
        assert misfits(definition(), schema, listed) == []
        return listed["participants"]


@pytest.mark.parametrize(
    ("path", "kind", "purpose"),
    [
        ("consult/agent", "userId", "agent"),
        ("consult/queue", "queueId", "acd"),
        ("consult/external", "address", "external"),
        ("voice/consult", "address", "external"),
    ],
)
def test_agents_queues_and_addresses_are_consulted(path, kind, purpose):
    call = Consulting()
    values = {"userId": call.free, "queueId": call.desk.queue, "address": "+13175550199"}
    answer = call.consult(path, **{kind: values[kind]})
    found = {each["id"]: each for each in call.shown()}
    assert found[answer.json["destinationParticipantId"]]["purpose"] == purpose
    assert found[call.agent.id]["consultParticipantId"] == answer.json["destinationParticipantId"]
    assert call.shown()[0]["held"] is True


def test_the_old_form_has_a_destination():
    call = Consulting()
    call.consult(destination={"userId": call.free})
    assert call.desk.call("DELETE", f"{call.party}/consult").status == 202
    assert call.shown()[0]["held"] is False


def test_a_consult_is_changed_and_completed():
    call = Consulting()
    call.consult("consult/agent", userId=call.free)
    other = agent_of(call.desk.timeline(call.made))
    call.desk.command(call.made, {"state": "connected"}, agent=other)
    changed = call.consult(method="PATCH", speakTo="BOTH")
    assert changed.json == {"destinationParticipantId": other.id}
    assert call.shown()[0]["held"] is False
    call.desk.command(call.made, {"state": "disconnected"}, agent=call.agent)
    found = {each["id"]: each for each in call.shown()}
    assert found[call.agent.id]["disconnectType"] == "transfer.consult"
    assert found[other.id]["state"] == "connected"


def test_an_external_contact_is_consulted_by_a_number():
    call = Consulting()
    number = {"e164": "+13175550111", "display": "+13175550111", "countryCode": "US"}
    body = {"firstName": "Ada", "lastName": "L", "cellPhone": number}
    contact = call.desk.call("POST", CONTACTS, body).json["id"]
    path = "consult/contact/external"
    call.consult(path, contactId=contact, phoneType="HomePhone", status=400)
    call.consult(path, contactId="nobody", phoneType="CellPhone", status=404)
    call.consult(path, contactId=contact, phoneType="CellPhone")
    assert call.shown()[-1]["address"] == "+13175550111"


def test_what_cannot_be_consulted_is_refused():
    call = Consulting()
    call.consult("consult/agent", userId=call.agent.user_id, status=400)
    call.consult("consult/agent", status=400)
    call.consult("consult/agent", userId="nobody", status=404)
    call.consult("consult/agent", userId=call.free)
    call.consult("consult/agent", userId=call.free, status=400)
    customer = call.desk.timeline(call.made).participants[0]
    body = {"speakTo": "BOTH", "userId": call.free}
    refused = call.desk.call(
        "POST", f"{CALLS}/{call.made}/participants/{customer.id}/consult/agent", body
    )
    assert refused.status == 400


def test_without_a_consult_there_is_nothing_to_change():
    call = Consulting()
    refused = call.desk.call("DELETE", f"{call.party}/consult")
    assert refused.status == 404
    assert refused.json["code"] == "conversation.error.consult.transfer.pending.not.found"
    call.consult(method="PATCH", status=404)


def test_calls_are_merged():
    desk = StaffedDesk()
    kept, merged = desk.talk(), desk.talk()
    target = f"{CALLS}/{kept}/conference"
    assert desk.call("PATCH", target, {"conversationIds": [merged]}).status == 202
    assert len([p for p in desk.timeline(kept).participants if p.session.is_connected]) == 4
    assert desk.timeline(merged).ended is not None


@pytest.mark.parametrize("names", [[], None, ["unknown"]])
def test_a_conference_is_of_other_calls(names):
    desk = StaffedDesk()
    kept = desk.talk()
    refused = desk.call("PATCH", f"{CALLS}/{kept}/conference", {"conversationIds": names})
    assert refused.status == 400


def test_a_conference_is_of_calls_that_are_connected():
    desk = StaffedDesk()
    kept, email = desk.talk(), desk.talk("email")
    for other in (email,):
        body = {"conversationIds": [other]}
        assert desk.call("PATCH", f"{CALLS}/{kept}/conference", body).status == 400
