"""Group 2: replies that are not HTTP, and replies beyond every limit."""

from __future__ import annotations

import time

from tests.adapters.transports.conformance.harness import CLOSED, KEPT, Bench, F, R, case, exchange
from tests.adapters.transports.conformance.servers import (
    STALL,
    Drips,
    answering,
    chunked,
    head,
    in_turn,
    reply,
    serving,
)

HELLO = R(200, b"hello")
CUT = F("closed", True)
BROKEN = F("protocol", True)
CHUNKS = head("Transfer-Encoding: chunked")

BANNERS = {
    "ssh": b"SSH-2.0-OpenSSH_9.2 hunter2-banner\r\n",
    "smtp": b"220 hunter2-banner ESMTP\r\n",
    "tls-alert": b"\x15\x03\x01\x00\x02\x02\x46",
    "http2-preface": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\x00\x04\x00\x01\x00\x00\x00\x05\x00\xff\xff\xff",
    "icy": b"ICY 200 OK\r\nicy-name: hunter2-banner\r\n\r\n",
    "http-0.9": b"<html>hunter2-banner</html>\n",
}


@case(25, "banner", each=BANNERS)
async def _(bench: Bench, banner: bytes) -> None:
    # The server waits for more after its line, as such servers do.
    outcome = await bench.check(banner, STALL, expect=BROKEN)
    assert "hunter2" not in outcome.message


for version in ("HTTP/2.0", "HTTP/1.2", "http/1.1", "HTTP/1.10", "HTTP/2"):
    line = reply().replace(b"HTTP/1.1", version.encode(), 1)
    exchange(26, version.replace("/", "-"), line, expect=BROKEN)

STATUSES = {
    "1-digit": "2 OK",
    "2-digits": "20 OK",
    "4-digits": "2000 OK",
    "plus": "+20 OK",
    "minus": "-20 OK",
    "arabic-digits": "\N{ARABIC-INDIC DIGIT TWO}00 OK".encode().decode("latin-1"),
    "below-100": "099 OK",
    "letters": "abc OK",
    "none": "",
}
for name, status in STATUSES.items():
    exchange(27, name, reply(status=status), expect=BROKEN)
for status in ("600", "999"):
    exchange(28, status, reply(status=f"{status} X"), expect=R(int(status), b"hello"), fate=KEPT)

REASONS = {
    "no-reason": "200 ",
    "no-space": "200",
    "latin-1": "200 \xe9t\xe9",
    "utf-8": "200 été".encode().decode("latin-1"),
}
for name, status in REASONS.items():
    exchange(29, name, reply(status=status), expect=HELLO, fate=KEPT)

exchange(30, "empty-line-first", b"\r\n" + reply(), expect=BROKEN)


@case(30, "empty-line-after-a-reply")
async def _(bench: Bench) -> None:
    await bench.check(reply() + b"\r\n", expect=HELLO, fate=CLOSED)


