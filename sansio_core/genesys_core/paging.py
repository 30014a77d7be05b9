"""From the first page to the last.

Law: a :class:`Paging` is the page it waits for. It ends: after the last page, a page that repeats
or three empty pages in a row; and it never leaves the host that the first page came from.
"""

from collections.abc import Sequence
from typing import Final, Generic, Protocol, TypeVar, cast
from urllib.parse import parse_qsl, urljoin, urlsplit

import msgspec
from msgspec import Struct

from genesys_core.errors import PaginationError
from genesys_core.hosts import Hosts
from genesys_core.operation import Operation
from genesys_core.replies import ApiResponse

__all__ = ["Conversations", "Entities", "Items", "Paging", "Resources", "Results", "items_of"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_EMPTY_PAGES: Final = 3
"""Some listings go on with empty pages for ever (the official command line stops here too)."""


class Entities(Protocol[T_co]):
    """A page whose items are its ``entities``."""

    @property
    def entities(self) -> Sequence[T_co] | None:
        """The items."""
        ...


class Results(Protocol[T_co]):
    """A page whose items are its ``results``."""

    @property
    def results(self) -> Sequence[T_co] | None:
        """The items."""
        ...


class Resources(Protocol[T_co]):
    """A page whose items are its ``resources``."""

    @property
    def resources(self) -> Sequence[T_co] | None:
        """The items."""
        ...


class Conversations(Protocol[T_co]):
    """A page whose items are its ``conversations``."""

    @property
    def conversations(self) -> Sequence[T_co] | None:
        """The items."""
        ...


ITEM_FIELDS: Final = ("entities", "results", "resources", "conversations")
"""Where pages keep their items, in the order in which they are looked for."""

Items = Entities[T] | Results[T] | Resources[T] | Conversations[T]
"""Any page with items."""


def items_of(page: Items[T]) -> Sequence[T]:
    """The items of a page; none for a page without a body.

    Raises:
        PaginationError: the type has no list of items.
    """
    return cast(Sequence[T], _items(page))


def _items(page: object) -> Sequence[object]:
    if page is None:
        return ()
    for field in ITEM_FIELDS:
        if hasattr(page, field):
            return cast(Sequence[object], getattr(page, field) or ())
    raise PaginationError(
        f"{type(page).__name__} has no items to page through ({', '.join(ITEM_FIELDS)}); "
        "use client.send(operation)"
    )


class Paging(Struct, Generic[T], frozen=True):
    """Send ``operation``, and pass its response to :meth:`received`.

    Attributes:
        operation: the next page's operation.
        hosts: where links may lead.
        seen: fingerprints of the pages so far.
        empty: how many of the last pages in a row were empty.
    """

    operation: Operation[T]
    hosts: Hosts
    seen: frozenset[int] = frozenset()
    empty: int = 0

    def received(self, response: ApiResponse[T]) -> "tuple[tuple[T, ...], Paging[T] | None]":
        """The pages to hand out (one, or none if it repeats an earlier one), and what is next.

        Raises:
            PaginationError: a link to another host, or a type without items.
        """
        page = response.data
        fingerprint = hash(response.raw)
        if fingerprint in self.seen:
            return (), None
        empty = 0 if _items(page) else self.empty + 1
        following = None if empty >= MAX_EMPTY_PAGES else _next(self, page, is_empty=empty > 0)
        if following is None:
            return (page,), None
        return (page,), Paging(following, self.hosts, self.seen | {fingerprint}, empty)


def _next(paging: Paging[T], page: object, *, is_empty: bool) -> Operation[T] | None:
    operation = paging.operation
    link = getattr(page, "next_uri", None)
    if link:
        return _linked(operation, str(link), paging.hosts)
    if is_empty or not operation.endpoint.paged:
        return None
    number = _page_number(operation)
    count = getattr(page, "page_count", None)
    if count is not None and number >= count:
        return None
    return _replaced(operation, "pageNumber", number + 1)


def _page_number(operation: Operation[T]) -> int:
    for name, value in (*operation.query, *operation.options.query.items()):
        if name == "pageNumber" and value is not None:
            return int(cast(int, value))
    return 1


def _replaced(operation: Operation[T], name: str, value: int) -> Operation[T]:
    query = tuple(pair for pair in operation.query if pair[0] != name)
    options = msgspec.structs.replace(
        operation.options, query={k: v for k, v in operation.options.query.items() if k != name}
    )
    return msgspec.structs.replace(operation, query=(*query, (name, value)), options=options)


def _linked(operation: Operation[T], link: str, hosts: Hosts) -> Operation[T]:
    """The operation that a ``nextUri`` names: the platform sends paths and absolute URLs alike."""
    base = urlsplit(hosts.api)
    target = urlsplit(urljoin(hosts.api + "/", link))
    if (target.scheme, target.netloc) != (base.scheme, base.netloc):
        raise PaginationError(
            f"the next page is said to be on {target.netloc!r}, not on {base.netloc!r}; not followed",
            link=link,
        )
    endpoint = msgspec.structs.replace(
        operation.endpoint, path=target.path.removeprefix(base.path.rstrip("/"))
    )
    query = tuple(parse_qsl(target.query, keep_blank_values=True))
    options = msgspec.structs.replace(operation.options, query={})
    return msgspec.structs.replace(
        operation, endpoint=endpoint, path=(), query=query, options=options
    )
