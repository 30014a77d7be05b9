"""Builds the pages of listings, in the pagination style of the operation.

Invariants: every item is on exactly one page, if the dates in a listing by date differ. A page refers
to a next page only if there is one, so that iteration always ends. With
``Settings(listing_links=False)``, pages have links only in listings whose responses contain the next
page's token nowhere else.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Final, cast
from urllib.parse import quote, urlencode

import msgspec

from genesys_core.clock import assume_utc
from genesys_core.definition.words.known_limits import KNOWN_LIMITS
from genesys_core.simulator.http.divisions import is_permitted
from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.http.paging import MAX_PAGE_SIZE
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.http.values import conform_reply
from genesys_core.simulator.resources.listing_styles import FieldPath, ListingStyle
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import Record

__all__ = ["PAGE_WINDOWS", "make_listing", "read_search"]

PAGE_WINDOWS: Final[Mapping[str, tuple[int, int]]] = {
    "/api/v2/externalcontacts/contacts": (1000, 0),
    "/api/v2/externalcontacts/contacts/{contactId}/notes": (1000, 0),
    "/api/v2/externalcontacts/organizations": (1000, 0),
    "/api/v2/externalcontacts/organizations/{externalOrganizationId}/notes": (1000, 0),
    "/api/v2/routing/queues/divisionviews": (0, 5),
}
"""The last item and the last page that a page number can select, by path; 0 for no limit."""


def make_listing(call: ApiCall, style: ListingStyle, items: Sequence[Json]) -> Json:
    """Return the response with the page that a call selects.

    Args:
        call: the call, whose query or body selects the page.
        style: the operation's listing style.
        items: all items of the listing, in order.

    Raises:
        Problem: 400 for an invalid page size, page number or token, or a page number that exceeds
            the limit.
    """
    # First, so that totals do not count items in divisions that the caller may not see.
    items = [each for each in items if is_permitted(call, each)]
    size = _read_size(call, style, len(items))
    if style.selector == "date":
        items = _before(call, style, items)
    start = _read_start(call, style, size, len(items))
    page = list(items[start : start + size])
    schema = call.route.facts.reply_schema or Schema()
    if not style.items:
        return conform_reply(call, schema, page)
    facts = _describe(call, style, start, size, len(items))
    document: Record = {**facts, style.items[-1]: page}
    if style.send[:1] == ("paging",) and not page:
        del document[style.items[-1]]  # the platform leaves out an empty list of conversations
    for name in reversed(style.items[:-1]):
        document = {**facts, name: document}
    return conform_reply(call, schema, document)


def read_search(call: ApiCall) -> Json:
    """Return a call's search: its body, or the decoded query parameter ``q64``.

    Raises:
        Problem: 400 for a ``q64`` that is not a Base64-encoded JSON object.
    """
    text = call.argument("q64", "")
    if not text:
        return call.body
    try:
        found: Json = msgspec.json.decode(b64decode(text, validate=True))
    except (ValueError, RecursionError) as error:
        raise bad_request(
            "The parameter q64 is not a Base64-encoded JSON object.", field="q64"
        ) from error
    if not isinstance(found, Mapping):
        raise bad_request("The parameter q64 is not a Base64-encoded JSON object.", field="q64")
    return found


def _read(call: ApiCall, style: ListingStyle, path: FieldPath) -> Json:
    """Return the value of a field of the request; ``None`` if it is absent."""
    if not path:
        return None
    text = call.argument(path[-1], "")
    if text:  # links to pages have the field in the query, even if requests have it in the body
        return text
    value = read_search(call) if style.in_body or style.selector == "search" else None
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _read_number(call: ApiCall, style: ListingStyle, path: FieldPath, default: int) -> int:
    given = _read(call, style, path)
    if given is None or given == "":
        return default
    name = path[-1]
    try:
        number = int(cast(str, given))
    except (TypeError, ValueError, OverflowError):
        number = 0
    most = max(MAX_PAGE_SIZE, KNOWN_LIMITS.get((call.route.facts.name, "page_size"), 0))
    if number < 1 or (name in _SIZES and number > most):
        allowed = f"from 1 to {most}" if name in _SIZES else "1 or more"
        raise bad_request(f"The {name} [{given}] must be {allowed}.", field=name)
    return min(number, _FURTHEST)


def _read_size(call: ApiCall, style: ListingStyle, count: int) -> int:
    if style.selector == "none":
        return max(count, 1)
    path = ("pageSize",) if style.selector == "search" else style.size
    return _read_number(call, style, path, call.settings.page_size)


def _read_start(call: ApiCall, style: ListingStyle, size: int, count: int) -> int:
    """Return the index of the first item of the page."""
    token = call.argument(style.alternative, "") if style.alternative else ""
    if token:
        return _position(call, style.alternative, token, count)
    match style.selector:
        case "number" | "search":
            path = ("pageNumber",) if style.selector == "search" else style.send
            number = _read_number(call, style, path, 1)
            _check_window(call, number, size)
            return (number - 1) * size
        case "index":
            return _read_number(call, style, style.send, 1) - 1
        case "token":
            given = _read(call, style, style.send)
            return _position(call, style.send[-1], str(given), count) if given else 0
        case _:
            return 0


def _check_window(call: ApiCall, number: int, size: int) -> None:
    items, pages = PAGE_WINDOWS.get(call.route.template, (0, 0))
    if (items and number * size > items) or (pages and number > pages):
        reach = f"the first {items} items" if items else f"the first {pages} pages"
        raise bad_request(f"Only {reach} can be requested by page number.", field="pageNumber")


def _position(call: ApiCall, name: str, text: str, count: int) -> int:
    found = (_SCAN_CURSOR if _is_scan(call) else _CURSOR).fullmatch(text)
    if found is None:
        raise bad_request(
            f"The value [{text}] of {name} is not valid for this listing.", field=name
        )
    if _is_scan(call) and call.now.wall - int(found[2]) > _CURSOR_LIFE:
        raise bad_request(f"The value [{text}] of {name} has expired.", field=name)
    return min(int(found[1]), count)


def _is_scan(call: ApiCall) -> bool:
    return call.route.template.startswith(_SCANS)


def _token(call: ApiCall, name: str, start: int) -> str:
    if _is_scan(call):
        # Rounded up: a cursor does not expire before its time.
        return f"p{start}t{ceil(call.now.wall)}"
    types = {each.name: each.type for each in call.route.facts.parameters}
    return str(start) if types.get(name) == "integer" else f"p{start}"


def _before(call: ApiCall, style: ListingStyle, items: Sequence[Json]) -> list[Json]:
    """Return the items before the date in the parameter ``before``, latest first."""
    dates = [str(cast(Mapping[str, Json], each).get(style.date, "")) for each in items]
    dated = sorted(zip(dates, items, strict=True), key=lambda pair: pair[0], reverse=True)
    limit = call.argument("before", "")
    if not limit:
        return [each for _, each in dated]
    moment = _moment(limit)
    return [each for date, each in dated if date and _moment(date) < moment]


def _moment(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_request(
            f"The value [{text}] of before is not an ISO 8601 date.", field="before"
        ) from error
    return assume_utc(read)


def _describe(call: ApiCall, style: ListingStyle, start: int, size: int, total: int) -> Record:
    """Return the properties that describe a page in any style; undeclared ones are omitted later."""
    number, count = start // size + 1, -(-total // size)  # the count is rounded up
    facts: Record = {
        "pageSize": size,
        "pageNumber": number,
        "pageCount": count,
        "total": total,
        "totalNumberOfEntities": total,
        "totalHits": total,
        "totalResults": total,
        "startIndex": start + 1,
        "itemsPerPage": max(min(size, total - start), 0),
        "count": max(min(size, total - start), 0),
        "selfUri": call.path,
    }
    has_next = start + size < total
    if has_next and style.selector == "token":
        token = _token(call, style.send[-1], start + size)
        facts |= {"cursor": token, "after": token, "cursors": {"after": token}}
    if style.selector in {"number", "search"}:
        facts |= _describe_search(call, number, has_next=has_next)
    links = _links(call, style, start, size, total)
    if call.settings.listing_links:
        return facts | links
    if (
        "pageCount"
        not in call.definition.resolve(call.route.facts.reply_schema or Schema()).required
    ):
        del facts["pageCount"]
    if style.selector == "token" and not style.token:
        facts |= links
    return facts


def _links(call: ApiCall, style: ListingStyle, start: int, size: int, total: int) -> Record:
    has_next = start + size < total
    match style.selector:
        case "number":
            number, last = start // size + 1, max(-(-total // size), 1)
            made: Record = {
                "firstUri": _link(call, style, {style.send[-1]: 1}),
                "selfUri": _link(call, style, {style.send[-1]: number}),
                "lastUri": _link(call, style, {style.send[-1]: last}),
            }
            if has_next and style.alternative:
                token = _token(call, style.alternative, start + size)
                made["nextUri"] = _link(call, style, {style.alternative: token})
            elif has_next:
                made["nextUri"] = _link(call, style, {style.send[-1]: number + 1})
            if 1 < number <= last + 1:
                made["previousUri"] = _link(call, style, {style.send[-1]: number - 1})
            return made
        case "token" if has_next:
            name = style.send[-1]
            more = {name: _token(call, name, start + size)}
            if name == "afterSourceId":
                more = {"afterSourceType": "ITEM", **more}
            return {"nextUri": _link(call, style, more)}
        case _:
            return {}


def _link(call: ApiCall, style: ListingStyle, selected: Mapping[str, object]) -> str:
    """Return the link to another page of a listing, with the same filters."""
    replaced = {*selected, style.alternative, *(style.send[-1:])}
    kept = [(k, each) for k, values in call.query.items() if k not in replaced for each in values]
    return f"{call.path}?{urlencode([*selected.items(), *kept], quote_via=quote)}"


def _describe_search(call: ApiCall, number: int, *, has_next: bool) -> Record:
    """Return the searches for this page and the adjacent ones, encoded for the parameter ``q64``."""
    search = read_search(call)
    if not isinstance(search, Mapping):
        return {}
    made: Record = {"currentPage": _encode_search(search, number)}
    if has_next:
        made["nextPage"] = _encode_search(search, number + 1)
    if number > 1:
        made["previousPage"] = _encode_search(search, number - 1)
    return made


def _encode_search(search: Mapping[str, Json], number: int) -> str:
    return b64encode(msgspec.json.encode({**search, "pageNumber": number})).decode()


_SCANS: Final = "/api/v2/externalcontacts/scan/"
"""The path prefix of listings whose cursors expire."""

_CURSOR_LIFE: Final = 24 * 60 * 60
"""Seconds after which the cursor of a scan expires."""

_CURSOR: Final = re.compile(r"p?([0-9]{1,9})")
_SCAN_CURSOR: Final = re.compile(r"p([0-9]{1,9})t([0-9]{1,12})")
"""A scan's cursor: the number of items before the page, and the time of issue (Unix time)."""

_FURTHEST: Final = 10**9
"""The maximum to which integers in requests are clamped, because responses contain 32-bit
integers."""

_SIZES: Final = frozenset({"pageSize", "limit", "count"})
