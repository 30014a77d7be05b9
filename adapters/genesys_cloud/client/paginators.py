"""Iterators over listings, synchronous and asynchronous.

Invariants: :class:`~genesys_core.paging.reader.ListingReader` decides what to request and when;
this module sends the requests, partly in the background, and issues warnings.
"""

import warnings
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import partial
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

from genesys_cloud.client.event_loop import Background, EventLoop
from genesys_cloud.transports.awaited import run_now
from genesys_core.calls.operation import Operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.errors import GenesysCloudError
from genesys_core.paging.options import IncompleteListingWarning
from genesys_core.paging.reader import ListingReader

__all__ = ["AsyncPaginator", "Paginator", "SendPage"]

V_co = TypeVar("V_co", covariant=True)

SendPage = Callable[[Operation[Any]], Coroutine[Any, Any, ApiResponse[Any]]]
"""A function that sends the operation for a page and returns the response."""


class _Progress:
    """The base class of both paginators; requests the pages that the reader selects.

    Args:
        reader: decides which pages to request, some of them in the background.
        send: sends the operation of a page.
        event_loop: returns the event loop that the client runs on.
    """

    def __init__(
        self, reader: ListingReader[Any], send: SendPage, event_loop: Callable[[], EventLoop]
    ) -> None:
        self._reader = reader
        self._send = send
        self._event_loop = event_loop
        self._running: dict[int, Background[ApiResponse[Any]]] = {}
        self._is_closed = False
        self._is_advancing = False

    @property
    def total(self) -> int | None:
        """The total number of items in the listing; ``None`` before the first page or if unknown."""
        return self._reader.total

    @property
    def fetched(self) -> int:
        """The number of items returned so far, including any before the listing was resumed."""
        return self._reader.fetched

    @property
    def resume_token(self) -> str:
        """The token to pass as ``resume=``, in any process, to continue after the last returned item."""
        return self._reader.resume_token

    async def _advance(self) -> list[str]:
        """Request pages until an item can be returned, and return the texts of warnings to issue."""
        # Two tasks or threads would receive the same page, and `ListingReader` would interpret the
        # repeated page as the end of the listing.
        if self._is_advancing:
            raise GenesysCloudError(
                "another task or thread is reading the next page of this listing; use the iterator in "
                "one of them, and pass the items to the others, for example in a queue"
            )
        try:
            self._is_advancing = True
            return await self._advance_alone()
        finally:
            self._is_advancing = False

    async def _advance_alone(self) -> list[str]:
        notices: list[str] = []
        while (fetch := self._reader.wanted()) is not None:
            running = self._running.get(fetch.key)
            try:
                response = await (
                    self._send(fetch.operation) if running is None else running.result()
                )
                notices += self._reader.received(response)
            except Exception:
                self._running.pop(fetch.key, None)  # sent again if requested again
                raise
            # Not earlier: if the await above is cancelled, the next call awaits the same request.
            self._running.pop(fetch.key, None)
            self._look_ahead()
        return notices

    def _look_ahead(self) -> None:
        wanted = {fetch.key: fetch.operation for fetch in self._reader.ahead()}
        # Cancel requests that turned out to be unnecessary, for example beyond the last page.
        for key in self._running.keys() - wanted.keys():
            self._running.pop(key).cancel()
        for key in wanted.keys() - self._running.keys():
            self._running[key] = self._event_loop().start(partial(self._send, wanted[key]))

    def _close(self) -> None:
        self._is_closed = True
        while self._running:
            self._running.popitem()[1].cancel()


class Paginator(_Progress, Iterator[V_co], Generic[V_co]):
    """Iterates over the items or pages of a listing, and requests the pages.

    After an error you can continue: the iterator then returns the item that it failed to return.
    """

    def __next__(self) -> V_co:
        if self._is_closed:
            raise StopIteration
        if self._reader.wanted() is not None:
            for text in run_now(self._advance()):
                warnings.warn(text, IncompleteListingWarning, stacklevel=2)
        return cast(V_co, self._reader.take())

    def close(self) -> None:
        """End the iteration and discard the pages requested ahead. Idempotent."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncPaginator(_Progress, AsyncIterator[V_co], Generic[V_co]):
    """Iterates over the items or pages of a listing, and requests the pages.

    After an error or a cancellation you can continue: the iterator then returns the item that it
    failed to return.
    """

    async def __anext__(self) -> V_co:
        if self._is_closed:
            raise StopAsyncIteration
        if self._reader.wanted() is not None:
            for text in await self._advance():
                warnings.warn(text, IncompleteListingWarning, stacklevel=2)
        try:
            return cast(V_co, self._reader.take())
        except StopIteration:  # Python turns it into a RuntimeError in a coroutine (PEP 479)
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        """End the iteration and discard the pages requested ahead. Idempotent."""
        self._close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()
