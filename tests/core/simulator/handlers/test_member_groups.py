"""Members of queues by group: they come and go with the groups and teams of the queue."""

import pytest

from genesys_core.simulator.handlers import member_groups
from tests.strategies.contact_center import StaffedDesk

GROUPS, QUEUES, TEAMS = "/api/v2/groups", "/api/v2/routing/queues", "/api/v2/teams"
GROUP = {"name": "G", "type": "official", "visibility": "public", "rulesVisible": True}


@pytest.fixture
def desk():
    return StaffedDesk()


def members(desk, queue, query=""):
    shown = desk.call("GET", f"{QUEUES}/{queue}/members{query}").json["entities"]
    return {each["id"]: each["memberBy"] for each in shown}


def counts(desk, queue):
    read = desk.call("GET", f"{QUEUES}/{queue}").json
    return tuple(read[f"{each}Count"] for each in ("member", "userMember", "joinedMember"))


def group_of(desk, *users):
    made = desk.call("POST", GROUPS, GROUP).json["id"]
    answer = desk.call("POST", f"{GROUPS}/{made}/members", {"memberIds": list(users), "version": 1})
    assert answer.status == 202
    return made


def queue_of(desk, **groups):
    named = [{"id": each, "type": kind} for kind, each in groups.items()]
    return desk.call("POST", QUEUES, {"name": "Q", "memberGroups": named}).json["id"]


def test_members_follow_a_group(desk):
    first, second, third = list(desk.simulator.state.users)[:3]
    group = group_of(desk, first)
    skills = desk.call(
        "POST", "/api/v2/routing/skillgroups", {"name": "S", "skillConditions": []}
    ).json["id"]
    queue = queue_of(desk, GROUP=group, SKILLGROUP=skills)
    assert members(desk, queue) == {first: "group"}
    body = {"memberIds": [second], "version": 2}
    assert desk.call("POST", f"{GROUPS}/{group}/members", body).status == 202
    desk.call("POST", f"{QUEUES}/{queue}/members", [{"id": third}])
    assert members(desk, queue) == {first: "group", second: "group", third: "user"}
    assert members(desk, queue, "?memberBy=group") == {first: "group", second: "group"}
    assert counts(desk, queue) == (3, 1, 3)
    assert desk.call("DELETE", f"{GROUPS}/{group}/members?ids={first}").status == 202
    assert members(desk, queue) == {second: "group", third: "user"}
    assert desk.call("DELETE", f"{GROUPS}/{group}").status == 204
    assert members(desk, queue) == {third: "user"}
    assert counts(desk, queue) == (1, 1, 1)
    assert counts(desk, desk.queue) == (3, 3, 3)


def test_a_queue_affects_no_other_queues(desk, monkeypatch):
    """Otherwise each new queue would cost more than the one before."""
    checked = []
    original = member_groups._group_members

    def count(state, queue):
        checked.append(queue["id"])
        return original(state, queue)

    monkeypatch.setattr(member_groups, "_group_members", count)
    first, second = queue_of(desk), desk.call("POST", QUEUES, {"name": "R"}).json["id"]
    assert checked == [first, second]
    assert desk.call("PUT", f"{QUEUES}/{first}", {"name": "S"}).status == 200
    assert checked == [first, second, first]


def test_members_follow_a_team_and_the_queue(desk):
    user, other = list(desk.simulator.state.users)[:2]
    team = desk.call("POST", TEAMS, {"name": "T"}).json["id"]
    added = desk.call("POST", f"{TEAMS}/{team}/members", {"memberIds": [user, other]})
    assert added.status == 200, added
    queue = queue_of(desk, TEAM=team)
    assert members(desk, queue) == {user: "group", other: "group"}
    assert desk.call("DELETE", f"{TEAMS}/{team}/members?id={other}").status == 204
    assert members(desk, queue) == {user: "group"}
    assert desk.call("PUT", f"{QUEUES}/{queue}", {"name": "Q", "memberGroups": []}).status == 200
    assert members(desk, queue) == {}
    assert queue in desk.simulator.state.queues


def test_a_member_by_group_is_not_removed_directly(desk):
    user = next(iter(desk.simulator.state.users))
    queue = queue_of(desk, GROUP=group_of(desk, user))
    at = f"{QUEUES}/{queue}/members"
    assert desk.call("DELETE", f"{at}/{user}").status == 400
    assert desk.call("POST", f"{at}?delete=true", [{"id": user}]).status == 400
    assert members(desk, queue) == {user: "group"}
    assert desk.call("PATCH", f"{at}/{user}", {"joined": False}).status == 204
    assert counts(desk, queue) == (1, 0, 0)


def test_a_direct_member_stays_when_the_group_goes(desk):
    user = next(iter(desk.simulator.state.users))
    group = group_of(desk, user)
    queue = queue_of(desk, GROUP=group)
    assert desk.call("POST", f"{QUEUES}/{queue}/members", [{"id": user}]).status == 204
    assert members(desk, queue) == {user: "user"}
    assert counts(desk, queue) == (1, 1, 1)
    desk.call("DELETE", f"{GROUPS}/{group}")
    assert members(desk, queue) == {user: "user"}


def test_a_deleted_user_leaves(desk):
    user = list(desk.simulator.state.users)[2]
    queue = queue_of(desk, GROUP=group_of(desk, user))
    assert desk.call("DELETE", f"/api/v2/users/{user}").status == 200
    assert (members(desk, queue), counts(desk, queue)) == ({}, (0, 0, 0))


@pytest.mark.parametrize("kind", ["GROUP", "TEAM", "SKILLGROUP"])
def test_groups_of_each_kind_must_exist(desk, kind):
    body = {"name": "Q", "memberGroups": [{"id": "none", "type": kind}]}
    answer = desk.call("POST", QUEUES, body)
    assert (answer.status, answer.json["details"][0]["entityId"]) == (400, "none")


@pytest.mark.parametrize(
    "given", [None, "x", ["x"], [{"type": "GROUP"}], [{"type": "X", "id": "y"}]]
)
def test_other_groups_add_nobody(desk, given):
    state = desk.simulator.state
    queue = queue_of(desk)
    state.queues[queue] = {**state.queues[queue], "memberGroups": given}
    group_of(desk, next(iter(state.users)))
    assert members(desk, queue) == {}
