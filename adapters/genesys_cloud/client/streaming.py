"""Calls with streamed response bodies: saved to a file, or left open for reading.

The driver calls the ``send`` method of this module's objects instead of the transport's, so that
tokens, retries and deadlines work as in every call. The body of an error or a redirect is read
only up to :data:`LARGEST_REFUSAL` bytes.
"""

import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
)
from contextlib import AsyncExitStack
from typing import Final, TypeAlias

from genesys_cloud.client.atomic_file import AtomicFile
from genesys_cloud.client.event_loop import EventLoop
from genesys_cloud.transports.awaited import open_stream
from genesys_cloud.transports.protocols import AsyncTransport
from genesys_core.calls.downloads import (
    HAS_CONTENT,
    LARGEST_REFUSAL,
    SUCCESS,
    DownloadProgress,
    file_name,
)
from genesys_core.calls.partial_content import PartialFile
from genesys_core.calls.responses import transport_error
from genesys_core.errors import GenesysCloudError
from genesys_core.http.messages import Request, Response, Streamed, TransportFailure

__all__ = [
    "AsyncProgress",
    "DownloadSaver",
    "Progress",
    "StreamOpener",
    "StreamedBody",
    "UploadProgress",
    "read_limited",
    "with_transport_errors",
]

Chunks: TypeAlias = Streamed[AsyncIterator[bytes]]

Progress: TypeAlias = Callable[[int, int | None], object]
"""A function called with the number of bytes transferred, and the total or ``None`` if unknown."""

AsyncProgress: TypeAlias = Callable[[int, int | None], Awaitable[object] | object]
"""A :data:`Progress` function for an asynchronous client; may also be a coroutine function."""


async def report_progress(progress: AsyncProgress | None, done: int, total: int | None) -> None:
    """Report progress to the caller's function, and await its result if it is awaitable."""
    seen = None if progress is None else progress(done, total)
    if inspect.isawaitable(seen):
        await seen


class UploadProgress:
    """Counts the bytes of an upload and reports its progress to the caller.

    A chunk is reported when the transport requests the next one. The last chunk is reported when
    the response arrives, at the latest, because a transport need not request anything after it.
    """

    def __init__(self, progress: AsyncProgress | None, total: int | None) -> None:
        self._progress = progress
        self._total = total
        self._sent = 0
        self._reported = -1

    async def count(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """Yield the chunks of the upload, and count their bytes."""
        await self.report()
        async for chunk in chunks:
            self._sent += len(chunk)
            yield chunk
            await self.report()

    async def report(self) -> None:
        """Report the progress if it has changed since the last report."""
        if self._reported != self._sent:
            self._reported = self._sent
            await report_progress(self._progress, self._sent, self._total)


async def read_limited(reply: Chunks) -> Response:
    """Read a response, and truncate its body to :data:`LARGEST_REFUSAL` bytes."""
    body = bytearray()
    async for chunk in reply.chunks:
        body += chunk
        if len(body) >= LARGEST_REFUSAL:
            break
    return Response(reply.status, reply.headers, bytes(body[:LARGEST_REFUSAL]), reply.resent)


async def with_transport_errors(
    chunks: AsyncIterator[bytes], request: Request
) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of a response, and convert a ``TransportFailure`` to a ``TransportError``."""
    try:
        async for chunk in chunks:
            yield chunk
    except TransportFailure as failure:
        raise transport_error(failure, request) from None


class StreamedBody:
    """Iterates over the chunks of a streamed response; raises an error if it was closed too early.

    Args:
        chunks: the response's chunks. :meth:`close` does not close this iterator, because iteration
            would then end as if the body were complete.
    """

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._is_complete = False
        self._is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._is_closed and not self._is_complete:
            raise GenesysCloudError(
                "the response was closed when its block ended; read its chunks within the block"
            )
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            self._is_complete = True
            raise

    def close(self) -> None:
        """Record that the response is closed."""
        self._is_closed = True


class _StreamedCall:
    """Sends the requests of one call, and processes the body of the successful response.

    Attributes:
        request: the most recent request.
        resent: whether the transport sent the most recent request twice (``Streamed.resent``).
    """

    request: Request
    resent: bool = False

    def __init__(self, transport: AsyncTransport, wanted: frozenset[int]) -> None:
        self._transport = transport
        self._wanted: Final = wanted

    async def send(self, request: Request) -> Response:
        """Send a request and return the response; an unsuccessful response includes its body."""
        self.request = request
        async with AsyncExitStack() as opened:
            reply = await opened.enter_async_context(open_stream(self._transport, request))
            self.resent = reply.resent
            if reply.status not in self._wanted:
                return await read_limited(reply)
            await self._process(reply, opened)
        return Response(reply.status, reply.headers, resent=reply.resent)

    async def _process(self, reply: Chunks, opened: AsyncExitStack) -> None:
        raise NotImplementedError


class StreamOpener(_StreamedCall):
    """Sends a call's requests; a successful response's body stays open until ``stack`` is closed.

    Attributes:
        reply: the streamed response; ``None`` before it arrives.
    """

    def __init__(self, transport: AsyncTransport, stack: AsyncExitStack) -> None:
        super().__init__(transport, SUCCESS)
        self._stack = stack
        self.reply: Chunks | None = None

    async def _process(self, reply: Chunks, opened: AsyncExitStack) -> None:
        self.reply = reply
        # `send` closes what is left in `opened`; from here, the caller's stack owns the response.
        self._stack.push_async_exit(opened.pop_all())


class DownloadSaver(_StreamedCall):
    """Sends a call's requests, and saves a successful response's body to a file.

    Attributes:
        name: the file name from the response; ``None`` until the body is complete.
    """

    def __init__(
        self,
        transport: AsyncTransport,
        loop: EventLoop,
        file: AtomicFile,
        progress: AsyncProgress | None,
        limit: int | None,
    ) -> None:
        super().__init__(transport, HAS_CONTENT)
        self._loop = loop
        self._file = file
        self._progress = progress
        self._limit = limit
        self.name: str | None = None

    async def send(self, request: Request) -> Response:
        """Send the request for the file, or for the part of it that is still missing."""
        # Computed for each attempt: a retry requests the bytes that previous attempts have not
        # received.
        part = self._file.part
        response = await super().send(part.request(request))
        # 416: the file has become shorter (RFC 9110, 15.5.17), so request it from the beginning.
        if part.refused(response):
            await self._loop.run_in_worker(self._file.begin, PartialFile())
            response = await super().send(request)
        return response

    async def _process(self, reply: Chunks, opened: AsyncExitStack) -> None:  # noqa: ARG002 - read here
        try:
            part = self._file.part.received(reply.status, reply.headers)
        except TransportFailure:
            # The range of the response does not match the part, so a retry must begin with byte 0.
            await self._loop.run_in_worker(self._file.begin, PartialFile())
            raise
        saved = DownloadProgress.begun(part, self._limit)
        await self._loop.run_in_worker(self._file.begin, part)
        await self._report(saved)
        async for chunk in reply.chunks:
            saved = saved.advanced(len(chunk))
            await self._loop.run_in_worker(self._file.write, chunk)
            await self._report(saved)
        saved.finished()  # raises if bytes are missing
        self.name = file_name(self.request, reply.headers)

    async def _report(self, saved: DownloadProgress) -> None:
        await report_progress(self._progress, saved.done, saved.total)
