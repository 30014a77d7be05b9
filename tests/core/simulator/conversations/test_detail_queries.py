"""Details queries: which conversations, in which order, on which page."""

import pytest

from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.detail_queries import (
    find_active,
    find_started,
    query_details,
)
from genesys_core.simulator.http.problems import Problem
from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import Floor, agent_of
from tests.strategies.simulator import definition, misfits

DAY = "2023-11-14T00:00:00.000Z/2023-11-15T00:00:00.000Z"


@pytest.fixture
def floor():
    return Floor(agents=2)


def ask(floor, **query):
    return query_details(floor.center.conversations.values(), {"interval": DAY, **query})


def ids(reply):
    return [each["conversationId"] for each in reply.get("conversations", ())]


def by(**predicate):
    return [{"type": "and", "predicates": [predicate]}]


def test_conversations_of_a_day_in_order(floor):
    made = []
    for _ in range(3):
        made.append(floor.offered().id)
        floor.wait(1)
    reply = ask(floor)
    model = Schema(ref="#/definitions/AnalyticsConversationQueryResponse")
    assert misfits(definition(), model, reply) == []
    assert (ids(reply), reply["totalHits"]) == (made, 3)
    assert ids(ask(floor, order="desc")) == made[::-1]
    last = floor.center.conversations[made[2]]
    floor.hang_up(last, last.participants[0])
    assert ids(ask(floor, orderBy="conversationEnd")) == [made[2], made[0], made[1]]


def test_the_day_counts_and_not_the_time(floor):
    made = floor.offered().id
    noon = "2023-11-14T11:00:00.000Z/2023-11-14T12:00:00.000Z"
    assert ids(ask(floor, interval=noon)) == [made]
    later = "2023-11-15T00:00:00.000Z/2023-11-15T12:00:00.000Z"
    assert ask(floor, interval=later) == {"totalHits": 0}
    conversations = floor.center.conversations.values()
    assert find_started(conversations, {"interval": noon})
    assert find_active(conversations, {"interval": noon}) == []
    assert [each.id for each in find_active(conversations, {"interval": later})] == [made]
    floor.hang_up(floor.center.conversations[made], agent_of(floor.center.conversations[made]))
    lifecycle.disconnect_all(floor.state, floor.center.conversations[made], "system", floor.now)
    assert find_active(conversations, {"interval": later}) == []


def test_pages(floor):
    made = [floor.offered().id for _ in range(5)]
    found = [ids(ask(floor, paging={"pageSize": 2, "pageNumber": n})) for n in (1, 2, 3, 4)]
    assert found == [made[:2], made[2:4], made[4:], []]


@pytest.mark.parametrize(
    "query",
    [
        {"paging": {"pageSize": 0, "pageNumber": 1}},
        {"paging": {"pageSize": 101, "pageNumber": 1}},
        {"paging": {"pageSize": 1, "pageNumber": 0}},
        {"interval": "2023-11-01T00:00:00Z/2023-12-03T00:00:00Z"},
        {"aggregations": [{"type": "numericRange"}]},
    ],
)
def test_what_is_not_valid(floor, query):
    with pytest.raises(Problem):
        ask(floor, **query)


def test_filters_of_conversations(floor):
    call = floor.connected()
    floor.wait(30)
    floor.hang_up(call, call.participants[0])
    email = floor.offered("email")
    one = by(dimension="conversationId", value=email.id)
    assert ids(ask(floor, conversationFilters=one)) == [email.id]
    talked = by(metric="tTalk", range={"gte": 30_000})
    assert ids(ask(floor, conversationFilters=talked)) == [call.id]
    assert ids(ask(floor, conversationFilters=[*one, *talked])) == []


def test_filters_of_segments_match_one_segment(floor):
    call, email = floor.connected(), floor.offered("email")
    media = by(dimension="mediaType", value="email")
    assert ids(ask(floor, segmentFilters=media)) == [email.id]
    talking = [
        {
            "type": "and",
            "predicates": [
                {"dimension": "purpose", "value": "agent"},
                {"dimension": "segmentType", "value": "interact"},
            ],
        }
    ]
    assert ids(ask(floor, segmentFilters=talking)) == [call.id]
    assert ids(ask(floor, segmentFilters=[*talking, *media])) == []
    floor.wait(3)
    floor.hang_up(call, call.participants[0])
    short = by(metric="tSegmentDuration", range={"gte": 3000})
    assert ids(ask(floor, segmentFilters=short)) == [call.id]


def test_there_are_no_evaluations(floor):
    floor.offered()
    assert ask(floor, evaluationFilters=by(dimension="formId", value="f")) == {"totalHits": 0}


def test_aggregations(floor):
    floor.connected()
    for _ in range(2):
        floor.offered("email")
    wanted = {"type": "termFrequency", "dimension": "mediaType", "size": 1}
    reply = ask(floor, aggregations=[wanted])
    model = Schema(ref="#/definitions/AnalyticsConversationQueryResponse")
    assert misfits(definition(), model, reply) == []
    (found,) = reply["aggregations"]
    assert found["results"] == [{"value": "email", "count": 2}]
    (found,) = ask(floor, aggregations=[{"type": "termFrequency", "dimension": "userId"}])[
        "aggregations"
    ]
    assert sorted(each["count"] for each in found["results"]) == [1, 1]
