"""Detail records have the form of their model, and say what the timeline says."""

import pytest

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.detail_records import show_detail_record
from genesys_core.simulator.conversations.rest_views import show_time
from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import Floor, agent_of
from tests.strategies.simulator import definition, misfits

MODEL = Schema(ref="#/definitions/AnalyticsConversationWithoutAttributes")


@pytest.mark.parametrize("media", ["voice", "callback", "email", "message"])
def test_every_step_has_the_form_of_the_model(media):
    floor = Floor(agents=1, wrapupPrompt="MANDATORY")
    made = floor.offered(media)
    made.subject, made.callback_numbers, made.scheduled = "Hello", ("+1",), floor.at
    agent = agent_of(made)
    for step in (
        lambda: None,
        lambda: lifecycle.connect_participant(floor.state, made, agent, floor.now),
        lambda: lifecycle.hold_participant(floor.state, made, agent, floor.now, held=True),
        lambda: floor.hang_up(made, agent),
        lambda: lifecycle.wrap_up(floor.state, made, agent, "code", floor.now, tags=["t"]),
    ):
        step()
        floor.wait(1)
        assert misfits(definition(), MODEL, show_detail_record(made)) == []


def test_a_conversation_that_goes_on_has_no_end():
    floor = Floor(agents=1)
    shown = show_detail_record(floor.connected())
    assert "conversationEnd" not in shown
    customer, acd, agent = (each["sessions"][0] for each in shown["participants"])
    assert "segmentEnd" not in customer["segments"][-1]
    assert (acd["usedRouting"], acd["requestedRoutings"]) == ("Standard", ["Standard"])
    assert acd["selectedAgentId"] == floor.agents[0]
    assert [each["segmentType"] for each in agent["segments"]] == ["alert", "interact"]
    assert [each["name"] for each in agent["metrics"]] == ["tAnswered", "tAlert"]


def test_wrap_ups_are_segments():
    floor = Floor(agents=1)
    made = floor.connected()
    floor.hang_up(made, agent_of(made))
    lifecycle.wrap_up(floor.state, made, agent_of(made), "sold", floor.now, notes="n", tags=["t"])
    shown = show_detail_record(made)
    segment = shown["participants"][2]["sessions"][0]["segments"][-1]
    assert segment == {
        "segmentStart": show_time(floor.at),
        "segmentEnd": show_time(floor.at),
        "segmentType": "wrapup",
        "queueId": floor.queue,
        "conference": False,
        "wrapUpCode": "sold",
        "wrapUpNote": "n",
        "wrapUpTags": ["t"],
    }
    assert shown["conversationEnd"] == show_time(made.ended)


def test_after_call_work_is_a_segment_whose_code_comes_later():
    floor = Floor(agents=1, wrapupPrompt="MANDATORY")
    made = floor.connected()
    floor.hang_up(made, agent_of(made))
    segment = show_detail_record(made)["participants"][2]["sessions"][0]["segments"][-1]
    assert (segment["segmentType"], "wrapUpCode" in segment) == ("wrapup", False)
    lifecycle.wrap_up(floor.state, made, agent_of(made), "sold", floor.now)
    segments = show_detail_record(made)["participants"][2]["sessions"][0]["segments"]
    assert [each["segmentType"] for each in segments] == ["alert", "interact", "wrapup"]
    assert segments[-1]["wrapUpCode"] == "sold"
