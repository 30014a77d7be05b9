"""A rate limit in files: alone, by several clients in all flavours, and by several processes."""

from __future__ import annotations

import asyncio
import errno
import gc
import itertools
import json
import math
import os
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
import trio

from genesys_cloud import (
    AsyncClient,
    Client,
    ClientCredentials,
    Pacing,
    RetryConfiguration,
    file_locking,
)
from genesys_cloud.budgets import FileBudget
from genesys_cloud.client import permits
from genesys_cloud.client.permits import SharedPermits
from genesys_cloud.testing import AsyncMockTransport, MockTransport, json_response
from genesys_cloud.token_stores import MemoryTokenStore
from genesys_core import errors
from genesys_core.api import users
from genesys_core.calls.rate_limit import reserve_permit
from genesys_core.clock import Now
from genesys_core.errors import BudgetBusyError, BudgetError
from genesys_core.oauth import Token
from genesys_core.session.budget import token_key
from tests.helpers.flavours import Api, every_flavour, run_asyncio, run_trio
from tests.helpers.interrupts import each_interrupt
from tests.helpers.server import Reply, scripted_server

ME = users.get_users_me()


def count(kept: bytes | None) -> tuple[bytes, int]:
    number = 0 if kept is None else int(kept)
    return str(number + 1).encode(), number


def test_a_key_has_a_state_of_its_own(tmp_path):
    budget = FileBudget(tmp_path / "new" / "budget")
    found = [budget.change_state(key, count, wait=1) for key in ("a", "a", "", "b", "a")]
    assert found == [0, 1, 0, 0, 2]
    assert FileBudget(tmp_path / "new" / "budget").change_state("a", count, wait=0) == 3
    for path in (tmp_path / "new").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_change_that_fails_changes_nothing(tmp_path):
    budget = FileBudget(tmp_path / "budget")
    budget.change_state("a", count, wait=0)

    def fail(_: bytes | None) -> tuple[bytes, None]:
        raise LookupError

    with pytest.raises(LookupError):
        budget.change_state("a", fail, wait=0)
    assert budget.change_state("a", count, wait=0) == 1


def test_others_are_waited_for(tmp_path, monkeypatch):
    held, seen = FileBudget(tmp_path / "budget"), []
    other = FileBudget(tmp_path / "budget")

    def change(kept: bytes | None) -> tuple[bytes, None]:
        with pytest.raises(BudgetBusyError, match=r"locked by another process or thread$"):
            other.change_state("b", count, wait=0)
        with pytest.raises(
            BudgetBusyError, match=r"another process or thread for more than 0\.01 s"
        ):
            other.change_state("b", count, wait=0.01)
        return b"", None

    held.change_state("a", change, wait=0)
    monkeypatch.setattr(file_locking.time, "sleep", seen.append)
    free = iter([False, False, True])
    monkeypatch.setattr(file_locking, "try_lock", lambda _: next(free))
    assert other.change_state("b", count, wait=60) == 0
    assert seen == [0.002, 0.002]


def test_threads_exclude_each_other(tmp_path):
    budget = FileBudget(tmp_path / "budget")
    work = lambda: [budget.change_state("a", count, wait=60) for _ in range(50)]  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.change_state("a", count, wait=0) == 200


def test_the_states_of_tokens_of_long_ago_are_removed(tmp_path):
    budget = FileBudget(tmp_path / "budget")
    old, new, newest = (token_key(Token(name)) for name in ("old", "new", "newest"))
    for key in (old, "", new):
        budget.change_state(key, count, wait=0)
    (tmp_path / f"budget.{old}.0123abcd.new").touch()  # its process was killed
    for path in tmp_path.iterdir():
        _make_old(path)
    budget.change_state(new, count, wait=0)
    budget.change_state(newest, count, wait=0)
    assert {path.name for path in tmp_path.iterdir()} == {
        "budget.lock",
        f"budget.{new}",
        f"budget.{newest}",
    }


def test_files_of_others_are_not_removed(tmp_path):
    budget = FileBudget(tmp_path / "budget")
    others = ["budget.py", "budget.xlsx", "budget.2025.none", "other.none", "budget.0123abcd.new"]
    for name in others:
        (tmp_path / name).touch()
        _make_old(tmp_path / name)
    budget.change_state("", count, wait=0)
    assert all((tmp_path / name).exists() for name in others)


def test_a_state_that_a_power_failure_has_emptied_is_none(tmp_path):
    budget = FileBudget(tmp_path / "budget")
    budget.change_state("a", count, wait=0)
    (tmp_path / "budget.a").write_bytes(b"")
    assert budget.change_state("a", count, wait=0) == 0


