"""Many calls, many events and large bodies over the library's own transports: memory and descriptors stay flat.

Run: ``python -m tests.soak.soak_transport`` (``--calls``, ``--events``, ``--gibibytes`` for other sizes; threads,
asyncio and trio share the calls and the events, and each moves as many gibibytes). The servers are processes of their own. Exit code 1 if memory grows by more than 10 % (and 5 MiB) after the first tenth, or
descriptors grow at all. The last results are in ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import multiprocessing
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import trio

from genesys_cloud import AsyncClient, Client
from genesys_cloud.testing import AsyncMockTransport, MockTransport
from genesys_core import raw_operation
from genesys_core.models import Channel
from tests.benchmarks.bench_calls import BODIES
from tests.benchmarks.bench_notifications import TOPIC, blast_forever, permit
from tests.benchmarks.measure import served

PIECE = 1 << 20


class Gauge:
    """Memory and descriptors of this process, looked at a hundred times."""

    def __init__(self, name: str, total: int) -> None:
        self.name, self.total = name, total
        self._next, self._step = 0, max(total // 100, 1)
        self.memory: list[int] = []
        self.descriptors: list[int] = []
        self._begun = time.perf_counter()

    def look(self, done: int) -> None:
        if done < self._next:
            return
        self._next = done + self._step
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.memory.append(pages * os.sysconf("SC_PAGE_SIZE"))
        self.descriptors.append(len(list(Path("/proc/self/fd").iterdir())))

    def is_flat(self) -> bool:
        """Print what was seen, and say whether it grew."""
        settled = max(len(self.memory) // 10, 1)
        early, late = max(self.memory[:settled]), max(self.memory[settled:] or [0])
        most_early = max(self.descriptors[:settled])
        most_late = max(self.descriptors[settled:] or [0])
        seconds = time.perf_counter() - self._begun
        flat = late <= max(early * 1.1, early + 5 * PIECE) and most_late <= most_early
        print(
            f"{self.name:34} {self.total:>12,} in {seconds:6.0f} s; memory {early / PIECE:6.1f} to "
            f"{late / PIECE:6.1f} MiB, descriptors {most_early} to {most_late}: "
            f"{'flat' if flat else 'GREW'}",
            flush=True,
        )
        return flat


RUNS: dict[str, Callable[..., object]] = {"asyncio": anyio.run, "trio": trio.run}
"""How to run a coroutine function on each event loop."""


def calls_of_threads(total: int, threads: int) -> bool:
    gauge = Gauge("calls, one thread" if threads == 1 else f"calls, {threads} threads", total)
    looking = threading.Lock()
    numbers = iter(range(total))

    with (
        served(BODIES["small"]) as url,
        Client(host=url, access_token="t", trust_env=False) as client,
        ThreadPoolExecutor(threads) as pool,
    ):

        def work(_: int) -> None:
            for number in numbers:
                client.users.get_users_me()
                with looking:
                    gauge.look(number)

        list(pool.map(work, range(threads)))
    return gauge.is_flat()


def calls_of_tasks(total: int, loop: str) -> bool:
    gauge = Gauge(f"calls, 32 tasks of {loop}", total)

    async def main(url: str) -> None:
        numbers = iter(range(total))
        async with AsyncClient(host=url, access_token="t", trust_env=False) as client:

            async def work() -> None:
                for number in numbers:
                    await client.users.get_users_me()
                    gauge.look(number)

            async with anyio.create_task_group() as group:
                for _ in range(32):
                    group.start_soon(work)

    with served(BODIES["small"]) as url:
        RUNS[loop](main, url)
    return gauge.is_flat()


@contextlib.contextmanager
def blasting() -> Iterator[tuple[Channel, Callable[[], None]]]:
    """A channel whose server sends events as fast as they are read, once that function was called."""
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    server = context.Process(target=blast_forever, args=(theirs,), daemon=True)
    server.start()
    uri = f"ws://127.0.0.1:{pipe.recv()}/channels/c"
    try:
        yield Channel(id="c", connect_uri=uri), lambda: pipe.send(True)
    finally:
        server.terminate()


OPTIONS: dict[str, Any] = {"host": "http://x.example", "access_token": "t", "trust_env": False}


def events_of_threads(total: int) -> bool:
    gauge = Gauge("events of a handler, threads", total)
    with (
        blasting() as (channel, begin),
        Client(transport=MockTransport(permit), **OPTIONS) as client,
        client.notification_handler(channel=channel) as handler,
    ):
        handler.add_subscription(TOPIC)
        begin()
        for number, _ in enumerate(handler):
            gauge.look(number)
            if number == total:
                break
    return gauge.is_flat()


def events_of_tasks(total: int, loop: str) -> bool:
    gauge = Gauge(f"events of a handler, {loop}", total)

    async def main() -> None:
        with blasting() as (channel, begin):
            async with (
                AsyncClient(transport=AsyncMockTransport(permit), **OPTIONS) as client,
                client.notification_handler(channel=channel) as handler,
            ):
                await handler.add_subscription(TOPIC)
                begin()
                number = 0
                async for _ in handler:
                    gauge.look(number)
                    number += 1
                    if number == total:
                        return

    RUNS[loop](main)
    return gauge.is_flat()


@contextlib.contextmanager
def store(size: int) -> Iterator[str]:
    """A server, in a process of its own, that gives and takes bodies of that many bytes."""

    def serve(pipe: Any) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        pipe.send(listener.getsockname()[1])
        while True:
            accepted, _ = listener.accept()
            threading.Thread(target=answer, args=(accepted,), daemon=True).start()

    def answer(accepted: socket.socket) -> None:
        with accepted, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += accepted.recv(65536)
            head, _, rest = head.partition(b"\r\n\r\n")
            if head.startswith(b"GET"):
                accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                for _ in range(size // PIECE):
                    accepted.sendall(bytes(PIECE))
                return
            left = size - len(rest)
            while left > 0 and (data := accepted.recv(PIECE)):
                left -= len(data)
            accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    context = multiprocessing.get_context("fork")
    pipe, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{pipe.recv()}"
    finally:
        server.terminate()


DOWN = raw_operation("GET", "/api/v2/file")


def pieces_of(size: int, gauge: Gauge) -> Iterator[bytes]:
    for number in range(size // PIECE):
        gauge.look(number * PIECE)
        yield bytes(PIECE)


def bodies_of_threads(size: int) -> bool:
    down, up = Gauge("bytes down, threads", size), Gauge("bytes up, threads", size)
    with (
        store(size) as url,
        tempfile.TemporaryDirectory() as directory,
        Client(host=url, access_token="t", trust_env=False) as client,
    ):
        path = client.download(
            DOWN, Path(directory) / "file", progress=lambda done, _: down.look(done)
        )
        assert path.stat().st_size == size
        down_is_flat = down.is_flat()
        headers = {"Content-Length": str(size)}
        client.upload(f"{url}/upload", pieces_of(size, up), headers=headers)
    return up.is_flat() and down_is_flat


def bodies_of_tasks(size: int, loop: str) -> bool:
    down, up = Gauge(f"bytes down, {loop}", size), Gauge(f"bytes up, {loop}", size)

    async def pieces() -> AsyncIterator[bytes]:
        for piece in pieces_of(size, up):
            yield piece

    async def main(url: str, directory: str) -> bool:
        async with AsyncClient(host=url, access_token="t", trust_env=False) as client:
            path = await client.download(
                DOWN, Path(directory) / "file", progress=lambda done, _: down.look(done)
            )
            assert path.stat().st_size == size
            down_is_flat = down.is_flat()
            headers = {"Content-Length": str(size)}
            await client.upload(f"{url}/upload", pieces(), headers=headers)
            return down_is_flat

    with store(size) as url, tempfile.TemporaryDirectory() as directory:
        down_is_flat = RUNS[loop](main, url, directory)
    return up.is_flat() and bool(down_is_flat)


def main() -> int:
    """Run all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--gibibytes", type=int, default=2)
    options = parser.parse_args()
    calls, events, size = options.calls // 4, options.events // 3, options.gibibytes << 30
    soaks: list[Callable[[], bool]] = [
        *(partial(calls_of_threads, calls, threads) for threads in (1, 16)),
        *(partial(calls_of_tasks, calls, loop) for loop in RUNS),
        partial(events_of_threads, events),
        *(partial(events_of_tasks, events, loop) for loop in RUNS),
        partial(bodies_of_threads, size),
        *(partial(bodies_of_tasks, size, loop) for loop in RUNS),
    ]
    flat = [soak() for soak in soaks]  # all of them, whatever the first one says
    return int(not all(flat))


if __name__ == "__main__":
    sys.exit(main())
