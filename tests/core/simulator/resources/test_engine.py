"""Collections and single resources of the definition."""

import copy
from urllib.parse import quote

import pytest
from msgspec import structs

from genesys_core.simulator import Settings, Simulator, World
from genesys_core.simulator.resources.engine import EXAMPLE_HEADER
from tests.strategies.simulator import Desk, definition, operation, small_document

GROUPS = "/api/v2/groups"
DIVISIONS = "/api/v2/authorization/divisions"
LIBRARIES = "/api/v2/responsemanagement/libraries"
MODULE = {"name": "M", "completionTimeInDays": 1}
GROUP = {"name": "Tier 1", "type": "official", "visibility": "public", "rulesVisible": True}


def is_example(answer):
    name, value = EXAMPLE_HEADER
    return answer.headers.get(name) == value


def test_a_life():
    desk = Desk()
    assert desk.call("GET", GROUPS).json["total"] == 0
    owner = next(iter(desk.simulator.state.users))
    created = desk.call("POST", GROUPS, GROUP | {"ownerIds": [owner], "id": "mine"}).json
    where = f"{GROUPS}/{created['id']}"
    assert created["id"] != "mine"
    assert (created["selfUri"], created["version"], created["name"]) == (where, 1, "Tier 1")
    assert created["dateModified"] == "2023-11-14T22:13:20.000Z"
    read = desk.call("GET", where)
    assert read.json == created
    assert not is_example(read)
    assert desk.call("GET", f"{GROUPS}?pageSize=1").json["entities"] == [created]

    desk.sleep(61.5)
    changed = desk.call("PUT", where, {"name": "Tier 2", "version": 1}).json
    assert (changed["version"], changed["name"], changed["id"]) == (2, "Tier 2", created["id"])
    assert changed["dateModified"] == "2023-11-14T22:14:21.500Z"
    stale = desk.call("PUT", where, {"name": "Tier 3", "version": 1})
    assert (stale.status, stale.json["code"]) == (409, "general.conflict")
    assert desk.call("GET", where).json == changed

    assert desk.call("DELETE", where).status in {200, 204}
    for method, *body in (("GET",), ("PUT", {"version": 2}), ("DELETE",)):
        gone = desk.call(method, where, *body)
        assert (gone.status, gone.json["entityName"]) == (404, "group")
    assert desk.call("GET", GROUPS).json["total"] == 0


def test_names_that_are_unique_ignore_case():
    desk = Desk()
    first = desk.call("POST", GROUPS, GROUP).json
    again = desk.call("POST", GROUPS, GROUP | {"name": "TIER 1"})
    assert (again.status, again.json["code"]) == (409, "general.conflict")
    other = desk.call("POST", GROUPS, GROUP | {"name": "Tier 2"}).json
    where = f"{GROUPS}/{other['id']}"
    assert desk.call("PUT", where, {"name": "tier 1", "version": 1}).status == 409
    assert (
        desk.call("PUT", f"{GROUPS}/{first['id']}", {"name": "Tier 1", "version": 1}).status == 200
    )


def test_the_home_division_is_there_and_things_belong_to_it():
    desk = Desk()
    (home,) = desk.call("GET", DIVISIONS).json["entities"]
    assert (home["name"], home["homeDivision"]) == ("Home", True)
    assert desk.call("GET", f"{DIVISIONS}/{home['id']}").status == 200
    me = desk.call("GET", "/api/v2/users/me").json
    assert me["division"]["id"] == home["id"]
    code = desk.call("POST", "/api/v2/routing/wrapupcodes", {"name": "Sale"}).json
    assert code["division"]["id"] == home["id"]


def test_below_a_parent():
    desk = Desk()
    path = "/api/v2/outbound/contactlists/{}/contacts"
    missing = desk.call("GET", "/api/v2/groups/nowhere/members")
    assert (missing.status, missing.json["entityName"]) == (404, "group")
    user = next(iter(desk.simulator.state.users))
    assert desk.call("GET", f"/api/v2/users/{user}/outofoffice").status == 200
    assert desk.call("GET", "/api/v2/users/nobody/outofoffice").status == 404
    assert desk.call("GET", "/api/v2/routing/queues/none/members").status == 404
    assert desk.call("GET", path.format("none") + "/x").status == 404


