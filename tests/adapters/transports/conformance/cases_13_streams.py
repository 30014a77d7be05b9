"""Groups 13 and 14: replies that are read piece by piece, and redirects."""

from __future__ import annotations

import time

from genesys_core import GenesysCloudError, TransportFailure
from tests.adapters.transports.conformance.harness import CLOSED, KEPT, Bench, R, case, exchange
from tests.adapters.transports.conformance.servers import (
    STALL,
    Drips,
    answering,
    chunked,
    head,
    reply,
    serving,
)

HELLO = R(200, b"hello")
UNREAD = {
    "much": (reply(b"x" * 20_000_000),),
    "endless": (head("Content-Length: 1000000000"), Drips(b"x" * 10_000_000, 0, 10_000)),
    "endless-chunks": (
        head("Transfer-Encoding: chunked"),
        Drips(b"5\r\nhello\r\n" * 100_000, 0, 10_000),
    ),
    "silence": (head("Content-Length: 1000000000"), STALL),
}


@case(247, "left-early", needs="stream", each=UNREAD)
async def _(bench: Bench, actions) -> None:
    with serving(answering(*actions)) as server:
        begun = time.monotonic()
        async with bench.stream(bench.request(f"{server.url}/case")) as streamed:
            assert streamed.status == 200
        assert time.monotonic() - begun < 5
        await bench.check_fate(server, CLOSED)


@case(247, "left-after-a-piece", needs="stream")
async def _(bench: Bench) -> None:
    with serving(answering(*UNREAD["endless"])) as server:
        async with bench.stream(bench.request(f"{server.url}/case")) as streamed:
            async for chunk in streamed.chunks:
                assert chunk.startswith(b"x")
                break
        await bench.check_fate(server, CLOSED)


@case(247, "left-with-little-unread", needs="stream")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        async with bench.stream(bench.request(f"{server.url}/case")):
            pass
        assert await bench.send(f"{server.url}/next") == R(200, b"next")  # on whichever connection


@case(
    247, "read-to-its-end", needs="stream", each={"length": reply(), "chunked": chunked(b"hello")}
)
async def _(bench: Bench, whole: bytes) -> None:
    with serving(answering(whole)) as server:
        async with bench.stream(bench.request(f"{server.url}/case")) as streamed:
            assert await streamed.read() == b"hello"
        await bench.check_fate(server, KEPT)


class Mine(Exception):
    pass


@case(248, "left-by-an-exception", needs="stream")
async def _(bench: Bench) -> None:
    with serving(answering(*UNREAD["endless"])) as server:
        try:
            async with bench.stream(bench.request(f"{server.url}/case")):
                raise Mine
        except Mine:
            pass
        else:
            raise AssertionError("the exception was lost")
        await bench.check_fate(server, CLOSED)


@case(248, "cancelled", needs="stream", flavours=frozenset({"asyncio", "trio"}))
async def _(bench: Bench) -> None:
    async def read() -> None:
        async with bench.stream(bench.request(f"{server.url}/case")) as streamed:
            await streamed.read()

    with serving(answering(head("Content-Length: 10"), b"hello", STALL)) as server:
        task = bench.start(read)
        await bench.wait(lambda: server.requests)
        await bench.sleep(0.02)
        task.cancel()
        await bench.wait(task.done.is_set)
        await bench.check_fate(server, CLOSED)


@case(248, "never-entered", needs="stream")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        left = bench.transport.stream(bench.request(f"{server.url}/case"))
        del left
        assert await bench.send(f"{server.url}/next") == R(200, b"next")
        assert len(server.requests) == 1


@case(248, "gone-through-twice", needs="stream")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        async with bench.stream(bench.request(f"{server.url}/case")) as streamed:
            assert await streamed.read() == b"hello"
            try:
                assert await streamed.read() == b""
            except (GenesysCloudError, TransportFailure, RuntimeError):
                pass
        await bench.check_fate(server, KEPT)


@case(249, "read-after-its-block", needs="stream")
async def _(bench: Bench) -> None:
    with serving(answering(reply(b"x" * 5_000_000))) as server:
        async with bench.stream(bench.request(f"{server.url}/case")) as streamed:
            pass
        got = b""
        try:
            got = await streamed.read()
        except (GenesysCloudError, TransportFailure, RuntimeError):
            pass
        # Whatever it does, it is never a body that looks whole.
        assert len(got) < 5_000_000
        assert await bench.send(f"{server.url}/next") == R(200, b"next")


for status in (300, 301, 302, 303, 307, 308):
    exchange(257, f"{status}", reply(b"hello", "Location: http://127.0.0.1:1/elsewhere", status=f"{status} X"), expect=R(status, b"hello"), fate=KEPT)  # fmt: skip


@case(258, "no-cookie-is-kept")
async def _(bench: Bench) -> None:
    with serving(answering(reply(b"hello", "Set-Cookie: a=hunter2; Path=/"))) as server:
        for _ in range(2):
            assert await bench.send(f"{server.url}/case") == HELLO
        assert [seen.header("cookie") for seen in server.requests] == [None, None]
