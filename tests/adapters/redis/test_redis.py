"""The rate limit on a real Redis: places of several machines, on a virtual clock and on Redis's own."""

from __future__ import annotations

import asyncio
import errno
import heapq
import os
import random
import shutil
import socket
import subprocess
import sys
from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest
import trio

from genesys_cloud import Client, ClientCredentials, InvalidValueError, Pacing, RateLimitError
from genesys_cloud.client.asyncio_loop import AsyncioLoop
from genesys_cloud.client.trio_loop import TrioLoop
from genesys_cloud.errors import BudgetError
from genesys_cloud.redis import RedisBudget, RedisTokenStore, server
from genesys_cloud.token_stores import AsyncTokenStore, TokenKey, TokenStoreError
from genesys_cloud.transports.awaited import run_now
from genesys_core.oauth.tokens import Token
from genesys_core.redis import places
from genesys_core.session.pacing import Pacer
from tests.helpers.flavours import every_flavour, settled
from tests.helpers.places_model import Places
from tests.helpers.rate_limited_machine import SCRIPTS
from tests.helpers.redis_server import DURABLE, redis_server, with_test_clock
from tests.helpers.server import TOKEN, Reply, scripted_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server"),
]


@pytest.fixture
def redis(tmp_path):
    with redis_server(tmp_path, *DURABLE) as server:
        yield server


@pytest.fixture
def virtual_clock(monkeypatch, redis):
    """Scripts read a key instead of Redis's clock."""
    for name in SCRIPTS:
        monkeypatch.setattr(places, name, with_test_clock(getattr(places, name)))
    redis.set_clock(0)
    return redis.set_clock


def most_in_a_window(sent: list[float], window: float) -> int:
    return max(n + 1 - bisect_right(sent, at - window) for n, at in enumerate(sent))


def take(budget, lanes, ticket=None, *, had=False):
    return run_now(
        budget.take_place("token", lanes, ticket=ticket, had_places=had, is_blocking=True)
    )


@pytest.mark.parametrize("seed", range(2))
def test_machines_together_use_the_limit_and_never_more(redis, virtual_clock, seed):
    """Four machines ask; some requests are late, some are abandoned, Redis is killed and started again."""
    chance, limit, window = random.Random(seed), 20, 60.0
    lanes = Pacer.of(Pacing(limit=limit, window=window, paths={"/a": 7})).windows
    budgets = [RedisBudget(redis.url) for _ in range(4)]
    sent, special, waiting = [], [], []
    now, asked, restarted = 0.0, 0, False
    # What asks again at a time: (time, number, machine, ticket, limits).
    for number in range(3 * limit):
        heapq.heappush(
            waiting, (chance.random(), number, chance.randrange(4), None, number % 4 == 0)
        )
    while now < 12 * window:
        now, number, machine, ticket, is_special = heapq.heappop(waiting)
        virtual_clock(now)
        if not restarted and now > 5 * window:
            redis.stop()
            redis.start()
            restarted = True
        ours = lanes if is_special else lanes[1:]
        place = take(budgets[machine], ours, ticket, had=asked > 0)
        asked += 1
        if place.wait > 0:
            late = chance.choice([0, 0, 0.2, 0.5])
            heapq.heappush(
                waiting, (now + place.wait + late, number, machine, place.ticket, is_special)
            )
            continue
        sent.append(now)
        if is_special:
            special.append(now)
        # Each machine has the next request ready, so the limit is always wanted.
        heapq.heappush(waiting, (now + chance.random() * 0.1, number, machine, None, is_special))
    assert restarted
    assert most_in_a_window(sent, window) <= limit
    assert most_in_a_window(special, window) <= 7
    # The first window is full at once; after that, a window is extended by 2 % for safety.
    assert len(sent) >= 0.97 * 12 * limit


@pytest.mark.parametrize("seed", range(3))
def test_the_script_does_what_its_model_does(redis, virtual_clock, seed):
    """The model in Python is what the simulation of clusters runs on; here, tickets come early, late or never."""
    chance, limit = random.Random(seed), 5
    lanes = Pacer.of(Pacing(limit=limit, window=10.0)).windows
    budget, model = RedisBudget(redis.url), Places(limit, round(lanes[0].window * 1e6))
    waiting: list[tuple[int, int]] = []
    now = 0
    for _ in range(400):
        now += chance.choice([0, 0, 125_000, 250_000, 2_000_000, 11_000_000, 30_000_000])
        virtual_clock(now / 1e6)
        ticket = None
        if waiting and chance.random() < 0.5:
            _, ticket = waiting.pop(chance.randrange(len(waiting)))
        if ticket is not None and chance.random() < 0.3:
            run_now(budget.leave_place("token", lanes, ticket, is_blocking=True))
            model.leave(now, ticket)
            continue
        place = take(budget, lanes, ticket)
        wanted = model.take(now, ticket)
        assert (round(place.wait * 1e6), place.ticket) == wanted
        if place.wait > 0:
            waiting.append(wanted)
    assert model.lost > 5


