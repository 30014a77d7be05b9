"""Group 12: threads, tasks, processes and loops."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import trio

from genesys_core import TransportFailure
from tests.adapters.transports.conformance.cases_07_timeouts import patient
from tests.adapters.transports.conformance.harness import Bench, F, R, case, descriptors, run_now
from tests.adapters.transports.conformance.servers import (
    CLOSE,
    Peer,
    answering,
    chunked,
    head,
    reply,
    serving,
)
from tests.helpers.interrupts import interrupt_at
from tests.helpers.programs import free_port

HELLO = R(200, b"hello")
SYNC = frozenset({"sync"})
ASYNC = frozenset({"asyncio", "trio"})


@case(232, "100-calls-at-once")
async def _(bench: Bench) -> None:
    # The server answers none of them before it has read all: a lock held over a read would hang.
    together = threading.Barrier(100)

    def script(peer: Peer) -> None:
        peer.read()
        together.wait(20)
        peer.send(reply(b"%d" % peer.number))

    with serving(script) as server:
        outcomes = await bench.at_once(100, lambda _: bench.send(server.url))
        assert sorted(int(outcome.body) for outcome in outcomes) == list(range(1, 101))


class CancelledAt:
    """An awaitable that has its task cancelled at the n-th time that it really waits."""

    def __init__(self, work: Coroutine[Any, Any, Any], count: int, cancel: Callable[[], None]):
        self._work, self._count, self._cancel = work, count, cancel
        self.reached = False

    def __await__(self):
        value: Any = None
        steps = 0
        error: BaseException | None = None
        while True:
            try:
                waits_for = self._work.send(value) if error is None else self._work.throw(error)
            except StopIteration as stop:
                return stop.value
            value, error = None, None
            steps += 1
            if steps == self._count:
                self.reached = True
                self._cancel()
            try:
                value = yield waits_for
            except BaseException as raised:  # noqa: BLE001 - handed on to where it belongs
                error = raised


async def cancelled_at(bench: Bench, count: int, work: Callable[[], Coroutine[Any, Any, Any]]) -> bool:  # fmt: skip
    """Cancel something at its n-th checkpoint; whether it had so many."""
    cell: list[CancelledAt] = []

    async def run() -> None:
        cell.append(CancelledAt(work(), count, task.cancel))
        await cell[0]

    task = bench.start(run)
    await bench.wait(task.done.is_set)
    if task.error is not None:
        assert cell[0].reached
        assert isinstance(task.error, asyncio.CancelledError | trio.Cancelled), repr(task.error)
    return cell[0].reached


REPLIES = {
    "length": (reply(b"one"),),
    "pieces": (head("Content-Length: 3"), b"o", b"ne"),
    "chunked": (chunked(b"o", b"ne"),),
    "close": (head(), b"one", CLOSE),
}


@case(234, "cancelled-at-each-checkpoint", flavours=ASYNC, each=REPLIES)
async def _(bench: Bench, actions) -> None:
    with serving(answering(*actions)) as server:
        other = bench.start(lambda: bench.send(f"{server.url}/next"))
        await other.result()
        for count in range(1, 60):
            # Both a fresh connection and a reused one are met: every second call is cancelled.
            reached = await cancelled_at(bench, count, lambda: bench.send(f"{server.url}/case"))
            assert await bench.send(f"{server.url}/next") == R(200, b"next")
            if not reached:
                break
        else:
            raise AssertionError("no end of checkpoints")
        assert await bench.at_once(20, lambda _: bench.send(f"{server.url}/next")) == [R(200, b"next")] * 20  # fmt: skip


@case(234, "a-cancelled-call-gives-its-place-back", needs="limit", flavours=ASYNC)
async def _(bench: Bench) -> None:
    bench.options = {"limit": 1}
    with serving(answering(reply(b"one", "Connection: close"))) as server:
        for count in range(1, 60):
            if not await cancelled_at(bench, count, lambda: bench.send(f"{server.url}/case")):
                break
            outcome = await bench.send(f"{server.url}/next", timeout=patient(pool=3))
            assert outcome == R(200, b"next")


@case(234, "a-stream-cancelled-at-each-checkpoint", needs="stream", flavours=ASYNC)
async def _(bench: Bench) -> None:
    async def read(url: str) -> None:
        async with bench.stream(bench.request(url)) as streamed:
            assert await streamed.read() == b"one"

    with serving(answering(head("Content-Length: 3"), b"o", b"ne")) as server:
        for count in range(1, 60):
            reached = await cancelled_at(bench, count, lambda: read(f"{server.url}/case"))
            assert await bench.send(f"{server.url}/next") == R(200, b"next")
            if not reached:
                break


@case(235, "cancelled-after-the-reply", flavours=ASYNC)
async def _(bench: Bench) -> None:
    async def work() -> object:
        outcomes.append(await bench.send(f"{server.url}/case"))
        await bench.sleep(10)

    outcomes: list[object] = []
    with serving(answering(reply())) as server:
        for _ in range(5):
            task = bench.start(work)
            await bench.wait(lambda: outcomes)
            task.cancel()
            await bench.wait(task.done.is_set)
            assert outcomes.pop() == HELLO
        assert server.connections == 1


async def _exchange(bench: Bench, request: Any, transport: Any, _: int) -> object:
    return await bench.exchange(request, transport)


@case(236, "cancelled-while-closing", flavours=ASYNC)
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        for count in range(1, 30):
            transport = bench.another()
            request = bench.request(f"{server.url}/case")
            await bench.at_once(2, partial(_exchange, bench, request, transport))
            if not await cancelled_at(bench, count, transport.close):
                break
            await bench.wait(lambda: all(peer.ended.is_set() for peer in server.peers))


@case(245, "a-cancel-and-another-calls-connection", flavours=ASYNC)
async def _(bench: Bench) -> None:
    go = threading.Event()

    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/slow":
                go.wait(20)
            peer.send(reply())

    with serving(script) as server:
        first = bench.start(lambda: bench.send(server.url))
        assert await first.result() == HELLO
        second = bench.start(lambda: bench.send(f"{server.url}/slow"))
        await bench.wait(lambda: len(server.requests) == 2)
        first.cancel()  # it is over; its connection is the second's
        await bench.sleep(0.01)
        go.set()
        assert await second.result() == HELLO
        assert server.connections == 1


@case(237, "a-fork-with-an-idle-connection", flavours=SYNC, slow=True, needs="linux")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        while seen := peer.read():
            peer.send(reply(seen.target.encode()))

    with serving(script) as server:
        assert await bench.send(f"{server.url}/parent") == R(200, b"/parent")
        children = []
        for number in range(3):
            reader, writer = os.pipe()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # threads, and a fork
                child = os.fork()
            if child == 0:
                try:
                    outcome = await bench.send(f"{server.url}/child{number}")
                    await bench.close()
                    os.write(writer, repr(outcome).encode())
                finally:
                    os._exit(0)
            os.close(writer)
            children.append((child, reader))
        assert await bench.send(f"{server.url}/parent") == R(200, b"/parent")
        for number, (child, reader) in enumerate(children):
            with os.fdopen(reader, "rb") as stream:
                assert stream.read() == repr(R(200, b"/child%d" % number)).encode()
            os.waitpid(child, 0)
        assert await bench.send(f"{server.url}/parent") == R(200, b"/parent")
        parents = {seen.connection for seen in server.asked("/parent")}
        others = [seen.connection for seen in server.asked("/child")]
        assert parents == {1}
        assert len(set(others) - parents) == 3


def in_a_loop(flavour: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run something in a loop of its own, in a thread of its own."""
    result: list[Any] = []

    def run() -> None:
        try:
            result.append(asyncio.run(work()) if flavour == "asyncio" else trio.run(work))
        except BaseException as error:  # noqa: BLE001 - raised again below
            result.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(30)
    assert result, "the loop hangs"
    if isinstance(result[0], BaseException):
        raise result[0]
    return result[0]


