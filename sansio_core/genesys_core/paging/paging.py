"""The state of an iteration over a listing: the next page to request.

Invariants: a :class:`Paging` is an immutable value. A received page is delivered, even if the
next one cannot be requested, unless it repeats an earlier one. An empty page ends a listing with
page numbers, but not one with cursors; a repeated page, link or token ends a listing. If a response
indicates more items and no rule can request them, :meth:`Paging.asked` raises. Memory and time per
page are constant.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.calls.listing import Listing
from genesys_core.calls.operation import Operation, check_operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import IncompleteListingError, PaginationError
from genesys_core.hosts import Hosts
from genesys_core.paging.links import follow_link
from genesys_core.paging.options import NO_PAGING_OPTIONS, PagingOptions
from genesys_core.paging.places import read_each, read_place, write_place
from genesys_core.paging.replies import GUESS, ListingReply, read_reply
from genesys_core.paging.rules import FIRST, Position, ReceivedPage, find_next, page_number

__all__ = ["DEFAULT_SIZE", "DIGEST_SIZE", "MEMORY", "PageResult", "Paging", "digest_identity"]

T = TypeVar("T")

MEMORY: Final = 4
"""The number of pages whose item ids are remembered, to omit items that appear again because an
insertion moved them to the next page.
"""

DEFAULT_SIZE: Final = 25
"""The platform's default number of items on a page."""

DIGEST_SIZE: Final = 6
"""Length of a digest in bytes. About one in half a billion listings with a thousand items each has a
collision.
"""

_SEEN: Final = 16
"""The number of remembered fingerprints of pages, links and tokens."""


class PageResult(Struct, Generic[T], frozen=True):
    """The items to deliver from a received page, and the state for the next request.

    Attributes:
        pages: a tuple with the page to deliver; empty if it repeats an earlier one.
        items: the items of the page that were not delivered before.
        following: the state for the next page; ``None`` if the listing or the iteration has ended.
        rest: the state from which a later reader continues; ``None`` at the end of the listing.
        warnings: warning messages for the caller.
        is_cut: whether the limit excludes some of the page's items.
        total: the total number of items, if the platform reports it.
    """

    pages: tuple[T, ...]
    items: tuple[object, ...]
    following: "Paging[T] | None"
    rest: "Paging[T] | None"
    warnings: tuple[str, ...] = ()
    is_cut: bool = False
    total: int | None = None


