"""Transactions outlive their callers, keep what they exchanged, and wait for stores in threads."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest
import trio

from genesys_cloud import AsyncClient, Client, ClientCredentials, Hooks, RefreshToken
from genesys_cloud.client import thread_loop
from genesys_cloud.token_stores import MemoryTokenStore, TokenKey, TokenStoreError
from genesys_core import errors
from genesys_core.api import users
from genesys_core.hosts import Hosts
from genesys_core.http.messages import Response
from genesys_core.oauth.tokens import Token
from tests.helpers.flavours import Api, every_flavour, settled
from tests.helpers.server import TOKEN, Reply, Seen, scripted_server
from tests.helpers.slow import Slow
from tests.helpers.threads import threads_end
from tests.strategies.oauth import MARK

GRANT = ClientCredentials("id", "secret")
KEPT = RefreshToken("id", None, "r0")
ME = users.get_users_me()
THREAD = "genesys-cloud-token"


def key_of(server) -> TokenKey:
    return TokenKey("id", Hosts.resolve(host=server.url).login)


def rotating(seen: Seen) -> Reply:
    """A login host that rotates, and an API that takes anything."""
    if seen.path != "/oauth/token":
        return Reply(json={"id": "1"})
    return Reply(json={**TOKEN, "access_token": "a1", "refresh_token": "r1"})


class Rotating(Slow):
    """:func:`rotating`, its answers held back like those of :class:`Slow`."""

    def __call__(self, seen: Seen) -> Reply:
        super().__call__(seen)
        return rotating(seen)


@pytest.fixture(autouse=True)
def _no_exchange_keeps_its_thread():
    with threads_end(THREAD):
        yield


# A call that goes, and the exchange that it began


@every_flavour
def test_a_call_ends_at_its_deadline_though_its_exchange_goes_on(run):
    slow, store = Rotating("/oauth/token"), MemoryTokenStore()

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.TimeoutError, match=r"deadline of 0\.2 s has passed"):
            await api.send(ME.with_options(deadline=0.2))
        slow.release.set()
        # It is not lost: the next call has its token.
        assert (await api.send(ME)).id == "1"

    with scripted_server(slow) as server:
        run(scenario, host=server.url, auth=KEPT, token_store=store, refresh_token_wait_max=60)
    assert len(server.asked("/oauth/token")) == 1
    assert len(server.asked("/api/v2/users/me")) == 1
    assert store.load(key_of(server)).refresh_token == "r1"


@every_flavour
def test_closing_waits_for_an_exchange_whose_call_has_gone(run):
    slow, store = Rotating("/oauth/token"), MemoryTokenStore()
    clients = []

    async def scenario(api: Api) -> None:
        clients.append(api.client)
        with pytest.raises(errors.TimeoutError):
            await api.send(ME.with_options(deadline=0.2))
        slow.release.set()

    with scripted_server(slow) as server:
        run(scenario, host=server.url, auth=KEPT, token_store=store)
        assert store.load(key_of(server)).access_token == "a1"
    assert clients[0].auth.token.refresh_token == "r1"


def test_a_thread_that_is_interrupted_leaves_its_exchange_running(monkeypatch):
    slow = Rotating("/oauth/token")

    def interrupted(futures, timeout):
        assert slow.asked.wait(30)
        raise KeyboardInterrupt

    with (
        scripted_server(slow) as server,
        Client(host=server.url, auth=KEPT, trust_env=False) as api,
    ):
        with monkeypatch.context() as patched:
            patched.setattr(thread_loop, "wait", interrupted)
            with pytest.raises(KeyboardInterrupt):
                api.send(ME)
        slow.release.set()
        assert api.send(ME).id == "1"
    assert len(server.asked("/oauth/token")) == 1


def test_where_no_thread_is_to_be_had_the_call_runs_its_exchange_itself(monkeypatch):
    class NoThread(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    with (
        scripted_server(rotating) as server,
        Client(host=server.url, auth=KEPT, trust_env=False) as api,
    ):
        monkeypatch.setattr(thread_loop, "Thread", NoThread)
        assert api.send(ME).id == "1"


def test_trio_a_cancelled_call_goes_at_once_and_closing_waits():
    slow = Rotating("/oauth/token")

    async def main() -> None:
        async with AsyncClient(host=server.url, auth=KEPT, trust_env=False) as client:
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(client.send, ME)
                    assert await trio.to_thread.run_sync(slow.asked.wait, 30)
                    scope.cancel()
            # The nursery has ended while the login host has not answered yet.
            assert scope.cancelled_caught
            assert client.auth.token is None
            slow.release.set()
        assert client.auth.token.refresh_token == "r1"

    with scripted_server(slow) as server:
        trio.run(main)


def test_trio_a_cancelled_block_waits_for_the_exchange_when_it_closes():
    slow = Rotating("/oauth/token")

    async def main() -> None:
        with trio.CancelScope() as scope:
            async with AsyncClient(host=server.url, auth=KEPT, trust_env=False) as client:
                with contextlib.suppress(errors.TimeoutError):
                    await client.send(ME.with_options(deadline=0.2))
                scope.cancel()
                slow.release.set()
        assert client.auth.token.refresh_token == "r1"

    with scripted_server(slow) as server:
        trio.run(main)


def test_trio_a_client_that_nobody_closes_ends_with_the_run():
    class Wire:
        """Answers when the main task is over."""

        async def send(self, request):
            await over.wait()
            return Response(200, body=b'{"access_token": "a1", "refresh_token": "r1"}')

        async def close(self):
            pytest.fail("nobody closes it")

    async def main() -> AsyncClient:
        client = AsyncClient(host="http://login", auth=KEPT, transport=Wire(), trust_env=False)
        with pytest.raises(errors.TimeoutError):
            await client.send(ME.with_options(deadline=0.2))
        over.set()
        return client

    over = trio.Event()
    assert trio.run(main).auth.token.refresh_token == "r1"


def test_asyncio_a_close_that_is_cancelled_does_not_cancel_the_exchange():
    slow = Rotating("/oauth/token")

    async def main() -> None:
        client = AsyncClient(host=server.url, auth=KEPT, trust_env=False)
        with contextlib.suppress(errors.TimeoutError):
            await client.send(ME.with_options(deadline=0.2))
        closing = asyncio.create_task(client.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        slow.release.set()
        await client.close()
        assert client.auth.token.refresh_token == "r1"

    with scripted_server(slow) as server:
        asyncio.run(main())


@every_flavour
def test_what_a_hook_raises_in_an_exchange_reaches_the_call_and_frees_the_lock(run):
    broken = [True]

    def hook(request):
        if broken[0] and request.url.endswith("/oauth/token"):
            raise ZeroDivisionError
        return request

    async def scenario(api: Api) -> None:
        with pytest.raises(ZeroDivisionError):
            await api.send(ME)
        broken.clear()
        broken.append(False)
        assert (await api.send(ME)).id == "1"

    store = MemoryTokenStore()
    with scripted_server(rotating) as server:
        hooks = Hooks(before_request=(hook,))
        run(scenario, host=server.url, auth=KEPT, hooks=hooks, token_store=store)
        with store.lock(key_of(server), timeout=0):
            pass  # given back as well


@every_flavour
def test_an_exchange_runs_in_its_callers_context(run):
    whose, seen = ContextVar("whose"), []

    def hook(request):
        seen.append(whose.get())
        return request

    async def scenario(api: Api) -> None:
        whose.set("the caller's")
        await api.send(ME)

    with scripted_server(rotating) as server:
        run(scenario, host=server.url, auth=KEPT, hooks=Hooks(before_request=(hook,)))
    assert seen == ["the caller's"] * 2


# Stores


@every_flavour
def test_what_the_store_holds_is_used_and_what_is_new_is_kept(run):
    store = MemoryTokenStore()

    async def scenario(api: Api) -> None:
        assert (await api.send(ME)).id == "1"
        assert store.load(key_of(server)) == api.client.auth.token

    with scripted_server(rotating) as server:
        for _ in range(2):
            run(scenario, host=server.url, auth=KEPT, token_store=store)
        assert len(server.asked("/oauth/token")) == 1
        # Somebody else's token is found at the next need.
        store.save(key_of(server), Token("theirs"))
        run(scenario, host=server.url, auth=KEPT, token_store=store)
    assert server.requests[-1].header("authorization") == "Bearer theirs"


class Failing(MemoryTokenStore):
    """Fails at one thing, with a secret in its words where they are not its own."""

    def __init__(self, what: str, error: Exception) -> None:
        super().__init__()
        self._what = what
        self._error = error

    def load(self, key):
        return self._tried("load") or super().load(key)

    def save(self, key, token):
        return self._tried("save") or super().save(key, token)

    def delete(self, key):
        return self._tried("delete") or super().delete(key)

    def lock(self, key, *, timeout):
        return self._tried("lock") or super().lock(key, timeout=timeout)

    def _tried(self, what: str) -> None:
        if what == self._what:
            raise self._error


ERRORS = [TokenStoreError("the disk is full"), OSError(f"cannot write {MARK}")]


@every_flavour
@pytest.mark.parametrize("error", ERRORS)
def test_a_store_that_cannot_write_loses_no_token_and_is_told_of(run, error, caplog):
    async def scenario(api: Api) -> None:
        assert (await api.send(ME)).id == "1"
        assert (await api.send(ME)).id == "1"
        assert api.client.auth.token.refresh_token == "r1"
        told.append(str(api.client.auth.store_failure))

    told: list[str] = []
    with scripted_server(rotating) as server:
        run(scenario, host=server.url, auth=KEPT, token_store=Failing("save", error))
    assert len(server.asked("/oauth/token")) == 1
    (record,) = [each for each in caplog.records if each.name == "genesys_cloud.tokens"]
    assert record.levelname == "WARNING"
    assert told[0] in record.getMessage()
    assert told[0] in {"the disk is full", "the token store failed: OSError"}
    assert MARK not in caplog.text


@every_flavour
@pytest.mark.parametrize("what", ["lock", "load"])
@pytest.mark.parametrize("error", ERRORS)
def test_without_its_store_a_client_spends_no_refresh_token(run, what, error, caplog):
    store = Failing(what, error)

    async def scenario(api: Api) -> None:
        with pytest.raises(TokenStoreError) as caught:
            await api.send(ME)
        assert MARK not in str(caught.value)
        store._what = ""
        assert (await api.send(ME)).id == "1"

    with scripted_server(rotating) as server:
        run(scenario, host=server.url, auth=KEPT, token_store=store)
        with store.lock(key_of(server), timeout=0):
            pass  # given back, although what it was taken for failed
    assert len(server.asked("/oauth/token")) == 1
    assert MARK not in caplog.text


@every_flavour
def test_a_service_needs_no_store(run):
    async def scenario(api: Api) -> None:
        assert (await api.send(ME)).id == "1"
        with pytest.raises(TokenStoreError, match="full"):
            await settled(api.client.auth.sign_out())
        assert not api.client.auth.signed_in

    with scripted_server(rotating) as server:
        run(scenario, host=server.url, auth=GRANT, token_store=Failing("lock", ERRORS[0]))
    assert [seen.method for seen in server.requests] == ["POST", "GET", "DELETE"]


@every_flavour
def test_a_store_that_somebody_else_has_locked_is_waited_for_no_longer_than_allowed(run):
    store = MemoryTokenStore()

    async def impatient(api: Api) -> None:
        with pytest.raises(TokenStoreError, match="another client holds the lock"):
            await api.send(ME)

    async def in_a_hurry(api: Api) -> None:
        with pytest.raises(errors.TimeoutError, match=r"deadline of 0\.2 s has passed"):
            await api.send(ME.with_options(deadline=0.2))

    with scripted_server(rotating) as server, store.lock(key_of(server), timeout=0):
        said = {"host": server.url, "auth": KEPT, "token_store": store}
        run(impatient, **said, refresh_token_wait_max=0)
        run(in_a_hurry, **said, refresh_token_wait_max=60)
    assert server.requests == []


def test_clients_that_share_a_store_do_not_keep_each_others_threads():
    """The loop has one thread; a client that waits for the store must not sit in it."""
    slow, store = Rotating("/oauth/token"), MemoryTokenStore()

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        options = {"host": server.url, "auth": KEPT, "token_store": store, "trust_env": False}
        async with AsyncClient(**options) as one, AsyncClient(**options) as other:  # type: ignore[arg-type]
            calls = [asyncio.create_task(client.send(ME)) for client in (one, other)]
            assert await asyncio.to_thread(slow.asked.wait, 30)
            slow.release.set()
            assert [me.id for me in await asyncio.gather(*calls)] == ["1", "1"]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with scripted_server(slow) as server:
        asyncio.run(main())
    assert len(server.asked("/oauth/token")) == 1
