"""Connections to a real Redis: kept by the threads and the event loop that opened them, with TLS or without."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import trio

from genesys_cloud import Pacing
from genesys_cloud.errors import BudgetError
from genesys_cloud.redis import RedisBudget, RedisTokenStore
from genesys_cloud.token_stores import TokenKey
from genesys_cloud.transports.awaited import run_now
from genesys_core.oauth.tokens import Token
from genesys_core.session.pacing import Pacer
from tests.helpers.redis_server import redis_server
from tests.helpers.tls import Certificates

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server"),
]

ROOT = Path(__file__).parents[3]
LANES = Pacer.of(Pacing(limit=1000)).windows


def take(budget, *, is_blocking=False):
    return budget.take_place("token", LANES, ticket=None, had_places=False, is_blocking=is_blocking)


def run_asyncio(work, *arguments):
    asyncio.run(work(*arguments))


EVENT_LOOPS = pytest.mark.parametrize("start", [run_asyncio, trio.run], ids=["asyncio", "trio"])


@pytest.fixture
def redis(tmp_path):
    with redis_server(tmp_path, "--appendonly", "yes") as server:
        yield server


class Counter:
    """Counts the connections that a server accepts from others."""

    def __init__(self, redis) -> None:
        self._redis, self._last = redis, redis.count_connections()

    def count(self) -> int:
        now = self._redis.count_connections()
        found, self._last = now - self._last - 1, now
        return found


async def ask(budget, times):
    for _ in range(times):
        assert (await take(budget)).wait == 0


@EVENT_LOOPS
def test_an_event_loop_keeps_its_connection_and_no_other_one_uses_it(redis, start):
    budget, connections = RedisBudget(redis.url), Counter(redis)
    start(ask, budget, 10)
    assert connections.count() == 1
    start(ask, budget, 10)
    assert connections.count() == 1
    for _ in range(10):
        run_now(take(budget, is_blocking=True))
    assert connections.count() == 1


@EVENT_LOOPS
def test_tasks_at_once_have_connections_of_their_own_of_which_eight_are_kept(redis, start):
    budget, connections = RedisBudget(redis.url), Counter(redis)

    async def at_once():
        if start is trio.run:
            async with trio.open_nursery() as nursery:
                for _ in range(12):
                    nursery.start_soon(take, budget)
        else:
            await asyncio.gather(*(take(budget) for _ in range(12)))

    async def twice():
        await at_once()
        assert connections.count() == 12
        await at_once()
        assert connections.count() == 4

    start(twice)
    tickets = [run_now(take(budget, is_blocking=True)).ticket]
    assert tickets == [25]


@EVENT_LOOPS
def test_a_connection_that_has_died_since_is_replaced(redis, start):
    budget = RedisBudget(redis.url)

    async def through_a_restart():
        await ask(budget, 1)
        redis.stop()
        with pytest.raises(BudgetError, match="Redis at"):
            await take(budget)
        redis.start()
        await ask(budget, 2)

    start(through_a_restart)


@EVENT_LOOPS
def test_nothing_is_left_open(redis, start):
    """Closed within the event loop, after it has ended, or by nobody: without a warning."""

    async def close_within(budget):
        await ask(budget, 1)
        budget.close()
        await ask(budget, 1)
        budget.close()

    gc.collect()  # what other tests have left
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        start(close_within, RedisBudget(redis.url))
        late = RedisBudget(redis.url)
        start(ask, late, 1)
        late.close()
        start(ask, RedisBudget(redis.url), 1)
        gc.collect()


@EVENT_LOOPS
def test_a_cancelled_command_leaves_no_reply_to_the_next_one(redis, start):
    """The connection on which a reply may still arrive is closed."""
    budget = RedisBudget(redis.url)

    async def cancel_and_ask():
        await ask(budget, 1)
        if start is trio.run:
            with trio.CancelScope() as scope:
                scope.cancel()
                await take(budget)
        else:
            task = asyncio.ensure_future(take(budget))
            await asyncio.sleep(0)  # it has sent its command
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await budget.close_gate("other", 30, is_blocking=False)
        assert (await take(budget)).ticket > 1

    start(cancel_and_ask)


FORKS = """
import asyncio, os, sys
from tests.adapters.redis.test_connections import take
from genesys_cloud.redis import RedisBudget
from genesys_cloud.transports.awaited import run_now

budget = RedisBudget(sys.argv[1])

def ask():
    print(run_now(take(budget, is_blocking=True)).ticket, flush=True)

async def ask_within():
    print((await take(budget)).ticket, flush=True)

async def parent():
    await ask_within()
    child = os.fork()
    if child == 0:
        ask()
        asyncio.run(ask_within())
        os._exit(0)
    os.waitpid(child, 0)
    await ask_within()

ask()
asyncio.run(parent())
ask()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_does_not_use_its_parents_connections(redis):
    """Otherwise it would read its parent's replies, and the parent its own."""
    connections = Counter(redis)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKS, redis.url],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.split(), done.stderr) == (["1", "2", "3", "4", "5", "6"], "")
    assert connections.count() == 4


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_url(tmp_path, certificates):
    """The URL of a Redis that speaks TLS and wants a password."""
    with redis_server(tmp_path, "--requirepass", "p%", certificates=certificates) as server:
        yield server.url.replace("//", "//:p%25@").replace("/0", "/2")


@EVENT_LOOPS
def test_tls(tls_url, certificates, start):
    budget = RedisBudget(tls_url, verify=str(certificates.ca_file))
    start(ask, budget, 3)
    assert run_now(take(budget, is_blocking=True)).ticket == 4
    assert run_now(take(budget, is_blocking=True)).ticket == 5


def test_tokens_over_tls(tls_url, certificates):
    store = RedisTokenStore(tls_url, verify=str(certificates.ca_file))
    key, token = TokenKey("client", "https://login.example"), Token("secret", expires_at=5.0)
    with store.lock(key, timeout=1):
        store.save(key, token)
    assert RedisTokenStore(tls_url, verify=str(certificates.ca_file)).load(key) == token


@EVENT_LOOPS
def test_a_server_whose_certificate_is_not_trusted_gets_no_command(tls_url, start):
    budget = RedisBudget(tls_url)

    async def refuse():
        with pytest.raises(BudgetError, match="certificate") as caught:
            await take(budget)
        assert "p%" not in str(caught.value)

    start(refuse)
    with pytest.raises(BudgetError, match="certificate"):
        run_now(take(budget, is_blocking=True))


def test_a_server_without_tls_is_an_error(redis):
    budget = RedisBudget(redis.url.replace("redis:", "rediss:"))
    with pytest.raises(BudgetError, match="Redis at"):
        run_now(take(budget, is_blocking=True))
