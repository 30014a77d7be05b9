"""Rule F: views of a collection at paths other than its own, such as division views.

Invariants: a view shows users, queues, or the items of one collection whose items can be created.
The model of the view's items is that of the collection's items, or is named after it. Every id in the
view's path locates the collection, identifies the only item, or filters the items by a property.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from genesys_core.simulator.resources.rule_types import Collection, ResourceRule, are_alike
from genesys_core.simulator.resources.shapes import ApiRoute, PathShapes, is_placeholder
from genesys_core.simulator.state.definition import Schema

__all__ = ["NOT_VIEWS", "OTHERS", "OwnerFinder", "find_division_view", "find_view", "view_identity"]

NOT_VIEWS: Final = frozenset(
    {
        "bulk",
        "categories",
        "deleted",
        "expired",
        "favorites",
        "history",
        "jobs",
        "lookup",
        "superiors",
        "template",
        "unpublished",
        "versions",
    }
)
"""Path segments of listings that return entities other than a collection's items, or only some of
the items."""

OTHERS: Final = frozenset(
    {
        "/api/v2/assistants/queues",
        "/api/v2/learning/modules/{moduleId}/preview",
        "/api/v2/scripts/divisionviews",
        "/api/v2/telephony/providers/edges/sites/{siteId}/siteconnections",
    }
)
"""The paths of operations that are not views, although the name of their model suggests it."""

_RELATIONS: Final = {
    "/api/v2/users/{userId}/directreports": (("userId", "manager"),),
}
"""The filters of views, by path: pairs of a path parameter and the property that must equal it."""


class OwnerFinder:
    """Finds the collection whose items have a given model.

    Args:
        shapes: looks up the models of operations.
        owners: yields each collection whose items can be created or are implemented by handlers,
            with the name of the items' model.
    """

    def __init__(
        self, shapes: PathShapes, owners: Callable[[], Iterator[tuple[str, Collection]]]
    ) -> None:
        self._shapes = shapes
        self._load = owners
        self._owners: dict[str, list[Collection]] | None = None

    def find(self, template: str, item: Schema) -> Collection | None:
        """Return the collection whose items a view returns, or ``None`` if there is none.

        If several collections match, this is the one that shares the most path segments with the
        view.

        Args:
            template: the view's path template.
            item: the schema of the view's items, which refers to their model.
        """
        if self._owners is None:
            self._owners = {}
            for model, collection in self._load():
                self._owners.setdefault(model, []).append(collection)
        name = item.model_name or ""
        found = [
            each
            for each in self._owners.get(name, ())
            if _is_located(each, template) and _shared(each.template, template) >= _NEAR
        ]
        if name == "User":
            found = self._owners.get(name, [])
        if found:
            return max(found, key=lambda each: _shared(each.template, template))
        return self._above(template, item, name)

    def _above(self, template: str, item: Schema, name: str) -> Collection | None:
        """Return the collection above a path after whose model the item's model is named."""
        for model, collections in (self._owners or {}).items():
            for each in collections:
                if (
                    template.startswith(f"{each.template}/")
                    and (name.startswith(model) or name == f"Common{model}")
                    and are_alike(self._shapes.resolved(item), each.entity)
                ):
                    return each
        return None


_NEAR: Final = 4
"""The minimum number of path segments that a view shares with its collection."""


def find_division_view(
    shapes: PathShapes, collection: Callable[[str], Collection | None], route: ApiRoute
) -> ResourceRule | None:
    """Return the rule for a division view of a collection, or ``None`` for other operations."""
    base, view, rest = route.template.partition("/divisionviews")
    owner = collection(base) if view else None
    if owner is None or not owner.is_creatable:
        return None
    if is_placeholder(rest.removeprefix("/")):
        return ResourceRule("F", "read_view", owner, owner.entity)
    if rest not in {"", "/all"} or shapes.listing(route, owner.entity) is None:
        return None
    return ResourceRule("F", "list_view", owner, owner.entity)


def find_view(shapes: PathShapes, owners: OwnerFinder, route: ApiRoute) -> ResourceRule | None:
    """Return the rule for a view other than a division view; ``None`` if there is none."""
    segments = route.template.split("/")
    schema = route.facts.reply_schema
    is_other = route.template in OTHERS or not NOT_VIEWS.isdisjoint(segments)
    listed = shapes.items(route)
    if is_other or schema is None:
        return None
    owner = owners.find(route.template, schema if listed is None else listed[1])
    if owner is None or owner.template == route.template:
        return None
    if listed is not None:
        filters = _RELATIONS.get(route.template) or _filters(owner, segments)
        if filters is None:
            return None
        return ResourceRule("F", "list_view", owner, owner.entity, filters)
    is_below = route.template.startswith(f"{owner.template}/{{")
    if not is_below or _identity(owner, segments) is None:
        return None
    return ResourceRule("F", "read_view", owner, owner.entity)


def _filters(owner: Collection, segments: Sequence[str]) -> tuple[tuple[str, str], ...] | None:
    """Return the filters of a view, one for each id in the path that does not locate the collection.

    Returns:
        Pairs of path parameter and item property; ``None`` if an id corresponds to no property.
    """
    properties = owner.entity.properties or {}
    filters: list[tuple[str, str]] = []
    for each in segments:
        if not is_placeholder(each) or each in owner.template.split("/"):
            continue
        name = each.strip("{}")
        found = next((n for n in (name, name.removesuffix("Id")) if n in properties), None)
        if found is None:
            return None
        filters.append((name, found))
    if segments[-1] == "me":
        found = next(
            (each for each in ("userId", "user", "owner", "assignee") if each in properties), None
        )
        if found is None:
            return None
        filters.append(("me", found))
    return tuple(filters)


def _identity(owner: Collection, segments: Sequence[str]) -> str | None:
    """Return the parameter that identifies a view's only item, if there is only one."""
    more = [
        each.strip("{}")
        for each in segments
        if is_placeholder(each) and each not in owner.template.split("/")
    ]
    return more[0] if len(more) == 1 else None


def view_identity(owner: Collection, template: str) -> str:
    """Return the path parameter that identifies a view's only item; empty if there is none."""
    return _identity(owner, template.split("/")) or ""


def _is_located(owner: Collection, template: str) -> bool:
    return all(
        each in template.split("/") for each in owner.template.split("/") if is_placeholder(each)
    )


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
