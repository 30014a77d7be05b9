"""What is particular to the transport of asyncio and trio: loops, cancellation, TLS as bytes."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest
import trio

from genesys_cloud.transports.async_socket_transport import AsyncSocketTransport
from genesys_core.errors import GenesysCloudError
from genesys_core.http.messages import Request, Timeout, TransportFailure
from tests.helpers.server import Reply, scripted_server

RUNS = {"asyncio": asyncio.run, "trio": lambda coroutine: trio.run(_awaited, coroutine)}


async def _awaited(coroutine: Awaitable[Any]) -> Any:
    return await coroutine


@pytest.fixture(params=RUNS)
def run(request) -> Callable[[Awaitable[Any]], Any]:
    return RUNS[request.param]


def transport() -> AsyncSocketTransport:
    return AsyncSocketTransport({"trust_env": False})


async def call(sending: AsyncSocketTransport, url: str) -> int:
    return (await sending.send(Request("GET", url))).status


def test_one_transport_serves_event_loops_one_after_the_other() -> None:
    sending = transport()
    with scripted_server(lambda _: Reply()) as server:
        for run in (*RUNS.values(), *RUNS.values()):
            for _ in range(2):
                assert run(call(sending, server.url)) == 200
        # Nothing warns of sockets that were never closed, and none is left open.
        gc.collect()
        assert asyncio.run(_closed(sending)) == 0
    assert len(server.requests) == 8


async def _closed(sending: AsyncSocketTransport) -> int:
    await sending.close()
    return sending.connections()


def test_one_transport_serves_event_loops_side_by_side() -> None:
    sending, outcomes = transport(), []

    async def many(url: str) -> None:
        outcomes.append([await call(sending, url) for _ in range(50)])

    with scripted_server(lambda _: Reply()) as server:
        threads = [
            threading.Thread(target=run, args=(many(server.url),)) for run in RUNS.values()
        ] * 1
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes == [[200] * 50] * 2
        asyncio.run(_closed(sending))


def test_a_closed_transport_sends_nothing(run) -> None:
    sending = transport()

    async def main() -> None:
        await sending.close()
        await sending.close()
        with pytest.raises(GenesysCloudError, match="closed"):
            await call(sending, "http://127.0.0.1:9/")

    run(main())


def test_a_url_that_leads_nowhere_is_a_failure_that_was_not_sent(run) -> None:
    async def main() -> None:
        with pytest.raises(TransportFailure) as caught:
            await call(transport(), "ftp://x.example/")
        assert (caught.value.kind, caught.value.sent) == ("protocol", False)

    run(main())


class CancelledAt:
    """Awaits something, and has its task cancelled where it waits for the ``count``-th time."""

    def __init__(self, awaitable: Awaitable[Any], count: int, cancel: Callable[[], object]) -> None:
        self._awaitable = awaitable
        self._count = count
        self._cancel = cancel

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self._awaitable.__await__()
        value: Any = None
        error: BaseException | None = None
        while True:
            try:
                trap = inner.send(value) if error is None else inner.throw(error)
            except StopIteration as stop:
                return stop.value
            self._count -= 1
            if self._count == 0:
                self._cancel()
            value = error = None
            try:
                value = yield trap
            except BaseException as thrown:  # noqa: BLE001 - a cancellation, passed on
                error = thrown


async def _in_asyncio(work: Callable[[], Awaitable[Any]], count: int) -> bool:
    task = asyncio.current_task()
    assert task is not None
    try:
        await CancelledAt(work(), count, task.cancel)
    except asyncio.CancelledError:
        task.uncancel()
        return True
    return False


async def _in_trio(work: Callable[[], Awaitable[Any]], count: int) -> bool:
    with trio.CancelScope() as scope:
        await CancelledAt(work(), count, scope.cancel)
    return scope.cancelled_caught


@pytest.mark.parametrize("kept_alive", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("flavour", RUNS)
def test_a_call_cancelled_at_any_point_leaves_nothing_behind(flavour, streamed, kept_alive) -> None:
    cancelled_at = {"asyncio": _in_asyncio, "trio": _in_trio}[flavour]
    points: list[int] = []

    async def main(url: str) -> None:
        for count in range(1, 100):
            sending = transport()
            if kept_alive:
                await call(sending, url)

            async def work(sending: AsyncSocketTransport = sending) -> None:
                if not streamed:
                    await call(sending, url)
                    return
                async with sending.stream(Request("GET", url)) as response:
                    async for _ in response.chunks:
                        pass

            was_cancelled = await cancelled_at(work, count)
            assert sending.statistics().in_use == 0
            assert sending.statistics().waiting == 0
            assert [await call(sending, url) for _ in range(3)] == [200] * 3
            await sending.close()
            if not was_cancelled:
                return
            points.append(count)

    with scripted_server(lambda _: Reply()) as server:
        RUNS[flavour](main(server.url))
    assert points


def test_a_call_that_waits_for_a_place_ends_at_its_time(run) -> None:
    from genesys_core.transport.pool import PoolLimits

    async def main() -> None:
        sending = AsyncSocketTransport({"trust_env": False}, limits=PoolLimits(connections=1))
        async with sending.stream(Request("GET", server.url)):
            with pytest.raises(TransportFailure) as caught:
                await sending.send(Request("GET", server.url, timeout=Timeout(pool=0.01)))
            assert (caught.value.kind, caught.value.sent) == ("timeout", False)
        assert await call(sending, server.url) == 200
        await sending.close()

    with scripted_server(lambda _: Reply()) as server:
        run(main())