def test_a_deleted_parent_takes_what_is_below_with_it():
    desk = Desk(Simulator(nested()))
    parent = desk.call("POST", "/x", {"name": "p"}).json["id"]
    other = desk.call("POST", "/x", {"name": "o"}).json["id"]
    for each in (parent, other):
        child = desk.call("POST", f"/x/{each}/y", {"name": "c"}).json
        assert desk.call("GET", f"/x/{each}/y/{child['id']}").json == child
        assert desk.call("PUT", f"/x/{each}/s", {"name": "s"}).status == 200
    state = desk.simulator.state
    before = (len(state.collections), len(state.singles))
    assert desk.call("DELETE", f"/x/{parent}").status == 204
    assert (len(state.collections), len(state.singles)) == (before[0] - 1, before[1] - 1)
    assert desk.call("GET", f"/x/{parent}/y").status == 404
    assert len(desk.call("GET", f"/x/{other}/y").json) == 1


def thing(version="integer"):
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["must"],
        "properties": {
            "id": text,
            "name": text,
            "must": text,
            "version": {"type": version},
            "note": text,
        },
    }


def nested(version="integer"):
    ref = {"$ref": "#/definitions/Thing"}
    given = {
        "name": "body",
        "in": "body",
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "version": {"type": version}},
        },
    }
    listed = {"type": "array", "items": ref}
    item = {
        "get": operation(reply=ref),
        "put": operation(given, reply=ref),
        "patch": operation(given),
        "delete": operation(),
    }
    created = operation(given, reply=ref)
    paths = {
        "/x": {"get": operation(reply=listed), "post": created},
        "/x/{id}": item,
        "/x/{xId}/y": {"get": operation(reply=listed), "post": created},
        "/x/{id}/y/{yId}": item,
        "/x/{id}/s": {"get": operation(reply=ref), "put": operation(given, reply=ref)},
        "/c/{id}": {"get": operation(reply=ref), "patch": operation(given, reply=ref)},
        "/c": {"get": operation(reply=listed)},
        "/d/{id}": {
            "get": operation(reply=ref),
            "put": operation(given, reply=ref),
            "delete": operation(),
        },
        "/d": {"get": operation(reply=listed)},
        "/r": {"get": operation(reply=listed)},
        "/r/{id}": {"get": operation(reply=ref)},
    }
    return small_document(paths, {"Thing": thing(version)})


GIVEN = {
    "name": "body",
    "in": "body",
    "schema": {"type": "object", "properties": {"name": {"type": "string"}}},
}
NAMED = {
    "type": "object",
    "properties": {"names": {"type": "array", "items": {"type": "string"}}},
}
IDS = {"name": "body", "in": "body", "schema": NAMED["properties"]["names"]}
SINGLES = {
    "/s": {
        "get": operation(reply={"$ref": "#/definitions/Thing"}),
        "put": operation(GIVEN, reply={"$ref": "#/definitions/Thing"}),
        "delete": operation(),
    },
    "/t": {"get": operation(reply=NAMED), "put": operation(IDS, reply=NAMED)},
}
COMMANDS = {
    f"/x/{{id}}/{verb}": {"post": operation(GIVEN, reply={"$ref": "#/definitions/Thing"})}
    for verb in ("rename", "copy")
}


def test_a_put_replaces_and_a_patch_merges():
    desk = Desk(Simulator(nested()))
    made = desk.call("POST", "/x", {"name": "n"}).json
    assert made == {"id": made["id"], "name": "n", "must": "must", "version": 1}
    where = f"/x/{made['id']}"
    assert desk.call("PATCH", where, {"version": 1}).status == 204
    assert desk.call("GET", where).json == made | {"version": 2}
    assert desk.call("PATCH", where, {"name": None}).status == 204
    assert "name" not in desk.call("GET", where).json
    desk.call("PATCH", where, {"name": "m"})
    assert "name" not in desk.call("PUT", where, {}).json


def test_a_put_without_a_body_replaces_nothing():
    ref = {"$ref": "#/definitions/Thing"}
    body = {"name": "body", "in": "body", "schema": ref}
    item = {"get": operation(reply=ref), "put": operation(body, reply=ref)}
    paths = {"/x": {"post": operation(reply=ref)}, "/x/{id}": item}
    desk = Desk(Simulator(small_document(paths, {"Thing": thing()})))
    where = f"/x/{desk.call('POST', '/x').json['id']}"
    assert desk.call("PUT", where).json["version"] == 2


