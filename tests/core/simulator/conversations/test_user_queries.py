"""Analytics of users are read from what they were, and when."""

import pytest

from genesys_core.simulator.conversations.agents import set_member, set_routing_status
from genesys_core.simulator.conversations.intervals import show_interval
from genesys_core.simulator.conversations.user_queries import (
    present_presence,
    query_user_aggregates,
    query_user_details,
    query_user_observations,
)
from genesys_core.simulator.conversations.user_statuses import note_status
from genesys_core.simulator.http.problems import Problem
from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import Floor
from tests.strategies.simulator import definition, misfits


def declared(model, value):
    return misfits(definition(), Schema(ref=f"#/definitions/{model}"), value)


def only(user):
    return {"type": "and", "predicates": [{"dimension": "userId", "value": user}]}


class Office(Floor):
    """Agents who were watched for an hour."""

    def __init__(self, agents=2):
        super().__init__(agents=agents)
        self.begun = self.at
        set_routing_status(self.state, self.agents[0], "OFF_QUEUE", self.now)
        self.wait(600)
        set_routing_status(self.state, self.agents[0], "IDLE", self.now)
        self.wait(3000)

    def query(self, *metrics, **more):
        interval = show_interval((self.begun, self.begun + 7_200_000))
        return {"interval": interval, "metrics": list(metrics), **more}

    def sums(self, *metrics, **more):
        answer = query_user_aggregates(self.state, self.query(*metrics, **more), self.now)
        assert declared("UserAggregateQueryResponse", answer) == []
        return answer["results"]


def test_the_time_of_each_status_is_added_up():
    office = Office()
    first, second = office.sums("tAgentRoutingStatus", groupBy=["userId"])
    assert first["group"] == {"userId": office.agents[0]}
    (data,) = first["data"]
    found = {each["qualifier"]: each["stats"]["sum"] for each in data["metrics"]}
    assert found == {"OFF_QUEUE": 600_000, "IDLE": 3_000_000}
    assert second["data"][0]["metrics"][0]["stats"] == {"sum": 3_600_000}


def test_without_groups_all_users_are_one():
    office = Office()
    (whole,) = office.sums("tAgentRoutingStatus")
    assert whole["group"] == {}
    assert sum(each["stats"]["sum"] for each in whole["data"][0]["metrics"]) == 7_200_000


def test_parts_of_the_interval_have_their_own_times():
    office = Office(agents=1)
    (whole,) = office.sums("tAgentRoutingStatus", granularity="PT30M")
    times = [sum(each["stats"]["sum"] for each in part["metrics"]) for part in whole["data"]]
    assert times == [1_800_000, 1_800_000]  # the second hour has not come
    assert office.sums("tAgentRoutingStatus", filter=only("nobody")) == []


def test_presences_are_known_by_name_and_by_definition():
    office = Office(agents=1)
    (user,) = office.agents
    before = present_presence(office.state.users[user])
    presence = {"presenceDefinition": {"id": "d", "systemPresence": "On Queue"}}
    office.state.users[user] = {**office.state.users[user], "presence": presence}
    after = present_presence(office.state.users[user])
    assert after == {"value": "ON_QUEUE", "definition_id": "d"}
    note_status(office.state, user, "presence", office.now, before=before, after=after)
    office.wait(60)
    for metric, qualifier in (("tSystemPresence", "ON_QUEUE"), ("tOrganizationPresence", "d")):
        (whole,) = office.sums(metric)
        found = {e["qualifier"]: e["stats"]["sum"] for e in whole["data"][0]["metrics"]}
        assert found[qualifier] == 60_000


@pytest.mark.parametrize("user", [{}, {"presence": {}}, {"presence": {"presenceDefinition": 1}}])
def test_a_user_without_a_presence_is_offline(user):
    assert present_presence(user) == {"value": "OFFLINE", "definition_id": ""}


@pytest.mark.parametrize("metrics", [[], ["tTalk"]])
def test_a_query_has_a_metric(metrics):
    office = Office()
    with pytest.raises(Problem):
        query_user_aggregates(office.state, office.query(*metrics), office.now)


def test_details_have_the_periods_that_touch_the_interval():
    office = Office(agents=2)
    user = office.agents[0]
    answer = query_user_details(office.state, office.query(userFilters=[only(user)]))
    assert declared("AnalyticsUserDetailsQueryResponse", answer) == []
    (detail,) = answer["userDetails"]
    assert [each["routingStatus"] for each in detail["routingStatus"]] == ["OFF_QUEUE", "IDLE"]
    assert "endTime" not in detail["routingStatus"][-1]
    assert len(detail["primaryPresence"]) == 1
    early = {"interval": "2001-01-01T00:00:00.000Z/2001-01-02T00:00:00.000Z"}
    everyone = query_user_details(office.state, early)
    assert everyone["totalHits"] == 2
    assert len(everyone["userDetails"][0]["routingStatus"]) == 1


def test_observations_count_queues():
    office = Office(agents=2)
    user = office.agents[0]
    set_member(office.state, office.queue, user, joined=False)
    query = {"filter": only(user), "metrics": ["oMemberQueues", "oActiveQueues", "oOther"]}
    answer = query_user_observations(office.state, query)
    assert declared("UserObservationQueryResponse", answer) == []
    (result,) = answer["results"]
    assert {each["metric"]: each["stats"]["count"] for each in result["data"]} == {
        "oMemberQueues": 1,
        "oActiveQueues": 0,
    }
