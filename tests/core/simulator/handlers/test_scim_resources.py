"""What SCIM users and groups share: listings, attributes and ETags."""

import pytest

from genesys_core.simulator.handlers.scim_resources import ALWAYS, as_object
from tests.strategies.simulator import Desk

USERS = "/api/v2/scim/v2/users"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"


def refusal(answer):
    assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    return answer.status, answer.json.get("scimType")


class UserDesk(Desk):
    def __init__(self):
        super().__init__()
        self.at = f"{USERS}/{list(self.simulator.state.users)[5]}"

    def ask(self, method, body=None, **headers):
        bearer = {"Authorization": f"Bearer {self.token or self.log_in()}"}
        sent = {name.replace("_", "-"): each for name, each in headers.items()}
        kind = {} if body is None else {"Content-Type": "application/json"}
        return self.send(method, self.at, headers=bearer | sent | kind, body=body)


def test_users_have_etags():
    desk = UserDesk()
    first = desk.ask("GET")
    known = first.headers["etag"]
    assert known == first.json["meta"]["version"] == 'W/"1"'
    assert (desk.ask("GET", If_None_Match=known).status, desk.ask("GET").status) == (304, 200)
    body = b'{"userName": "ada@example.com", "displayName": "Ada"}'
    assert desk.ask("PUT", body, If_Match=known).headers["etag"] == 'W/"2"'
    patch = b'{"schemas": [], "Operations": []}'
    for method, value in (("PUT", body), ("PATCH", patch), ("DELETE", None)):
        assert refusal(desk.ask(method, value, If_Match=known)) == (412, None)
    assert desk.ask("GET", If_None_Match=known).json["displayName"] == "Ada"
    assert desk.ask("DELETE", If_Match='W/"7", "2"').status == 204


def test_pages_by_index():
    desk = Desk()
    page = desk.call("GET", f"{USERS}?startIndex=59&count=1").json
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (60, 59, 1)
    odd = desk.call("GET", f"{USERS}?startIndex=-5&count=-1").json
    assert (odd["startIndex"], odd["Resources"]) == (1, [])
    assert len(desk.call("GET", USERS).json["Resources"]) == 25


@pytest.mark.parametrize("name", ["displayName", f"{CORE}:displayName", " DISPLAYNAME , title"])
def test_attributes_may_have_the_schema_of_the_core(name):
    desk = UserDesk()
    cut = desk.call("GET", f"{desk.at}?attributes={name.replace(' ', '%20')}").json
    assert {*cut} - {"title"} == {*ALWAYS, "displayName"}
    rest = desk.call("GET", f"{desk.at}?excludedAttributes={name.replace(' ', '%20')}").json
    assert "displayName" not in rest
    assert "userName" in rest


def test_filters_are_of_known_attributes():
    desk = Desk()
    listed = desk.call("GET", f"{USERS}?filter=active%20eq%20true").json
    assert listed["totalResults"] == 60
    for text in ("active", "password%20eq%20%22x%22"):
        assert refusal(desk.call("GET", f"{USERS}?filter={text}")) == (400, "invalidFilter")


def test_what_is_no_object_is_an_empty_one():
    assert as_object({"a": 1}) == {"a": 1}
    assert as_object([1]) == {}