def test_places_are_granted_in_the_order_of_the_requests(redis, virtual_clock):
    lanes = Pacer.of(Pacing(limit=2, window=10.0)).windows
    one, two = RedisBudget(redis.url), RedisBudget(redis.url)
    waits = [take(budget, lanes).wait for budget in (one, two, one, two, one)]
    assert waits == [0, 0, 10.2, 10.2, 20.4]


def test_a_place_that_is_left_is_taken_by_the_next(redis, virtual_clock):
    lanes = Pacer.of(Pacing(limit=1, window=10.0)).windows
    budget = RedisBudget(redis.url)
    take(budget, lanes)
    second, third = take(budget, lanes), take(budget, lanes)
    assert (second.wait, third.wait) == (10.2, 20.4)
    run_now(budget.leave_place("token", lanes, second.ticket, is_blocking=True))
    assert take(budget, lanes).wait == 10.2
    # One that has been used stays counted.
    virtual_clock(11)
    first = take(budget, lanes, third.ticket)
    assert first.wait == pytest.approx(9.4)


def test_a_ticket_that_comes_too_late_gets_another_place(redis, virtual_clock):
    lanes = Pacer.of(Pacing(limit=1, window=10.0)).windows
    budget = RedisBudget(redis.url)
    take(budget, lanes)
    second, third = take(budget, lanes), take(budget, lanes)
    virtual_clock(10.25)
    assert take(budget, lanes, second.ticket).wait == 0
    virtual_clock(25)
    late = take(budget, lanes, third.ticket)
    assert (late.wait, late.ticket != third.ticket) == (0, True)


def test_a_429_closes_the_gate_for_all(redis, virtual_clock):
    lanes = Pacer.of(Pacing(limit=5, window=10.0)).windows
    one, two = RedisBudget(redis.url), RedisBudget(redis.url)
    run_now(one.close_gate("token", 30, is_blocking=True))
    run_now(one.close_gate("token", 20, is_blocking=True))
    place = take(two, lanes)
    assert (place.wait, place.is_gate) == (30, True)
    assert take(two, lanes, had=False).wait == 30
    assert (
        run_now(
            two.take_place("other", lanes, ticket=None, had_places=False, is_blocking=True)
        ).wait
        == 0
    )


def test_lost_state_closes_the_gate_for_one_window(redis, virtual_clock):
    lanes = Pacer.of(Pacing(limit=5, window=10.0)).windows
    budget = RedisBudget(redis.url)
    assert take(budget, lanes, had=False).wait == 0
    redis.ask("FLUSHALL")
    virtual_clock(3)
    assert take(budget, lanes, had=True).wait == pytest.approx(10.2)
    assert take(budget, lanes, had=False).wait == pytest.approx(10.2)


@every_flavour
def test_clients_in_all_flavours(run, redis):
    """The third request has to wait; a 429 closes the gate for another client."""
    refused = []

    def answer(seen):
        if seen.path.endswith("/teams"):
            refused.append(seen)
            return Reply(429, json={}, headers=(("Retry-After", "100"),))
        return Reply(json={"id": "u"})

    budget = RedisBudget(redis.url)

    async def scenario(api):
        await settled(api.client.users.get_users_me())
        await settled(api.client.users.get_users_me())
        with pytest.raises(RateLimitError, match="2 requests in 60 s"):
            await settled(api.client.send(get_users_me().with_options(deadline=5)))

    from genesys_core.api.users import get_users_me

    with scripted_server(answer) as server:
        options = {"host": server.url, "access_token": "t"}
        run(scenario, **options, budget=budget, pacing=Pacing(limit=2, window=60.0))
        assert len(server.requests) == 2
    budget.close()
    assert repr(budget) == f"RedisBudget('127.0.0.1:{redis.port}')"


ROOT = Path(__file__).parents[3]


