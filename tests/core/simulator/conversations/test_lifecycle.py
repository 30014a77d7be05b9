"""The life of conversations, step by step."""

import pytest

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.agents import set_routing_status
from tests.strategies.contact_center import Floor, agent_of, kinds, states


def test_a_call_that_is_offered_answered_held_and_ended():
    floor = Floor(agents=1)
    made = floor.offered()
    customer, acd, agent = made.participants
    assert floor.facts() == ["customer.start", "acd.start", "user.start"]
    assert (customer.name, customer.queue_id, acd.queue_id) == ("Ada", floor.queue, floor.queue)
    assert {acd.session.peer_id, agent.session.peer_id} == {customer.session.id}
    assert agent.session.other_address == "tel:+1"
    floor.wait(3)
    lifecycle.connect_participant(floor.state, made, agent, floor.now)
    assert (acd.outcome, acd.answered_by, acd.session.disconnect_type) == (
        "ANSWERED",
        agent.id,
        "transfer",
    )
    floor.wait(10)
    lifecycle.hold_participant(floor.state, made, agent, floor.now, held=True)
    floor.wait(5)
    lifecycle.hold_participant(floor.state, made, agent, floor.now, held=False)
    floor.wait(20)
    floor.hang_up(made, agent)
    assert kinds(agent) == ["alert", "interact", "hold", "interact"]
    assert [each.length() for each in agent.session.segments] == [3000, 10_000, 5000, 20_000]
    assert (agent.session.disconnect_type, customer.session.disconnect_type) == ("client", "peer")
    assert made.ended == floor.at
    assert made.is_over
    assert floor.facts() == ["acd.end", "user.end", "customer.end"]
    assert floor.status() == "IDLE"


def test_a_customer_who_leaves_the_queue_abandons():
    floor = Floor(agents=1)
    made = floor.offered()
    floor.hang_up(made, made.participants[0])
    acd, agent = made.participants[1:]
    assert (acd.outcome, acd.session.disconnect_type) == ("ABANDON", "peer")
    assert (agent.did_not_respond, agent.session.disconnect_type) == (False, "peer")
    assert floor.status() == "IDLE"
    assert not floor.center.waiting[floor.queue]


def test_a_customer_abandons_before_any_agent():
    floor = Floor(agents=0)
    made = floor.offered()
    floor.hang_up(made, made.participants[0])
    assert made.participants[1].outcome == "ABANDON"
    assert not floor.center.waiting[floor.queue]


def test_an_agent_who_declines_is_not_offered_more_and_the_call_is_next():
    floor = Floor(agents=1)
    made, later = floor.offered(), floor.offered()
    floor.hang_up(made, agent_of(made))
    assert floor.status() == "NOT_RESPONDING"
    assert agent_of(made).session.disconnect_type == "client"
    assert list(floor.center.waiting[floor.queue].values()) == [made.id, later.id]
    set_routing_status(floor.state, floor.agents[0], "IDLE", floor.now)
    floor.settle()
    assert [each[0] for each in states(made)] == ["customer", "acd", "agent", "agent"]
    assert agent_of(made).session.is_alerting


def test_agents_who_answer_automatically():
    floor = Floor(agents=1)
    user = floor.agents[0]
    floor.state.users[user] = {**floor.state.users[user], "acdAutoAnswer": True}
    made = floor.offered()
    assert agent_of(made).session.is_connected
    assert made.participants[1].outcome == "ANSWERED"


def test_a_queue_without_a_line_can_be_left():
    floor = Floor(agents=0)
    made = lifecycle.begin_inbound(floor.state, "callback", floor.now)
    lifecycle.enter_queue(floor.state, made, floor.queue, floor.now, seconds=60)
    lifecycle.disconnect_all(floor.state, made, "system", floor.now)
    assert (made.participants[1].outcome, made.is_over) == ("ABANDON", True)


def test_a_conversation_that_is_taken_out_of_its_queue_ends_there_as_flow_out():
    floor = Floor(agents=0)
    made = floor.offered()
    floor.hang_up(made, made.participants[1])
    assert made.participants[1].outcome == "FLOW_OUT"
    assert made.ended is not None


def test_a_conversation_may_have_no_customer_any_more():
    floor = Floor(agents=0)
    made = floor.offered()
    floor.hang_up(made, made.participants[0])
    acd = lifecycle.enter_queue(floor.state, made, floor.queue, floor.now)
    assert acd.session.peer_id is None


# After-call work


