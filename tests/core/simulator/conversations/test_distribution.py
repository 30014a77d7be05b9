"""Waiting conversations and available agents are matched; what is over is dropped."""

from genesys_core.simulator.conversations.distribution import drop_finished
from genesys_core.simulator.conversations.lifecycle import begin_inbound, enter_queue
from tests.strategies.contact_center import Floor, agent_of


def test_the_longest_waiting_goes_to_the_longest_idle():
    floor = Floor(agents=2)
    made = [floor.offered() for _ in range(3)]
    assert [agent_of(each).user_id for each in made[:2]] == floor.agents
    assert [each.purpose for each in made[2].participants] == ["customer", "acd"]
    floor.wait(3)
    floor.hang_up(made[0], made[0].participants[0])
    assert agent_of(made[2]).user_id == floor.agents[0]


def test_queues_do_not_share_their_lines():
    floor = Floor(agents=1, queues=2)
    first, second = floor.offered(queue=floor.queues[0]), floor.offered(queue=floor.queues[1])
    assert agent_of(first).user_id == floor.agents[0]
    assert len(second.participants) == 2
    floor.hang_up(first, first.participants[0])
    assert agent_of(second).user_id == floor.agents[0]


def test_a_queue_without_members_lets_its_conversations_wait():
    floor = Floor(agents=0)
    made = begin_inbound(floor.state, "voice", floor.now)
    enter_queue(floor.state, made, floor.queue, floor.now)
    floor.settle()
    assert list(floor.center.waiting[floor.queue].values()) == [made.id]


def test_the_oldest_that_are_over_are_dropped():
    floor = Floor(agents=0)
    made = [floor.offered() for _ in range(4)]
    for each in made[:3]:
        floor.hang_up(each, each.participants[0])
    drop_finished(floor.state, 2)
    assert list(floor.center.conversations) == [each.id for each in made[1:]]
    assert floor.center.dropped == 1
    drop_finished(floor.state, 0)
    assert list(floor.center.conversations) == [made[3].id]


def test_a_conversation_is_over_when_its_after_call_work_is_done():
    floor = Floor(agents=1, wrapupPrompt="MANDATORY_TIMEOUT", timeoutMs=10_000)
    made = floor.connected()
    floor.hang_up(made, made.participants[0])
    assert made.ended == floor.at
    assert not floor.center.finished
    floor.wait(10)
    assert list(floor.center.finished) == [made.id]
    floor.center.changed[made.id] = None
    floor.settle()
    assert list(floor.center.finished) == [made.id]
