"""Items that a test puts into listings."""

import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.simulator import Settings, Simulator
from tests.strategies.simulator import Desk, operation, small_document

TEXT = {"type": "string"}


def test_a_collection_has_them_like_its_own():
    desk = Desk()
    desk.call("POST", "/api/v2/routing/skills", {"name": "Spanish"})
    seeded = desk.simulator.seed_items("GET", "/api/v2/routing/skills", 2)
    listed = desk.call("GET", "/api/v2/routing/skills").json["entities"]
    assert [each["name"] for each in listed] == ["Spanish", "name 002", "name 003"]
    where = f"/api/v2/routing/skills/{seeded[0]['id']}"
    assert seeded[0]["selfUri"] == where
    assert desk.call("GET", where).json["name"] == "name 002"
    assert desk.call("DELETE", where).status in {200, 204}
    assert desk.call("GET", where).status == 404


def test_users_and_queues_are_seeded_too():
    desk = Desk()
    users = desk.simulator.seed_items("GET", "/api/v2/users", 2)
    assert desk.call("GET", f"/api/v2/users/{users[0]['id']}").status == 200
    assert len({each["email"] for each in users}) == 2
    desk.simulator.seed_items("GET", "/api/v2/routing/queues", 2)
    assert desk.call("GET", "/api/v2/routing/queues").json["total"] == 7


def test_parents_are_created():
    desk = Desk()
    path = "/api/v2/architect/prompts/p/resources"
    desk.simulator.seed_items("GET", path, 2)
    assert desk.call("GET", "/api/v2/architect/prompts/p").json["id"] == "p"
    assert len(desk.call("GET", path).json["entities"]) == 2
    desk.simulator.seed_items("GET", path, 1)
    assert len(desk.call("GET", path).json["entities"]) == 3


def test_a_listing_without_a_collection_has_them_alone():
    desk = Desk()
    path = "/api/v2/analytics/conversations/details"
    assert desk.call("GET", f"{path}?id=a").json["conversations"] == []
    seeded = desk.simulator.seed_items("GET", path, 2)
    assert desk.call("GET", f"{path}?id=a").json["conversations"] == seeded
    more = desk.simulator.seed_items("GET", path, 1)
    assert desk.call("GET", path).json["conversations"] == [*seeded, *more]
    assert len({each["conversationId"] for each in [*seeded, *more]}) == 3


def test_items_of_a_view_refer_to_what_is_above():
    desk = Desk()
    path = "/api/v2/externalcontacts/organizations/o/contacts"
    desk.simulator.seed_items("GET", path, 2)
    listed = desk.call("GET", path).json["entities"]
    assert [each["externalOrganization"]["id"] for each in listed] == ["o", "o"]
    assert desk.call("GET", "/api/v2/externalcontacts/contacts").json["total"] == 2


def test_items_of_the_caller_are_of_the_first_user():
    desk = Desk()
    path = "/api/v2/learning/assignments/me"
    desk.simulator.seed_items("GET", path, 2)
    assert len(desk.call("GET", path).json["entities"]) == 2


def test_items_of_a_search_are_found():
    desk = Desk()
    seeded = desk.simulator.seed_items("POST", "/api/v2/groups/search", 2)
    found = desk.call("POST", "/api/v2/groups/search", {"query": []}).json["results"]
    assert [each["id"] for each in found] == [each["id"] for each in seeded]


def test_members_are_in_their_list_alone():
    desk = Desk()
    path = "/api/v2/users/u/profileskills"
    seeded = desk.simulator.seed_items("GET", path, 2)
    assert desk.call("GET", path).json == seeded == ["value 001", "value 002"]


def test_they_have_what_the_query_asks_for():
    desk = Desk()
    target = "/api/v2/outbound/campaignrules?name=Night&id=x"
    (rule,) = desk.simulator.seed_items("GET", target, 1)
    assert (rule["name"], rule["id"] == "x") == ("Night", False)


