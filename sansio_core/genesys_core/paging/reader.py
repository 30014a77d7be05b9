"""Reads a listing: returns individual items, requests pages ahead, and can be resumed at any item.

Invariants: the reader is the only mutable object of this package. It decides which pages to
request, and when; a driver sends the requests and passes back the responses. Pages requested ahead
are predictions: if the next page turns out to be a different one, they are discarded, so
predictions affect only speed.
"""

from collections import deque
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct

from genesys_core.calls.operation import Operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import PaginationError
from genesys_core.hosts import Hosts
from genesys_core.http.urls import encode_query, expand_path
from genesys_core.paging.options import PagingOptions
from genesys_core.paging.paging import PageResult, Paging
from genesys_core.paging.resume import begin_paging, format_resume_token

__all__ = ["Fetch", "ListingReader"]

T = TypeVar("T")


class Fetch(Struct, Generic[T], frozen=True):
    """The request for a page of a listing.

    Attributes:
        key: a key that is unique among the requests of the reader.
        operation: the operation that requests the page.
    """

    key: int
    operation: Operation[T]


class ListingReader(Generic[T]):
    """Reads one listing, item by item or page by page.

    While :meth:`wanted` returns a request, send it and pass the response to :meth:`received`;
    then :meth:`take` returns the next item. The requests that :meth:`ahead` returns may be sent at
    the same time.

    Args:
        operation: the operation of the first page.
        hosts: the client's hosts; links may point only to the API host.
        options: the limits and the starting point of the iteration.
        by_page: whether :meth:`take` returns pages instead of items.

    Raises:
        InvalidValueError: the resume token is invalid, or belongs to another operation.
        TypeError: ``operation`` is not an operation.
    """

    def __init__(
        self,
        operation: Operation[T],
        hosts: Hosts,
        options: PagingOptions,
        *,
        by_page: bool = False,
    ) -> None:
        begin = begin_paging(operation, hosts, options)
        self._by_page = by_page
        self._depth = options.prefetch
        self._current = Paging(operation, hosts, options) if begin is None else begin
        self._next = None if options.limit == 0 else begin
        # The resume token of a listing that has ended: as if its last page had been received.
        self._step: PageResult[T] | None = None if begin else PageResult((), (), None, None)
        self._index = 0
        self._keys = 0
        self._ahead: deque[Fetch[T]] = deque()
        self._total = self._current.total

    @property
    def total(self) -> int | None:
        """The total number of items, if the platform reports it."""
        return self._total

    @property
    def fetched(self) -> int:
        """The number of items returned so far, including by earlier readers."""
        return self._current.fetched + self._taken_items()

    @property
    def resume_token(self) -> str:
        """The resume token with which another reader continues after the last item returned."""
        return format_resume_token(self._current, self._step, self._taken_items())

    def wanted(self) -> Fetch[T] | None:
        """Return the request to send before the next :meth:`take`; ``None`` if none is needed.

        The same request is returned until its page is received, so a failed one can be repeated.

        Raises:
            PaginationError: the page cannot be requested.
        """
        if self._next is None or self._index < len(self._buffer()):
            return None
        if not self._ahead:
            self._expect(self._next.asked())
        return self._ahead[0]

    def ahead(self) -> tuple[Fetch[T], ...]:
        """Return the requests to send in parallel.

        The caller may cancel requests in flight that are no longer returned.
        """
        if self._next is None or not self._depth:
            return ()
        try:
            if not self._ahead:
                self._expect(self._next.asked())
        except PaginationError:
            return ()  # raised when that page is wanted
        while len(self._ahead) < self._depth:
            expected = self._next.expected(len(self._ahead))
            if expected is None:
                break
            self._expect(expected)
        return tuple(self._ahead)

    def received(self, response: ApiResponse[T]) -> tuple[str, ...]:
        """Process the response to the request from :meth:`wanted`; return warning messages.

        Raises:
            PaginationError: the response has no list of items.
        """
        if self._next is None or not self._ahead:
            raise RuntimeError("no response was expected; call wanted() first")
        step = self._next.received(response)
        self._current, self._step, self._next = self._next, step, step.following
        self._index, self._total = 0, step.total
        self._ahead.popleft()
        self._check_ahead()
        return step.warnings

    def take(self) -> object:
        """Return the next item, or the next page if the reader returns pages.

        Raises:
            StopIteration: no item or page is available; if :meth:`wanted` returns ``None``, the
                iteration has ended.
        """
        buffer = self._buffer()
        if self._index >= len(buffer):
            raise StopIteration
        self._index += 1
        return buffer[self._index - 1]

    def _buffer(self) -> tuple[object, ...]:
        if self._step is None:
            return ()
        return self._step.pages if self._by_page else self._step.items

    def _taken_items(self) -> int:
        if self._step is None or not self._by_page:
            return self._index
        return len(self._step.items) if self._index else 0

    def _expect(self, operation: Operation[T]) -> None:
        self._keys += 1
        self._ahead.append(Fetch(self._keys, operation))

    def _check_ahead(self) -> None:
        """Discard the pages requested ahead if they are not the next ones."""
        if not self._ahead:
            return
        try:
            is_next = self._next is not None and _are_same(
                self._ahead[0].operation, self._next.asked()
            )
        except PaginationError:
            is_next = False
        if not is_next:
            # Predictions would be wrong again; the next page itself can still be requested ahead.
            self._ahead.clear()
            self._depth = 1


def _are_same(one: Operation[T], other: Operation[T]) -> bool:
    """Whether two operations are the same request, whatever the order of their query."""
    return one == other or (one.body == other.body and _target(one) == _target(other))


def _target(operation: Operation[T]) -> tuple[str, list[tuple[str, str]]]:
    endpoint = operation.endpoint
    target = endpoint.link or expand_path(endpoint.path, operation.path)
    path, _, query = target.partition("?")
    own = encode_query((*operation.query, *operation.options.query.items()))
    return path, sorted([*parse_qsl(query), *parse_qsl(own)])
