"""Hooks: the caller's own code before each request and after each response.

Law: a hook runs on every attempt, token exchanges included. What it raises is the caller's and is
wrapped in nothing. Hooks are a transport around the real one, so drivers know nothing of them.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Literal, TypeAlias, TypeVar

from msgspec import Struct

from genesys_cloud.transports import AsyncTransport, Transport
from genesys_core.message import Request, Response

__all__ = [
    "AfterResponse",
    "AsyncAfterResponse",
    "AsyncBeforeRequest",
    "AsyncHookedTransport",
    "BeforeRequest",
    "HookedTransport",
    "Hooks",
    "Purpose",
    "purpose_of",
]

Purpose: TypeAlias = Literal["api", "token"]
"""What a request is for: a call of the API, or a token from the login host."""

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
    """

    before_request: Sequence[Before] = ()
    after_response: Sequence[After] = ()


def purpose_of(request: Request) -> Purpose:
    """What a request is for; a hook that logs bodies has to leave out those of ``token``."""
    path = request.url.partition("?")[0]
    return "token" if path.endswith("/oauth/token") else "api"


class HookedTransport:
    """A transport with hooks around it."""

    def __init__(self, inner: Transport, hooks: Hooks[BeforeRequest, AfterResponse]) -> None:
        self._inner = inner
        self._hooks = hooks

    def send(self, request: Request) -> Response:
        """Send one request, hooks around it."""
        for before in self._hooks.before_request:
            request = before(request) or request
        response = self._inner.send(request)
        for after in self._hooks.after_response:
            response = after(request, response) or response
        return response

    def close(self) -> None:
        """Close the transport inside."""
        self._inner.close()


class AsyncHookedTransport:
    """An asynchronous transport with hooks around it."""

    def __init__(
        self, inner: AsyncTransport, hooks: Hooks[AsyncBeforeRequest, AsyncAfterResponse]
    ) -> None:
        self._inner = inner
        self._hooks = hooks

    async def send(self, request: Request) -> Response:
        """Send one request, hooks around it."""
        for before in self._hooks.before_request:
            changed = before(request)
            request = (await changed if isinstance(changed, Awaitable) else changed) or request
        response = await self._inner.send(request)
        for after in self._hooks.after_response:
            seen = after(request, response)
            response = (await seen if isinstance(seen, Awaitable) else seen) or response
        return response

    async def close(self) -> None:
        """Close the transport inside."""
        await self._inner.close()
