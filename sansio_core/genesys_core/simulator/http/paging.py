"""Page-number pagination.

Invariants: every entity is on exactly one page, in order. A page links to itself and to the
first, last and adjacent pages, or to none with ``Settings(listing_links=False)``.
"""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote, urlencode

from genesys_core.simulator.http.divisions import is_permitted
from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import Record

__all__ = ["MAX_PAGE_SIZE", "make_page"]

MAX_PAGE_SIZE: Final = 500
"""The maximum page size; lower maximums that the platform documents are in ``KNOWN_LIMITS``."""


def make_page(call: ApiCall, entities: Sequence[Record], show: Callable[[Record], Json]) -> Record:
    """Return the page of a listing that ``pageSize`` and ``pageNumber`` select.

    A page beyond the last is empty, as on the platform.

    Args:
        call: the call, whose query selects the page.
        entities: all entities of the listing, in order.
        show: converts an entity to its representation on the page.

    Raises:
        Problem: 400 if the page size is not from 1 to 500 or the page number is not positive.
    """
    entities = [each for each in entities if is_permitted(call, each)]
    size = _number(call, "pageSize", call.settings.page_size, MAX_PAGE_SIZE)
    number = _number(call, "pageNumber", 1, None)
    count = -(-len(entities) // size)
    links = {"firstUri": 1, "selfUri": number, "lastUri": max(count, 1)}
    if number < count:
        links["nextUri"] = number + 1
    if 1 < number <= count + 1:
        links["previousUri"] = number - 1
    page: Record = {
        "entities": [show(each) for each in entities[(number - 1) * size : number * size]],
        "pageSize": size,
        "pageNumber": number,
        "total": len(entities),
    }
    if not call.settings.listing_links:
        return page
    uris = {name: _link(call, size, at) for name, at in links.items()}
    return {**page, **uris, "pageCount": count}


def _number(call: ApiCall, name: str, default: int, highest: int | None) -> int:
    number = call.number(name, default)
    if number is None or number < 1 or (highest is not None and number > highest):
        allowed = "1 or more" if highest is None else f"from 1 to {highest}"
        given = call.argument(name, "")
        raise bad_request(f"The {name} [{given}] must be {allowed}.", field=name)
    return number


def _link(call: ApiCall, size: int, number: int) -> str:
    others = [
        (name, value)
        for name, values in call.query.items()
        if name not in {"pageSize", "pageNumber"}
        for value in values
    ]
    pairs = [("pageSize", str(size)), ("pageNumber", str(number)), *others]
    return f"{call.path}?{urlencode(pairs, quote_via=quote)}"
