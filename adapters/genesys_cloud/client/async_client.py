"""The asynchronous client: one driver for asyncio and trio.

Law: the driver sends, sleeps and locks. Every decision is the core's; what differs between the two
libraries is in :mod:`genesys_cloud.aio` and :mod:`genesys_cloud.trio`, behind :class:`EventLoop`.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, assert_never
from weakref import WeakSet

from genesys_cloud.apis._clients import AsyncApis
from genesys_cloud.client.auth import AsyncAuth
from genesys_cloud.client.event_loop import EventLoop
from genesys_cloud.client.options import ClientOptions, is_mock, network_of
from genesys_cloud.client.session_cell import Unpicklable
from genesys_cloud.client.setup import Setup
from genesys_cloud.client.token_transactions import AsyncTokenTransactions
from genesys_cloud.client.transfers import AsyncTransfers
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.default_transport import new_async_transport
from genesys_cloud.transports.hooks import (
    AsyncAfterResponse,
    AsyncBeforeRequest,
    Hooks,
    add_async_hooks,
)
from genesys_cloud.transports.protocols import AsyncTransport
from genesys_core.calls.lifecycle import (
    ClosingGate,
    NeedPermit,
    NeedToken,
    Raised,
    Returned,
    Sending,
    State,
    Waiting,
    start,
)
from genesys_core.calls.operation import Operation, Options, raw_operation
from genesys_core.calls.paging import Items, Paging, items_of
from genesys_core.calls.rate_limit import close_gate, release_permit, reserve_permit
from genesys_core.calls.responses import ApiResponse
from genesys_core.calls.token_actions import obtain_for_call
from genesys_core.configuration.configuration import Configuration
from genesys_core.http.messages import Request, Response, Timeout, TransportFailure
from genesys_core.http.urls import QueryValue
from genesys_core.observability.statistics import ClientStats
from genesys_core.observability.watch import watch_call
from genesys_core.session.retry import RetryConfiguration

if TYPE_CHECKING:
    from genesys_cloud import notifications

__all__ = ["AsyncClient"]

T = TypeVar("T")


def running_event_loop() -> EventLoop:
    """Those of the library that is running now; the other need not be installed."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        from genesys_cloud.client.trio_loop import TrioLoop  # noqa: PLC0415 - only where trio runs

        return TrioLoop()
    from genesys_cloud.client.asyncio_loop import AsyncioLoop  # noqa: PLC0415 - only where asyncio runs

    return AsyncioLoop()


