"""Grants over the API: what is granted is shown, by subject, by role and by division."""

import pytest

from genesys_core.simulator import OAuthClient, Settings, Simulator, World
from genesys_core.simulator.handlers.authorization import HANDLERS
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.world import Record
from tests.strategies.simulator import Desk, definition, misfits

SUBJECTS = "/api/v2/authorization/subjects"
ROLES = "/api/v2/authorization/roles"
DIVISIONS = "/api/v2/authorization/divisions"


class Office(Desk):
    """A desk with a role and a division of its own, and an employee."""

    def __init__(self, **settings):
        world = World.sample(users=3)
        service = OAuthClient(id="service", secret="s")
        world = World(clients=(*world.clients, service), users=world.users, queues=world.queues)
        super().__init__(Simulator(definition(), world=world, settings=Settings(**settings)))
        self.admin, self.employee, self.other = self.simulator.state.users
        self.home = self.call("GET", f"{DIVISIONS}/home").json["id"]
        self.sales = self.call("POST", DIVISIONS, {"name": "Sales", "description": "S"}).json["id"]
        policy = {"domain": "routing", "entityName": "queue", "actionSet": ["add", "view"]}
        self.role = self.call(
            "POST", ROLES, {"name": "Queue builder", "permissionPolicies": [policy]}
        ).json["id"]

    def subject(self, identity: str) -> list[tuple[str, str]]:
        grants = self.call("GET", f"{SUBJECTS}/{identity}").json["grants"]
        return [(each["role"]["name"], each["division"]["name"]) for each in grants]

    def role_record(self) -> Record:
        return self.call("GET", f"{ROLES}/{self.role}").json


def test_a_role_is_granted_and_withdrawn_in_a_division():
    desk = Office()
    at = f"{SUBJECTS}/{desk.employee}/divisions/{desk.sales}/roles/{desk.role}"
    assert desk.call("POST", at).status == 204
    assert desk.subject(desk.employee) == [("employee", "Home"), ("Queue builder", "Sales")]
    assert desk.role_record()["userCount"] == 1
    assert desk.call("DELETE", at).status == 204
    assert desk.subject(desk.employee) == [("employee", "Home")]
    assert desk.role_record()["userCount"] == 0


@pytest.mark.parametrize("wrong", ["subject", "division", "role"])
def test_what_a_grant_names_must_exist(wrong):
    desk = Office()
    ids = {"subject": desk.employee, "division": desk.sales, "role": desk.role} | {wrong: "none"}
    at = f"{SUBJECTS}/{ids['subject']}/divisions/{ids['division']}/roles/{ids['role']}"
    answer = desk.call("POST", at)
    assert (answer.status, answer.json["entityName"]) == (404, wrong)


def test_bulk_requests_grant_all_or_nothing():
    desk = Office()
    at = f"{SUBJECTS}/{desk.employee}"
    good = {"roleId": desk.role, "divisionId": desk.sales}
    bad = {"roleId": desk.role, "divisionId": "none"}
    for command in ("bulkadd", "bulkremove", "bulkreplace"):
        assert desk.call("POST", f"{at}/{command}", {"grants": [good, bad]}).status == 404
    assert desk.subject(desk.employee) == [("employee", "Home")]
    assert desk.call("POST", f"{at}/bulkadd", {"grants": [good]}).status == 204
    assert len(desk.subject(desk.employee)) == 2
    assert desk.call("POST", f"{at}/bulkreplace", {"grants": [good]}).status == 204
    assert desk.subject(desk.employee) == [("Queue builder", "Sales")]
    assert desk.call("POST", f"{at}/bulkremove", {"grants": [good]}).status == 204
    assert desk.subject(desk.employee) == []


