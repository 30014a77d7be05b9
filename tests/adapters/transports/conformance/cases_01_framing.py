"""Group 1: where a reply's body ends, and bytes that arrive in any pieces."""

from __future__ import annotations

import gzip
import time

from tests.adapters.transports.conformance.harness import CLOSED, KEPT, Bench, F, R, case, exchange
from tests.adapters.transports.conformance.servers import (
    CLOSE,
    RESET,
    STALL,
    answering,
    chunked,
    head,
    reply,
    serving,
)

HELLO = R(200, b"hello")
CUT = F("closed", True)
BROKEN = F("protocol", True)


def bytewise(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[at : at + 1] for at in range(len(data)))


def every_cut(data: bytes) -> list[tuple[bytes, bytes]]:
    return [(data[:at], data[at:]) for at in range(1, len(data))]


async def in_every_cut(bench: Bench, whole: bytes, expect: R) -> None:
    """The same reply on one connection, cut at one offset after the other."""
    cuts = iter(every_cut(whole))

    def script(peer) -> None:
        while peer.read():
            peer.send(*next(cuts))

    with serving(script) as server:
        for _ in every_cut(whole):
            assert await bench.send(server.url) == expect
        assert server.connections == 1


exchange(1, "in-one-piece", reply(), expect=HELLO, fate=KEPT)
exchange(1, "byte-by-byte", *bytewise(reply()), expect=HELLO, fate=KEPT)


@case(1, "cut-at-every-offset")
async def _(bench: Bench) -> None:
    await in_every_cut(bench, reply(b"hello", "X-A: 1"), HELLO)


exchange(2, "in-one-piece", chunked(b"hel", b"lo"), expect=HELLO, fate=KEPT)
exchange(2, "byte-by-byte", *bytewise(chunked(b"hel", b"lo")), expect=HELLO, fate=KEPT)


@case(2, "cut-at-every-offset")
async def _(bench: Bench) -> None:
    await in_every_cut(bench, chunked(b"hel", b"lo"), HELLO)


for version in ("1.1", "1.0"):
    first = head(version=f"HTTP/{version}")
    exchange(3, f"until-close-{version}", first, b"hel", b"lo", CLOSE, expect=HELLO, fate=CLOSED)
exchange(3, "nothing-until-close", head(), CLOSE, expect=R(200, b""), fate=CLOSED)

for sent in (0, 1, 4):
    exchange(4, f"closed-after-{sent}-of-5", head("Content-Length: 5"), b"hello"[:sent], CLOSE, expect=CUT)  # fmt: skip


@case(4, "a-stream-ends-with-the-failure", needs="stream")
async def _(bench: Bench) -> None:
    with serving(answering(head("Content-Length: 5"), b"hel", CLOSE)) as server:
        outcome, got = await stream_of(bench, f"{server.url}/case")
    assert (outcome, got) == (CUT, b"hel")


async def stream_of(bench: Bench, url: str) -> tuple[object, bytes]:
    """How a stream ends, and what came before its end."""
    from genesys_core import TransportFailure
    from tests.adapters.transports.conformance.harness import outcome_of

    got = b""
    try:
        async with bench.stream(bench.request(url)) as streamed:
            async for chunk in streamed.chunks:
                got += chunk
    except TransportFailure as failure:
        return outcome_of(failure), got
    return R(streamed.status, got), got


CHUNKS = head("Transfer-Encoding: chunked")
exchange(5, "closed-before-the-last-chunk", CHUNKS, b"5\r\nhello\r\n", CLOSE, expect=CUT)


@case(5, "a-stream-ends-with-the-failure", needs="stream")
async def _(bench: Bench) -> None:
    with serving(answering(CHUNKS, b"3\r\nhel\r\n", CLOSE)) as server:
        outcome, got = await stream_of(bench, f"{server.url}/case")
    assert (outcome, got) == (CUT, b"hel")


exchange(6, "closed-within-the-last-chunk", CHUNKS, b"5\r\nhello\r\n0\r\n", CLOSE, expect=CUT)
exchange(6, "closed-within-the-trailers", CHUNKS, b"5\r\nhello\r\n0\r\nA: b\r\n", CLOSE, expect=CUT)
exchange(7, "closed-before-a-size-line", CHUNKS, CLOSE, expect=CUT)
exchange(7, "closed-within-a-size-line", CHUNKS, b"1", CLOSE, expect=CUT)
exchange(7, "closed-within-a-chunk", CHUNKS, b"5\r\nhel", CLOSE, expect=CUT)
exchange(8, "closed-within-the-status-line", b"HTTP/1.1 20", CLOSE, expect=CUT)
exchange(8, "closed-within-a-header", b"HTTP/1.1 200 OK\r\nConte", CLOSE, expect=CUT)
exchange(8, "closed-after-a-header", b"HTTP/1.1 200 OK\r\nA: b\r\n", CLOSE, expect=CUT)
for method, body in (("GET", None), ("POST", b"x")):
    exchange(9, f"closed-before-any-byte-{method}", CLOSE, expect=CUT, method=method, body=body)
    exchange(9, f"reset-before-any-byte-{method}", RESET, expect=CUT, method=method, body=body)
exchange(10, "length-0", reply(b""), expect=R(), fate=KEPT)
exchange(10, "length-0-and-silence", head("Content-Length: 0"), STALL, expect=R())


