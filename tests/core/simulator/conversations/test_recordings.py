"""Recordings follow from the timeline."""

import pytest

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.recordings import list_recordings
from genesys_core.simulator.conversations.rest_views import show_time
from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import Floor, agent_of
from tests.strategies.simulator import definition, misfits


@pytest.mark.parametrize(
    ("media", "kind"),
    [("voice", "audio"), ("callback", "audio"), ("email", "email"), ("message", "messaging")],
)
def test_each_agent_who_talked_was_recorded(media, kind):
    floor = Floor(agents=1)
    made = floor.offered(media)
    floor.hang_up(made, agent_of(made))  # one who declined
    floor.state.users[floor.agents[0]]["routingStatus"]["status"] = "OFF_QUEUE"
    agent = agent_of(made)
    agent = lifecycle.alert_agent(
        floor.state, made, floor.agents[0], floor.now, acd=made.participants[1]
    )
    lifecycle.connect_participant(floor.state, made, agent, floor.now)
    floor.wait(5)
    assert list_recordings(made) == []
    floor.hang_up(made, made.participants[0])
    (recording,) = list_recordings(made)
    for model in ("RecordingMetadata", "Recording"):
        assert misfits(definition(), Schema(ref=f"#/definitions/{model}"), recording) == []
    assert (recording["media"], recording["sessionId"]) == (kind, agent.session.id)
    assert recording["endTime"] == show_time(floor.at)
