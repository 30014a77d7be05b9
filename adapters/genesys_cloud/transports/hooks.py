"""Hooks: user code that runs before each request and after each response.

Invariants: hooks run on every attempt, including token requests. Exceptions from hooks propagate
unchanged. Hooks are run by a transport that wraps the real transport, so drivers need no code for
hooks.
"""

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Sequence,
)
from contextlib import asynccontextmanager
from typing import Final, Generic, TypeAlias, TypeVar

from msgspec import Struct

from genesys_cloud.transports.protocols import (
    AsyncStreamingTransport,
    AsyncTransport,
)
from genesys_core.checks import FUNCTION, Expected
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import Request, Response, Streamed

__all__ = [
    "EXPECTED_HOOKS",
    "AfterResponse",
    "AsyncAfterResponse",
    "AsyncBeforeRequest",
    "BeforeRequest",
    "HookedTransport",
    "Hooks",
    "add_hooks",
]

BeforeRequest: TypeAlias = Callable[[Request], Request | None]
"""A hook that is called with each request; may return another request to send instead."""

AfterResponse: TypeAlias = Callable[[Request, Response], Response | None]
"""A hook that is called with each request and response; may return a response to use instead."""

AsyncBeforeRequest: TypeAlias = Callable[[Request], Awaitable[Request | None] | Request | None]
"""A :data:`BeforeRequest` hook for an asynchronous client; may also be a coroutine function."""

AsyncAfterResponse: TypeAlias = Callable[
    [Request, Response], Awaitable[Response | None] | Response | None
]
"""An :data:`AfterResponse` hook for an asynchronous client; may also be a coroutine function."""

Before_co = TypeVar("Before_co", covariant=True)
After_co = TypeVar("After_co", covariant=True)


class Hooks(Struct, Generic[Before_co, After_co], frozen=True):
    """A client's hooks, called in order.

    Attributes:
        before_request: hooks that are called with each request and may return another request.
        after_response: hooks that are called with each request and response and may return another
            response.

    A hook that logs bodies must skip requests whose ``purpose`` is ``"token"``.
    """

    before_request: Sequence[Before_co] = ()
    after_response: Sequence[After_co] = ()

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            _HOOKS.check(name, getattr(self, name))
            for hook in getattr(self, name):
                FUNCTION.check(f"a hook in {name}", hook)


EXPECTED_HOOKS: Final = Expected("Hooks", "Hooks(before_request=[log_request])", (Hooks,))
_HOOKS: Final = Expected("a list of functions", "[log_request]", (list, tuple))


class HookedTransport:
    """A transport that runs hooks; see :func:`add_hooks`."""

    def __init__(
        self,
        inner: AsyncTransport,
        hooks: Hooks[AsyncBeforeRequest, AsyncAfterResponse],
        secrets: KnownSecrets = KnownSecrets(),  # noqa: B008 - immutable
    ) -> None:
        self._inner = inner
        self._hooks = hooks
        self._secrets = secrets

    async def send(self, request: Request) -> Response:
        """Send one request, and run the hooks before and after it."""
        request = await self._before(request)
        return await self._after(request, await self._inner.send(request))

    async def close(self) -> None:
        """Close the wrapped transport."""
        await self._inner.close()

    async def _before(self, request: Request) -> Request:
        for before in self._hooks.before_request:
            # Not `iscoroutinefunction`: a partial or a callable object may return a coroutine too.
            changed = before(request)
            request = request.replaced_by(
                await changed if isinstance(changed, Awaitable) else changed
            )
        return request

    async def _after(self, request: Request, response: Response) -> Response:
        # Servers may echo a token in a header, and hooks are often used to print responses.
        response = response.hiding(self._secrets.joined(request.known_secrets))
        for after in self._hooks.after_response:
            seen = after(request, response)
            response = response.replaced_by(await seen if isinstance(seen, Awaitable) else seen)
        return response


class _HookedStreamingTransport(HookedTransport):
    def __init__(
        self,
        inner: AsyncStreamingTransport,
        hooks: Hooks[AsyncBeforeRequest, AsyncAfterResponse],
        secrets: KnownSecrets,
    ) -> None:
        super().__init__(inner, hooks, secrets)
        self._streaming = inner

    @asynccontextmanager
    async def stream(
        self, request: Request, content: AsyncIterable[bytes] | None = None
    ) -> AsyncGenerator[Streamed[AsyncIterator[bytes]]]:
        """Send one request and stream its response; hooks receive the response without its body."""
        request = await self._before(request)
        async with self._streaming.stream(request, content) as streamed:
            # The body is not read here: hooks run before its first chunk arrives.
            head = Response(streamed.status, streamed.headers, resent=streamed.resent)
            response = await self._after(request, head)
            yield Streamed(response.status, response.headers, streamed.chunks, response.resent)


def add_hooks(
    transport: AsyncTransport,
    hooks: Hooks[AsyncBeforeRequest, AsyncAfterResponse] | None,
    secrets: KnownSecrets = KnownSecrets(),  # noqa: B008 - immutable
) -> AsyncTransport:
    """Return a transport that runs hooks; it can stream if the wrapped transport can.

    Args:
        transport: the transport to wrap.
        hooks: the hooks to run.
        secrets: the client's secrets, which are redacted if a hook prints a response's headers.
    """
    if hooks is None:
        return transport
    if isinstance(transport, AsyncStreamingTransport):
        return _HookedStreamingTransport(transport, hooks, secrets)
    return HookedTransport(transport, hooks, secrets)