@pytest.mark.parametrize(("version", "first", "second"), [("integer", 1, 2), ("string", "1", "2")])
def test_versions_are_numbers_or_texts(version, first, second):
    desk = Desk(Simulator(nested(version)))
    made = desk.call("POST", "/x", {"name": "n"}).json
    assert made["version"] == first
    where = f"/x/{made['id']}"
    assert desk.call("PUT", where, {"version": first}).json["version"] == second
    assert desk.call("PUT", where, {"version": first}).status == 409


def test_a_single_resource_is_an_example_until_written():
    desk = Desk(Simulator(nested()))
    owner = desk.call("POST", "/x", {"name": "n"}).json["id"]
    before = desk.call("GET", f"/x/{owner}/s")
    assert is_example(before)
    written = desk.call("PUT", f"/x/{owner}/s", {"name": "mine"})
    after = desk.call("GET", f"/x/{owner}/s")
    assert after.json == written.json
    assert after.json["name"] == "mine"
    assert not is_example(after)
    again = desk.call("PUT", f"/x/{owner}/s", {"name": "yours"})
    assert again.json["version"] == written.json["version"] + 1


def test_a_version_that_is_no_number_stays():
    desk = Desk(Simulator(nested("string")))
    assert desk.call("PATCH", "/c/a", {"name": "mine"}).json["version"] == "version"


def test_items_that_cannot_be_created_are_examples_until_written():
    desk = Desk(Simulator(nested()))
    assert is_example(desk.call("GET", "/c"))
    before = desk.call("GET", "/c/a")
    assert is_example(before)
    assert before.json["id"] == "a"
    written = desk.call("PATCH", "/c/a", {"name": "mine"}).json
    after = desk.call("GET", "/c/a")
    assert after.json == written
    assert not is_example(after)
    assert desk.call("GET", "/c").json == [written]
    assert not is_example(desk.call("GET", "/c"))


def test_a_read_only_collection_has_one_item():
    desk = Desk(Simulator(nested()))
    (only,) = desk.call("GET", "/r").json
    assert desk.call("GET", f"/r/{only['id']}").json == only
    assert is_example(desk.call("GET", f"/r/{only['id']}"))
    assert desk.call("GET", "/r/other").status == 404


DETAILS = "/api/v2/analytics/conversations/details/jobs"
INTERVAL = {"interval": "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"}


def test_a_job_ends_with_results_on_the_simulators_clock():
    desk = Desk(settings=Settings(job_duration=10))
    job = desk.call("POST", DETAILS, INTERVAL).json["jobId"]
    where = f"{DETAILS}/{job}"
    states = []
    for _ in range(4):
        states.append(desk.call("GET", where).json["state"])
        results = desk.call("GET", f"{where}/results")
        assert results.status == (200 if states[-1] == "FULFILLED" else 404)
        desk.sleep(4)
    assert states == ["QUEUED", "QUEUED", "PENDING", "FULFILLED"]
    assert "cursor" not in results.json
    assert is_example(results)
    assert desk.call("DELETE", where).status in {200, 204}
    for target in (where, f"{where}/results"):
        assert desk.call("GET", target).status == 404
    assert desk.simulator.state.jobs == {}


def test_a_job_may_fail():
    desk = Desk()
    desk.simulator.set_job_outcome(DETAILS, "failure")
    job = desk.call("POST", DETAILS, INTERVAL).json["jobId"]
    desk.sleep(1)
    assert desk.call("GET", f"{DETAILS}/{job}").json["state"] == "FAILED"
    assert desk.call("GET", f"{DETAILS}/{job}/results").status == 404


def test_jobs_are_listed_with_their_states():
    desk = Desk()
    jobs = "/api/v2/recording/jobs"
    body = {"action": "DELETE", "actionDate": "2024-01-01T00:00:00.000Z"}
    started = desk.call("POST", jobs, body).json
    assert (started["state"], started["selfUri"]) == ("PENDING", f"{jobs}/{started['id']}")
    desk.sleep(1)
    (listed,) = desk.call("GET", jobs).json["entities"]
    assert (listed["id"], listed["state"]) == (started["id"], "READY")


