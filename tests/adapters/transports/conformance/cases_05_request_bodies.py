"""Group 5: what is written, and replies that come before all of it is."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

from genesys_core import GenesysCloudError, Timeout
from tests.adapters.transports.conformance.harness import CLOSED, KEPT, Bench, F, R, case
from tests.adapters.transports.conformance.servers import (
    NEXT,
    Peer,
    answering,
    head,
    reply,
    serving,
)

HELLO = R(200, b"hello")
CUT = F("closed", True)


@case(88, "a-body-of-bytes", each={"POST": "POST", "PUT": "PUT", "PATCH": "PATCH"})
async def _(bench: Bench, method: str) -> None:
    with serving(answering(reply())) as server:
        assert await bench.send(f"{server.url}/case", method, b"a=b") == HELLO
        assert await bench.send(f"{server.url}/case", method) == HELLO
        assert await bench.send(f"{server.url}/case", method, b"") == HELLO
        assert [seen.all("content-length") for seen in server.requests] == [["3"], ["0"], ["0"]]
        assert [seen.all("transfer-encoding") for seen in server.requests] == [[], [], []]
        assert server.connections == 1


@case(89, "no-body", each={"GET": "GET", "HEAD": "HEAD", "DELETE": "DELETE"})
async def _(bench: Bench, method: str) -> None:
    with serving(answering(reply(b""))) as server:
        assert await bench.send(f"{server.url}/case", method) == R(200)
        (seen,) = server.requests
        assert (seen.all("content-length"), seen.all("transfer-encoding")) == ([], [])


@case(90, "a-body-of-unknown-length", needs="upload", each={"pieces": [b"ab", b"", b"c"], "empty": [], "only-empty": [b"", b""]})  # fmt: skip
async def _(bench: Bench, pieces: list[bytes]) -> None:
    with serving(answering(reply())) as server:
        assert await bench.upload(f"{server.url}/case", iter(pieces)) == HELLO
        (seen,) = server.requests
        assert seen.body == b"".join(pieces)
        assert seen.header("transfer-encoding") == "chunked"
        assert seen.header("content-length") is None
        await bench.check_fate(server, KEPT)


LENGTH = (("Content-Length", "5"),)


@case(91, "shorter-than-its-length", needs="upload")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        assert await bench.upload(f"{server.url}/case", iter([b"hel"]), LENGTH) == F("protocol", True)  # fmt: skip
        await bench.wait(lambda: server.peer(0).ended.is_set())
        await bench.check_fate(server, CLOSED)


@case(91, "longer-than-its-length", needs="upload")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        outcome = await bench.upload(f"{server.url}/case", iter([b"hello", b"XX"]), LENGTH)
        # The response may come before anybody sees that there is more.
        assert outcome in {F("protocol", True), HELLO}
        await bench.check_fate(server, KEPT if outcome == HELLO else CLOSED)
        assert b"XX" not in bytes(server.peer(0).received)


@case(91, "a-right-length", needs="upload")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        assert await bench.upload(f"{server.url}/case", iter([b"he", b"llo"]), LENGTH) == HELLO
        (seen,) = server.requests
        assert seen.body == b"hello"
        assert (seen.all("content-length"), seen.all("transfer-encoding")) == (["5"], [])
        await bench.check_fate(server, KEPT)


class Mine(Exception):
    pass


@case(92, "the-callers-body-raises", needs="upload", each={"at-once": 0, "after-a-piece": 1, "with-a-length": 2})  # fmt: skip
async def _(bench: Bench, when: int) -> None:
    def pieces() -> Iterator[bytes]:
        if when:
            yield b"ab"
        raise Mine

    fields = LENGTH if when == 2 else ()
    with serving(answering(reply())) as server:
        try:
            await bench.upload(f"{server.url}/case", pieces(), fields)
        except Mine:
            pass
        else:
            raise AssertionError("the caller's exception was lost")
        await bench.wait(lambda: all(peer.ended.is_set() for peer in server.peers))
        assert all(not bytes(peer.received).endswith(b"0\r\n\r\n") for peer in server.peers)
        assert await bench.send(f"{server.url}/next") == R(200, b"next")


class Long:
    """A body of 130 MB that knows how much of it was taken."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Long:
        return self

    def __next__(self) -> bytes:
        if self.taken == 2000:
            raise StopIteration
        self.taken += 1
        return b"x" * 65536


@case(93, "left-after-an-early-reply", needs="upload")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(reply(b"too large", status="413 X"))
        peer.drain()

    body = Long()
    with serving(script) as server:
        assert await bench.upload(f"{server.url}/case", body) == R(413, b"too large")
        assert body.taken < 2000
        await bench.wait(server.peer(0).ended.is_set)


EARLY = {str(status): status for status in (401, 413, 429)}


