"""Group 4: connections that are used again, and the races around them."""

from __future__ import annotations

import threading
import time
from unittest.mock import patch

from tests.adapters.transports.conformance.harness import CLOSED, KEPT, Bench, F, R, case, exchange
from tests.adapters.transports.conformance.servers import (
    CLOSE,
    HALF_CLOSE,
    RESET,
    THREAD,
    Peer,
    Script,
    Server,
    answering,
    chunked,
    reply,
    serving,
)

HELLO = R(200, b"hello")
NEXT = R(200, b"next")
CUT = F("closed", True)

SURPLUS = {"one-byte": b"x", "crlf": b"\r\n", "a-reply": reply(b"stray"), "a-408": reply(b"", "Connection: close", status="408 Request Timeout")}  # fmt: skip

for name, data in SURPLUS.items():
    exchange(64, f"in-the-same-read-{name}", reply() + data, expect=HELLO, fate=CLOSED)
    exchange(64, f"after-chunks-{name}", chunked(b"hello") + data, expect=HELLO, fate=CLOSED)


async def idle_then(bench: Bench, do, expect_fate: str = CLOSED) -> Server:
    """After a reply, the server does something on the idle connection; then the next request."""
    answered, done = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/next":
                peer.send(reply(b"next"))
                continue
            peer.send(reply())
            assert answered.wait(20)
            try:
                do(peer)
            finally:
                done.set()

    with serving(script) as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        answered.set()
        await bench.wait(done.is_set)
        await bench.sleep(0.01)  # loopback has delivered by then; no outcome rests on it
        await bench.check_fate(server, expect_fate)
        assert len(server.asked("/next")) == 1
        return server


@case(64, "while-idle", each=SURPLUS)
async def _(bench: Bench, data: bytes) -> None:
    await idle_then(bench, lambda peer: peer.send(data))


@case(65, "closed-while-idle", each={"GET": "GET", "POST": "POST"})
async def _(bench: Bench, method: str) -> None:
    answered = threading.Event()

    def script(peer: Peer) -> None:
        while peer.read():
            peer.send(reply(b"%d" % peer.number))
            if peer.number == 1:
                assert answered.wait(20)
                peer.half_close()
                done.set()

    done = threading.Event()
    with serving(script) as server:
        assert await bench.send(server.url) == R(200, b"1")
        answered.set()
        await bench.wait(done.is_set)
        await bench.sleep(0.01)
        body = b"x" if method == "POST" else None
        assert await bench.send(server.url, method, body) == R(200, b"2")
        assert [(seen.method, seen.connection) for seen in server.requests] == [("GET", 1), (method, 2)]  # fmt: skip


def ending(how: str, on: int = 1, ever: bool = False) -> Script:
    """Connections whose second request is answered by their end, before any byte."""

    def script(peer: Peer) -> None:
        asked = 0
        while peer.read():
            asked += 1
            if asked > on or (ever and peer.number > 1):
                peer.play(CLOSE if how == "close" else RESET)
            peer.send(reply(b"%d" % peer.number))

    return script


IDEMPOTENT = {f"{method}-{how}": (method, how) for method in ("GET", "HEAD", "PUT", "DELETE") for how in ("close", "reset")}  # fmt: skip


@case(66, "ended-before-any-byte", each=IDEMPOTENT)
async def _(bench: Bench, situation: tuple[str, str]) -> None:
    method, how = situation
    body = b"x" if method == "PUT" else None
    with serving(ending(how)) as server:
        assert await bench.send(server.url) == R(200, b"1")
        expected = R(200, b"" if method == "HEAD" else b"2")
        assert await bench.send(server.url, method, body) == expected
        assert [seen.connection for seen in server.requests] == [1, 1, 2]
        assert server.requests[1].body == server.requests[2].body == (body or b"")


UNSAFE = {f"{method}-{how}": (method, how) for method in ("POST", "PATCH") for how in ("close", "reset")}  # fmt: skip


@case(66, "ended-before-any-byte", each=UNSAFE)
async def _(bench: Bench, situation: tuple[str, str]) -> None:
    method, how = situation
    with serving(ending(how)) as server:
        assert await bench.send(server.url) == R(200, b"1")
        assert await bench.send(server.url, method, b"x") == CUT
        assert [seen.connection for seen in server.requests] == [1, 1]


@case(67, "reset-while-idle", each={"GET": "GET", "POST": "POST", "PATCH": "PATCH"})
async def _(bench: Bench, method: str) -> None:
    # No byte of the next request is written, so that it may go out elsewhere whatever it is.
    answered = threading.Event()

    def script(peer: Peer) -> None:
        while peer.read():
            peer.send(reply(b"%d" % peer.number))
            if peer.number == 1:
                assert answered.wait(20)
                peer.abort()

    with serving(script) as server:
        assert await bench.send(server.url) == R(200, b"1")
        answered.set()
        await bench.wait(server.peer(0).ended.is_set)
        await bench.sleep(0.01)
        body = None if method == "GET" else b"x"
        assert await bench.send(server.url, method, body) == R(200, b"2")
        assert [seen.connection for seen in server.requests] == [1, 2]


