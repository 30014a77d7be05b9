"""Lists of members."""

import pytest

from genesys_core.simulator import Settings, Simulator
from tests.strategies.simulator import Desk, operation, small_document

GROUP = {"name": "Tier 1", "type": "official", "visibility": "public", "rulesVisible": True}
TEXT = {"type": "string"}


@pytest.fixture
def desk():
    return Desk()


def users(desk, count):
    return list(desk.simulator.state.users)[:count]


def listed(desk, path):
    return [each["id"] for each in desk.call("GET", path).json["entities"]]


def test_members_of_a_group(desk):
    group = desk.call("POST", "/api/v2/groups", GROUP).json["id"]
    path = f"/api/v2/groups/{group}/members"
    one, two, three = users(desk, 3)
    body = {"memberIds": [one, two], "version": 1}
    assert desk.call("POST", path, body).status == 202
    assert desk.call("POST", path, body | {"memberIds": [two, three]}).status == 202
    members = desk.call("GET", path).json["entities"]
    assert [(each["id"], each["name"]) for each in members] == [
        (one, "User 001"),
        (two, "User 002"),
        (three, "User 003"),
    ]
    assert desk.call("GET", f"/api/v2/groups/{group}").json["memberCount"] == 3
    assert desk.call("DELETE", f"{path}?ids={one},{two}").status == 202
    assert listed(desk, path) == [three]
    assert desk.call("GET", f"/api/v2/groups/{group}").json["memberCount"] == 1
    desk.call("DELETE", f"/api/v2/groups/{group}")
    assert desk.call("GET", path).status == 404
    assert desk.simulator.state.collections.get(tuple(path.split("/"))) is None


def test_skills_of_a_user(desk):
    (user,) = users(desk, 1)
    skill = desk.call("POST", "/api/v2/routing/skills", {"name": "Spanish"}).json["id"]
    path = f"/api/v2/users/{user}/routingskills"
    added = desk.call("POST", path, {"id": skill, "proficiency": 3.0})
    assert (added.json["id"], added.json["name"], added.json["proficiency"]) == (
        skill,
        "Spanish",
        3.0,
    )
    assert desk.call("GET", path).json["entities"] == [added.json]
    changed = desk.call("PUT", f"{path}/{skill}", {"id": skill, "proficiency": 5.0}).json
    assert changed["proficiency"] == 5.0
    other, only = (
        desk.call("POST", "/api/v2/routing/skills", {"name": name}).json["id"] for name in "OP"
    )
    several = desk.call("PATCH", f"{path}/bulk", [{"id": other, "proficiency": 1.0}]).json
    assert [each["id"] for each in several["entities"]] == [skill, other]
    replaced = desk.call("PUT", f"{path}/bulk", [{"id": only, "proficiency": 1.0}]).json
    assert [each["id"] for each in replaced["entities"]] == [only]
    unknown = desk.call("PUT", f"{path}/bulk", [{"id": "none", "proficiency": 1.0}])
    assert (unknown.status, unknown.json["details"][0]["fieldName"]) == (400, "[0].id")
    assert desk.call("DELETE", f"{path}/{skill}").status == 404
    assert desk.call("DELETE", f"{path}/{only}").status == 204
    assert listed(desk, path) == []


def test_texts(desk):
    (user,) = users(desk, 1)
    path = f"/api/v2/users/{user}/profileskills"
    assert desk.call("PUT", path, ["b", "a"]).json == ["b", "a"]
    assert desk.call("PUT", path, ["c"]).json == ["c"]
    assert desk.call("GET", path).json == ["c"]


def test_what_is_added_without_an_id_gets_one(desk):
    (user,) = users(desk, 1)
    path = f"/api/v2/users/{user}/greetings"
    body = {"type": "NAME", "ownerType": "USER", "owner": {"id": user}}
    added = [desk.call("POST", path, body).json["id"] for _ in range(2)]
    assert listed(desk, path) == added


def test_codes_of_a_queue(desk):
    queue = next(iter(desk.simulator.state.queues))
    path = f"/api/v2/routing/queues/{queue}/wrapupcodes"
    code = desk.call("POST", "/api/v2/routing/wrapupcodes", {"name": "Sale"}).json["id"]
    (added,) = desk.call("POST", path, [{"id": code}]).json
    assert (added["id"], added["name"]) == (code, "Sale")
    assert listed(desk, path) == [code]
    assert desk.call("DELETE", f"{path}/{code}").status == 204
    assert listed(desk, path) == []


def small(*parameters, reply=None, settings=None):
    thing = {"type": "object", "properties": {"id": TEXT, "name": TEXT, "note": TEXT}}
    ids = {"type": "array", "items": thing}
    body = {"name": "body", "in": "body", "schema": ids}
    change = operation(*parameters, body, reply=reply)
    paths = {
        "/m": {"get": operation(reply=ids), "post": change, "patch": change, "delete": operation()}
    }
    return Desk(Simulator(small_document(paths), settings=settings or Settings()))


def ids(desk):
    return [each["id"] for each in desk.call("GET", "/m").json]


def test_those_that_are_no_members_are_not_changed():
    desk = small()
    desk.call("POST", "/m", [{"id": "a", "name": "A"}])
    desk.call("PATCH", "/m", [{"id": "a", "note": "n"}, {"id": "b"}])
    assert desk.call("GET", "/m").json == [{"id": "a", "name": "A", "note": "n"}]


def test_all_are_removed_or_those_of_the_body():
    desk = small({"name": "delete", "in": "query", "type": "boolean"})
    desk.call("POST", "/m", [{"id": each} for each in "abc"])
    desk.call("POST", "/m?delete=true", [{"id": "b"}])
    assert ids(desk) == ["a", "c"]
    desk.call("DELETE", "/m")
    assert ids(desk) == []


def test_members_of_something_that_is_not_kept():
    ids = {"type": "array", "items": {"type": "object", "properties": {"id": TEXT}}}
    body = {"name": "body", "in": "body", "schema": ids}
    paths = {"/g/{g}/members": {"get": operation(reply=ids), "post": operation(body)}}
    desk = Desk(Simulator(small_document(paths)))
    assert desk.call("POST", "/g/any/members", [{"id": "a"}]).status == 204
    assert desk.call("GET", "/g/any/members").json == [{"id": "a"}]


def test_odd_bodies_and_responses():
    desk = small(reply={"type": "object", "properties": {"done": {"type": "boolean"}}})
    assert desk.call("POST", "/m", [{"id": "a"}]).json == {"done": True}
    assert desk.call("POST", "/m").status == 200
    assert ids(desk) == ["a"]
    full = small(settings=Settings(max_items=1))
    assert full.call("POST", "/m", [{"id": "a"}, {"id": "b"}]).status == 400


def test_a_list_that_would_be_too_long_is_not_replaced():
    desk = Desk()
    user = users(desk, 1)[0]
    skills = [
        desk.call("POST", "/api/v2/routing/skills", {"name": f"s{n}"}).json["id"] for n in range(3)
    ]
    path = f"/api/v2/users/{user}/routingskills"
    body = [{"id": each, "proficiency": 1} for each in skills]
    assert desk.call("PUT", f"{path}/bulk", body[:1]).status == 200
    full = Settings(max_items=desk.simulator.state.count_items() + 1)
    desk.simulator.settings = full
    assert desk.call("PUT", f"{path}/bulk", body).status == 400
    assert listed(desk, path) == skills[:1]
    assert desk.call("PUT", f"{path}/bulk", body[1:]).status == 200
    assert listed(desk, path) == skills[1:]