class AsyncClient(AsyncTransfers, AsyncApis, Unpicklable):
    """A client of the platform for asyncio and trio; share one between tasks.

    ::

        async with AsyncClient(region="eu_west_1", auth=ClientCredentials(id, secret)) as client:
            me = await client.users.get_users_me(expand=["presence"])

    Each API is an attribute (``client.users``, ``client.routing``), each operation a method.

    Args:
        transport: sends requests instead of httpx; see
            :class:`~genesys_cloud.transports.AsyncTransport`.
        hooks: run before each request and after each response, coroutine functions or not; see
            :mod:`genesys_cloud.transports.hooks`.
        options: everything else; see :class:`~genesys_cloud.client.options.ClientOptions`.

    Raises:
        ConfigurationError: settings that contradict each other or cannot work.
        InvalidValueError: a region, host, header or number that cannot be used.
    """

    def __init__(
        self,
        *,
        transport: AsyncTransport | None = None,
        hooks: Hooks[AsyncBeforeRequest, AsyncAfterResponse] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self._setup = Setup(options, mocked=is_mock(transport))
        self._cell = self._setup.cell
        self._observers = self._setup.observers
        self._network = network_of(options)
        wire = transport or new_async_transport(self._network)
        self._transport = add_async_hooks(wire, hooks)
        self._natives: list[EventLoop] = []
        self._handlers: WeakSet[notifications.AsyncNotificationHandler] = WeakSet()
        self._tokens = AsyncTokenTransactions(
            self._cell, self._drive, self._setup.token_store, lambda: self._event_loop
        )
        self._defaults = Options()

    async def send(self, operation: Operation[T]) -> T:
        """Make a call and return what it returns.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        return (await self.send_raw(operation)).data

    async def send_raw(self, operation: Operation[T]) -> ApiResponse[T]:
        """Make a call and return the whole response: status, headers, data, raw body, issues.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        operation = operation.under(self._defaults)
        outcome = await self._drive(start(operation, self._cell.session, now=read_clocks()))
        if isinstance(outcome, Raised):
            raise outcome.error
        return outcome.response

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Any:  # noqa: ANN401 - the definition does not say what comes back
        """Call a path that the definition lacks; see :func:`~genesys_core.raw_operation`."""
        return await self.send(raw_operation(method, path, query=query, body=body, headers=headers))

    def with_options(
        self,
        *,
        headers: Mapping[str, str | None] | None = None,
        timeout: Timeout | float | None = None,
        deadline: float | None = None,
        retry: RetryConfiguration | None = None,
        strict: bool | None = None,
    ) -> Self:
        """A client with other defaults that shares connections, token and rate limit with this one.

        A call's own options win over them. Closing either client closes both.
        """
        said = Options(
            headers=headers or {}, timeout=timeout, deadline=deadline, retry=retry, strict=strict
        )
        twin = self.unbound_copy()
        twin._defaults = said.over(self._defaults)  # noqa: SLF001 - of this very class
        return twin

    def notification_handler(
        self,
        *,
        on_notification: "notifications.AsyncOnEvent | None" = None,
        on_state: "notifications.AsyncOnState | None" = None,
        **options: "Unpack[notifications.HandlerOptions]",
    ) -> "notifications.AsyncNotificationHandler":
        """Subscribe to notifications, and stay connected; see :mod:`genesys_cloud.notifications`.

        Args:
            on_notification: called with each notification and gap, one after the other, a coroutine function or not. Without it, iterate over the handler.
            on_state: called with everything else that happens, likewise.
            options: see :class:`~genesys_cloud.notifications.HandlerOptions`.

        Raises:
            InvalidValueError: a channel, proxy, address, header or number that cannot be used.
        """
        from genesys_cloud.notifications.async_handler import AsyncNotificationHandler  # noqa: PLC0415
        from genesys_cloud.notifications.handler_options import HandlerContext  # noqa: PLC0415 - few need them

        base = HandlerContext(self._setup, self._network)
        handler = AsyncNotificationHandler(base, self.send, on_notification, on_state, options)
        self._handlers.add(handler)
        return handler

    def stats(self) -> ClientStats:
        """What the client has done so far: calls, retries, waits, open connections."""
        return self._setup.stats(self._transport)

    async def pages(self, operation: Operation[T]) -> AsyncIterator[T]:
        """The pages of a listing, each as its own type, one request each."""
        paging: Paging[T] | None = Paging(operation, self._cell.session.settings.hosts)
        while paging is not None:
            found, paging = paging.received(await self.send_raw(paging.asked()))
            for page in found:
                yield page

    async def paginate(self, operation: Operation[Items[T]]) -> AsyncIterator[T]:
        """The items of all pages of a listing."""
        async for page in self.pages(operation):
            for item in items_of(page):
                yield item

    async def close(self) -> None:
        """Give back all connections, those of notification handlers too; again does nothing more."""
        try:
            for handler in tuple(self._handlers):
                await handler.close()
            for loop in self._natives:
                await loop.close()
            await self._transport.close()
        finally:
            self._setup.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient({self._cell.session.settings.hosts.api})"

    @property
    def configuration(self) -> Configuration:
        """What the client is configured with now: all sources merged, each value with its origin."""
        return self._setup.configuration

    @property
    def auth(self) -> AsyncAuth:
        """The client's token: what is known of it, and signing in and out by hand."""
        return AsyncAuth(self._cell, self._tokens)

    @property
    def _event_loop(self) -> EventLoop:
        # Found at the first need, when a loop is running; shared with clients of other options.
        if not self._natives:
            self._natives.append(running_event_loop())
        return self._natives[0]

    async def _drive(
        self, state: State[T], send: Callable[[Request], Awaitable[Response]] | None = None
    ) -> Returned[T] | Raised:
        send, apply = send or self._transport.send, self._cell.apply
        watch = watch_call(self._observers, state, now=read_clocks())
        try:
            while True:
                match state:
                    case NeedToken():
                        action = obtain_for_call(state, self._cell.session, now=read_clocks())
                        state = await self._tokens.obtain(action)
                    case NeedPermit():
                        state = apply(reserve_permit, state, now=read_clocks())
                    case Sending():
                        request = watch.begin_attempt(state)
                        outcome: Response | TransportFailure
                        try:
                            outcome = await send(request)
                        except TransportFailure as failure:
                            outcome = failure
                        state = watch.finish_attempt(state, request, outcome, now=read_clocks())
                    case ClosingGate():
                        state = apply(close_gate, state, now=read_clocks())
                        self._event_loop.notify_all()
                    case Waiting():
                        watch.begin_wait(state)
                        left = state.left(self._cell.session, now=read_clocks())
                        await self._event_loop.sleep(left)
                        state = state.woke(self._cell.session, now=read_clocks())
                    case Returned() | Raised():
                        return state
                    case _:
                        assert_never(state)
        except BaseException:
            apply(release_permit, state, now=read_clocks())
            raise
        finally:
            watch.end(state, now=read_clocks())
