"""Group 11: the pool, as far as it shows from outside."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable
from contextlib import suppress
from types import FrameType

from genesys_core import GenesysCloudError, TransportFailure
from genesys_core.transport import PoolStatistics
from tests.adapters.transports.conformance.cases_07_timeouts import SOON, patient
from tests.adapters.transports.conformance.certificates import server_context, trusted
from tests.adapters.transports.conformance.harness import Bench, F, R, case, descriptors
from tests.adapters.transports.conformance.network import unaccepting
from tests.adapters.transports.conformance.servers import (
    CLOSE,
    RESET,
    STALL,
    Peer,
    answering,
    chunked,
    head,
    reply,
    serving,
)
from tests.helpers.programs import free_port

HELLO = R(200, b"hello")
ASYNC = frozenset({"asyncio", "trio"})


@case(217, "the-limit-holds", needs="limit")
async def _(bench: Bench) -> None:
    bench.options = {"limit": 3}
    lock, now, most = threading.Lock(), 0, 0

    def script(peer: Peer) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        while peer.read():
            time.sleep(0.002)
            peer.send(reply())
        with lock:
            now -= 1

    with serving(script) as server:

        async def work(_: int) -> None:
            for _ in range(5):
                assert await bench.send(server.url, timeout=patient(pool=30)) == HELLO

        await bench.at_once(12, work)
        assert len(server.requests) == 60
        assert server.connections <= 3
        assert most <= 3


@case(218, "a-failed-dial-gives-its-place-back", slow=True, needs="linux limit")
async def _(bench: Bench) -> None:
    bench.options = {"limit": 1}
    port = free_port()
    with serving(answering(reply())) as server, unaccepting() as full:
        for _ in range(3):
            assert await bench.send(f"http://127.0.0.1:{port}/") == F("connect", False)
            outcome = await bench.send(f"http://127.0.0.1:{full}/", timeout=patient(connect=0.05))
            assert outcome == F("timeout", False)
        assert await bench.send(f"{server.url}/case", timeout=patient(pool=3)) == HELLO


@case(218, "a-cancelled-dial-gives-its-place-back", needs="linux limit", flavours=ASYNC)
async def _(bench: Bench) -> None:
    bench.options = {"limit": 1}
    with serving(answering(reply())) as server, unaccepting() as full:
        for _ in range(3):
            task = bench.start(lambda: bench.send(f"http://127.0.0.1:{full}/"))
            await bench.sleep(0.02)
            task.cancel()
            await bench.wait(task.done.is_set)
        assert await bench.send(f"{server.url}/case", timeout=patient(pool=3)) == HELLO


@case(219, "waiters-are-served-in-order", slow=True, needs="limit")
async def _(bench: Bench) -> None:
    bench.options = {"limit": 1}
    go = threading.Event()

    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/first":
                go.wait(20)
            peer.send(reply())

    with serving(script) as server:

        async def holder() -> None:
            # Back at once after its first call: it must queue behind those that wait.
            await bench.send(f"{server.url}/first")
            await bench.send(f"{server.url}/again")

        tasks = [bench.start(holder)]
        await bench.wait(lambda: server.requests)
        for number in range(4):
            tasks.append(bench.start(lambda number=number: bench.send(f"{server.url}/{number}")))
            await bench.sleep(0.05)
        go.set()
        for task in tasks:
            await task.result()
        targets = [seen.target for seen in server.requests]
        assert targets == ["/first", "/0", "/1", "/2", "/3", "/again"]
        assert server.connections == 1


@case(220, "a-waiter-that-gives-up-passes-its-place-on", slow=True, needs="limit", each={"timeout": "timeout", "cancel": "cancel"})  # fmt: skip
async def _(bench: Bench, how: str) -> None:
    if how == "cancel" and bench.is_sync:
        return  # a thread cannot be cancelled; interrupts are 233
    bench.options = {"limit": 1}
    go = threading.Event()

    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/hold":
                go.wait(20)
            peer.send(reply())

    with serving(script) as server:
        for _ in range(10):
            go.clear()
            asked = len(server.requests)
            hold = bench.start(lambda: bench.send(f"{server.url}/hold"))
            await bench.wait(lambda asked=asked: len(server.requests) > asked)
            pool = 0.02 if how == "timeout" else 20.0
            leaver = bench.start(lambda pool=pool: bench.send(f"{server.url}/left", timeout=patient(pool=pool)))  # fmt: skip
            stayer = bench.start(lambda: bench.send(f"{server.url}/stays"))
            await bench.sleep(0.02)  # about when the leaver gives up
            go.set()
            if how == "cancel":
                leaver.cancel()
            assert await hold.result() == HELLO
            assert await stayer.result() == HELLO
            await bench.wait(leaver.done.is_set)
            if leaver.error is None:
                assert leaver.value in (HELLO, F("timeout", False))
        assert await bench.send(f"{server.url}/", timeout=patient(pool=3)) == HELLO


@case(221, "a-waiter-takes-what-comes-first", needs="limit", each={"freed": (), "opened": ("Connection: close",)})  # fmt: skip
async def _(bench: Bench, fields: tuple[str, ...]) -> None:
    # A connection that is being opened belongs to the call that opens it: a waiter has none.
    bench.options = {"limit": 1}
    go = threading.Event()

    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/hold":
                go.wait(20)
            peer.send(reply(b"hello", *fields))

    with serving(script) as server:
        hold = bench.start(lambda: bench.send(f"{server.url}/hold"))
        await bench.wait(lambda: server.requests)
        waiter = bench.start(lambda: bench.send(f"{server.url}/waits", timeout=patient(pool=20)))
        await bench.wait(lambda: bench.transport.statistics().waiting == 1)
        go.set()
        assert [await hold.result(), await waiter.result()] == [HELLO, HELLO]
        assert server.connections == (2 if fields else 1)
        idle = 0 if fields else 1
        await bench.wait(lambda: bench.transport.statistics() == PoolStatistics(idle, idle, 0))


@case(222, "an-idle-connection-elsewhere-makes-way", needs="limit")
async def _(bench: Bench) -> None:
    bench.options = {"limit": 2}
    with (
        serving(answering(reply())) as one,
        serving(answering(reply())) as two,
        serving(answering(reply())) as three,
    ):
        for server in (one, two, three):
            assert await bench.send(f"{server.url}/case", timeout=patient(pool=3)) == HELLO
        # The one that was idle longest is closed; the other stays.
        await bench.wait(one.peer(0).ended.is_set)
        assert await bench.send(f"{two.url}/case") == HELLO
        assert two.connections == 1


@case(223, "a-slow-origin-does-not-fill-the-pool", needs="limit")
async def _(bench: Bench) -> None:
    bench.options = {"limit": 3, "per_origin": 2}
    go = threading.Event()

    def slow(peer: Peer) -> None:
        while peer.read():
            go.wait(20)
            peer.send(reply())

    with serving(slow) as one, serving(answering(reply())) as two:
        held = [bench.start(lambda: bench.send(f"{one.url}/case")) for _ in range(5)]
        await bench.wait(lambda: len(one.requests) == 2)
        assert await bench.send(f"{two.url}/case", timeout=patient(pool=3)) == HELLO
        assert len(one.requests) == 2
        go.set()
        assert [await task.result() for task in held] == [HELLO] * 5
        assert one.connections <= 2


@case(224, "10000-requests-over-100-connections", slow=True)
async def _(bench: Bench) -> None:
    chance = random.Random(224)
    plans = [chance.choice(["length"] * 12 + ["chunked"] * 5 + ["close", "cut", "reset", "surplus"]) for _ in range(10_000)]  # fmt: skip

    def script(peer: Peer) -> None:
        while seen := peer.read():
            number = int(seen.target[1:])
            body = b"%d:" % number + b"x" * (number % 300)
            match plans[number]:
                case "length":
                    peer.send(reply(body))
                case "chunked":
                    peer.send(chunked(body[:3], body[3:]))
                case "close":
                    peer.play(reply(body, "Connection: close"), CLOSE)
                case "cut":
                    peer.play(head(f"Content-Length: {len(body) + 5}"), body, CLOSE)
                case "reset":
                    peer.play(RESET)
                case "surplus":
                    peer.send(reply(body) + reply(b"stray"))

    left = iter(range(10_000))
    cut = F("closed", True)

    open_connections = getattr(bench.transport, "connections", lambda: 0)

    with serving(script) as one, serving(script) as other:
        urls = (one.url, other.url)

        async def work(_: int) -> None:
            for number in left:
                url = f"{urls[number % 2]}/{number}"
                outcome = await bench.send(url, "POST", b"%d" % number, timeout=patient(pool=60))
                body = b"%d:" % number + b"x" * (number % 300)
                failing = plans[number] in {"cut", "reset"}
                assert outcome == (cut if failing else R(200, body)), (plans[number], outcome)
                # Servers see the end of a connection later than the client brings it about.
                assert open_connections() <= 100

        await bench.at_once(100, work)
        asked = Counter(seen.target for seen in (*one.requests, *other.requests))
        assert asked == Counter(f"/{number}" for number in range(10_000))


class Steps:
    """How many functions of the library are called while something is done."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        self.count += event == "call" and "/genesys_c" in frame.f_code.co_filename

    async def counted(self, work: Awaitable[object]) -> int:
        self.count, before = 0, sys.getprofile()
        sys.setprofile(self)
        try:
            await work
        finally:
            sys.setprofile(before)
        return self.count