@case(68, "ended-on-a-fresh-connection", each={"GET": "GET", "PUT": "PUT", "POST": "POST"})
async def _(bench: Bench, method: str) -> None:
    with serving(answering(RESET)) as server:
        assert await bench.send(f"{server.url}/case", method, b"x") == CUT
        assert len(server.requests) == 1


@case(69, "ended-on-the-fresh-connection-too", each={"close": "close", "reset": "reset"})
async def _(bench: Bench, how: str) -> None:
    with serving(ending(how, ever=True)) as server:
        assert await bench.send(server.url) == R(200, b"1")
        assert await bench.send(server.url) == CUT
        assert [seen.connection for seen in server.requests] == [1, 1, 2]


@case(70, "a-restarted-server")
async def _(bench: Bench) -> None:
    count = 10
    together, restart = threading.Barrier(count), threading.Event()

    def script(peer: Peer) -> None:
        if peer.number > count:
            while peer.read():
                peer.send(NEXT_REPLY)
            return
        peer.read()
        together.wait(20)
        peer.send(reply())
        assert restart.wait(20)
        peer.half_close()
        gone.append(peer.number)

    gone: list[int] = []
    with serving(script) as server:
        outcomes = await bench.at_once(count, lambda _: bench.send(server.url))
        assert outcomes == [HELLO] * count
        restart.set()
        await bench.wait(lambda: len(gone) == count)
        await bench.sleep(0.01)
        for _ in range(3):
            assert await bench.send(f"{server.url}/next", "POST", b"x") == NEXT
        assert server.connections == count + 1
        assert len(server.asked("/next")) == 3


NEXT_REPLY = reply(b"next")


@case(71, "closed-after-one-byte", each={"GET": "GET", "PUT": "PUT", "POST": "POST"})
async def _(bench: Bench, method: str) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.send(reply())
        peer.read()
        peer.play(b"H", CLOSE)

    with serving(script) as server:
        assert await bench.send(server.url) == HELLO
        assert await bench.send(server.url, method, b"x") == CUT
        assert len(server.requests) == 2


@case(72, "an-unsolicited-408")
async def _(bench: Bench) -> None:
    def do(peer: Peer) -> None:
        peer.send(reply(b"slow", "Connection: close", status="408 Request Timeout"))
        peer.half_close()

    await idle_then(bench, do)


@case(73, "a-one-time-body-on-a-stale-connection", needs="upload")
async def _(bench: Bench) -> None:
    taken: list[bytes] = []

    def pieces():
        for piece in (b"a", b"b"):
            taken.append(piece)
            yield piece

    with serving(ending("reset")) as server:
        assert await bench.send(server.url) == R(200, b"1")
        outcome = await bench.upload(server.url, pieces())
        # Either none of it was taken and it went out on a fresh connection, or it failed.
        assert outcome == CUT
        assert taken.count(b"a") == 1


CLOSING = {
    "lower": ("Connection: close",),
    "capitals": ("Connection: CLOSE",),
    "list": ("Connection: x, close",),
    "second-field": ("Connection: x", "Connection: close"),
    "tight-list": ("Connection: x,close,y",),
}
for name, fields in CLOSING.items():
    exchange(74, name, reply(b"hello", *fields), expect=HELLO, fate=CLOSED)


@case(75, "close-in-the-request")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        outcome = await bench.send(f"{server.url}/case", headers=(("Connection", "close"),))
        assert outcome == HELLO
        assert [v.lower() for v in server.requests[0].all("connection")] == ["close"]
        await bench.check_fate(server, CLOSED)


exchange(76, "timeout-0", reply(b"hello", "Keep-Alive: timeout=0"), expect=HELLO, fate=CLOSED)
exchange(76, "max-1", reply(b"hello", "Keep-Alive: max=1"), expect=HELLO, fate=CLOSED)
exchange(76, "timeout-60", reply(b"hello", "Keep-Alive: timeout=60, max=100"), expect=HELLO, fate=KEPT)  # fmt: skip
for name, value in {"letters": "timeout=soon", "empty": "", "signs": "timeout=-5, ;;=", "huge": "timeout=" + "9" * 400}.items():  # fmt: skip
    exchange(76, f"nonsense-{name}", reply(b"hello", f"Keep-Alive: {value}"), expect=HELLO, fate=KEPT)  # fmt: skip


