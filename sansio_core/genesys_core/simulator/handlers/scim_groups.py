"""Handlers for SCIM groups (RFC 7643 and 7644), which are the organization's groups.

Invariants: every group of ``/api/v2/groups`` is a SCIM group with the same members; ``displayName``
is its name, which SCIM cannot change. If one operation in a PATCH is rejected, none is performed.
``externalId``, which only SCIM has, is stored separately. The version changes with the group and
with its members.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from zlib import crc32

from genesys_core.simulator.handlers.scim_resources import (
    ScimFilter,
    ScimResource,
    as_object,
    check_version,
    list_resources,
    read_filter,
    show_resource,
)
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, format_instant
from genesys_core.simulator.http.problems import ScimProblem
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import GROUPS, Record, user_state

__all__ = ["HANDLERS"]

_CORE: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
_MEMBER: Final = re.compile(r'members\[\s*value\s+eq\s+"([^"]*)"\s*\]', re.IGNORECASE)
_KEPT: Final = "scim"
"""The path segment below a group under which its SCIM-only properties are stored."""
_FILTERED: Final[ScimFilter] = {
    "id": lambda shown: [shown["id"]],
    "displayname": lambda shown: [shown["displayName"]],
    "externalid": lambda shown: [shown.get("externalId")],
}


def get_groups(call: ApiCall) -> Reply:
    """Return a page of the groups that match the filter, beginning at ``startIndex``."""
    keep = read_filter(call, _FILTERED) or bool
    groups = call.state.collections.get(GROUPS, {}).values()
    return list_resources(call, [shown for each in groups if keep(shown := _show(call, each))])


def get_group(call: ApiCall) -> Reply:
    """Return a group of the organization as a SCIM group."""
    return show_resource(call, _show(call, _find(call)))


def put_group(call: ApiCall) -> Reply:
    """Replace a group; its name cannot be changed."""
    group, given = _find_current(call), as_object(call.body)
    return _write(call, group, _listed(given.get("members")), given.get("externalId"))


def patch_group(call: ApiCall) -> Reply:
    """Change a group by PATCH operations (RFC 7644 section 3.5.2)."""
    group = _find_current(call)
    members, external = list(_members(call, group)), _external_id(call, group)
    operations = as_object(call.body).get("Operations")
    for each in operations if isinstance(operations, list) else ():
        members, external = _apply(as_object(each), members, external)
    return _write(call, group, members, external)


def _apply(operation: ScimResource, members: list[str], external: Json) -> tuple[list[str], Json]:
    """Return the members and the external id after one operation."""
    name, value = str(operation.get("op")).lower(), operation.get("value")
    path = str(operation.get("path") or "").removeprefix(f"{_CORE}:")
    one = _MEMBER.fullmatch(path)
    if not path and name != "remove":
        for attribute, inside in as_object(value).items():
            inner: Record = {"op": name, "path": attribute, "value": inside}
            members, external = _apply(inner, members, external)
    elif path == "externalId":
        external = None if name == "remove" else value
        if external is not None and not isinstance(external, str):
            raise ScimProblem(400, "The externalId of a group must be a string.", "invalidValue")
    elif one is not None and name == "remove":
        members = [each for each in members if each != one[1]]
    elif path == "members":
        members = _change_members(name, members, value)
    elif path == "displayName":
        raise ScimProblem(400, "The displayName of a group is read-only.", "mutability")
    else:
        raise ScimProblem(400, f"The path [{path}] cannot be changed.", "invalidPath")
    return members, external


def _change_members(name: str, members: Sequence[str], value: Json) -> list[str]:
    listed = _listed(value)
    match name:
        case "add":
            return [*dict.fromkeys([*members, *listed])]
        case "remove":
            return [each for each in members if value is not None and each not in listed]
        case _:
            return listed


def _listed(value: Json) -> list[str]:
    """Return the ids of members in a body."""
    given = value if isinstance(value, list) else [value]
    return [
        *dict.fromkeys(
            str(as_object(each)["value"]) for each in given if as_object(each).get("value")
        )
    ]


def _write(call: ApiCall, group: Record, members: Sequence[str], external: Json) -> Reply:
    """Set a group's members and external id, and return the response."""
    identity = str(group["id"])
    held = _members(call, group)
    users = call.state.users
    for each in members:
        if each not in held and (each not in users or user_state(users[each]) == "deleted"):
            raise ScimProblem(400, f"There is no user {each}.", "invalidValue")
    if call.state.count_items() + len(members) - len(held) + 1 > call.settings.max_items:
        message = (
            f"The simulator stores at most {call.settings.max_items} items (Settings.max_items)."
        )
        raise ScimProblem(400, message, "tooMany")
    call.state.collections[*GROUPS, identity, "members"] = {
        each: held.get(each) or _member(users[each]) for each in members
    }
    place = (*GROUPS, identity, _KEPT)
    call.state.singles.pop(place, None)
    if external:
        call.state.singles[place] = {"externalId": external}
    version = group.get("version")
    changed: Record = {
        **group,
        "memberCount": len(members),
        "dateModified": format_instant(call.now.wall),
        "version": version + 1 if isinstance(version, int) else 1,
    }
    call.state.collections[GROUPS][identity] = changed
    return show_resource(call, _show(call, changed))


def _member(user: Record) -> Record:
    """Return the properties of a user that a list of members contains."""
    return {name: user[name] for name in ("id", "name", "email") if name in user}


def _show(call: ApiCall, group: Record) -> Record:
    """Return a group as a ``ScimV2Group``."""
    identity = str(group["id"])
    base = call.path[: call.path.index("/groups")]
    members, external = list(_members(call, group)), _external_id(call, group)
    listed: list[Json] = [
        {"type": "User", "value": each, "$ref": f"{base}/users/{each}"} for each in members
    ]
    # The ETag must also change if `/api/v2/groups` changes members, although the version does not.
    content = crc32(" ".join([*members, str(external)]).encode("utf-8", "replace"))
    shown: Record = {
        "schemas": [_CORE],
        "id": identity,
        "displayName": group.get("name"),
        "externalId": external,
        "members": listed,
        "meta": {
            "resourceType": "Group",
            "location": f"{base}/groups/{identity}",
            "version": f'W/"{group.get("version", 1)}-{content:08x}"',
            "lastModified": group.get("dateModified"),
        },
    }
    return {name: each for name, each in shown.items() if each is not None}


def _members(call: ApiCall, group: Record) -> Mapping[str, Record]:
    return call.state.collections.get((*GROUPS, str(group["id"]), "members"), {})


def _external_id(call: ApiCall, group: Record) -> Json:
    return call.state.singles.get((*GROUPS, str(group["id"]), _KEPT), {}).get("externalId")


def _find(call: ApiCall) -> Record:
    identity = call.arguments["groupId"]
    group = call.state.collections.get(GROUPS, {}).get(identity)
    if group is None:
        raise ScimProblem(404, f"There is no group {identity}.")
    return group


def _find_current(call: ApiCall) -> Record:
    """Return the group in a call's path, after checking the call's ``If-Match``."""
    group = _find(call)
    check_version(call, _show(call, group))
    return group


HANDLERS: Mapping[tuple[str, str], Handler] = {
    key: handler
    for base in ("/api/v2/scim/groups", "/api/v2/scim/v2/groups")
    for key, handler in {
        ("GET", base): get_groups,
        ("GET", f"{base}/{{groupId}}"): get_group,
        ("PUT", f"{base}/{{groupId}}"): put_group,
        ("PATCH", f"{base}/{{groupId}}"): patch_group,
    }.items()
}