@case(233, "interrupted-at-each-instruction", needs="interrupts", flavours=SYNC, slow=True)
async def _(bench: Bench) -> None:
    bench.options = {"limit": 2}
    files = tuple(bench.subject.interruptible)

    with serving(answering(reply())) as server:

        def calls() -> None:
            # A fresh connection, a reused one, and one that the server closes.
            for path in ("/case", "/next"):
                run_now(bench.send(server.url + path))

        position, step = 0, 1
        while interrupt_at(position, calls, files)[0]:
            position += step
            step = 1 + position // 500  # the beginning in full, then samples
            if position % 50 == 0:
                assert await bench.send(f"{server.url}/next", timeout=patient(pool=3)) == R(200, b"next")  # fmt: skip
        for _ in range(100):
            assert await bench.send(f"{server.url}/next", timeout=patient(pool=3)) == R(200, b"next")  # fmt: skip
        assert position > 100


GEVENT = """
from gevent import monkey
monkey.patch_all()
import sys
sys.path[:0] = {path!r}
from tests.adapters.transports.conformance import test_conformance as suite
from tests.adapters.transports.conformance.harness import CASES, run
from tests.adapters.transports.conformance.subjects import subject
for name in {cases!r}:
    run(subject({name!r}), CASES[name])
    print(name, flush=True)
"""

