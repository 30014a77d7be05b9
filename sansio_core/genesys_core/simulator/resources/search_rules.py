"""Rule G: searches of a collection, by POST or with an encoded ``q64``.

Invariants: a search returns the items of one collection, as a view (rule F) does.
"""

from typing import Final

from genesys_core.simulator.resources.rule_types import ResourceRule
from genesys_core.simulator.resources.shapes import ApiRoute, PathShapes, is_placeholder
from genesys_core.simulator.resources.view_rules import OwnerFinder

__all__ = ["find_search"]

_SEGMENTS: Final = ("query", "search")


def find_search(shapes: PathShapes, owners: OwnerFinder, route: ApiRoute) -> ResourceRule | None:
    """Return the rule for a search; ``None`` if the operation is not a search."""
    segments = route.template.split("/")
    listed = shapes.items(route)
    if listed is None or not set(_SEGMENTS) & set(segments[4:]) or "rules" in segments[4:]:
        return None
    owner = owners.find(route.template, listed[1])
    if owner is None:
        return None
    known = owner.template.split("/")
    if any(is_placeholder(each) and each not in known for each in segments):
        return None
    return ResourceRule("G", "search", owner, owner.entity)