def _make_old(path: Path) -> None:
    long_ago = time.time() - 3 * 86_400
    os.utime(path, (long_ago, long_ago))


def test_a_full_disk_leaves_the_state_and_no_other_file(tmp_path, monkeypatch):
    budget = FileBudget(tmp_path / "budget")
    budget.change_state("a", count, wait=0)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(BudgetError, match="No space left"):
            budget.change_state("a", count, wait=0)
    assert {path.name for path in tmp_path.iterdir()} == {"budget.lock", "budget.a"}
    assert budget.change_state("a", count, wait=0) == 1


def test_what_cannot_be_used_is_an_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BudgetError, match=r"rate limit .*file/budget: .+"):
        FileBudget(tmp_path / "file" / "budget").change_state("a", count, wait=0)
    (tmp_path / "target").write_text("x")
    (tmp_path / "budget.lock").symlink_to(tmp_path / "target")
    with pytest.raises(BudgetError):
        FileBudget(tmp_path / "budget").change_state("a", count, wait=0)
    with pytest.raises(TypeError, match="path"):
        FileBudget(5)  # type: ignore[arg-type]


# --- clients


@every_flavour
def test_a_gate_that_cannot_be_closed_leaves_the_error_of_the_429_true(run, tmp_path):
    folder = tmp_path / "folder"

    def answer(_: object) -> Reply:
        # Another process replaces the directory while the request is under way.
        folder.rename(tmp_path / "moved")
        folder.write_text("x")
        return Reply(429, headers=(("Retry-After", "1"),))

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.RateLimitError) as caught:
            await api.send(ME)
        (note,) = [one for one in caught.value.__notes__ if "not paused" in one]
        assert note.startswith(
            "other calls are not paused, because the shared rate limit was not closed: rate limit "
        )
        assert "sent" not in note

    with scripted_server(answer) as server:
        budget = FileBudget(folder / "budget")
        run(scenario, host=server.url, access_token="t", budget=budget, pacing=Pacing())


@every_flavour
def test_clients_share_one_limit(run, tmp_path):
    slow = Pacing(limit=2, window=60)

    async def scenario(api: Api) -> None:
        for _ in range(2):
            await api.send(ME)
        other = Client if isinstance(api.client, Client) else AsyncClient
        made = other(host=server.url, access_token="t", pacing=slow, budget=FileBudget(path))
        mine, api.client = api.client, made
        with pytest.raises(errors.RateLimitError, match="not sent: the rate limit is 2 requests"):
            await api.send(ME.with_options(deadline=5))
        await finish(made)
        api.client = mine
        damaged = path.with_name(f"budget.{token_key(Token('t'))}")
        damaged.write_bytes(b"?")
        with pytest.raises(
            BudgetError, match=f"^rate limit in {re.escape(str(damaged))}: .*corrupt"
        ):
            await api.send(ME)

    async def finish(client: Client | AsyncClient) -> None:
        closing = client.close()
        if closing is not None:
            await closing

    path = tmp_path / "budget"
    with scripted_server(lambda _: Reply(json={})) as server:
        run(scenario, host=server.url, access_token="t", pacing=slow, budget=FileBudget(path))
    assert len(server.requests) == 2


class Busy(FileBudget):
    """Is locked by others at the first attempts, and notes each of them."""

    def __init__(self, path: Path, failures: float) -> None:
        super().__init__(path)
        self.failures = failures
        self.asked: list[tuple[float, threading.Thread]] = []
        self.then: Callable[[], object] = lambda: None

    def change_state(self, key, change, *, wait):
        self.asked.append((wait, threading.current_thread()))
        if len(self.asked) <= self.failures:
            raise BudgetBusyError("busy")
        try:
            return super().change_state(key, change, wait=wait)
        finally:
            self.then()


@every_flavour
def test_a_budget_that_others_hold_is_tried_again_without_a_thread(run, tmp_path):
    async def scenario(api: Api) -> None:
        await api.send(ME)
        assert budget.asked == [(0.0, threading.current_thread())] * 3

    budget = Busy(tmp_path / "budget", failures=2)
    with scripted_server(lambda _: Reply(json={})) as server:
        run(scenario, host=server.url, access_token="t", budget=budget)


