"""Listing styles: the location of the items, and how a request selects a page.

Invariants: the style is derived from the operation's parameters, body and response in the
definition, independently of the client's code. A field is a path of wire names, such as
``("paging", "pageNumber")``.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct, structs

from genesys_core.simulator.state.definition import Definition, OperationFacts, Schema

__all__ = ["FieldPath", "ListingStyle", "PageSelector", "find_items", "find_listing_style"]

FieldPath: TypeAlias = tuple[str, ...]
"""A field's path: wire names, outermost first; empty for the document itself, or for no field."""

PageSelector: TypeAlias = Literal["number", "index", "token", "search", "date", "none"]
"""How a request selects a page:

* ``number``: the number of the page.
* ``index``: the index of the page's first item, from 1 (SCIM, RFC 7644 section 3.4.2.4).
* ``token``: a token from the previous response (``cursor``, ``after``, ``nextPage``).
* ``search``: an encoded search in ``q64``; the previous response contains the search for the next page.
* ``date``: the date of the oldest item in the previous response (``before``).
* ``none``: there is only one page, with all items.
"""

ITEM_FIELDS: Final = (
    "entities",
    "results",
    "items",
    "conversations",
    "Resources",
    "records",
    "userDetails",
)
"""Names of the response property that contains the items, in order of preference."""

TOKEN_FIELDS: Final[tuple[FieldPath, ...]] = (("cursor",), ("after",), ("cursors", "after"))
"""Response fields that contain the next page's token."""

_SIZES: Final = ("pageSize", "limit", "count")
_QUERY_TOKENS: Final = ("cursor", "after", "nextPage", "afterSourceId")
_BODY_TOKENS: Final = ("cursor", "after")


class ListingStyle(Struct, frozen=True):
    """An operation's listing style.

    Attributes:
        items: the response field that contains the items; empty if the response itself is the
            array.
        item: the schema of the items.
        selector: how a request selects a page, a :data:`PageSelector`.
        in_body: whether the request's fields are in the body; otherwise they are query parameters.
        send: the request field that selects the page; the empty path if there is none.
        size: the request field that contains the page size.
        token: the response field that contains the next page's token; empty if only ``nextUri``
            contains the token.
        alternative: the query parameter that takes the token, in a listing that also has page
            numbers.
        date: the item's date property, which the selector ``date`` compares with the requested
            date.
    """

    items: FieldPath
    item: Schema
    selector: PageSelector = "none"
    in_body: bool = False
    send: FieldPath = ()
    size: FieldPath = ()
    token: FieldPath = ()
    alternative: str = ""
    date: str = ""


def find_items(definition: Definition, reply: Schema) -> tuple[FieldPath, Schema] | None:
    """Return the response field that contains the items, and their model; ``None`` without items."""
    known = definition.resolve(reply)
    if known.type == "array" and known.items is not None:
        return (), known.items
    for path, holder in _holders(definition, known):
        for name in ITEM_FIELDS:
            facts = definition.resolve((holder.properties or {}).get(name, _NOTHING))
            if facts.type == "array" and facts.items is not None:
                return (*path, name), facts.items
    return None


def find_listing_style(definition: Definition, facts: OperationFacts) -> ListingStyle | None:
    """Return an operation's listing style; ``None`` if its response has no items."""
    reply = facts.reply_schema
    found = None if reply is None else find_items(definition, reply)
    if reply is None or found is None:
        return None
    items, item = found
    token = _token_field(definition, definition.resolve(reply))
    base = ListingStyle(items, item, token=token)
    return (
        _style_of_query(definition, facts, base)
        or _style_of_body(definition, facts, base)
        or _style_of_response(definition, facts, base)
    )


def _style_of_query(
    definition: Definition, facts: OperationFacts, base: ListingStyle
) -> ListingStyle | None:
    query = {each.name: each for each in facts.parameters if each.location == "query"}
    size = next(((name,) for name in _SIZES if name in query), ())
    token = next((name for name in _QUERY_TOKENS if name in query), "")
    if "pageNumber" in query:
        return structs.replace(
            base, selector="number", send=("pageNumber",), size=size, alternative=token
        )
    if "startIndex" in query:
        return structs.replace(base, selector="index", send=("startIndex",), size=size)
    if "q64" in query:
        return structs.replace(base, selector="search", send=("q64",))
    date = _date_of(definition, base.item)
    if "before" in query and "limit" in query and not base.token and date:
        known = definition.resolve(facts.reply_schema or _NOTHING)
        if "nextUri" not in (known.properties or {}):
            return structs.replace(base, selector="date", send=("before",), size=size, date=date)
    if not token:
        return None
    return structs.replace(base, selector="token", send=(token,), size=size)


def _style_of_body(
    definition: Definition, facts: OperationFacts, base: ListingStyle
) -> ListingStyle | None:
    body = structs.replace(base, in_body=True)
    schema = None if facts.body is None else facts.body.schema
    properties = definition.resolve(schema or _NOTHING).properties or {}
    paging = definition.resolve(properties.get("paging", _NOTHING)).properties or {}
    if "pageNumber" in paging:
        return structs.replace(
            body, selector="number", send=("paging", "pageNumber"), size=("paging", "pageSize")
        )
    size = next(((name,) for name in _SIZES if name in properties), ())
    if "pageNumber" in properties:
        return structs.replace(body, selector="number", send=("pageNumber",), size=size)
    token = next((name for name in _BODY_TOKENS if name in properties), "")
    if not token or not base.token:
        return None
    return structs.replace(body, selector="token", send=(token,), size=size)


def _style_of_response(
    definition: Definition, facts: OperationFacts, base: ListingStyle
) -> ListingStyle:
    """Return the style of an operation whose request selects no page.

    A token in the response is sent as the parameter ``after``, which the definition does not
    declare. If the request has a page size, the same applies to the token in a ``nextUri``.
    """
    sizes = [each.name for each in facts.parameters if each.name == "pageSize"]
    known = definition.resolve(facts.reply_schema or _NOTHING)
    if base.token or (sizes and "nextUri" in (known.properties or {})):
        return structs.replace(base, selector="token", send=("after",), size=tuple(sizes))
    return base


def _holders(definition: Definition, reply: Schema) -> Iterator[tuple[FieldPath, Schema]]:
    """Yield the objects that may contain the items: the response and, if any, its ``results``."""
    yield (), reply
    nested = (reply.properties or {}).get("results")
    if nested is not None:
        yield ("results",), definition.resolve(nested)


def _token_field(definition: Definition, reply: Schema) -> FieldPath:
    for path in TOKEN_FIELDS:
        inside: Schema = reply
        for name in path:
            inside = definition.resolve((inside.properties or {}).get(name, _NOTHING))
        if inside.type == "string":
            return path
    return ()


def _date_of(definition: Definition, item: Schema) -> str:
    properties: Mapping[str, Schema] = definition.resolve(item).properties or {}
    return next((name for name, each in properties.items() if each.format == "date-time"), "")


_NOTHING: Final = Schema()
