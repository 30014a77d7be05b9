"""The rules for the next page of a listing, one for each style of pagination.

Invariants: a rule returns the next position or, at the end, ``None``; it raises if there are more
items that it cannot request. A link takes precedence if requesting it is safe, because it has the
platform's own parameters; otherwise the style's token, number, index or date is used.
"""

from datetime import datetime
from typing import Final, Literal, TypeAlias, cast

from msgspec import Struct

from genesys_core.calls.listing import Listing, PagingWindow
from genesys_core.calls.operation import Operation
from genesys_core.clock import assume_utc
from genesys_core.errors import PaginationError, PagingWindowError
from genesys_core.http.urls import format_scalar
from genesys_core.paging.links import read_link
from genesys_core.paging.places import read_each, read_place
from genesys_core.paging.replies import ListingReply

__all__ = [
    "FIRST",
    "MAX_EMPTY_PAGES",
    "Position",
    "PositionKind",
    "ReceivedPage",
    "find_next",
    "page_number",
]

MAX_EMPTY_PAGES: Final = 3
"""The number of consecutive empty pages after which a link without a cursor is not followed, as in
the official CLI.
"""

PositionKind: TypeAlias = Literal["start", "page", "token", "link", "index", "time"]
"""How a page is identified in a request; ``start`` is the page that the caller's operation requests."""


class Position(Struct, frozen=True):
    """The position of a page in a listing: its number, token, link, index or date."""

    kind: PositionKind = "start"
    value: str | int = ""


FIRST: Final = Position()


class ReceivedPage(Struct, frozen=True):
    """The properties of a received page that determine the next page of the listing.

    Attributes:
        operation: the caller's operation, which requests the first page.
        listing: how the operation is paginated.
        position: the position of the page.
        number: the number of the page, counted from the caller's page number, by default 1.
        empty: number of consecutive empty pages, including this one.
        fresh: number of the page's items that had not been received before.
        is_whole: whether the iteration began with the first page.
    """

    operation: Operation[object]
    listing: Listing
    position: Position
    number: int
    empty: int
    fresh: int
    is_whole: bool


def find_next(page: ReceivedPage, reply: ListingReply) -> Position | None:
    """Return the position of the next page; ``None`` after the last.

    Raises:
        PaginationError: there are more items, but the listing has no way to request them.
        PagingWindowError: there are more items, but the platform's maximum number of pages or
            records has been reached.
    """
    listing = page.listing
    if reply.link and _may_follow(page):
        return _next_link(page, reply)
    if listing.style == "page":
        return _next_number(page, reply)
    if listing.style == "token":
        return _next_token(page, reply)
    if listing.style == "index":
        return _next_index(page, reply)
    if listing.style == "time":
        return _next_date(page, reply)
    _check_nothing_more(page, reply)
    return None


def page_number(operation: Operation[object], listing: Listing) -> int:
    """Return the page number in the caller's operation; 1 if it has none.

    Raises:
        PaginationError: the caller's page number is not an integer.
    """
    said = read_place(operation, listing.send)
    try:
        return 1 if said is None else int(cast(int, said))
    except (TypeError, ValueError, OverflowError):
        name = listing.send.rpartition(".")[2]
        raise PaginationError(f"{name}={said!r}: must be an integer to continue paging") from None


def _may_follow(page: ReceivedPage) -> bool:
    # A POST is sent to a link only if it just reads data and has no parameter for the next page:
    # whether the platform accepts a POST to a link is unknown. Any other POST would change data again.
    endpoint = page.operation.endpoint
    return endpoint.method == "GET" or (endpoint.reads and not page.listing.send)


def _next_link(page: ReceivedPage, reply: ListingReply) -> Position | None:
    if page.empty >= MAX_EMPTY_PAGES:
        # A cursor is continued for as long as there is one; a link alone may lead on indefinitely.
        return Position("token", reply.token) if reply.token else None
    if page.listing.window is not None:
        _check_window(page, page.listing.window, reply)
    return Position("link", reply.link)


def _next_number(page: ReceivedPage, reply: ListingReply) -> Position | None:
    number = page.number
    if page.position == FIRST:
        number = page_number(page.operation, page.listing)
    if not reply.items or (reply.count and number >= reply.count):
        return None
    window = page.listing.window
    if window is not None:
        # Elsewhere the end is an empty page. Here the request for it may be outside the window.
        if not reply.count and len(reply.items) < reply.size:
            return None
        _check_window(page, window, reply)
    return Position("page", number + 1)


def _check_window(page: ReceivedPage, window: PagingWindow, reply: ListingReply) -> None:
    number, size = page.number + 1, reply.size or len(reply.items)
    if number <= window.pages if window.pages else number * size <= window.records:
        return
    reach = f"{window.pages} pages" if window.pages else f"{window.records:,} records"
    raise PagingWindowError(
        f"{page.operation.endpoint.name}: there may be more items, but the platform lists only the first "
        f"{reach}; use {window.instead} instead, or a narrower query",
        instead=window.instead,
    )


def _next_token(page: ReceivedPage, reply: ListingReply) -> Position | None:
    # Where the link must not be followed, the token is inside it.
    token = reply.token or read_link(reply.link, page.listing.send.rpartition(".")[2])
    if token:
        return Position("token", token)
    _check_nothing_more(page, reply)
    return None


def _next_index(page: ReceivedPage, reply: ListingReply) -> Position | None:
    # RFC 7644 section 3.4.2.4: indexes begin with 1, and a page may be smaller than requested. The
    # start index in the response is not used.
    at = page.position
    index = int(at.value) if at.kind == "index" else page_number(page.operation, page.listing)
    following = index + len(reply.items)
    is_last = reply.total is not None and following > reply.total
    return None if is_last or not reply.items else Position("index", following)


def _next_date(page: ReceivedPage, reply: ListingReply) -> Position | None:
    said = str(read_place(page.operation, page.listing.size))
    limit = int(said) if said.isdecimal() else 0
    if not reply.items or len(reply.items) < limit:
        return None
    name = page.listing.next
    found = read_each(reply.items, name)
    # A time without a zone can be neither compared with one that has a zone nor sent.
    dates = [assume_utc(one) for one in found if isinstance(one, datetime)]
    if not dates:
        raise PaginationError(
            f"no item of the page has a date in {name}, which is needed to request the next page"
        )
    # The next page begins with the oldest date again, because other items may have the same.
    if page.fresh:
        return Position("time", format_scalar(name, min(dates)))
    if not limit:
        return None
    raise PaginationError(
        f"{limit} or more items have the same {name}; build the operation with a larger limit"
    )


def _check_nothing_more(page: ReceivedPage, reply: ListingReply) -> None:
    """Raise if the response indicates more items, because no rule can request them."""
    more = reply.more
    if not more and page.is_whole and reply.count > page.number:
        more = f"pageCount {reply.count}"
    if more:
        raise PaginationError(
            f"{page.operation.endpoint.name}: the response indicates more items ({more}), "
            "but the definition has no way to request them",
            link=reply.link or None,
        )
