"""Paging, from the first page to the last.

Invariants: a :class:`Paging` is the next page. A received page is always delivered, whatever
follows. Paging ends after the last page, after a repeated page or link, or after three empty pages
in a row; and it never leaves the host of the first page.
"""

from collections.abc import Sequence
from typing import Final, Generic, Protocol, TypeVar, cast
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import msgspec
from msgspec import Struct

from genesys_core.calls.operation import Operation, check_operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import PaginationError
from genesys_core.hosts import PATH_SAFE, Hosts, is_path
from genesys_core.http.urls import expand_path

__all__ = ["Conversations", "Entities", "Items", "Paging", "Resources", "Results", "items_of"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_EMPTY_PAGES: Final = 3
"""Some listings continue with empty pages indefinitely (the official command line stops here too).
"""


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
"""The fields of a page's items, in the order they are tried."""

Items = Entities[T] | Results[T] | Resources[T] | Conversations[T]
"""Any page with items."""


def items_of(page: Items[T]) -> Sequence[T]:
    """Return the items of a page; empty for a page without a body.

    Raises:
        PaginationError: the type has no list of items.
    """
    return cast(Sequence[T], _items(page))


def _items(page: object) -> Sequence[object]:
    found: list[object] = [getattr(page, field) for field in ITEM_FIELDS if hasattr(page, field)]
    for value in found:
        if isinstance(value, list):
            return cast(Sequence[object], value)
    if page is None or None in found:
        return ()
    raise PaginationError(
        f"{type(page).__name__} has no items to page through ({', '.join(ITEM_FIELDS)}); "
        "use client.send(operation)"
    )


class Paging(Struct, Generic[T], frozen=True):
    """Send the operation of :meth:`asked`, and pass its response to :meth:`received`.

    Attributes:
        operation: the next page's operation.
        hosts: the hosts that links may lead to.
        seen: fingerprints of the pages so far, and of the links followed.
        empty: number of consecutive empty pages.
        refusal: why the next page cannot be requested, if so.
    """

    operation: Operation[T]
    hosts: Hosts
    seen: frozenset[int] = frozenset()
    empty: int = 0
    refusal: PaginationError | None = None

    def __post_init__(self) -> None:
        check_operation(self.operation)

    def asked(self) -> Operation[T]:
        """Return the next page's operation.

        Raises:
            PaginationError: a link leads to another host, or a page number is invalid.
        """
        if self.refusal is not None:
            raise self.refusal
        return self.operation

    def received(self, response: ApiResponse[T]) -> "tuple[tuple[T, ...], Paging[T] | None]":
        """Return the pages to deliver (one, or none if it is a repetition), and the next page.

        A received page is delivered even if no further page can be requested: :meth:`asked` raises
        that error.

        Raises:
            PaginationError: the type has no list of items.
        """
        page, fingerprint = response.data, hash(response.raw)
        if fingerprint in self.seen:
            return (), None
        empty = 0 if _items(page) else self.empty + 1
        try:
            following = None if empty >= MAX_EMPTY_PAGES else _next(self, page, is_empty=empty > 0)
        except PaginationError as refusal:
            return (page,), msgspec.structs.replace(self, refusal=refusal)
        if following is None:
            return (page,), None
        seen = self.seen | {fingerprint, hash(following.endpoint.path)}
        return (page,), Paging(following, self.hosts, seen, empty)


def _next(paging: Paging[T], page: object, *, is_empty: bool) -> Operation[T] | None:
    operation = paging.operation
    link = getattr(page, "next_uri", None)
    if link:
        linked = _linked(operation, str(link), paging.hosts)
        return None if hash(linked.endpoint.path) in paging.seen else linked
    listing = operation.endpoint.listing
    if is_empty or listing is None or listing.send != "query.pageNumber":
        return None
    number = _page_number(operation)
    count = getattr(page, "page_count", None)
    # A page with items whose count is zero: ignore the count.
    if count and number >= count:
        return None
    return _replaced(operation, "pageNumber", number + 1)


def _page_number(operation: Operation[T]) -> int:
    said = {**dict(operation.query), **operation.options.query}
    number = said.get("pageNumber")
    try:
        return 1 if number is None else int(cast(int, number))
    except (TypeError, ValueError, OverflowError):
        raise PaginationError(
            f"pageNumber={number!r}: must be an integer to continue paging"
        ) from None


def _replaced(operation: Operation[T], name: str, value: int) -> Operation[T]:
    query = tuple(pair for pair in operation.query if pair[0] != name)
    options = msgspec.structs.replace(
        operation.options, query={k: v for k, v in operation.options.query.items() if k != name}
    )
    return msgspec.structs.replace(operation, query=(*query, (name, value)), options=options)


def _linked(operation: Operation[T], link: str, hosts: Hosts) -> Operation[T]:
    """Return the operation of a ``nextUri``: the platform sends both paths and absolute URLs.

    It is opaque: its path and query are sent unchanged, and only another link continues from there.
    """
    here = hosts.api + expand_path(operation.endpoint.path, operation.path)
    try:
        base, target = urlsplit(hosts.api), urlsplit(urljoin(here, link))
        is_here = "@" not in target.netloc and _origin(target) == _origin(base)
        path = quote(_from_root(target.path, base.path, operation.endpoint.path), safe=PATH_SAFE)
        query = quote(target.query, safe=PATH_SAFE + "?")
    except ValueError:
        raise PaginationError(
            "the link to the next page is not a URL; not followed", link=link
        ) from None
    if not is_here or not is_path(path):
        raise PaginationError(
            f"the link to the next page leads away from {base.netloc!r}; not followed", link=link
        )
    endpoint = msgspec.structs.replace(
        operation.endpoint, path=f"{path}{'?' if query else ''}{query}", listing=None
    )
    options = msgspec.structs.replace(operation.options, query={})
    return msgspec.structs.replace(operation, endpoint=endpoint, path=(), query=(), options=options)


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    port = {"https": 443, "http": 80}.get(url.scheme) if url.port is None else url.port
    return url.scheme, url.hostname, port


def _from_root(path: str, base: str, own: str) -> str:
    """Return a link's path without a gateway's path, which the platform does not know."""
    # A gateway may have the path "/api": the rest must look like the operation's own path.
    stripped = path.removeprefix(base)
    return stripped if stripped.split("/")[:2] == own.split("/")[:2] else path
