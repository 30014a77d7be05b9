"""Listings of collections: filters, order, and pages by number, by cursor or not at all.

Invariants: every item that the filters let through is on exactly one page. A page links to the next
only if there is one, so that reading on always ends.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

from msgspec import UnsetType

from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.http.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, make_page
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.resources.values import conform_value
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import Record

__all__ = ["conform_reply", "list_items"]

_CURSORS: Final = ("after", "cursor")
_SIZES: Final = ("pageSize", "limit")


def list_items(call: ApiCall, items: Sequence[Record], listing: str) -> Json:
    """Return the reply of a listing.

    Args:
        call: the call, whose query has the filters, the order and the page.
        items: all items, in order of creation.
        listing: the property that has the items; empty if the reply is an array.

    Raises:
        Problem: 400 for a page size, page number or cursor that is not valid.
    """
    schema = call.route.facts.reply_schema or Schema()
    chosen = _sorted(call, [each for each in items if _passes(call, each)])
    if not listing:
        return conform_reply(call, schema, list(chosen))
    reply = call.definition.resolve(schema)
    known = {each.name for each in call.route.facts.parameters}
    cursor = next((each for each in _CURSORS if each in known), None)
    document: dict[str, Json]
    if "pageNumber" in known:
        document = make_page(call, chosen, lambda item: item)
        document[listing] = document["entities"]
    elif cursor is not None:
        document = _page_at(call, chosen, listing, cursor)
    else:
        document = {listing: list(chosen), "total": len(chosen), "pageCount": 1, "pageNumber": 1}
        document["pageSize"] = max(len(chosen), 1)
        document["selfUri"] = call.path
    declared = reply.properties or {}
    return conform_reply(call, schema, {k: v for k, v in document.items() if k in declared})


def conform_reply(call: ApiCall, schema: Schema, value: Json) -> Json:
    """Return a value in the form that the operation replies with."""
    made = conform_value(call.definition, schema, value)
    return None if isinstance(made, UnsetType) else made


def _page_at(call: ApiCall, items: Sequence[Record], listing: str, cursor: str) -> Record:
    size_name = next((n for n in _SIZES if n in {p.name for p in call.route.facts.parameters}), "")
    size = call.number(size_name, DEFAULT_PAGE_SIZE)
    if size is None or not 1 <= size <= MAX_PAGE_SIZE:
        raise bad_request(f"The {size_name} must be 1 to {MAX_PAGE_SIZE}.", field=size_name)
    start = _position(call, cursor, len(items))
    page: Record = {listing: list(items[start : start + size]), "selfUri": call.path}
    if start + size < len(items):
        token = f"p{start + size}"
        page |= {cursor: token, "cursors": {"after": token}, "nextUri": _link(call, cursor, token)}
    return page


def _position(call: ApiCall, cursor: str, count: int) -> int:
    text = call.argument(cursor, "")
    if not text:
        return 0
    digits = text.removeprefix("p")
    if not text.startswith("p") or not digits.isdecimal() or len(digits) > 9:
        raise bad_request(f"The {cursor} [{text}] is not a cursor of this listing.", field=cursor)
    return min(int(digits), count)


def _link(call: ApiCall, cursor: str, token: str) -> str:
    others = [(k, each) for k, values in call.query.items() if k != cursor for each in values]
    return f"{call.path}?{urlencode([*others, (cursor, token)], quote_via=quote)}"


_NO_FILTERS: Final = frozenset({"pageSize", "pageNumber", "sortBy", "sortOrder", "expand", "limit"})


def _passes(call: ApiCall, item: Record) -> bool:
    for parameter in call.route.facts.parameters:
        name = parameter.name
        wanted = call.query.get(name)
        if parameter.location != "query" or not wanted or name in _NO_FILTERS:
            continue
        if name in item and not _matches(name, item[name], wanted):
            return False
    return True


def _matches(name: str, value: Json, wanted: Sequence[str]) -> bool:
    alternatives = [part for each in wanted for part in each.split(",")]
    match value:
        case bool():
            return str(value).lower() in alternatives
        case str() if name == "name":
            # Whether a name must be equal, start with the text or contain it differs by family.
            # That it may contain it is a guess for those that do not say.
            return any(each.strip("*").casefold() in value.casefold() for each in wanted)
        case str() | int() | float():
            return str(value) in alternatives or str(value) in wanted
        case _:
            return True  # a filter by something inside is not understood, and lets all through


def _sorted(call: ApiCall, items: list[Record]) -> list[Record]:
    key = call.argument("sortBy", "")
    order = call.argument("sortOrder", "").lower()
    if key or order:
        items.sort(key=lambda item: str(item.get(key or "name", "")).casefold())
        if order.startswith("desc"):
            items.reverse()
    return items
