"""Commands on many items."""

from genesys_core.simulator import Settings, Simulator
from tests.strategies.simulator import Desk, operation, small_document

CONTACTS = "/api/v2/externalcontacts/contacts"
BULK = "/api/v2/externalcontacts/bulk/contacts"
TEXT = {"type": "string"}


def names(desk):
    return [each["firstName"] for each in desk.call("GET", CONTACTS).json["entities"]]


def test_a_life_of_many():
    desk = Desk()
    home = desk.call("GET", "/api/v2/authorization/divisions/query").json["entities"][0]
    given = [{"firstName": each, "lastName": "X", "division": home} for each in ("Ann", "Bob")]
    added = desk.call("POST", f"{BULK}/add", {"entities": given}).json["results"]
    ids = [each["id"] for each in added]
    assert all(each["success"] for each in added)
    assert names(desk) == ["Ann", "Bob"]
    read = desk.call("POST", BULK, {"entities": [{"id": ids[1]}, {"id": "none"}]}).json["results"]
    assert [each["entity"]["firstName"] for each in read] == ["Bob"]
    changed = [given[0] | {"id": ids[0], "firstName": "Amy"}, given[0] | {"id": "none"}]
    results = desk.call("POST", f"{BULK}/update", {"entities": changed}).json["results"]
    assert [each["id"] for each in results] == [ids[0]]
    assert names(desk) == ["Amy", "Bob"]
    removed = desk.call("POST", f"{BULK}/remove", {"entities": [{"id": ids[0]}]}).json["results"]
    assert [each["id"] for each in removed] == [ids[0]]
    assert names(desk) == ["Bob"]


def small():
    thing = {
        "type": "object",
        "properties": dict.fromkeys(("id", "name", "a", "b", "c", "d"), TEXT),
    }
    listed = {"type": "array", "items": thing}
    one = {"name": "body", "in": "body", "schema": thing}
    many = {"name": "body", "in": "body", "schema": listed}
    ids = {
        "name": "body",
        "in": "body",
        "schema": {
            "type": "object",
            "properties": {"ids": {"type": "array", "items": TEXT}, "a": TEXT},
        },
    }
    query = {"name": "id", "in": "query", "type": "string"}
    paths = {
        "/x": {
            "get": operation(reply=listed),
            "post": operation(one, reply=thing),
            "delete": operation(query),
        },
        "/x/{id}": {"get": operation(reply=thing)},
        "/x/bulk": {"patch": operation(ids, reply=listed), "get": operation(query, reply=listed)},
        "/x/bulk/add": {"post": operation(many, reply=listed)},
        "/x/bulk/text": {"post": operation(ids)},
        "/x/bulk/remove": {"post": operation(ids)},
    }
    desk = Desk(Simulator(small_document(paths)))
    desk.ids = [desk.call("POST", "/x", {"name": each}).json["id"] for each in "nm"]
    return desk


def left(desk):
    return [each["name"] for each in desk.call("GET", "/x").json]


def test_items_come_back_if_the_response_has_them():
    desk = small()
    (added,) = desk.call("POST", "/x/bulk/add", [{"name": "o"}]).json
    assert desk.call("GET", f"/x/{added['id']}").json == added
    assert left(desk) == ["n", "m", "o"]


def test_a_change_of_those_with_an_id():
    desk = small()
    changed = desk.call("PATCH", "/x/bulk", {"ids": [desk.ids[0], "none"], "a": "A"}).json
    assert [(each["id"], each["a"]) for each in changed] == [(desk.ids[0], "A")]
    assert [each.get("a") for each in desk.call("GET", "/x").json] == ["A", None]
    assert desk.call("GET", f"/x/bulk?id={desk.ids[1]}").json[0]["name"] == "m"


def test_a_deletion_of_some_or_of_all():
    desk = small()
    assert desk.call("DELETE", f"/x?id={desk.ids[0]}").status == 204
    assert left(desk) == ["m"]
    assert desk.call("POST", "/x/bulk/remove", {"ids": []}).status == 204
    assert left(desk) == ["m"]
    assert desk.call("DELETE", "/x").status == 204
    assert left(desk) == []


def test_a_contact_whose_id_is_known_is_changed():
    desk, lists = Desk(), "/api/v2/outbound/contactlists"
    made = desk.call("POST", lists, {"name": "Leads", "columnNames": ["a"]}).json["id"]
    at = f"{lists}/{made}/contacts"

    def write(**more):
        contact = {"contactListId": made, "data": {"a": str(len(more))}, **more}
        (answer,) = desk.call("POST", at, [contact]).json
        return answer

    first = write()
    again = write(id=first["id"])
    assert (again["id"], again["data"]) == (first["id"], {"a": "1"})
    assert desk.call("GET", f"{at}/{first['id']}").json["data"] == {"a": "1"}
    assert write(id="mine")["id"] != first["id"]


def test_items_are_created_together_or_not_at_all():
    desk = Desk()
    listed = desk.call("POST", "/api/v2/outbound/contactlists", {"columnNames": ["p"], "name": "L"})
    path = f"/api/v2/outbound/contactlists/{listed.json['id']}/contacts"
    contacts = [{"contactListId": listed.json["id"], "data": {"p": str(n)}} for n in range(3)]
    desk.simulator.settings = Settings(max_items=desk.simulator.state.count_items() + 2)
    assert desk.call("POST", path, contacts).status == 400
    assert len(desk.simulator.state.collections.get(tuple(path.split("/")), {})) == 0
    made = desk.call("POST", path, contacts[:2])
    assert made.status == 200, made
    known = [{**contacts[0], "id": each["id"]} for each in made.json]
    assert desk.call("POST", path, known).status == 200
