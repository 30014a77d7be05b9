"""Versions, histories, wrap-ups and assignments of task management."""

import pytest
from msgspec import structs

from genesys_core.simulator import Settings
from genesys_core.simulator.handlers.work_items import MOST_VERSIONS, keep_version
from genesys_core.simulator.state.changes import RecordChange
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.memory import PlatformState
from tests.strategies.simulator import Desk, definition, misfits

BASE = "/api/v2/taskmanagement"


class WorkDesk(Desk):
    def __init__(self, **settings):
        super().__init__(settings=Settings(**settings))
        self.users = list(self.simulator.state.users)
        self.bin = self.made("workbins", {"name": "Claims"})
        self.type = self.made("worktypes", self.new_type("Claim"))
        self.item = self.made("workitems", {"name": "C-1", "typeId": self.id_of(self.type)})
        code = self.call("POST", "/api/v2/routing/wrapupcodes", {"name": "Done"})
        self.code = code.json["id"] if code.status == 200 else ""

    def made(self, kind, body):
        made = self.call("POST", f"{BASE}/{kind}", body)
        assert made.status == 200, made
        return f"{BASE}/{kind}/{made.json['id']}"

    def new_type(self, name):
        return {"name": name, "defaultWorkbinId": self.id_of(self.bin), "schemaId": "s"}

    def id_of(self, at):
        return at.rpartition("/")[2]

    def rows(self, at, model):
        answer = self.call("GET", at)
        assert answer.status == 200, answer
        assert misfits(definition(), Schema(ref=f"#/definitions/{model}"), answer.json) == []
        return answer.json["entities"]

    def wrap(self, user, action="Add", code=None):
        body = {"action": action, "wrapupCode": code or self.code}
        return self.call("PATCH", f"{self.item}/users/{user}/wrapups", body)


def test_every_change_of_a_work_item_is_a_version():
    desk = WorkDesk()
    desk.sleep(1)
    assert desk.call("PATCH", desk.item, {"priority": 5}).status == 200
    desk.sleep(1)
    assert desk.call("POST", f"{desk.item}/terminate", {}).status == 200
    versions = desk.rows(f"{desk.item}/versions", "WorkitemVersionListing")
    assert [each["version"] for each in versions] == [1, 2, 3]
    assert [each.get("priority") for each in versions] == [None, 5, 5]
    assert desk.call("GET", f"{desk.item}/versions/2").json == versions[1]
    assert versions[1]["modifiedBy"]["id"] == desk.users[0]
    assert desk.call("GET", f"{desk.item}/versions/9").status == 404
    assert desk.call("DELETE", desk.item).status < 300
    for tail in ("versions", "versions/1", "history", "wrapups"):
        gone = desk.call("GET", f"{desk.item}/{tail}")
        assert (gone.status, gone.json["entityName"]) == (404, "workitem")
    place = (*desk.item.split("/"), "versions")
    assert place not in desk.simulator.state.collections


@pytest.mark.parametrize("kind", ["Workbin", "Worktype"])
def test_bins_and_types_have_versions_and_a_history(kind):
    desk = WorkDesk()
    body = {"name": "A", "description": "d"}
    if kind == "Worktype":
        body |= desk.new_type("A")
    at = desk.made(f"{kind.lower()}s", body)
    desk.call("PATCH", at, {"name": "B"})
    versions = desk.rows(f"{at}/versions", f"{kind}VersionListing")
    assert [each["name"] for each in versions] == ["A", "B"]
    first, second = desk.rows(f"{at}/history", f"{kind}ChangeListing")
    assert first["delta"]["description"] == {"newValue": "d"}
    assert second["version"] == 2
    assert second["delta"]["name"] == {"oldValue": "A", "newValue": "B"}
    assert "description" not in second["delta"]


def test_a_history_names_what_is_referred_to():
    desk = WorkDesk()
    skill = desk.call("POST", "/api/v2/routing/skills", {"name": "S"}).json["id"]
    bins = desk.id_of(desk.made("workbins", {"name": "In"}))
    change = {"workbinId": bins, "skillIds": [skill]}
    assert desk.call("PATCH", desk.item, change).status == 200
    last = desk.rows(f"{desk.item}/history", "WorkitemChangeListing")[-1]
    assert last["delta"]["workbinId"] == {"newValue": bins}
    assert last["delta"]["skillIds"] == {"newValue": [{"id": skill}]}
    assert last["modifiedBy"]["id"] == desk.users[0]


