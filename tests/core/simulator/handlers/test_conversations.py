"""Reads of conversations."""

from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import StaffedDesk, agent_of
from tests.strategies.simulator import definition, misfits

BASE = "/api/v2/conversations"


def declared(model, value):
    return misfits(definition(), Schema(ref=f"#/definitions/{model}"), value)


def test_one_conversation_whole_and_by_media_type():
    desk = StaffedDesk()
    made = desk.offer()
    whole = desk.call("GET", f"{BASE}/{made}").json
    assert declared("Conversation", whole) == []
    call = desk.call("GET", f"{BASE}/calls/{made}").json
    assert declared("CallConversation", call) == []
    assert whole["id"] == call["id"] == made


def test_listings_have_the_callers_own_while_they_last():
    desk = StaffedDesk()
    desk.offer()  # of another agent
    made = desk.call("POST", f"{BASE}/calls", {"phoneNumber": "+1"}).json["id"]
    everything = desk.call("GET", BASE).json
    assert declared("ConversationEntityListing", everything) == []
    assert [each["id"] for each in everything["entities"]] == [made]
    calls = desk.call("GET", f"{BASE}/calls").json
    assert declared("CallConversationEntityListing", calls) == []
    assert (calls["total"], desk.call("GET", f"{BASE}/emails").json["total"]) == (1, 0)
    desk.command(made, {"state": "disconnected"})
    assert desk.call("GET", BASE).json["total"] == 0
    assert desk.call("GET", f"{BASE}/{made}").status == 200


def test_wrap_ups():
    desk = StaffedDesk()
    made = desk.talk()
    target = f"{BASE}/{made}/participants/{agent_of(desk.timeline(made)).id}/wrapup"
    assert desk.call("GET", target).json == {}
    desk.command(made, {"wrapup": {"code": "sold"}})
    shown = desk.call("GET", target).json
    assert (shown["code"], declared("AssignedWrapupCode", shown)) == ("sold", [])
