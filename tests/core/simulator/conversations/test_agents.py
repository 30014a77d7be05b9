"""Routing status, membership, availability."""

from genesys_core.simulator.conversations.agents import (
    follow_presence,
    forget_member,
    make_direct_member,
    occupy_agent,
    release_agent,
    request_routing_status,
    retire_user,
    routing_status,
    set_member,
    set_routing_status,
)
from tests.strategies.contact_center import Floor


def available(floor):
    return list(floor.center.available.get(floor.queue, ()))


def test_an_agent_is_available_while_idle_and_joined():
    floor = Floor()
    assert available(floor) == floor.agents
    first, second = floor.agents
    set_routing_status(floor.state, first, "NOT_RESPONDING", floor.now)
    assert available(floor) == [second]
    set_routing_status(floor.state, first, "IDLE", floor.now)
    assert available(floor) == [second, first]
    set_member(floor.state, floor.queue, second, joined=False)
    assert available(floor) == [first]
    set_member(floor.state, floor.queue, second, joined=True)
    assert available(floor) == [first, second]


def test_what_does_not_change_is_not_noted():
    floor = Floor()
    floor.center.status_changes.clear()
    floor.center.membership_changes.clear()
    set_routing_status(floor.state, floor.agents[0], "IDLE", floor.now)
    set_member(floor.state, floor.queue, floor.agents[0], joined=True)
    forget_member(floor.state, "no-queue", floor.agents[0])
    assert not floor.center.status_changes
    assert not floor.center.membership_changes


def test_the_counts_of_a_queue_follow():
    floor = Floor()
    set_member(floor.state, floor.queue, floor.agents[0], joined=False)
    queue = floor.state.queues[floor.queue]
    assert (queue["memberCount"], queue["joinedMemberCount"]) == (2, 1)
    forget_member(floor.state, floor.queue, floor.agents[1])
    queue = floor.state.queues[floor.queue]
    assert (queue["memberCount"], queue["userMemberCount"], queue["joinedMemberCount"]) == (1, 1, 0)
    assert available(floor) == []
    del floor.state.queues[floor.queue]
    forget_member(floor.state, floor.queue, floor.agents[0])
    assert floor.center.members[floor.queue] == {}


def test_a_member_by_group_becomes_a_direct_one():
    floor = Floor()
    first, second = floor.agents
    floor.center.by_group[floor.queue] = {first: None, second: None}
    make_direct_member(floor.state, floor.queue, first)
    queue = floor.state.queues[floor.queue]
    assert (queue["memberCount"], queue["userMemberCount"]) == (2, 1)
    forget_member(floor.state, floor.queue, second)
    assert floor.center.by_group == {floor.queue: {}}


def test_a_new_member_who_is_idle_lets_the_queue_match_again():
    floor = Floor(agents=1)
    floor.center.unsettled.clear()
    forget_member(floor.state, floor.queue, floor.agents[0])
    assert floor.center.unsettled == {}
    set_member(floor.state, floor.queue, floor.agents[0], joined=True)
    assert floor.center.unsettled == {floor.queue: None}


def test_the_status_follows_the_presence():
    floor = Floor(agents=1)
    user = floor.agents[0]
    follow_presence(floor.state, user, "BUSY", floor.now)
    assert floor.status() == "OFF_QUEUE"
    follow_presence(floor.state, user, "ON_QUEUE", floor.now)
    assert floor.status() == "IDLE"
    set_routing_status(floor.state, user, "NOT_RESPONDING", floor.now)
    follow_presence(floor.state, user, "ON_QUEUE", floor.now)
    assert floor.status() == "NOT_RESPONDING"


def test_who_comes_back_on_queue_while_talking_is_not_idle():
    floor = Floor(agents=1)
    user = floor.agents[0]
    occupy_agent(floor.state, user, "c", floor.now, is_acd=True)
    follow_presence(floor.state, user, "AWAY", floor.now)
    follow_presence(floor.state, user, "ON_QUEUE", floor.now)
    assert floor.status() == "INTERACTING"
    request_routing_status(floor.state, user, "NOT_RESPONDING", floor.now)
    request_routing_status(floor.state, user, "IDLE", floor.now)
    assert floor.status() == "INTERACTING"
    release_agent(floor.state, user, "c", floor.now)
    request_routing_status(floor.state, user, "IDLE", floor.now)
    assert floor.status() == "IDLE"


def test_conversations_occupy_and_release():
    floor = Floor(agents=1)
    user = floor.agents[0]
    occupy_agent(floor.state, user, "a", floor.now, is_acd=False)
    assert floor.status() == "COMMUNICATING"
    occupy_agent(floor.state, user, "b", floor.now, is_acd=True)
    assert floor.status() == "COMMUNICATING"
    release_agent(floor.state, user, "a", floor.now)
    assert floor.status() == "COMMUNICATING"
    release_agent(floor.state, user, "b", floor.now, responded=False)
    assert floor.status() == "NOT_RESPONDING"


def test_a_user_off_queue_stays_off_queue():
    floor = Floor(agents=1)
    user = floor.agents[0]
    set_routing_status(floor.state, user, "OFF_QUEUE", floor.now)
    occupy_agent(floor.state, user, "a", floor.now, is_acd=False)
    release_agent(floor.state, user, "a", floor.now)
    assert floor.status() == "OFF_QUEUE"


def test_a_user_who_leaves_the_organization_leaves_all_queues():
    floor = Floor(agents=1, queues=2)
    retire_user(floor.state, floor.agents[0], floor.now)
    assert [floor.state.queues[each]["memberCount"] for each in floor.queues] == [0, 0]
    assert floor.status() == "OFF_QUEUE"


def test_users_without_a_status_are_off_queue():
    floor = Floor(agents=1)
    floor.state.users["u"] = {"id": "u"}
    assert routing_status(floor.state, "u") == "OFF_QUEUE"
    assert routing_status(floor.state, "nobody") == "OFF_QUEUE"


def test_an_idle_agent_keeps_the_place_in_one_queue_while_joining_another():
    floor = Floor(agents=2, queues=2)
    first, second = floor.queues
    forget_member(floor.state, second, floor.agents[0])
    set_member(floor.state, second, floor.agents[0], joined=True)
    assert list(floor.center.available[first]) == floor.agents
    assert list(floor.center.available[second]) == floor.agents[::-1]
