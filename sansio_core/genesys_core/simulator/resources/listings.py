"""Collection listings: filtering and sorting items.

Invariants: an unsupported filter matches everything.
"""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Final

from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.http.name_filters import has_name
from genesys_core.simulator.resources.listing_styles import find_listing_style
from genesys_core.simulator.resources.pages import make_listing
from genesys_core.simulator.state.examples import Json

__all__ = ["list_items", "order_of"]


def list_items(call: ApiCall, items: Sequence[Json]) -> Json:
    """Return the response of a listing: the requested page of the items that match the filters.

    Args:
        call: the call, whose query has the filters, the order and the page.
        items: all items, in order of creation.

    Returns:
        ``None`` if the operation is not a listing.

    Raises:
        Problem: 400 for an invalid page size, page number or token.
    """
    chosen = _sorted(call, [each for each in items if _passes(call, each)])
    style = find_listing_style(call.definition, call.route.facts)
    return None if style is None else make_listing(call, style, chosen)


_NO_FILTERS: Final = frozenset({"pageSize", "pageNumber", "sortBy", "sortOrder", "expand", "limit"})


def _passes(call: ApiCall, item: Json) -> bool:
    if not isinstance(item, Mapping):
        return True
    for parameter in call.route.facts.parameters:
        name = parameter.name
        wanted = call.query.get(name)
        if parameter.location != "query" or not wanted or name in _NO_FILTERS:
            continue
        if name in item and not _matches(call.route.template, name, item[name], wanted):
            return False
    return True


def _matches(template: str, name: str, value: Json, wanted: Sequence[str]) -> bool:
    alternatives = [part for each in wanted for part in each.split(",")]
    match value:
        case bool():
            return str(value).lower() in alternatives
        case str() if name == "name":
            return any(has_name(template, value, each) for each in wanted)
        case str() | int() | float():
            return str(value) in alternatives or str(value) in wanted
        case _:
            return True  # filters by lists and objects are not supported


def _sorted(call: ApiCall, items: list[Json]) -> list[Json]:
    key = call.argument("sortBy", "")
    order = call.argument("sortOrder", "").lower()
    if key or order:
        items.sort(key=lambda item: order_of(item, key or "name"))
        if order.startswith("desc"):
            items.reverse()
    return items


def order_of(item: Json, name: str) -> tuple[float, str]:
    """Return the sort key of an item: numbers sort before strings; the case of strings is ignored.

    Args:
        item: an item of a listing.
        name: the property by which the items are sorted; not used for items that are not objects.
    """
    value = item.get(name, "") if isinstance(item, Mapping) else item
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), ""
    return inf, str(value).casefold()