CORE_CASES = (
    "001-in-one-piece",
    "002-cut-at-every-offset",
    "004-closed-after-1-of-5",
    "064-while-idle-a-reply",
    "065-closed-while-idle-POST",
    "088-a-body-of-bytes-POST",
    "113-three-members",
    "131-no-reply-at-all",
    "141-several-timeouts-at-once",
    "165-trusted",
    "186-a-large-reply",
    "194-an-https-origin-name",
    "232-100-calls-at-once",
)


@case(244, "core-cases-under-gevent", flavours=SYNC, slow=True)
async def _(bench: Bench) -> None:
    from tests.adapters.transports.conformance import deviations

    name = bench.subject.name
    cases = [each for each in CORE_CASES if deviations.reason(name, each) is None]
    source = GEVENT.format(path=[*sys.path, str(Path.cwd())], cases=cases, name=name)
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, cases), done.stderr[-3000:]


@case(238, "one-loop-after-another", flavours=ASYNC)
async def _(bench: Bench) -> None:
    transport = bench.another()
    with serving(answering(reply())) as server:
        request = bench.request(f"{server.url}/case")
        for _ in range(3):
            for _ in range(2):
                outcome = in_a_loop(
                    bench.subject.flavour, lambda: bench.exchange(request, transport)
                )
                assert outcome == HELLO
        assert await bench.exchange(request, transport) == HELLO


