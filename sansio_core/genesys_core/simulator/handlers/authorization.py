"""Handlers for grants: the roles of users, clients and groups.

Invariants: a grant's subject, role and division exist. Replacing a subject's grants does not affect
those inherited from its groups. If one grant in a request is rejected, none is made.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
    no_content,
)
from genesys_core.simulator.http.paging import make_page
from genesys_core.simulator.http.problems import bad_request, no_such_entity
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.grants import (
    divisions_of_permission,
    effective_grants,
    effective_policies,
    grant_role,
    has_permission,
    is_subject,
    own_grants,
    permission_names,
    role_reference,
    roles_of,
    subjects_of_role,
    withdraw_role,
)
from genesys_core.simulator.state.world import (
    DIVISIONS,
    GROUPS,
    ROLES,
    Record,
    home_division,
    reference_of,
)

__all__ = ["CHECKS", "HANDLERS", "check_division_removal", "describe_authorization"]


def get_subject(call: ApiCall) -> Reply:
    """Return a user, client or group with its grants, including those inherited from groups."""
    return json_reply(_show_subject(call, _subject(call)))


def get_subject_me(call: ApiCall) -> Reply:
    """Return the caller with its grants."""
    return json_reply(_show_subject(call, _caller(call)))


def post_grant(call: ApiCall) -> Reply:
    """Grant a subject a role in a division."""
    subject = _subject(call)
    grant_role(call.state, subject, _role_id(call), _division_id(call), _today(call))
    return no_content()


def delete_grant(call: ApiCall) -> Reply:
    """Revoke a subject's role in a division."""
    withdraw_role(call.state, _subject(call), _role_id(call), _division_id(call))
    return no_content()


def bulk_add(call: ApiCall) -> Reply:
    """Grant a subject several roles, each in a division."""
    subject = _subject(call)
    for role_id, division_id in list(_pairs(call)):
        grant_role(call.state, subject, role_id, division_id, _today(call))
    return no_content()


def bulk_remove(call: ApiCall) -> Reply:
    """Revoke several of a subject's roles, each in a division."""
    subject = _subject(call)
    for role_id, division_id in list(_pairs(call)):
        withdraw_role(call.state, subject, role_id, division_id)
    return no_content()


def bulk_replace(call: ApiCall) -> Reply:
    """Replace a subject's grants with those in the body, each of a role in a division."""
    _replace(call, _subject(call), list(_pairs(call)))
    return no_content()


def get_user_roles(call: ApiCall) -> Reply:
    """Return a user's roles, with the permissions that the roles grant."""
    return json_reply(describe_authorization(call, _subject(call)))


def put_user_roles(call: ApiCall) -> Reply:
    """Replace a user's roles; the new roles are granted in the home division."""
    subject, home = _subject(call), str(home_division(call.state.seed)["id"])
    pairs = [(_known_role(call, each), home) for each in _texts(call.body)]
    _replace(call, subject, pairs)
    return json_reply(describe_authorization(call, subject))


def post_role_grants(call: ApiCall) -> Reply:
    """Grant a role to several users, clients or groups, in several divisions."""
    role_id, body = _role_id(call), call.document()
    divisions = [_known_division(call, each) for each in _texts(body.get("divisionIds"))]
    subjects = [_known_subject(call, each) for each in _texts(body.get("subjectIds"))]
    for subject in subjects:
        for division_id in divisions:
            grant_role(call.state, subject, role_id, division_id, _today(call))
    return no_content()


def get_role_users(call: ApiCall) -> Reply:
    """Return the users to whom a role is granted directly."""
    role_id, users = _role_id(call), call.state.users
    holders = [users[each] for each in subjects_of_role(call.state, role_id) if each in users]
    return json_reply(_page(call, [{k: u[k] for k in ("id", "selfUri")} for u in holders]))


def add_role_users(call: ApiCall) -> Reply:
    """Grant a role to users in the home division."""
    role_id, home = _role_id(call), str(home_division(call.state.seed)["id"])
    subjects = [_known_subject(call, each) for each in _texts(call.body)]
    for subject in subjects:
        grant_role(call.state, subject, role_id, home, _today(call))
    return json_reply(subjects)


def remove_role_users(call: ApiCall) -> Reply:
    """Revoke a role from users, in all divisions."""
    role_id = _role_id(call)
    subjects = [_known_subject(call, each) for each in _texts(call.body)]
    for subject in subjects:
        for held, division_id in list(own_grants(call.state, subject)):
            if held == role_id:
                withdraw_role(call.state, subject, role_id, division_id)
    return json_reply(subjects)


def get_role_subjects(call: ApiCall) -> Reply:
    """Return the subjects to which a role is granted, each with the divisions of the grants."""
    role_id = _role_id(call)
    divisions = call.state.collections[DIVISIONS]
    shown: list[Record] = [
        {
            "id": subject,
            "name": _subject_name(call, subject),
            "divisions": [
                reference_of(divisions[division_id])
                for held, division_id in own_grants(call.state, subject)
                if held == role_id
            ],
            "type": _subject_type(call, subject),
        }
        for subject in subjects_of_role(call.state, role_id)
    ]
    return json_reply(_page(call, shown))


