"""Deleted users: kept for a while, then forgotten with all that belongs to them."""

from genesys_core.simulator import Settings
from genesys_core.simulator.state.deleted_users import drop_user, follow_deletion, leave_lists
from tests.strategies.hub import ChannelDesk
from tests.strategies.simulator import Desk

USERS = "/api/v2/users"


def test_the_first_deleted_users_are_dropped():
    desk = Desk(settings=Settings(max_deleted_users=2))
    state = desk.simulator.state
    first, second, third = list(state.users)[10:13]
    for user in (first, second, third):
        assert desk.call("DELETE", f"{USERS}/{user}").status == 200
    assert first not in state.users
    assert first not in state.grants
    assert list(state.deleted_users) == [second, third]
    assert desk.call("GET", f"{USERS}/{first}?state=any").status == 404
    assert desk.call("GET", f"{USERS}/{second}?state=any").json["state"] == "deleted"


def test_a_user_that_is_dropped_at_once_has_no_event_of_its_status():
    """Its record is gone when the event would be published, at this and at every later request."""
    desk = ChannelDesk(users=8, max_deleted_users=0)
    state = desk.simulator.state
    user = list(state.users)[5]
    queue = next(iter(state.queues))
    topics = [f"v2.users.{user}.{each}" for each in ("routingStatus", "activity")]
    desk.opened(*topics)
    desk.call("POST", f"/api/v2/routing/queues/{queue}/members", [{"id": user}])
    presence = {"presenceDefinition": {"systemPresence": "On Queue"}}
    assert desk.call("PATCH", f"{USERS}/{user}/presences/PURECLOUD", presence).status == 200
    assert user in state.contact_center.statuses
    assert desk.call("DELETE", f"{USERS}/{user}").status == 200
    assert user not in state.users
    assert user not in state.contact_center.statuses
    assert desk.call("GET", USERS).status == 200


def test_a_user_that_is_restored_is_not_dropped():
    desk = Desk(settings=Settings(max_deleted_users=1))
    state = desk.simulator.state
    first, second, third = list(state.users)[10:13]
    desk.call("DELETE", f"{USERS}/{first}")
    version = state.users[first]["version"]
    desk.call("PATCH", f"{USERS}/{first}", {"state": "active", "version": version})
    for user in (second, third):
        desk.call("DELETE", f"{USERS}/{user}")
    assert first in state.users
    assert second not in state.users
    follow_deletion(state, state.users[first], 0)
    assert first in state.users


def test_nothing_is_left_of_a_user_that_is_dropped():
    desk = Desk()
    state = desk.simulator.state
    user = list(state.users)[10]
    skill = desk.call("POST", "/api/v2/routing/skills", {"name": "S"}).json["id"]
    desk.call("POST", f"{USERS}/{user}/routingskills", {"id": skill, "proficiency": 1.0})
    desk.call("PUT", f"{USERS}/{user}/outofoffice", {"active": True})
    state.issued[f"/api/v2/users/{user}/greetings"] = 1
    queue = next(iter(state.queues))
    desk.call("POST", f"/api/v2/routing/queues/{queue}/members", [{"id": user}])
    desk.call("DELETE", f"{USERS}/{user}")
    drop_user(state, user)
    drop_user(state, user)
    kept = (state.users, state.grants, state.contact_center.memberships, state.contact_center.busy)
    assert all(user not in each for each in kept)
    paths = [*state.collections, *state.singles, *state.jobs]
    assert not [each for each in paths if user in each]
    assert not [each for each in state.issued if user in each]


def test_a_deleted_user_is_in_no_group_or_team():
    desk = Desk()
    state = desk.simulator.state
    user, other = list(state.users)[10:12]
    group = {"name": "G", "type": "official", "visibility": "public", "rulesVisible": True}
    made = desk.call("POST", "/api/v2/groups", group).json
    at = f"/api/v2/groups/{made['id']}"
    empty = desk.call("POST", "/api/v2/groups", group | {"name": "H"}).json
    desk.call("POST", f"{at}/members", {"memberIds": [user, other], "version": made["version"]})
    assert desk.call("GET", at).json["memberCount"] == 2
    leave_lists(state, user)
    leave_lists(state, user)
    assert desk.call("GET", at).json["memberCount"] == 1
    assert [each["id"] for each in desk.call("GET", f"{at}/members").json["entities"]] == [other]
    assert desk.call("GET", f"/api/v2/groups/{empty['id']}").status == 200


def test_the_state_does_not_grow_with_users_that_come_and_go():
    desk = Desk(settings=Settings(max_deleted_users=5))
    state, home = (
        desk.simulator.state,
        desk.call("GET", "/api/v2/authorization/divisions/home").json,
    )
    sizes = set()
    for n in range(30):
        body = {"name": "N", "email": f"n{n}@example.com", "divisionId": home["id"]}
        made = desk.call("POST", USERS, body).json["id"]
        desk.call("DELETE", f"{USERS}/{made}")
        if n >= 5:
            sizes.add(
                (len(state.users), len(state.grants), len(state.issued), len(state.collections))
            )
    assert len(sizes) == 1