@pytest.mark.parametrize("prompt", ["OPTIONAL", "AGENT_REQUESTED"])
def test_after_call_work_that_is_not_required(prompt):
    floor = Floor(agents=1, wrapupPrompt=prompt)
    made = floor.connected()
    floor.hang_up(made, agent_of(made))
    assert (agent_of(made).acw_started, floor.status()) == (None, "IDLE")
    lifecycle.wrap_up(floor.state, made, agent_of(made), "code", floor.now, notes="n", tags=["t"])
    given = agent_of(made).wrap_up
    assert (given.code, given.seconds, given.notes, given.tags) == ("code", 0, "n", ("t",))


def test_mandatory_after_call_work_lasts_until_the_wrap_up():
    floor = Floor(agents=1, wrapupPrompt="MANDATORY")
    made = floor.connected()
    floor.facts()
    floor.hang_up(made, made.participants[0])
    agent = agent_of(made)
    assert (floor.status(), agent.is_in_acw) == ("INTERACTING", True)
    floor.wait(12.4)
    lifecycle.wrap_up(floor.state, made, agent, "code", floor.now)
    floor.settle()
    assert (agent.wrap_up.seconds, floor.status(), made.is_over) == (12, "IDLE", True)
    assert kinds(agent) == ["alert", "interact", "wrapup"]
    assert floor.facts() == ["customer.end", "user.end", "wrapup", "acw"]
    floor.wait(60)
    lifecycle.wrap_up(floor.state, made, agent, "other", floor.now)
    assert (agent.wrap_up.code, agent.wrap_up.seconds) == ("other", 12)
    lifecycle.wrap_up(floor.state, made, agent, "other", floor.now, seconds=5)
    assert agent.wrap_up.seconds == 5


def test_a_wrap_up_during_the_conversation_needs_no_after_call_work():
    floor = Floor(agents=1, wrapupPrompt="MANDATORY")
    made = floor.connected()
    lifecycle.wrap_up(floor.state, made, agent_of(made), "code", floor.now)
    floor.hang_up(made, agent_of(made))
    assert (agent_of(made).acw_started, floor.status()) == (None, "IDLE")


def test_forced_after_call_work_lasts_its_whole_time():
    floor = Floor(agents=1, wrapupPrompt="MANDATORY_FORCED_TIMEOUT", timeoutMs=30_000)
    made = floor.connected()
    floor.hang_up(made, agent_of(made))
    floor.wait(10)
    lifecycle.wrap_up(floor.state, made, agent_of(made), "code", floor.now)
    assert agent_of(made).is_in_acw
    floor.wait(20)
    assert (agent_of(made).is_in_acw, agent_of(made).wrap_up.code) == (False, "code")
    assert agent_of(made).acw_ended - agent_of(made).acw_started == 30_000


# Outbound and internal


def test_an_outbound_call_rings_until_it_is_answered():
    floor = Floor(agents=1)
    made = lifecycle.begin_outbound(
        floor.state, "voice", floor.agents[0], floor.now, address="tel:+2", queue_id=floor.queue
    )
    assert states(made) == [("agent", "dialing"), ("customer", "dialing")]
    assert floor.status() == "COMMUNICATING"
    agent, customer = made.participants
    assert agent.session.peer_id == customer.session.id
    floor.wait(5)
    assert kinds(agent) == ["dialing", "interact"]
    floor.hang_up(made, customer)
    assert (agent.session.disconnect_type, floor.status()) == ("peer", "IDLE")


def test_an_outbound_call_that_is_given_up():
    floor = Floor(agents=1)
    made = lifecycle.begin_outbound(
        floor.state, "voice", floor.agents[0], floor.now, address="tel:+2"
    )
    floor.hang_up(made, made.participants[0])
    floor.wait(60)
    assert states(made) == [("user", "terminated"), ("customer", "terminated")]


def test_outbound_messages_are_connected_at_once():
    floor = Floor(agents=1)
    made = lifecycle.begin_outbound(
        floor.state, "message", floor.agents[0], floor.now, address="open:1", name="Ada"
    )
    assert states(made) == [("user", "connected"), ("customer", "connected")]
    assert made.participants[1].name == "Ada"


def test_users_call_each_other():
    floor = Floor(agents=2)
    first, second = floor.agents
    made = lifecycle.begin_outbound(
        floor.state, "voice", first, floor.now, address="", callee_id=second
    )
    assert states(made) == [("user", "dialing"), ("user", "alerting")]
    lifecycle.connect_participant(floor.state, made, made.participants[1], floor.now)
    assert states(made) == [("user", "connected"), ("user", "connected")]
    floor.hang_up(made, made.participants[0])
    assert made.is_over
    again = lifecycle.begin_outbound(
        floor.state, "voice", first, floor.now, address="", callee_id=second
    )
    floor.hang_up(again, again.participants[1])
    assert (floor.status(1), again.is_over) == ("IDLE", True)


