"""Items: how they are found, created, changed and deleted."""

import pytest

from genesys_core.simulator import Settings, Simulator
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.resources.store import ResourceStore, kind_of, resource_path
from genesys_core.simulator.state.definition import Schema
from tests.strategies.simulator import Desk, definition, operation, small_document

GROUPS = "/api/v2/groups"
GROUP = {"name": "Tier 1", "type": "official", "visibility": "public", "rulesVisible": True}
TEXT = {"type": "string"}
REF = {"$ref": "#/definitions/Thing"}


def test_a_life():
    desk = Desk()
    owner = next(iter(desk.simulator.state.users))
    created = desk.call("POST", GROUPS, GROUP | {"ownerIds": [owner], "id": "mine"}).json
    where = f"{GROUPS}/{created['id']}"
    assert created["id"] != "mine"
    assert (created["selfUri"], created["version"], created["name"]) == (where, 1, "Tier 1")
    desk.sleep(61.5)
    changed = desk.call("PUT", where, {"name": "Tier 2", "version": 1}).json
    assert changed["dateModified"] == "2023-11-14T22:14:21.500Z"
    assert (changed["version"], changed["name"], changed["id"]) == (2, "Tier 2", created["id"])
    stale = desk.call("PUT", where, {"name": "Tier 3", "version": 1})
    assert (stale.status, stale.json["code"]) == (409, "general.conflict")
    assert desk.call("DELETE", where).status in {200, 204}
    assert desk.call("GET", where).status == 404


def test_names_that_are_unique_ignore_case():
    desk = Desk()
    first = desk.call("POST", GROUPS, GROUP).json
    again = desk.call("POST", GROUPS, GROUP | {"name": "TIER 1"})
    assert (again.status, again.json["code"]) == (409, "general.conflict")
    where = f"{GROUPS}/{first['id']}"
    assert desk.call("PUT", where, {"name": "Tier 1", "version": 1}).status == 200
    libraries = "/api/v2/responsemanagement/libraries"
    for _ in range(2):  # names of libraries are not unique
        assert desk.call("POST", libraries, {"name": "L"}).status == 200


def test_things_belong_to_the_home_division():
    desk = Desk()
    codes = "/api/v2/routing/wrapupcodes"
    home = desk.call("GET", "/api/v2/authorization/divisions").json["entities"][0]["id"]
    assert desk.call("POST", codes, {"name": "Sale"}).json["division"]["id"] == home
    sales = {"name": "Sales", "description": "S"}
    division = desk.call("POST", "/api/v2/authorization/divisions", sales).json["id"]
    other = desk.call("POST", codes, {"name": "No", "division": {"id": division}}).json
    assert other["division"]["id"] == division


def document(version="integer"):
    thing = {
        "type": "object",
        "required": ["must"],
        "properties": {"id": TEXT, "name": TEXT, "must": TEXT, "version": {"type": version}},
    }
    given = {
        "name": "body",
        "in": "body",
        "schema": {
            "type": "object",
            "properties": {"name": TEXT, "version": {"type": version}},
        },
    }
    item = {
        "get": operation(reply=REF),
        "put": operation(given, reply=REF),
        "patch": operation(given),
        "delete": operation(),
    }
    listed = operation(reply={"type": "array", "items": REF})
    paths = {
        "/x": {"get": listed, "post": operation(given, reply=REF)},
        "/x/{id}": item,
        "/x/{xId}/y": {"get": listed, "post": operation(given, reply=REF)},
        "/x/{id}/y/{yId}": item,
        "/x/{id}/s": {"get": operation(reply=REF), "put": operation(given, reply=REF)},
        "/c": {"get": listed},
        "/c/{id}": {"get": operation(reply=REF), "patch": operation(given, reply=REF)},
        "/n": {"post": operation(reply=REF)},
        "/n/{id}": {
            "get": operation(reply=REF),
            "put": operation(given | {"schema": REF}, reply=REF),
        },
    }
    return small_document(paths, {"Thing": thing})


def test_a_put_replaces_and_a_patch_merges():
    desk = Desk(Simulator(document()))
    made = desk.call("POST", "/x", {"name": "n"}).json
    assert made == {"id": made["id"], "name": "n", "must": "must", "version": 1}
    where = f"/x/{made['id']}"
    assert desk.call("PATCH", where, {"version": 1}).status == 204
    assert desk.call("GET", where).json == made | {"version": 2}
    assert desk.call("PATCH", where, {"name": None}).status == 204
    assert "name" not in desk.call("GET", where).json
    desk.call("PATCH", where, {"name": "m"})
    assert "name" not in desk.call("PUT", where, {}).json
    nothing = desk.call("POST", "/n").json["id"]
    assert desk.call("PUT", f"/n/{nothing}").json["version"] == 2


@pytest.mark.parametrize(("version", "first", "second"), [("integer", 1, 2), ("string", "1", "2")])
def test_versions_are_numbers_or_texts(version, first, second):
    desk = Desk(Simulator(document(version)))
    made = desk.call("POST", "/x", {"name": "n"}).json
    assert made["version"] == first
    where = f"/x/{made['id']}"
    assert desk.call("PUT", where, {"version": first}).json["version"] == second
    assert desk.call("PUT", where, {"version": first}).status == 409


