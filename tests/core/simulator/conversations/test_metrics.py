"""The metrics of a conversation follow from its timeline."""

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.metrics import conversation_metrics, handle_time
from tests.strategies.contact_center import Floor, agent_of


def metrics(conversation, purpose):
    return {
        each.name: each.value
        for each in conversation_metrics(conversation)
        if each.participant.purpose == purpose
    }


def test_an_answered_call_with_a_hold_and_after_call_work():
    floor = Floor(agents=1, wrapupPrompt="MANDATORY")
    made = floor.offered()
    start = floor.at
    agent = agent_of(made)
    floor.wait(2)
    lifecycle.connect_participant(floor.state, made, agent, floor.now)
    floor.wait(10)
    lifecycle.hold_participant(floor.state, made, agent, floor.now, held=True)
    floor.wait(4)
    lifecycle.hold_participant(floor.state, made, agent, floor.now, held=False)
    floor.wait(20)
    assert metrics(made, "agent") == {
        "tAnswered": 2000,
        "tAlert": 2000,
        "tTalk": 10_000,
        "tHeld": 4000,
    }
    floor.hang_up(made, agent)
    floor.wait(3.2)
    assert "tHandle" not in metrics(made, "agent")
    lifecycle.wrap_up(floor.state, made, agent, "code", floor.now)
    assert metrics(made, "customer") == {"nConnected": 1}
    assert metrics(made, "acd") == {"nOffered": 1, "tAcd": 2000}
    assert metrics(made, "agent") == {
        "tAnswered": 2000,
        "tAlert": 2000,
        "tTalk": 20_000,
        "tHeld": 4000,
        "tTalkComplete": 30_000,
        "tHeldComplete": 4000,
        "tAcw": 3000,
        "tHandle": 37_000,
    }
    assert handle_time(agent) == 37_000
    times = {each.name: each.at - start for each in conversation_metrics(made)}
    assert (times["nOffered"], times["tAnswered"], times["tTalkComplete"]) == (0, 2000, 36_000)
    assert (times["tAcw"], times["tHandle"]) == (39_200, 39_200)


def test_an_alert_without_answer():
    floor = Floor(agents=1)
    made = floor.offered()
    floor.wait(8)
    assert metrics(made, "agent") == {"tAlert": 8000, "tNotResponding": 8000}
    assert metrics(made, "acd") == {"nOffered": 1}


def test_outcomes_of_a_queue():
    floor = Floor(agents=0, queues=2)
    abandoned, moved = floor.offered(), floor.offered()
    floor.wait(5)
    floor.hang_up(abandoned, abandoned.participants[0])
    assert metrics(abandoned, "acd") == {"nOffered": 1, "tAcd": 5000, "tAbandon": 5000}
    acd = moved.participants[1]
    lifecycle.transfer_to_queue(floor.state, moved, acd, floor.queues[1], floor.now)
    found = [(m.name, m.value) for m in conversation_metrics(moved) if m.participant is acd]
    assert found == [("nOffered", 1), ("tAcd", 5000), ("tFlowOut", 5000)]


def test_a_callback_that_is_not_due_is_not_offered():
    floor = Floor(agents=0)
    made = lifecycle.begin_inbound(floor.state, "callback", floor.now)
    acd = lifecycle.enter_queue(floor.state, made, floor.queue, floor.now, seconds=60)
    assert metrics(made, "acd") == {}
    floor.wait(60)
    assert metrics(made, "acd") == {"nOffered": 1}
    floor.hang_up(made, acd)
    assert metrics(made, "acd")["tAcd"] == 0


def test_outbound_calls_and_transfers():
    floor = Floor(agents=2)
    made = lifecycle.begin_outbound(
        floor.state, "voice", floor.agents[0], floor.now, address="tel:+2", queue_id=floor.queue
    )
    assert metrics(made, "agent") == {"nOutbound": 1}
    assert metrics(made, "customer") == {}
    floor.wait(5)
    agent = made.participants[0]
    lifecycle.transfer_to_agent(floor.state, made, agent, floor.agents[1], floor.now)
    found = {m.name: m.value for m in conversation_metrics(made) if m.participant is agent}
    assert found == {
        "nOutbound": 1,
        "nOutboundConnected": 1,
        "tDialing": 5000,
        "tTalk": 0,
        "tTalkComplete": 0,
        "nTransferred": 1,
        "nBlindTransferred": 1,
        "tHandle": 5000,
    }
    assert metrics(made, "customer") == {"nConnected": 1}