@case(238, "two-loops-at-once", flavours=ASYNC)
async def _(bench: Bench) -> None:
    transport = bench.another()
    with serving(answering(reply())) as server:
        request = bench.request(f"{server.url}/case")

        async def work() -> list[object]:
            return [await bench.exchange(request, transport) for _ in range(20)]

        results: list[list[object]] = []
        threads = [
            threading.Thread(target=lambda: results.append(in_a_loop(bench.subject.flavour, work)))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert results == [[HELLO] * 20] * 2


@case(239, "made-outside-a-loop", flavours=ASYNC)
async def _(bench: Bench) -> None:
    made: list[Any] = []
    thread = threading.Thread(target=lambda: made.append(bench.another()))
    thread.start()
    thread.join()
    with serving(answering(reply())) as server:
        assert await bench.exchange(bench.request(f"{server.url}/case"), made[0]) == HELLO


@case(240, "a-loop-that-ends-with-open-connections", flavours=ASYNC)
async def _(bench: Bench) -> None:
    seen: list[object] = []
    before = sys.unraisablehook
    sys.unraisablehook = lambda event: seen.append(event.exc_value)
    try:
        with serving(answering(reply())) as server, warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            request = bench.request(f"{server.url}/case")
            in_a_loop(bench.subject.flavour, lambda: bench.exchange(request, bench.subject.make()))
            gc.collect()
            await bench.wait(lambda: all(peer.ended.is_set() for peer in server.peers))
    finally:
        sys.unraisablehook = before
    assert seen == []


@case(241, "collected-without-close", needs="linux")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        # Some event loops open more on their first connection, and keep it.
        assert await bench.send(f"{server.url}/next") == R(200, b"next")
        before = descriptors()
        transport = bench.subject.make()
        cycle: list[Any] = [transport]
        cycle.append(cycle)
        assert await bench.exchange(bench.request(f"{server.url}/case"), transport) == HELLO
        del transport, cycle
        gc.collect()
        await bench.sleep(0.01)
        gc.collect()
        await bench.wait(server.peer(-1).ended.is_set, 5)
        await bench.wait(lambda: descriptors() <= before)


PROGRAM = """
import sys, threading, time
sys.path[:0] = {path!r}
from tests.adapters.transports.conformance.subjects import subject
from genesys_core import Request
transport = subject({name!r}).make()
def call():
    try:
        transport.send(Request("GET", {url!r}))
    except Exception:
        pass
thread = threading.Thread(target=call, daemon=True)
thread.start()
time.sleep(0.2)
print("leaving", flush=True)
"""


@case(242, "an-exit-with-calls-under-way", flavours=SYNC, slow=True)
async def _(bench: Bench) -> None:
    with serving(lambda peer: peer.drain()) as server:
        source = PROGRAM.format(
            path=[*sys.path, str(Path.cwd())], name=bench.subject.name, url=server.url
        )
        done = subprocess.run(
            [sys.executable, "-c", source], capture_output=True, text=True, timeout=30, check=False
        )
        assert (done.returncode, done.stdout) == (0, "leaving\n"), done.stderr


@case(243, "no-cycles-per-failed-call", each={"refused": "refused", "cut": "cut"})
async def _(bench: Bench, how: str) -> None:
    with serving(answering(head("Content-Length: 5"), b"he", CLOSE)) as server:
        port = free_port()
        url = f"http://127.0.0.1:{port}/" if how == "refused" else f"{server.url}/case"
        for _ in range(3):
            assert isinstance(await bench.send(url), F)
        gc.collect()
        gc.disable()
        try:
            for _ in range(10):
                await bench.send(url)
            await bench.sleep(0)
            gc.collect()
            gc.set_debug(gc.DEBUG_SAVEALL)
            for _ in range(10):
                await bench.send(url)
            await bench.sleep(0)
            gc.collect()
            cycles = [each for each in gc.garbage if isinstance(each, BaseException)]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
        assert len(cycles) == 0


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception, and all that a pickler or a reporter of errors finds behind it."""
    following: list[BaseException | None] = [error]
    while following:
        if (each := following.pop()) is not None:
            yield each
            following += [each.__cause__, each.__context__]


@case(246, "failures-can-be-pickled-and-copied")
async def _(bench: Bench) -> None:
    port = free_port()
    request = bench.request(
        f"http://user:hunter2@127.0.0.1:{port}/", headers=(("Authorization", "Bearer hunter2"),)
    )
    try:
        await bench.over(bench.transport.send(request))
    except TransportFailure as failure:
        for copied in (pickle.loads(pickle.dumps(failure)), copy.copy(failure), copy.deepcopy(failure)):  # fmt: skip
            assert (copied.kind, copied.sent, str(copied)) == ("connect", False, str(failure))
        # Some libraries (tblib) let every exception be pickled with its causes and contexts.
        for each in _chain(failure):
            assert b"hunter2" not in pickle.dumps((each.args, vars(each))), repr(each)
    else:
        raise AssertionError("nobody listens there")