def get_division_grants(call: ApiCall) -> Reply:
    """Return all grants of roles in a division."""
    division_id = _division_id(call)
    shown = [
        _show_grant(call, subject, key, when)
        for subject in call.state.grants
        for key, when in own_grants(call.state, subject).items()
        if key[1] == division_id
    ]
    return json_reply(_page(call, shown))


def get_home_division(call: ApiCall) -> Reply:
    """Return the home division."""
    home = home_division(call.state.seed)
    return json_reply(call.state.collections[DIVISIONS].get(str(home["id"]), home))


def get_permitted_divisions(call: ApiCall) -> Reply:
    """Return the divisions in which the caller has the permission given in the query."""
    return json_reply(_permitted_divisions(call, _caller(call)))


def get_permitted_divisions_page(call: ApiCall) -> Reply:
    """Return a page of the divisions in which a subject has the permission given in the query."""
    subject = _subject(call) if "subjectId" in call.arguments else _caller(call)
    return json_reply(_page(call, _permitted_divisions(call, subject)))


def get_permissions(call: ApiCall) -> Reply:
    """Return the permissions that operations in the definition require, by domain."""
    domains: dict[str, dict[str, list[Json]]] = {}
    for name in sorted(_named_permissions(call)):
        domain, entity, action = name.split(":")
        permission: Record = {
            "domain": domain,
            "entityType": entity,
            "action": action,
            "label": f"{domain} > {entity} > {action}",
            "allowsConditions": False,
            "divisionAware": False,
        }
        domains.setdefault(domain, {}).setdefault(entity, []).append(permission)
    collections: list[Record] = [
        {"id": domain, "name": domain, "domain": domain, "permissionMap": entities}
        for domain, entities in domains.items()
    ]
    return json_reply(_page(call, collections))


def check_division_removal(call: ApiCall) -> None:
    """Check that a division may be deleted.

    Raises:
        Problem: 400 if the division is the home division, or is not empty and ``force=true`` is not
            set.
    """
    identity = call.arguments["divisionId"]
    if identity == home_division(call.state.seed)["id"]:
        raise bad_request("The home division cannot be deleted.")
    state = call.state
    held = (state.users, state.queues, *state.collections.values())
    is_used = any(_division_of(each) == identity for items in held for each in items.values())
    if is_used and call.argument("force", "false") != "true":
        raise bad_request("The division is not empty; use force=true to delete it anyway.")


def _division_of(record: Record) -> Json:
    division = record.get("division")
    return division.get("id") if isinstance(division, Mapping) else None


def describe_authorization(call: ApiCall, subject: str) -> Record:
    """Return a subject's roles and their permissions as a ``UserAuthorization``."""
    policies = effective_policies(call.state, subject)
    return {
        "roles": [{k: each[k] for k in ("id", "name")} for each in roles_of(call.state, subject)],
        "unusedRoles": [],
        "permissions": list(_expanded(call, policies)),
        "permissionPolicies": [
            {k: each[k] for k in ("domain", "entityName", "actionSet") if k in each}
            for each in policies
        ],
    }


