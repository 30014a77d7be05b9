"""Request bodies on their way into httpx or httpx2.

Invariants: what the caller's own iterator raises is the caller's and is passed on as it is; once any of
it was asked for, the request may have arrived.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import TypeVar, cast

__all__ = ["AsyncStreamedBody", "BytesBody", "RequestBody", "StreamedBody", "as_byte_stream"]


class RequestBody:
    """A body on its way out.

    Attributes:
        began: whether any of it was asked for.
        error: what the caller's iterator raised.
    """

    began = False
    error: Exception | None = None


B = TypeVar("B", bound=RequestBody)


@cache
def as_byte_stream(kind: type[B], library: ModuleType) -> type[B]:
    """A kind of body as a byte stream of the library's own, which it insists on."""
    bases: list[type] = [kind]
    if hasattr(kind, "__iter__"):
        bases.append(library.SyncByteStream)
    if hasattr(kind, "__aiter__"):
        bases.append(library.AsyncByteStream)
    return cast("type[B]", type(kind.__name__, tuple(bases), {}))


class BytesBody(RequestBody):
    """A body that is there as a whole."""

    def __init__(self, content: bytes | None) -> None:
        self._content = content or b""

    def __iter__(self) -> Iterator[bytes]:
        yield self._content

    # Not with a generator, for the reason that AsyncStreamedBody has none.
    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Once(self._content)


class _Once:
    def __init__(self, content: bytes) -> None:
        self._left: list[bytes] = [content]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


class StreamedBody(RequestBody):
    """A body from an iterable."""

    def __init__(self, content: Iterable[bytes]) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        self.began = True
        try:
            yield from self._content
        except Exception as error:
            self.error = error
            raise


class AsyncStreamedBody(RequestBody):
    """A body from an asynchronous iterable."""

    # Not a generator: one that httpx leaves half-way would be noticed by trio's collector.
    def __init__(self, content: AsyncIterable[bytes]) -> None:
        self._chunks = aiter(content)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self.began = True
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            raise
        except Exception as error:
            self.error = error
            raise
