"""Conversations as replies show them, in the form of their models."""

import pytest

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.rest_views import (
    MEDIA_PATHS,
    show_call_history,
    show_conversation,
    show_media_conversation,
    show_time,
    show_wrap_up,
)
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.timeline import WrapUp
from tests.strategies.contact_center import Floor, agent_of
from tests.strategies.simulator import definition, misfits

MODELS = {
    "voice": "CallConversation",
    "callback": "CallbackConversation",
    "email": "EmailConversation",
    "message": "MessageConversation",
}


def declared(model, value):
    return misfits(definition(), Schema(ref=f"#/definitions/{model}"), value)


@pytest.mark.parametrize("media", MEDIA_PATHS)
def test_every_step_of_every_media_type_has_the_form_of_its_models(media):
    floor = Floor(agents=1, wrapupPrompt="MANDATORY")
    made = lifecycle.begin_inbound(
        floor.state, media, floor.now, address="a", attributes={"k": "v"}
    )
    made.subject, made.callback_numbers, made.scheduled = "Hello", ("+1",), floor.at
    lifecycle.enter_queue(floor.state, made, floor.queue, floor.now)
    floor.settle()
    agent = agent_of(made)
    steps = (
        lambda: None,
        lambda: lifecycle.connect_participant(floor.state, made, agent, floor.now),
        lambda: lifecycle.hold_participant(floor.state, made, agent, floor.now, held=True),
        lambda: floor.hang_up(made, agent),
        lambda: lifecycle.wrap_up(floor.state, made, agent, "code", floor.now),
    )
    for step in steps:
        step()
        floor.wait(1)
        assert declared("Conversation", show_conversation(floor.state, made)) == []
        assert declared(MODELS[media], show_media_conversation(made)) == []


def test_the_whole_conversation():
    floor = Floor(agents=1, wrapupPrompt="MANDATORY")
    made = floor.connected()
    floor.wait(2)
    agent = agent_of(made)
    lifecycle.hold_participant(floor.state, made, agent, floor.now, held=True)
    shown = show_conversation(floor.state, made)
    assert "endTime" not in shown
    customer, acd, shown_agent = shown["participants"]
    assert [each["participantType"] for each in shown["participants"]] == [
        "External",
        "ACD",
        "Internal",
    ]
    assert customer["queueName"] == acd["queueName"] == "Queue 001"
    assert (shown_agent["userId"], shown_agent["emails"], shown_agent["videos"]) == (
        floor.agents[0],
        [],
        [],
    )
    (call,) = shown_agent["calls"]
    assert (call["held"], call["startHoldTime"]) == (True, show_time(floor.at))
    assert [each["type"] for each in call["segments"]] == ["Alert", "Interact", "Hold"]
    assert call["afterCallWork"] == {}
    floor.hang_up(made, agent)
    (call,) = show_conversation(floor.state, made)["participants"][2]["calls"]
    assert (call["afterCallWork"]["state"], call["afterCallWorkRequired"]) == ("pending", True)
    lifecycle.wrap_up(floor.state, made, agent, "code", floor.now)
    shown = show_conversation(floor.state, made)
    (call,) = shown["participants"][2]["calls"]
    assert call["afterCallWork"]["state"] == "complete"
    assert shown["participants"][2]["wrapup"]["code"] == "code"
    assert shown["endTime"] == show_time(made.ended)


def test_a_conversation_by_media_type():
    floor = Floor(agents=1)
    shown = show_media_conversation(floor.offered())
    assert shown["selfUri"].startswith("/api/v2/conversations/calls/")
    agent = shown["participants"][2]
    assert (agent["state"], agent["user"]["id"]) == ("alerting", floor.agents[0])
    assert agent["startAlertingTime"] == show_time(floor.at)
    assert agent["queue"]["selfUri"] == f"/api/v2/routing/queues/{floor.queue}"


def test_a_wrap_up():
    shown = show_wrap_up(WrapUp("code", 1500, 12, "notes", ("a",)))
    assert declared("AssignedWrapupCode", shown) == []
    assert shown == {
        "code": "code",
        "notes": "notes",
        "tags": ["a"],
        "durationSeconds": 12,
        "endTime": "1970-01-01T00:00:01.500Z",
    }


def test_a_queue_that_is_gone_has_no_name():
    floor = Floor(agents=0)
    made = floor.offered()
    del floor.state.queues[floor.queue]
    assert "queueName" not in show_conversation(floor.state, made)["participants"][1]


def test_a_supervisor_and_a_consult_are_shown():
    floor = Floor(agents=2)
    made = floor.connected()
    agent = agent_of(made)
    agent.consult, agent.watching, agent.watched = "c", "coached", "w"
    for shown in (show_conversation(floor.state, made), show_media_conversation(made)):
        facts = shown["participants"][-1]
        assert (facts["consultParticipantId"], facts["coachedParticipantId"]) == ("c", "w")


def test_a_call_that_is_over_is_history():
    floor = Floor(agents=1)
    made = floor.connected()
    floor.hang_up(made, agent_of(made))
    shown = show_call_history(made)
    assert (shown["missedCall"], shown["wasConference"]) == (False, False)
    assert [each["purpose"] for each in shown["participants"]] == ["customer", "acd", "agent"]
