"""What a call costs on loopback, as ratios of speed to peers in one run.

Run: ``pip install --group bench`` then ``python -m tests.benchmarks.bench_calls``.
The server is a process of its own that answers every request with the same 19 KB UserMe. All cases
decode it, but the one that says otherwise. See ``docs/performance.md``.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from importlib.util import find_spec
from urllib.parse import urlsplit

import h11
import httpx
import msgspec

from genesys_cloud import AsyncClient, Client
from genesys_cloud.definition import load_definition
from genesys_core import (
    Hosts,
    HTTP1Connection,
    Now,
    Returned,
    Sending,
    Session,
    Settings,
    Token,
    Vault,
    models,
    start,
)
from genesys_core.api import users
from genesys_core.http.messages import Request, Response
from genesys_core.simulator.state.definition import Definition
from genesys_core.simulator.state.examples import example
from tests.benchmarks.measure import compare, compare_tasks, served, show

TASKS = 32
HEADERS = {"Accept": "application/json", "Authorization": "Bearer t"}
DECODE = msgspec.json.Decoder(models.UserMe).decode


def now() -> Now:
    return Now(time.monotonic(), time.time())


class Driven:
    """The core and a byte-level connection, without any HTTP client."""

    def __init__(self, url: str) -> None:
        self._session = Session(Settings(hosts=Hosts.resolve(host=url)), Vault(token=Token("t")))
        self._operation = users.get_users_me()

    def start(self) -> Sending[models.UserMe]:
        state = start(self._operation, self._session, now=now())
        assert isinstance(state, Sending)
        return state

    def finish(self, state: Sending[models.UserMe], response: Response) -> models.UserMe:
        ended = state.received(response, now=now())
        assert isinstance(ended, Returned)
        return ended.response.data


class BareH11:
    """What h11 costs alone: the least that anything on top of it can cost."""

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT)
        self._body: list[bytes] = []

    def send(self, _: Request) -> bytes:
        fields = [("Host", "127.0.0.1"), ("User-Agent", "x"), ("Accept-Encoding", "gzip")]
        request = h11.Request(
            method="GET", target="/api/v2/users/me", headers=[*fields, *HEADERS.items()]
        )
        self._body.clear()
        return (self._h11.send(request) or b"") + (self._h11.send(h11.EndOfMessage()) or b"")

    def receive_data(self, data: bytes) -> bytes | None:
        self._h11.receive_data(data)
        while (event := self._h11.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.Data):
                self._body.append(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self._h11.start_next_cycle()
                return b"".join(self._body)
        return None


UNUSED = Request("GET", "")


def blocking(url: str, connection):
    """A blocking socket under a byte-level connection."""
    parts = urlsplit(url)
    sock = socket.create_connection((parts.hostname, parts.port))

    def send(request: Request):
        sock.sendall(connection.send(request))
        response = None
        while response is None:
            response = connection.receive_data(sock.recv(65536))
        return response

    return sock, send


class Wire(asyncio.Protocol):
    """A transport of asyncio under a byte-level connection."""

    def __init__(self, connection) -> None:
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        response = self._connection.receive_data(data)
        if response is not None:
            self._waiter.set_result(response)

    async def send(self, request: Request):
        self._waiter = asyncio.get_running_loop().create_future()
        self.transport.write(self._connection.send(request))  # type: ignore[attr-defined]
        return await self._waiter


def pooled(url: str, connection) -> Callable[[Request], Awaitable[object]]:
    """As many connections as there are tasks."""
    parts = urlsplit(url)
    idle: list[Wire] = []

    async def send(request: Request) -> object:
        if not idle:
            loop = asyncio.get_running_loop()
            made = await loop.create_connection(
                lambda: Wire(connection()), parts.hostname, parts.port
            )
            idle.append(made[1])
        wire = idle.pop()
        response = await wire.send(request)
        idle.append(wire)
        return response

    return send


def one_thread(url: str) -> None:
    target = f"{url}/api/v2/users/me"
    driven = Driven(url)
    with ExitStack() as stack:
        by_hand = stack.enter_context(httpx.Client())
        client = stack.enter_context(Client(host=url, access_token="t", trust_env=False))
        sock, send = blocking(url, HTTP1Connection())
        bare_sock, bare = blocking(url, BareH11())
        stack.enter_context(sock)
        stack.enter_context(bare_sock)

        def byte_level() -> models.UserMe:
            state = driven.start()
            return driven.finish(state, send(state.request))

        cases = {
            "httpx by hand": lambda: DECODE(by_hand.get(target, headers=HEADERS).content),
            "genesys_cloud.Client": client.users.get_users_me,
            "genesys_core, byte level": byte_level,
            "h11 alone": lambda: DECODE(bare(UNUSED)),
        }
        if find_spec("urllib3"):
            import urllib3

            pool = urllib3.PoolManager()
            cases["urllib3 by hand"] = lambda: DECODE(
                pool.request("GET", target, headers=HEADERS).data
            )
            cases["urllib3, without decoding"] = lambda: (
                pool.request("GET", target, headers=HEADERS).data
            )
        show("one thread", compare(cases, 20, 150), "httpx by hand")


async def many_tasks(url: str) -> None:
    target = f"{url}/api/v2/users/me"
    driven, send, bare = Driven(url), pooled(url, HTTP1Connection), pooled(url, BareH11)
    async with AsyncExitStack() as stack:
        by_hand = await stack.enter_async_context(httpx.AsyncClient())
        client = await stack.enter_async_context(
            AsyncClient(host=url, access_token="t", trust_env=False)
        )

        async def get() -> models.UserMe:
            return DECODE((await by_hand.get(target, headers=HEADERS)).content)

        async def byte_level() -> models.UserMe:
            state = driven.start()
            return driven.finish(state, await send(state.request))

        async def bare_h11() -> models.UserMe:
            return DECODE(await bare(UNUSED))

        cases = {
            "httpx.AsyncClient by hand": get,
            "genesys_cloud.AsyncClient": client.users.get_users_me,
            "genesys_core, byte level": byte_level,
            "h11 alone": bare_h11,
        }
        if find_spec("aiohttp"):
            import aiohttp

            session = await stack.enter_async_context(aiohttp.ClientSession())

            async def fetch() -> models.UserMe:
                async with session.get(target, headers=HEADERS) as response:
                    return DECODE(await response.read())

            cases["aiohttp by hand"] = fetch
        spent = await compare_tasks(cases, TASKS, 2, 60)
        show(f"{TASKS} tasks", spent, "httpx.AsyncClient by hand")


if __name__ == "__main__":
    body = json.dumps(example(Definition.of(load_definition()), "UserMe", depth=3)).encode()
    print(f"get_users_me, {len(body) / 1024:.0f} KB")
    with served(body) as url:
        one_thread(url)
        asyncio.run(many_tasks(url))
