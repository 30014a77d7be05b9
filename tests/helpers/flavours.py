"""One scenario, three flavours.

A scenario is written once, as a coroutine over :class:`Api`. The sync flavour runs it without an
event loop: every ``await`` in it is over at once, because the client underneath has done its work.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

import pytest
import trio

import genesys_cloud
from genesys_cloud import AsyncClient, Client
from genesys_core.calls.operation import Operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.session.session import Session

T = TypeVar("T")


class Api(Protocol):
    """What a scenario may do."""

    client: Any

    @property
    def session(self) -> Session: ...
    async def send(self, operation: Operation[T]) -> T: ...
    async def send_raw(self, operation: Operation[T]) -> ApiResponse[T]: ...
    async def items(self, operation: Operation[Any]) -> list[Any]: ...
    async def pages(self, operation: Operation[T]) -> list[T]: ...
    async def each_page(self, operation: Operation[T], take: Callable[[T], object]) -> None: ...
    async def at_once(self, count: int, work: Callable[[], Awaitable[Any]]) -> list[Any]: ...


class SyncApi:
    def __init__(self, client: Client) -> None:
        self.client = client

    @property
    def session(self) -> Session:
        return self.client._cell.session

    async def send(self, operation):
        return self.client.send(operation)

    async def send_raw(self, operation):
        return self.client.send_raw(operation)

    async def items(self, operation):
        return list(self.client.paginate(operation))

    async def pages(self, operation):
        return list(self.client.pages(operation))

    async def each_page(self, operation, take):
        for page in self.client.pages(operation):
            take(page)

    async def at_once(self, count, work):
        results: list[Any] = [None] * count

        def one(index: int) -> None:
            try:
                results[index] = run_now(work())
            except Exception as error:  # noqa: BLE001 - the scenario looks at it
                results[index] = error

        threads = [threading.Thread(target=one, args=(index,)) for index in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results


class _AsyncApi:
    def __init__(self, client: AsyncClient) -> None:
        self.client = client

    @property
    def session(self) -> Session:
        return self.client._cell.session

    async def send(self, operation):
        return await self.client.send(operation)

    async def send_raw(self, operation):
        return await self.client.send_raw(operation)

    async def items(self, operation):
        return [item async for item in self.client.paginate(operation)]

    async def pages(self, operation):
        return [page async for page in self.client.pages(operation)]

    async def each_page(self, operation, take):
        async for page in self.client.pages(operation):
            take(page)


class AsyncioApi(_AsyncApi):
    async def at_once(self, count, work):
        return await asyncio.gather(*(work() for _ in range(count)), return_exceptions=True)


class TrioApi(_AsyncApi):
    async def at_once(self, count, work):
        results: list[Any] = [None] * count

        async def one(index: int) -> None:
            try:
                results[index] = await work()
            except Exception as error:  # noqa: BLE001 - the scenario looks at it
                results[index] = error

        async with trio.open_nursery() as nursery:
            for index in range(count):
                nursery.start_soon(one, index)
        return results


async def settled(answer: Any) -> Any:
    """What a client's method returned, or will have returned."""
    return await answer if inspect.isawaitable(answer) else answer


def run_now(coroutine: Coroutine[Any, Any, T] | Awaitable[T]) -> T:
    """Run a coroutine that never really waits."""
    try:
        coroutine.send(None)  # type: ignore[union-attr]
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the sync flavour awaited something")


Scenario = Callable[[Api], Coroutine[Any, Any, None]]


def run_sync(scenario: Scenario, *, package: Any = genesys_cloud, **options: Any) -> None:
    with package.Client(trust_env=False, **options) as client:
        run_now(scenario(SyncApi(client)))


def run_asyncio(scenario: Scenario, *, package: Any = genesys_cloud, **options: Any) -> None:
    async def main() -> None:
        async with package.AsyncClient(trust_env=False, **options) as client:
            await scenario(AsyncioApi(client))

    asyncio.run(main())


def run_trio(scenario: Scenario, *, package: Any = genesys_cloud, **options: Any) -> None:
    async def main() -> None:
        async with package.AsyncClient(trust_env=False, **options) as client:
            await scenario(TrioApi(client))

    trio.run(main)


RUNNERS = {"sync": run_sync, "asyncio": run_asyncio, "trio": run_trio}

every_flavour = pytest.mark.parametrize("run", RUNNERS.values(), ids=RUNNERS)
"""Runs a test once with each driver, as its argument ``run(scenario, **client_options)``."""
