"""Handlers for SCIM users (RFC 7643 and 7644), which are the organization's users.

Invariants: users created with SCIM exist at ``/api/v2/users``, and vice versa; ``userName`` is the
email. Attributes that only SCIM has, such as ``externalId``, are stored separately.

Guess: creating a user with the email of a deleted user restores the deleted user.
"""

import re
from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.handlers.scim_resources import (
    ALWAYS,
    ScimFilter,
    ScimResource,
    as_object,
    check_version,
    list_resources,
    read_filter,
    show_resource,
)
from genesys_core.simulator.handlers.users import (
    add_user,
    find_user_of_email,
    remove_user,
    update_user,
)
from genesys_core.simulator.http.checks import find_misfits
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply
from genesys_core.simulator.http.problems import ScimProblem
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.grants import roles_of
from genesys_core.simulator.state.world import (
    DIVISIONS,
    START,
    Record,
    home_division,
    reference_of,
    user_state,
)

__all__ = ["HANDLERS"]

_CORE: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
_ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_GENESYS: Final = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"
_KEPT: Final = ("externalId", "phoneNumbers", _GENESYS)
"""The SCIM-only attributes, which are stored as the caller wrote them."""


def get_users(call: ApiCall) -> Reply:
    """Return a page of users that begins at ``startIndex``; without a filter, only active users."""
    keep = read_filter(call, _FILTERED) or _is_active
    users = [each for each in call.state.users.values() if user_state(each) != "deleted"]
    return list_resources(call, [shown for each in users if keep(shown := _show(call, each))])


def get_user(call: ApiCall) -> Reply:
    """Return a user of the organization as a SCIM user."""
    return show_resource(call, _show(call, _find(call)))


def post_user(call: ApiCall) -> Reply:
    """Create a user, or restore a deleted one."""
    given = as_object(call.body)
    email = str(given.get("userName"))
    known = find_user_of_email(call.state, email)
    if known is not None and user_state(known) != "deleted":
        raise ScimProblem(409, f"A user with the userName {email} already exists.", "uniqueness")
    if known is None:
        home = str(home_division(call.state.seed)["id"])
        known = add_user(call, {"name": given.get("displayName"), "email": email}, home)
    return show_resource(call, _write(call, known, {"active": True, **given}), status=201)


def put_user(call: ApiCall) -> Reply:
    """Replace a user."""
    user = _find_current(call)
    given: Record = {**_CLEARED, "active": True, **as_object(call.body)}
    return show_resource(call, _write(call, user, given))


def patch_user(call: ApiCall) -> Reply:
    """Change a user by PATCH operations (RFC 7644 section 3.5.2)."""
    user = _find_current(call)
    changed = dict(_show(call, user))
    operations = as_object(call.body).get("Operations")
    for each in operations if isinstance(operations, list) else ():
        _apply(changed, as_object(each))
    # The values of operations have any type, so only the result can be checked.
    model = Schema(ref="#/definitions/ScimV2User")
    for place, _, kind in find_misfits(call.definition, model, changed, "user"):
        raise ScimProblem(400, f"The value of {place} must be {kind}.", "invalidValue")
    return show_resource(call, _write(call, user, changed))


def delete_user(call: ApiCall) -> Reply:
    """Delete a user."""
    remove_user(call, _find_current(call))
    return Reply(204)


def _write(call: ApiCall, user: Record, given: ScimResource) -> Record:
    """Update a user from a SCIM document, and return the user as a ``ScimV2User``."""
    identity = str(user["id"])
    enterprise = as_object(given.get(_ENTERPRISE))
    email = str(given.get("userName") or user.get("email"))
    other = find_user_of_email(call.state, email)
    if other is not None and other["id"] != identity:
        raise ScimProblem(409, f"A user with the userName {email} already exists.", "uniqueness")
    changed: Record = {
        "name": given.get("displayName") or user.get("name"),
        "email": email,
        "username": email,
        "title": given.get("title"),
        "department": enterprise.get("department"),
        "manager": _manager(call, as_object(enterprise.get("manager")).get("value")),
        "state": "active" if given.get("active", True) else "inactive",
    }
    division = enterprise.get("division")
    if isinstance(division, str):
        changed["division"] = _division(call, division)
    place = (*_PLACE, identity)
    kept = {name: given[name] for name in _KEPT if given.get(name)}
    number = enterprise.get("employeeNumber")
    call.state.singles[place] = {**kept, **({"employeeNumber": number} if number else {})}
    return _show(call, update_user(call, user, changed))