def test_division_views_have_what_their_collection_has():
    desk = Desk()
    codes = "/api/v2/routing/wrapupcodes"
    assert desk.call("GET", f"{codes}/divisionviews").json["entities"] == []
    code = desk.call("POST", codes, {"name": "Sale"}).json
    (listed,) = desk.call("GET", f"{codes}/divisionviews").json["entities"]
    view = desk.call("GET", f"{codes}/divisionviews/{code['id']}")
    assert view.json == listed
    assert (listed["id"], listed["name"]) == (code["id"], "Sale")
    assert not is_example(view)
    desk.call("DELETE", f"{codes}/{code['id']}")
    assert desk.call("GET", f"{codes}/divisionviews/{code['id']}").status == 404
    queues = desk.call("GET", "/api/v2/routing/queues/divisionviews/all?pageSize=100").json
    assert queues["total"] == len(desk.simulator.state.queues)


def test_without_state_all_answers_are_examples():
    desk = Desk(settings=Settings(stateful=False))
    assert desk.call("GET", f"{GROUPS}/anything").json["id"] == "anything"
    assert set(desk.simulator.coverage().values()) == {"handler", "example"}


def test_what_no_rule_describes_says_that_it_is_an_example():
    desk = Desk()
    answer = desk.call("GET", "/api/v2/date")
    assert answer.status == 200
    assert is_example(answer)


def test_no_more_items_than_the_settings_allow():
    desk = Desk(Simulator(nested(), settings=Settings(max_items=2)))
    made = desk.call("POST", "/x", {"name": "n"}).json
    assert desk.call("PATCH", "/c/a", {"name": "n"}).status == 200
    for method, path in (("POST", "/x"), ("PATCH", "/c/b"), ("PUT", f"/x/{made['id']}/s")):
        refused = desk.call(method, path, {"name": "n"})
        assert (refused.status, "at most 2" in refused.json["message"]) == (400, True)
    assert desk.call("PUT", f"/x/{made['id']}", {"name": "m"}).status == 200
    assert desk.call("PATCH", "/c/a", {"name": "m"}).status == 200


def test_the_same_calls_give_the_same_bytes_and_a_copy_is_independent():
    one, two = Desk(), Desk()
    for desk in (one, two):
        desk.call("POST", LIBRARIES, {"name": "L"})
    assert one.call("GET", LIBRARIES).body == two.call("GET", LIBRARIES).body
    one.simulator.state = copy.deepcopy(two.simulator.state)
    one.call("POST", LIBRARIES, {"name": "M"})
    assert two.call("GET", LIBRARIES).json["total"] == 1


def test_an_entity_that_is_no_object_has_no_properties():
    models = {"Loop": {"$ref": "#/definitions/Loop"}}
    paths = {"/x": {"get": operation(reply={"$ref": "#/definitions/Loop"})}}
    assert Desk(Simulator(small_document(paths, models))).call("GET", "/x").status == 200


def test_views_below_other_items_and_of_the_caller():
    desk = Desk()
    one, two = list(desk.simulator.state.users)[:2]
    user = desk.call("GET", f"/api/v2/users/{two}").json
    reports = f"/api/v2/users/{one}/directreports"
    assert desk.call("GET", reports).json == []
    body = {"manager": one, "version": user["version"]}
    assert desk.call("PATCH", f"/api/v2/users/{two}", body).status == 200
    assert [each["id"] for each in desk.call("GET", reports).json] == [two]
    assignments = "/api/v2/learning/assignments"
    module = desk.call("POST", "/api/v2/learning/modules", MODULE).json["id"]
    for each in (one, two):
        body = {"moduleId": module, "userId": each}
        assert desk.call("POST", assignments, body).status == 200
    assert len(desk.call("GET", f"{assignments}/me").json["entities"]) == 1


def test_searches():
    desk = Desk()
    for name in ("Tier 1", "Tier 2"):
        desk.call("POST", GROUPS, GROUP | {"name": name})
    query = {"query": [{"type": "EXACT", "fields": ["name"], "value": "tier 2"}], "pageSize": 1}
    found = desk.call("POST", f"{GROUPS}/search", query).json
    assert ([each["name"] for each in found["results"]], found["total"]) == (["Tier 2"], 1)
    same = desk.call("GET", f"{GROUPS}/search?q64={quote(found['currentPage'])}").json
    assert same["results"] == found["results"]


