"""Group 3: informational replies, upgrades, and replies that have no body."""

from __future__ import annotations

import threading
import time

from genesys_core import Timeout
from tests.adapters.transports.conformance.harness import CLOSED, KEPT, Bench, F, R, case, exchange
from tests.adapters.transports.conformance.servers import (
    CLOSE,
    HALF_CLOSE,
    STALL,
    Drips,
    Peer,
    answering,
    head,
    reply,
    serving,
)

HELLO = R(200, b"hello")
BROKEN = F("protocol", True)


def informational(status: str, *fields: str) -> bytes:
    return head(*fields, status=status)


for status in ("100 Continue", "102 Processing", "103 Early Hints", "199 What"):
    exchange(51, status[:3], informational(status) + reply(), expect=HELLO, fate=KEPT)
exchange(51, "several-in-pieces", *[informational("103 Early Hints", "Link: </a>")] * 3, reply(), expect=HELLO, fate=KEPT)  # fmt: skip


@case(52, "endless-at-once")
async def _(bench: Bench) -> None:
    await bench.check(informational("103 Early Hints") * 20_000, reply(), expect=BROKEN)


@case(52, "endless-one-after-the-other")
async def _(bench: Bench) -> None:
    one = informational("102 Processing")
    await bench.check(Drips(one * 5000, 0.0001, len(one)), STALL, expect=BROKEN)


for name, fields in {
    "length": ("Content-Length: 5",),
    "chunked": ("Transfer-Encoding: chunked",),
    "connection-close": ("Connection: close",),
}.items():
    exchange(53, name, informational("103 Early Hints", *fields) + reply(), expect=HELLO, fate=KEPT)
exchange(53, "a-body-after-it", informational("103 X", "Content-Length: 5") + b"hello" + reply(), expect=BROKEN)  # fmt: skip


@case(54, "informational-replies-and-the-deadline", slow=True, needs="deadline")
async def _(bench: Bench) -> None:
    one = informational("102 Processing")
    with serving(answering(Drips(one * 60, 0.05, len(one)), STALL)) as server:
        begun = time.monotonic()
        timeout = Timeout(connect=5, read=5, write=5, pool=5)
        outcome = await bench.send(f"{server.url}/case", timeout=timeout, expires=begun + 0.4)
        assert outcome == F("timeout", True)
        assert time.monotonic() - begun < 2.5


@case(55, "switching-protocols-unasked")
async def _(bench: Bench) -> None:
    upgrade = informational("101 Switching Protocols", "Upgrade: x", "Connection: upgrade")
    await bench.check(upgrade, reply(b"not this"), expect=BROKEN)


for status in (200, 401, 426, 500):
    exchange(57, f"upgrade-refused-{status}", reply(status=f"{status} X"), expect=R(status, b"hello"), fate=KEPT, headers=(("Upgrade", "websocket"), ("Connection", "upgrade")))  # fmt: skip

for name, whole in {
    "length": head("Content-Length: 5"),
    "chunked": head("Transfer-Encoding: chunked"),
    "gzip": head("Content-Length: 5", "Content-Encoding: gzip"),
    "neither": head(),
}.items():
    exchange(58, name, whole, expect=R(), fate=KEPT, method="HEAD")
exchange(58, "length-and-silence", head("Content-Length: 5"), STALL, expect=R(), method="HEAD")

STRAY = {"a-body": b"hello", "a-last-chunk": b"0\r\n\r\n", "one-byte": b"x"}
BODYLESS = {
    "HEAD": ("HEAD", head("Content-Length: 5"), 200),
    "204": ("GET", head(status="204 No Content"), 204),
    "304": ("GET", head(status="304 Not Modified"), 304),
}
for name, (method, whole, status) in BODYLESS.items():
    for stray, data in STRAY.items():
        exchange(59, f"{name}-and-{stray}", whole + data, expect=R(status), fate=CLOSED, method=method)  # fmt: skip


@case(59, "stray-bytes-that-come-later", each=BODYLESS)
async def _(bench: Bench, situation: tuple[str, bytes, int]) -> None:
    method, whole, status = situation
    answered, sent = threading.Event(), threading.Event()

    def script(peer) -> None:
        while seen := peer.read():
            if seen.target == "/next":
                peer.send(reply(b"next"))
                continue
            peer.send(whole)
            assert answered.wait(20)
            peer.send(b"hello")
            sent.set()

    with serving(script) as server:
        assert await bench.send(f"{server.url}/case", method) == R(status)
        answered.set()
        await bench.wait(sent.is_set)
        await bench.sleep(0.01)
        await bench.check_fate(server, CLOSED)


for status in ("204 No Content", "304 Not Modified"):
    for name, field in {
        "length": "Content-Length: 5",
        "chunked": "Transfer-Encoding: chunked",
        "gzip": "Content-Encoding: gzip",
    }.items():
        exchange(60, f"{status[:3]}-{name}", head(field, status=status), expect=R(int(status[:3])), fate=KEPT)  # fmt: skip

exchange(61, "205-with-a-body", reply(status="205 Reset Content"), expect=R(205, b"hello"), fate=KEPT)  # fmt: skip
exchange(61, "200-with-nothing", head(), CLOSE, expect=R(200), fate=CLOSED)
exchange(61, "200-half-closed", head(), b"hello", HALF_CLOSE, expect=HELLO, fate=CLOSED)


@case(63, "a-body-with", each={"GET": "GET", "DELETE": "DELETE"})
async def _(bench: Bench, method: str) -> None:
    with serving(answering(reply())) as server:
        assert await bench.send(f"{server.url}/case", method, b"a=b") == HELLO
        await bench.check_fate(server, KEPT)
        (seen,) = server.asked("/case")
        assert seen.all("content-length") == ["3"]
        assert seen.body == b"a=b"
        assert seen.header("transfer-encoding") is None


@case(
    51,
    "while-a-large-body-is-sent",
    each={"100": "100 Continue", "103": "103 Early Hints"},
    slow=True,
)
async def _(bench: Bench, status: str) -> None:
    body = b"x" * 20_000_000

    def script(peer: Peer) -> None:
        while (seen := peer.read_head()) is not None:
            if seen.target == "/case":
                peer.send(informational(status))
            peer.read_body(seen)
            peer.send(reply(b"next" if seen.target == "/next" else b"hello"))

    with serving(script, receive_buffer=65536) as server:
        outcome = await bench.send(f"{server.url}/case", "POST", body, timeout=Timeout.of(5))
        assert outcome == HELLO
        assert len(server.requests[0].body) == len(body)
        await bench.check_fate(server, KEPT)
