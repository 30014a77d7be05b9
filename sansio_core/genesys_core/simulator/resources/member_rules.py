"""Rule E: lists of members, such as a group's members or a user's skills.

Invariants: the list is read at its path, and written there or at ``{path}/{id}``. A body is a
member, a list of members or of their ids, or an object with such a list.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.resources.collection_rules import is_excluded, is_plain_text
from genesys_core.simulator.resources.rule_types import Collection, ResourceAction
from genesys_core.simulator.resources.shapes import PathShapes
from genesys_core.simulator.state.definition import Schema

__all__ = ["NOT_MEMBERS", "derive_members", "find_member_list", "member_identity"]

NOT_MEMBERS: Final = frozenset(
    {
        "/api/v2/architect/dependencytracking",
        "/api/v2/authorization/policies/targets/{}",
        "/api/v2/contentmanagement/query",
        "/api/v2/license/users",
        "/api/v2/routing/email/domains/{}/mailfrom",
        "/api/v2/orgauthorization/trustees/care",
        "/api/v2/telephony/numbers/routing",
        "/api/v2/workforcemanagement/alternativeshifts/trades",
    }
)
"""The paths of lists that look like lists of members, but whose writes do not change members."""

_TOP: Final[Mapping[str, ResourceAction]] = {
    "POST": "add_members",
    "PUT": "set_members",
    "PATCH": "change_members",
    "DELETE": "remove_members",
}
_ITEM: Final[Mapping[str, ResourceAction]] = {
    "GET": "read",
    "PUT": "merge",
    "PATCH": "merge",
    "DELETE": "delete",
}


def derive_members(shapes: PathShapes, key: str) -> Collection | None:
    """Return the list of members at a path, or ``None`` if there is none."""
    top, item = shapes.routes(key), shapes.routes(f"{key}/{{}}")
    listed = shapes.items(top.get("GET"))
    if listed is None or is_excluded(key) or key in NOT_MEMBERS or "/conversations/" in key:
        return None
    entity = shapes.resolved(listed[1])
    if entity.type != "string" and not entity.properties:
        return None
    operations: dict[tuple[str, str], ResourceAction] = {("", "GET"): "list"}
    for method, action in _TOP.items():
        route = top.get(method)
        if route is not None and (
            method == "DELETE" or find_member_list(shapes, shapes.body(route)) is not None
        ):
            operations["", method] = action
    for method, action in _ITEM.items():
        is_list = method == "GET" and shapes.items(item.get(method)) is not None
        if method in item and not is_list and is_plain_text(item[method]):
            operations["item", method] = action
    if not {"add_members", "set_members"} & set(operations.values()):
        return None
    return Collection(top["GET"].template, "E", entity, operations)


def find_member_list(shapes: PathShapes, given: Schema) -> tuple[str, ...] | None:
    """Return the path of the property that contains the members in a body.

    Returns:
        The empty path if the body itself is a member or a list of members; ``None`` if it contains
        no members.
    """
    if given.type == "array":
        return ()
    lists = [
        name
        for name, facts in (given.properties or {}).items()
        if shapes.resolved(facts).type == "array" and not facts.is_read_only
    ]
    named = [each for each in lists if each.lower().endswith(_LISTS)]
    if len(named) == 1:
        return (named[0],)
    return () if given.properties else None


_LISTS: Final = ("ids", "members", "users", "entities", "segments", "phrases", "topics")


def member_identity(entity: Schema) -> str:
    """Return the property of a member's model that contains the member's id."""
    names = [name for name, facts in (entity.properties or {}).items() if facts.type == "string"]
    if "id" in names:
        return "id"
    return next((each for each in names if each.endswith("Id")), names[0] if names else "")