@case(225, "as-many-steps-with-many-connections", needs="exchange linux")
async def _(bench: Bench) -> None:
    async def fewest() -> int:
        counts = [await Steps().counted(bench.send(f"{url}/case")) for _ in range(5)]
        return min(counts)

    with serving(answering(reply()), host="0.0.0.0") as server:
        url = f"http://127.0.0.1:{server.port}"
        await bench.send(f"{url}/case")
        few = await fewest()
        for origin in range(2, 90):
            assert await bench.send(f"http://127.0.0.{origin}:{server.port}/case") == HELLO
        assert bench.transport.connections() == 89
        assert await fewest() <= few


@case(226, "many-origins-beside-one-in-use", needs="linux")
async def _(bench: Bench) -> None:
    go = threading.Event()

    def slow(peer: Peer) -> None:
        while peer.read():
            peer.send(head("Content-Length: 5") + b"he")
            go.wait(20)
            peer.send(b"llo")

    with serving(slow) as server, serving(answering(reply()), host="0.0.0.0") as many:
        if "limit" in bench.subject.can:
            bench.options = {"limit": 2}
        held = bench.start(lambda: bench.send(f"{server.url}/case"))
        await bench.wait(lambda: server.requests)
        for origin in range(1, 150):
            url = f"http://127.0.1.{origin}:{many.port}/case"
            assert await bench.send(url, timeout=patient(pool=3)) == HELLO
            if "limit" in bench.subject.can:
                assert bench.transport.connections() <= 2
        go.set()
        assert await held.result() == HELLO
        assert len(many.requests) == 149


