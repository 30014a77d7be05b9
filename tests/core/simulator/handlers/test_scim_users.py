"""SCIM users are the users of the organization."""

import pytest

from genesys_core.simulator import Simulator, World
from genesys_core.simulator.state.world import home_division
from tests.strategies.simulator import Desk, definition, misfits

BASES = ["/api/v2/scim/users", "/api/v2/scim/v2/users"]
USERS = "/api/v2/users"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GENESYS = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"
PATCH = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
ADA = {"userName": "ada@example.com", "displayName": "Ada", "externalId": "e-1"}


def declared(value):
    known = definition()
    return misfits(known, known.schemas["ScimV2User"], value)


def refusal(answer):
    assert answer.headers["content-type"] == "application/scim+json"
    assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert answer.json["status"] == str(answer.status)
    return answer.status, answer.json.get("scimType")


@pytest.mark.parametrize("base", BASES)
def test_a_user_that_scim_creates_is_one_of_the_organization(base):
    desk = Desk()
    made = desk.call("POST", base, ADA)
    assert made.status == 201
    assert made.headers["content-type"] == "application/scim+json"
    assert declared(made.json) == []
    at = f"{base}/{made.json['id']}"
    assert made.json["meta"]["location"] == at
    user = desk.call("GET", f"{USERS}/{made.json['id']}").json
    assert (user["name"], user["email"], user["state"]) == ("Ada", "ada@example.com", "active")
    assert user["division"]["id"] == home_division(0)["id"]
    assert made.json["roles"] == [{"value": "employee"}]
    assert desk.call("GET", at).json == made.json


@pytest.mark.parametrize("base", BASES)
def test_a_user_of_the_organization_is_one_of_scim(base):
    desk = Desk()
    body = {"name": "Bob", "email": "bob@example.com", "divisionId": home_division(0)["id"]}
    user = desk.call("POST", USERS, body).json
    shown = desk.call("GET", f"{base}/{user['id']}").json
    assert (shown["userName"], shown["displayName"]) == ("bob@example.com", "Bob")
    assert shown[ENTERPRISE] == {"division": "Home"}
    change = {"title": "Boss", "version": user["version"]}
    desk.call("PATCH", f"{USERS}/{user['id']}", change)
    again = desk.call("GET", f"{base}/{user['id']}").json
    assert again["title"] == "Boss"
    assert again["meta"]["version"] == 'W/"2"'
    desk.call("DELETE", f"{USERS}/{user['id']}")
    assert refusal(desk.call("GET", f"{base}/{user['id']}")) == (404, None)


def test_listings_have_pages_by_index():
    desk = Desk()
    page = desk.call("GET", f"{BASES[0]}?startIndex=58&count=2").json
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (60, 58, 2)
    last = desk.call("GET", f"{BASES[0]}?startIndex=60").json
    assert len(last["Resources"]) == 1
    assert desk.call("GET", f"{BASES[0]}?startIndex=61").json["Resources"] == []
    assert desk.call("GET", f"{BASES[0]}?count=0").json["Resources"] == []
    assert len(desk.call("GET", BASES[0]).json["Resources"]) == 25
    odd = desk.call("GET", f"{BASES[0]}?startIndex=-1&count=9999").json
    assert (odd["startIndex"], odd["itemsPerPage"]) == (1, 60)


