"""Rule D: single resources, which are read and written at one path.

Invariants: the body of a write describes the same resource as the response to a read, or is a list
within it; an operation on the same path with another body is a command, and has no rule. DELETE
resets the resource to its state before the first write.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.resources.collection_rules import is_excluded
from genesys_core.simulator.resources.rule_types import ResourceAction, ResourceRule, are_alike
from genesys_core.simulator.resources.shapes import ApiRoute, PathShapes, path_key
from genesys_core.simulator.state.definition import Schema

__all__ = ["NOT_SINGLE", "find_list_property", "find_single"]

NOT_SINGLE: Final = frozenset(
    {
        "/api/v2/architect/dependencytracking/build",
        "/api/v2/contentmanagement/documents/{}/content",
        "/api/v2/outbound/contactlists/{}/export",
        "/api/v2/outbound/dnclists/{}/export",
        "/api/v2/routing/email/domains/{}/dkim",
        "/api/v2/routing/email/domains/{}/verification",
        "/api/v2/telephony/providers/edges/{}/diagnostic/nslookup",
        "/api/v2/telephony/providers/edges/{}/diagnostic/ping",
        "/api/v2/telephony/providers/edges/{}/diagnostic/route",
        "/api/v2/telephony/providers/edges/{}/diagnostic/tracepath",
    }
)
"""The paths at which a write is a command that returns a result and stores nothing."""

_METHODS: Final = ("PUT", "PATCH", "POST")
_ACTIONS: Final[Mapping[str, ResourceAction]] = {
    "GET": "read_single",
    "PUT": "write_single",
    "PATCH": "write_single",
    "POST": "write_single",
    "DELETE": "reset_single",
}


def find_single(shapes: PathShapes, route: ApiRoute, method: str) -> ResourceRule | None:
    """Return the rule for an operation on a single resource, or ``None`` for other operations."""
    key = path_key(route.template)
    routes = shapes.routes(key)
    read = routes.get("GET")
    action = _ACTIONS.get(method)
    if read is None or action is None or is_excluded(key) or key in NOT_SINGLE:
        return None
    entity = shapes.reply(read)
    if not entity.properties or shapes.items(read) is not None:
        return None
    known = [routes[each] for each in _METHODS if each in routes]
    writes = {each.method for each in known if _is_written(shapes, each, entity)}
    if not writes or (method in _METHODS and method not in writes):
        return None
    return ResourceRule("D", action, None, entity)


def _is_written(shapes: PathShapes, route: ApiRoute, entity: Schema) -> bool:
    given, reply = shapes.body(route), shapes.reply(route)
    if given.type == "array":
        return find_list_property(shapes, entity, given) is not None
    return are_alike(_as_read(given, entity), entity) and (
        not reply.properties or are_alike(reply, entity) or route.method != "POST"
    )


def _as_read(given: Schema, entity: Schema) -> Schema:
    """Return a body's schema with the names of the response: ``foo`` for ``fooId`` and so on."""
    known = entity.properties or {}
    properties: dict[str, Schema] = {}
    for name, facts in (given.properties or {}).items():
        names = (name, name.removesuffix("Id"), f"{name.removesuffix('Ids')}s")
        properties[next((each for each in names if each in known), name)] = facts
    return Schema(properties=properties)


def find_list_property(shapes: PathShapes, entity: Schema, given: Schema) -> str | None:
    """Return the resource's property that a list in a request body replaces, or ``None``."""
    item = shapes.resolved(given.items)
    for name, facts in (entity.properties or {}).items():
        if facts.type != "array":
            continue
        inside = shapes.resolved(facts.items)
        if inside.type == item.type or (
            item.type == "string" and "id" in (inside.properties or {})
        ):
            return name
    return None