def _expanded(call: ApiCall, policies: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    """Yield the names of the permissions in policies.

    A wildcard is followed by the names of the matching permissions in the definition.
    """
    names = permission_names(policies)
    yield from names
    if any("*" in each for each in names):
        yield from (
            each for each in sorted(_named_permissions(call)) if has_permission(policies, each)
        )


def _named_permissions(call: ApiCall) -> set[str]:
    return {
        name
        for route in call.definition.routes
        for name in route.facts.required_permissions.permissions
        if name.count(":") == _COLONS
    }


_COLONS: Final = 2


def _permitted_divisions(call: ApiCall, subject: str) -> list[Record]:
    permission, name = call.argument("permission", ""), call.argument("name", "").casefold()
    permitted = divisions_of_permission(call.state, subject, permission)
    return [
        division
        for identity, division in call.state.collections[DIVISIONS].items()
        if (permitted is None or identity in permitted)
        and name in str(division.get("name")).casefold()
    ]


def _replace(call: ApiCall, subject: str, pairs: Sequence[tuple[str, str]]) -> None:
    for role_id, division_id in list(call.state.grants.get(subject, {})):
        if (role_id, division_id) not in pairs:
            withdraw_role(call.state, subject, role_id, division_id)
    for role_id, division_id in pairs:
        grant_role(call.state, subject, role_id, division_id, _today(call))


def _pairs(call: ApiCall) -> Iterator[tuple[str, str]]:
    """Yield the role id and the division id of each grant in a body."""
    grants = call.document().get("grants")
    for each in grants if isinstance(grants, Sequence) else ():
        given: Mapping[str, Json] = each if isinstance(each, Mapping) else {}
        role_id = _known_role(call, str(given.get("roleId")))
        yield role_id, _known_division(call, str(given.get("divisionId")))


def _show_subject(call: ApiCall, subject: str) -> Record:
    return {
        "id": subject,
        "name": _subject_name(call, subject),
        "grants": [
            _show_grant(call, subject, key, when)
            for key, when in effective_grants(call.state, subject).items()
        ],
        "selfUri": f"/api/v2/authorization/subjects/{subject}",
    }


def _show_grant(call: ApiCall, subject: str, key: tuple[str, str], when: str) -> Record:
    role, division = (
        call.state.collections[ROLES][key[0]],
        call.state.collections[DIVISIONS][key[1]],
    )
    return {
        "subjectId": subject,
        "division": {"description": "", **division},
        "role": role_reference(role),
        "grantMadeAt": when,
    }


def _subject_name(call: ApiCall, subject: str) -> str:
    known = call.state.users.get(subject) or call.state.collections.get(GROUPS, {}).get(subject)
    return str((known or {}).get("name") or "")


def _subject_type(call: ApiCall, subject: str) -> str:
    if subject in call.state.users:
        return "PC_USER"
    return "PC_OAUTH_CLIENT" if subject in call.state.clients else "PC_GROUP"


def _page(call: ApiCall, items: Sequence[Record]) -> Record:
    """Return a page of items, limited to the properties that the operation's response declares."""
    page = make_page(call, items, lambda each: each)
    schema = call.route.facts.reply_schema
    known = {} if schema is None else call.definition.resolve(schema).properties or {}
    return {name: value for name, value in page.items() if name in known}


def _caller(call: ApiCall) -> str:
    return "" if call.token is None else call.token.user_id or call.token.client_id


def _subject(call: ApiCall) -> str:
    return _known_subject(call, call.arguments["subjectId"])


def _role_id(call: ApiCall) -> str:
    return _known_role(call, call.arguments["roleId"])


def _division_id(call: ApiCall) -> str:
    return _known_division(call, call.arguments["divisionId"])


def _known_subject(call: ApiCall, subject: str) -> str:
    if not is_subject(call.state, subject):
        raise no_such_entity("subject", subject)
    return subject


def _known_role(call: ApiCall, identity: str) -> str:
    if identity not in call.state.collections.get(ROLES, {}):
        raise no_such_entity("role", identity)
    return identity


def _known_division(call: ApiCall, identity: str) -> str:
    if identity not in call.state.collections.get(DIVISIONS, {}):
        raise no_such_entity("division", identity)
    return identity


def _texts(value: Json) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _today(call: ApiCall) -> str:
    return format_instant(call.now.wall)


_SUBJECT: Final = "/api/v2/authorization/subjects/{subjectId}"
_ROLE: Final = "/api/v2/authorization/roles/{roleId}"
_DIVISION: Final = "/api/v2/authorization/divisions"
_GRANT: Final = f"{_SUBJECT}/divisions/{{divisionId}}/roles/{{roleId}}"

CHECKS: Mapping[tuple[str, str], Callable[[ApiCall], None]] = {
    ("DELETE", f"{_DIVISION}/{{divisionId}}"): check_division_removal,
}
"""The check of each operation, performed before the generic rules process the API call."""

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", _SUBJECT): get_subject,
    ("GET", "/api/v2/authorization/subjects/me"): get_subject_me,
    ("POST", _GRANT): post_grant,
    ("DELETE", _GRANT): delete_grant,
    ("POST", f"{_SUBJECT}/bulkadd"): bulk_add,
    ("POST", f"{_SUBJECT}/bulkremove"): bulk_remove,
    ("POST", f"{_SUBJECT}/bulkreplace"): bulk_replace,
    ("GET", "/api/v2/users/{subjectId}/roles"): get_user_roles,
    ("PUT", "/api/v2/users/{subjectId}/roles"): put_user_roles,
    ("POST", _ROLE): post_role_grants,
    ("GET", f"{_ROLE}/users"): get_role_users,
    ("PUT", f"{_ROLE}/users/add"): add_role_users,
    ("PUT", f"{_ROLE}/users/remove"): remove_role_users,
    ("GET", f"{_ROLE}/subjectgrants"): get_role_subjects,
    ("GET", f"{_DIVISION}/{{divisionId}}/grants"): get_division_grants,
    ("GET", f"{_DIVISION}/home"): get_home_division,
    ("GET", f"{_DIVISION}permitted/me"): get_permitted_divisions,
    ("GET", f"{_DIVISION}permitted/paged/me"): get_permitted_divisions_page,
    ("GET", f"{_DIVISION}permitted/paged/{{subjectId}}"): get_permitted_divisions_page,
    ("GET", "/api/v2/authorization/permissions"): get_permissions,
}