@pytest.mark.parametrize(
    "text",
    [
        'userName eq "ADA@example.com"',
        'displayName eq "ada"',
        'externalId eq "e-1"',
        'emails.value eq "ada@example.com"',
        'email eq "ada@example.com"',
        'title eq "x"',
        f'{ENTERPRISE}:department eq "R&D"',
        'manager eq "{boss}"',
        'id eq "{id}"',
        'division eq "Sales"',
    ],
)
def test_filters_find_a_user(text):
    desk = Desk()
    sales = {"name": "Sales", "description": "S"}
    desk.call("POST", "/api/v2/authorization/divisions", sales)
    boss = desk.client.user_id
    enterprise = {"department": "R&D", "division": "Sales", "manager": {"value": boss}}
    made = desk.call("POST", BASES[0], ADA | {ENTERPRISE: enterprise}).json
    assert made[ENTERPRISE]["manager"]["value"] == boss
    wanted = text.replace("{id}", made["id"]).replace("{boss}", boss).replace("&", "%26")
    answer = desk.call("GET", f"{BASES[0]}?filter={wanted.replace(' ', '%20')}")
    if text.startswith("title"):
        assert refusal(answer) == (400, "invalidFilter")
    else:
        assert [each["id"] for each in answer.json["Resources"]] == [made["id"]]


def test_inactive_users_are_listed_if_asked_for_and_deleted_ones_never():
    desk = Desk()
    made = desk.call("POST", BASES[0], ADA | {"active": False}).json
    assert made["active"] is False
    assert desk.call("GET", f"{USERS}/{made['id']}?state=any").json["state"] == "inactive"
    assert desk.call("GET", BASES[0]).json["totalResults"] == 60
    inactive = f"{BASES[0]}?filter=active%20eq%20false"
    assert desk.call("GET", inactive).json["totalResults"] == 1
    assert desk.call("DELETE", f"{BASES[0]}/{made['id']}").status == 204
    assert desk.call("GET", inactive).json["totalResults"] == 0
    assert refusal(desk.call("DELETE", f"{BASES[0]}/{made['id']}")) == (404, None)
    user = desk.call("GET", f"{USERS}/{made['id']}?state=any").json
    assert user["state"] == "deleted"


def test_a_user_name_is_unique_and_that_of_a_deleted_user_restores_it():
    desk = Desk()
    made = desk.call("POST", BASES[0], ADA).json
    assert refusal(desk.call("POST", BASES[1], ADA)) == (409, "uniqueness")
    desk.call("DELETE", f"{BASES[0]}/{made['id']}")
    restored = desk.call("POST", BASES[0], ADA | {"displayName": "Ada L."})
    assert (restored.status, restored.json["id"]) == (201, made["id"])
    assert restored.json["displayName"] == "Ada L."
    taken = {"userName": "user001@example.com", "displayName": "X"}
    assert refusal(desk.call("PUT", f"{BASES[0]}/{made['id']}", taken)) == (409, "uniqueness")


def test_put_replaces_and_keeps_nothing_else():
    desk = Desk()
    enterprise = {"department": "R&D", "employeeNumber": "7"}
    genesys = {"externalIds": [{"authority": "a", "value": "b"}]}
    given = ADA | {"title": "Boss", ENTERPRISE: enterprise, GENESYS: genesys}
    made = desk.call("POST", BASES[0], given).json
    assert made[ENTERPRISE] == enterprise | {"division": "Home"}
    assert made[GENESYS] == genesys
    assert GENESYS in made["schemas"]
    body = {"userName": "ada@example.com", "displayName": "Ada"}
    replaced = desk.call("PUT", f"{BASES[0]}/{made['id']}", body).json
    assert replaced[ENTERPRISE] == {"division": "Home"}
    assert not {"title", "externalId", GENESYS} & set(replaced)
    assert desk.call("PUT", f"{BASES[0]}/{made['id']}", {}).json["userName"] == "ada@example.com"


def patched(desk, identity, *operations):
    body = {
        "schemas": PATCH,
        "Operations": list(operations),
    }
    return desk.call("PATCH", f"{BASES[1]}/{identity}", body)


