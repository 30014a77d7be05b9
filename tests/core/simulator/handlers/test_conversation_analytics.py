"""Analytics of conversations over requests: every answer has the form of its model."""

import pytest

from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import StaffedDesk, agent_of
from tests.strategies.simulator import definition, misfits

ANALYTICS = "/api/v2/analytics/conversations"
DAY = "2023-11-14T00:00:00.000Z/2023-11-15T00:00:00.000Z"


@pytest.fixture
def desk():
    return StaffedDesk()


def declared(model, value):
    return misfits(definition(), Schema(ref=f"#/definitions/{model}"), value)


def ended(desk):
    made = desk.talk()
    desk.sleep(20)
    desk.command(made, {"state": "disconnected", "wrapup": {"code": "sold"}})
    return made


def test_details_of_one_and_of_many(desk):
    made = ended(desk)
    one = desk.call("GET", f"{ANALYTICS}/{made}/details").json
    assert declared("AnalyticsConversationWithoutAttributes", one) == []
    many = desk.call("GET", f"{ANALYTICS}/details?id={made},nobody&id={made}").json
    assert declared("AnalyticsConversationWithoutAttributesMultiGetResponse", many) == []
    assert many["conversations"] == [one]
    assert desk.call("GET", f"{ANALYTICS}/nobody/details").status == 404


def test_queries(desk):
    made = ended(desk)
    details = desk.call("POST", f"{ANALYTICS}/details/query", {"interval": DAY}).json
    assert declared("AnalyticsConversationQueryResponse", details) == []
    assert [each["conversationId"] for each in details["conversations"]] == [made]
    body = {"interval": DAY, "metrics": ["tTalk"], "groupBy": ["queueId"]}
    aggregates = desk.call("POST", f"{ANALYTICS}/aggregates/query", body).json
    assert declared("ConversationAggregateQueryResponse", aggregates) == []
    assert aggregates["results"][0]["data"][0]["metrics"][0]["stats"]["sum"] == 20_000
    assert desk.call("POST", f"{ANALYTICS}/details/query", {"interval": "now"}).status == 400


def test_observations(desk):
    desk.talk()
    known = {"type": "or", "predicates": [{"dimension": "queueId", "value": desk.queue}]}
    body = {"filter": known, "metrics": ["oInteracting"]}
    observed = desk.call("POST", "/api/v2/analytics/queues/observations/query", body).json
    assert declared("QueueObservationQueryResponse", observed) == []
    assert observed["results"][0]["data"] == [{"metric": "oInteracting", "stats": {"count": 1}}]


def test_recordings(desk):
    made = ended(desk)
    target = f"/api/v2/conversations/{made}/recordingmetadata"
    (recording,) = desk.call("GET", target).json
    assert recording["sessionId"] == agent_of(desk.timeline(made)).session.id
    assert desk.call("GET", f"{target}/{recording['id']}").json == recording
    assert desk.call("GET", f"{target}/nothing").status == 404


def test_a_details_job_finds_the_conversations(desk):
    made = [ended(desk) for _ in range(3)]
    job = desk.call("POST", f"{ANALYTICS}/details/jobs", {"interval": DAY}).json["jobId"]
    desk.sleep(5)
    assert desk.call("GET", f"{ANALYTICS}/details/jobs/{job}").json["state"] == "FULFILLED"
    target = f"{ANALYTICS}/details/jobs/{job}/results?pageSize=2"
    first = desk.call("GET", target).json
    assert declared("AnalyticsConversationAsyncQueryResponse", first) == []
    rest = desk.call("GET", f"{target}&cursor={first['cursor']}").json
    found = [each["conversationId"] for page in (first, rest) for each in page["conversations"]]
    assert (found, "cursor" in rest) == (made, False)
