"""Many calls, many events and large bodies over the library's own transports: memory and descriptors stay flat.

Run: ``python -m tests.soak.soak_transport`` (``--calls``, ``--events``, ``--gibibytes`` for other sizes). The servers are
processes of their own. Exit code 1 if memory grows by more than 10 % (and 5 MiB) after the first tenth, or
descriptors grow at all. The last results are in ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import multiprocessing
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from genesys_cloud import AsyncClient, Client
from genesys_cloud.testing import AsyncMockTransport
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


def calls_of_threads(total: int) -> bool:
    gauge = Gauge("calls, one thread", total)
    with (
        served(BODIES["small"]) as url,
        Client(host=url, access_token="t", trust_env=False) as client,
    ):
        for done in range(total):
            client.users.get_users_me()
            gauge.look(done)
    return gauge.is_flat()


def calls_of_tasks(total: int) -> bool:
    gauge = Gauge("calls, 32 tasks of asyncio", total)

    async def main(url: str) -> None:
        async with AsyncClient(host=url, access_token="t", trust_env=False) as client:
            done = 0

            async def work() -> None:
                nonlocal done
                while done < total:
                    done += 1
                    await client.users.get_users_me()
                    gauge.look(done)

            await asyncio.gather(*(work() for _ in range(32)))

    with served(BODIES["small"]) as url:
        asyncio.run(main(url))
    return gauge.is_flat()


def events(total: int) -> bool:
    gauge = Gauge("events of a handler, asyncio", total)
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    server = context.Process(target=blast_forever, args=(theirs,), daemon=True)
    server.start()
    uri = f"ws://127.0.0.1:{pipe.recv()}/channels/c"

    async def main() -> None:
        client = AsyncClient(
            host="http://x.example",
            access_token="t",
            transport=AsyncMockTransport(permit),
            trust_env=False,
        )
        channel = Channel(id="c", connect_uri=uri)
        async with client, client.notification_handler(channel=channel) as handler:
            await handler.add_subscription(TOPIC)
            pipe.send(True)
            done = 0
            async for _ in handler:
                done += 1
                gauge.look(done)
                if done == total:
                    return

    asyncio.run(main())
    server.terminate()
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


def bodies(gibibytes: int) -> bool:
    size = gibibytes << 30
    down, up = Gauge("bytes down, to a file", size), Gauge("bytes up, from an iterator", size)
    with (
        store(size) as url,
        tempfile.TemporaryDirectory() as directory,
        Client(host=url, access_token="t", trust_env=False) as client,
    ):
        path = client.download(
            raw_operation("GET", "/api/v2/file"),
            Path(directory) / "file",
            progress=lambda done, _: down.look(done),
        )
        assert path.stat().st_size == size
        down_is_flat = down.is_flat()

        def pieces() -> Iterator[bytes]:
            for number in range(size // PIECE):
                up.look(number * PIECE)
                yield bytes(PIECE)

        client.upload(f"{url}/upload", pieces(), headers={"Content-Length": str(size)})
    return up.is_flat() and down_is_flat


def main() -> int:
    """Run all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--gibibytes", type=int, default=2)
    options = parser.parse_args()
    soaks: tuple[Callable[[], bool], ...] = (
        lambda: calls_of_threads(options.calls // 2),
        lambda: calls_of_tasks(options.calls // 2),
        lambda: events(options.events),
        lambda: bodies(options.gibibytes),
    )
    flat = [soak() for soak in soaks]  # all of them, whatever the first one says
    return int(not all(flat))


if __name__ == "__main__":
    sys.exit(main())
