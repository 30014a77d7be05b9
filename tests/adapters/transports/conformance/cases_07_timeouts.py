"""Group 7: timeouts by phase, and deadlines."""

from __future__ import annotations

import signal
import threading
import time

from genesys_core import GenesysCloudError, Timeout
from tests.adapters.transports.conformance.harness import Bench, F, R, case
from tests.adapters.transports.conformance.network import unaccepting
from tests.adapters.transports.conformance.servers import (
    CLOSE,
    STALL,
    Drips,
    Peer,
    answering,
    chunked,
    head,
    in_turn,
    reply,
    serving,
)

HELLO = R(200, b"hello")
NEVER_SENT = F("timeout", False)
SENT = F("timeout", True)
SOON = 0.2
"""Seconds until a server that never answers is given up."""


def patient(**phases: float | None) -> Timeout:
    return Timeout(**{"connect": 10.0, "read": 10.0, "write": 10.0, "pool": 10.0, **phases})


@case(128, "connecting-hangs", slow=True, needs="linux")
async def _(bench: Bench) -> None:
    with unaccepting() as port:
        begun = time.monotonic()
        outcome = await bench.send(
            f"http://127.0.0.1:{port}/", "POST", b"x", timeout=patient(connect=SOON)
        )
        assert outcome == NEVER_SENT
        assert time.monotonic() - begun < 5


@case(129, "the-handshake-hangs", slow=True, needs="tls")
async def _(bench: Bench) -> None:
    with serving(lambda peer: peer.drain()) as server:
        outcome = await bench.send(
            f"https://127.0.0.1:{server.port}/", "POST", b"x", timeout=patient(connect=SOON)
        )
        assert outcome == NEVER_SENT
        await bench.wait(server.peer(0).ended.is_set)


@case(130, "connect-hangs", slow=True, needs="tls proxy")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.drain()

    with serving(script) as proxy:
        bench.options = {"proxy": proxy.url}
        outcome = await bench.send(
            "https://origin.example/", "POST", b"x", timeout=patient(connect=SOON, read=3)
        )
        assert outcome == NEVER_SENT
        assert [seen.method for seen in proxy.requests] == ["CONNECT"]
        await bench.wait(proxy.peer(0).ended.is_set)


@case(131, "no-reply", each={"at-all": (), "half-a-head": (b"HTTP/1.1 200 OK\r\nA",), "half-a-body": (head("Content-Length: 5"), b"he"), "half-a-chunk": (head("Transfer-Encoding: chunked"), b"5\r\nhe")})  # fmt: skip
async def _(bench: Bench, actions: tuple[bytes, ...]) -> None:
    with serving(answering(*actions, STALL)) as server:
        assert await bench.send(f"{server.url}/case", timeout=patient(read=SOON)) == SENT
        await bench.check_fate(server, "closed")
        assert len(server.asked("/case")) == 1


SLOW = {
    "head": head("X-A: " + "b" * 200, "Content-Length: 5") + b"hello",
    "body": head("Content-Length: 200") + b"x" * 200,
    "chunk-lines": head("Transfer-Encoding: chunked")
    + b"5;"
    + b"a" * 200
    + b"\r\nhello\r\n0\r\n\r\n",
    "trailers": chunked(b"hello", trailer=b"A: " + b"b" * 200 + b"\r\n"),
}


@case(132, "drips-within-the-read-timeout", each=SLOW, slow=True)
async def _(bench: Bench, whole: bytes) -> None:
    at = max(whole.find(b"\r\n\r\n") + 4, 0)
    first, rest = (b"", whole) if b"X-A" in whole else (whole[:at], whole[at:])
    with serving(answering(first, Drips(rest, 0.002))) as server:
        outcome = await bench.send(f"{server.url}/case", timeout=patient(read=5))
        assert outcome.status == 200


@case(132, "drips-and-the-deadline", needs="deadline", each=SLOW, slow=True)
async def _(bench: Bench, whole: bytes) -> None:
    with serving(answering(Drips(whole, 0.05))) as server:
        begun = time.monotonic()
        outcome = await bench.send(
            f"{server.url}/case", timeout=patient(read=5), expires=begun + 3 * SOON
        )
        assert outcome == SENT
        assert time.monotonic() - begun < 5  # the drips take more than 10 s
        await bench.wait(server.peer(0).ended.is_set)


