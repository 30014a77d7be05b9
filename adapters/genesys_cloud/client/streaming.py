"""Transports around a transport, for one call: they save its body, or leave it open to be read.

Law: a driver sends with them as with any other, so that tokens, repeats and deadlines are what they
are for every call. A body that is not the one asked for, an error's or a redirect's, is read only
as far as an error has use for.
"""

import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    contextmanager,
)
from typing import Final, TypeAlias, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec

from genesys_cloud.client.atomic_file import AtomicFile
from genesys_cloud.transports.protocols import (
    AsyncStreamingTransport,
    AsyncTransport,
    StreamingTransport,
    Transport,
)
from genesys_core.calls.downloads import HAS_CONTENT, DownloadProgress, is_success, safe_file_name
from genesys_core.calls.lifecycle import Raised, Returned
from genesys_core.calls.responses import transport_error
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, Streamed, TransportFailure

__all__ = [
    "AsyncDownloadSaver",
    "AsyncProgress",
    "AsyncStreamOpener",
    "DownloadSaver",
    "Progress",
    "StreamOpener",
    "open_async_stream",
    "open_stream",
    "read_limited",
    "read_limited_async",
    "run_in_worker_thread",
    "with_transport_errors",
    "with_transport_errors_async",
]

T = TypeVar("T")

Chunks: TypeAlias = Streamed[Iterator[bytes]]
AsyncChunks: TypeAlias = Streamed[AsyncIterator[bytes]]

Progress: TypeAlias = Callable[[int, int | None], object]
"""Called with the bytes so far and those there will be, ``None`` where the server does not say."""

AsyncProgress: TypeAlias = Callable[[int, int | None], Awaitable[object] | object]
"""As :data:`Progress`, a coroutine function or not."""

LARGEST_REFUSAL: Final = 1 << 20
"""Bytes that are read of a body that is not the one asked for."""


def open_stream(
    transport: Transport, request: Request, content: Iterable[bytes] | None = None
) -> AbstractContextManager[Chunks]:
    """A streamed request, over a transport that may know nothing of streams."""
    if isinstance(transport, StreamingTransport):
        return transport.stream(request, content)
    return _sent(transport, request, content)


def open_async_stream(
    transport: AsyncTransport, request: Request, content: AsyncIterable[bytes] | None = None
) -> AbstractAsyncContextManager[AsyncChunks]:
    """:func:`open_stream` for an asynchronous transport."""
    if isinstance(transport, AsyncStreamingTransport):
        return transport.stream(request, content)
    return _async_sent(transport, request, content)


@contextmanager
def _sent(
    transport: Transport, request: Request, content: Iterable[bytes] | None
) -> Generator[Chunks]:
    if content is not None:
        request = msgspec.structs.replace(_unframed(request), body=b"".join(content))
    response = transport.send(request)
    yield Streamed(response.status, response.headers, iter((response.body,)))


@asynccontextmanager
async def _async_sent(
    transport: AsyncTransport, request: Request, content: AsyncIterable[bytes] | None
) -> AsyncGenerator[AsyncChunks]:
    if content is not None:
        body = b"".join([chunk async for chunk in content])
        request = msgspec.structs.replace(_unframed(request), body=body)
    response = await transport.send(request)
    yield Streamed(response.status, response.headers, _Once(response.body))


def _unframed(request: Request) -> Request:
    """Without the length that a stream has to be told: of bytes, a transport knows it."""
    return msgspec.structs.replace(request, headers=request.headers.without("content-length"))


