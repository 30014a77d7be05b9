"""What the benchmarks of calls share: a server, and a comparison that a busy machine does not bend.

The cases take turns in short rounds, each round beginning with another one, and what is measured is
the processor time of this process: what others do meanwhile falls on all cases, or on none. A ratio
is the median of the rounds' own ratios.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

Spent = dict[str, list[float]]
"""Seconds of processor time a call, round by round, of each case."""


def _serve(body: bytes, port: multiprocessing.Queue[int]) -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
    answer = head.format(len(body)).encode() + body

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(answer * data.count(b"\r\n\r\n"))  # type: ignore[attr-defined]

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def served(body: bytes) -> Iterator[str]:
    """The URL of a server, in a process of its own, that answers everything with the same JSON."""
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=_serve, args=(body, port), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{port.get()}"
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


async def compare_tasks(
    cases: Mapping[str, Callable[[], Awaitable[object]]], tasks: int, calls: int, rounds: int
) -> Spent:
    """The same for that many tasks at once, each making ``calls`` calls in each round."""
    spent: Spent = {name: [] for name in cases}

    async def all_at_once(case: Callable[[], Awaitable[object]]) -> None:
        async def work() -> None:
            for _ in range(calls):
                await case()

        await asyncio.gather(*(work() for _ in range(tasks)))

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