class Machine:
    """A process whose clocks the test sets."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.rate_limited_machine", *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def read_wait(self) -> float:
        """The seconds that it wants to wait now."""
        return float(self.process.stdout.readline())

    def go_on(self, now: float) -> None:
        self.process.stdin.write(f"{now!r}\n")
        self.process.stdin.flush()


def test_four_processes_on_one_token_through_a_restart(redis):
    """Counted where the calls arrive, on one virtual clock; the clocks of the machines are minutes apart."""
    limit, window, windows = 10, 60, 60
    now, arrived = 0.0, []

    def answer(_):
        arrived.append(now)
        return Reply(json={"id": "u"})

    redis.set_clock(0)
    chance, refused = random.Random(17), 0
    with scripted_server(answer) as server, ExitStack() as stack:
        machines = [
            Machine(flavour, server.url, redis.url, str(number), str(limit), str(window))
            for number, flavour in enumerate(("sync", "asyncio", "trio", "sync"))
        ]
        for machine in machines:
            stack.callback(machine.process.communicate)
            stack.callback(machine.process.kill)
        waiting = [(machine.read_wait(), number) for number, machine in enumerate(machines)]
        heapq.heapify(waiting)
        while waiting[0][0] < window * windows:
            now, number = heapq.heappop(waiting)
            if now > window * windows / 2 and refused < 5:
                refused += 1
                if refused == 1:
                    redis.stop()
                if refused == 5:
                    redis.start()
            if refused in {0, 5}:
                redis.set_clock(now)
            machines[number].go_on(now)
            # A machine wakes up a little late.
            later = now + machines[number].read_wait() + chance.random() * 0.02
            heapq.heappush(waiting, (later, number))
    assert refused == 5
    assert most_in_a_window(arrived, window) <= limit
    assert len(arrived) >= 0.97 * limit * windows


def test_without_redis_calls_fail_or_use_a_stated_share(tmp_path):
    with redis_server(tmp_path) as gone:
        pass
    with scripted_server(lambda seen: Reply(json={"id": "u"})) as server:
        options = {"host": server.url, "access_token": "t", "trust_env": False}
        pacing = Pacing(limit=8, window=60.0)
        words = r"Redis at 127\.0\.0\.1:\d+: .+"
        gone_budget = RedisBudget(gone.url)
        with (
            Client(**options, pacing=pacing, budget=gone_budget) as client,
            pytest.raises(BudgetError, match=words),
        ):
            client.users.get_users_me()
        assert server.requests == []
        share = RedisBudget(gone.url, fallback=1 / 4)
        with Client(**options, pacing=pacing, budget=share, deadline=1) as client:
            client.users.get_users_me()
            client.users.get_users_me()
            with pytest.raises(RateLimitError, match="2 requests in 60 s"):
                client.users.get_users_me()
        assert len(server.requests) == 2


def test_a_password_is_sent_and_never_shown(tmp_path):
    secret = "hunter2hunter2"
    with redis_server(tmp_path, "--requirepass", secret) as server:
        lanes = Pacer.of(Pacing(limit=1)).windows
        right = RedisBudget(server.url.replace("//", f"//:{secret}@").replace("/0", "/3"))
        assert take(right, lanes, had=False).wait == 0
        wrong = RedisBudget(server.url.replace("//", f"//:{secret}x@"))
        for budget in (wrong, RedisBudget(server.url)):
            with pytest.raises(BudgetError, match=r"WRONGPASS|NOAUTH") as caught:
                take(budget, lanes)
            assert secret not in f"{caught.value} {budget!r}"


def test_a_server_that_is_not_redis_is_named():
    with scripted_server(lambda seen: Reply()) as server:
        budget = RedisBudget(server.url.replace("http", "redis"))
        with pytest.raises(BudgetError, match="Redis at"):
            take(budget, Pacer.of(Pacing()).windows)


def test_a_kept_connection_that_the_system_timed_out_is_replaced(redis, monkeypatch):
    budget, lanes = RedisBudget(redis.url), Pacer.of(Pacing()).windows
    read, errors = server._read_reply, []

    async def read_or_fail(*arguments):
        if errors:
            raise errors.pop()
        return await read(*arguments)

    monkeypatch.setattr(server, "_read_reply", read_or_fail)
    take(budget, lanes)
    errors.append(OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)))
    assert take(budget, lanes).wait == 0


def test_a_command_that_times_out_is_not_sent_again():
    commands = []

    def answer_once(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.settimeout(20)
        with connection:
            while command := connection.recv(65_536):
                commands.append(command)
                if len(commands) == 1:
                    connection.sendall(b"*3\r\n:0\r\n$1\r\n1\r\n:0\r\n")
        listener.settimeout(0.5)
        with pytest.raises(TimeoutError):
            listener.accept()

    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        ThreadPoolExecutor(1) as threads,
    ):
        listener.settimeout(20)
        answering = threads.submit(answer_once, listener)
        port = listener.getsockname()[1]
        budget = RedisBudget(f"redis://127.0.0.1:{port}", timeout=0.2)
        lanes = Pacer.of(Pacing()).windows
        assert take(budget, lanes).ticket == 1
        with pytest.raises(BudgetError, match=r"no reply within 0\.2 s"):
            take(budget, lanes)
        answering.result(20)
    assert len(commands) == 2


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RedisBudget("http://x"), "must look like redis://"),
        (lambda: RedisBudget("redis://x:99999"), "must look like redis://"),
        (lambda: RedisBudget("redis://user:secret@[::1/0"), "must look like redis://"),
        (lambda: RedisBudget("redis://x?db=3"), "must have no query"),
        (lambda: RedisBudget("redis://x/name"), "the database must be a number"),
        (lambda: RedisBudget(fallback=2), "fallback=2"),
        (lambda: RedisBudget(timeout=0), "timeout=0"),
        (lambda: RedisTokenStore(lease=0), "lease=0"),
    ],
)
def test_bad_arguments(make, words):
    with pytest.raises(InvalidValueError, match=words):
        make()


TOKEN_KEY = TokenKey("client", "https://login.example")


def test_a_token_store(redis):
    one, two = RedisTokenStore(redis.url), RedisTokenStore(redis.url)
    assert one.load(TOKEN_KEY) is None
    token = Token("secret", expires_at=5.0)
    one.save(TOKEN_KEY, token)
    assert two.load(TOKEN_KEY) == token
    assert RedisTokenStore(redis.url, account="other").load(TOKEN_KEY) is None
    one.delete(TOKEN_KEY)
    assert two.load(TOKEN_KEY) is None
    assert repr(RedisTokenStore(redis.url, account="a")).endswith("account='a')")
    one.close()
    assert one.load(TOKEN_KEY) is None


EVENT_LOOPS = pytest.mark.parametrize(
    "start", [lambda work: asyncio.run(work()), trio.run], ids=["asyncio", "trio"]
)


@EVENT_LOOPS
def test_a_token_store_in_an_event_loop(redis, start):
    one, two = RedisTokenStore(redis.url), RedisTokenStore(redis.url)
    token = Token("secret", expires_at=5.0)

    async def store():
        assert await one.load_async(TOKEN_KEY) is None
        async with one.lock_async(TOKEN_KEY, timeout=1):
            await one.save_async(TOKEN_KEY, token)
            with pytest.raises(TokenStoreError, match="another client holds the lease"):
                await two.lock_async(TOKEN_KEY, timeout=0.01).__aenter__()
        async with two.lock_async(TOKEN_KEY, timeout=0):
            assert await two.load_async(TOKEN_KEY) == token
        await two.delete_async(TOKEN_KEY)
        assert await one.load_async(TOKEN_KEY) is None

    start(store)
    assert isinstance(one, AsyncTokenStore)


@every_flavour
def test_clients_share_a_token_and_asynchronous_ones_use_no_thread(run, redis, monkeypatch):
    def never(*_):
        raise AssertionError("a thread")

    for loop in (AsyncioLoop, TrioLoop):
        monkeypatch.setattr(loop, "run_in_thread", never)
    exchanged = []

    def answer(seen):
        if seen.path != "/oauth/token":
            return Reply(json={"id": "u"})
        exchanged.append(seen)
        return Reply(json=TOKEN)

    async def scenario(api):
        await settled(api.client.users.get_users_me())

    with scripted_server(answer) as server:
        for _ in range(2):
            store, auth = RedisTokenStore(redis.url), ClientCredentials("id", "secret")
            run(scenario, host=server.url, auth=auth, token_store=store)
    assert len(exchanged) == 1
    # The lease has been released.
    assert b"lease" not in redis.ask("KEYS", "*")


def test_a_lease_whose_reply_was_lost_is_not_waited_for(redis, monkeypatch):
    store, lost = RedisTokenStore(redis.url), []
    read_reply = server._read_reply

    async def lose_one(stream, command, until):
        reply = await read_reply(stream, command, until)
        if not lost:
            lost.append(reply)
            raise EOFError
        return reply

    assert store.load(TOKEN_KEY) is None  # a connection is idle from here on
    monkeypatch.setattr(server, "_read_reply", lose_one)
    with store.lock(TOKEN_KEY, timeout=0):
        assert lost == [b"OK"]


def interrupt_after_lease(monkeypatch, interrupt):
    """Call a coroutine function once Redis has granted a lease, before the reply is read."""
    read_reply, granted = server._read_reply, []

    async def read_and_interrupt(stream, command, until):
        reply = await read_reply(stream, command, until)
        if b"lease" in command and not granted:
            granted.append(reply)
            await interrupt()
        return reply

    monkeypatch.setattr(server, "_read_reply", read_and_interrupt)
    return granted


def test_a_thread_that_is_interrupted_before_it_reads_of_its_lease_does_not_keep_it(
    redis, monkeypatch
):
    async def interrupt():
        raise KeyboardInterrupt

    granted = interrupt_after_lease(monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt):
        RedisTokenStore(redis.url).lock(TOKEN_KEY, timeout=0).__enter__()
    assert granted == [b"OK"]
    assert b"lease" not in redis.ask("KEYS", "*")


@EVENT_LOOPS
def test_a_lease_whose_reply_never_arrives_is_released(redis, monkeypatch, start):
    """Redis was slow, or the connection broke: nobody would release the lease before it expires."""

    async def lose():
        raise EOFError

    async def work():
        with pytest.raises(TokenStoreError):
            await RedisTokenStore(redis.url).lock_async(TOKEN_KEY, timeout=0).__aenter__()

    granted = interrupt_after_lease(monkeypatch, lose)
    start(work)
    assert granted == [b"OK"]
    assert b"lease" not in redis.ask("KEYS", "*")


def test_a_lease_whose_reply_never_arrives_is_released_by_threads_too(redis, monkeypatch):
    async def lose():
        raise EOFError

    granted = interrupt_after_lease(monkeypatch, lose)
    with pytest.raises(TokenStoreError):
        RedisTokenStore(redis.url).lock(TOKEN_KEY, timeout=0).__enter__()
    assert granted == [b"OK"]
    assert b"lease" not in redis.ask("KEYS", "*")


async def cancelled_task(work):
    task = asyncio.ensure_future(work(lambda: asyncio.current_task().cancel()))
    with pytest.raises(asyncio.CancelledError):
        await task


async def cancelled_scope(work):
    with anyio.CancelScope() as scope:
        await work(scope.cancel)
    assert scope.cancelled_caught


every_cancellation = pytest.mark.parametrize(
    ("start", "cancelled"),
    [
        (lambda work: asyncio.run(work()), cancelled_task),
        (lambda work: asyncio.run(work()), cancelled_scope),
        (trio.run, cancelled_scope),
    ],
    ids=["asyncio", "anyio", "trio"],
)


@every_cancellation
def test_a_task_that_is_cancelled_before_it_reads_of_its_lease_does_not_keep_it(
    redis, monkeypatch, start, cancelled
):
    async def work(cancel):
        async def interrupt():
            cancel()
            await anyio.sleep_forever()

        granted.append(interrupt_after_lease(monkeypatch, interrupt))
        async with RedisTokenStore(redis.url).lock_async(TOKEN_KEY, timeout=0):
            raise AssertionError("it has the lease")

    granted = []
    start(lambda: cancelled(work))
    assert granted == [[b"OK"]]
    assert b"lease" not in redis.ask("KEYS", "*")


@every_cancellation
def test_a_task_that_is_cancelled_while_it_has_a_lease_releases_it(redis, start, cancelled):
    async def work(cancel):
        async with RedisTokenStore(redis.url).lock_async(TOKEN_KEY, timeout=0):
            assert b"lease" in redis.ask("KEYS", "*")
            cancel()
            await anyio.sleep_forever()

    start(lambda: cancelled(work))
    assert b"lease" not in redis.ask("KEYS", "*")


def test_a_lease_excludes_others_and_only_its_owner_releases_it(redis):
    one, two = RedisTokenStore(redis.url), RedisTokenStore(redis.url)
    with one.lock(TOKEN_KEY, timeout=1):
        with pytest.raises(TokenStoreError, match="another client holds the lease"):
            two.lock(TOKEN_KEY, timeout=0).__enter__()
        # The lease has lapsed, and another machine has it now.
        (name,) = [
            line for line in redis.ask("KEYS", "*lease*").decode().split("\r\n") if "lease" in line
        ]
        redis.ask("SET", name, "another")
    assert b"another" in redis.ask("GET", name)
    redis.ask("DEL", name)
    with two.lock(TOKEN_KEY, timeout=0):
        pass
    with one.lock(TOKEN_KEY, timeout=0):
        redis.stop()


def test_a_store_without_redis_is_an_error(tmp_path):
    with redis_server(tmp_path) as gone:
        pass
    with pytest.raises(TokenStoreError, match="Redis at"):
        RedisTokenStore(gone.url).load(TOKEN_KEY)