@case(94, "an-early-reply-and-no-more-reading", each=EARLY)
async def _(bench: Bench, status: int) -> None:
    def script(peer: Peer) -> None:
        seen = peer.read_head()
        if seen is not None and seen.target == "/next":
            peer.play(NEXT)
            return
        peer.send(reply(b"no", "Connection: close", status=f"{status} X"))
        peer.server.stopping.wait(20)

    # More than all buffers on the way hold: the rest of the body can never be written.
    with serving(script, receive_buffer=4096) as server:
        body = b"x" * 20_000_000
        outcome = await bench.send(f"{server.url}/case", "POST", body, timeout=Timeout.of(3))
        assert outcome == R(status, b"no")
        assert await bench.send(f"{server.url}/next") == R(200, b"next")
        assert server.connections == 2


@case(94, "an-early-reply-and-a-close")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(reply(b"no", "Connection: close", status="413 X"))
        peer.half_close()
        peer.drain()

    with serving(script) as server:
        body = b"x" * 20_000_000
        outcome = await bench.send(f"{server.url}/case", "POST", body)
        assert outcome == R(413, b"no")


@case(95, "an-early-reply-while-the-server-reads-on", needs="upload")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        seen = peer.read_head()
        if seen is not None and seen.target == "/next":
            peer.play(NEXT)
            return
        peer.send(reply(b"no", status="401 X"))
        answered.set()
        peer.drain()

    answered = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"x"
        answered.wait(20)
        for _ in range(1000):
            yield b"x" * 65536

    with serving(script) as server:
        assert await bench.upload(f"{server.url}/case", pieces()) == R(401, b"no")
        await bench.check_fate(server, CLOSED)


@case(96, "a-reset-while-a-large-body-is-sent")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.abort()

    with serving(script, receive_buffer=4096) as server:
        assert await bench.send(server.url, "POST", b"x" * 20_000_000) == CUT
        assert len(server.requests) == 1


