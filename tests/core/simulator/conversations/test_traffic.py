"""Generated traffic: an organization that lives, the same way for the same seed."""

from collections import Counter

import pytest

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.simulator import PlatformState, Settings, Simulator, World
from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.agents import set_member
from genesys_core.simulator.conversations.traffic import (
    WRAP_UP_CODES,
    continue_traffic,
    follow_facts,
    parse_rate,
    start_traffic,
    stop_traffic,
)
from genesys_core.simulator.state.timeline import VirtualTimer
from tests.helpers.growth import growth
from tests.strategies.contact_center import Floor, agent_of
from tests.strategies.conversation_totals import check_totals
from tests.strategies.simulator import WALL, definition

START = Now(0.0, WALL)


def lived(seed, minutes, *, prompt="MANDATORY_TIMEOUT", users=13, per_minute=20.0):
    """A simulator after some minutes of traffic, and the topics of its events."""
    world = World.sample(users=users, queues=2)
    simulator = Simulator(definition(), world=world, settings=Settings(max_conversations=10**6))
    for queue_id, queue in simulator.state.queues.items():
        acw = {"wrapupPrompt": prompt, "timeoutMs": 30_000}
        simulator.state.queues[queue_id] = {**queue, "acwSettings": acw}
    simulator.start_traffic(per_minute, now=START, seed=seed)
    topics: Counter[str] = Counter()
    for minute in range(1, minutes + 1):
        simulator.advance(Now(minute * 60.0, WALL + minute * 60))
        topics.update(each.topic for each in simulator.hub.published)
        simulator.hub.published.clear()
    return simulator, topics


def gist(simulator):
    return [
        (each.id, each.started, each.ended, len(each.participants))
        for each in simulator.state.contact_center.conversations.values()
    ]


def test_the_same_seed_gives_the_same_conversations():
    first, _ = lived(1, 10)
    again, _ = lived(1, 10)
    other, _ = lived(2, 10)
    assert gist(first) == gist(again) != gist(other)
    assert 120 <= len(gist(first)) <= 280


def test_the_views_agree_and_everything_happens():
    simulator, topics = lived(0, 30)
    state = simulator.state
    check_totals(state, topics)
    conversations = state.contact_center.conversations.values()
    parties = [party for each in conversations for party in each.participants]
    assert {each.media for each in conversations} == {"voice", "callback", "email", "message"}
    assert {each.outcome for each in parties if each.purpose == "acd"} >= {"ANSWERED", "ABANDON"}
    assert any(each.did_not_respond for each in parties)
    assert any(each.transfers for each in parties)
    assert any("hold" in [s.kind for s in each.session.segments] for each in parties)
    codes = {each.wrap_up.code for each in parties if each.wrap_up}
    assert codes >= set(WRAP_UP_CODES)


def test_the_work_grows_with_the_traffic():
    assert growth(lambda minutes: lambda: lived(1, minutes, users=100, per_minute=10.0), 3) < 5


def test_traffic_that_stops_runs_out():
    simulator, _ = lived(3, 10)
    count = len(gist(simulator))
    simulator.stop_traffic()
    simulator.advance(Now(20_000.0, WALL + 20_000))
    conversations = simulator.state.contact_center.conversations
    assert len(conversations) == count
    assert all(each.is_over for each in conversations.values())


def test_a_new_rate_replaces_the_one_before():
    simulator, _ = lived(3, 1)
    simulator.start_traffic("1/h", now=Now(60.0, WALL + 60))
    timers = [each for each in simulator.state.contact_center.timers if each.kind == "traffic"]
    assert len(timers) == 1


def test_members_are_kept_and_put_on_queue():
    floor = Floor(agents=2)
    floor.state.users[floor.agents[0]]["routingStatus"]["status"] = "OFF_QUEUE"
    start_traffic(floor.state, 1.0, 0, floor.now)
    assert floor.center.members == {floor.queue: dict.fromkeys(floor.agents, True)}
    assert (floor.status(0), floor.status(1)) == ("IDLE", "IDLE")


def test_queues_without_members_get_those_who_are_no_clients():
    state = PlatformState.of(World.sample(users=4, queues=2), 0)
    gone = list(state.users)[3]
    state.users[gone] = {**state.users[gone], "state": "deleted"}
    start_traffic(state, 1.0, 0, START)
    first, second = state.contact_center.members.values()
    assert set(first) == set(second) == set(list(state.users)[1:3])