@case(133, "a-late-reply")
async def _(bench: Bench) -> None:
    late = threading.Event()

    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/slow":
                late.wait(20)
                peer.send(reply(b"late"))
            else:
                peer.send(reply())

    with serving(script) as server:
        assert await bench.send(f"{server.url}/slow", timeout=patient(read=SOON)) == SENT
        late.set()
        for _ in range(3):
            assert await bench.send(server.url) == HELLO
        assert {seen.connection for seen in server.requests[1:]} == {2}


@case(134, "a-long-upload-and-the-read-timeout", needs="upload", slow=True)
async def _(bench: Bench) -> None:
    def pieces():
        for _ in range(6):
            time.sleep(0.1)  # a slow producer, twice as slow as the read timeout all in all
            yield b"x"

    with serving(answering(reply())) as server:
        outcome = await bench.upload(f"{server.url}/case", pieces(), timeout=patient(read=0.3))
        assert outcome == HELLO


@case(135, "the-server-does-not-read", slow=True)
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.server.stopping.wait(20)

    with serving(script, receive_buffer=4096) as server:
        outcome = await bench.send(
            server.url, "POST", b"x" * 20_000_000, timeout=patient(write=SOON)
        )
        assert outcome == SENT


@case(137, "a-deadline-that-has-passed", needs="deadline", each={"now": 0.0, "long-ago": 1e6})
async def _(bench: Bench, ago: float) -> None:
    with serving(answering(reply())) as server:
        outcome = await bench.send(
            f"{server.url}/case", "POST", b"x", expires=time.monotonic() - ago
        )
        assert outcome == NEVER_SENT
        assert server.requests == []


@case(138, "a-deadline-while-connecting", slow=True, needs="linux deadline")
async def _(bench: Bench) -> None:
    with unaccepting() as port:
        outcome = await bench.send(
            f"http://127.0.0.1:{port}/", "POST", b"x", expires=time.monotonic() + SOON
        )
        assert outcome == NEVER_SENT


@case(138, "a-deadline-in-the-handshake", slow=True, needs="linux deadline tls")
async def _(bench: Bench) -> None:
    with serving(lambda peer: peer.drain()) as server:
        outcome = await bench.send(
            f"https://127.0.0.1:{server.port}/", "POST", b"x", expires=time.monotonic() + SOON
        )
        assert outcome == NEVER_SENT


@case(138, "a-deadline-while-the-proxy-is-asked", slow=True, needs="linux deadline tls proxy")
async def _(bench: Bench) -> None:
    with serving(lambda peer: peer.drain()) as proxy:
        bench.options = {"proxy": proxy.url}
        outcome = await bench.send(
            "https://origin.example/", "POST", b"x", (), patient(read=3), time.monotonic() + SOON
        )
        assert outcome == NEVER_SENT


@case(
    139,
    "the-timeout-of-this-request",
    slow=True,
    each={"shorter": (10.0, SOON), "longer": (SOON, 10.0)},
)
async def _(bench: Bench, situation: tuple[float, float]) -> None:
    first, second = situation
    go = threading.Event()

    def script(peer: Peer) -> None:
        peer.read()
        peer.send(reply())
        peer.read()
        go.wait(20)
        peer.send(reply())

    with serving(script) as server:
        assert await bench.send(server.url, timeout=Timeout.of(first)) == HELLO
        task = bench.start(lambda: bench.send(server.url, timeout=Timeout.of(second)))
        if second == SOON:
            assert await task.result() == SENT
        else:
            await bench.wait(lambda: len(server.requests) == 2)
            await bench.sleep(2 * SOON)
            go.set()
            assert await task.result() == HELLO
        go.set()


ALLOWED = {"none": None, "31-years": 1e9, "a-week": 604_800.0}


@case(140, "allowed", each=ALLOWED)
async def _(bench: Bench, seconds: float | None) -> None:
    timeout = Timeout(connect=seconds, read=seconds, write=seconds, pool=seconds)
    with serving(answering(reply())) as server:
        assert await bench.send(f"{server.url}/case", timeout=timeout) == HELLO


@case(140, "very-small")
async def _(bench: Bench) -> None:
    with serving(answering(STALL)) as server:
        outcome = await bench.send(f"{server.url}/case", timeout=patient(read=1e-6))
        assert outcome == SENT


@case(140, "refused", each={"zero": 0, "negative": -1.0, "nan": float("nan"), "infinite": float("inf")})  # fmt: skip
async def _(bench: Bench, seconds: float) -> None:
    try:
        Timeout.of(seconds)
    except GenesysCloudError as error:
        assert repr(seconds) in str(error)
    else:
        raise AssertionError("the timeout was taken")


