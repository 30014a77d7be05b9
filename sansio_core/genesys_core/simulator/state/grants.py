"""Role grants, and the resulting permissions of users and OAuth clients.

Invariants: a grant is made only for a role and a division that exist, and has no effect after one
of them has been deleted. Members of a group inherit its grants. The divisions in which a permission
applies are determined in :mod:`genesys_core.simulator.http.divisions`. The permissions of the role
``employee`` are a guess.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from genesys_core.simulator.state import default_roles
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import DIVISIONS, GROUPS, ROLES, Record, reference_of

__all__ = [
    "divisions_of_permission",
    "effective_grants",
    "effective_policies",
    "find_missing_permissions",
    "forget_subject",
    "grant_role",
    "has_permission",
    "is_subject",
    "own_grants",
    "permission_names",
    "role_policies",
    "role_reference",
    "roles_of",
    "subjects_of_role",
    "withdraw_role",
]

GrantKey = tuple[str, str]
"""The key of a grant among a subject's grants: the ids of the role and the division."""

_ANY: Final = "*"


def is_subject(state: PlatformState, subject: str) -> bool:
    """Return whether an id belongs to a user, an OAuth client or a group, which can have roles."""
    return (
        subject in state.users
        or subject in state.clients
        or subject in state.collections.get(GROUPS, {})
    )


def grant_role(
    state: PlatformState, subject: str, role_id: str, division_id: str, when: str
) -> None:
    """Grant a subject a role in a division; an existing grant keeps its date."""
    had = _holds(state, subject, role_id)
    state.grants.setdefault(subject, {}).setdefault((role_id, division_id), when)
    _count_user(state, subject, role_id, 1 - had)


def withdraw_role(state: PlatformState, subject: str, role_id: str, division_id: str) -> None:
    """Revoke a subject's role in a division; does nothing if there is no such grant."""
    had = _holds(state, subject, role_id)
    held = state.grants.get(subject, {})
    held.pop((role_id, division_id), None)
    if not held:
        state.grants.pop(subject, None)
    _count_user(state, subject, role_id, _holds(state, subject, role_id) - had)


def forget_subject(state: PlatformState, subject: str) -> None:
    """Revoke all roles that were granted to a subject directly."""
    for role_id, division_id in list(state.grants.get(subject, ())):
        withdraw_role(state, subject, role_id, division_id)


def own_grants(state: PlatformState, subject: str) -> dict[GrantKey, str]:
    """Return the dates of the grants made directly to a subject, by role and division.

    Grants whose role or division no longer exists are omitted.
    """
    roles, divisions = state.collections.get(ROLES, {}), state.collections.get(DIVISIONS, {})
    return {
        (role_id, division_id): when
        for (role_id, division_id), when in state.grants.get(subject, {}).items()
        if role_id in roles and division_id in divisions
    }


def effective_grants(state: PlatformState, subject: str) -> dict[GrantKey, str]:
    """Return the dates of the grants of a subject and of its groups, by role and division."""
    found = own_grants(state, subject)
    # A subject's own grant of the same role and division takes precedence, so it is merged last.
    for group in state.collections.get(GROUPS, {}):
        if group in state.grants and subject in state.collections.get(
            (*GROUPS, group, "members"), {}
        ):
            found = {**own_grants(state, group), **found}
    return found


def roles_of(state: PlatformState, subject: str) -> list[Record]:
    """Return the roles that a subject has, directly or through its groups, each once."""
    ids = dict.fromkeys(role_id for role_id, _ in effective_grants(state, subject))
    return [state.collections[ROLES][each] for each in ids]


def subjects_of_role(state: PlatformState, role_id: str) -> list[str]:
    """Return the ids of the subjects to which a role is granted directly."""
    return [
        subject
        for subject, held in state.grants.items()
        if any(role_id == each for each, _ in held) and is_subject(state, subject)
    ]


def effective_policies(state: PlatformState, subject: str) -> list[Mapping[str, Json]]:
    """Return the permission policies of all of a subject's roles."""
    return [each for role in roles_of(state, subject) for each in role_policies(role)]


def permission_names(policies: Sequence[Mapping[str, Json]]) -> list[str]:
    """Return the permissions in policies, each once, in the form ``domain:entity:action``."""
    return list(dict.fromkeys(":".join(each) for each in _permitted(policies)))


def has_permission(policies: Sequence[Mapping[str, Json]], permission: str) -> bool:
    """Return whether policies include a permission such as ``routing:queue:view``."""
    # Not strict: callers may name a permission with fewer parts, such as only its domain.
    wanted = permission.split(":")
    return any(
        all(have in (_ANY, want) for have, want in zip(parts, wanted, strict=False))
        for parts in _permitted(policies)
    )


def divisions_of_permission(
    state: PlatformState, subject: str, permission: str
) -> frozenset[str] | None:
    """Return the ids of the divisions in which a subject has a permission; ``None`` for all.

    The role Master Admin applies to all divisions, including new ones.
    """
    found: set[str] = set()
    administrator = default_roles.role_id(state.seed, default_roles.ADMINISTRATOR)
    for held, division_id in effective_grants(state, subject):
        role = state.collections[ROLES][held]
        if has_permission(list(role_policies(role)), permission):
            if held == administrator:
                return None
            found.add(division_id)
    return frozenset(found)


def find_missing_permissions(
    state: PlatformState, subject: str, wanted: Sequence[str]
) -> list[str]:
    """Return the required permissions that a subject lacks."""
    policies = effective_policies(state, subject)
    return [each for each in wanted if not has_permission(policies, each)]


def role_policies(role: Record) -> Iterator[Mapping[str, Json]]:
    """Yield a role's policies; each of its ``permissions`` becomes a policy with one action."""
    given = role.get("permissionPolicies")
    yield from (each for each in _elements(given) if isinstance(each, Mapping))
    for name in _elements(role.get("permissions")):
        domain, _, rest = str(name).partition(":")
        entity, _, action = rest.partition(":")
        yield {"domain": domain, "entityName": entity or _ANY, "actionSet": [action or _ANY]}


def _permitted(policies: Sequence[Mapping[str, Json]]) -> Iterator[tuple[str, str, str]]:
    for each in policies:
        for action in _elements(each.get("actionSet")):
            yield str(each.get("domain")), str(each.get("entityName")), str(action)


def _elements(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list | tuple) else ()


def _holds(state: PlatformState, subject: str, role_id: str) -> bool:
    return any(role_id == each for each, _ in state.grants.get(subject, ()))


def _count_user(state: PlatformState, subject: str, role_id: str, change: int) -> None:
    """Add to the number of users of a role; clients and groups are not counted."""
    role = state.collections.get(ROLES, {}).get(role_id)
    if change and role is not None and subject in state.users:
        count = role.get("userCount")
        known = count if isinstance(count, int) else 0
        state.collections[ROLES][role_id] = {**role, "userCount": known + change}


def role_reference(role: Record) -> Record:
    """Return a role as it appears in the grants of REST responses."""
    policies: list[Json] = [
        {
            "domain": each.get("domain"),
            "entityName": each.get("entityName"),
            "actions": each.get("actionSet"),
        }
        for each in role_policies(role)
    ]
    return {
        **reference_of(role),
        "policies": policies,
        "default": bool(role.get("default")),
        "description": str(role.get("description") or ""),
    }
