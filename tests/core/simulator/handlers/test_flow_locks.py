"""Flows are locked by who changes them."""

import pytest

from genesys_core.simulator import OAuthClient, Settings, Simulator, World
from tests.strategies.hub import ChannelDesk
from tests.strategies.simulator import Desk, definition

FLOWS = "/api/v2/flows"
ACTIONS = ("checkin", "checkout", "deactivate", "publish", "revert", "unlock")


class Studio(ChannelDesk):
    """A flow that the first caller made, and a second caller without a user."""

    def __init__(self, *, is_service=False):
        super().__init__()
        sample = World.sample(users=2, queues=1)
        other = OAuthClient(id="other", secret="s", user_id=None)
        world = World(clients=(*sample.clients, other), users=sample.users)
        self.simulator = Simulator(definition(), world=world)
        self.hub = self.simulator.hub
        tokens = [self.simulator.issue_token(c, now=self.now) for c in (self.client.id, "other")]
        self.first, self.second = reversed(tokens) if is_service else tokens
        made = self.call("POST", FLOWS, {"name": "F", "type": "INBOUNDCALL"}, token=self.first)
        assert made.status == 200, made
        self.flow = made.json
        self.at = f"{FLOWS}/{self.flow['id']}"

    def act(self, action, *, token=None, status=200, code=None):
        target = f"{FLOWS}/actions/{action}?flow={self.flow['id']}"
        answer = self.call("POST", target, token=token or self.first)
        assert answer.status == status, (action, answer)
        assert code is None or answer.json["code"] == code
        return answer.json

    def locks(self):
        flow = self.call("GET", self.at, token=self.first).json
        return {name: each["id"] for name, each in flow.items() if name.startswith("locked")}


@pytest.mark.parametrize("is_service", [False, True])
def test_who_creates_a_flow_has_it_locked(is_service):
    desk = Studio(is_service=is_service)
    lock = {"lockedClient": "other"} if is_service else {"lockedUser": desk.client.user_id}
    assert desk.locks() == lock
    name, identity = next(iter(lock.items()))
    assert desk.flow[name]["id"] == identity
    code = "architect.flow.locked.by.user"
    for action in set(ACTIONS) - {"unlock"}:
        desk.act(action, token=desk.second, status=409, code=code)
    for method, body in (("PUT", [{"name": "G"}]), ("DELETE", [])):
        refused = desk.call(method, desk.at, *body, token=desk.second)
        assert (refused.status, refused.json["code"]) == (409, code)
    changed = desk.call("PUT", desk.at, {"name": "G"}, token=desk.first)
    assert (changed.status, desk.locks()) == (200, lock)


def test_a_flow_is_checked_in_and_out():
    desk = Studio()
    done = desk.act("checkin")
    assert (done["actionName"], done["actionStatus"], done["complete"]) == (
        "CHECKIN",
        "SUCCESS",
        True,
    )
    assert desk.locks() == {}
    desk.act("checkin", status=409, code="architect.flow.not.locked.by.user")
    desk.act("revert", status=409, code="architect.flow.not.locked.by.user")
    flow = desk.act("checkout", token=desk.second)
    assert flow["lockedClient"]["id"] == "other"
    desk.act("checkout", status=409, code="architect.flow.locked.by.user")
    desk.act("unlock")
    desk.act("checkout")
    desk.act("revert")
    assert desk.locks() == {}


def test_a_flow_is_published_and_deactivated():
    desk = Studio()
    _, socket = desk.opened(f"v2.flows.{desk.flow['id']}")
    done = desk.act("publish")
    assert (done["actionName"], done["user"]["id"]) == ("PUBLISH", desk.client.user_id)
    assert [each["topicName"] for each in desk.told(socket)] == [f"v2.flows.{desk.flow['id']}"]
    assert desk.call("GET", desk.at).json["active"] is True
    assert desk.locks() == {}
    assert desk.act("deactivate", token=desk.second)["active"] is False
    desk.act("publish")
    versions = desk.call("GET", desk.at).json
    assert (versions["publishedVersion"]["id"], "checkedInVersion" in versions) == ("2.0", False)
    body = {"name": "F", "checkedInVersion": {"id": "draft"}}
    assert desk.call("PUT", desk.at, body).status == 200
    desk.act("checkout")
    desk.act("checkin")
    assert desk.call("GET", desk.at).json["checkedInVersion"] == {"id": "1.0", "type": "CHECKIN"}
    assert desk.act("publish", token=desk.second)["client"]["id"] == "other"


def test_a_deleted_flow_is_gone_and_an_unknown_one_not_found():
    desk = Studio()
    assert desk.call("DELETE", desk.at, token=desk.first).status < 300
    desk.act("publish", status=410, code="architect.flow.deleted")
    assert desk.call("GET", desk.at).status == 410
    desk.flow = {"id": "none"}
    for action in ACTIONS:
        desk.act(action, status=404)
    assert desk.call("PUT", f"{FLOWS}/none", {"name": "F"}).status == 404


@pytest.mark.parametrize("action", ACTIONS)
def test_without_state_actions_are_examples(action):
    desk = Desk(settings=Settings(stateful=False))
    assert desk.call("POST", f"{FLOWS}/actions/{action}?flow=any").status == 200


def test_a_user_cannot_change_what_another_user_has_locked():
    desk = Studio()
    flows = desk.simulator.state.collections["", "api", "v2", "flows"]
    someone = next(each for each in desk.simulator.state.users if each != desk.client.user_id)
    flows[desk.flow["id"]]["lockedUser"] = {"id": someone}
    desk.act("publish", status=409, code="architect.flow.locked.by.user")