class Paging(Struct, Generic[T], frozen=True):
    """The state of an iteration over a listing: the next page, and the items received so far.

    Send the operation of :meth:`asked`, and pass its response to :meth:`received`.

    Attributes:
        operation: the caller's operation, which requests the first page.
        hosts: the client's hosts; links may point only to the API host.
        options: the limits of the iteration.
        position: the position of the next page.
        number: the number of the next page, counted from the caller's page number, by default 1.
        skip: number of items on the next page that an earlier reader has delivered.
        known: digests of the ids of items that an earlier reader delivered.
        recent: the ids of the items on the last few pages.
        seen: fingerprints of the last few pages, links and tokens.
        anchor: a fingerprint that later ones are compared with, to detect long cycles.
        pages: number of pages received by this reader.
        taken: number of items delivered by this reader.
        fetched: number of items delivered by this reader and earlier ones.
        repeated: number of repeated items that were omitted.
        total: the largest number of items that the platform counted.
        empty: number of consecutive empty pages.
        count: the number of pages according to the last response; 0 if unknown.
        size: the page size that the platform reports, otherwise the number of items of the largest
            page.
        refusal: the error that :meth:`asked` raises, if the next page cannot be requested.
    """

    operation: Operation[T]
    hosts: Hosts
    options: PagingOptions = NO_PAGING_OPTIONS
    position: Position = FIRST
    number: int = 0
    skip: int = 0
    known: frozenset[bytes] = frozenset()
    recent: tuple[frozenset[object], ...] = ()
    seen: tuple[int, ...] = ()
    anchor: int = 0
    pages: int = 0
    taken: int = 0
    fetched: int = 0
    repeated: int = 0
    total: int | None = None
    empty: int = 0
    count: int = 0
    size: int = 0
    refusal: PaginationError | None = None

    def __post_init__(self) -> None:
        check_operation(self.operation)

    @property
    def listing(self) -> Listing:
        """How the operation is paginated; a guess if the definition does not specify it."""
        endpoint = self.operation.endpoint
        if endpoint.listing is not None:
            return endpoint.listing
        is_numbered = read_place(self.operation, _NUMBERED.send) is not None
        return _NUMBERED if is_numbered else _LINKED

    @property
    def drops_repeated(self) -> bool:
        """Whether items may move to other pages during iteration, so that repeated ones must be omitted."""
        return bool(self.listing.identity) and self.listing.style in _SHIFTING

    @property
    def is_whole(self) -> bool:
        """Whether the iteration began with the first page, so that its items can be compared with the total."""
        send = self.listing.send
        said = read_place(self.operation, send) if send else None
        return said in _FIRST_PAGES

    def asked(self) -> Operation[T]:
        """Return the operation to send for the next page.

        Raises:
            PaginationError: the page cannot be requested: a link points to another host, the
                caller's page number is not an integer, the platform's maximum number of pages or
                records has been reached, or there are more items and the definition has no way to
                request them.
        """
        if self.refusal is not None:
            raise self.refusal
        match self.position.kind:
            case "start":
                return self._first()
            case "link":
                return follow_link(self.operation, str(self.position.value), self.hosts)
            case _:
                return self._at(self.position.value)

    def expected(self, ahead: int) -> Operation[T] | None:
        """Return the predicted operation for the page ``ahead`` pages after the next one.

        The operation can be predicted from the last response if pages are numbered and counted, the
        platform does not limit the page number, and no option ends the iteration before that page;
        otherwise the result is ``None``.
        """
        options, number = self.options, self.number + ahead
        is_counted = self.listing.style == "page" and number <= self.count
        is_beyond = (options.max_pages is not None and self.pages + ahead >= options.max_pages) or (
            options.limit is not None and self.taken + ahead * self.size >= options.limit
        )
        # The platform rejects pages beyond a window, and only `find_next` checks that.
        if self.refusal is not None or self.listing.window or not is_counted or is_beyond:
            return None
        return self._at(number)

    @property
    def _needs_both(self) -> bool:
        """Whether the page's number and size are fields of one object in the body that requires both.

        The object is ``paging`` in analytics queries; no other listing has these fields at this
        depth.
        """
        return self.listing.send.count(".") > 1

    def _first(self) -> Operation[T]:
        """Return the caller's operation, with the number of the page if it has only its size."""
        operation, listing = self.operation, self.listing
        has_number = not self._needs_both or read_place(operation, listing.send) is not None
        if has_number or read_place(operation, listing.size) is None:
            return operation
        return write_place(operation, listing.send, 1)

    def _at(self, value: str | int) -> Operation[T]:
        """Return the operation of another page, with the same page size as before."""
        operation, listing = self.operation, self.listing
        if self._needs_both and read_place(operation, listing.size) is None:
            operation = write_place(operation, listing.size, self.size or DEFAULT_SIZE)
        return write_place(operation, listing.send, value)

    def received(self, response: ApiResponse[T]) -> PageResult[T]:
        """Return the page to deliver, its new items, and the state for requesting the next page.

        A received page is delivered even if no further page can be requested; the next
        call of :meth:`asked` then raises the error.

        Raises:
            PaginationError: the response has no list of items.
        """
        reply = read_reply(response, self.listing)
        # Only in memory, because the hash differs between processes; resume tokens contain digests.
        fingerprint = hash(response.raw)
        if fingerprint in self.seen:
            return self._ended((), (), self)
        after, items = self._taken(reply)
        after = replace(after, seen=(*after.seen, fingerprint)[-_SEEN:])
        rest = self._find_next(after, reply, len(items))
        cut = self._cut(items)
        # Checked first: a listing that a limit ends is not incomplete.
        if self._is_enough(after, cut):
            return PageResult(
                (response.data,), cut, None, rest, (), len(cut) < len(items), after.total
            )
        if rest is None:
            return self._ended((response.data,), cut, after, self._notices(reply))
        return PageResult((response.data,), cut, rest, rest, total=after.total)

    def _taken(self, reply: ListingReply) -> "tuple[Paging[T], tuple[object, ...]]":
        """Return the state after a page, and the page's items without those received before."""
        items, again = reply.items, 0
        ids: frozenset[object] = frozenset()
        if self.drops_repeated and items:
            items, ids, again = self._new(items)
        # Only if pages do not shift; otherwise digests identify the items that were delivered.
        elif self.skip:
            items = items[self.skip :]
        # The largest count: a deletion lowers it, and may move an item that was not received to a
        # page that was.
        total = max(-1 if one is None else one for one in (self.total, reply.total))
        return replace(
            self,
            number=self._page_number(),
            skip=0,
            recent=(*self.recent, ids)[-MEMORY:],
            # Forgotten when the earlier reader would have forgotten them.
            known=self.known if self.pages + 1 < MEMORY else frozenset[bytes](),
            pages=self.pages + 1,
            taken=self.taken + len(self._cut(tuple(items))),
            fetched=self.fetched + len(items),
            # Skipped items come again because of the resumption, not because the listing shifted.
            repeated=self.repeated + max(0, again - self.skip),
            total=None if total < 0 else total,
            empty=0 if reply.items else self.empty + 1,
            count=reply.count,
            size=reply.size or max(self.size, len(reply.items)),
        ), tuple(items)

    def _new(self, items: Sequence[object]) -> tuple[list[object], frozenset[object], int]:
        before = frozenset[object]().union(*self.recent)
        fresh: list[object] = []
        ids: set[object] = set()
        identities = read_each(items, self.listing.identity)
        for item, identity in zip(items, identities, strict=True):
            if isinstance(identity, str | int):
                if identity in before or (self.known and digest_identity(identity) in self.known):
                    continue
                ids.add(identity)
            fresh.append(item)
        return fresh, frozenset(ids), len(items) - len(fresh)

    def _cut(self, items: tuple[object, ...]) -> tuple[object, ...]:
        limit = self.options.limit
        return items if limit is None else items[: max(0, limit - self.taken)]

    def _is_enough(self, after: "Paging[T]", cut: tuple[object, ...]) -> bool:
        limit, pages = self.options.limit, self.options.max_pages
        return (limit is not None and self.taken + len(cut) >= limit) or (
            pages is not None and after.pages >= pages
        )

    def _page_number(self) -> int:
        """Return the number of the page just received."""
        if self.number or self.listing.style != "page":
            return self.number or 1
        try:
            return page_number(self.operation, self.listing)
        except PaginationError:
            return 1  # raised by the rule, if there is a next page

    def _find_next(self, after: "Paging[T]", reply: ListingReply, fresh: int) -> "Paging[T] | None":
        page = ReceivedPage(
            self.operation,
            self.listing,
            self.position,
            after.number,
            after.empty,
            fresh,
            self.is_whole,
        )
        try:
            position = find_next(page, reply)
        except PaginationError as refusal:
            return replace(after, refusal=refusal)
        if position is None:
            return None
        if position.kind not in _OPAQUE:
            number = int(position.value) if position.kind == "page" else after.number + 1
            return replace(after, position=position, number=number)
        fingerprint = hash((position.kind, position.value))
        if fingerprint in after.seen or fingerprint == self.anchor:
            return None
        is_anchored = after.pages & (after.pages - 1) == 0  # at powers of two (R. Brent, 1980)
        return replace(
            after,
            position=position,
            number=after.number + 1,
            seen=(*after.seen, fingerprint)[-_SEEN:],
            anchor=fingerprint if is_anchored else self.anchor,
        )

    def _ended(
        self,
        pages: tuple[T, ...],
        items: tuple[object, ...],
        after: "Paging[T]",
        warnings: tuple[str, ...] = (),
    ) -> PageResult[T]:
        """Return the last step, with an error or a warning if items are missing."""
        # With repeated items: an insertion before this page adds one to the total that is never
        # received, and repeats another one.
        received = after.fetched + after.repeated
        missing = 0 if after.total is None or not self.is_whole else after.total - received
        if missing <= 0 or self.options.shortfall == "ignore":
            return PageResult(pages, items, None, None, warnings, total=after.total)
        text = (
            f"{self.operation.endpoint.name}: received {received} items of the {after.total} that "
            "the platform counted; the listing may have changed while it was read. Read it again, "
            "or pass shortfall='warn'"
        )
        if self.options.shortfall == "warn" or self.listing.total in _APPROXIMATE:
            return PageResult(pages, items, None, None, (*warnings, text), total=after.total)
        refusal = IncompleteListingError(text, expected=after.total or 0, received=received)
        # As a next page that cannot be requested, so that the items of this one are delivered
        # before.
        refused = replace(after, refusal=refusal)
        return PageResult(pages, items, refused, None, warnings, total=after.total)

    def _notices(self, reply: ListingReply) -> tuple[str, ...]:
        """Return a warning if the only page of a listing is full."""
        said = read_place(self.operation, self.listing.size) if self.listing.size else None
        is_full = bool(reply.items) and str(len(reply.items)) == str(said)
        if self.listing.style != "single" or not is_full or reply.total is not None:
            return ()
        text = (
            f"{self.operation.endpoint.name}: the page is full ({said} items), but the platform "
            "offers no second page; there may be more items"
        )
        return (text,)


_NUMBERED: Final = Listing("page", items=GUESS, identity="", send="query.pageNumber")
_LINKED: Final = Listing("link", items=GUESS, identity="")
_SHIFTING: Final = ("page", "index", "time")
_OPAQUE: Final = ("link", "token")
_APPROXIMATE: Final = ("totalHits",)
"""Paths of the totals in responses to analytics queries; these totals are approximate because the
data changes while it is read (Genesys blog, 2022-04-21)."""
_FIRST_PAGES: Final = (None, "", 1, "1")


def digest_identity(identity: object) -> bytes:
    """Return a short digest of an item's id; the digest is the same in every process."""
    return blake2b(str(identity).encode("utf-8", "replace"), digest_size=DIGEST_SIZE).digest()