def test_replacing_the_grants_of_a_member_leaves_those_of_its_group():
    desk = Office()
    group = desk.call(
        "POST",
        "/api/v2/groups",
        {"name": "G", "type": "official", "visibility": "public", "rulesVisible": True},
    ).json["id"]
    body = {"memberIds": [desk.employee], "version": 1}
    desk.call("POST", f"/api/v2/groups/{group}/members", body)
    pair = {"roleId": desk.role, "divisionId": desk.home}
    assert desk.call("POST", f"{SUBJECTS}/{group}/bulkadd", {"grants": [pair]}).status == 204
    assert (
        desk.call("POST", f"{SUBJECTS}/{desk.employee}/bulkreplace", {"grants": []}).status == 204
    )
    assert desk.subject(desk.employee) == [("Queue builder", "Home")]
    shown = desk.call("GET", f"{ROLES}/{desk.role}/subjectgrants").json["entities"]
    assert [(each["id"], each["name"], each["type"]) for each in shown] == [
        (group, "G", "PC_GROUP")
    ]


def test_the_roles_of_a_user_are_replaced_in_the_home_division():
    desk = Office()
    at = f"/api/v2/users/{desk.employee}/roles"
    written = desk.call("PUT", at, [desk.role]).json
    assert [each["name"] for each in written["roles"]] == ["Queue builder"]
    assert written["permissions"] == ["routing:queue:add", "routing:queue:view"]
    assert desk.call("GET", at).json == written
    assert desk.call("PUT", at, ["none"]).status == 404
    assert desk.call("GET", at).json == written
    me = desk.call("GET", f"/api/v2/users/{desk.employee}?expand=authorization").json
    assert me["authorization"] == written


def test_the_permissions_of_an_administrator_are_those_of_the_definition():
    desk = Office()
    me = desk.call("GET", "/api/v2/users/me?expand=authorization").json["authorization"]
    assert "routing:queue:add" in me["permissions"]
    assert "*:*:*" in me["permissions"]
    assert "authorization" not in desk.call("GET", "/api/v2/users/me").json


def test_a_role_is_granted_to_many():
    desk = Office()
    body = {"subjectIds": [desk.employee, "service"], "divisionIds": [desk.home, desk.sales]}
    assert desk.call("POST", f"{ROLES}/{desk.role}", body).status == 204
    shown = desk.call("GET", f"{ROLES}/{desk.role}/subjectgrants").json["entities"]
    assert [(each["type"], len(each["divisions"])) for each in shown] == [
        ("PC_USER", 2),
        ("PC_OAUTH_CLIENT", 2),
    ]
    users = desk.call("GET", f"{ROLES}/{desk.role}/users").json
    assert [each["id"] for each in users["entities"]] == [desk.employee]
    in_sales = desk.call("GET", f"{DIVISIONS}/{desk.sales}/grants").json
    assert [each["subjectId"] for each in in_sales["entities"]] == [desk.employee, "service"]


def test_users_are_added_to_and_removed_from_a_role():
    desk = Office()
    added = desk.call("PUT", f"{ROLES}/{desk.role}/users/add", [desk.employee, desk.other])
    assert added.json == [desk.employee, desk.other]
    assert desk.role_record()["userCount"] == 2
    removed = desk.call("PUT", f"{ROLES}/{desk.role}/users/remove", [desk.other])
    assert removed.json == [desk.other]
    assert desk.subject(desk.other) == [("employee", "Home")]
    assert desk.call("PUT", f"{ROLES}/{desk.role}/users/add", ["none"]).status == 404


def test_divisions_in_which_somebody_has_a_permission():
    desk = Office()
    at = f"{SUBJECTS}/{desk.employee}/divisions/{desk.sales}/roles/{desk.role}"
    desk.call("POST", at)
    permitted = f"{DIVISIONS}permitted"
    paged = desk.call("GET", f"{permitted}/paged/{desk.employee}?permission=routing:queue:add").json
    assert [each["name"] for each in paged["entities"]] == ["Sales"]
    paged = desk.call("GET", f"{permitted}/paged/me?permission=routing:queue:add").json
    assert [each["name"] for each in paged["entities"]] == ["Home", "Sales"]
    mine = desk.call("GET", f"{permitted}/me?permission=routing:queue:add&name=sal").json
    assert [each["name"] for each in mine] == ["Sales"]
    assert desk.call("GET", f"{permitted}/me?permission=routing:queue:add&name=x").json == []


