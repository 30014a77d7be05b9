"""What happens in queues at this moment."""

import pytest

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.agents import set_member, set_routing_status
from genesys_core.simulator.conversations.observations import observe_queue, query_observations
from genesys_core.simulator.http.problems import Problem
from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import Floor, agent_of
from tests.strategies.simulator import definition, misfits

CONVERSATIONS = ("oWaiting", "oAlerting", "oInteracting")


def about(*queues):
    predicates = [{"dimension": "queueId", "value": each} for each in queues]
    return {"type": "or", "predicates": predicates}


def ask(floor, *metrics, queues=None):
    body = {"filter": about(*(queues or floor.queues)), "metrics": list(metrics)}
    reply = query_observations(floor.state, body)
    model = Schema(ref="#/definitions/QueueObservationQueryResponse")
    assert misfits(definition(), model, reply) == []
    return {
        (result["group"].get("mediaType"), each["metric"], each.get("qualifier")): each["stats"][
            "count"
        ]
        for result in reply["results"]
        for each in result["data"]
    }


def test_conversations_by_what_happens_to_them():
    floor = Floor(agents=2)
    floor.connected()
    for media in ("voice", "voice", "email"):
        floor.offered(media)
    assert ask(floor, *CONVERSATIONS) == {
        ("voice", "oWaiting", None): 1,
        ("voice", "oAlerting", None): 1,
        ("voice", "oInteracting", None): 1,
        ("email", "oWaiting", None): 1,
        ("email", "oAlerting", None): 0,
        ("email", "oInteracting", None): 0,
    }


def test_a_conversation_is_in_the_queue_that_it_was_transferred_to():
    floor = Floor(agents=2, queues=2)
    made = floor.connected()
    lifecycle.transfer_to_queue(floor.state, made, agent_of(made), floor.queues[1], floor.now)
    floor.settle()
    first, second = floor.queues
    assert ask(floor, "oAlerting", queues=[first]) == {}
    assert ask(floor, "oAlerting", queues=[second]) == {("voice", "oAlerting", None): 1}
    floor.hang_up(made, made.participants[0])
    assert ask(floor, *CONVERSATIONS) == {}


def test_a_callback_that_is_not_due_does_not_wait():
    floor = Floor(agents=0)
    made = lifecycle.begin_inbound(floor.state, "callback", floor.now)
    lifecycle.enter_queue(floor.state, made, floor.queue, floor.now, seconds=60)
    assert ask(floor, "oWaiting") == {}
    floor.wait(60)
    assert observe_queue(floor.state, floor.queue, "callback")["oWaiting"] == 1


def test_members_by_status():
    floor = Floor(agents=3)
    set_routing_status(floor.state, floor.agents[0], "OFF_QUEUE", floor.now)
    floor.connected()
    set_member(floor.state, floor.queue, floor.agents[2], joined=False)
    assert ask(floor, "oMemberUsers", "oActiveUsers", "oOffQueueUsers") == {
        (None, "oMemberUsers", None): 3,
        (None, "oActiveUsers", None): 2,
        (None, "oOffQueueUsers", None): 1,
    }
    assert ask(floor, "oOnQueueUsers") == {(None, "oOnQueueUsers", "INTERACTING"): 1}
    assert ask(floor, "oUserRoutingStatuses") == {
        (None, "oUserRoutingStatuses", "INTERACTING"): 1,
        (None, "oUserRoutingStatuses", "OFF_QUEUE"): 1,
    }
    assert ask(floor, "oUserPresences") == {}


def test_a_query_must_name_a_queue():
    floor = Floor(agents=0)
    nested = {"clauses": [about(floor.queue)]}
    assert query_observations(floor.state, {"filter": nested, "metrics": ["oMemberUsers"]})[
        "results"
    ]
    for known in (None, about(), {"predicates": [{"dimension": "mediaType", "value": "voice"}]}):
        with pytest.raises(Problem, match="must select queues"):
            query_observations(floor.state, {"filter": known, "metrics": ["oWaiting"]})