def test_wrap_ups_are_kept_by_user_and_code():
    desk = WorkDesk()
    one, other = desk.users[:2]
    for user in (one, other, "me", one):
        assert desk.wrap(user).status == 204
    listed = desk.rows(f"{desk.item}/wrapups", "WorkitemWrapupEntityListing")
    assert [each["user"]["id"] for each in listed] == [one, other]
    assert listed[0]["wrapupCode"] == {
        "id": desk.code,
        "name": "Done",
        "selfUri": f"/api/v2/routing/wrapupcodes/{desk.code}",
    }
    own = f"{desk.item}/users/{other}/wrapups"
    assert desk.rows(own, "WorkitemWrapupEntityListing") == [listed[1]]
    assert desk.wrap(other, "Remove").status == 204
    assert desk.wrap(other, "Remove").status == 204
    assert desk.rows(own, "WorkitemWrapupEntityListing") == []


def test_wrap_ups_are_versions_too():
    desk = WorkDesk()
    desk.sleep(1)
    desk.wrap("me")
    assert len(desk.rows(f"{desk.item}/versions", "WorkitemVersionListing")) == 2


def test_wrap_ups_need_a_user_and_a_code():
    desk = WorkDesk()
    assert desk.wrap("nobody").status == 400
    assert desk.wrap("me", code="nothing").status == 400
    client = next(iter(desk.simulator.state.clients))
    known = desk.simulator.state.clients[client]
    desk.simulator.state.clients[client] = structs.replace(known, user_id=None)
    desk.log_in()
    assert desk.wrap("me").json["code"] == "not.a.user"
    assert desk.wrap(desk.users[1]).status == 204
    (made,) = desk.rows(f"{desk.item}/wrapups", "WorkitemWrapupEntityListing")
    assert made["modifiedBy"]["id"] == desk.users[1]
    desk.call("PATCH", desk.item, {"priority": 1})
    last = desk.rows(f"{desk.item}/versions", "WorkitemVersionListing")[-1]
    assert "modifiedBy" not in last


def test_without_references_any_code_is_one():
    desk = WorkDesk(check_references=False)
    assert desk.wrap("me", code="x").status == 204
    (made,) = desk.rows(f"{desk.item}/wrapups", "WorkitemWrapupEntityListing")
    assert made["wrapupCode"] == {"id": "x"}


def test_a_work_item_is_assigned():
    desk = WorkDesk()
    user = desk.users[4]
    assert desk.call("PATCH", f"{desk.item}/assignment", {"id": user}).status == 204
    assert desk.call("GET", desk.item).json["assignee"]["id"] == user
    assert desk.call("PATCH", f"{desk.item}/assignment", {"id": "nobody"}).status == 400
    assert desk.call("PATCH", f"{BASE}/workitems/none/assignment", {"id": user}).status == 404


def test_versions_are_listed_in_pages():
    desk = WorkDesk()
    for number in range(4):
        desk.call("PATCH", desk.item, {"priority": number})
    at, seen = f"{desk.item}/versions?pageSize=2", []
    while at:
        page = desk.call("GET", at).json
        seen += [each["version"] for each in page["entities"]]
        at = page.get("nextUri")
    assert seen == [1, 2, 3, 4, 5]
    last = desk.call("GET", f"{desk.item}/versions?sortOrder=descending&pageSize=1").json
    assert [each["version"] for each in last["entities"]] == [5]
    for query in ("pageSize=0", "pageSize=201", "after=-1", "after=x"):
        assert desk.call("GET", f"{desk.item}/versions?{query}").status == 400


def test_so_many_versions_are_kept():
    state = PlatformState()
    template = f"{BASE}/workitems/{{}}"
    for number in range(MOST_VERSIONS + 5):
        keep_version(state, RecordChange(template, ("1",), "updated", {"n": number}), None)
    (kept,) = state.collections.values()
    assert list(kept)[::99] == ["6", "105"]
    keep_version(state, RecordChange(template, ("1",), "deleted", {}), None)
    keep_version(state, RecordChange(f"{template}/x", ("1",), "updated", {}), None)
    keep_version(state, RecordChange("/api/v2/groups/{}", ("1",), "updated", {}), None)
    assert len(kept) == MOST_VERSIONS
    assert len(state.collections) == 1


def test_what_no_request_created_has_one_version():
    desk = WorkDesk()
    at = f"{desk.item}/versions"
    del desk.simulator.state.collections[tuple(at.split("/"))]
    assert [each["version"] for each in desk.rows(at, "WorkitemVersionListing")] == [1]


def test_the_simulator_holds_no_more_wrap_ups_than_items():
    desk = WorkDesk(max_items=7)
    assert desk.wrap("me").status == 400


def test_the_link_to_the_next_page_keeps_the_order():
    desk = WorkDesk()
    for number in range(4):
        desk.call("PATCH", desk.item, {"name": f"C-{number}"})
    at, numbers = f"{desk.item}/versions?pageSize=2&sortOrder=descending", []
    while at:
        page = desk.call("GET", at).json
        numbers += [each["version"] for each in page["entities"]]
        at = page.get("nextUri")
    assert numbers == [5, 4, 3, 2, 1]