@case(141, "several-timeouts-at-once", slow=True)
async def _(bench: Bench) -> None:
    with serving(answering(STALL)) as server:
        url = f"{server.url}/case"

        async def one(index: int) -> object:
            outcome = await bench.send(url, timeout=patient(read=0.1 + 0.02 * index))
            await bench.sleep(0.001)  # the task goes on, and is not cancelled
            return outcome

        assert await bench.at_once(10, one) == [SENT] * 10


@case(142, "a-consumer-that-is-slow", needs="stream", slow=True)
async def _(bench: Bench) -> None:
    size = 3_000_000
    with serving(answering(reply(b"x" * size))) as server:
        request = bench.request(f"{server.url}/case", timeout=patient(read=0.3))
        got = 0
        async with bench.stream(request) as streamed:
            async for chunk in streamed.chunks:
                if not got:
                    await bench.sleep(0.6)
                got += len(chunk)
        assert got == size


@case(143, "a-signal-whose-handler-returns", flavours=frozenset({"sync"}), needs="linux")
async def _(bench: Bench) -> None:
    seen: list[int] = []
    go = threading.Event()

    def script(peer: Peer) -> None:
        peer.read()
        go.wait(20)
        peer.send(reply())

    before = signal.signal(signal.SIGUSR1, lambda number, _: seen.append(number))
    try:
        with serving(script) as server:

            def poke() -> None:
                for _ in range(5):
                    time.sleep(0.02)
                    signal.pthread_kill(main, signal.SIGUSR1)
                go.set()

            main = threading.main_thread().ident
            poker = threading.Thread(target=poke)
            poker.start()
            assert await bench.send(server.url) == HELLO
            poker.join()
            assert len(seen) >= 1
    finally:
        signal.signal(signal.SIGUSR1, before)


@case(144, "a-wall-clock-that-is-set")
async def _(bench: Bench) -> None:
    from unittest.mock import patch

    real = time.time
    go = threading.Event()

    def script(peer: Peer) -> None:
        while peer.read():
            go.wait(20)
            peer.send(reply())

    with serving(script) as server:
        task = bench.start(lambda: bench.send(server.url, timeout=patient(read=5)))
        await bench.wait(lambda: server.requests)
        with patch("time.time", lambda: real() + 1e6):
            await bench.sleep(0.02)
            go.set()
            assert await task.result() == HELLO
        with patch("time.time", lambda: real() - 1e6):
            assert await bench.send(server.url, timeout=patient(read=5)) == HELLO


@case(136, "the-pool-is-full", slow=True, needs="limit stream")
async def _(bench: Bench) -> None:
    bench.options = {"limit": 1}
    with serving(answering(reply())) as server:
        async with bench.stream(bench.request(f"{server.url}/case")) as streamed:
            outcome = await bench.send(f"{server.url}/next", "POST", b"x", timeout=patient(pool=SOON))  # fmt: skip
            assert outcome == NEVER_SENT
            assert await streamed.read() == b"hello"
        assert await bench.send(f"{server.url}/next") == R(200, b"next")
        assert server.connections == 1


@case(136, "the-pool-is-full-and-the-deadline", slow=True, needs="limit stream deadline")
async def _(bench: Bench) -> None:
    bench.options = {"limit": 1}
    with serving(answering(reply())) as server:
        async with bench.stream(bench.request(f"{server.url}/case")):
            outcome = await bench.send(f"{server.url}/next", "POST", b"x", expires=time.monotonic() + SOON)  # fmt: skip
            assert outcome == NEVER_SENT


@case(133, "a-late-reply-within-a-burst", slow=True)
async def _(bench: Bench) -> None:
    script = in_turn((STALL,), (reply(b"right"),))
    with serving(script) as server:
        assert await bench.send(f"{server.url}/case", timeout=patient(read=SOON)) == SENT
        assert await bench.send(f"{server.url}/case") == R(200, b"right")


@case(132, "a-deadline-between-two-chunks", slow=True, needs="deadline stream")
async def _(bench: Bench) -> None:
    from genesys_core import TransportFailure
    from tests.adapters.transports.conformance.harness import outcome_of

    with serving(answering(head(), b"hello", STALL, CLOSE)) as server:
        request = bench.request(f"{server.url}/case", expires=time.monotonic() + 2 * SOON)
        got = b""
        try:
            async with bench.stream(request) as streamed:
                async for chunk in streamed.chunks:
                    got += chunk
        except TransportFailure as failure:
            assert outcome_of(failure) == SENT
        else:
            raise AssertionError("the stream ended")
        assert got == b"hello"
