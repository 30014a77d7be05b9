"""Things are moved to a division."""

import pytest

from genesys_core.simulator.handlers.division_objects import HANDLERS, OBJECT_TYPES
from tests.strategies.hub import ChannelDesk
from tests.strategies.simulator import Desk, definition

DIVISIONS = "/api/v2/authorization/divisions"


class DivisionDesk(Desk):
    def __init__(self):
        super().__init__()
        self.sales = self.division("Sales")

    def division(self, name):
        made = self.call("POST", DIVISIONS, {"name": name, "description": name})
        return made.json["id"]

    def move(self, kind, *ids, division=None):
        path = f"{DIVISIONS}/{division or self.sales}/objects/{kind}"
        return self.call("POST", path, list(ids))


def test_the_types_are_those_of_the_definition():
    ((method, template),) = HANDLERS
    found = definition().routes.find(template.replace("{", "").replace("}", ""))
    (kind,) = [e for e in found.routes[method].facts.parameters if e.name == "objectType"]
    assert set(kind.enum) == set(OBJECT_TYPES)
    for path in OBJECT_TYPES.values():
        assert definition().routes.find(path) is not None or path == "/api/v2/scripts"


@pytest.mark.parametrize(
    ("kind", "path", "body"),
    [
        ("SKILLGROUP", "/api/v2/routing/skillgroups", {"name": "S", "skillConditions": []}),
        ("WORKBIN", "/api/v2/taskmanagement/workbins", {"name": "B"}),
        ("DNCLIST", "/api/v2/outbound/dnclists", {"name": "D", "dncSourceType": "rds"}),
    ],
)
def test_a_thing_has_the_division_that_it_was_moved_to(kind, path, body):
    desk = DivisionDesk()
    made = desk.call("POST", path, body)
    assert made.status == 200, made
    at = f"{path}/{made.json['id']}"
    assert desk.move(kind, made.json["id"]).status == 204
    assert desk.call("GET", at).json["division"]["id"] == desk.sales
    assert desk.call("DELETE", f"{DIVISIONS}/{desk.sales}").status == 400  # it is in use


def test_users_and_queues_are_moved_together():
    desk = DivisionDesk()
    state = desk.simulator.state
    users, queues = list(state.users)[:2], list(state.queues)[:2]
    assert desk.move("USER", *users).status == desk.move("QUEUE", *queues).status == 204
    for at in (*(f"/api/v2/users/{u}" for u in users), f"/api/v2/routing/queues/{queues[1]}"):
        assert desk.call("GET", at).json["division"]["name"] == "Sales"


def test_all_are_moved_or_none():
    desk = DivisionDesk()
    (queue, *_), home = desk.simulator.state.queues, desk.call("GET", f"{DIVISIONS}/home").json
    assert desk.move("QUEUE", queue, "nothing").status == 404
    assert desk.call("GET", f"/api/v2/routing/queues/{queue}").json["division"]["id"] == home["id"]
    assert desk.move("QUEUE", queue, division="nowhere").status == 404
    assert desk.move("BICYCLE", queue).json["code"] == "invalid.value"
    assert desk.move("CAMPAIGN", "nothing").status == 404
    assert desk.call("POST", f"{DIVISIONS}/{desk.sales}/objects/QUEUE", []).status == 204


def test_what_is_moved_is_heard():
    desk, listener = DivisionDesk(), ChannelDesk()
    listener.simulator, listener.hub = desk.simulator, desk.simulator.hub
    columns = {"name": "L", "columnNames": ["phone"]}
    moved, other = (
        desk.call("POST", "/api/v2/outbound/contactlists", columns | {"name": name}).json["id"]
        for name in ("A", "B")
    )
    topics = [f"v2.outbound.contactlists.{each}" for each in (moved, other)]
    listener.client = desk.client
    _, socket = listener.opened(*topics)
    assert desk.move("CONTACTLIST", moved).status == 204
    (event,) = listener.told(socket)
    assert event["topicName"] == topics[0]
    assert event["eventBody"]["division"]["id"] == desk.sales
    assert desk.move("CONTACTLIST", moved).status == 204
    assert listener.told(socket) == []  # it is there already
    assert desk.move("CONTACTLIST", other, "nothing").status == 404
    assert listener.told(socket) == []
