"""Users remember what is done to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator import Settings, Simulator, World, example
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.world import home_division
from tests.strategies.simulator import Desk, definition, misfits, unhurried

HOME = str(home_division(0)["id"])
NEW = {"name": "New", "email": "new@example.com", "divisionId": HOME, "password": "hidden"}


def declared(model, value):
    return misfits(definition(), Schema(ref=f"#/definitions/{model}"), value)


def test_me_is_the_user_of_the_token():
    desk = Desk()
    me = desk.call("GET", "/api/v2/users/me").json
    assert me["id"] == desk.client.user_id
    assert me["name"] == "User 001"
    assert declared("UserMe", me) == []


def test_expansions_are_there_where_asked_for():
    desk = Desk()
    assert "presence" not in desk.call("GET", "/api/v2/users/me").json
    query = "expand=presence&expand=lasttokenissued&expand=authorization.unusedRoles&expand=wings"
    me = desk.call("GET", f"/api/v2/users/me?{query}").json
    assert me["presence"]["presenceDefinition"]["systemPresence"] == "Available"
    assert {"lastTokenIssued", "authorization"} <= set(me)
    assert "skills" not in me


def test_every_expansion_that_the_definition_knows_is_well_formed():
    desk = Desk()
    for path, model in (
        ("/api/v2/users/me", "UserMe"),
        ("/api/v2/users", "UserEntityListing"),
        (f"/api/v2/users/{desk.client.user_id}", "User"),
    ):
        found = definition().routes.find(path)
        (expand,) = [each for each in found.routes["GET"].facts.parameters if each.name == "expand"]
        query = "&".join(f"expand={name}" for name in expand.items.enum)
        answer = desk.call("GET", f"{path}?{query}")
        assert answer.status == 200
        assert declared(model, answer.json) == []


def test_one_user_and_none():
    desk = Desk()
    identity = desk.client.user_id
    assert desk.call("GET", f"/api/v2/users/{identity}").json["id"] == identity
    missing = desk.call("GET", "/api/v2/users/a%2Fb")
    assert missing.status == 404
    assert (missing.json["entityId"], missing.json["entityName"]) == ("a/b", "user")


def test_listing_by_id_and_state_and_order():
    desk = Desk()
    first, second = list(desk.simulator.state.users)[:2]
    listed = desk.call("GET", f"/api/v2/users?id={second}&id={first}&sortOrder=descending").json
    assert [user["id"] for user in listed["entities"]] == [second, first]
    assert desk.call("GET", "/api/v2/users?state=inactive").json["total"] == 0
    assert desk.call("GET", "/api/v2/users?state=any").json["total"] == 60


def test_an_inactive_user_can_be_read_by_id():
    desk = Desk()
    identity = desk.client.user_id
    where = f"/api/v2/users/{identity}"
    version = desk.simulator.state.users[identity]["version"]
    desk.call("PATCH", where, {"version": version, "state": "inactive"})
    for query in ("", "?state=", "?state=any", "?state=inactive"):
        assert desk.call("GET", where + query).json["state"] == "inactive"
    assert desk.call("GET", f"{where}?state=active").status == 404


def test_a_life():
    desk = Desk()
    created = desk.call("POST", "/api/v2/users", NEW).json
    where = f"/api/v2/users/{created['id']}"
    assert created["selfUri"] == where
    assert (created["version"], created["state"], created["division"]["id"]) == (1, "active", HOME)
    assert "password" not in created

    changed = desk.call("PATCH", where, {"version": 1, "title": "Lead", "department": None}).json
    assert (changed["version"], changed["title"], changed["name"]) == (2, "Lead", "New")
    assert "department" not in changed
    assert desk.call("GET", where).json == changed

    assert desk.call("DELETE", where).json == {}
    assert desk.call("GET", where).status == 404
    assert desk.call("DELETE", where).status == 404
    gone = desk.call("GET", f"{where}?state=deleted").json
    assert (gone["state"], gone["version"]) == ("deleted", 3)
    assert desk.call("GET", "/api/v2/users").json["total"] == 60
    assert desk.call("GET", "/api/v2/users?state=deleted").json["total"] == 1


def test_a_change_to_an_older_version_is_a_conflict_and_changes_nothing():
    desk = Desk()
    where = f"/api/v2/users/{desk.client.user_id}"
    assert desk.call("PATCH", where, {"version": 1, "name": "First"}).status == 200
    stale = desk.call("PATCH", where, {"version": 1, "name": "Second"})
    assert stale.status == 409
    assert "version 1 does not match the current version 2" in stale.json["message"]
    assert stale.json["entityId"] == desk.client.user_id
    assert desk.call("GET", where).json["name"] == "First"


def test_a_change_needs_a_version_and_a_user():
    desk = Desk()
    answer = desk.call("PATCH", f"/api/v2/users/{desk.client.user_id}", {"name": "x"})
    assert answer.status == 400
    assert "version" in answer.json["message"]
    assert desk.call("PATCH", "/api/v2/users/nobody", {"version": 1}).status == 404
    assert desk.call("DELETE", "/api/v2/users/nobody").status == 404


def test_ids_versions_and_links_are_the_platforms_own():
    desk = Desk()
    where = f"/api/v2/users/{desk.client.user_id}"
    body = {"version": 1, "id": "mine", "selfUri": "/mine", "wings": 2}
    changed = desk.call("PATCH", where, body).json
    assert (changed["id"], changed["selfUri"]) == (desk.client.user_id, where)
    assert "wings" not in changed


def test_a_manager_is_given_by_id_and_shown_as_a_user():
    desk = Desk()
    where = f"/api/v2/users/{desk.client.user_id}"
    changed = desk.call("PATCH", where, {"version": 1, "manager": "m"}).json
    assert changed["manager"] == {"id": "m", "selfUri": "/api/v2/users/m"}
    assert "manager" not in desk.call("PATCH", where, {"version": 2, "manager": None}).json


def without_required(problems):
    """A manager is shown by reference, without the version that a ``User`` must have."""
    return [each for each in problems if each != "$.manager: version is required"]


@unhurried
@given(st.integers(), st.integers(1, 3))
def test_whatever_the_body_a_reply_is_well_formed(seed, depth):
    desk = Desk(settings=Settings(check_references=False))
    body = example(definition(), "CreateUser", seed=seed, depth=depth)
    created = desk.call("POST", "/api/v2/users", body)
    assert created.status == 200, created
    assert declared("User", created.json) == []
    change = {**example(definition(), "UpdateUser", seed=seed, depth=depth), "version": 1}
    changed = desk.call("PATCH", f"/api/v2/users/{created.json['id']}?expand=groups", change)
    assert changed.status == 200, changed
    assert without_required(declared("User", changed.json)) == []
    assert changed.json["version"] == 2


def test_users_of_a_world_may_say_little():
    world = World(clients=World.sample().clients, users=({"id": "u"},))
    desk = Desk(Simulator(definition(), world=world))
    assert desk.call("GET", "/api/v2/users").json["entities"] == [{"id": "u"}]
    assert desk.call("PATCH", "/api/v2/users/u", {"version": 1}).status == 409
    assert desk.call("DELETE", "/api/v2/users/u").status == 200


def test_an_email_is_taken_also_by_a_deleted_user():
    desk = Desk()
    made = desk.call("POST", "/api/v2/users", NEW).json
    where = f"/api/v2/users/{made['id']}"
    for _ in range(2):
        taken = desk.call("POST", "/api/v2/users", NEW | {"email": "NEW@example.com"})
        assert (taken.status, taken.json["code"]) == (409, "general.conflict")
        desk.call("DELETE", where)
    other = desk.client.user_id
    version = desk.call("GET", "/api/v2/users/me").json["version"]
    body = {"email": "new@example.com", "version": version}
    assert desk.call("PATCH", f"/api/v2/users/{other}", body).status == 409
    body["email"] = "user001@example.com"
    assert desk.call("PATCH", f"/api/v2/users/{other}", body).status == 200


def test_no_more_users_than_the_settings_allow():
    desk = Desk(settings=Settings(max_items=60))
    assert desk.call("POST", "/api/v2/users", NEW).status == 400


@pytest.mark.parametrize("field", ["name", "email", "divisionId"])
def test_a_new_user_needs_what_the_definition_requires(field):
    body = {name: value for name, value in NEW.items() if name != field}
    answer = Desk().call("POST", "/api/v2/users", body)
    assert answer.status == 400
    assert answer.json["details"][0]["fieldName"] == field


def test_a_token_of_no_user_has_no_me():
    desk = Desk(Simulator(definition(), world=World.sample(users=0)))
    answer = desk.call("GET", "/api/v2/users/me")
    assert (answer.status, answer.json["code"]) == (400, "not.a.user")
    assert "requires a user context" in answer.json["message"]


def test_pages_of_inactive_users_reach_ten_thousand():
    desk = Desk()
    path = "/api/v2/users?pageSize=500&pageNumber="
    assert desk.call("GET", f"{path}20&state=inactive").status == 200
    assert desk.call("GET", f"{path}21&state=inactive").status == 400
    assert desk.call("GET", f"{path}21").status == 200
