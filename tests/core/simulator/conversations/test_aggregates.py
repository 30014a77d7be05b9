"""Aggregates: the same metrics, by group and interval."""

import pytest

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.aggregates import query_aggregates
from genesys_core.simulator.http.problems import Problem
from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import Floor, agent_of
from tests.strategies.simulator import definition, misfits

# The clock of the tests starts at 22:13:20.
HOUR = "2023-11-14T22:00:00.000Z/2023-11-14T23:00:00.000Z"


def ask(floor, *metrics, **query):
    body = {"interval": HOUR, "metrics": list(metrics), **query}
    reply = query_aggregates(floor.center.conversations.values(), body)
    model = Schema(ref="#/definitions/ConversationAggregateQueryResponse")
    assert misfits(definition(), model, reply) == []
    return reply["results"]


def talked(floor, seconds, media="voice"):
    made = floor.connected(media)
    floor.wait(seconds)
    floor.hang_up(made, agent_of(made))
    return made


def test_statistics_of_a_metric():
    floor = Floor(agents=1)
    for seconds in (10, 30, 20):
        talked(floor, seconds)
    (result,) = ask(floor, "tTalk", "nOffered", "tHeld")
    assert result["group"] == {"mediaType": "voice"}
    (part,) = result["data"]
    assert part["interval"] == HOUR
    assert part["metrics"] == [
        {"metric": "tTalk", "stats": {"count": 3, "sum": 60_000, "min": 10_000, "max": 30_000}},
        {"metric": "nOffered", "stats": {"count": 3}},
    ]


def test_groups():
    floor = Floor(agents=2)
    talked(floor, 10)
    talked(floor, 20, "email")
    found = {
        (each["group"]["mediaType"], each["group"]["userId"]): each["data"][0]["metrics"][0]
        for each in ask(floor, "tTalk", groupBy=["userId", "mediaType"])
    }
    assert {key: each["stats"]["sum"] for key, each in found.items()} == {
        ("voice", floor.agents[0]): 10_000,
        ("email", floor.agents[1]): 20_000,
    }
    assert [each["group"] for each in ask(floor, "nConnected", groupBy=["userId"])] == [
        {"mediaType": "voice"},
        {"mediaType": "email"},
    ]


def test_a_metric_belongs_to_the_interval_in_which_it_was_emitted():
    floor = Floor(agents=1)
    talked(floor, 2000)  # from 22:13 to 22:46
    (result,) = ask(floor, "tTalk", "nOffered", granularity="PT30M")
    assert [each["interval"][11:16] for each in result["data"]] == ["22:00", "22:30"]
    assert [m["metric"] for each in result["data"] for m in each["metrics"]] == [
        "nOffered",
        "tTalk",
    ]
    assert ask(floor, "tTalk", interval="2023-11-14T22:00:00.000Z/2023-11-14T22:30:00.000Z") == []


def test_filters():
    floor = Floor(agents=2)
    talked(floor, 10)
    talked(floor, 20, "email")
    only = {"type": "and", "predicates": [{"dimension": "mediaType", "value": "email"}]}
    (result,) = ask(floor, "tTalk", filter=only)
    assert result["group"] == {"mediaType": "email"}


def test_conversations_are_counted_once_in_a_group():
    floor = Floor(agents=2, queues=2)
    made = floor.connected()
    lifecycle.transfer_to_queue(floor.state, made, agent_of(made), floor.queues[1], floor.now)
    floor.settle()
    (result,) = ask(floor, "nConversations")
    assert result["data"][0]["metrics"] == [{"metric": "nConversations", "stats": {"count": 1}}]
    by_queue = ask(floor, "nConversations", groupBy=["queueId"])
    assert [each["data"][0]["metrics"][0]["stats"]["count"] for each in by_queue] == [1, 1]


def test_what_is_not_valid():
    floor = Floor(agents=0)
    for query in ({"metrics": []}, {"granularity": "soon"}, {"interval": "now"}):
        with pytest.raises(Problem):
            ask(floor, "tTalk", **query)
