"""Dimensions of conversations, sessions and segments."""

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.dimensions import (
    analytics_disconnect_type,
    conversation_dimensions,
    segment_dimensions,
    session_dimensions,
)
from tests.strategies.contact_center import Floor, agent_of


def test_what_a_session_is_about():
    floor = Floor(agents=1)
    made = floor.connected()
    agent = agent_of(made)
    known = session_dimensions(made, agent)
    assert (known["userId"], known["queueId"], known["purpose"]) == (
        floor.agents[0],
        floor.queue,
        "agent",
    )
    assert (known["mediaType"], known["originatingDirection"]) == ("voice", "inbound")
    assert (known["ani"], known["usedRouting"]) == ("tel:+1", "Standard")
    assert (known["wrapUpCode"], known["disconnectType"], known["conversationEnd"]) == (None,) * 3
    customer = session_dimensions(made, made.participants[0])
    assert (customer["ani"], customer["usedRouting"]) == ("tel:+1", None)


def test_what_ended_has_an_end():
    floor = Floor(agents=1)
    made = floor.offered()
    floor.wait(8)
    agent = agent_of(made)
    alert = segment_dimensions(made, agent, agent.session.segments[0])
    assert (alert["segmentType"], alert["disconnectType"]) == ("alert", "noAnswerTransfer")
    assert alert["segmentEnd"] == "2023-11-14T22:13:28.000Z"
    waiting = made.participants[1]
    assert segment_dimensions(made, waiting, waiting.session.segments[0])["segmentEnd"] is None
    floor.hang_up(made, made.participants[0])
    assert conversation_dimensions(made)["conversationEnd"] == "2023-11-14T22:13:28.000Z"


def test_disconnect_types_are_spelled_as_in_analytics():
    assert analytics_disconnect_type(None) is None
    assert analytics_disconnect_type("peer") == "peer"
    assert analytics_disconnect_type("transfer.consult") == "consultTransfer"


def test_an_agent_with_a_wrap_up():
    floor = Floor(agents=1)
    made = floor.connected()
    lifecycle.wrap_up(floor.state, made, agent_of(made), "sold", floor.now)
    assert session_dimensions(made, agent_of(made))["wrapUpCode"] == "sold"
