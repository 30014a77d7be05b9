"""From the first page to the last.

Law: a :class:`Paging` is the page it waits for. A page that came is handed out, whatever comes
after it. It ends: after the last page, a page or link that repeats or three empty pages in a row;
and it never leaves the host that the first page came from.
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
    """Send what :meth:`asked` says, and pass its response to :meth:`received`.

    Attributes:
        operation: the next page's operation.
        hosts: where links may lead.
        seen: fingerprints of the pages so far, and of the links followed.
        empty: how many of the last pages in a row were empty.
        refusal: why the next page cannot be asked for, if it cannot.
    """

    operation: Operation[T]
    hosts: Hosts
    seen: frozenset[int] = frozenset()
    empty: int = 0
    refusal: PaginationError | None = None

    def __post_init__(self) -> None:
        check_operation(self.operation)

    def asked(self) -> Operation[T]:
        """The next page's operation, now that somebody wants it.

        Raises:
            PaginationError: a link to another host, or a page number that is none.
        """
        if self.refusal is not None:
            raise self.refusal
        return self.operation

    def received(self, response: ApiResponse[T]) -> "tuple[tuple[T, ...], Paging[T] | None]":
        """The pages to hand out (one, or none if it repeats an earlier one), and what is next.

        A page that came is handed out, even if nothing can be asked for after it: that is for
        :meth:`asked` to say.

        Raises:
            PaginationError: a type without items.
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
    if is_empty or not operation.endpoint.paged:
        return None
    number = _page_number(operation)
    count = getattr(page, "page_count", None)
    # A page with items on it is not one of none: such a count says nothing.
    if count and number >= count:
        return None
    return _replaced(operation, "pageNumber", number + 1)


def _page_number(operation: Operation[T]) -> int:
    said = {**dict(operation.query), **operation.options.query}
    number = said.get("pageNumber")
    try:
        return 1 if number is None else int(cast(int, number))
    except (TypeError, ValueError, OverflowError):
        raise PaginationError(f"pageNumber={number!r}: must be a number to go on from") from None


def _replaced(operation: Operation[T], name: str, value: int) -> Operation[T]:
    query = tuple(pair for pair in operation.query if pair[0] != name)
    options = msgspec.structs.replace(
        operation.options, query={k: v for k, v in operation.options.query.items() if k != name}
    )
    return msgspec.structs.replace(operation, query=(*query, (name, value)), options=options)


def _linked(operation: Operation[T], link: str, hosts: Hosts) -> Operation[T]:
    """The operation that a ``nextUri`` names: the platform sends paths and absolute URLs alike.

    It is opaque: its path and query go out as they came, and only another link leads on from there.
    """
    here = hosts.api + expand_path(operation.endpoint.path, operation.path)
    try:
        base, target = urlsplit(hosts.api), urlsplit(urljoin(here, link))
        is_here = "@" not in target.netloc and _origin(target) == _origin(base)
        path = quote(_from_root(target.path, base.path, operation.endpoint.path), safe=PATH_SAFE)
        query = quote(target.query, safe=PATH_SAFE + "?")
    except ValueError:
        raise PaginationError(
            "the link to the next page is no URL; not followed", link=link
        ) from None
    if not is_here or not is_path(path):
        raise PaginationError(
            f"the link to the next page leads away from {base.netloc!r}; not followed", link=link
        )
    endpoint = msgspec.structs.replace(
        operation.endpoint, path=f"{path}{'?' if query else ''}{query}", paged=False
    )
    options = msgspec.structs.replace(operation.options, query={})
    return msgspec.structs.replace(operation, endpoint=endpoint, path=(), query=(), options=options)


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    port = {"https": 443, "http": 80}.get(url.scheme) if url.port is None else url.port
    return url.scheme, url.hostname, port


def _from_root(path: str, base: str, own: str) -> str:
    """A link's path without the path of a gateway, of which the platform itself knows nothing."""
    # A gateway may have the path "/api": what is left has to look like the operation's own path.
    stripped = path.removeprefix(base)
    return stripped if stripped.split("/")[:2] == own.split("/")[:2] else path
