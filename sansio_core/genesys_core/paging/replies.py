"""Parsing of a listing's responses: the items, and the references to further pages.

Invariants: a value of an unexpected type is treated as absent. The envelope is read from the body
as received, so fields that are missing in the definition are used too.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeGuard

import msgspec
from msgspec import Struct

from genesys_core.calls.listing import Listing
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import PaginationError
from genesys_core.paging.places import read_path

__all__ = ["GUESS", "ListingReply", "read_items", "read_reply"]

GUESS: Final = "?"
"""The path of the items if the definition does not describe the listing: the items are then the page
itself, if it is a list, or the first list among the fields that listings commonly have."""

_COMMON: Final = ("entities", "results", "Resources", "resources", "conversations")


class ListingReply(Struct, frozen=True):
    """The parts of a listing's response that pagination needs.

    Attributes:
        items: the items of the page.
        link: the link to the next page (``nextUri``); empty if there is none.
        token: the token for the next page; empty if there is none.
        more: the name of the first field that indicates another page, such as ``cursor``; empty if
            there is none.
        count: the number of pages of the listing; 0 if unknown.
        size: the maximum number of items per page; 0 if unknown.
        total: the total number of items of the listing; ``None`` if unknown.
    """

    items: Sequence[object] = ()
    link: str = ""
    token: str = ""
    more: str = ""
    count: int = 0
    size: int = 0
    total: int | None = None


class _Envelope(Struct, rename="camel"):
    # Any: one field of another type must not lose the others.
    next_uri: Any = None
    cursor: Any = None
    after: Any = None
    cursors: Any = None
    next_page: Any = None
    page_count: Any = None
    page_size: Any = None
    total: Any = None
    total_results: Any = None
    total_hits: Any = None


_DECODE: Final = msgspec.json.Decoder(_Envelope).decode
_TOKENS: Final = ("cursors.after", "after", "cursor", "nextPage")


def read_reply(response: ApiResponse[object], listing: Listing) -> ListingReply:
    """Parse the response for one page of a listing.

    Raises:
        PaginationError: the response has no list of items.
    """
    envelope = _read_envelope(response, listing)
    tokens = {name: _text(read_path(envelope, name)) for name in _TOKENS}
    link = _text(read_path(envelope, "nextUri"))
    token = tokens.get(listing.next, "")
    if not listing.next and listing.send:
        # The definition names no field for a token; the platform may send one with the parameter's
        # name.
        names = ("cursors.after", listing.send.rpartition(".")[2])
        token = next((tokens[name] for name in names if tokens.get(name)), "")
    signs = {"nextUri": link, **tokens}
    return ListingReply(
        read_items(response.data, listing.items),
        link,
        token,
        next((name for name, value in signs.items() if value), ""),
        _number(read_path(envelope, "pageCount")) or 0,
        _number(read_path(envelope, "pageSize")) or 0,
        _number(read_path(envelope, listing.total)) if listing.total else None,
    )


def read_items(page: object, path: str) -> Sequence[object]:
    """Return the items of a page; an empty list if the field at ``path`` is absent or null.

    Raises:
        PaginationError: the field does not contain a list, or the page is not an object; or the path
            is :data:`GUESS`, and the page has none of the common fields.
    """
    if path == GUESS:
        return _guess_items(page)
    found = read_path(page, path)
    if _is_object(found):
        # Search results without a type: the field contains the list, or an object with the list.
        held = found.get("entities")
        found = found if held is None else held
    if _is_list(found):
        return found
    if found is None and _has_fields(page):
        return ()
    raise _no_items(page, path or "a list")


def _guess_items(page: object) -> Sequence[object]:
    if _is_list(page):
        return page
    known = set[str]()
    if isinstance(page, Struct):
        known.update(page.__struct_encode_fields__)
    if _is_object(page):
        known.update(page)
    found = [read_path(page, name) for name in _COMMON if name in known]
    for value in found:
        if _is_list(value):
            return value
    if page is None or None in found:
        return ()
    raise _no_items(page, ", ".join(_COMMON))


def _has_fields(page: object) -> bool:
    return page is None or isinstance(page, Struct | Mapping)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)


def _no_items(page: object, wanted: str) -> PaginationError:
    return PaginationError(
        f"{type(page).__name__} has no items to page through ({wanted}); use client.send(operation)"
    )


def _read_envelope(response: ApiResponse[object], listing: Listing) -> object:
    parent = listing.items.rpartition(".")[0]
    if parent:
        return read_path(response.data, parent)
    try:
        return _DECODE(response.raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return response.data  # a list, or a body that was repaired


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < _MAX else None


_MAX: Final = 2**53
"""Numbers equal to or above this limit are treated as absent, because JSON parsers may round them."""
