"""Grants: of subjects that exist, in groups too; what was deleted counts for nothing."""

import pytest

from genesys_core.simulator import Settings, World
from genesys_core.simulator.state.default_roles import ADMINISTRATOR, EMPLOYEE, role_id
from genesys_core.simulator.state.grants import (
    divisions_of_permission,
    effective_grants,
    effective_policies,
    find_missing_permissions,
    forget_subject,
    grant_role,
    has_permission,
    is_subject,
    own_grants,
    permission_names,
    role_policies,
    role_reference,
    roles_of,
    subjects_of_role,
    withdraw_role,
)
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import DIVISIONS, GROUPS, ROLES, home_division

HOME = str(home_division(0)["id"])
ADMIN, STAFF = role_id(0, ADMINISTRATOR), role_id(0, EMPLOYEE)
WHEN = "2024-01-01T00:00:00.000Z"


@pytest.fixture
def state():
    return PlatformState.of(World.sample(users=3), Settings().seed)


def test_the_first_user_and_the_clients_administer_and_others_are_employees(state):
    first, second, third = state.users
    (client,) = state.clients
    assert [each["name"] for each in roles_of(state, first)] == [ADMINISTRATOR]
    assert [each["name"] for each in roles_of(state, client)] == [ADMINISTRATOR]
    assert subjects_of_role(state, STAFF) == [second, third]
    assert {each["name"]: each["userCount"] for each in state.collections[ROLES].values()} == {
        ADMINISTRATOR: 1,
        EMPLOYEE: 2,
        "Supervisor": 0,
    }


def test_a_world_may_say_who_has_which_role():
    world = World.sample(users=2)
    first, second = (each["id"] for each in world.users)
    made = World(users=world.users, roles={first: (EMPLOYEE,), second: (ADMINISTRATOR, EMPLOYEE)})
    state = PlatformState.of(made, 0)
    assert [each["name"] for each in roles_of(state, first)] == [EMPLOYEE]
    assert len(roles_of(state, second)) == 2
    assert state.collections[ROLES][STAFF]["userCount"] == 2


def test_subjects_are_users_clients_and_groups(state):
    state.collections[GROUPS] = {"g": {"id": "g"}}
    assert is_subject(state, "g")
    assert is_subject(state, next(iter(state.clients)))
    assert is_subject(state, next(iter(state.users)))
    assert not is_subject(state, "x")


def test_granting_and_withdrawing_count(state):
    second = list(state.users)[1]
    grant_role(state, second, ADMIN, HOME, WHEN)
    grant_role(state, second, ADMIN, HOME, "later")
    assert own_grants(state, second)[ADMIN, HOME] == WHEN
    assert state.collections[ROLES][ADMIN]["userCount"] == 2
    withdraw_role(state, second, ADMIN, HOME)
    withdraw_role(state, "nobody", ADMIN, HOME)
    assert state.collections[ROLES][ADMIN]["userCount"] == 1
    forget_subject(state, second)
    forget_subject(state, second)
    assert roles_of(state, second) == []
    assert state.collections[ROLES][STAFF]["userCount"] == 1
    withdraw_role(state, second, STAFF, HOME)
    assert second not in state.grants


def test_the_members_of_a_group_have_its_roles(state):
    second, third = list(state.users)[1:]
    state.collections[GROUPS] = {"g": {"id": "g"}, "h": {"id": "h"}}
    state.collections[*GROUPS, "g", "members"] = {second: {"id": second}}
    grant_role(state, "g", ADMIN, HOME, WHEN)
    assert [each["name"] for each in roles_of(state, second)] == [ADMINISTRATOR, EMPLOYEE]
    assert [each["name"] for each in roles_of(state, third)] == [EMPLOYEE]
    assert effective_grants(state, second).keys() == {(ADMIN, HOME), (STAFF, HOME)}


def test_a_role_or_division_that_was_deleted_grants_nothing(state):
    second = list(state.users)[1]
    state.collections[DIVISIONS]["d"] = {"id": "d"}
    grant_role(state, second, ADMIN, "d", WHEN)
    del state.collections[DIVISIONS]["d"]
    assert [each["name"] for each in roles_of(state, second)] == [EMPLOYEE]
    del state.collections[ROLES][STAFF]
    assert roles_of(state, second) == []
    withdraw_role(state, second, STAFF, HOME)  # of a role that is gone: nothing to count


def test_permissions_are_matched_part_by_part():
    policies = [
        {"domain": "routing", "entityName": "*", "actionSet": ["view"]},
        {"domain": "oauth", "entityName": "client", "actionSet": ["*"]},
        {"domain": "odd"},
    ]
    assert has_permission(policies, "routing:queue:view")
    assert not has_permission(policies, "routing:queue:add")
    assert has_permission(policies, "oauth:client:add")
    assert not has_permission(policies, "odd:x:y")
    assert permission_names([*policies, *policies]) == ["routing:*:view", "oauth:client:*"]


def test_a_role_may_name_permissions_in_either_form():
    role = {
        "id": "r",
        "name": "R",
        "permissions": ["routing:queue:view", "chat"],
        "permissionPolicies": [{"domain": "d", "entityName": "e", "actionSet": ["a"]}, "odd"],
    }
    names = permission_names(list(role_policies(role)))
    assert names == ["d:e:a", "routing:queue:view", "chat:*:*"]
    shown = role_reference(role)
    assert shown["policies"][0] == {"domain": "d", "entityName": "e", "actions": ["a"]}
    assert (shown["default"], shown["description"]) == (False, "")


def test_missing_permissions_are_named(state):
    second = list(state.users)[1]
    wanted = ["routing:queue:view", "routing:queue:add"]
    assert find_missing_permissions(state, second, wanted) == ["routing:queue:add"]
    assert find_missing_permissions(state, "nobody", wanted) == wanted
    assert effective_policies(state, "nobody") == []


def test_a_permission_is_had_in_the_divisions_of_its_grants(state):
    first, second = list(state.users)[:2]
    home = str(home_division(0)["id"])
    assert divisions_of_permission(state, first, "routing:queue:add") is None
    assert divisions_of_permission(state, second, "routing:queue:view") == {home}
    assert divisions_of_permission(state, second, "routing:queue:add") == set()