@pytest.mark.parametrize("rate", [0.0, -1.0, float("inf"), float("nan")])
def test_rates_are_positive_and_finite(rate):
    with pytest.raises(InvalidValueError, match="positive and finite"):
        start_traffic(PlatformState.of(World.sample(), 0), rate, 0, START)


def test_traffic_needs_a_queue():
    with pytest.raises(InvalidValueError, match="no queue"):
        start_traffic(PlatformState(), 1.0, 0, START)


@pytest.mark.parametrize(
    ("text", "per_minute"),
    [("10/min", 10.0), ("2/s", 120.0), ("30/h", 0.5), ("0.5/min", 0.5), (" 6 / h ", 0.1)],
)
def test_rates_are_written_with_a_unit(text, per_minute):
    assert parse_rate(text) == pytest.approx(per_minute)


@pytest.mark.parametrize("text", ["", "10", "10/day", "x/min", "-1/min", "0/min", "1e999/s"])
def test_what_is_not_a_rate(text):
    with pytest.raises(InvalidValueError, match="10/min"):
        parse_rate(text)


def test_only_its_own_conversations_are_continued():
    floor = Floor(agents=1)
    start_traffic(floor.state, 1.0, 0, floor.now)
    floor.center.timers.clear()
    made = floor.offered()
    follow_facts(floor.state, floor.now)
    assert [each.kind for each in floor.center.timers] == ["alert"]
    made.is_generated = True
    follow_facts(floor.state, floor.now)
    assert sorted(each.kind for each in floor.center.timers) == ["alert", "talk"]


def test_without_traffic_nothing_is_continued():
    floor = Floor(agents=1)
    made = floor.offered()
    follow_facts(floor.state, floor.now)
    continue_traffic(
        floor.state, VirtualTimer(0.0, 1, "talk", made.id, agent_of(made).id), floor.now
    )
    assert agent_of(made).session.is_alerting


def test_late_timers_do_nothing():
    floor = Floor(agents=1)
    start_traffic(floor.state, 1.0, 0, floor.now)
    made = floor.connected()
    customer, agent = made.participants[0], agent_of(made)
    for about in (("gone", ""), (made.id, "nobody"), (made.id, customer.id)):
        continue_traffic(floor.state, VirtualTimer(0.0, 1, "give_up", *about), floor.now)
    assert customer.is_live
    floor.hang_up(made, agent)
    lifecycle.wrap_up(floor.state, made, agent, "code", floor.now)
    continue_traffic(floor.state, VirtualTimer(0.0, 1, "talk", made.id, agent.id), floor.now)
    assert agent.wrap_up.code == "code"


def test_an_agent_who_is_ready_again_before_stays_so():
    floor = Floor(agents=1)
    start_traffic(floor.state, 1.0, 0, floor.now)
    made = floor.offered()
    floor.wait(8)
    agent = agent_of(made)
    assert floor.status() == "NOT_RESPONDING"
    for expected in ("IDLE", "IDLE"):
        continue_traffic(floor.state, VirtualTimer(0.0, 1, "talk", made.id, agent.id), floor.now)
        assert floor.status() == expected


def test_an_organization_may_lose_its_queues():
    floor = Floor(agents=1)
    start_traffic(floor.state, 60.0, 0, floor.now)
    floor.state.queues.clear()
    floor.wait(60)
    assert floor.center.conversations == {}


def test_stopping_twice_is_stopping_once():
    state = PlatformState.of(World.sample(users=2, queues=1), 0)
    set_member(state, next(iter(state.queues)), next(iter(state.users)), joined=True)
    start_traffic(state, 1.0, 0, START)
    stop_traffic(state)
    stop_traffic(state)
    assert state.contact_center.timers == []


def test_a_new_rate_gives_a_busy_agent_no_second_conversation():
    simulator, _ = lived(seed=1, minutes=3, per_minute=60.0)
    simulator.start_traffic(60.0, now=Now(180.0, WALL + 180))
    for second in range(181, 240):
        simulator.advance(Now(float(second), WALL + second))
        busy = simulator.state.contact_center.busy.values()
        assert max(map(len, busy)) == 1
