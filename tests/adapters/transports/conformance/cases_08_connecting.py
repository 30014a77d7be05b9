"""Group 8: names, addresses and connecting."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from genesys_core import GenesysCloudError
from genesys_core.transport.exchange import Exchange
from tests.adapters.transports.conformance.cases_07_timeouts import SOON, patient
from tests.adapters.transports.conformance.certificates import server_context, trusted
from tests.adapters.transports.conformance.harness import Bench, F, R, case
from tests.adapters.transports.conformance.network import resolving, sockets_to, unaccepting
from tests.adapters.transports.conformance.servers import (
    LIMIT,
    RESET,
    Peer,
    answering,
    reply,
    serving,
)
from tests.helpers.programs import free_port

HELLO = R(200, b"hello")
NO_CONNECTION = F("connect", False)
NOT_SENT = (F("connect", False), F("protocol", False))

UNRESOLVED = {
    "unknown": socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    "failing-for-now": socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "no-address": (),
}


@case(145, "name", each=UNRESOLVED)
async def _(bench: Bench, answer) -> None:
    with resolving({"api.example": answer}):
        outcome = await bench.send("http://api.example/", "POST", b"x")
        assert outcome == NO_CONNECTION
        assert "api.example" in outcome.message


@case(146, "the-resolver-hangs", slow=True)
async def _(bench: Bench) -> None:
    release = threading.Event()

    def hang() -> Exception:
        release.wait(5)
        return socket.gaierror(socket.EAI_AGAIN, "late")

    with resolving({"api.example": hang}), serving(answering(reply())) as server:
        task = bench.start(lambda: bench.send("http://api.example/", "POST", b"x", timeout=patient(connect=SOON)))  # fmt: skip
        assert await bench.send(f"{server.url}/case") == HELLO  # nobody else is held up
        begun = time.monotonic()
        outcome = await task.result()
        waited = time.monotonic() - begun
        release.set()
        assert outcome == F("timeout", False)
        assert waited < 3


@case(147, "cancelled-while-resolving", flavours=frozenset({"asyncio", "trio"}))
async def _(bench: Bench) -> None:
    release = threading.Event()

    def hang() -> tuple[str, ...]:
        release.wait(5)
        return ("127.0.0.1",)

    with serving(answering(reply())) as server, resolving({"api.example": hang}) as asked:
        url = f"http://api.example:{server.port}/case"
        left = bench.start(lambda: bench.send(url))
        stays = bench.start(lambda: bench.send(url))
        await bench.wait(lambda: asked)
        begun = time.monotonic()
        left.cancel()
        await bench.wait(left.done.is_set)
        assert time.monotonic() - begun < 3
        release.set()
        assert await stays.result() == HELLO


@case(148, "ipv6-first")
async def _(bench: Bench) -> None:
    with serving(answering(reply(b"6")), host="::1") as six, resolving({"api.example": ("::1", "127.0.0.1")}):  # fmt: skip
        assert await bench.send(f"http://api.example:{six.port}/case") == R(200, b"6")


@case(148, "a-refusal-starts-the-next-at-once")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as four, resolving({"api.example": ("::1", "127.0.0.1")}):
        assert await bench.send(f"http://api.example:{four.port}/case") == HELLO


@case(149, "losers-are-closed", slow=True, needs="linux")
async def _(bench: Bench) -> None:
    with (
        serving(answering(reply())) as four,
        unaccepting("::1", four.port),
        resolving({"api.example": ("::1", "127.0.0.1")}),
    ):
        assert await bench.send(f"http://api.example:{four.port}/case") == HELLO
        await bench.wait(lambda: len(connecting(four.port)) == 0)


def connecting(port: int) -> list[str]:
    """Connections to an IPv6 port that this process is opening: SYN was sent, nothing came."""
    rows = [line.split() for line in Path("/proc/self/net/tcp6").read_text().splitlines()[1:]]
    opening = {f"socket:[{row[9]}]" for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "02"}  # fmt: skip
    mine = [link for link in map(_link, Path("/proc/self/fd").iterdir()) if link in opening]
    return mine[3:]  # those that fill the queue are the case's own


def _link(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:
        return ""


@case(150, "a-failed-handshake-is-no-reason-for-another-address", needs="tls")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.start_tls(server_context("api.example", by="stranger"))

    bench.options = {"verify": trusted()}
    with serving(script) as first, resolving({"api.example": ("127.0.0.1", "::1")}):
        outcome = await bench.send(f"https://api.example:{first.port}/")
        assert outcome == F("tls", False)
        assert first.connections == 1


@case(151, "the-first-address-hangs", slow=True, needs="linux")
async def _(bench: Bench) -> None:
    with (
        serving(answering(reply())) as four,
        unaccepting("::1", four.port),
        resolving({"api.example": ("::1", "127.0.0.1")}),
    ):
        begun = time.monotonic()
        outcome = await bench.send(f"http://api.example:{four.port}/case", timeout=patient(connect=8))  # fmt: skip
        assert outcome == HELLO
        assert time.monotonic() - begun < 5


@case(152, "all-refused")
async def _(bench: Bench) -> None:
    port = free_port()
    with resolving({"api.example": ("::1", "127.0.0.1")}):
        outcome = await bench.send(f"http://api.example:{port}/", "POST", b"x")
        assert outcome == NO_CONNECTION
        assert "::1" in outcome.message
        assert "127.0.0.1" in outcome.message
        assert "refused" in outcome.message.lower()


@case(152, "one-refused")
async def _(bench: Bench) -> None:
    port = free_port()
    outcome = await bench.send(f"http://127.0.0.1:{port}/", "POST", b"x")
    assert outcome == NO_CONNECTION
    assert f"127.0.0.1:{port}" in outcome.message


UNREACHABLE = {"no-zone": "fe80::1", "broadcast": "255.255.255.255"}


@case(153, "unreachable", each=UNREACHABLE)
async def _(bench: Bench, address: str) -> None:
    with serving(answering(reply())) as server:
        with resolving({"api.example": (address, "127.0.0.1")}):
            assert await bench.send(f"http://api.example:{server.port}/case") == HELLO
        with resolving({"other.example": (address,)}):
            assert await bench.send(f"http://other.example:{server.port}/") == NO_CONNECTION


class _NoIPv6(socket.socket):
    """Sockets of a kernel without IPv6."""

    def __init__(self, family: int = -1, *args: Any, **kwargs: Any) -> None:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
        super().__init__(family, *args, **kwargs)


@case(154, "a-kernel-without-ipv6")
async def _(bench: Bench) -> None:
    assert bench.transport  # some libraries look at sockets when they are imported
    with serving(answering(reply())) as server, patch("socket.socket", _NoIPv6):
        with resolving({"api.example": ("::1", "127.0.0.1")}):
            assert await bench.send(f"http://api.example:{server.port}/case") == HELLO
        with resolving({"other.example": ("::1",)}):
            assert await bench.send(f"http://other.example:{server.port}/") == NO_CONNECTION


@case(155, "literals")
async def _(bench: Bench) -> None:
    with resolving({}), serving(answering(reply())) as four:
        assert await bench.send(f"http://127.0.0.1:{four.port}/case") == HELLO
        with serving(answering(reply()), host="::1") as six:
            assert await bench.send(f"http://[::1]:{six.port}/case") == HELLO
            assert await bench.send(f"http://[0:0:0:0:0:0:0:1]:{six.port}/case") == HELLO


@case(155, "an-unknown-zone")
async def _(bench: Bench) -> None:
    try:
        outcome = await bench.send("http://[fe80::1%25nosuch0]:80/", "POST", b"x")
    except GenesysCloudError:
        outcome = NO_CONNECTION
    assert outcome in NOT_SENT


@case(156, "old-forms", each={"short": "127.1", "hexadecimal": "0x7f.1", "number": "2130706433", "octal": "0177.0.0.1"})  # fmt: skip
async def _(bench: Bench, host: str) -> None:
    with serving(answering(reply())) as server:
        try:
            outcome = await bench.send(f"http://{host}:{server.port}/case")
        except GenesysCloudError:
            outcome = NO_CONNECTION
        assert outcome in (HELLO, *NOT_SENT)


HOSTS = {
    "empty": "http:///x",
    "empty-label": "http://a..example/",
    "long-label": f"http://{'a' * 64}.example/",
    "too-long": f"http://{'a.' * 130}example/",
    "non-ascii": "http://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example/",
    "byte-80": "http://a\x80b.example/",
    "percent": "http://a%41.example/",
    "percent-nul": "http://a%00b.example/",
    "open-bracket": "http://[::1/",
    "bracket-inside": "http://a[b].example/",
    "bare-ipv6": "http://::1/",
    "no-ip-in-brackets": "http://[a.example]/",
    "space": "http://a b.example/",
}


@case(157, "host", each=HOSTS)
async def _(bench: Bench, url: str) -> None:
    with resolving({}):
        try:
            outcome = await bench.send(url, "POST", b"x")
        except GenesysCloudError:
            return
    assert outcome in NOT_SENT


PORTS = {"zero": "0", "65536": "65536", "letters": "http", "negative": "-1", "spaces": " 80", "plus": "+80"}  # fmt: skip


@case(158, "port", each=PORTS)
async def _(bench: Bench, port: str) -> None:
    try:
        outcome = await bench.send(f"http://127.0.0.1:{port}/", "POST", b"x")
    except GenesysCloudError:
        return
    assert outcome in NOT_SENT


@case(158, "leading-zeros")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        try:
            outcome = await bench.send(f"http://127.0.0.1:0{server.port}/case")
        except GenesysCloudError:
            return
        assert outcome in (HELLO, *NOT_SENT)


@case(159, "no-descriptor-left", needs="linux")
async def _(bench: Bench) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving(answering(reply(b"hello", "Connection: close"))) as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        await bench.wait(server.peer(0).ended.is_set)
        await bench.sleep(0.01)
        taken = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        try:
            while True:
                try:
                    taken.append(os.open(os.devnull, os.O_RDONLY))
                except OSError:
                    break
            outcome = await bench.send(f"{server.url}/case", "POST", b"x")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for descriptor in taken:
                os.close(descriptor)
        assert outcome == NO_CONNECTION
        for _ in range(3):
            assert await bench.send(f"{server.url}/case") == HELLO


@case(162, "no-delay", needs="linux")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        delays = [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in sockets_to(server.port)]  # fmt: skip
        assert delays
        assert all(delays)


@case(162, "no-delay-to-a-proxy", needs="linux proxy tls")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.method == "CONNECT":
                peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
                peer.start_tls(server_context("origin.example"))
            else:
                peer.send(reply())

    for scheme in ("http", "https"):
        with serving(script) as proxy:
            transport = bench.another(proxy=proxy.url, verify=trusted())
            request = bench.request(f"{scheme}://origin.example/")
            assert await bench.exchange(request, transport) == HELLO
            delays = [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in sockets_to(proxy.port)]  # fmt: skip
            assert delays
            assert all(delays)


class Audit:
    """Sees each socket and address before it is connected, while it is on: a hook cannot be removed."""

    def __init__(self) -> None:
        self.hooked = False
        self.see: Callable[[Any, Any], object] | None = None

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self.see is not None and event == "socket.connect":
            self.see(*args)

    @contextmanager
    def seeing(self, see: Callable[[Any, Any], object]) -> Iterator[None]:
        if not self.hooked:
            sys.addaudithook(self)
            self.hooked = True
        self.see = see
        try:
            yield
        finally:
            self.see = None


AUDIT = Audit()


@case(163, "audit-events")
async def _(bench: Bench) -> None:
    seen: list[Any] = []
    with serving(answering(reply())) as server:
        with AUDIT.seeing(lambda _, address: seen.append(address)):
            assert await bench.send(f"{server.url}/case") == HELLO
        assert ("127.0.0.1", server.port) in seen


@case(160, "connected-to-itself", needs="linux")
async def _(bench: Bench) -> None:
    # What the system does once in 28,000 times: the socket has the very port that it connects to.
    port = free_port()
    with AUDIT.seeing(lambda sock, address: sock.bind(address[:2])):
        outcome = await bench.send(f"http://127.0.0.1:{port}/")
    assert outcome == F("connect", False), outcome


@case(164, "a-reset-before-the-first-write", needs="exchange", each={"GET": "GET", "POST": "POST"})
async def _(bench: Bench, method: str) -> None:
    def script(peer: Peer) -> None:
        if peer.number == 1:
            peer.play(RESET)
        answering(reply())(peer)

    def dialed(*args, **kwargs):
        assert server.peer(0).ended.wait(LIMIT)
        return real(*args, **kwargs)

    real = Exchange.dialed
    with serving(script) as server:
        with patch.object(Exchange, "dialed", dialed):
            outcome = await bench.send(f"{server.url}/case", method)
        assert outcome in (F("closed", False), F("connect", False)), outcome
        assert await bench.send(f"{server.url}/case") == HELLO
