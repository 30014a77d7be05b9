"""The asynchronous client: one driver for asyncio and trio.

Law: the driver sends, sleeps and locks. Every decision is the core's; what differs between the two
libraries is in :mod:`genesys_cloud.aio` and :mod:`genesys_cloud.trio`, behind :class:`Primitives`.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, Unpack, assert_never

from genesys_cloud._clock import read_clocks
from genesys_cloud._options import ClientOptions, network_of, session_of
from genesys_cloud._shared import SessionCell
from genesys_cloud.apis._clients import AsyncApis
from genesys_cloud.transports import AsyncHttpxTransport, AsyncTransport
from genesys_core.lifecycle import (
    Exchanging,
    NeedToken,
    Raised,
    Returned,
    Sending,
    State,
    Waiting,
    reserve_token,
    settle_token,
    start,
)
from genesys_core.message import TransportFailure
from genesys_core.operation import Operation, QueryValue, raw_operation
from genesys_core.paging import Items, Paging, items_of
from genesys_core.replies import ApiResponse

__all__ = ["AsyncClient", "Primitives"]

T = TypeVar("T")


class Primitives(Protocol):
    """What the driver needs from an event loop."""

    async def sleep(self, seconds: float) -> None:
        """Let others run for a while; cancellable."""
        ...

    async def exclusively(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T | None:
        """Run ``work`` alone and to its end, even if the caller is cancelled meanwhile.

        Returns:
            What it returned, or ``None`` if its turn did not come within ``seconds``.
        """
        ...

    async def close(self) -> None:
        """Wait for work whose caller is gone."""
        ...


def native_primitives() -> Primitives:
    """Those of the library that is running now; the other need not be installed."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        from genesys_cloud.trio import TrioPrimitives  # noqa: PLC0415 - only where trio runs

        return TrioPrimitives()
    from genesys_cloud.aio import AsyncioPrimitives  # noqa: PLC0415 - only where asyncio runs

    return AsyncioPrimitives()


class AsyncClient(AsyncApis):
    """A client of the platform for asyncio and trio; share one between tasks.

    ::

        async with AsyncClient(region="eu_west_1", auth=ClientCredentials(id, secret)) as client:
            me = await client.users.get_users_me(expand=["presence"])

    Each API is an attribute (``client.users``, ``client.routing``), each operation a method.

    Args:
        transport: sends requests instead of httpx; see
            :class:`~genesys_cloud.transports.AsyncTransport`.
        options: everything else; see :class:`~genesys_cloud._options.ClientOptions`.

    Raises:
        ConfigurationError: settings that contradict each other or cannot work.
        InvalidValueError: a region, host, header or number that cannot be used.
    """

    def __init__(
        self, *, transport: AsyncTransport | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        self._cell = SessionCell(session_of(options))
        self._transport = transport or AsyncHttpxTransport(network=network_of(options))
        self._primitives: Primitives | None = None

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

    async def pages(self, operation: Operation[T]) -> AsyncIterator[T]:
        """The pages of a listing, each as its own type, one request each."""
        paging: Paging[T] | None = Paging(operation, self._cell.session.settings.hosts)
        while paging is not None:
            found, paging = paging.received(await self.send_raw(paging.operation))
            for page in found:
                yield page

    async def paginate(self, operation: Operation[Items[T]]) -> AsyncIterator[T]:
        """The items of all pages of a listing."""
        async for page in self.pages(operation):
            for item in items_of(page):
                yield item

    async def close(self) -> None:
        """Give back all connections. Closing twice does nothing more."""
        if self._primitives is not None:
            await self._primitives.close()
        await self._transport.close()

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
    def _native(self) -> Primitives:
        if self._primitives is None:
            self._primitives = native_primitives()
        return self._primitives

    async def _drive(self, state: State[T]) -> Returned[T] | Raised:
        while True:
            match state:
                case Sending(request=request):
                    try:
                        response = await self._transport.send(request)
                    except TransportFailure as failure:
                        state = state.failed(failure, now=read_clocks())
                    else:
                        state = state.received(response, now=read_clocks())
                case NeedToken():
                    state = await self._authorize(state)
                case Waiting(seconds=seconds):
                    await self._native.sleep(seconds)
                    state = state.woke(now=read_clocks())
                case Returned() | Raised():
                    return state
                case _:
                    assert_never(state)

    async def _authorize(self, need: NeedToken[T]) -> Sending[T] | Raised:
        session = self._cell.session
        joined = need.joined(session)

        async def obtain() -> Sending[T] | Raised:
            step = self._cell.swap(reserve_token, joined, now=read_clocks())
            if not isinstance(step, Exchanging):
                return step
            return self._cell.swap(settle_token, joined, await self._drive(step.state))

        wait = session.settings.refresh_token_wait_max
        state = await self._native.exclusively(wait, obtain)
        return joined.timed_out(session) if state is None else state
