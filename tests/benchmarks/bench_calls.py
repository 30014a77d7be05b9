"""What a call costs on loopback, as ratios of speed to peers in one run.

Run: ``pip install --group bench`` then ``python -m tests.benchmarks.bench_calls`` (``--tls`` for https,
``--quick`` for fewer rounds, ``--write`` to store the speeds for the documentation). The server is a
process of its own that answers every request with the same UserMe, small or large, in one framing
after the other. Every case decodes it into the same Struct. With Content-Length, bare sockets show
the limit (:mod:`.bare_sockets`). See ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from importlib.util import find_spec
from urllib.parse import urlsplit

import httpx
import msgspec
import trio
import trustme

from genesys_cloud import AsyncClient, Client
from genesys_core import models
from tests.benchmarks.bare_sockets import Served, asyncio_call, blocking_call, trio_call
from tests.benchmarks.measure import (
    FRAMINGS,
    Spent,
    answer,
    compare,
    compare_tasks,
    compare_threads,
    ratio,
    served,
    show,
)
from tests.benchmarks.results import OURS, Rows, write_result

TASKS, THREADS = 32, 16
HEADERS = {"Accept": "application/json", "Authorization": "Bearer t"}
DECODE = msgspec.json.Decoder(models.UserMe).decode


def user(size: int) -> bytes:
    """A UserMe of about that many bytes."""
    one = {"id": "9ed7d9f6-8b5a-4e0b-9f0e-0d3a4c1b2e5f", "name": "Ann Example", "state": "active"}
    groups: list[dict[str, str]] = []
    while True:
        body = json.dumps({**one, "email": "ann@example.com", "groups": groups}).encode()
        if len(body) >= size:
            return body
        groups.append({"id": one["id"], "selfUri": f"/api/v2/groups/{len(groups)}"})


BODIES = {"small": user(300), "large": user(19_000)}


BASE, BARE = "httpx by hand", "bare sockets"
BareCall = Callable[
    [Served, Callable[[bytes], object], Callable[[Callable[[], None]], object]],
    Callable[[], Awaitable[object]],
]


class Peers:
    """The cases, each as a call without arguments.

    Args:
        url: the URL of the server.
        tls: the TLS context; ``None`` without TLS.
        body: the body that the server sends with Content-Length; ``None`` for another framing,
            which bare sockets do not read.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None, body: bytes | None) -> None:
        self._url, self._target = url, f"{url}/api/v2/users/me"
        self._tls = tls or True
        self._options = {"host": url, "access_token": "t", "trust_env": False}
        self._served: Served | None = None
        if body is not None:
            host, port = urlsplit(url).hostname, urlsplit(url).port
            assert host is not None
            assert port is not None
            fields = {"Host": f"{host}:{port}", **HEADERS}
            lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            request = f"GET /api/v2/users/me HTTP/1.1\r\n{lines}\r\n".encode()
            length = len(answer(body, "content-length"))
            self._served = Served(host, port, tls, request, length, len(body))

    def blocking(self, stack: ExitStack) -> dict[str, Callable[[], object]]:
        """Those that block."""
        by_hand = stack.enter_context(httpx.Client(verify=self._tls, trust_env=False))
        client = stack.enter_context(Client(verify=self._tls, **self._options))
        cases: dict[str, Callable[[], object]] = {
            "httpx by hand": lambda: DECODE(by_hand.get(self._target, headers=HEADERS).content),
            "genesys_cloud.Client": client.users.get_users_me,
        }
        if find_spec("urllib3"):
            import urllib3

            context = None if self._tls is True else self._tls
            pool = urllib3.PoolManager(maxsize=THREADS, ssl_context=context)
            cases["urllib3 by hand"] = lambda: DECODE(
                pool.request("GET", self._target, headers=HEADERS).data
            )
        if self._served is not None:
            cases[BARE] = blocking_call(self._served, DECODE)
        return cases

    async def asynchronous(
        self, stack: AsyncExitStack, bare_call: BareCall
    ) -> dict[str, Callable[[], Awaitable[object]]]:
        """Those of the event loop that runs."""
        by_hand = await stack.enter_async_context(
            httpx.AsyncClient(verify=self._tls, trust_env=False)
        )
        client = await stack.enter_async_context(AsyncClient(verify=self._tls, **self._options))

        async def get() -> object:
            return DECODE((await by_hand.get(self._target, headers=HEADERS)).content)

        cases: dict[str, Callable[[], Awaitable[object]]] = {
            "httpx by hand": get,
            "genesys_cloud.AsyncClient": client.users.get_users_me,
        }
        if self._served is not None:
            cases[BARE] = bare_call(self._served, DECODE, stack.callback)
        return cases

    async def with_aiohttp(
        self, stack: AsyncExitStack, cases: dict[str, Callable[[], Awaitable[object]]]
    ) -> None:
        """Add aiohttp, where it is installed."""
        if not find_spec("aiohttp"):
            return
        import aiohttp

        connector = aiohttp.TCPConnector(ssl=self._tls)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))

        async def fetch() -> object:
            async with session.get(self._target, headers=HEADERS) as response:
                return DECODE(await response.read())

        cases["aiohttp by hand"] = fetch


