"""How an operation lists its items: the style of paging, and where request and reply hold its parts.

Invariants: a :class:`Listing` is part of the operation's endpoint and generated from the definition.
Places are paths of wire names, such as ``query.pageNumber``, ``body.paging.pageNumber`` or
``cursors.after``; an empty place means that there is none.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

__all__ = ["Listing", "PagingStyle", "PagingWindow"]

PagingStyle: TypeAlias = Literal["page", "token", "link", "index", "time", "single"]
"""How the next page is requested:

* ``page``: by the next page number.
* ``token``: by an opaque token of the reply (``cursor``, ``after``, ``nextPage``).
* ``link``: by the reply's ``nextUri`` alone.
* ``index``: by the index of the next item (SCIM, RFC 7644 section 3.4.2.4).
* ``time``: by the date of the oldest item.
* ``single``: not at all; one reply has all items.
"""


class PagingWindow(Struct, frozen=True):
    """How far page numbers reach before the platform refuses them.

    Attributes:
        records: the number of records that can be reached; 0 if not limited.
        pages: the last page number; 0 if not limited.
        instead: the operation that lists what is beyond, by method name; empty if there is none.
    """

    records: int = 0
    pages: int = 0
    instead: str = ""


class Listing(Struct, frozen=True):
    """How an operation lists its items.

    Attributes:
        style: how the next page is requested.
        items: where the reply has its items; empty if the reply is the list itself.
        identity: the field that identifies an item; empty if none does.
        send: where the request says which page.
        next: where the reply has the token of the next page; with ``time``, the date of an item.
        size: where the request says how many items a page has.
        total: where the reply counts the items of all pages.
        links: whether the reply may link to the next page by ``nextUri``.
        window: how far page numbers reach.
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
