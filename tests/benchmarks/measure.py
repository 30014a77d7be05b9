"""What the benchmarks of calls share: a server, and a comparison that a busy machine does not bend.

The cases take turns in short rounds, each round beginning with another one, and what is measured is
the processor time of this process: what others do meanwhile falls on all cases, or on none. A ratio
is the median of the rounds' own ratios.
"""

from __future__ import annotations

import asyncio
import gzip
import multiprocessing
import ssl
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import anyio

Spent = dict[str, list[float]]
"""Seconds of processor time a call, round by round, of each case."""


FRAMINGS = ("content-length", "chunked", "gzip")
"""How a served body is framed."""


def answer(body: bytes, framing: str) -> bytes:
    """The bytes of a response."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    if framing == "chunked":
        pieces = [body[at : at + 4096] for at in range(0, len(body), 4096)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    if framing == "gzip":
        head, body = head + b"Content-Encoding: gzip\r\n", gzip.compress(body)
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _serve(
    body: bytes, port: multiprocessing.Queue[int], framing: str, tls: ssl.SSLContext | None
) -> None:
    response = answer(body, framing)

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(response * data.count(b"\r\n\r\n"))  # type: ignore[attr-defined]

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0, ssl=tls)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def served(
    body: bytes, framing: str = "content-length", tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """The URL of a server, in a process of its own, that answers everything with the same JSON."""
    # Forked: a TLS context does not pass to a process that starts anew.
    context = multiprocessing.get_context("fork")
    port = context.Queue()
    server = context.Process(target=_serve, args=(body, port, framing, tls), daemon=True)
    server.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port.get()}"
    finally:
        server.terminate()
        server.join()


def _turns(names: list[str], rounds: int) -> Iterator[str]:
    for number in range(rounds):
        first = number % len(names)
        yield from names[first:] + names[:first]


def compare(cases: Mapping[str, Callable[[], object]], calls: int, rounds: int) -> Spent:
    """Call each case ``calls`` times in each round."""
    spent: Spent = {name: [] for name in cases}
    for case in cases.values():
        for _ in range(calls):
            case()
    for name in _turns(list(cases), rounds):
        case, begun = cases[name], time.process_time()
        for _ in range(calls):
            case()
        spent[name].append((time.process_time() - begun) / calls)
    return spent


def compare_threads(
    cases: Mapping[str, Callable[[], object]], threads: int, calls: int, rounds: int
) -> Spent:
    """The same for that many threads at once, each making ``calls`` calls in each round."""
    spent: Spent = {name: [] for name in cases}
    with ThreadPoolExecutor(threads) as pool:

        def all_at_once(case: Callable[[], object]) -> None:
            def work(_: int) -> None:
                for _ in range(calls):
                    case()

            list(pool.map(work, range(threads)))

        for case in cases.values():
            all_at_once(case)
        for name in _turns(list(cases), rounds):
            begun = time.process_time()
            all_at_once(cases[name])
            spent[name].append((time.process_time() - begun) / (calls * threads))
    return spent


async def compare_tasks(
    cases: Mapping[str, Callable[[], Awaitable[object]]], tasks: int, calls: int, rounds: int
) -> Spent:
    """The same for that many tasks at once, of asyncio or trio."""
    spent: Spent = {name: [] for name in cases}

    async def all_at_once(case: Callable[[], Awaitable[object]]) -> None:
        async def work() -> None:
            for _ in range(calls):
                await case()

        async with anyio.create_task_group() as group:
            for _ in range(tasks):
                group.start_soon(work)

    for case in cases.values():
        await all_at_once(case)
    for name in _turns(list(cases), rounds):
        begun = time.process_time()
        await all_at_once(cases[name])
        spent[name].append((time.process_time() - begun) / (calls * tasks))
    return spent


def ratio(spent: Spent, name: str, base: str) -> float:
    """Time of a case to that of another, by the median of the rounds."""
    pairs = zip(spent[name], spent[base], strict=True)
    return statistics.median(one / other for one, other in pairs)


def show(title: str, spent: Spent, base: str) -> None:
    """A table: the best round in microseconds, and the ratio of speeds to the base's."""
    print(f"\n{title:44} {'µs a call':>10} {'speed':>7}")
    for name, rounds in spent.items():
        print(f"  {name:42} {min(rounds) * 1e6:10.1f} {1 / ratio(spent, name, base):7.2f}")
