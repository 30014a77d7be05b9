"""Group 6: content codings, complete or refused."""

from __future__ import annotations

import gzip
import time
import zlib
from functools import cache

from tests.adapters.transports.conformance.cases_01_framing import stream_of
from tests.adapters.transports.conformance.harness import EITHER, KEPT, Bench, F, R, case, exchange
from tests.adapters.transports.conformance.servers import (
    CLOSE,
    answering,
    chunked,
    head,
    reply,
    serving,
)

TEXT = b"hello, " * 50
WHOLE = R(200, TEXT)
BROKEN = F("protocol", True)
PACKED = gzip.compress(TEXT)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def coded(body: bytes, coding: str = "gzip", **more) -> bytes:
    return reply(body, f"Content-Encoding: {coding}", **more)


CODED = {
    "gzip": (PACKED, "gzip"),
    "x-gzip": (PACKED, "x-gzip"),
    "capitals": (PACKED, "GZIP"),
    "deflate-zlib": (zlib.compress(TEXT), "deflate"),
    "deflate-raw": (raw_deflate(TEXT), "deflate"),
    "identity": (TEXT, "identity"),
}
for name, (body, coding) in CODED.items():
    exchange(112, name, coded(body, coding), expect=WHOLE, fate=KEPT)
    exchange(112, f"{name}-chunked", chunked(body[:9], body[9:], fields=(f"Content-Encoding: {coding}",)), expect=WHOLE, fate=KEPT)  # fmt: skip

MEMBERS = gzip.compress(TEXT[:100]) + gzip.compress(b"") + gzip.compress(TEXT[100:])
exchange(113, "three-members", coded(MEMBERS), expect=WHOLE, fate=KEPT)


@case(113, "members-split-anywhere")
async def _(bench: Bench) -> None:
    cuts = iter(range(1, len(MEMBERS)))

    def script(peer) -> None:
        while peer.read():
            at = next(cuts)
            peer.send(chunked(MEMBERS[:at], MEMBERS[at:], fields=("Content-Encoding: gzip",)))

    with serving(script) as server:
        for _ in range(1, len(MEMBERS)):
            assert await bench.send(server.url) == WHOLE


CUTS = {"in-the-header": 5, "at-half": len(PACKED) // 2, "in-the-checksum": len(PACKED) - 6, "one-byte": len(PACKED) - 1}  # fmt: skip
for name, at in CUTS.items():
    exchange(114, name, coded(PACKED[:at]), expect=BROKEN, fate=EITHER)
    exchange(114, f"{name}-chunked", chunked(PACKED[:at], fields=("Content-Encoding: gzip",)), expect=BROKEN, fate=EITHER)  # fmt: skip
exchange(114, "in-the-second-member", coded(PACKED + PACKED[:12]), expect=BROKEN, fate=EITHER)
exchange(114, "deflate", coded(zlib.compress(TEXT)[:-6], "deflate"), expect=BROKEN, fate=EITHER)


@case(114, "in-a-stream", needs="stream")
async def _(bench: Bench) -> None:
    with serving(answering(coded(PACKED[:-8]))) as server:
        outcome, got = await stream_of(bench, f"{server.url}/case")
    assert outcome == BROKEN
    assert TEXT.startswith(got)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at:][1:]


exchange(115, "checksum", coded(flipped(PACKED, len(PACKED) - 8)), expect=BROKEN, fate=EITHER)
exchange(115, "length", coded(flipped(PACKED, len(PACKED) - 1)), expect=BROKEN, fate=EITHER)
exchange(115, "zlib-checksum", coded(flipped(zlib.compress(TEXT), -1 + len(zlib.compress(TEXT))), "deflate"), expect=BROKEN, fate=EITHER)  # fmt: skip
exchange(116, "one-byte", coded(PACKED + b"x"), expect=BROKEN, fate=EITHER)
exchange(116, "text", coded(PACKED + b"and more"), expect=BROKEN, fate=EITHER)
exchange(116, "deflate", coded(zlib.compress(TEXT) + b"x", "deflate"), expect=BROKEN, fate=EITHER)
exchange(117, "a-plain-body", coded(b'{"a": 1}'), expect=BROKEN, fate=EITHER)
exchange(118, "length-0", coded(b""), expect=R(), fate=KEPT)
exchange(118, "HEAD", head("Content-Length: 40", "Content-Encoding: gzip"), expect=R(), fate=KEPT, method="HEAD")  # fmt: skip
exchange(118, "nothing-until-close", head("Content-Encoding: gzip"), CLOSE, expect=R())
exchange(118, "no-chunks", chunked(fields=("Content-Encoding: gzip",)), expect=R(), fate=KEPT)