exchange(31, "lf-head", b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", expect=(HELLO, BROKEN))
exchange(31, "cr-in-a-value", head("A: b\rC: d", "Content-Length: 5") + b"hello", expect=BROKEN)
exchange(31, "cr-in-a-name", head("A\rB: c", "Content-Length: 5") + b"hello", expect=BROKEN)

LF_CHUNKS = {
    "size-line": b"5\nhello\r\n0\r\n\r\n",
    "after-an-extension": b"5;a\nhello\r\n0\r\n\r\n",
    "within-an-extension": b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    "after-the-data": b"5\r\nhello\n0\r\n\r\n",
    "everywhere": b"5\nhello\n0\n\n",
}
for name, body in LF_CHUNKS.items():
    exchange(32, name, CHUNKS + body, STALL, expect=BROKEN)
exchange(33, "two-wrong-bytes", CHUNKS + b"5\r\nhelloXX0\r\n\r\n", STALL, expect=BROKEN)
exchange(33, "longer-than-its-size", CHUNKS + b"3\r\nhello\r\n0\r\n\r\n", STALL, expect=BROKEN)

SIZES = {
    "0x": b"0x5",
    "plus": b"+5",
    "minus": b"-5",
    "underscore": b"0_5",
    "space-inside": b"0 5",
    "space-first": b" 5",
    "none": b"",
    "extension-alone": b";a",
    "letters": b"xyz",
    "21-digits": b"1" + b"0" * 20,
}
for name, size in SIZES.items():
    exchange(34, name, CHUNKS + size + b"\r\nhello\r\n0\r\n\r\n", STALL, expect=BROKEN)
exchange(34, "leading-zeros", CHUNKS + b"0005\r\nhello\r\n000\r\n\r\n", expect=HELLO, fate=KEPT)
exchange(34, "capitals", CHUNKS + b"A\r\nhellohello\r\n0\r\n\r\n", expect=R(200, b"hello" * 2), fate=KEPT)  # fmt: skip

LENGTHS = {
    "plus": "+5",
    "minus": "-5",
    "0x": "0x5",
    "space-inside": "0 5",
    "letters": "five",
    "empty": "",
    "arabic-digits": "\N{ARABIC-INDIC DIGIT FIVE}".encode().decode("latin-1"),
    "underscore": "0_5",
    "fraction": "5.0",
}
for name, length in LENGTHS.items():
    exchange(35, name, head(f"Content-Length: {length}") + b"hello", STALL, expect=BROKEN)

LONG = {"20-digits": "1" + "0" * 19, "5000-digits": "9" * 5000, "1-tib": str(2**40)}


@case(36, "longer-than-allowed", each=LONG)
async def _(bench: Bench, length: str) -> None:
    # Nothing of the body ever comes: only the head can say that it is too long.
    await bench.check(head(f"Content-Length: {length}"), STALL, expect=BROKEN)


LINES = {
    "space-before-the-colon": "A : b",
    "no-colon": "nonsense",
    "empty-name": ": b",
    "space-in-a-name": "A B: c",
    "control-in-a-name": "A\x01: b",
    "latin-1-in-a-name": "\xe9: b",
    "bracket-in-a-name": "A(): b",
}
for name, line in LINES.items():
    exchange(37, name, head(line, "Content-Length: 5") + b"hello", expect=BROKEN)


@case(38, "folded-lines")
async def _(bench: Bench) -> None:
    outcome = await bench.check(
        head("X-Folded: a\r\n b", "Content-Length:\r\n 5") + b"hello", expect=HELLO
    )
    assert outcome.headers["x-folded"] == "a b"


exchange(38, "fold-before-a-field", b"HTTP/1.1 200 OK\r\n A: b\r\nContent-Length: 5\r\n\r\nhello", expect=BROKEN)  # fmt: skip
exchange(39, "nul-in-a-value", head("A: b\x00c", "Content-Length: 5") + b"hello", expect=BROKEN)
# Other control bytes are forbidden to senders, and a reader may take or refuse them.
exchange(39, "bell-in-a-value", head("A: b\x07c", "Content-Length: 5") + b"hello", expect=(HELLO, BROKEN))  # fmt: skip


@case(40, "bytes-of-a-value", each={"latin-1": b"\xe9", "utf-8": "é".encode()})
async def _(bench: Bench, raw: bytes) -> None:
    value = raw.decode("latin-1")
    outcome = await bench.check(reply(b"hello", f"X-Name: {value}"), expect=HELLO, fate=KEPT)
    assert outcome.headers["x-name"] == value


HUGE = "a" * 300_000


@case(41, "head-above-its-limit", each={"one-header": (f"A: {HUGE}",), "many": ("A: " + "b" * 1000,) * 300})  # fmt: skip
async def _(bench: Bench, fields: tuple[str, ...]) -> None:
    await bench.check(head(*fields, "Content-Length: 5") + b"hello", expect=BROKEN)


@case(41, "status-line-above-its-limit")
async def _(bench: Bench) -> None:
    await bench.check(b"HTTP/1.1 200 " + HUGE.encode() + b"\r\n\r\n", expect=BROKEN)


@case(41, "in-drips")
async def _(bench: Bench) -> None:
    whole = head(f"A: {HUGE}", "Content-Length: 5") + b"hello"
    await bench.check(Drips(whole, 0, 4000), expect=BROKEN)


@case(41, "a-large-head-below-it")
async def _(bench: Bench) -> None:
    value = "v" * 8000
    outcome = await bench.check(reply(b"hello", f"A: {value}"), expect=HELLO, fate=KEPT)
    assert outcome.headers["a"] == value


@case(42, "more-headers-than-allowed")
async def _(bench: Bench) -> None:
    fields = [f"A{n}: b" for n in range(20_000)]
    await bench.check(head(*fields, "Content-Length: 5") + b"hello", expect=BROKEN)


@case(43, "a-line-over-many-reads")
async def _(bench: Bench) -> None:
    # Each piece is small; their sum is not.
    await bench.check(b"HTTP/1.1 200 OK\r\nA: ", *[b"b" * 8000] * 40, STALL, expect=BROKEN)


CHUNK_LINES = {
    "extension": b"5;" + b"a" * 300_000 + b"\r\nhello\r\n0\r\n\r\n",
    "zeros": b"0" * 300_000 + b"5\r\nhello\r\n0\r\n\r\n",
}


@case(44, "chunk-line-above-its-limit", each=CHUNK_LINES)
async def _(bench: Bench, body: bytes) -> None:
    await bench.check(CHUNKS + body, STALL, expect=BROKEN)


@case(44, "far-more-extensions-than-data")
async def _(bench: Bench) -> None:
    piece = b"1;" + b"a" * 2000 + b"\r\nx\r\n"
    await bench.check(CHUNKS + piece * 2000 + b"0\r\n\r\n", expect=BROKEN)


TRAILERS = b"".join(b"T%d: %s\r\n" % (n, b"v" * 100) for n in range(2500))


@case(45, "trailers-above-their-limit", each={"one-piece": 10**6, "in-drips": 4000})
async def _(bench: Bench, size: int) -> None:
    whole = chunked(b"hello", trailer=TRAILERS)
    await bench.check(Drips(whole, 0, size), expect=BROKEN)


@case(46, "a-head-byte-by-byte")
async def _(bench: Bench) -> None:
    whole = head(*(f"A{n}: {'b' * 60}" for n in range(90)), "Content-Length: 5") + b"hello"
    before = time.process_time()
    await bench.check(Drips(whole, 0), expect=HELLO)
    assert time.process_time() - before < 10


HOSTILE = {
    "spaces": "A:" + " " * 15_000 + "b",
    "colons": "A" + ":" * 15_000,
    "commas": "Connection: " + "," * 15_000,
    "tabs-and-spaces": "A: " + " \t" * 7_000 + "b",
    "quotes": "Keep-Alive: " + '"' * 15_000,
}


@case(47, "hostile-fields", each=HOSTILE)
async def _(bench: Bench, line: str) -> None:
    before = time.process_time()
    await bench.check(head(line, "Content-Length: 5") + b"hello", expect=(HELLO, BROKEN))
    assert time.process_time() - before < 10


@case(48, "a-broken-connection-is-never-used-again")
async def _(bench: Bench) -> None:
    script = in_turn((b"nonsense\r\n\r\n", reply(b"late")), (reply(b"right"),))
    with serving(script) as server:
        assert await bench.send(f"{server.url}/case") == BROKEN
        assert await bench.send(f"{server.url}/case") == R(200, b"right")
        assert [seen.connection for seen in server.requests] == [1, 2]


@case(49, "repeated-fields")
async def _(bench: Bench) -> None:
    fields = ("Set-Cookie: a=1", "X: 1", "Set-Cookie: b=2", "x: 2", "Set-Cookie: c=3, d")
    outcome = await bench.check(reply(b"hello", *fields), expect=HELLO, fate=KEPT)
    raw = [(n.lower(), v) for n, v in outcome.headers.raw if n.lower() in {"set-cookie", "x"}]
    assert raw == [
        ("set-cookie", "a=1"),
        ("x", "1"),
        ("set-cookie", "b=2"),
        ("x", "2"),
        ("set-cookie", "c=3, d"),
    ]


@case(50, "the-caller-raises-while-it-reads", needs="stream")
async def _(bench: Bench) -> None:
    class Mine(Exception):
        pass

    with serving(answering(head("Content-Length: 10"), b"hello", STALL)) as server:
        try:
            async with bench.stream(bench.request(f"{server.url}/case")) as streamed:
                async for _ in streamed.chunks:
                    raise Mine
        except Mine:
            pass
        else:
            raise AssertionError("the caller's exception was lost")
        await bench.wait(server.peer(0).ended.is_set)
        assert await bench.send(f"{server.url}/next") == R(200, b"next")
        assert server.connections == 2