@every_flavour
def test_a_budget_that_stays_locked_is_an_error(run, tmp_path, monkeypatch):
    clock = itertools.count(0, 10.0)
    monkeypatch.setattr(permits, "read_clocks", lambda: Now(next(clock), 0.0))

    async def scenario(api: Api) -> None:
        with pytest.raises(BudgetBusyError) as caught:
            await api.send(ME)
        assert caught.value.__notes__ == ["tried for 30 s; the request was not sent"]

    budget = Busy(tmp_path / "budget", failures=math.inf)
    with scripted_server(lambda _: Reply(json={})) as server:
        run(scenario, host=server.url, access_token="t", budget=budget)
    assert server.requests == []


@every_flavour
def test_a_budget_that_stays_locked_until_the_deadline_is_an_error(run, tmp_path, monkeypatch):
    clock = itertools.count(0, 1.0)
    monkeypatch.setattr(permits, "read_clocks", lambda: Now(next(clock) + time.monotonic(), 0.0))

    async def scenario(api: Api) -> None:
        with pytest.raises(BudgetBusyError) as caught:
            await api.send(ME)
        (note,) = caught.value.__notes__
        assert float(note.split()[2]) <= 3

    budget = Busy(tmp_path / "budget", failures=math.inf)
    with scripted_server(lambda _: Reply(json={})) as server:
        run(scenario, host=server.url, access_token="t", budget=budget, deadline=2)
    assert server.requests == []


async def _cancelled_in_asyncio(call, when) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(call())
    when(lambda: loop.call_soon_threadsafe(task.cancel))
    with pytest.raises(asyncio.CancelledError):
        await task


async def _cancelled_in_trio(call, when) -> None:
    token = trio.lowlevel.current_trio_token()
    with trio.CancelScope() as scope:
        when(lambda: token.run_sync_soon(scope.cancel))
        await call()
    assert scope.cancelled_caught


event_loops = pytest.mark.parametrize(
    ("run", "cancelled"),
    [(run_asyncio, _cancelled_in_asyncio), (run_trio, _cancelled_in_trio)],
    ids=["asyncio", "trio"],
)


@event_loops
def test_a_call_that_is_cancelled_while_it_reserves_keeps_no_reservation(run, cancelled, tmp_path):
    """It gets its reservation at the second attempt, and is cancelled before it continues."""
    budget = Busy(tmp_path / "budget", failures=0)

    async def scenario(api: Api) -> None:
        await api.send(ME)

        def when(cancel) -> None:
            budget.asked.clear()
            budget.failures, budget.then = 1, cancel

        await cancelled(lambda: api.send(ME), when)
        assert len(budget.asked) == 3  # in vain, for the reservation, and to release it
        assert api.session.pacer is not None
        assert api.session.pacer.windows[0].queue == ()

    pacing = Pacing(limit=1, window=60)
    retry = RetryConfiguration(max_retry_time_sec=120)
    options = {"access_token": "t", "pacing": pacing, "budget": budget, "retry": retry}
    with scripted_server(lambda _: Reply(json={})) as server:
        run(scenario, host=server.url, **options)


@event_loops
def test_a_call_that_waits_for_a_locked_budget_is_cancelled_at_once(run, cancelled, tmp_path):
    class Held(FileBudget):
        def change_state(self, key, change, *, wait):
            assert not wait, "it would block"
            try:
                return super().change_state(key, change, wait=wait)
            except BudgetBusyError:
                attempts.append(wait)
                if len(attempts) == 2:
                    self.cancel()
                raise

    attempts: list[float] = []
    budget = Held(tmp_path / "budget")

    async def scenario(api: Api) -> None:
        def when(cancel) -> None:
            budget.cancel = cancel

        with (tmp_path / "budget.lock").open("w") as file:
            assert file_locking.try_lock(file.fileno())
            await cancelled(lambda: api.send(ME), when)
            assert len(attempts) == 2
        await api.send(ME)

    with scripted_server(lambda _: Reply(json={})) as server:
        run(scenario, host=server.url, access_token="t", budget=budget)


def test_a_call_that_ends_early_releases_its_reservation(tmp_path):
    client = Client(
        host="https://api.example",
        access_token="t",
        transport=MockTransport(lambda _: json_response({})),
        pacing=Pacing(limit=1, window=60),
        budget=FileBudget(tmp_path / "budget"),
    )
    with client:
        client.send(ME)
        shared = client._permits
        assert isinstance(shared, SharedPermits)
        state = client._start(ME)
        waiting = shared._change(reserve_permit, state, 0)
        assert len(client._cell.session.pacer.windows[0].queue) == 1
        shared.release(waiting)
        assert client._cell.session.pacer.windows[0].queue == ()
        shared.release(state)


