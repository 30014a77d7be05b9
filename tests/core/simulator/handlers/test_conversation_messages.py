"""Messages that an agent sends, and reading them."""

from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import StaffedDesk, agent_of
from tests.strategies.simulator import definition, misfits

MESSAGES = "/api/v2/conversations/messages"


def test_a_message_is_sent_and_read():
    desk = StaffedDesk()
    made = desk.talk("message")
    session = agent_of(desk.timeline(made)).session.id
    target = f"{MESSAGES}/{made}/communications/{session}/messages"
    sent = desk.call("POST", target, {"textBody": "Hello"})
    assert sent.status == 200, sent
    assert misfits(definition(), Schema(ref="#/definitions/MessageData"), sent.json) == []
    assert sent.json["normalizedMessage"]["text"] == "Hello"
    identity = sent.json["id"]
    assert desk.call("GET", f"{MESSAGES}/{made}/messages/{identity}").json == sent.json
    assert desk.call("GET", f"{MESSAGES}/{identity}/details").json == sent.json
    many = desk.call("POST", f"{MESSAGES}/{made}/messages/bulk", [identity, "unknown"])
    assert many.json == {"entities": [sent.json]}


def test_what_is_not_there_is_not_found():
    desk = StaffedDesk()
    made = desk.talk("message")
    for path in (f"{made}/messages/nothing", "nothing/details", "nothing/messages/nothing"):
        assert desk.call("GET", f"{MESSAGES}/{path}").status == 404
    session = agent_of(desk.timeline(made)).session.id
    desk.command(made, {"state": "disconnected"})
    for each in (session, "nothing"):
        target = f"{MESSAGES}/{made}/communications/{each}/messages"
        assert desk.call("POST", target, {"textBody": "Hello"}).status == 404
