"""SCIM groups are the groups of the organization."""

import msgspec
import pytest

from genesys_core.simulator import Settings
from tests.strategies.simulator import Desk, definition, misfits

BASES = ["/api/v2/scim/groups", "/api/v2/scim/v2/groups"]
GROUPS = "/api/v2/groups"
GROUP = {"name": "Tier 1", "type": "official", "visibility": "public", "rulesVisible": True}
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class GroupDesk(Desk):
    def __init__(self, base=BASES[0], **settings):
        super().__init__(settings=Settings(**settings))
        self.users = list(self.simulator.state.users)
        self.group = self.call("POST", GROUPS, GROUP).json["id"]
        self.at = f"{base}/{self.group}"

    def read(self, **headers):
        bearer = {"Authorization": f"Bearer {self.token or self.log_in()}"}
        return self.send("GET", self.at, headers=bearer | spelt(headers))

    def write(self, method, value, **headers):
        bearer = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/scim+json"}
        body = msgspec.json.encode(value)
        return self.send(method, self.at, headers=bearer | spelt(headers), body=body)

    def patch(self, *operations, **headers):
        return self.write("PATCH", {"schemas": [PATCH], "Operations": operations}, **headers)

    def members(self):
        listed = self.call("GET", f"{GROUPS}/{self.group}/members").json["entities"]
        return [each["id"] for each in listed]


def spelt(headers):
    return {name.replace("_", "-"): each for name, each in headers.items()}


def values(answer):
    assert answer.status == 200, answer
    return [each["value"] for each in answer.json["members"]]


def refusal(answer):
    assert answer.headers["content-type"] == "application/scim+json"
    return answer.status, answer.json.get("scimType")


@pytest.mark.parametrize("base", BASES)
def test_a_group_of_the_organization_is_one_of_scim(base):
    desk = GroupDesk(base)
    desk.call("POST", f"{GROUPS}/{desk.group}/members", {"memberIds": desk.users[:2], "version": 1})
    shown = desk.read()
    assert shown.headers["content-type"] == "application/scim+json"
    known = definition()
    assert misfits(known, known.schemas["ScimV2Group"], shown.json) == []
    assert (shown.json["displayName"], values(shown)) == ("Tier 1", desk.users[:2])
    assert shown.json["meta"]["location"] == desk.at
    assert shown.json["members"][0]["$ref"] == f"{base[:-7]}/users/{desk.users[0]}"
    desk.call("DELETE", f"{GROUPS}/{desk.group}")
    for answer in (desk.read(), desk.write("PUT", {}), desk.patch()):
        assert refusal(answer) == (404, None)


@pytest.mark.parametrize("base", BASES)
def test_members_that_scim_writes_are_those_of_the_group(base):
    desk = GroupDesk(base)
    first, second, third = desk.users[:3]
    written = desk.write("PUT", {"members": [{"value": first}], "externalId": "e-1"})
    assert values(written) == [first]
    assert desk.read().json == written.json
    assert desk.members() == [first]
    assert desk.call("GET", f"{GROUPS}/{desk.group}").json["memberCount"] == 1
    add = {"op": "add", "path": "members", "value": [{"value": second}, {"value": third}]}
    assert values(desk.patch(add)) == [first, second, third]
    assert values(desk.patch(add)) == [first, second, third]
    one = {"op": "remove", "path": f'members[value eq "{second}"]'}
    assert values(desk.patch(one)) == [first, third]
    some = {"op": "remove", "path": "members", "value": [{"value": first}]}
    assert values(desk.patch(some)) == [third]
    schema = "urn:ietf:params:scim:schemas:core:2.0:Group:members"
    replace = {"op": "Replace", "path": schema, "value": [{"value": second}]}
    assert values(desk.patch(replace)) == [second]
    both = {"op": "add", "value": {"members": [{"value": first}], "externalId": "e-2"}}
    assert values(desk.patch(both)) == [second, first]
    assert desk.read().json["externalId"] == "e-2"
    assert values(desk.patch({"op": "remove", "path": "members"})) == []
    assert "externalId" not in desk.patch({"op": "remove", "path": "externalId"}).json
    assert desk.members() == []
    assert desk.write("PUT", {}).json["displayName"] == "Tier 1"


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "replace", "path": "displayName", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "meta", "value": "x"}, "invalidPath"),
        ({"op": "remove"}, "invalidPath"),
        ({"op": "add", "path": "externalId", "value": 5}, "invalidValue"),
        ({"op": "add", "path": 'members[value eq "x"]', "value": {}}, "invalidPath"),
        ({"op": "add", "path": "members", "value": [{"value": "nobody"}]}, "invalidValue"),
    ],
)
def test_a_patch_is_done_whole_or_not_at_all(operation, kind):
    desk = GroupDesk()
    before = desk.read().json
    add = {"op": "add", "path": "members", "value": [{"value": desk.users[0]}]}
    assert refusal(desk.patch(add, operation)) == (400, kind)
    assert desk.read().json == before