def test_a_version_that_is_no_number_stays():
    desk = Desk(Simulator(document("string")))
    assert desk.call("PATCH", "/c/a", {"name": "mine"}).json["version"] == "version"


def test_a_deleted_parent_takes_what_is_below_with_it():
    desk = Desk(Simulator(document()))
    parent, other = (desk.call("POST", "/x", {"name": each}).json["id"] for each in "po")
    for each in (parent, other):
        assert desk.call("POST", f"/x/{each}/y", {"name": "c"}).status == 200
        assert desk.call("PUT", f"/x/{each}/s", {"name": "s"}).status == 200
    state = desk.simulator.state
    before = (len(state.collections), len(state.singles))
    assert desk.call("DELETE", f"/x/{parent}").status == 204
    assert (len(state.collections), len(state.singles)) == (before[0] - 1, before[1] - 1)
    assert desk.call("GET", f"/x/{parent}/y").status == 404
    assert len(desk.call("GET", f"/x/{other}/y").json) == 1


def test_parents_have_to_exist():
    desk = Desk()
    user = next(iter(desk.simulator.state.users))
    assert desk.call("GET", f"/api/v2/users/{user}/outofoffice").status == 200
    assert desk.call("GET", "/api/v2/users/nobody/outofoffice").status == 404
    assert desk.call("GET", "/api/v2/routing/queues/none/members").status == 404
    missing = desk.call("GET", "/api/v2/groups/nowhere/members")
    assert (missing.status, missing.json["entityName"]) == (404, "group")


def test_items_that_cannot_be_created():
    desk = Desk(Simulator(document()))
    (example,) = desk.call("GET", "/c").json
    written = desk.call("PATCH", "/c/a", {"name": "mine"}).json
    assert desk.call("GET", "/c").json == [written]
    assert example["id"] != "a"


def test_no_more_items_than_the_settings_allow():
    desk = Desk(Simulator(document(), settings=Settings(max_items=2)))
    made = desk.call("POST", "/x", {"name": "n"}).json
    assert desk.call("PATCH", "/c/a", {"name": "n"}).status == 200
    for method, path in (("POST", "/x"), ("PATCH", "/c/b"), ("PUT", f"/x/{made['id']}/s")):
        refused = desk.call(method, path, {"name": "n"})
        assert (refused.status, "at most 2" in refused.json["message"]) == (400, True)
    assert desk.call("PUT", f"/x/{made['id']}", {"name": "m"}).status == 200


def test_what_items_any_id_may_have():
    known = definition()
    store = ResourceStore(known, ResourceRules(known))
    state = Desk().simulator.state
    assert store.known_items(state, "/api/v2/users", {}) is state.users
    assert store.known_items(state, "/nowhere", {}) is None
    assert store.known_items(state, "/api/v2/groups", {}) == {}
    assert store.make_example(Schema(type="string")) == {}


def test_paths_and_names():
    assert resource_path("/a/{b}/c", {"b": "x/y"}) == ("", "a", "x/y", "c")
    assert kind_of("/api/v2/groups") == "group"
    assert kind_of("/api/v2/groups/{groupId}") == "groupId"


def test_what_is_stored_of_users_and_queues():
    known = definition()
    store = ResourceStore(known, ResourceRules(known))
    state = Desk().simulator.state
    assert store.known_items(state, "/api/v2/routing/queues", {}) is state.queues


def test_an_example_that_was_deleted_is_not_listed():
    desk = Desk()
    path = "/api/v2/fax/documents"
    (only,) = desk.call("GET", path).json["entities"]
    assert desk.call("DELETE", f"{path}/{only['id']}").status == 204
    assert desk.call("GET", path).json["entities"] == []


def test_members_do_not_have_to_exist_for_what_is_below():
    desk = Desk()
    user = next(iter(desk.simulator.state.users))
    path = f"/api/v2/users/{user}/routingskills/none"
    assert desk.call("DELETE", path).status == 404


def test_a_stale_version_of_outbound_has_a_code_of_its_own():
    desk, path = Desk(), "/api/v2/outbound/contactlists"
    body = {"name": "Leads", "columnNames": ["a"]}
    made = desk.call("POST", path, body).json
    stale = desk.call("PUT", f"{path}/{made['id']}", {**body, "version": 9})
    assert (stale.status, stale.json["code"]) == (409, "invalid.update.wrong.version")


def test_a_deleted_flow_is_gone_and_an_unknown_one_not_found():
    desk, path = Desk(), "/api/v2/flows"
    made = desk.call("POST", path, {"name": "Main", "type": "INBOUNDCALL"}).json["id"]
    assert desk.call("GET", f"{path}/none").status == 404
    assert desk.call("DELETE", f"{path}/{made}").status < 300
    for below in ("", "/latestconfiguration"):
        gone = desk.call("GET", f"{path}/{made}{below}")
        assert (gone.status, gone.json["code"]) == (410, "architect.flow.deleted")
    assert desk.call("DELETE", f"{path}/{made}").status == 410
