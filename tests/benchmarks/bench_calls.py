"""Calls a second on loopback, as ratios against peers in one run.

Run: ``pip install --group bench`` then ``python tests/benchmarks/bench_calls.py``.
The server is a process of its own that answers every request with the same 19 KB UserMe.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import socket
import time
from importlib.util import find_spec
from urllib.parse import urlsplit

import httpx
import msgspec

from genesys_cloud import AsyncClient, Client
from genesys_cloud.definition import load_definition
from genesys_core import Hosts, HTTP1Connection, Now, Returned, Sending, Session, models, start
from genesys_core.api import users
from genesys_core.simulator.definition import Definition
from genesys_core.simulator.examples import example

SECONDS = 3.0
TASKS = 32


def serve(body: bytes, port: multiprocessing.Queue[int]) -> None:
    answer = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % len(body)
    ) + body

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


def rate(call) -> float:
    """Calls a second, after a warm-up; the best of three rounds."""
    for _ in range(50):
        call()
    found = []
    for _ in range(3):
        count, begun = 0, time.perf_counter()
        while time.perf_counter() < begun + SECONDS / 3:
            call()
            count += 1
        found.append(count / (time.perf_counter() - begun))
    return max(found)


async def task_rate(call) -> float:
    """Calls a second of 32 tasks; the best of three rounds."""
    await asyncio.gather(*(call() for _ in range(TASKS)))
    found = []
    for _ in range(3):
        stop = time.perf_counter() + SECONDS / 3
        count = 0

        async def work(stop: float = stop) -> None:
            nonlocal count
            while time.perf_counter() < stop:
                await call()
                count += 1

        begun = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(TASKS)))
        found.append(count / (time.perf_counter() - begun))
    return max(found)


def byte_level(url: str):
    """A blocking socket, HTTP1Connection and the core: no HTTP client at all."""
    parts = urlsplit(url)
    session = Session.create(Hosts.resolve(host=url), access_token="t")
    sock = socket.create_connection((parts.hostname, parts.port))
    connection = HTTP1Connection()
    operation = users.get_users_me()

    def call() -> models.UserMe:
        state = start(operation, session, now=Now(time.monotonic(), time.time()))
        assert isinstance(state, Sending)
        sock.sendall(connection.send(state.request))
        response = None
        while response is None:
            response = connection.receive_data(sock.recv(65536))
        ended = state.received(response, now=Now(time.monotonic(), time.time()))
        assert isinstance(ended, Returned)
        return ended.response.data

    return call


def one_thread(url: str) -> dict[str, float]:
    decoder = msgspec.json.Decoder(models.UserMe)
    headers = {"Accept": "application/json", "Authorization": "Bearer t"}
    target = f"{url}/api/v2/users/me"
    found = {}
    with httpx.Client() as by_hand:
        found["httpx + msgspec by hand"] = rate(
            lambda: decoder.decode(by_hand.get(target, headers=headers).content)
        )
    with Client(host=url, access_token="t", trust_env=False) as client:
        found["genesys_cloud.Client"] = rate(client.users.get_users_me)
    found["genesys_core, byte level"] = rate(byte_level(url))
    if find_spec("urllib3"):
        import urllib3

        pool = urllib3.PoolManager()
        found["urllib3, no decoding"] = rate(
            lambda: pool.request("GET", target, headers=headers).data
        )
    return found


async def many_tasks(url: str) -> dict[str, float]:
    decoder = msgspec.json.Decoder(models.UserMe)
    headers = {"Accept": "application/json", "Authorization": "Bearer t"}
    target = f"{url}/api/v2/users/me"
    found = {}
    async with httpx.AsyncClient() as by_hand:

        async def get() -> None:
            decoder.decode((await by_hand.get(target, headers=headers)).content)

        found["httpx.AsyncClient + msgspec by hand"] = await task_rate(get)
    async with AsyncClient(host=url, access_token="t", trust_env=False) as client:
        found["genesys_cloud.AsyncClient"] = await task_rate(client.users.get_users_me)
    if find_spec("aiohttp"):
        import aiohttp

        async with aiohttp.ClientSession() as session:

            async def fetch() -> None:
                async with session.get(target, headers=headers) as response:
                    decoder.decode(await response.read())

            found["aiohttp + msgspec by hand"] = await task_rate(fetch)
    return found


def show(title: str, found: dict[str, float]) -> None:
    first = next(iter(found.values()))
    print(f"\n{title}")
    for name, value in found.items():
        print(f"  {name:40} {value:8.0f}/s {value / first:6.2f}")


if __name__ == "__main__":
    body = json.dumps(example(Definition.of(load_definition()), "UserMe", depth=3)).encode()[:]
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(body, port), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{port.get()}"
    print(f"get_users_me, {len(body) / 1024:.0f} KB")
    show("one thread", one_thread(url))
    show(f"{TASKS} tasks", asyncio.run(many_tasks(url)))
    server.terminate()