def test_patch_changes_what_its_operations_name():
    desk = Desk()
    made = desk.call("POST", BASES[1], ADA | {"title": "Boss"}).json
    boss = desk.client.user_id
    answer = patched(
        desk,
        made["id"],
        {"op": "replace", "path": "displayName", "value": "Ada L."},
        {"op": "remove", "path": "title"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "R&D"},
        {"op": "add", "path": f"{ENTERPRISE}:manager.value", "value": boss},
        {"op": "replace", "value": {"active": False, "externalId": "e-2"}},
    )
    assert answer.status == 200, answer
    shown = answer.json
    assert (shown["displayName"], shown["active"], shown["externalId"]) == ("Ada L.", False, "e-2")
    assert "title" not in shown
    assert shown[ENTERPRISE]["department"] == "R&D"
    assert shown[ENTERPRISE]["manager"]["value"] == boss
    user = desk.call("GET", f"{USERS}/{made['id']}?state=any").json
    assert (user["state"], user["department"]) == ("inactive", "R&D")


@pytest.mark.parametrize("path", ["id", "meta", 'emails[type eq "work"].value', ""])
def test_paths_that_patch_does_not_know_are_refused(path):
    desk = Desk()
    operation = {"op": "replace", "path": path, "value": "x"}
    assert refusal(patched(desk, desk.client.user_id, operation)) == (400, "invalidPath")


def test_a_patch_without_operations_changes_nothing():
    desk = Desk()
    at = f"{BASES[1]}/{desk.client.user_id}"
    before = desk.call("GET", at).json
    answer = desk.call("PATCH", at, {"schemas": []})
    assert {**answer.json, "meta": None} == {**before, "meta": None}


@pytest.mark.parametrize("extra", [{"manager": {"value": "none"}}, {"division": "none"}])
def test_managers_and_divisions_must_exist(extra):
    answer = Desk().call("POST", BASES[0], ADA | {ENTERPRISE: extra})
    assert refusal(answer) == (400, "invalidValue")


def test_attributes_are_chosen():
    desk = Desk()
    at = f"{BASES[0]}/{desk.client.user_id}"
    chosen = desk.call("GET", f"{at}?attributes=userName,active").json
    assert set(chosen) == {"id", "schemas", "meta", "userName", "active"}
    less = desk.call("GET", f"{at}?excludedAttributes=roles").json
    assert "roles" not in less
    assert "userName" in less


def test_a_user_of_a_world_may_have_little():
    world = World(clients=World.sample().clients, users=({"id": "u"},))
    desk = Desk(Simulator(definition(), world=world))
    shown = desk.call("GET", f"{BASES[0]}/u").json
    assert (shown["id"], shown["active"]) == ("u", True)
    assert "userName" not in shown


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("title", {"a": 1}),
        ("displayName", 7),
        (f"{ENTERPRISE}:manager", {"value": ["x"]}),
        (f"{ENTERPRISE}:department", []),
        ("externalId", {}),
    ],
)
def test_a_patch_to_a_value_of_another_type_is_refused_and_changes_nothing(path, value):
    desk = Desk()
    at = f"{BASES[0]}/{next(iter(desk.simulator.state.users))}"
    before = desk.call("GET", at).json
    operation = {"op": "replace", "path": path, "value": value}
    answer = desk.call("PATCH", at, {"schemas": PATCH, "Operations": [operation]})
    assert refusal(answer) == (400, "invalidValue")
    assert desk.call("GET", at).json == before


def test_a_user_was_last_modified_when_it_was_last_changed():
    desk = Desk()
    user = next(iter(desk.simulator.state.users))
    at = f"{BASES[0]}/{user}"
    assert desk.call("GET", at).json["meta"]["lastModified"] == "2024-01-01T08:00:00.000Z"
    desk.call("PATCH", f"{USERS}/{user}", {"title": "Lead", "version": 1})
    desk.sleep(60)
    assert desk.call("GET", at).json["meta"]["lastModified"] == "2023-11-14T22:13:20.000Z"
    made = desk.call("POST", BASES[0], ADA).json
    desk.sleep(60)
    again = desk.call("GET", f"{BASES[0]}/{made['id']}").json
    assert again["meta"]["lastModified"] == "2023-11-14T22:14:20.000Z"
    assert again == made