def test_the_home_division_and_those_with_things_in_them_stay():
    desk = Office()
    assert desk.call("DELETE", f"{DIVISIONS}/{desk.home}").status == 400
    queue = {"name": "Q", "division": {"id": desk.sales}}
    made = desk.call("POST", "/api/v2/routing/queues", queue).json["id"]
    at = f"{DIVISIONS}/{desk.sales}"
    assert desk.call("DELETE", at).status == 400
    desk.call("DELETE", f"/api/v2/routing/queues/{made}")
    assert desk.call("DELETE", at).status == 204
    other = desk.call("POST", DIVISIONS, {"name": "Other", "description": "O"}).json["id"]
    desk.call("POST", "/api/v2/routing/queues", queue | {"division": {"id": other}})
    assert desk.call("DELETE", f"{DIVISIONS}/{other}?force=true").status == 204


def test_permissions_are_listed_by_domain():
    page = Office().call("GET", "/api/v2/authorization/permissions?pageSize=500").json
    domains = {each["domain"]: each["permissionMap"] for each in page["entities"]}
    actions = {each["action"] for each in domains["routing"]["queue"]}
    assert {"add", "view", "edit", "delete"} <= actions


def test_a_caller_is_shown_its_own_grants():
    desk = Office()
    assert desk.call("GET", f"{SUBJECTS}/me").json["id"] == desk.admin
    token = desk.simulator.issue_token("service", now=desk.now)
    shown = desk.call("GET", f"{SUBJECTS}/me", token=token).json
    assert (shown["id"], shown["name"]) == ("service", "")


def test_every_response_has_the_form_of_its_model():
    desk, known = Office(), definition()
    ids = {"subjectId": desk.employee, "roleId": desk.role, "divisionId": desk.home}
    for method, template in HANDLERS:
        if method != "GET":
            continue
        path = template
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", value)
        answer = desk.call("GET", f"{path}?permission=routing:queue:add")
        schema = known.routes.find(path).routes["GET"].facts.reply_schema
        assert answer.status == 200, path
        assert misfits(known, schema or Schema(), answer.json) == [], path


def test_permissions_are_enforced_by_the_roles_of_the_caller():
    desk = Office(enforce_permissions=True)
    token = desk.simulator.issue_token("service", now=desk.now)
    desk.call("POST", f"{SUBJECTS}/service/bulkreplace", {"grants": []})
    answer = desk.call("POST", "/api/v2/routing/queues", {"name": "Q"}, token=token)
    assert (answer.status, answer.json["code"]) == (403, "missing.permissions")
    assert answer.json["messageParams"] == {"permissions": "routing:queue:add"}
    assert "routing:queue:add" in answer.json["message"]
    pair = {"roleId": desk.role, "divisionId": desk.home}
    desk.call("POST", f"{SUBJECTS}/service/bulkadd", {"grants": [pair]})
    answer = desk.call("POST", "/api/v2/routing/queues", {"name": "Q"}, token=token)
    assert answer.status == 200
    assert desk.call("DELETE", f"{ROLES}/{desk.role}").status in {200, 204}
    answer = desk.call("POST", "/api/v2/routing/queues", {"name": "R"}, token=token)
    assert answer.status == 403


def test_an_administrator_is_permitted_in_every_division():
    desk = Office()
    asked = "permission=routing:queue:view"
    mine = desk.call("GET", f"{DIVISIONS}permitted/me?{asked}").json
    assert [each["name"] for each in mine] == ["Home", "Sales"]
    paged = desk.call("GET", f"{DIVISIONS}permitted/paged/{desk.employee}?{asked}").json
    assert [each["name"] for each in paged["entities"]] == ["Home"]