@case(97, "two-full-buffers")
async def _(bench: Bench) -> None:
    size = 8_000_000

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(head(f"Content-Length: {size}"))
        for _ in range(size // 80_000):  # writes before it reads, and reads nothing until it has
            peer.send(b"y" * 80_000)
        peer.drain()

    with serving(script, receive_buffer=4096) as server:
        outcome = await bench.send(server.url, "POST", b"x" * size, timeout=Timeout.of(3))
        assert outcome == R(200, b"y" * size)


EXPECT = (("Expect", "100-continue"), ("Content-Length", "5"))


@case(98, "100-comes", needs="expect")
async def _(bench: Bench) -> None:
    before: list[bytes] = []

    def script(peer: Peer) -> None:
        seen = peer.read_head()
        before.append(bytes(peer._buffer))
        peer.send(head(status="100 Continue"))
        peer.read_body(seen)
        peer.send(reply())
        while peer.read():
            peer.send(NEXT)

    with serving(script) as server:
        assert await bench.upload(f"{server.url}/case", iter([b"hello"]), EXPECT) == HELLO
        assert before == [b""]
        assert server.requests[0].body == b"hello"
        await bench.check_fate(server, KEPT)


@case(99, "nothing-comes", needs="expect", slow=True)
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        assert await bench.upload(f"{server.url}/case", iter([b"hello"]), EXPECT) == HELLO
        assert [seen.body for seen in server.requests] == [b"hello"]


@case(101, "417-comes", needs="expect", each={"": 417})
@case(100, "a-final-reply-comes", needs="expect", each={"401": 401})
async def _(bench: Bench, status: int) -> None:
    def script(peer: Peer) -> None:
        seen = peer.read_head()
        if seen is not None and seen.target == "/next":
            peer.play(NEXT)
            return
        peer.send(reply(b"no", status=f"{status} X"))
        peer.drain()

    with serving(script) as server:
        assert await bench.upload(f"{server.url}/case", iter([b"hello"]), EXPECT) == R(status, b"no")  # fmt: skip
        await bench.check_fate(server, CLOSED)
        assert b"hello" not in bytes(server.peer(0).received)


@case(102, "100-comes-late-and-twice")
async def _(bench: Bench) -> None:
    informational = head(status="100 Continue")
    with serving(answering(informational, informational + reply())) as server:
        outcome = await bench.send(f"{server.url}/case", "POST", b"hello")
        assert outcome == HELLO
        await bench.check_fate(server, KEPT)


@case(103, "no-expectation-without-a-body")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        assert await bench.send(f"{server.url}/case", "POST", b"x") == HELLO
        assert [seen.header("expect") for seen in server.requests] == [None, None]


@case(104, "a-slow-server-holds-the-producer-back", needs="upload", slow=True)
async def _(bench: Bench) -> None:
    taken: list[int] = []
    go = threading.Event()

    def pieces() -> Iterator[bytes]:
        for number in range(400):
            taken.append(number)
            yield b"x" * 65536

    def script(peer: Peer) -> None:
        seen = peer.read_head()
        assert go.wait(20)
        peer.read_body(seen)
        peer.send(reply())

    with serving(script, receive_buffer=65536) as server:
        task = bench.start(lambda: bench.upload(server.url, pieces()))
        await bench.wait(lambda: server.requests)
        last = -1
        while len(taken) != last:  # until the buffers on the way are full
            last = len(taken)
            await bench.sleep(0.1)
        assert last < 300
        go.set()
        assert await task.result() == HELLO
        assert len(server.requests[0].body) == 400 * 65536


BAD = "\r\nX-Injected: 1"
INJECTED = {
    "header-value": lambda url: (url, "GET", None, (("X", f"a{BAD}"),)),
    "header-value-lf": lambda url: (url, "GET", None, (("X", "a\nb"),)),
    "header-value-nul": lambda url: (url, "GET", None, (("X", "a\x00b"),)),
    "header-name": lambda url: (url, "GET", None, ((f"X{BAD}", "a"),)),
    "header-name-space": lambda url: (url, "GET", None, (("X Y", "a"),)),
    "method": lambda url: (url, f"GET / HTTP/1.1{BAD}", None, ()),
    "target-crlf": lambda url: (f"{url}/a{BAD}", "GET", None, ()),
    "target-space": lambda url: (f"{url}/a b HTTP/1.1", "GET", None, ()),
    "target-nul": lambda url: (f"{url}/a\x00b", "GET", None, ()),
}


@case(107, "control-bytes-in", each=INJECTED)
async def _(bench: Bench, situation) -> None:
    with serving(answering(reply())) as server:
        try:
            outcome = await bench.send(*situation(server.url))
        except (GenesysCloudError, ValueError):
            outcome = F("protocol", False)
        if server.requests:  # what can be encoded is no injection
            (seen,) = server.requests
            assert "x-injected" not in {name.lower() for name, _ in seen.headers}
            assert seen.head.split(b"\r\n")[0].count(b" ") == 2
        else:
            assert outcome == F("protocol", False)


REFUSED = {
    "two-hosts": (("Host", "a.example"), ("Host", "b.example")),
    "transfer-encoding-and-a-length": (("Transfer-Encoding", "chunked"), ("Content-Length", "1")),
    "transfer-encoding-and-a-body": (("Transfer-Encoding", "chunked"),),
}


@case(108, "refused", each=REFUSED)
async def _(bench: Bench, headers: tuple[tuple[str, str], ...]) -> None:
    with serving(answering(reply())) as server:
        try:
            outcome = await bench.send(f"{server.url}/case", "POST", b"x", headers)
        except (GenesysCloudError, ValueError):
            outcome = F("protocol", False)
        assert outcome == F("protocol", False)
        assert server.requests == []


@case(109, "host-comes-first")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        assert await bench.send(f"{server.url}/case", headers=(("A", "b"),)) == HELLO
        assert await bench.send(f"http://user:secret@127.0.0.1:{server.port}/case") == HELLO
        for seen in server.requests:
            assert seen.headers[0] == ("Host", f"127.0.0.1:{server.port}")
            assert b"secret" not in seen.head


@case(109, "ipv6-in-brackets")
async def _(bench: Bench) -> None:
    with serving(answering(reply()), host="::1") as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        assert server.requests[0].header("host") == f"[::1]:{server.port}"


@case(109, "a-default-port-is-left-out", needs="proxy")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        while peer.read():
            peer.send(reply())

    with serving(script) as proxy:
        bench.options = {"proxy": proxy.url}
        assert await bench.send("http://origin.example:80/case") == HELLO
        assert await bench.send("http://origin.example/case") == HELLO
        assert [seen.header("host") for seen in proxy.requests] == ["origin.example"] * 2


TARGETS = {
    "empty-path": ("", "/"),
    "empty-path-with-query": ("?a=b", "/?a=b"),
    "query": ("/p?a=%2F&b=c+d&b=%C3%A9&e", "/p?a=%2F&b=c+d&b=%C3%A9&e"),
    "encoded-slash": ("/a%2Fb/%7Ec", "/a%2Fb/%7Ec"),
    "fragment": ("/p?a=b#frag", "/p?a=b"),
    "dots": ("/a/../b/./c", "/a/../b/./c"),
    "double-slash": ("//a//b", "//a//b"),
    "empty-query": ("/p?", "/p?"),
    "lower-case-percent": ("/p%c3%a9", "/p%c3%a9"),
}


@case(110, "target", each=TARGETS)
async def _(bench: Bench, situation: tuple[str, str]) -> None:
    written, expected = situation
    with serving(answering(NEXT)) as server:
        assert await bench.send(server.url + written) == R(200, b"next")
        assert server.requests[0].target == expected


@case(111, "nothing-of-an-earlier-request")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        url = f"{server.url}/case"
        await bench.send(url, "PUT", b"secret", (("X-A", "1"), ("Content-Type", "a/b")))
        await bench.send(url)
        await bench.send(url, "DELETE")
        await bench.send(url, "POST", b"x")
        assert server.connections == 1
        _, get, delete, post = server.requests
        for seen in (get, delete, post):
            assert seen.header("x-a") is None
            assert seen.header("content-type") is None
        assert [seen.all("content-length") for seen in (get, delete, post)] == [[], [], ["1"]]
        assert [seen.method for seen in server.requests] == ["PUT", "GET", "DELETE", "POST"]
        assert list(itertools.chain(*(seen.body for seen in (get, delete, post)))) == [ord("x")]
