"""Pacing and the gate through all drivers, those of the pages included, against servers that enforce a limit."""

from __future__ import annotations

import threading
import time

import anyio
import pytest
from twisted.internet.defer import CancelledError, ensureDeferred

from genesys_cloud import AsyncClient, Client, RetryConfiguration
from genesys_core import errors
from genesys_core.api import users
from genesys_core.calls.lifecycle import start
from genesys_core.calls.rate_limit import reserve_permit
from genesys_core.session.pacing import Pacing
from genesys_core.session.session import Session
from tests.helpers.event_loops import every_driver, run_twisted, session_for
from tests.helpers.flavours import Api
from tests.helpers.pages import page_names
from tests.helpers.server import Reply, Seen, scripted_server


class Enforced:
    """Answers at most ``limit`` requests in any ``window`` seconds; counts what it refuses."""

    def __init__(self, limit: int, window: float) -> None:
        self.limit, self.window = limit, window
        self.served: list[float] = []
        self.refused = 0
        self.lock = threading.Lock()

    def __call__(self, seen: Seen) -> Reply:
        with self.lock:
            now = time.monotonic()
            if sum(1 for at in self.served if at > now - self.window) >= self.limit:
                self.refused += 1
                return Reply(429, {"message": "slow down"}, headers=(("Retry-After", "1"),))
            self.served.append(now)
        return Reply(json={"id": "1"})


@pytest.mark.slow
@every_driver
def test_calls_at_once_stay_below_the_limit(run) -> None:
    # The server's window is shorter by more than a busy machine delays a request on its way; the
    # threads' test below has them alike.
    server_side = Enforced(limit=10, window=0.5)

    async def scenario(api: Api) -> None:
        found = await api.at_once(25, lambda: api.send(users.get_users_me()))
        assert [me.id for me in found] == ["1"] * 25

    with scripted_server(server_side) as server:
        retry = RetryConfiguration(max_retry_time_sec=60)
        run(scenario, host=server.url, pacing=Pacing(limit=10, window=1), retry=retry)
    assert server_side.refused == 0


@every_driver
def test_a_429_closes_the_gate_for_calls_that_will_not_wait(run) -> None:
    refusal = Reply(429, {"message": "slow down"}, headers=(("Retry-After", "42"),))

    async def scenario(api: Api) -> None:
        for _ in range(2):
            with pytest.raises(errors.RateLimitError) as caught:
                await api.send(users.get_users_me())
            assert caught.value.retry_after == pytest.approx(42, abs=5)

    with scripted_server(lambda _: refusal) as server:
        run(scenario, host=server.url, pacing=Pacing())
    assert len(server.requests) == 1


@every_driver
def test_a_429_reaches_calls_that_wait_for_their_place_at_once(run) -> None:
    refusal = Reply(429, {"message": "slow down"}, headers=(("Retry-After", "170"),))
    found: list[Api] = []

    def serve(seen: Seen) -> Reply:
        if len(server.requests) == 1:
            return Reply(json={"id": "1"})
        # The other call is told to wait for its place, for a minute, before this one is refused.
        pause = threading.Event()
        assert any(waiting(found[0].session) or pause.wait(0.001) for _ in range(30_000))
        return refusal

    async def scenario(api: Api) -> None:
        found.append(api)
        await api.send(users.get_users_me())
        ends = await api.at_once(2, lambda: api.send(users.get_users_me()))
        assert [type(end) for end in ends] == [errors.RateLimitError] * 2
        notes = [note for end in ends for note in getattr(end, "__notes__", ())]
        assert any("after another call's 429" in note for note in notes)

    with scripted_server(serve) as server:
        run(scenario, host=server.url, pacing=Pacing(limit=2, window=60))
    assert len(server.requests) == 2


@every_driver
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"retry": RetryConfiguration(max_retry_time_sec=10)}, "the budget is 10 s"),
        ({"deadline": 20}, "the deadline is 20 s"),
    ],
)
def test_a_place_that_comes_too_late_is_not_waited_for(run, options, words) -> None:
    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())
        with pytest.raises(errors.RateLimitError, match=f"1 request in 600 s.*{words}"):
            await api.send(users.get_users_me())

    with scripted_server(lambda _: Reply(json={"id": "1"})) as server:
        run(scenario, host=server.url, pacing=Pacing(limit=1, window=600), **options)
    assert len(server.requests) == 1