# Transfers


def test_a_blind_transfer_to_a_queue():
    floor = Floor(agents=2, queues=2)
    made = floor.connected()
    agent = agent_of(made)
    lifecycle.transfer_to_queue(floor.state, made, agent, floor.queues[1], floor.now)
    floor.settle()
    assert (agent.session.disconnect_type, agent.transfers) == ("transfer", 1)
    assert [each[0] for each in states(made)] == ["customer", "acd", "agent", "acd", "agent"]
    assert agent_of(made).queue_id == floor.queues[1]
    assert agent_of(made).user_id == floor.agents[1]
    assert made.ended is None


def test_an_attended_transfer_to_a_queue_waits_for_the_agent():
    floor = Floor(agents=2, queues=2)
    made = floor.connected()
    agent = agent_of(made)
    lifecycle.transfer_to_queue(floor.state, made, agent, floor.queues[1], floor.now, attended=True)
    floor.settle()
    assert agent.is_live
    lifecycle.connect_participant(floor.state, made, agent_of(made), floor.now)
    assert agent.session.disconnect_type == "transfer"


def test_transfers_to_an_agent():
    floor = Floor(agents=2)
    made = floor.connected()
    agent = agent_of(made)
    lifecycle.transfer_to_agent(floor.state, made, agent, floor.agents[1], floor.now)
    assert not agent.is_live
    lifecycle.connect_participant(floor.state, made, agent_of(made), floor.now)
    second = agent_of(made)
    lifecycle.transfer_to_agent(
        floor.state, made, second, floor.agents[0], floor.now, attended=True
    )
    assert second.is_live
    third = agent_of(made)
    floor.hang_up(made, second)
    lifecycle.connect_participant(floor.state, made, third, floor.now)
    assert second.session.disconnect_type == "client"
    floor.hang_up(made, third)
    assert made.is_over


def test_a_transfer_that_is_not_answered_leaves_the_customer_alone():
    floor = Floor(agents=2)
    made = floor.connected()
    lifecycle.transfer_to_agent(floor.state, made, agent_of(made), floor.agents[1], floor.now)
    floor.wait(8)
    assert made.is_over
    assert floor.status(1) == "IDLE"


def test_a_transfer_to_an_address():
    floor = Floor(agents=1)
    made = floor.connected()
    lifecycle.transfer_to_address(floor.state, made, agent_of(made), "tel:+3", floor.now)
    floor.wait(5)
    assert states(made)[-1] == ("external", "connected")
    floor.hang_up(made, made.participants[-1])
    assert made.is_over


def test_a_waiting_conversation_moves_to_another_queue():
    floor = Floor(agents=0, queues=2)
    made = floor.offered()
    acd = made.participants[1]
    lifecycle.transfer_to_queue(floor.state, made, acd, floor.queues[1], floor.now)
    assert (acd.outcome, acd.transfers) == ("FLOW_OUT", 0)
    assert list(floor.center.waiting[floor.queues[1]].values()) == [made.id]


def test_an_agent_with_work_left_in_the_conversation_is_not_released():
    floor = Floor(agents=1, wrapupPrompt="MANDATORY")
    made = floor.connected()
    agent = agent_of(made)
    lifecycle.transfer_to_queue(floor.state, made, agent, floor.queue, floor.now)
    floor.settle()
    acd = made.participants[-1]
    lifecycle.alert_agent(floor.state, made, floor.agents[0], floor.now, acd=acd)
    again = agent_of(made)
    lifecycle.wrap_up(floor.state, made, agent, "code", floor.now)
    floor.settle()
    assert (again.session.is_alerting, floor.status()) == (True, "INTERACTING")
    floor.hang_up(made, again)
    assert floor.status() == "NOT_RESPONDING"


def test_participant_data_is_merged():
    floor = Floor(agents=0)
    made = floor.offered()
    customer = made.participants[0]
    floor.facts()
    lifecycle.change_attributes(floor.state, made, customer, {"a": "1"}, floor.now)
    lifecycle.change_attributes(floor.state, made, customer, {"b": "2"}, floor.now)
    assert customer.attributes == {"a": "1", "b": "2"}
    assert floor.facts() == ["attributes", "attributes"]


