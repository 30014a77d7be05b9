"""Results of details jobs, page by page."""

import pytest

from genesys_core.simulator.conversations.detail_jobs import show_job_results
from genesys_core.simulator.http.problems import Problem
from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import Floor
from tests.strategies.simulator import definition, misfits

QUERY = {"interval": "2023-11-14T22:00:00.000Z/2023-11-14T23:00:00.000Z"}
EARLY = {"interval": "2023-11-14T01:00:00.000Z/2023-11-14T02:00:00.000Z"}


def ask(floor, query=None, **page):
    conversations = floor.center.conversations.values()
    reply = show_job_results(conversations, query or QUERY, floor.now, **page)
    model = Schema(ref="#/definitions/AnalyticsConversationAsyncQueryResponse")
    assert misfits(definition(), model, reply) == []
    return [each["conversationId"] for each in reply["conversations"]], reply.get("cursor")


def test_the_last_page_has_no_cursor():
    floor = Floor(agents=0)
    made = [floor.offered().id for _ in range(5)]
    assert ask(floor) == (made, None)
    assert ask(floor, size=2) == (made[:2], "2")
    assert ask(floor, size=2, cursor="4") == (made[4:], None)
    assert ask(floor, size=5, cursor="") == (made, None)


def test_activity_counts_or_the_start_of_the_day():
    floor = Floor(agents=0)
    made = floor.offered().id
    assert ask(floor, EARLY) == ([], None)
    assert ask(floor, {**EARLY, "startOfDayIntervalMatching": True}) == ([made], None)


@pytest.mark.parametrize(
    "page", [{"cursor": "x"}, {"cursor": "1" * 10}, {"size": 0}, {"size": 1001}]
)
def test_what_is_not_a_page(page):
    with pytest.raises(Problem):
        ask(Floor(agents=0), **page)
