"""A role that is granted in one division permits things of that division."""

import pytest

from genesys_core.clock import Now
from genesys_core.simulator import OAuthClient, Settings, Simulator, World
from genesys_core.simulator.http.divisions import is_permitted, permitted_divisions
from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.state.definition import OperationFacts, RequiredPermissions
from tests.strategies.simulator import WALL, Desk, definition

AUTHORIZATION = "/api/v2/authorization"
QUEUES = "/api/v2/routing/queues"
POLICY = {"domain": "routing", "entityName": "*", "actionSet": ["*"]}


class DividedDesk(Desk):
    """An organization with a division Sales, where a clerk may do everything with routing."""

    def __init__(self):
        sample = World.sample(queues=2)
        clerk = OAuthClient(id="clerk", secret="s")
        world = World(
            clients=(*sample.clients, clerk),
            users=sample.users,
            queues=sample.queues,
            roles={"clerk": ()},
        )
        settings = Settings(enforce_permissions=True)
        super().__init__(Simulator(definition(), world=world, settings=settings))
        self.log_in()
        self.sales = self.made(f"{AUTHORIZATION}/divisions", {"name": "Sales", "description": "S"})
        body = {"name": "Clerk", "permissionPolicies": [POLICY]}
        self.role = self.made(f"{AUTHORIZATION}/roles", body)
        self.grant_in(self.sales)
        self.theirs = next(iter(self.simulator.state.queues))
        self.ours = self.made(QUEUES, {"name": "Ours", "division": {"id": self.sales}})
        self.clerk = self.simulator.issue_token("clerk", now=self.now)

    def made(self, path, body):
        made = self.call("POST", path, body)
        assert made.status == 200, made
        return made.json["id"]

    def grant_in(self, division):
        path = f"{AUTHORIZATION}/subjects/clerk/divisions/{division}/roles/{self.role}"
        assert self.call("POST", path).status == 204

    def home(self):
        return self.call("GET", f"{AUTHORIZATION}/divisions/home").json["id"]

    def ask(self, method, target, *body):
        return self.call(method, target, *body, token=self.clerk)


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("GET", "", ()),
        ("PUT", "", ({"name": "New"},)),
        ("GET", "/members", ()),
        ("POST", "/members", ([],)),
        ("DELETE", "", ()),
    ],
)
def test_things_of_another_division_are_forbidden(method, tail, body):
    desk = DividedDesk()
    refused = desk.ask(method, f"{QUEUES}/{desk.theirs}{tail}", *body)
    assert refused.status == 403
    assert refused.json["code"] in {"missing.permissions", "missing.any.permissions"}
    assert "routing:" in refused.json["messageParams"]["permissions"]
    assert desk.ask(method, f"{QUEUES}/{desk.ours}{tail}", *body).status in {200, 204}


def test_listings_show_things_of_permitted_divisions():
    desk = DividedDesk()
    assert [each["id"] for each in desk.ask("GET", QUEUES).json["entities"]] == [desk.ours]
    assert desk.ask("GET", QUEUES).json["total"] == 1
    assert desk.call("GET", QUEUES).json["total"] == 3  # Master Admin: all divisions
    codes = "/api/v2/routing/wrapupcodes"
    for division in (desk.sales, desk.home()):
        desk.made(codes, {"name": f"In {division}", "division": {"id": division}})
    (code,) = desk.ask("GET", codes).json["entities"]
    assert code["division"]["id"] == desk.sales


def test_things_are_created_in_permitted_divisions():
    desk = DividedDesk()
    for body in ({"name": "A"}, {"name": "A", "division": {"id": desk.home()}}):
        refused = desk.ask("POST", QUEUES, body)
        assert (refused.status, refused.json["code"]) == (403, "missing.permissions")
        assert refused.json["messageParams"]["permissions"] == "routing:queue:add"
    body = {"name": "A", "division": {"id": desk.sales}}
    assert desk.ask("POST", QUEUES, body).status == 200
    moved = {"name": "Ours", "division": {"id": desk.home()}}
    assert desk.ask("PUT", f"{QUEUES}/{desk.ours}", moved).status == 403
    assert desk.ask("POST", "/api/v2/routing/languages", {"name": "S"}).status == 200  # in none


def test_another_grant_permits_more_and_a_move_less():
    desk = DividedDesk()
    desk.grant_in(desk.home())
    assert desk.ask("GET", QUEUES).json["total"] == 3
    east = desk.made(f"{AUTHORIZATION}/divisions", {"name": "East", "description": "E"})
    move = f"{AUTHORIZATION}/divisions/{east}/objects/QUEUE"
    assert desk.call("POST", move, [desk.ours]).status == 204
    assert desk.ask("GET", f"{QUEUES}/{desk.ours}").status == 403
    assert desk.ask("GET", QUEUES).json["total"] == 2


def test_users_are_in_a_division_too():
    desk = DividedDesk()
    body = {"name": "Ann", "email": "ann@example.com", "divisionId": desk.home()}
    assert desk.ask("POST", "/api/v2/users", body).status == 403


def test_a_body_that_is_a_list_and_a_thing_that_is_not_there():
    desk = DividedDesk()
    assert desk.ask("GET", f"{QUEUES}/nothing").status == 404
    assert desk.ask("POST", f"{QUEUES}/{desk.ours}/wrapupcodes", []).status == 200


def token(state):
    return next(each for each in state.tokens.values() if each.client_id == "clerk")


@pytest.mark.parametrize(
    ("names", "kind", "expected"),
    [
        ([], "ALL", None),
        (["They are enforced by the backend"], "ALL", None),
        (["routing:queue:view"], "ALL", {"sales"}),
        (["routing:queue:view", "outbound:campaign:view"], "ALL", set()),
        (["outbound:campaign:view", "routing:queue:view"], "ANY", {"sales"}),
    ],
)
def test_the_divisions_of_several_permissions(names, kind, expected):
    desk = DividedDesk()
    facts = OperationFacts(permissions=RequiredPermissions(tuple(names), kind))
    found = permitted_divisions(facts, token(desk.simulator.state), desk.simulator.state)
    assert found == (None if expected is None else {desk.sales for _ in expected})


@pytest.mark.parametrize("kind", ["ALL", "ANY"])
def test_an_administrator_may_do_everything_everywhere(kind):
    desk = DividedDesk()
    facts = OperationFacts(permissions=RequiredPermissions(("a:b:c", "routing:queue:add"), kind))
    known = next(e for e in desk.simulator.state.tokens.values() if e.client_id != "clerk")
    assert permitted_divisions(facts, known, desk.simulator.state) is None


def test_items_without_a_division_are_always_permitted():
    route = next(iter(definition().routes))
    call = ApiCall(
        route, "", {}, {}, None, None, Now(0, WALL), Desk().simulator.state, definition()
    )
    limited = ApiCall(
        route,
        "",
        {},
        {},
        None,
        None,
        Now(0, WALL),
        Desk().simulator.state,
        definition(),
        divisions=frozenset({"a"}),
    )
    for item in ({}, "text", None, {"division": "a"}, {"division": {"id": "*"}}):
        assert is_permitted(limited, item)
    assert is_permitted(limited, {"division": {"id": "a"}})
    assert not is_permitted(limited, {"division": {"id": "b"}})
    assert is_permitted(call, {"division": {"id": "b"}})
