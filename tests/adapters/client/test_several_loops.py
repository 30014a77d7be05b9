"""One client in one event loop after another, and in two at once."""

import asyncio
import threading
import time

import pytest
import trio

from genesys_cloud import AsyncClient, ClientCredentials
from genesys_cloud.client.token_lock import TokenLock
from genesys_core.http.messages import Request, Response
from genesys_core.session.retry import RetryConfiguration

JSON = (("Content-Type", "application/json"),)
ME = Response(200, JSON, b'{"id": "u1"}')
TOKEN = Response(200, JSON, b'{"access_token": "t1", "token_type": "bearer", "expires_in": 86400}')
QUICK = RetryConfiguration(retry_wait_max=0.01)
RUNS = {"asyncio": asyncio.run, "trio": lambda coroutine: trio.run(_awaited, coroutine)}


async def _awaited(coroutine):
    return await coroutine


class Alternating:
    """Every other answer is 503, so that each call waits once."""

    def __init__(self):
        self.requests = 0

    async def send(self, request: Request) -> Response:
        self.requests += 1
        return Response(503, (), b"") if self.requests % 2 else ME

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("first", RUNS)
@pytest.mark.parametrize("second", RUNS)
def test_calls_wait_in_one_loop_after_another(first, second):
    transport = Alternating()
    client = AsyncClient(region="eu_west_1", access_token="t1", transport=transport, retry=QUICK)

    async def call():
        calls = [await client.users.get_users_me() for _ in range(2)]
        return [me.id for me in calls]

    for name in (first, second, first):
        assert RUNS[name](call()) == ["u1", "u1"]
    assert transport.requests == 12


@pytest.mark.parametrize("first", RUNS)
@pytest.mark.parametrize("second", RUNS)
def test_two_loops_at_once_obtain_one_token(first, second, monkeypatch):
    refused, asked = threading.Event(), threading.Event()
    acquire = TokenLock.acquire

    def watched(lock, owner):
        taken = acquire(lock, owner)
        if not taken:
            refused.set()
        return taken

    monkeypatch.setattr(TokenLock, "acquire", watched)
    exchanges = []

    class Login:
        async def send(self, request: Request) -> Response:
            if "/oauth/token" not in request.url:
                return ME
            exchanges.append(request)
            asked.set()
            end = time.monotonic() + 20
            # Blocks this loop: the other one meanwhile finds that the token lock is held.
            while not refused.wait(0.01) and len(exchanges) == 1:
                assert time.monotonic() < end
            return TOKEN

        async def close(self) -> None:
            pass

    client = AsyncClient(
        region="eu_west_1", auth=ClientCredentials("id", "secret"), transport=Login(), retry=QUICK
    )

    async def call():
        return (await client.users.get_users_me()).id

    found = []
    threads = [
        threading.Thread(target=lambda name=name: found.append(RUNS[name](call())))
        for name in (first, second)
    ]
    threads[0].start()
    assert asked.wait(20)
    threads[1].start()
    for thread in threads:
        thread.join(30)
    assert found == ["u1", "u1"]
    assert len(exchanges) == 1
