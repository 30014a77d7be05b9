"""A call that is cancelled leaves no half-used connection, no lock held and no token lost."""

from __future__ import annotations

import asyncio
import gc

import anyio
import pytest
import trio

from genesys_cloud import AsyncClient, ClientCredentials
from genesys_core.api import users
from genesys_core.http.messages import Request, Response
from tests.helpers.server import scripted_server
from tests.helpers.slow import Slow

GRANT = ClientCredentials("id", "secret")
URL = "http://127.0.0.1:1"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_call_frees_its_connection(backend: str) -> None:
    slow = Slow("/api/v2/users/me")

    async def main() -> None:
        async with AsyncClient(host=server.url, trust_env=False) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.send, users.get_users_me())
                assert await anyio.to_thread.run_sync(slow.asked.wait, 30)
                group.cancel_scope.cancel()
            assert client.stats().open_connections == 0
            slow.release.set()
            assert (await client.send(users.get_users_me())).id == "1"

    with scripted_server(slow) as server:
        anyio.run(main, backend=backend)
    assert [seen.connection for seen in server.requests] == [1, 2]


def test_asyncio_an_exchange_outlives_the_call_that_began_it() -> None:
    slow = Slow("/oauth/token")

    async def main() -> None:
        async with AsyncClient(host=server.url, auth=GRANT, trust_env=False) as client:
            first = asyncio.create_task(client.send(users.get_users_me()))
            assert await asyncio.to_thread(slow.asked.wait, 30)
            second = asyncio.create_task(client.send(users.get_users_me()))
            await asyncio.sleep(0)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            slow.release.set()
            assert (await second).id == "1"

    with scripted_server(slow) as server:
        asyncio.run(main())
    assert len(server.asked("/oauth/token")) == 1
    assert len(server.asked("/api/v2/users/me")) == 1


def test_asyncio_closing_waits_for_an_exchange_whose_caller_is_gone() -> None:
    slow = Slow("/oauth/token")

    async def main() -> None:
        async with AsyncClient(host=server.url, auth=GRANT, trust_env=False) as client:
            call = asyncio.create_task(client.send(users.get_users_me()))
            assert await asyncio.to_thread(slow.asked.wait, 30)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            slow.release.set()
        assert client._cell.session.vault.token is not None
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with scripted_server(slow) as server:
        asyncio.run(main())


def test_asyncio_an_exchange_that_fails_after_its_caller_is_gone_is_not_logged() -> None:
    begun, logged = asyncio.Event(), []

    class Broken:
        async def send(self, request: Request) -> Response:
            begun.set()
            await asyncio.sleep(0)
            raise ValueError

        async def close(self) -> None: ...

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, about: logged.append(about))
        async with AsyncClient(host=URL, auth=GRANT, transport=Broken()) as client:
            call = asyncio.create_task(client.send(users.get_users_me()))
            await begun.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        gc.collect()

    asyncio.run(asyncio.wait_for(main(), 20))
    assert logged == []


def test_trio_an_exchange_outlives_the_call_that_began_it() -> None:
    slow = Slow("/oauth/token")

    async def main() -> None:
        async with AsyncClient(host=server.url, auth=GRANT, trust_env=False) as client:
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(client.send, users.get_users_me())
                    assert await trio.to_thread.run_sync(slow.asked.wait, 30)
                    scope.cancel()
                    slow.release.set()
            assert scope.cancelled_caught
            assert (await client.send(users.get_users_me())).id == "1"

    with scripted_server(slow) as server:
        trio.run(main)
    assert len(server.asked("/oauth/token")) == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_waiter_leaves_the_lock_free(backend: str) -> None:
    slow = Slow("/oauth/token")

    async def main() -> None:
        async with AsyncClient(host=server.url, auth=GRANT, trust_env=False) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.send, users.get_users_me())
                assert await anyio.to_thread.run_sync(slow.asked.wait, 30)
                with anyio.move_on_after(0) as waiter:
                    await client.send(users.get_users_me())
                assert waiter.cancelled_caught
                slow.release.set()
            assert (await client.send(users.get_users_me())).id == "1"

    with scripted_server(slow) as server:
        anyio.run(main, backend=backend)
    assert len(server.asked("/oauth/token")) == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_waiter_waits_no_longer_than_it_may(backend: str) -> None:
    slow = Slow("/oauth/token")

    async def main() -> None:
        options = {"host": server.url, "auth": GRANT, "trust_env": False}
        async with (
            AsyncClient(**options, refresh_token_wait_max=0) as client,  # type: ignore[arg-type]
            anyio.create_task_group() as group,
        ):
            group.start_soon(client.send, users.get_users_me())
            assert await anyio.to_thread.run_sync(slow.asked.wait, 30)
            with pytest.raises(TimeoutError, match="token refresh took longer than 0 s"):
                await client.send(users.get_users_me())
            slow.release.set()

    with scripted_server(slow) as server:
        anyio.run(main, backend=backend)