def test_commands_respond_with_the_item_that_they_change():
    desk = Desk(Simulator(nested() | {"paths": {**nested()["paths"], **COMMANDS}}))
    made = desk.call("POST", "/x", {"name": "n"}).json
    where = f"/x/{made['id']}"
    changed = desk.call("POST", f"{where}/rename", {"name": "m"}).json
    assert changed == made | {"name": "m", "version": 2}
    copied = desk.call("POST", f"{where}/copy", {"name": "o"}).json
    assert (copied["name"], copied["id"] != made["id"]) == ("o", True)
    assert [each["name"] for each in desk.call("GET", "/x").json] == ["m", "o"]
    assert desk.call("POST", "/x/none/rename", {"name": "m"}).status == 404


def test_a_single_resource_that_has_a_list():
    desk = Desk()
    users = "/api/v2/orgauthorization/trustees/o/users"
    (user,) = desk.simulator.seed_items("GET", users, 1)
    path = f"{users}/{user['id']}/roles"
    before = desk.call("GET", path).json
    written = desk.call("PUT", path, ["r"]).json
    assert [each["id"] for each in written["roles"]] == ["r"]
    assert desk.call("GET", path).json == written != before


def test_a_single_resource_that_is_reset():
    desk = Desk(Simulator(nested() | {"paths": SINGLES}))
    before = desk.call("GET", "/s").json
    assert desk.call("PUT", "/s", {"name": "mine"}).json != before
    assert desk.call("DELETE", "/s").status == 204
    assert desk.call("GET", "/s").json == before
    assert desk.call("PUT", "/t", ["a"]).json == {"names": ["a"]}
    assert desk.call("PUT", "/t").json == {"names": ["a"]}


def test_what_is_deleted_is_no_example_again():
    desk = Desk(Simulator(nested()))
    (only,) = desk.call("GET", "/d").json
    assert desk.call("DELETE", f"/d/{only['id']}").status == 204
    assert desk.call("GET", "/d").json == []
    assert desk.call("GET", f"/d/{only['id']}").status == 404
    assert desk.call("GET", "/d/other").status == 200
    assert desk.call("PUT", f"/d/{only['id']}", {"name": "again"}).json["name"] == "again"
    assert desk.call("GET", f"/d/{only['id']}").status == 200


def test_a_job_goes_on_when_its_caller_writes_it():
    desk = Desk()
    jobs = "/api/v2/recording/jobs"
    body = {"action": "DELETE", "actionDate": "2024-01-01T00:00:00.000Z"}
    where = f"{jobs}/{start(desk, jobs, body)}"
    desk.sleep(1)
    assert desk.call("GET", where).json["state"] == "READY"
    assert desk.call("PUT", where, {"state": "PROCESSING"}).json["state"] == "PROCESSING"
    desk.sleep(1)
    assert desk.call("GET", where).json["state"] == "FULFILLED"


def test_a_job_with_its_results_in_its_own_response():
    desk = Desk(settings=Settings(page_size=1))
    jobs = "/api/v2/usage/aggregates/query/jobs"
    target = f"{jobs}/{{jobId}}"
    seeded = desk.simulator.seed_items("GET", target, 2)
    body = {"interval": INTERVAL["interval"]}
    job = start(desk, jobs, body)
    assert "entities" not in desk.call("GET", f"{jobs}/{job}").json
    desk.sleep(1)
    first = desk.call("GET", f"{jobs}/{job}").json
    assert first["entities"] == seeded[:1]


def start(desk, jobs, body):
    assert desk.call("POST", jobs, body).status == 200
    return next(reversed(desk.simulator.state.collections[tuple(jobs.split("/"))]))


def test_who_calls_without_a_user():
    world = World.sample(users=1)
    client = structs.replace(world.clients[0], user_id=None)
    desk = Desk(Simulator(definition(), world=structs.replace(world, clients=(client,))))
    assert desk.call("GET", "/api/v2/learning/assignments/me").json["entities"] == []


def test_members_that_a_test_put_into_a_list():
    desk = Desk()
    path = "/api/v2/users/u/profileskills"
    seeded = desk.simulator.seed_items("GET", path, 2)
    assert desk.call("GET", path).json == seeded


def test_members_that_an_operation_adds_are_listed():
    desk = Desk()
    user = next(iter(desk.simulator.state.users))
    group = desk.call("POST", GROUPS, GROUP | {"ownerIds": [user]}).json
    where = f"{GROUPS}/{group['id']}/members"
    added = desk.call("POST", where, {"memberIds": [user], "version": group["version"]})
    assert added.status == 202
    assert [each["id"] for each in desk.call("GET", where).json["entities"]] == [user]