def test_odd_operations_do_nothing():
    desk = GroupDesk()
    assert values(desk.write("PATCH", {"schemas": [], "Operations": None})) == []
    assert values(desk.patch({"op": "add", "value": {}})) == []
    assert values(desk.patch({"op": "add", "path": "members", "value": {"value": ""}})) == []


def test_deleted_users_are_no_members():
    desk = GroupDesk()
    gone = desk.users[3]
    desk.write("PUT", {"members": [{"value": gone}]})
    desk.call("DELETE", f"/api/v2/users/{gone}")
    assert values(desk.read()) == []
    assert refusal(desk.write("PUT", {"members": [{"value": gone}]})) == (400, "invalidValue")


def test_a_change_of_an_older_version_is_refused():
    desk = GroupDesk()
    first = desk.read().headers["etag"]
    assert desk.read().json["meta"]["version"] == first
    body = {"members": [{"value": desk.users[0]}]}
    assert desk.write("PUT", body, If_Match=first).status == 200
    for method, value in (("PUT", {}), ("PATCH", {"schemas": [PATCH], "Operations": []})):
        assert refusal(desk.write(method, value, If_Match=first)) == (412, None)
    assert desk.members() == [desk.users[0]]
    second = desk.read().headers["etag"]
    assert second != first
    assert desk.patch(If_Match=f'"other", {second.removeprefix("W/")}').status == 200
    assert desk.patch(If_Match="*").status == 200


def test_a_version_that_the_caller_has_is_not_sent_again():
    desk = GroupDesk()
    known = desk.read().headers["etag"]
    same = desk.read(If_None_Match=known)
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", known)
    assert "content-type" not in same.headers
    desk.call("POST", f"{GROUPS}/{desk.group}/members", {"memberIds": desk.users[:1], "version": 1})
    assert values(desk.read(If_None_Match=known)) == desk.users[:1]


@pytest.mark.parametrize("base", BASES)
def test_groups_are_listed_by_filter(base):
    desk = GroupDesk(base)
    desk.call("POST", GROUPS, GROUP | {"name": "Tier 2"})
    desk.write("PUT", {"externalId": "e-1"})
    for text, total in (
        ('displayName eq "tier 2"', 1),
        (f'id eq "{desk.group}"', 1),
        ('externalId eq "e-1"', 1),
        ('displayName eq "none"', 0),
    ):
        page = desk.call("GET", f"{base}?filter={text.replace(' ', '%20')}").json
        assert page["totalResults"] == total, text
    assert refusal(desk.call("GET", f"{base}?filter=members%20eq%20%22x%22")) == (
        400,
        "invalidFilter",
    )


def test_all_groups_are_listed_without_a_filter_before_version_2():
    desk = GroupDesk()
    assert desk.call("GET", BASES[0]).json["totalResults"] == 1
    assert desk.call("GET", BASES[1]).status == 400  # version 2 requires a filter
    cut = desk.call("GET", f"{BASES[0]}?attributes=displayName").json["Resources"]
    assert {*cut[0]} == {"schemas", "id", "meta", "displayName"}


def test_the_simulator_holds_no_more_members_than_items():
    desk = GroupDesk(max_items=3)
    body = {"members": [{"value": each} for each in desk.users[:3]]}
    assert refusal(desk.write("PUT", body)) == (400, "tooMany")


def test_a_group_whose_version_is_no_number_gets_one():
    desk = GroupDesk()
    place = ("", "api", "v2", "groups")
    desk.read()
    del desk.simulator.state.collections[place][desk.group]["version"]
    assert desk.write("PUT", {}).status == 200
    assert desk.simulator.state.collections[place][desk.group]["version"] == 1