def test_calls_that_end_while_the_budget_is_locked_wait_for_it_only_once(tmp_path):
    budget = Busy(tmp_path / "budget", failures=0)
    client = Client(
        host="https://api.example",
        access_token="t",
        transport=MockTransport(lambda _: json_response({})),
        pacing=Pacing(limit=1, window=60),
        budget=budget,
    )
    with client:
        client.send(ME)
        shared = client._permits
        assert isinstance(shared, SharedPermits)
        waiting = [shared._change(reserve_permit, client._start(ME), 0) for _ in range(4)]
        budget.failures = len(budget.asked) + 2
        for state in waiting:
            shared.release(state)
        assert [wait for wait, _ in budget.asked[-4:]] == [0.05, 0, 0, 0.05]
        budget._path = tmp_path / "gone" / "x"
        (tmp_path / "gone").touch()
        shared.release(waiting[0])  # its reservation expires


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"budget": "file"}, TypeError, r"budget must be a budget .*FileBudget\(path\)"),
        ({"pacing": None}, errors.ConfigurationError, "budget and pacing=None"),
    ],
)
def test_arguments(tmp_path, options, error, words):
    with pytest.raises(error, match=words):
        Client(**{"trust_env": False, "budget": FileBudget(tmp_path / "b"), **options})


def test_a_budget_limits_local_hosts_as_well(tmp_path):
    transport = AsyncMockTransport(lambda _: json_response({}))
    client = AsyncClient(
        host="http://127.0.0.1:1", transport=transport, budget=FileBudget(tmp_path / "budget")
    )
    assert client._cell.session.pacer is not None


PROCESS = """
import json, sys
from genesys_cloud import Client, Pacing, RetryConfiguration
from genesys_cloud.budgets import FileBudget
from genesys_cloud.token_stores import MemoryTokenStore
from genesys_cloud.testing import MockTransport, json_response

path, calls = sys.argv[1], int(sys.argv[2])
sent = []
client = Client(
    host="https://api.example",
    access_token="t",
    transport=MockTransport(lambda _: json_response({})),
    pacing=Pacing(limit=20, window=0.5),
    budget=FileBudget(path),
    retry=RetryConfiguration(max_retry_time_sec=120),
)
with client:
    for _ in range(calls):
        client.users.get_users_me()
        sent.append(client._cell.session.pacer.windows[0].sent)
print(json.dumps(sorted({moment for moments in sent for moment in moments})))
"""


@pytest.mark.slow
def test_four_processes_stay_within_one_limit(tmp_path):
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "budget"), "25"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    outputs = [process.communicate(timeout=100)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 4
    moments = sorted({moment for output in outputs for moment in json.loads(output)})
    assert len(moments) == 100  # what each saw of the shared window, together: every call
    first = [*moments, float("inf")]
    assert all(first[n + 20] - first[n] >= 0.5 for n in range(len(moments) - 20))
    assert all(one < other for one, other in pairwise(moments))
    assert {path.name for path in Path(tmp_path).iterdir()} == {
        "budget.lock",
        f"budget.{token_key(Token('t'))}",
    }


@every_flavour
@pytest.mark.parametrize("has_budget", [False, True])
def test_a_token_that_is_shared_without_a_budget_is_told_once(run, tmp_path, caplog, has_budget):
    grant = ClientCredentials("id", "secret")

    def answer(seen):
        if seen.target.startswith("/oauth"):
            return Reply(json={"access_token": "t1", "expires_in": 3600, "token_type": "bearer"})
        return Reply(status=401 if seen.header("authorization") == "Bearer t1" else 200, json={})

    async def scenario(api: Api) -> None:
        await api.send(ME)
        await api.send(ME)

    class Shared(MemoryTokenStore):
        """Another client replaces the token as soon as there is one."""

        def save(self, key, token):
            super().save(key, token)
            super().save(key, Token("t2", expires_in=3600))

    options = {"budget": FileBudget(tmp_path / "budget")} if has_budget else {}
    with scripted_server(answer) as server:
        run(
            scenario,
            host=server.url,
            auth=grant,
            token_store=Shared(),
            pacing=Pacing(),
            **options,
        )
    warned = [record for record in caplog.records if "the token is shared" in record.message]
    assert len(warned) == (0 if has_budget else 1)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_an_interrupt_before_any_instruction_leaves_no_descriptor_open_and_no_lock_held(tmp_path):
    budget = FileBudget(tmp_path / "budget")
    change = partial(budget.change_state, "a", count, wait=0)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for position in each_interrupt(lambda: change, "budgets/file_budget.py"):
        gc.collect()  # the interrupt's traceback references the frames
        change()
        assert len(list(Path("/proc/self/fd").iterdir())) <= before, f"interrupted at {position}"
