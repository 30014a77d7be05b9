"""What happens when a timer is due, and that late timers do nothing."""

import pytest

from genesys_core.clock import Now
from genesys_core.simulator.conversations.due import run_timer
from genesys_core.simulator.conversations.lifecycle import (
    begin_inbound,
    begin_outbound,
    enter_queue,
)
from genesys_core.simulator.conversations.traffic import start_traffic
from genesys_core.simulator.state.timeline import VirtualTimer
from tests.strategies.contact_center import Floor, agent_of, states


def test_an_alert_that_nobody_answers_ends():
    floor = Floor(agents=1)
    made = floor.offered()
    floor.wait(7.9)
    assert agent_of(made).is_live
    floor.wait(0.1)
    agent = agent_of(made)
    assert (agent.session.disconnect_type, agent.did_not_respond) == ("transfer.noanswer", True)
    assert agent.session.ended == agent.session.started + 8000
    assert floor.status() == "NOT_RESPONDING"


def test_a_call_is_answered():
    floor = Floor(agents=1)
    made = begin_outbound(floor.state, "voice", floor.agents[0], floor.now, address="tel:+1")
    floor.wait(5)
    assert states(made) == [("user", "connected"), ("customer", "connected")]


def test_a_scheduled_callback_waits_from_its_time_on():
    floor = Floor(agents=0)
    made = begin_inbound(floor.state, "callback", floor.now)
    acd = enter_queue(floor.state, made, floor.queue, floor.now, seconds=60)
    assert acd.session.state == "scheduled"
    assert not floor.center.waiting
    floor.wait(60)
    assert acd.session.state == "connected"
    assert list(floor.center.waiting[floor.queue].values()) == [made.id]


def test_after_call_work_has_a_limit():
    floor = Floor(agents=1, wrapupPrompt="MANDATORY_TIMEOUT", timeoutMs=10_000)
    made = floor.connected()
    floor.hang_up(made, agent_of(made))
    assert floor.status() == "INTERACTING"
    floor.wait(10)
    assert agent_of(made).wrap_up.code == "ININ-WRAP-UP-TIMEOUT"
    assert floor.status() == "IDLE"


@pytest.mark.parametrize("kind", ["alert", "answer", "schedule", "acw"])
def test_a_timer_that_is_late_does_nothing(kind):
    floor = Floor(agents=1)
    made = floor.connected()
    before = states(made)
    for about in ((made.id, made.participants[1].id), (made.id, "nobody"), ("gone", "nobody")):
        run_timer(floor.state, VirtualTimer(0.0, 1, kind, *about), Now(0.0, 0.0))
    assert states(made) == before


def test_traffic_goes_on():
    floor = Floor(agents=1)
    start_traffic(floor.state, 60.0, 0, floor.now)
    floor.wait(60)
    assert floor.center.traffic.started == len(floor.center.conversations) > 10