def test_jobs_have_succeeded():
    desk = Desk()
    jobs = "/api/v2/recording/jobs"
    seeded = desk.simulator.seed_items("GET", jobs, 2)
    listed = desk.call("GET", jobs).json["entities"]
    assert [(each["id"], each["state"]) for each in listed] == [
        (each["id"], "FULFILLED") for each in seeded
    ]
    results = "/api/v2/analytics/conversations/details/jobs/j/results"
    desk.simulator.seed_items("GET", results, 2)
    assert len(desk.call("GET", results).json["conversations"]) == 2


def test_what_an_item_lists_itself():
    desk = Desk()
    path = "/api/v2/architect/prompts/p/history/h"
    desk.simulator.seed_items("GET", path, 2)
    history = desk.call("GET", path).json
    assert (history["id"], len(history["entities"])) == ("h", 2)


def test_one_below_a_template_is_for_every_id():
    desk = Desk(
        Simulator(
            small_document(
                {"/x/{id}/y": {"get": operation(reply={"type": "array", "items": TEXT})}}
            )
        )
    )
    desk.simulator.seed_items("GET", "/x/{id}/y", 1)
    desk.simulator.seed_items("GET", "/x/a/y", 2)
    assert desk.send("GET", "/x/a/y").json == ["value 001", "value 002"]
    assert desk.send("GET", "/x/b/y").json == ["value 001"]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"type": "integer"}, [1, 2]),
        ({"type": "boolean"}, [True, True]),
        ({"type": "number"}, [1.5, 1.5]),
    ],
)
def test_items_that_are_no_objects(item, expected):
    paths = {"/x": {"get": operation(reply={"type": "array", "items": item})}}
    desk = Desk(Simulator(small_document(paths)))
    desk.simulator.seed_items("GET", "/x", 2)
    assert desk.send("GET", "/x").json == expected


@pytest.mark.parametrize(
    ("method", "target", "words"),
    [
        ("GET", "/nowhere", "has no such operation"),
        ("PATCH", "/api/v2/groups", "has no such operation"),
        ("GET", "/api/v2/date", "is not a listing"),
    ],
)
def test_what_cannot_be_seeded(method, target, words):
    with pytest.raises(InvalidValueError, match=words):
        Desk().simulator.seed_items(method, target, 1)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2/speechandtextanalytics/conversations/c1/categories",
        "/api/v2/voicemail/users/u1/messages",
        "/api/v2/conversations/c1/communications/p1/agentchecklists",
    ],
)
def test_what_their_path_refers_to_is_created(path):
    desk = Desk()
    desk.simulator.seed_items("GET", path, 2)
    desk.simulator.seed_items("GET", path, 1)
    assert desk.call("GET", path).status == 200
    above = [*desk.simulator.state.contact_center.conversations, *desk.simulator.state.users]
    assert {"c1", "u1"} & {*above}


def test_a_job_that_no_operation_starts():
    desk = Desk(settings=Settings(job_duration=10))
    path = "/api/v2/workforcemanagement/schedulingjobs"
    job = desk.simulator.start_job(path, now=desk.now)
    assert desk.call("GET", f"{path}/{job}").json["status"] == "Pending"
    desk.sleep(10)
    assert desk.call("GET", f"{path}/{job}").json["status"] == "Success"
    below = "/api/v2/workforcemanagement/businessunits/b/scheduling/runs"
    run = desk.simulator.start_job(below, now=desk.now)
    assert desk.call("GET", f"{below}/{run}").json["state"] == "Queued"
    polled = desk.simulator.start_job("/api/v2/usage/query", now=desk.now)
    assert desk.call("GET", f"/api/v2/usage/query/{polled}/results").status == 200


@pytest.mark.parametrize("path", ["/api/v2/users", "/api/v2/nothing", "/api/v2/users/x"])
def test_no_job_starts_where_there_are_none(path):
    with pytest.raises(InvalidValueError, match="the definition has no jobs at this path"):
        Desk().simulator.start_job(path, now=Desk().now)


def test_scim_users_are_seeded_into_their_listing_alone():
    desk = Desk()
    users = "/api/v2/scim/users"
    seeded = desk.simulator.seed_items("GET", users, 3)
    page = desk.call("GET", users).json
    assert [each["id"] for each in page["Resources"]] == [each["id"] for each in seeded]
    assert len(desk.simulator.state.users) == 60
