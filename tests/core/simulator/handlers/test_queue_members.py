"""Members of queues, from the side of the queue and of the user."""

import pytest

from genesys_core.simulator import Simulator, World
from genesys_core.simulator.state.definition import Schema
from tests.strategies.contact_center import StaffedDesk
from tests.strategies.simulator import Desk, definition, misfits

QUEUES = "/api/v2/routing/queues"


@pytest.fixture
def desk():
    return StaffedDesk()


def declared(model, value):
    return misfits(definition(), Schema(ref=f"#/definitions/{model}"), value)


def names(answer):
    return [each["name"] for each in answer.json["entities"]]


@pytest.mark.parametrize("kind", ["members", "users"])
def test_members_are_added_listed_and_removed(desk, kind):
    target = f"{QUEUES}/{desk.queue}/{kind}"
    listed = desk.call("GET", target)
    assert names(listed) == ["User 001", "User 002", "User 003"]
    model = {"members": "QueueMemberEntityListing", "users": "QueueMemberEntityListingV1"}[kind]
    assert declared(model, listed.json) == []
    assert desk.call("POST", f"{target}?delete=true", [{"id": desk.users[0]}]).status == 204
    assert names(desk.call("GET", target)) == ["User 002", "User 003"]
    assert names(desk.call("GET", f"{target}?name=003")) == ["User 003"]
    assert desk.call("GET", f"{QUEUES}/{desk.queue}").json["memberCount"] == 2
    assert desk.call("DELETE", f"{target}/{desk.users[1]}").status == 204
    assert desk.call("DELETE", f"{target}/{desk.users[1]}").status == 404


def test_members_join_and_leave(desk):
    target = f"{QUEUES}/{desk.queue}/members"
    body = [{"id": desk.users[0], "joined": False}, {"id": "nobody", "joined": True}]
    assert desk.call("PATCH", target, body).status == 200
    assert names(desk.call("GET", f"{target}?joined=false")) == ["User 001"]
    joined = {"id": desk.users[0], "joined": True}
    assert desk.call("PATCH", f"{target}/{desk.users[0]}", joined).status == 204
    assert len(names(desk.call("GET", f"{target}?joined=true"))) == 3
    assert desk.call("PATCH", f"{target}/{desk.users[0]}", {"id": desk.users[0]}).status == 204
    assert len(names(desk.call("GET", f"{target}?joined=true"))) == 3


def test_what_cannot_be(desk):
    target = f"{QUEUES}/{desk.queue}/members"
    assert desk.call("POST", target, [{"id": "nobody"}]).status == 404
    assert desk.call("POST", target, [{"id": "u"}] * 101).status == 400
    assert desk.call("GET", f"{QUEUES}/nowhere/members").status == 404


def test_the_queues_of_a_user(desk):
    user = desk.users[0]
    listed = desk.call("GET", f"/api/v2/users/{user}/queues")
    assert declared("UserQueueEntityListing", listed.json) == []
    assert [(each["id"], each["joined"]) for each in listed.json["entities"]] == [
        (desk.queue, True)
    ]
    assert names(desk.call("GET", f"{QUEUES}/me")) == ["Queue 001"]
    body = [{"id": desk.queue, "joined": False}]
    assert desk.call("PATCH", f"/api/v2/users/{user}/queues", body).status == 200
    assert names(desk.call("GET", f"{QUEUES}/me?joined=true")) == []
    changed = desk.call("PATCH", f"/api/v2/users/{user}/queues/{desk.queue}", {"joined": True})
    assert (changed.json["joined"], declared("UserQueue", changed.json)) == (True, [])


def test_who_is_no_member_does_not_become_one_by_joining():
    desk = Desk(Simulator(definition(), world=World.sample(users=1, queues=1)))
    user, queue = next(iter(desk.simulator.state.users)), next(iter(desk.simulator.state.queues))
    changed = desk.call("PATCH", f"/api/v2/users/{user}/queues/{queue}", {"joined": True})
    assert changed.json["joined"] is False
    assert names(desk.call("GET", f"{QUEUES}/{queue}/members")) == []


def test_a_deleted_user_is_no_member(desk):
    desk.call("DELETE", f"/api/v2/users/{desk.users[2]}")
    assert len(names(desk.call("GET", f"{QUEUES}/{desk.queue}/members"))) == 2


def test_members_without_a_status():
    world = World(clients=World.sample().clients, users=({"id": "u"},), queues=({"id": "q"},))
    desk = Desk(Simulator(definition(), world=world))
    assert desk.call("POST", f"{QUEUES}/q/members", [{"id": "u"}]).status == 204
    (member,) = desk.call("GET", f"{QUEUES}/q/members").json["entities"]
    assert (member["id"], "routingStatus" in member) == ("u", False)


def test_a_member_by_group_is_not_removed_directly(desk):
    user, other = desk.users[:2]
    desk.simulator.state.contact_center.by_group[desk.queue] = {user: None, other: None}
    at = f"{QUEUES}/{desk.queue}/members"
    assert desk.call("DELETE", f"{at}/{user}").status == 400
    assert desk.call("POST", f"{at}?delete=true", [{"id": user}]).status == 400
    assert names(desk.call("GET", f"{at}?memberBy=group")) == ["User 001", "User 002"]
    assert desk.call("POST", at, [{"id": other}]).status == 204
    assert names(desk.call("GET", f"{at}?memberBy=user")) == ["User 002", "User 003"]
