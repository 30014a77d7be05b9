"""What is noted of conversations and participants, and where it is shown."""

import pytest

from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import StaffedDesk, agent_of
from tests.strategies.simulator import definition, misfits

BASE = "/api/v2/conversations"
PATHS = {"voice": "calls", "callback": "callbacks", "email": "emails", "message": "messages"}
MODELS = {
    "voice": "CallConversation",
    "callback": "CallbackConversation",
    "email": "EmailConversation",
    "message": "MessageConversation",
}


@pytest.fixture
def desk():
    return StaffedDesk()


def shown(desk, conversation, path=""):
    return desk.call("GET", f"{BASE}{path}/{conversation}").json


def test_tags_and_labels(desk):
    made = desk.talk()
    tagged = desk.call("PUT", f"{BASE}/{made}/tags", {"externalTag": "case 7"})
    assert (tagged.status, tagged.json) == (200, "")
    label = f"{BASE}/{made}/utilizationlabel"
    assert desk.call("PATCH", label, {"utilizationLabelId": "blue"}).status == 200
    found = shown(desk, made)
    assert (found["externalTag"], found["utilizationLabelId"]) == ("case 7", "blue")
    desk.call("PATCH", label, {})
    assert "utilizationLabelId" not in shown(desk, made)


@pytest.mark.parametrize("media", PATHS)
def test_the_recording_is_paused(desk, media):
    made = desk.talk(media)
    target = f"{BASE}/{PATHS[media]}/{made}/recordingstate"
    assert desk.call("PUT", target, {"recordingState": "ACTIVE"}).status == 200
    assert shown(desk, made)["recordingState"] == "ACTIVE"
    schema = Schema(ref=f"#/definitions/{MODELS[media]}")
    assert misfits(definition(), schema, shown(desk, made, f"/{PATHS[media]}")) == []
    paused = desk.call("PATCH", f"{BASE}/{made}/recordingstate", {"recordingState": "PAUSED"})
    assert paused.status == 204
    assert shown(desk, made)["recordingState"] == "PAUSED"
    desk.call("PATCH", f"{BASE}/{made}/recordingstate", {})
    assert shown(desk, made)["recordingState"] == "NONE"


def test_participants_are_flagged(desk):
    made = desk.talk()
    agent = agent_of(desk.timeline(made))
    target = f"{BASE}/{made}/participants/{agent.id}/flaggedreason"
    assert desk.call("PUT", target).status == 204
    assert shown(desk, made)["participants"][-1]["flaggedReason"] == "general"
    assert desk.call("DELETE", target).status == 204
    assert "flaggedReason" not in shown(desk, made)["participants"][-1]


def test_the_codes_of_a_participant_are_those_of_the_queue(desk):
    made = desk.talk()
    agent = agent_of(desk.timeline(made))
    codes = "/api/v2/routing/wrapupcodes"
    one, other = (desk.call("POST", codes, {"name": name}).json["id"] for name in "ab")
    for path in ("", "/calls"):
        target = f"{BASE}{path}/{made}/participants/{agent.id}/wrapupcodes"
        assert [each["id"] for each in desk.call("GET", target).json] == [one, other]
    added = desk.call("POST", f"/api/v2/routing/queues/{desk.queue}/wrapupcodes", [{"id": other}])
    assert added.status == 200, added
    assert [each["id"] for each in desk.call("GET", target).json] == [other]
