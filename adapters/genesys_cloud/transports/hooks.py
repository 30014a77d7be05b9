"""Hooks: the caller's own code before each request and after each response.

Law: a hook runs on every attempt, token exchanges included. What it raises is the caller's and is
wrapped in nothing. Hooks are a transport around the real one, so drivers know nothing of them.
"""

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct

from genesys_cloud.transports.protocols import (
    AsyncStreamingTransport,
    AsyncTransport,
    StreamingTransport,
    Transport,
    open_connections,
)
from genesys_core.http.messages import Request, Response, Streamed

__all__ = [
    "AfterResponse",
    "AsyncAfterResponse",
    "AsyncBeforeRequest",
    "AsyncHookedTransport",
    "BeforeRequest",
    "HookedTransport",
    "Hooks",
    "add_async_hooks",
    "add_hooks",
]

BeforeRequest: TypeAlias = Callable[[Request], Request | None]
"""Sees each request; what it returns, if anything, is sent instead."""

AfterResponse: TypeAlias = Callable[[Request, Response], Response | None]
"""Sees each response with its request; what it returns, if anything, is read instead."""

AsyncBeforeRequest: TypeAlias = Callable[[Request], Awaitable[Request | None] | Request | None]
"""As :data:`BeforeRequest`, a coroutine function or not."""

AsyncAfterResponse: TypeAlias = Callable[
    [Request, Response], Awaitable[Response | None] | Response | None
]
"""As :data:`AfterResponse`, a coroutine function or not."""

Before = TypeVar("Before")
After = TypeVar("After")


class Hooks(Struct, Generic[Before, After], frozen=True):
    """The hooks of a client, run in order.

    Attributes:
        before_request: each takes the request and may return another.
        after_response: each takes the request and its response and may return another response.

    A hook that logs bodies has to leave out those of requests whose ``purpose`` is ``"token"``.
    """

    before_request: Sequence[Before] = ()
    after_response: Sequence[After] = ()


class HookedTransport:
    """A transport with hooks around it; see :func:`add_hooks`."""

    def __init__(self, inner: Transport, hooks: Hooks[BeforeRequest, AfterResponse]) -> None:
        self._inner = inner
        self._hooks = hooks

    def send(self, request: Request) -> Response:
        """Send one request, hooks around it."""
        request = self._before(request)
        return self._after(request, self._inner.send(request))

    def close(self) -> None:
        """Close the transport inside."""
        self._inner.close()

    def connections(self) -> int | None:
        """What the transport inside says."""
        return open_connections(self._inner)

    def _before(self, request: Request) -> Request:
        for before in self._hooks.before_request:
            request = request.replaced_by(before(request))
        return request

    def _after(self, request: Request, response: Response) -> Response:
        for after in self._hooks.after_response:
            response = after(request, response) or response
        return response


class _HookedStreamingTransport(HookedTransport):
    def __init__(
        self, inner: StreamingTransport, hooks: Hooks[BeforeRequest, AfterResponse]
    ) -> None:
        super().__init__(inner, hooks)
        self._streaming = inner

    @contextmanager
    def stream(
        self, request: Request, content: Iterable[bytes] | None = None
    ) -> Generator[Streamed[Iterator[bytes]]]:
        """Send one request, hooks around it; they see a response whose body is still to come."""
        request = self._before(request)
        with self._streaming.stream(request, content) as streamed:
            response = self._after(request, Response(streamed.status, streamed.headers))
            yield Streamed(response.status, response.headers, streamed.chunks)


def add_hooks(transport: Transport, hooks: Hooks[BeforeRequest, AfterResponse] | None) -> Transport:
    """The transport with hooks around it; it streams if the one inside does."""
    if hooks is None:
        return transport
    if isinstance(transport, StreamingTransport):
        return _HookedStreamingTransport(transport, hooks)
    return HookedTransport(transport, hooks)


class AsyncHookedTransport:
    """An asynchronous transport with hooks around it; see :func:`add_async_hooks`."""

    def __init__(
        self, inner: AsyncTransport, hooks: Hooks[AsyncBeforeRequest, AsyncAfterResponse]
    ) -> None:
        self._inner = inner
        self._hooks = hooks

    async def send(self, request: Request) -> Response:
        """Send one request, hooks around it."""
        request = await self._before(request)
        return await self._after(request, await self._inner.send(request))

    async def close(self) -> None:
        """Close the transport inside."""
        await self._inner.close()

    def connections(self) -> int | None:
        """What the transport inside says."""
        return open_connections(self._inner)

    async def _before(self, request: Request) -> Request:
        for before in self._hooks.before_request:
            changed = before(request)
            request = request.replaced_by(
                await changed if isinstance(changed, Awaitable) else changed
            )
        return request

    async def _after(self, request: Request, response: Response) -> Response:
        for after in self._hooks.after_response:
            seen = after(request, response)
            response = (await seen if isinstance(seen, Awaitable) else seen) or response
        return response


class _AsyncHookedStreamingTransport(AsyncHookedTransport):
    def __init__(
        self, inner: AsyncStreamingTransport, hooks: Hooks[AsyncBeforeRequest, AsyncAfterResponse]
    ) -> None:
        super().__init__(inner, hooks)
        self._streaming = inner

    @asynccontextmanager
    async def stream(
        self, request: Request, content: AsyncIterable[bytes] | None = None
    ) -> AsyncGenerator[Streamed[AsyncIterator[bytes]]]:
        """Send one request, hooks around it; they see a response whose body is still to come."""
        request = await self._before(request)
        async with self._streaming.stream(request, content) as streamed:
            response = await self._after(request, Response(streamed.status, streamed.headers))
            yield Streamed(response.status, response.headers, streamed.chunks)


def add_async_hooks(
    transport: AsyncTransport, hooks: Hooks[AsyncBeforeRequest, AsyncAfterResponse] | None
) -> AsyncTransport:
    """The transport with hooks around it; it streams if the one inside does."""
    if hooks is None:
        return transport
    if isinstance(transport, AsyncStreamingTransport):
        return _AsyncHookedStreamingTransport(transport, hooks)
    return AsyncHookedTransport(transport, hooks)
