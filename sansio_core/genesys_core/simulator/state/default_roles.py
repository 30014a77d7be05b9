"""The roles that exist in every new organization.

Invariants: the id of a role depends only on the seed and the role's name.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from genesys_core.simulator.state.examples import Json, uuid_shaped
from genesys_core.simulator.state.world import ROLES, Record

__all__ = ["ADMINISTRATOR", "EMPLOYEE", "default_roles", "role_id"]

ADMINISTRATOR: Final = "Master Admin"
"""The name of the role that has every permission."""

EMPLOYEE: Final = "employee"
"""The name of the role that users have by default."""

_POLICIES: Final[Mapping[str, Sequence[tuple[str, str, tuple[str, ...]]]]] = {
    ADMINISTRATOR: [("*", "*", ("*",))],
    EMPLOYEE: [
        ("directory", "user", ("view",)),
        ("directory", "group", ("view",)),
        ("presence", "*", ("view",)),
        ("conversation", "communication", ("*",)),
        ("conversation", "participant", ("view",)),
        ("routing", "queue", ("view", "join")),
    ],
    "Supervisor": [
        ("directory", "*", ("view",)),
        ("routing", "*", ("*",)),
        ("conversation", "*", ("*",)),
        ("analytics", "*", ("view",)),
        ("quality", "*", ("*",)),
        ("recording", "*", ("view",)),
    ],
}


def role_id(seed: int, name: str) -> str:
    """Return the id of a default role, given its name."""
    return uuid_shaped(seed, "role", name)


def default_roles(seed: int) -> dict[str, Record]:
    """Return the default roles of an organization, by id."""
    return {role_id(seed, name): _role(role_id(seed, name), name) for name in _POLICIES}


def _role(identity: str, name: str) -> Record:
    policies: list[Json] = [
        {"domain": domain, "entityName": entity, "actionSet": list(actions)}
        for domain, entity, actions in _POLICIES[name]
    ]
    return {
        "id": identity,
        "name": name,
        "description": f"Default role: {name}",
        "defaultRoleId": name.lower().replace(" ", "_"),
        "permissions": [],
        "permissionPolicies": policies,
        "userCount": 0,
        "roleNeedsUpdate": False,
        "default": True,
        "base": name == EMPLOYEE,
        "selfUri": "/".join((*ROLES, identity)),
    }