@case(77, "proxy-connection-close", needs="proxy")
async def _(bench: Bench) -> None:
    closing = reply(b"hello", "Proxy-Connection: close")

    def script(peer: Peer) -> None:
        while seen := peer.read():
            peer.send(closing if seen.target.endswith("/case") else NEXT_REPLY)

    with serving(script) as proxy:
        bench.options = {"proxy": proxy.url}
        assert await bench.send("http://origin.example/case") == HELLO
        last = proxy.peer(-1)
        assert await bench.send("http://origin.example/next") == NEXT
        assert proxy.connections == 2
        await bench.wait(last.ended.is_set)


@case(78, "idle-for-too-long", needs="idle")
async def _(bench: Bench) -> None:
    bench.options = {"idle": 0.05}
    with serving(answering(reply())) as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        await bench.sleep(0.1)
        assert await bench.send(f"{server.url}/next") == NEXT
        assert [seen.connection for seen in server.requests] == [1, 2]
        await bench.wait(server.peer(0).ended.is_set)


@case(78, "idle-by-the-wall-clock", needs="idle")
async def _(bench: Bench) -> None:
    # A laptop that slept, a container that was frozen: the monotonic clock has stood still.
    real = time.time
    with serving(answering(reply())) as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        with patch("time.time", lambda: real() + 3600):
            assert await bench.send(f"{server.url}/next") == NEXT
        assert [seen.connection for seen in server.requests] == [1, 2]
        await bench.wait(server.peer(0).ended.is_set)


@case(79, "past-its-age", needs="age")
async def _(bench: Bench) -> None:
    bench.options = {"age": 0.05}
    with serving(answering(reply())) as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        await bench.sleep(0.1)
        assert await bench.send(f"{server.url}/next") == NEXT
        assert [seen.connection for seen in server.requests] == [1, 2]


@case(80, "closed-although-no-call-comes", needs="idle", flavours=frozenset({"asyncio", "trio"}))
async def _(bench: Bench) -> None:
    bench.options = {"idle": 0.05}
    with serving(answering(reply())) as server:
        before = set(threading.enumerate())
        assert await bench.send(f"{server.url}/case") == HELLO
        await bench.wait(server.peer(0).ended.is_set)
        started = set(threading.enumerate()) - before
        assert {thread.name for thread in started} <= {THREAD}


@case(81, "a-fin-while-idle", needs="idle", flavours=frozenset({"asyncio", "trio"}))
async def _(bench: Bench) -> None:
    bench.options = {"idle": 0.2}
    with serving(answering(reply(), HALF_CLOSE)) as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        await bench.wait(server.peer(0).ended.is_set)


@case(82, "a-timer-of-the-last-call", slow=True)
async def _(bench: Bench) -> None:
    from genesys_core import Timeout

    go = threading.Event()

    def script(peer: Peer) -> None:
        peer.read()
        peer.send(reply())
        peer.read()
        assert go.wait(20)
        peer.send(reply(b"next"))

    with serving(script) as server:
        assert await bench.send(server.url, timeout=Timeout.of(0.5)) == HELLO
        task = bench.start(lambda: bench.send(server.url, timeout=Timeout.of(10)))
        await bench.wait(lambda: len(server.requests) == 2)
        await bench.sleep(0.7)  # the first call's timeout passes within the second call
        go.set()
        assert await task.result() == NEXT
        assert server.connections == 1


@case(83, "given-back-while-reading-was-paused", needs="stream")
async def _(bench: Bench) -> None:
    size = 4_000_000
    with serving(answering(reply(b"x" * size))) as server:
        got = 0
        async with bench.stream(bench.request(f"{server.url}/case")) as streamed:
            await bench.sleep(0.02)  # the kernel's buffers fill up
            async for chunk in streamed.chunks:
                if not got:
                    await bench.sleep(0.02)
                got += len(chunk)
        assert got == size
        await bench.check_fate(server, KEPT)


@case(84, "one-call-after-the-other")
async def _(bench: Bench) -> None:
    with serving(answering(chunked(b"hello"))) as server:
        for _ in range(50):
            assert await bench.send(f"{server.url}/case") == HELLO
        assert server.connections == 1


for status in (400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504):
    exchange(85, str(status), reply(status=f"{status} X"), expect=R(status, b"hello"), fate=KEPT)


@case(87, "the-same-host-in-other-words")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        for host in ("localhost", "LOCALHOST", "LocalHost"):
            assert await bench.send(f"http://{host}:{server.port}/case") == HELLO
        assert server.connections == 1


@case(86, "another-host-or-port-is-another-connection")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as one, serving(answering(reply())) as other:
        for url in (one.url, other.url, f"http://localhost:{one.port}", one.url, other.url):
            assert await bench.send(f"{url}/case") == HELLO
        assert (one.connections, other.connections) == (2, 1)