@case(11, "as-long-as-a-buffer", each={str(n): n for n in (16384, 32768, 65535, 65536, 65537)})
async def _(bench: Bench, size: int) -> None:
    # The head makes the whole as long as a buffer, or one byte more; nothing follows.
    for extra in (0, 1):
        fields = head(f"Content-Length: {size:6}")
        body = b"x" * (size - len(fields) + extra)
        whole = head(f"Content-Length: {len(body):6}") + body
        await bench.check(whole, STALL, expect=R(200, body))
        await bench.check(head(f"Content-Length: {size}"), b"y" * size, expect=R(200, b"y" * size), fate=KEPT)  # fmt: skip


exchange(12, "two-equal-fields", head("Content-Length: 5", "Content-Length: 5") + b"hello", expect=HELLO, fate=KEPT)  # fmt: skip
exchange(12, "a-list-of-equals", head("Content-Length: 5, 5") + b"hello", expect=HELLO, fate=KEPT)
exchange(13, "two-fields", head("Content-Length: 5", "Content-Length: 6"), b"hello!", expect=BROKEN)
exchange(13, "a-list", head("Content-Length: 5, 6"), b"hello!", expect=BROKEN)

BOTH = ("Content-Length: 3", "Transfer-Encoding: chunked")
for name, fields in {"length-first": BOTH, "length-last": BOTH[::-1]}.items():
    exchange(14, name, head(*fields), b"5\r\nhello\r\n0\r\n\r\n", expect=HELLO, fate=CLOSED)

NOT_CHUNKED = ("gzip, chunked", "identity", "xchunked", "chunked, chunked", "", "chunked, gzip")
for coding in NOT_CHUNKED:
    exchange(15, coding.replace(", ", "-then-") or "empty", head(f"Transfer-Encoding: {coding}"), b"5\r\nhello\r\n0\r\n\r\n", expect=BROKEN)  # fmt: skip
for name, written in {"capitals": "CHUNKED", "spaces": " \t chunked \t "}.items():
    exchange(16, name, head(f"Transfer-Encoding:{written}"), b"5\r\nhello\r\n0\r\n\r\n", expect=HELLO, fate=KEPT)  # fmt: skip

OLD = {"version": "HTTP/1.0"}
# RFC 9112, 6.1 forbids Transfer-Encoding in HTTP/1.0; a reader either takes it or refuses it.
exchange(17, "chunked-in-1.0", head("Transfer-Encoding: chunked", **OLD), b"5\r\nhello\r\n0\r\n\r\n", CLOSE, expect=(HELLO, BROKEN), fate=CLOSED)  # fmt: skip
exchange(18, "keep-alive-in-1.0", head("Content-Length: 5", "Connection: keep-alive", **OLD), b"hello", expect=HELLO)  # fmt: skip
exchange(18, "length-in-1.0", head("Content-Length: 5", **OLD), b"hello", expect=HELLO, fate=CLOSED)

EXTENSIONS = b'3;a\r\nhel\r\n2;b=1;c="x;y";d="\\""\r\nlo\r\n0;end\r\n\r\n'
exchange(19, "extensions", CHUNKS, EXTENSIONS, expect=HELLO, fate=KEPT)


@case(20, "trailers")
async def _(bench: Bench) -> None:
    trailer = b"X-Sum: 1\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\nX-Sum: 2\r\n"
    outcome = await bench.check(chunked(b"hello", trailer=trailer), expect=HELLO, fate=KEPT)
    assert "x-sum" not in outcome.headers
    assert "content-length" not in outcome.headers


@case(21, "chunks-of-one-byte")
async def _(bench: Bench) -> None:
    count = 50_000
    whole = head("Transfer-Encoding: chunked") + b"1\r\nx\r\n" * count + b"0\r\n\r\n"
    before = time.process_time()
    await bench.check(whole, expect=R(200, b"x" * count), fate=KEPT)
    # Quadratic work on 50,000 chunks would take minutes.
    assert time.process_time() - before < 30


@case(22, "body-with-the-head")
async def _(bench: Bench) -> None:
    await bench.check(reply(b"hello"), expect=HELLO, fate=KEPT)


@case(22, "a-second-reply-with-the-first")
async def _(bench: Bench) -> None:
    await bench.check(reply(b"hello") + reply(b"stray"), expect=HELLO, fate=CLOSED)


@case(23, "reset-after-the-body")
async def _(bench: Bench) -> None:
    # The reply has been read before the reset is on its way, or the system would discard it.
    import threading

    seen = threading.Event()

    def script(peer) -> None:
        while request := peer.read():
            if request.target == "/next":
                peer.send(reply(b"next"))
                continue
            peer.send(reply(b"hello"))
            assert seen.wait(20)
            peer.abort()

    with serving(script) as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        seen.set()
        await bench.wait(server.peer(0).ended.is_set)
        assert await bench.send(f"{server.url}/next") == R(200, b"next")
        assert server.connections == 2


@case(24, "reset-instead-of-the-end", each={"plain": False, "gzip": True})
async def _(bench: Bench, packed: bool) -> None:
    import threading

    read = threading.Event()
    body = gzip.compress(b"hello") if packed else b"hello"
    fields = ("Content-Encoding: gzip",) if packed else ()

    def script(peer) -> None:
        while peer.read():
            peer.send(head(*fields), body)
            read.wait(0.05)  # most readers have the body by then; a reset is no end either way
            peer.abort()

    with serving(script) as server:
        assert await bench.send(f"{server.url}/case") == CUT
