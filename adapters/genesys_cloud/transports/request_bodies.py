"""Request bodies on their way into httpx.

Law: what the caller's own iterator raises is the caller's and is passed on as it is; once any of it
was asked for, the request may have arrived.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import NoReturn

import httpx

from genesys_cloud.transports.httpx_errors import raise_transport_failure
from genesys_core.http.messages import Request

__all__ = ["AsyncStreamedBody", "BytesBody", "StreamedBody", "raise_body_failure"]


class RequestBody:
    """A body on its way out.

    Attributes:
        began: whether any of it was asked for.
        error: what the caller's iterator raised.
    """

    began = False
    error: Exception | None = None


def raise_body_failure(error: Exception, request: Request, body: RequestBody | None) -> NoReturn:
    """Pass on what the caller's iterator raised; report all else."""
    if body is not None and error is body.error:
        raise error
    raise_transport_failure(error, began=body is not None and body.began, expires=request.expires)


class BytesBody(httpx.ByteStream):
    """A body that is there as a whole."""

    # Not with a generator as httpx has it, for the reason that AsyncStreamedBody has none.
    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._content = content

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


class StreamedBody(RequestBody, httpx.SyncByteStream):
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


class AsyncStreamedBody(RequestBody, httpx.AsyncByteStream):
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