def test_what_ended_can_be_ended_again():
    floor = Floor(agents=0)
    made = floor.offered()
    floor.hang_up(made, made.participants[0])
    ended = made.ended
    floor.wait(5)
    lifecycle.disconnect_all(floor.state, made, "system", floor.now)
    assert made.ended == ended


def test_a_scheduled_callback_begins_to_wait():
    floor = Floor(agents=0)
    made = lifecycle.begin_inbound(floor.state, "callback", floor.now)
    acd = lifecycle.enter_queue(floor.state, made, floor.queue, floor.now, seconds=60)
    floor.wait(60)
    assert kinds(acd) == ["scheduled", "interact"]
    assert floor.facts() == ["customer.start", "acd.start"]


def test_a_rescheduled_callback_begins_to_wait_at_its_new_time_alone():
    floor = Floor(agents=0)
    made = lifecycle.begin_inbound(floor.state, "callback", floor.now)
    acd = lifecycle.enter_queue(floor.state, made, floor.queue, floor.now, seconds=60)
    lifecycle.reschedule_callback(floor.state, made, acd, 90, floor.now)
    floor.wait(89)
    assert kinds(acd) == ["scheduled"]
    floor.wait(1)
    assert kinds(acd) == ["scheduled", "interact"]


def test_after_call_work_without_a_wrap_up_has_a_code_of_the_platform():
    floor = Floor(agents=1, wrapupPrompt="MANDATORY_TIMEOUT", timeoutMs=2500)
    made = floor.connected()
    floor.hang_up(made, agent_of(made))
    floor.wait(3)
    given = agent_of(made).wrap_up
    assert (given.code, given.seconds) == (lifecycle.TIMEOUT_CODE, 2)


def test_an_address_is_called_beside_those_who_talk():
    floor = Floor(agents=1)
    made = floor.connected()
    external = lifecycle.call_address(floor.state, made, "tel:+2", floor.now)
    assert (external.purpose, external.session.state) == ("external", "dialing")
    floor.wait(10)
    assert states(made)[-2:] == [("agent", "connected"), ("external", "connected")]


def test_parties_of_another_conversation_join_connected():
    floor = Floor(agents=2)
    one, other = floor.connected(), floor.connected()
    customer = lifecycle.join_connected(floor.state, one, other.participants[0], floor.now)
    agent = lifecycle.join_connected(floor.state, one, agent_of(other), floor.now)
    assert (customer.name, customer.session.address) == ("Ada", "tel:+1")
    assert (agent.user_id, agent.queue_id) == (agent_of(other).user_id, floor.queue)
    assert states(one)[-2:] == [("customer", "connected"), ("agent", "connected")]


def test_a_callback_goes_on_when_the_call_that_it_was_asked_for_in_is_over():
    floor = Floor(agents=2)
    made = floor.connected()
    customer, acd = lifecycle.add_callback(
        floor.state, made, floor.queue, floor.now, address="tel:+2", name="Ada"
    )
    floor.settle()
    assert (customer.session.media, acd.session.media) == ("callback", "callback")
    agent = agent_of(made)
    assert (agent.session.media, agent.session.peer_id) == ("callback", customer.session.id)
    floor.hang_up(made, made.participants[0])
    assert [each.is_live for each in made.participants] == [False] * 3 + [True] * 3
    assert made.ended is None
    lifecycle.connect_participant(floor.state, made, agent, floor.now)
    floor.hang_up(made, agent)
    assert made.ended == floor.at
    assert made.is_over


def test_a_call_goes_on_when_a_callback_that_was_asked_for_in_it_is_over():
    floor = Floor(agents=1)
    made = floor.connected()
    customer, _ = lifecycle.add_callback(
        floor.state, made, floor.queue, floor.now, address="tel:+2"
    )
    assert customer.name == "tel:+2"
    floor.hang_up(made, customer)
    assert [each.is_live for each in made.participants] == [True, False, True, False, False]
    assert made.ended is None


def test_a_callback_in_a_call_is_transferred_as_callback():
    floor = Floor(agents=2, queues=2)
    made = floor.connected()
    lifecycle.add_callback(floor.state, made, floor.queue, floor.now, address="tel:+2")
    floor.settle()
    agent = agent_of(made)
    lifecycle.connect_participant(floor.state, made, agent, floor.now)
    acd = lifecycle.transfer_to_queue(floor.state, made, agent, floor.queues[1], floor.now)
    assert acd.session.media == "callback"
    lifecycle.transfer_to_agent(floor.state, made, acd, floor.agents[0], floor.now)
    assert agent_of(made).session.media == "callback"