class _Once:
    """One chunk, asynchronously; no generator, so that nobody has to close it."""

    def __init__(self, chunk: bytes) -> None:
        self._chunks = iter((chunk,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration


def read_limited(reply: Chunks) -> Response:
    """The reply as a response, its body no longer than an error has use for."""
    body = bytearray()
    for chunk in reply.chunks:
        body += chunk
        if len(body) >= LARGEST_REFUSAL:
            break
    return Response(reply.status, reply.headers, bytes(body[:LARGEST_REFUSAL]))


async def read_limited_async(reply: AsyncChunks) -> Response:
    """:func:`read_limited` for an asynchronous reply."""
    body = bytearray()
    async for chunk in reply.chunks:
        body += chunk
        if len(body) >= LARGEST_REFUSAL:
            break
    return Response(reply.status, reply.headers, bytes(body[:LARGEST_REFUSAL]))


def with_transport_errors(chunks: Iterator[bytes], request: Request) -> Iterator[bytes]:
    """The chunks; one that fails to come is a documented error."""
    try:
        yield from chunks
    except TransportFailure as failure:
        raise transport_error(failure, request) from None


async def with_transport_errors_async(
    chunks: AsyncIterator[bytes], request: Request
) -> AsyncGenerator[bytes, None]:
    """:func:`with_transport_errors` for an asynchronous reply."""
    try:
        async for chunk in chunks:
            yield chunk
    except TransportFailure as failure:
        raise transport_error(failure, request) from None


async def run_in_worker_thread(work: Callable[..., T], *args: object) -> T:
    """What work that blocks returns."""
    import anyio.to_thread  # noqa: PLC0415 - for those who transfer files

    return await anyio.to_thread.run_sync(work, *args)


class DownloadSaver:
    """Saves the body of a success.

    Attributes:
        name: a name for what was saved, or ``None`` while nothing was.
    """

    def __init__(
        self,
        transport: Transport,
        part: AtomicFile,
        progress: Progress | None,
        limit: int | None,
    ) -> None:
        self._transport = transport
        self._part = part
        self._progress = progress
        self._limit = limit
        self.name: str | None = None

    def send(self, request: Request) -> Response:
        """Send, and save what comes if it is a file."""
        with open_stream(self._transport, request) as reply:
            if reply.status not in HAS_CONTENT:
                return read_limited(reply)
            saving = DownloadProgress.opened(reply.headers, self._limit)
            self._part.restart()
            self._tell(saving)
            for chunk in reply.chunks:
                saving = saving.advanced(len(chunk))
                self._part.write(chunk)
                self._tell(saving)
            saving.finished()
        self.name = _name(request, reply.headers)
        return Response(reply.status, reply.headers)

    def _tell(self, saving: DownloadProgress) -> None:
        if self._progress is not None:
            self._progress(saving.done, saving.total)


class AsyncDownloadSaver:
    """:class:`DownloadSaver` for an asynchronous driver."""

    def __init__(
        self,
        transport: AsyncTransport,
        part: AtomicFile,
        progress: AsyncProgress | None,
        limit: int | None,
    ) -> None:
        self._transport = transport
        self._part = part
        self._progress = progress
        self._limit = limit
        self.name: str | None = None

    async def send(self, request: Request) -> Response:
        """Send, and save what comes if it is a file."""
        async with open_async_stream(self._transport, request) as reply:
            if reply.status not in HAS_CONTENT:
                return await read_limited_async(reply)
            saving = DownloadProgress.opened(reply.headers, self._limit)
            await run_in_worker_thread(self._part.restart)
            await self._tell(saving)
            async for chunk in reply.chunks:
                saving = saving.advanced(len(chunk))
                await run_in_worker_thread(self._part.write, chunk)
                await self._tell(saving)
            saving.finished()
        self.name = _name(request, reply.headers)
        return Response(reply.status, reply.headers)

    async def _tell(self, saving: DownloadProgress) -> None:
        seen = None if self._progress is None else self._progress(saving.done, saving.total)
        if inspect.isawaitable(seen):
            await seen


def _name(request: Request, headers: Headers) -> str:
    last = unquote(urlsplit(request.url).path.rpartition("/")[2], errors="replace")
    return safe_file_name(headers.get("content-disposition"), last)


class StreamOpener:
    """Leaves the body of a success to be read, until the stack is closed.

    Attributes:
        request: the last one sent.
    """

    request: Request

    def __init__(self, transport: Transport, stack: ExitStack) -> None:
        self._transport = transport
        self._stack = stack
        self._reply: Chunks | None = None

    def send(self, request: Request) -> Response:
        """Send, and read what comes if it is an error."""
        self.request = request
        with ExitStack() as opened:
            reply = opened.enter_context(open_stream(self._transport, request))
            if not is_success(reply.status):
                return read_limited(reply)
            self._reply = reply
            self._stack.push(opened.pop_all())
        return Response(reply.status, reply.headers)

    def opened(self, outcome: Returned[None] | Raised) -> Chunks:
        """The reply; its body, where the call succeeded without a success (a repeated DELETE)."""
        if isinstance(outcome, Raised):
            raise outcome.error
        response = outcome.response
        return self._reply or Streamed(response.status, response.headers, iter((response.raw,)))


class AsyncStreamOpener:
    """:class:`StreamOpener` for an asynchronous driver."""

    request: Request

    def __init__(self, transport: AsyncTransport, stack: AsyncExitStack) -> None:
        self._transport = transport
        self._stack = stack
        self._reply: AsyncChunks | None = None

    async def send(self, request: Request) -> Response:
        """Send, and read what comes if it is an error."""
        self.request = request
        async with AsyncExitStack() as opened:
            reply = await opened.enter_async_context(open_async_stream(self._transport, request))
            if not is_success(reply.status):
                return await read_limited_async(reply)
            self._reply = reply
            self._stack.push_async_exit(opened.pop_all())
        return Response(reply.status, reply.headers)

    def opened(self, outcome: Returned[None] | Raised) -> AsyncChunks:
        """As :meth:`StreamOpener.opened`."""
        if isinstance(outcome, Raised):
            raise outcome.error
        response = outcome.response
        return self._reply or Streamed(response.status, response.headers, _Once(response.raw))
