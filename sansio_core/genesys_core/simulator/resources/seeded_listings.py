"""Listings without a stored collection, whose items were seeded by a test.

Invariants: items seeded for a path take precedence over those seeded for its template. Filters do
not apply to seeded items.
"""

from genesys_core.simulator.http.exchange import ApiCall, Reply, json_reply
from genesys_core.simulator.resources.listing_styles import find_listing_style
from genesys_core.simulator.resources.pages import make_listing
from genesys_core.simulator.state.examples import Json

__all__ = ["find_page", "list_seeds"]


def list_seeds(call: ApiCall) -> Reply | None:
    """Return the response with a page of a listing's seeded items; ``None`` if there are none.

    Raises:
        Problem: 400 for an invalid page size, page number or token.
    """
    page = find_page(call)
    return None if page is None else json_reply(page)


def find_page(call: ApiCall) -> Json:
    """Return the page of :func:`list_seeds` as a JSON document instead of a response.

    Raises:
        Problem: 400 for an invalid page size, page number or token.
    """
    held, route = call.state.listings, call.route
    if not held:
        return None
    literal = held.get((route.method, call.path))
    items = held.get((route.method, route.template)) if literal is None else literal
    style = None if items is None else find_listing_style(call.definition, route.facts)
    if items is None or style is None:
        return None
    return make_listing(call, style, items)
