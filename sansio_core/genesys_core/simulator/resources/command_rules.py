"""Rules I and M: commands on an item that return the item, and bulk commands on a collection.

Invariants: the path of a command on an item is below the item's path. A command changes only the
properties in its body, the item's version and the date of the change.
"""

from collections.abc import Callable, Mapping
from typing import Final

from genesys_core.simulator.resources.rule_types import (
    Collection,
    ResourceAction,
    ResourceRule,
    are_alike,
)
from genesys_core.simulator.resources.shapes import ApiRoute, PathShapes, is_placeholder

__all__ = ["find_bulk_command", "find_command"]

_COPIES: Final = frozenset({"copies", "copy", "clone"})
_NO_COMMANDS: Final = frozenset(
    {"content", "draft", "estimate", "link", "preview", "simulate", "stageplans", "validate"}
)
_BULK: Final[Mapping[str, ResourceAction]] = {
    "add": "create_many",
    "bulk": "read_many",
    "bulkadd": "create_many",
    "bulkremove": "delete_many",
    "remove": "delete_many",
    "retrieve": "read_many",
    "update": "change_many",
}

CollectionFinder = Callable[[str], Collection | None]


def find_command(
    shapes: PathShapes, collection: CollectionFinder, route: ApiRoute
) -> ResourceRule | None:
    """Return the rule for a command on an item; ``None`` if the operation is not one."""
    item, _, verb = route.template.rpartition("/")
    template, _, last = item.rpartition("/")
    if is_placeholder(verb) or not is_placeholder(last) or verb in _NO_COMMANDS:
        return None
    owner = collection(template)
    if owner is None or owner.letter not in {"A", "B"}:
        return None
    if _responds_with_item(shapes, route, owner):
        return ResourceRule("I", "copy" if verb in _COPIES else "command", owner, owner.entity)
    return None


def _responds_with_item(shapes: PathShapes, route: ApiRoute, owner: Collection) -> bool:
    if route.method not in {"POST", "PUT", "PATCH"} or shapes.items(route) is not None:
        return False
    reply = shapes.reply(route)
    names = reply.properties or {}
    return are_alike(reply, owner.entity) and "id" in names and len(names) >= _SMALLEST


_SMALLEST: Final = 5
"""The minimum number of properties that a response must declare to be recognized as the item."""


def find_bulk_command(
    shapes: PathShapes, collection: CollectionFinder, route: ApiRoute
) -> ResourceRule | None:
    """Return the rule for a bulk command; ``None`` if the operation is not one."""
    if is_placeholder(route.template.rpartition("/")[2]):
        return None
    template, verb = _split(route.template)
    owner = collection(template)
    if owner is None or not owner.is_creatable or owner.states is not None:
        return None
    action = _bulk_action(shapes, route, owner, verb)
    return None if action is None else ResourceRule("M", action, owner, owner.entity)


def _split(template: str) -> tuple[str, str]:
    """Return the path of a bulk command's collection, and the command: empty without ``/bulk``."""
    before, bulk, after = template.partition("/bulk")
    if not bulk:
        return template, ""
    names = after.removeprefix("/").split("/") if after.startswith("/") or not after else []
    match names:
        case [""]:
            return before, "bulk"
        case [verb] if verb in _BULK:
            return before, verb
        case [name]:  # such as /api/v2/externalcontacts/bulk/contacts
            return f"{before}/{name}", "bulk"
        case [name, verb]:
            return f"{before}/{name}", verb
        case _:
            return before, f"bulk{after}"


def _bulk_action(
    shapes: PathShapes, route: ApiRoute, owner: Collection, verb: str
) -> ResourceAction | None:
    match route.method, verb:
        case "DELETE", "" | "bulk":
            return "delete_many"
        case "PATCH", "bulk":
            return "add_members" if owner.letter == "E" else "change_many"
        case "PUT", "bulk":
            return "set_members" if owner.letter == "E" else "change_many"
        case "POST", "bulk" if _has_documents(shapes, route):
            return "create_many"
        case _:
            return _BULK.get(verb)


_REFERENCE: Final = frozenset({"id", "name", "selfUri"})
"""The properties of a reference to an item; an object with any other property is an item."""


def _has_documents(shapes: PathShapes, route: ApiRoute) -> bool:
    """Return whether a command's body contains a list of items instead of ids or references."""
    given = shapes.body(route)
    lists = [given, *map(shapes.resolved, (given.properties or {}).values())]
    return any(
        each.type == "array"
        and bool({*(shapes.resolved(each.items).properties or ())} - _REFERENCE)
        for each in lists
    )
