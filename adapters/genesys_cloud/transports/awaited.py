"""Adapts synchronous transports to the coroutine driver, and runs the driver without an event loop.

Invariants: no coroutine in this module suspends, so :func:`run_now` can run each like a function.
"""

import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Coroutine,
    Generator,
    Iterator,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, TypeAlias, TypeVar

import msgspec

from genesys_cloud.transports.protocols import (
    AsyncStreamingTransport,
    AsyncTransport,
    StreamingTransport,
    Transport,
)
from genesys_core.http.messages import Request, Response, Streamed

__all__ = [
    "AwaitedChunks",
    "awaited_transport",
    "checked_transport",
    "enter_now",
    "iterate_now",
    "open_stream",
    "run_now",
]

T = TypeVar("T")

Chunks: TypeAlias = Streamed[AsyncIterator[bytes]]


def run_now(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends, and return its result.

    Raises:
        RuntimeError: the coroutine suspended, because the user passed a coroutine function to a
            synchronous client.
    """
    # Without suspension, the first `send` runs the coroutine to its end.
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    # The coroutine suspended. Close it, so that its `finally` blocks run before the error is raised.
    work.close()
    raise RuntimeError(
        "a synchronous client cannot await; pass ordinary functions, not coroutine functions"
    )


def iterate_now(chunks: AsyncIterator[T]) -> Iterator[T]:
    """Iterate over an asynchronous iterator that never suspends."""

    # A coroutine, as `run_now` requires; `anext` itself returns another kind of awaitable.
    async def following() -> T:
        return await anext(chunks)

    while True:
        try:
            chunk = run_now(following())
        except StopAsyncIteration:
            return
        yield chunk


@contextmanager
def enter_now(context: AbstractAsyncContextManager[T]) -> Generator[T]:
    """Enter and exit an asynchronous context manager that never suspends."""
    entered = run_now(context.__aenter__())
    try:
        yield entered
    except BaseException as error:
        # As in a `with` statement: a true result suppresses the exception.
        if not run_now(context.__aexit__(type(error), error, error.__traceback__)):
            raise
    else:
        run_now(context.__aexit__(None, None, None))


class AwaitedChunks:
    """Adapts an iterator to an asynchronous iterator.

    The adapter is not an asynchronous generator, so it need not be closed.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration


class _AwaitedTransport:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, request: Request) -> Response:
        return self._transport.send(request)

    async def close(self) -> None:
        self._transport.close()


class _AwaitedStreamingTransport(_AwaitedTransport):
    def __init__(self, transport: StreamingTransport) -> None:
        super().__init__(transport)
        self._streaming = transport

    @asynccontextmanager
    async def stream(
        self, request: Request, content: AsyncIterable[bytes] | None = None
    ) -> AsyncGenerator[Chunks]:
        pieces = None if content is None else iterate_now(aiter(content))
        with self._streaming.stream(request, pieces) as reply:
            yield Streamed(reply.status, reply.headers, AwaitedChunks(reply.chunks), reply.resent)


def awaited_transport(transport: Transport) -> AsyncTransport:
    """Return an asynchronous adapter of a synchronous transport; it streams if the transport can.

    Raises:
        TypeError: the transport is asynchronous.
    """
    if inspect.iscoroutinefunction(transport.send):
        raise TypeError(
            f"transport must be synchronous, but {type(transport).__name__}.send is a coroutine "
            "function; use an AsyncClient"
        )
    if isinstance(transport, StreamingTransport):
        return _AwaitedStreamingTransport(transport)
    return _AwaitedTransport(transport)


def _synchronous(transport: object) -> TypeError:
    name = type(transport).__name__
    return TypeError(
        f"transport must be asynchronous, but the result of {name}.send cannot be awaited; use a Client"
    )


class _CheckedTransport:
    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def send(self, request: Request) -> Response:
        sent = self._transport.send(request)
        if not _is_awaitable(sent):
            raise _synchronous(self._transport)
        return await sent

    async def close(self) -> None:
        # A synchronous transport is accepted here, so that its `close` does not raise an error that
        # would hide the error from `send`.
        closed = self._transport.close()
        if _is_awaitable(closed):
            await closed


def _is_awaitable(value: object) -> bool:
    return isinstance(value, Awaitable)


class _CheckedStreamingTransport(_CheckedTransport):
    def __init__(self, transport: AsyncStreamingTransport) -> None:
        super().__init__(transport)
        self._streaming = transport

    def stream(
        self, request: Request, content: AsyncIterable[bytes] | None = None
    ) -> AbstractAsyncContextManager[Chunks]:
        return self._streaming.stream(request, content)


def checked_transport(transport: AsyncTransport) -> AsyncTransport:
    """Return a transport that raises ``TypeError`` if the result of ``send`` cannot be awaited.

    If ``send`` is a coroutine function, the original transport is returned.

    Raises:
        TypeError: the transport is synchronous.
    """
    if inspect.iscoroutinefunction(transport.send):
        return transport
    returned = getattr(transport.send, "__annotations__", {}).get("return")
    if returned in {Response, "Response"}:
        raise _synchronous(transport)
    # Without annotations, whether a function returns an awaitable is known only once it is called.
    if isinstance(transport, AsyncStreamingTransport):
        return _CheckedStreamingTransport(transport)
    return _CheckedTransport(transport)


def open_stream(
    transport: AsyncTransport, request: Request, content: AsyncIterable[bytes] | None = None
) -> AbstractAsyncContextManager[Chunks]:
    """Return a context manager that streams a request and its response.

    If the transport cannot stream, both bodies are kept in memory.
    """
    if isinstance(transport, AsyncStreamingTransport):
        return transport.stream(request, content)
    return _sent_whole(transport, request, content)


@asynccontextmanager
async def _sent_whole(
    transport: AsyncTransport, request: Request, content: AsyncIterable[bytes] | None
) -> AsyncGenerator[Chunks]:
    if content is not None:
        body = b"".join([chunk async for chunk in content])
        # Only a stream needs an explicit length; the transport knows the length of bytes.
        headers = request.headers.without("content-length")
        request = msgspec.structs.replace(request, headers=headers, body=body)
    response = await transport.send(request)
    chunks = AwaitedChunks(iter((response.body,)))
    yield Streamed(response.status, response.headers, chunks, response.resent)
