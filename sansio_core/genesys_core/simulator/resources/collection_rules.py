"""Rules A, B, C and S: collections, whose items are at ``{template}/{id}``.

Invariants: an item is read at its path. A collection whose items cannot be created, changed or
deleted must have a listing.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.resources.rule_types import Collection, ResourceAction, are_alike
from genesys_core.simulator.resources.shapes import ApiRoute, PathShapes
from genesys_core.simulator.state.definition import Schema

__all__ = ["EXAMPLES_ONLY", "derive_collection", "is_excluded", "is_plain_text"]

EXAMPLES_ONLY: Final = frozenset(
    {
        "activation",  # a command with a result
        "bulk",  # commands on many items
        "downloads",
        "executions",
        "exports",
        "imports",
        "jobs",  # have rules of their own (H)
        "query",
        "queries",
        "search",
        "uploads",
        "validate",
    }
)
"""Path segments that name a command or a computation, not a resource."""

_WRITES: Final[Mapping[str, ResourceAction]] = {
    "PUT": "replace",
    "PATCH": "merge",
    "DELETE": "delete",
}


def derive_collection(shapes: PathShapes, key: str) -> Collection | None:
    """Return the stateful collection at a path, or ``None`` if there is none."""
    top, item = shapes.routes(key), shapes.routes(f"{key}/{{}}")
    read = item.get("GET")
    if read is None or is_excluded(key):
        return None
    entity = shapes.reply(read)
    if not _has_id(entity) or not is_plain_text(read):
        return None
    operations: dict[tuple[str, str], ResourceAction] = {("item", "GET"): "read"}
    listing = shapes.listing(top.get("GET"), entity)
    if listing is not None:
        operations["", "GET"] = "list"
    if _creates(shapes, top.get("POST"), entity):
        operations["", "POST"] = "create"
    elif _creates_many(shapes, top.get("POST"), entity):
        operations["", "POST"] = "create_many"
    for method, action in _WRITES.items():
        if method in item and _writes(shapes, item[method]):
            operations["item", method] = action
    letter = _letter(key, operations)
    if letter is None:
        return None
    template = next(iter(item.values())).template.rpartition("/")[0]
    return Collection(template, letter, entity, operations)


def is_excluded(template: str) -> bool:
    """Return whether a path is that of a command or a computation, not of a resource."""
    return not EXAMPLES_ONLY.isdisjoint(template.split("/"))


def _creates(shapes: PathShapes, route: ApiRoute | None, entity: Schema) -> bool:
    return route is not None and _writes(shapes, route) and are_alike(shapes.reply(route), entity)


def _creates_many(shapes: PathShapes, route: ApiRoute | None, entity: Schema) -> bool:
    """Return whether an operation takes a list of items and returns the list of created items."""
    given = Schema() if route is None else shapes.body(route)
    is_list = given.type == "array" and bool(shapes.resolved(given.items).properties)
    return is_list and shapes.listing(route, entity) == ()


def _writes(shapes: PathShapes, route: ApiRoute) -> bool:
    """Return whether an operation writes one item: its body, if it has one, is an object."""
    if route.facts.body is None:
        return route.method in {"DELETE", "POST", "PUT"}
    return bool(shapes.body(route).properties)


def _letter(key: str, operations: Mapping[tuple[str, str], ResourceAction]) -> str | None:
    actions = set(operations.values())
    if actions & {"create", "create_many"}:
        return "B" if "{}" in key else "A"
    if actions & {"replace", "merge", "delete"}:
        return "C"
    return "S" if "list" in actions else None


def _has_id(entity: Schema) -> bool:
    identity = (entity.properties or {}).get("id")
    return identity is not None and identity.type == "string"


def is_plain_text(item: ApiRoute) -> bool:
    """Return whether a collection's items are identified by strings, not by numbers or dates.

    Conversations are excluded, because handlers implement the commands that change them.
    """
    name = item.template.rpartition("/")[2].strip("{}")
    return name != "conversationId" and all(
        each.type == "string" and each.format in {None, "uuid"}
        for each in item.facts.parameters
        if each.name == name and each.location == "path"
    )