@case(227, "closed-while-calls-are-under-way")
async def _(bench: Bench) -> None:
    go = threading.Event()

    def script(peer: Peer) -> None:
        while peer.read():
            go.wait(20)
            peer.send(reply())

    with serving(script) as server:
        transport = bench.transport
        tasks = [bench.start(lambda: bench.send(server.url, timeout=patient(read=5))) for _ in range(3)]  # fmt: skip
        await bench.wait(lambda: len(server.requests) == 3)
        await bench.over(transport.close())
        go.set()
        for task in tasks:
            await bench.wait(task.done.is_set)
            assert task.error is None, task.error
            assert task.value in (HELLO, F("closed", True)), task.value
        for _ in range(2):
            try:
                outcome = await bench.exchange(bench.request(server.url), transport)
            except GenesysCloudError as error:
                assert "closed" in str(error)
            else:
                raise AssertionError(outcome)
        await bench.over(transport.close())
        await bench.wait(lambda: all(peer.ended.is_set() for peer in server.peers))
        assert len(server.requests) == 3


@case(228, "given-back-after-close", needs="stream")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        transport = bench.transport
        try:
            async with bench.stream(bench.request(f"{server.url}/case")) as streamed:
                await bench.over(transport.close())
                await streamed.read()
        except TransportFailure:
            pass
        await bench.wait(server.peer(0).ended.is_set)