@every_driver
def test_a_429_stops_nobody_once_its_time_has_passed(run) -> None:
    def serve(seen: Seen) -> Reply:
        if len(server.requests) == 1:
            return Reply(429, {"message": "slow down"}, headers=(("Retry-After", "0.05"),))
        return Reply(json={"id": "1"})

    async def scenario(api: Api) -> None:
        found = await api.at_once(3, lambda: api.send(users.get_users_me()))
        assert [me.id for me in found] == ["1"] * 3

    retry = RetryConfiguration(max_retry_time_sec=60)
    with scripted_server(serve) as server:
        run(scenario, host=server.url, pacing=Pacing(), retry=retry)


def test_a_generator_of_the_page_that_is_closed_gives_its_place_back() -> None:
    session = session_for(host="http://127.0.0.1:1", pacing=Pacing(limit=1, window=600))
    names = page_names("docs/embedding.md")
    driver = names["Driver"](session, loop=None)
    need = start(users.get_users_me(), session, now=names["now"]())
    driver.session, _ = reserve_permit(session, need, now=names["now"]())
    call = driver.call(users.get_users_me())
    assert next(call) > time.monotonic()
    assert waiting(driver.session) == 1
    call.close()
    assert waiting(driver.session) == 0


def test_a_call_of_twisted_that_is_cancelled_gives_its_place_back() -> None:
    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())
        call = ensureDeferred(api.client.call(users.get_users_me()))
        assert waiting(api.session) == 1
        call.cancel()
        with pytest.raises(CancelledError):
            await call
        assert waiting(api.session) == 0

    with scripted_server(lambda _: Reply(json={"id": "1"})) as server:
        run_twisted(scenario, host=server.url, pacing=Pacing(limit=1, window=600))
    assert len(server.requests) == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_wait_gives_its_place_back(backend: str) -> None:
    async def main() -> None:
        pacing = Pacing(limit=1, window=600)
        async with AsyncClient(host=server.url, pacing=pacing, trust_env=False) as client:
            await client.users.get_users_me()
            async with anyio.create_task_group() as group:
                group.start_soon(client.send, users.get_users_me())
                await anyio.wait_all_tasks_blocked()
                assert waiting(client._cell.session) == 1
                group.cancel_scope.cancel()
            assert waiting(client._cell.session) == 0

    with scripted_server(lambda _: Reply(json={"id": "1"})) as server:
        anyio.run(main, backend=backend)
    assert len(server.requests) == 1


def test_an_interrupted_wait_gives_its_place_back(monkeypatch) -> None:
    class Interrupted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert waiting(client._cell.session) == 1
            raise KeyboardInterrupt

    pacing = Pacing(limit=1, window=600)
    with (
        scripted_server(lambda _: Reply(json={"id": "1"})) as server,
        Client(host=server.url, pacing=pacing, trust_env=False) as client,
    ):
        client.users.get_users_me()
        monkeypatch.setattr(type(client._event_loop), "wakeup", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            client.users.get_users_me()
        monkeypatch.undo()
        assert waiting(client._cell.session) == 0


def waiting(session: Session) -> int:
    """How many calls wait for a place."""
    pacer = session.pacer
    assert pacer is not None
    return len(pacer.windows[-1].queue)


@pytest.mark.slow
def test_twenty_threads_use_the_allowance_and_meet_no_refusal() -> None:
    server_side = Enforced(limit=300, window=6)
    begun = time.monotonic()
    stop = begun + 15

    with (
        scripted_server(server_side) as server,
        Client(
            host=server.url,
            pacing=Pacing(limit=300, window=6),
            retry=RetryConfiguration(max_retry_time_sec=60),
            trust_env=False,
        ) as client,
    ):

        def work() -> None:
            while time.monotonic() < stop:
                client.users.get_users_me()

        threads = [threading.Thread(target=work) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert server_side.refused == 0
    # Three windows begin within 15 s (at 0, 6 and 12, give or take the margin), each with an allowance of 300.
    assert sum(1 for at in server_side.served if at < stop) >= 0.97 * 900
