"""Listings: how an operation is paginated, and which request and response fields are involved.

Invariants: a :class:`Listing` is part of the operation's endpoint and generated from the
definition. Fields are paths of wire names, such as ``query.pageNumber``, ``body.paging.pageNumber``
or ``cursors.after``; an empty path means that there is no such field.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

__all__ = ["Listing", "PagingStyle", "PagingWindow"]

PagingStyle: TypeAlias = Literal["page", "token", "link", "index", "time", "single"]
"""How the next page is requested:

* ``page``: by the next page number.
* ``token``: by an opaque token from the response (``cursor``, ``after``, ``nextPage``).
* ``link``: only by the response's ``nextUri``.
* ``index``: by the index of the next item (SCIM, RFC 7644 section 3.4.2.4).
* ``time``: by the date of the oldest item.
* ``single``: never; one response has all items.
"""


class PagingWindow(Struct, frozen=True):
    """The limit beyond which the platform rejects page numbers.

    Attributes:
        records: the maximum number of records that can be listed; 0 if not limited.
        pages: the maximum page number; 0 if not limited.
        instead: the name of a method without this limit; empty if there is none.
    """

    records: int = 0
    pages: int = 0
    instead: str = ""


class Listing(Struct, frozen=True):
    """The pagination of a listing operation.

    Attributes:
        style: how the next page is requested.
        items: the response field that contains the items; empty if the response is an array.
        identity: the item field that identifies an item; empty if no field does.
        send: the request field that selects the page.
        next: the response field with the next page's token; for the style ``time``, the item field
            with the item's date.
        size: the request field with the page size.
        total: the response field with the total number of items.
        links: whether the response may link to the next page with ``nextUri``.
        window: the page number limit, or ``None``.
    """

    style: PagingStyle
    items: str = "entities"
    identity: str = "id"
    send: str = ""
    next: str = ""
    size: str = ""
    total: str = ""
    links: bool = False
    window: PagingWindow | None = None
