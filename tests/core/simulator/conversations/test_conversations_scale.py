"""A thousand agents take ten thousand conversations on the virtual clock, and all totals agree."""

from collections import Counter

import pytest

from genesys_core.clock import Now
from genesys_core.notifications.messages import open_envelope
from genesys_core.simulator import Settings, Simulator, World
from genesys_core.simulator.sockets.actions import WriteText
from tests.strategies.conversation_totals import ALWAYS, check_totals, from_aggregates
from tests.strategies.hub import CHANNELS
from tests.strategies.simulator import WALL, Desk, definition

AGENTS, CONVERSATIONS = 1000, 10_000


@pytest.mark.slow
def test_a_thousand_agents_take_ten_thousand_conversations():
    world = World.sample(users=AGENTS + 1, queues=10)
    settings = Settings(max_conversations=2 * CONVERSATIONS, token_lifetime=1e9)
    desk = Desk(Simulator(definition(), world=world, settings=settings))
    simulator, hub, center = desk.simulator, desk.simulator.hub, desk.simulator.state.contact_center
    agents = list(simulator.state.users)[1:]
    channel = desk.call("POST", CHANNELS).json["id"]
    topics = [{"id": f"v2.users.{each}.conversationsummary"} for each in agents]
    target = f"{CHANNELS}/{channel}/subscriptions"
    assert desk.call("PUT", target, topics).status == 200
    socket = hub.connected(channel, desk.now)
    simulator.start_traffic("400/min", now=desk.now)

    published: Counter[str] = Counter()
    heard: Counter[str] = Counter()
    latest: dict[str, object] = {}

    def step(seconds):
        desk.sleep(seconds)
        simulator.advance(desk.now)
        published.update(each.topic for each in hub.published)
        hub.published.clear()
        for action in hub.take():
            if isinstance(action, WriteText) and action.socket == socket:
                event = open_envelope(action.text)
                heard[event.topic_name] += 1
                latest[event.topic_name] = bytes(event.event_body)

    while center.traffic.started < CONVERSATIONS:
        step(5)
    simulator.stop_traffic()
    while not all(each.is_over for each in center.conversations.values()):
        step(300)

    # Analytics, conversations and notifications agree.
    assert center.traffic.started == len(center.conversations) >= CONVERSATIONS
    check_totals(simulator.state, published)
    totals = from_aggregates(simulator.state)
    assert totals["nConnected"] >= CONVERSATIONS
    assert totals["nOffered"] == totals["tAnswered"] + totals["tAbandon"] + totals["tFlowOut"]
    body = {"interval": ALWAYS, "metrics": ["nConversations"]}
    reply = desk.call("POST", "/api/v2/analytics/conversations/aggregates/query", body).json
    counted = sum(
        metric["stats"]["count"]
        for result in reply["results"]
        for part in result["data"]
        for metric in part["metrics"]
    )
    assert counted == len(center.conversations)
    # What arrived on the socket is what was published, and its last word is that nobody is busy.
    summaries = {name: count for name, count in published.items() if name.endswith("summary")}
    assert heard == Counter(summaries)
    assert len(latest) == len([each for each in agents if each in _who_worked(center)])
    assert all(b'"active":0' in body and b'"active":1' not in body for body in latest.values())


def _who_worked(center):
    return {
        each.user_id
        for conversation in center.conversations.values()
        for each in conversation.participants
        if each.user_id
    }


def test_times_are_those_of_the_virtual_clock():
    desk = Desk(Simulator(definition(), world=World.sample(users=3, queues=1)))
    desk.simulator.start_traffic("60/min", now=desk.now)
    desk.simulator.advance(Now(600.0, WALL + 600))
    for each in desk.simulator.state.contact_center.conversations.values():
        assert WALL * 1000 <= each.started <= (WALL + 600) * 1000
