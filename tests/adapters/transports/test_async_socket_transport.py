"""What is particular to the transport of asyncio and trio: loops, cancellation, TLS as bytes."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

import anyio.lowlevel
import pytest
import trio
import trio.testing

from genesys_cloud.transports.async_socket_transport import AsyncSocketTransport
from genesys_core.errors import GenesysCloudError
from genesys_core.http.messages import Request, Timeout, TransportFailure
from genesys_core.transport import pool as pool_module
from genesys_core.transport.pool import PoolLimits, PoolStatistics
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


def test_a_closed_transport_leaves_no_timer_behind() -> None:
    async def timers() -> int:
        scheduled = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
        return len([timer for timer in scheduled if not timer.cancelled()])

    async def system_tasks() -> int:
        await trio.testing.wait_all_tasks_blocked()
        return trio.lowlevel.current_statistics().tasks_living

    async def main(count: Callable[[], Awaitable[int]]) -> None:
        before, sending = await count(), transport()
        assert await call(sending, server.url) == 200
        assert await count() > before  # for the idle connection
        await sending.close()
        assert await count() == before

    with scripted_server(lambda _: Reply()) as server:
        asyncio.run(main(timers))
        trio.run(main, system_tasks)


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


def _finalize(stream: Any) -> None:
    """End a stream as a garbage collection does: at once, in whatever thread it runs."""
    with pytest.raises((StopIteration, StopAsyncIteration)):
        stream.gen.aclose().send(None)


class Waiting:
    """Two connections are in use, one by a stream that is about to be finalized; a third call waits.

    No connection is used twice, so that a call that is served gets a new lease.
    """

    def __init__(self, url: str) -> None:
        limits = PoolLimits(connections=2, max_age=1e-9)
        self.sending = AsyncSocketTransport({"trust_env": False}, limits=limits)
        self.url = url
        self.outcomes: list[object] = []

    async def run(self, between: Callable[[Any], Awaitable[None]]) -> None:
        async with (
            anyio.create_task_group() as tasks,
            self.sending.stream(Request("GET", self.url)),
        ):
            abandoned = self.sending.stream(Request("GET", self.url))
            await abandoned.__aenter__()
            tasks.start_soon(self._call)
            while not self.sending.statistics().waiting:
                await anyio.lowlevel.checkpoint()
            await between(abandoned)
        await anyio.wait_all_tasks_blocked()
        statistics = self.sending.statistics()
        assert (statistics.in_use, statistics.waiting) == (0, 0)

    async def _call(self) -> None:
        try:
            self.outcomes.append(await call(self.sending, self.url))
        except GenesysCloudError as error:
            self.outcomes.append(str(error))


def _in_next_lease(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> None:
    make, todo = pool_module.Lease, [work]

    def lease(*args: Any) -> Any:
        while todo:
            todo.pop()()
        return make(*args)

    monkeypatch.setattr(pool_module, "Lease", lease)


def _in_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@pytest.mark.parametrize("where", ["in the same thread", "in another thread"])
def test_a_stream_that_is_finalized_during_a_step_of_its_pool_ends_after_it(
    run, monkeypatch, where
) -> None:
    async def main() -> None:
        waiting = Waiting(server.url)

        async def between(abandoned: Any) -> None:
            work = partial(_finalize, abandoned)
            in_thread = where == "in another thread"
            _in_next_lease(monkeypatch, partial(_in_thread, work) if in_thread else work)

        await waiting.run(between)
        assert waiting.outcomes == [200]
        await waiting.sending.close()

    with scripted_server(lambda _: Reply()) as server:
        run(main())


def test_a_stream_that_is_finalized_in_another_thread_is_released_in_its_event_loop(run) -> None:
    async def main() -> None:
        waiting = Waiting(server.url)

        async def between(abandoned: Any) -> None:
            _in_thread(partial(_finalize, abandoned))
            assert waiting.sending.statistics() == PoolStatistics(2, 0, 1)
            while not waiting.outcomes:  # its place goes to the call that waits
                await anyio.lowlevel.checkpoint()

        await waiting.run(between)
        assert waiting.outcomes == [200]
        await waiting.sending.close()

    with scripted_server(lambda _: Reply()) as server:
        run(main())


def test_a_transport_is_closed_in_another_event_loop_during_a_step(run, monkeypatch) -> None:
    async def main() -> None:
        waiting = Waiting(server.url)

        async def between(abandoned: Any) -> None:
            work = lambda: asyncio.run(waiting.sending.close())  # noqa: E731
            _in_next_lease(monkeypatch, partial(_in_thread, work))
            _finalize(abandoned)

        await waiting.run(between)
        assert waiting.outcomes in ([200], ["the client is closed; nothing was sent"])
        assert waiting.sending.connections() == 0

    with scripted_server(lambda _: Reply()) as server:
        run(main())


def test_a_stream_of_an_event_loop_that_has_ended_is_finalized_while_its_pool_is_dropped(
    monkeypatch,
) -> None:
    sending, streams = transport(), []

    async def abandon(url: str) -> None:
        loop.set_exception_handler(lambda *_: None)
        stream = sending.stream(Request("GET", url))
        await stream.__aenter__()
        streams.append(stream)

    closed = pool_module.Pool.close

    def close(pool: Any) -> None:
        if streams:
            _finalize(streams.pop())
        closed(pool)

    monkeypatch.setattr(pool_module.Pool, "close", close)
    with scripted_server(lambda _: Reply()) as server:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(abandon(server.url))
        loop.close()
        assert asyncio.run(call(sending, server.url)) == 200
        assert not streams
        assert asyncio.run(_closed(sending)) == 0