def _show(call: ApiCall, user: Record) -> Record:
    """Return a user as a ``ScimV2User``."""
    identity = str(user["id"])
    kept = call.state.singles.get((*_PLACE, identity), {})
    base = "/api/v2/scim/v2/users" if "/v2/users" in call.path[len("/api/v2") :] else _BASE
    manager, division = as_object(user.get("manager")), as_object(user.get("division"))
    enterprise: Record = {
        "division": _division_name(call, division),
        "department": user.get("department"),
        "employeeNumber": kept.get("employeeNumber"),
        "manager": {"value": manager["id"], "$ref": f"{base}/{manager['id']}"}
        if "id" in manager
        else None,
    }
    roles: list[Json] = [
        {"value": str(each.get("name"))} for each in roles_of(call.state, identity)
    ]
    shown: Record = {
        "schemas": [_CORE, _ENTERPRISE, *([_GENESYS] if _GENESYS in kept else [])],
        "id": identity,
        "userName": user.get("email"),
        "displayName": user.get("name"),
        "title": user.get("title"),
        "active": user_state(user) == "active",
        "emails": [{"value": user.get("email"), "type": "work", "primary": True}],
        "roles": roles,
        _ENTERPRISE: {name: each for name, each in enterprise.items() if each is not None},
        **{name: kept[name] for name in _KEPT if name in kept},
        "meta": {
            "resourceType": "User",
            "location": f"{base}/{identity}",
            "version": f'W/"{user.get("version", 1)}"',
            "lastModified": call.state.modified_users.get(identity, START),
        },
    }
    return {name: each for name, each in shown.items() if each is not None}


def _apply(document: Record, operation: ScimResource) -> None:
    """Apply one operation of a PATCH to a document."""
    name, path = str(operation.get("op")).lower(), operation.get("path")
    value = operation.get("value")
    if path is None:
        for each, inside in as_object(value).items():
            _apply(document, {"op": name, "path": each, "value": inside})
        return
    schema, attribute = _split(str(path))
    if not _ATTRIBUTE.fullmatch(attribute) or attribute in ALWAYS:
        raise ScimProblem(400, f"The path [{path}] cannot be changed.", "invalidPath")
    holder = dict(as_object(document.get(schema))) if schema else document
    outer, _, inner = attribute.partition(".")
    if inner:
        value = {**as_object(holder.get(outer)), inner: value}
    if name == "remove":
        holder.pop(outer, None)
    else:
        holder[outer] = value
    if schema:
        document[schema] = holder


_ATTRIBUTE: Final = re.compile(r"[\w$:.-]+", re.ASCII)


def _split(path: str) -> tuple[str, str]:
    """Return the schema and the attribute in a path; the schema is empty for the core schema."""
    for schema in (_ENTERPRISE, _GENESYS):
        if path.startswith(f"{schema}:"):
            return schema, path[len(schema) + 1 :]
    return "", path.removeprefix(f"{_CORE}:")


def _is_active(shown: ScimResource) -> bool:
    return bool(shown["active"])


_FILTERED: Final[ScimFilter] = {
    "id": lambda shown: [shown["id"]],
    "username": lambda shown: [shown.get("userName")],
    "displayname": lambda shown: [shown.get("displayName")],
    "externalid": lambda shown: [shown.get("externalId")],
    "active": lambda shown: [shown["active"]],
    "email": lambda shown: [shown.get("userName")],
    "emails.value": lambda shown: [shown.get("userName")],
    "manager": lambda shown: [as_object(as_object(shown[_ENTERPRISE]).get("manager")).get("value")],
    "division": lambda shown: [as_object(shown[_ENTERPRISE]).get("division")],
    "department": lambda shown: [as_object(shown[_ENTERPRISE]).get("department")],
}


def _find(call: ApiCall) -> Record:
    identity = call.arguments["userId"]
    user = call.state.users.get(identity)
    if user is None or user_state(user) == "deleted":
        raise ScimProblem(404, f"There is no user {identity}.")
    return user


def _find_current(call: ApiCall) -> Record:
    """Return the user in a call's path, after checking the call's ``If-Match``."""
    user = _find(call)
    check_version(call, _show(call, user))
    return user


def _manager(call: ApiCall, identity: Json) -> Json:
    if identity is None:
        return None
    if not isinstance(identity, str) or identity not in call.state.users:
        raise ScimProblem(400, f"There is no manager {identity}.", "invalidValue")
    return {"id": identity, "selfUri": f"/api/v2/users/{identity}"}


def _division(call: ApiCall, name: str) -> Record:
    """Return the division with a name."""
    for each in call.state.collections.get(DIVISIONS, {}).values():
        if str(each.get("name")).casefold() == name.casefold():
            return reference_of(each)
    raise ScimProblem(400, f"There is no division {name}.", "invalidValue")


def _division_name(call: ApiCall, division: ScimResource) -> Json:
    known = call.state.collections.get(DIVISIONS, {}).get(str(division.get("id")), division)
    return known.get("name")


_BASE: Final = "/api/v2/scim/users"
_PLACE: Final = ("", "api", "v2", "scim", "users")
_CLEARED: Final[ScimResource] = {"title": None, _ENTERPRISE: {}}

HANDLERS: Mapping[tuple[str, str], Handler] = {
    key: handler
    for base in (_BASE, "/api/v2/scim/v2/users")
    for key, handler in {
        ("GET", base): get_users,
        ("POST", base): post_user,
        ("GET", f"{base}/{{userId}}"): get_user,
        ("PUT", f"{base}/{{userId}}"): put_user,
        ("PATCH", f"{base}/{{userId}}"): patch_user,
        ("DELETE", f"{base}/{{userId}}"): delete_user,
    }.items()
}
