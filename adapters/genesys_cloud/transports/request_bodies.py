"""Request bodies for httpx and httpx2.

Invariants: exceptions of the caller's iterator propagate unchanged. Once the first chunk has been
read, the request counts as possibly sent.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import TypeVar, cast

__all__ = ["AsyncStreamedBody", "BytesBody", "RequestBody", "StreamedBody", "as_byte_stream"]


class RequestBody:
    """Base class of request bodies.

    Attributes:
        began: whether reading the body has begun.
        error: the exception that the caller's iterator raised, or ``None``.
    """

    began = False
    error: Exception | None = None


B = TypeVar("B", bound=RequestBody)


@cache
def as_byte_stream(kind: type[B], library: ModuleType) -> type[B]:
    """Return a subclass of a body class and of the byte stream classes of httpx or httpx2."""
    bases: list[type] = [kind]
    if hasattr(kind, "__iter__"):
        bases.append(library.SyncByteStream)
    if hasattr(kind, "__aiter__"):
        bases.append(library.AsyncByteStream)
    return cast("type[B]", type(kind.__name__, tuple(bases), {}))


class BytesBody(RequestBody):
    """A request body in memory."""

    def __init__(self, content: bytes | None) -> None:
        self._content = content or b""

    def __iter__(self) -> Iterator[bytes]:
        yield self._content

    # Not a generator; see AsyncStreamedBody.
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
    """A request body that is read from an iterable."""

    def __init__(self, content: Iterable[bytes]) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        # Set before the first chunk is read, so that a request that fails now counts as possibly
        # sent.
        self.began = True
        try:
            yield from self._content
        except Exception as error:
            self.error = error
            raise


class AsyncStreamedBody(RequestBody):
    """A request body that is read from an asynchronous iterable."""

    # Not an asynchronous generator: trio would warn if httpx does not exhaust it.
    def __init__(self, content: AsyncIterable[bytes]) -> None:
        self._chunks = aiter(content)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self.began = True
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:  # the end, which is not an error of the iterator
            raise
        except Exception as error:
            self.error = error
            raise
