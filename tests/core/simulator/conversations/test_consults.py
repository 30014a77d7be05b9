"""Consult transfers and conferences: who is on hold, who leaves, and what is counted."""

import pytest

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.consults import (
    begin_consult,
    cancel_consult,
    change_consult,
    consulted_party,
    leave_conversation,
    merge_conversations,
)
from genesys_core.simulator.conversations.metrics import conversation_metrics
from tests.strategies.contact_center import Floor, agent_of, states


class Consult:
    """An agent with a customer, who consults another agent."""

    def __init__(self, speak_to="DESTINATION", *, answered=True):
        self.floor = Floor(agents=3)
        self.made = self.floor.connected()
        self.customer, self.agent = self.made.participants[0], agent_of(self.made)
        other = next(each for each in self.floor.agents if each != self.agent.user_id)
        self.other = lifecycle.alert_agent(self.floor.state, self.made, other, self.floor.now)
        self.do(begin_consult, self.agent, self.other, speak_to=speak_to)
        if answered:
            self.do(lifecycle.connect_participant, self.other)

    def do(self, step, *arguments, **named):
        now = self.floor.now
        if step is change_consult:
            step(self.floor.state, self.made, *arguments, now)
        else:
            step(self.floor.state, self.made, *arguments, now, **named)
        self.floor.settle()

    def held(self):
        parties = {"customer": self.customer, "agent": self.agent, "other": self.other}
        return {name for name, each in parties.items() if each.session.is_held}

    def metrics(self):
        kept = [each for each in conversation_metrics(self.made) if each.participant is self.agent]
        return {
            each.name: each.value
            for each in kept
            if "ransfer" in each.name or "Consult" in each.name
        }


@pytest.mark.parametrize(
    ("speak_to", "held"),
    [("DESTINATION", {"customer"}), ("OBJECT", {"other"}), ("BOTH", set()), ("CONFERENCE", set())],
)
def test_the_party_that_is_left_out_is_on_hold(speak_to, held):
    consult = Consult()
    assert consult.held() == {"customer"}
    consult.do(change_consult, consult.agent, speak_to)
    assert consult.held() == held
    assert consult.agent.speak_to == speak_to


def test_the_agent_who_leaves_transfers_the_conversation():
    consult = Consult()
    assert consulted_party(consult.made, consult.agent) is consult.other
    assert consult.other.session.peer_id == consult.agent.session.id
    consult.do(leave_conversation, consult.agent)
    assert states(consult.made)[0::3] == [("customer", "connected"), ("agent", "connected")]
    assert consult.agent.session.disconnect_type == "transfer.consult"
    assert consult.other.session.peer_id == consult.customer.session.id
    assert consult.held() == set()
    assert consult.metrics() == {"nTransferred": 1, "nConsult": 1, "nConsultTransferred": 1}


def test_a_cancelled_consult_gives_the_agent_the_customer_back():
    consult = Consult()
    consult.do(cancel_consult, consult.agent)
    assert consult.held() == set()
    assert not consult.other.is_live
    assert consult.agent.consult is None
    consult.do(leave_conversation, consult.agent)
    assert consult.made.ended is not None
    assert consult.agent.session.disconnect_type == "client"
    assert consult.metrics() == {"nConsult": 1}


def test_a_destination_that_leaves_ends_the_consult():
    consult = Consult()
    consult.do(leave_conversation, consult.other)
    assert (consult.agent.consult, consult.held()) == (None, set())
    assert consult.made.ended is None


def test_a_consult_of_a_queue_is_with_the_agent_who_answers():
    floor = Floor(agents=2)
    made = floor.connected()
    agent = agent_of(made)
    acd = lifecycle.enter_queue(floor.state, made, floor.queue, floor.now)
    begin_consult(floor.state, made, agent, acd, floor.now, speak_to="DESTINATION")
    floor.settle()
    assert consulted_party(made, agent) is acd
    second = agent_of(made)
    lifecycle.connect_participant(floor.state, made, second, floor.now)
    assert consulted_party(made, agent) is second
    cancel_consult(floor.state, made, agent, floor.now)
    assert not second.is_live


def test_a_consult_of_a_queue_can_be_cancelled_while_nobody_answers():
    floor = Floor(agents=1)
    made = floor.connected()
    agent = agent_of(made)
    acd = lifecycle.enter_queue(floor.state, made, floor.queue, floor.now)
    begin_consult(floor.state, made, agent, acd, floor.now, speak_to="DESTINATION")
    cancel_consult(floor.state, made, agent, floor.now)
    assert not acd.is_live
    cancel_consult(floor.state, made, agent, floor.now)  # nothing more happens
    assert agent.session.is_connected


def test_a_destination_that_does_not_answer_ends_the_consult():
    consult = Consult(answered=False)
    consult.floor.wait(60)
    assert consult.other.did_not_respond
    assert (consult.agent.consult, consult.held()) == (None, set())


def test_calls_are_merged_into_a_conference():
    floor = Floor(agents=2)
    kept, merged = floor.connected(), floor.connected()
    lifecycle.hold_participant(floor.state, kept, kept.participants[0], floor.now, held=True)
    merged.participants[0].attributes = {"a": "b"}
    merge_conversations(floor.state, kept, merged, floor.now)
    floor.settle()
    assert [p for p, s in states(kept) if s == "connected"] == ["customer", "agent"] * 2
    assert not kept.participants[0].session.is_held
    assert merged.ended is not None
    assert merged.participants[0].session.disconnect_type == "transfer.conference"
    joined = kept.participants[-2]
    assert (joined.name, joined.attributes) == ("Ada", {"a": "b"})


def test_a_user_who_is_in_both_calls_is_once_in_the_conference():
    floor = Floor(agents=1)
    kept = floor.connected()
    user = agent_of(kept).user_id
    merged = lifecycle.begin_outbound(floor.state, "voice", user, floor.now, address="+1")
    floor.wait(10)
    merge_conversations(floor.state, kept, merged, floor.now)
    assert [each.user_id for each in kept.participants if each.is_live] == [None, user, None]
