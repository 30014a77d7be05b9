"""The roles that an organization has from the beginning."""

from genesys_core.simulator.state.default_roles import (
    ADMINISTRATOR,
    EMPLOYEE,
    default_roles,
    role_id,
)
from genesys_core.simulator.state.grants import has_permission
from tests.strategies.simulator import definition, misfits


def test_the_roles_are_those_of_their_model_with_ids_of_their_own():
    roles = default_roles(1)
    assert set(roles) == {each["id"] for each in roles.values()}
    assert not {*roles} & {*default_roles(2)}
    known = definition()
    for role in roles.values():
        assert misfits(known, known.schemas["DomainOrganizationRole"], role) == []


def test_an_administrator_may_do_everything_and_an_employee_little():
    roles = default_roles(0)
    everything = roles[role_id(0, ADMINISTRATOR)]["permissionPolicies"]
    little = roles[role_id(0, EMPLOYEE)]["permissionPolicies"]
    assert has_permission(everything, "routing:queue:delete")
    assert has_permission(little, "routing:queue:view")
    assert not has_permission(little, "routing:queue:delete")