COLUMNS = {"content-length": "Content-Length"}


def speeds(spent: Spent) -> dict[str, float]:
    """The speed of each case relative to httpx."""
    return {
        OURS if name.startswith("genesys_cloud") else name.removesuffix(" by hand"): 1
        / ratio(spent, name, BASE)
        for name in spent
        if name != BASE
    }


def measure(peers: Peers, title: str, rounds: int) -> dict[str, dict[str, float]]:
    """Print the tables of one server, and return the speeds by what makes the calls."""
    found: dict[str, dict[str, float]] = {}

    def report(callers: str, spent: Spent) -> None:
        show(f"{title}, {callers}", spent, BASE)
        found[callers] = speeds(spent)

    with ExitStack() as stack:
        cases = peers.blocking(stack)
        report("one thread", compare(cases, 20, rounds))
        report(f"{THREADS} threads", compare_threads(cases, THREADS, 30, rounds // 6))

    async def tasks(name: str, bare_call: BareCall) -> None:
        async with AsyncExitStack() as stack:
            cases = await peers.asynchronous(stack, bare_call)
            if name == "asyncio":
                await peers.with_aiohttp(stack, cases)
            spent = await compare_tasks(cases, TASKS, 2, rounds // 3)
            report(f"{TASKS} tasks of {name}", spent)

    asyncio.run(tasks("asyncio", asyncio_call))
    trio.run(tasks, "trio", trio_call)
    return found


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    serving: ssl.SSLContext | None = None
    trusting: ssl.SSLContext | None = None
    if options.tls:
        authority = trustme.CA()
        serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
        authority.issue_cert("127.0.0.1").configure_cert(serving)
        authority.configure_trust(trusting)
    rows: Rows = {}
    limits: dict[str, float] = {}
    for name, body in BODIES.items():
        size = f"{len(body):,} B" if len(body) < 1000 else f"{len(body) // 1000} KB"
        for framing in FRAMINGS:
            title = f"{name} ({len(body):,} B), {framing}{', TLS' if options.tls else ''}"
            with served(body, framing, serving) as url:
                known = body if framing == "content-length" else None
                found = measure(Peers(url, trusting, known), title, 30 if options.quick else 120)
            for callers, cases in found.items():
                columns = rows.setdefault(f"{size}, {callers}", {})
                if BARE in cases:
                    limits.setdefault(f"{size}, {callers}", cases.pop(BARE))
                columns[COLUMNS.get(framing, framing)] = cases
    for row, limit in limits.items():
        rows[row][BARE] = {"": limit}
    if options.write:
        name = "calls-tls" if options.tls else "calls"
        command = " ".join(["python -m tests.benchmarks.bench_calls", *sys.argv[1:]])
        write_result(name, command, {name: rows})


if __name__ == "__main__":
    main()