@case(229, "the-last-one-first")
async def _(bench: Bench) -> None:
    release = {"/1": threading.Event(), "/2": threading.Event()}

    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target in release:
                release[seen.target].wait(20)
            peer.send(reply())

    with serving(script) as server:
        first = bench.start(lambda: bench.send(f"{server.url}/1"))
        await bench.wait(lambda: len(server.requests) == 1)
        second = bench.start(lambda: bench.send(f"{server.url}/2"))
        await bench.wait(lambda: len(server.requests) == 2)
        release["/1"].set()
        assert await first.result() == HELLO
        release["/2"].set()
        assert await second.result() == HELLO
        for _ in range(3):
            assert await bench.send(f"{server.url}/3") == HELLO
        assert [seen.connection for seen in server.requests] == [1, 2, 2, 2, 2]


FAILURES = {
    "cut": (head("Content-Length: 5"), b"he", CLOSE),
    "reset": (RESET,),
    "garbage": (b"nonsense\r\n\r\n",),
    "silence": (STALL,),
    "bad-gzip": (reply(b"plain", "Content-Encoding: gzip"),),
}


@case(231, "descriptors-after-failures", slow=True, each=FAILURES, needs="linux")
async def _(bench: Bench, actions) -> None:
    with serving(answering(*actions)) as server:
        await bench.send(f"{server.url}/next")
        for _ in range(2):
            await bench.send(f"{server.url}/case", timeout=patient(read=0.05))
        await bench.wait(lambda: all(peer.ended.is_set() for peer in server.peers[:-1]))
        await bench.sleep(0.01)
        before = descriptors()
        for _ in range(8):
            await bench.send(f"{server.url}/case", timeout=patient(read=0.05))
        await bench.wait(lambda: all(peer.ended.is_set() for peer in server.peers[:-1]))
        await bench.wait(lambda: descriptors() <= before + 2)


@case(231, "descriptors-after-failed-dials", needs="linux tls", slow=True)
async def _(bench: Bench) -> None:
    bench.options = {"verify": trusted()}

    def script(peer: Peer) -> None:
        peer.start_tls(server_context(by="stranger"))

    port = free_port()
    with serving(script) as server, unaccepting() as full:
        urls = (f"http://127.0.0.1:{port}/", f"https://127.0.0.1:{server.port}/", f"http://127.0.0.1:{full}/")  # fmt: skip

        async def all_fail() -> None:
            for url in urls:
                assert isinstance(await bench.send(url, timeout=patient(connect=SOON)), F)
            await bench.wait(lambda: all(peer.ended.is_set() for peer in server.peers))

        await all_fail()
        before = descriptors()
        for _ in range(4):
            await all_fail()
        await bench.wait(lambda: descriptors() <= before + 1)


@case(230, "left-and-read-again-while-another-has-it", needs="stream")
async def _(bench: Bench) -> None:
    go = threading.Event()

    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/second":
                peer.send(head("Content-Length: 5") + b"he")
                go.wait(20)
                peer.send(b"llo")
            else:
                peer.send(reply())

    with serving(script) as server:
        async with bench.stream(bench.request(f"{server.url}/first")) as first:
            assert await first.read() == b"hello"
        second = bench.start(lambda: bench.send(f"{server.url}/second"))
        await bench.wait(lambda: server.asked("/second"))
        for _ in range(2):
            with suppress(GenesysCloudError, TransportFailure, RuntimeError):
                assert await first.read() == b""
            await first.chunks.aclose()
        go.set()
        assert await second.result() == HELLO
        assert await bench.send(f"{server.url}/third") == HELLO
        assert len(server.requests) == 3