exchange(119, "gzip-twice", coded(gzip.compress(PACKED), "gzip, gzip"), expect=WHOLE, fate=KEPT)
exchange(119, "deflate-then-gzip", coded(gzip.compress(zlib.compress(TEXT)), "deflate, gzip"), expect=WHOLE, fate=KEPT)  # fmt: skip
exchange(119, "identity-in-a-list", coded(PACKED, "gzip, identity"), expect=WHOLE, fate=KEPT)
exchange(119, "empty", coded(TEXT, ""), expect=WHOLE, fate=KEPT)
exchange(119, "two-fields", reply(gzip.compress(PACKED), "Content-Encoding: gzip", "Content-Encoding: gzip"), expect=WHOLE, fate=KEPT)  # fmt: skip


@case(119, "a-hundred-codings")
async def _(bench: Bench) -> None:
    body = TEXT
    for _ in range(100):
        body = gzip.compress(body)
    await bench.check(coded(body, ", ".join(["gzip"] * 100)), expect=BROKEN, fate=EITHER)


for coding in ("br", "zstd", "foo", "compress", "gzip, foo"):
    exchange(120, coding.replace(", ", "-then-"), coded(PACKED, coding), expect=BROKEN, fate=EITHER)


@cache
def bomb(size: int) -> bytes:
    """Zeros, packed a thousand times smaller."""
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1 << 20)
    return b"".join([packer.compress(zeros) for _ in range(size >> 20)]) + packer.flush()


@case(121, "a-bomb", slow=True, needs="linux bound", prepare=lambda: bomb(1 << 30))
async def _(bench: Bench) -> None:
    import resource

    def peak() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    before = peak()
    await bench.check(coded(bomb(1 << 30)), expect=BROKEN, fate=EITHER)
    # Nowhere near what it unpacks to: the bound of 128 MiB, once in pieces and once joined.
    assert peak() - before < 500 << 20


@case(122, "a-bomb-that-is-left", needs="stream", slow=True)
async def _(bench: Bench) -> None:
    packed = bomb(256 << 20)
    with serving(answering(coded(packed))) as server:
        before = time.process_time()
        async with bench.stream(bench.request(f"{server.url}/case")) as streamed:
            assert streamed.status == 200
        assert time.process_time() - before < 0.2  # unpacking it takes about half a second
        assert await bench.send(f"{server.url}/next") == R(200, b"next")


@case(123, "a-flood-of-empty-members")
async def _(bench: Bench) -> None:
    members = gzip.compress(b"") * 20_000
    before = time.process_time()
    await bench.check(coded(members + PACKED), expect=WHOLE)
    assert time.process_time() - before < 10


@case(123, "a-flood-of-empty-blocks")
async def _(bench: Bench) -> None:
    packer = zlib.compressobj(wbits=31)
    blocks = b"".join([packer.flush(zlib.Z_SYNC_FLUSH) for _ in range(3)])
    block = b"\x00\x00\x00\xff\xff"
    rest = packer.compress(TEXT) + packer.flush()
    before = time.process_time()
    await bench.check(coded(blocks + block * 100_000 + rest), expect=WHOLE)
    assert time.process_time() - before < 10


@case(124, "unpacked-data-at-the-end", needs="stream")
async def _(bench: Bench) -> None:
    zeros = bytes(3_000_001)
    with serving(answering(coded(gzip.compress(zeros)))) as server:
        outcome, got = await stream_of(bench, f"{server.url}/case")
    assert outcome.status == 200
    assert got == zeros


@case(125, "accept-encoding")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        for value in ("identity", "br;q=1, gzip;q=0"):
            await bench.send(f"{server.url}/case", headers=(("Accept-Encoding", value),))
        await bench.send(f"{server.url}/case")
        *given, own = (seen.all("accept-encoding") for seen in server.requests)
        assert given == [["identity"], ["br;q=1, gzip;q=0"]]
        assert len(own) == 1
        assert "gzip" in own[0]


PIECE = ("Content-Encoding: gzip", f"Content-Range: bytes 10-39/{len(PACKED)}")
exchange(126, "a-piece-of-packed-bytes", reply(PACKED[10:40], *PIECE, status="206 Partial Content"), expect=(BROKEN, R(206, PACKED[10:40])))  # fmt: skip


@case(127, "a-large-packed-body-and-the-loop", flavours=frozenset({"asyncio", "trio"}), slow=True)
async def _(bench: Bench) -> None:
    body = coded(gzip.compress(bytes(100 << 20)))
    worst = 0.0
    stop = False

    async def watch() -> None:
        nonlocal worst
        while not stop:
            before = time.thread_time()
            await bench.sleep(0.001)
            worst = max(worst, time.thread_time() - before)

    with serving(answering(body)) as server:
        watching = bench.start(watch)
        outcome = await bench.send(f"{server.url}/case")
        stop = True
        await watching.result()
        assert len(outcome.body) == 100 << 20
        assert worst < 2  # of the loop's processor time, so that a busy machine decides nothing
