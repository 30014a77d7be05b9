"""Group 10: proxies."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from unittest.mock import patch

from genesys_core import GenesysCloudError
from tests.adapters.transports.conformance.cases_07_timeouts import SOON, patient
from tests.adapters.transports.conformance.certificates import (
    client_certificate,
    server_context,
    trusted,
)
from tests.adapters.transports.conformance.harness import Bench, F, R, case
from tests.adapters.transports.conformance.network import resolving
from tests.adapters.transports.conformance.proxies import (
    ESTABLISHED,
    Socks,
    basic,
    behind_tls,
    forwarding,
    socks,
    tunnelling,
)
from tests.adapters.transports.conformance.servers import (
    CLOSE,
    RESET,
    STALL,
    Action,
    Drips,
    Peer,
    answering,
    chunked,
    head,
    reply,
    serving,
)
from tests.helpers.programs import free_port

HELLO = R(200, b"hello")
REFUSED = F("proxy", False)
HTTPS = "https://origin.example"
HTTP = "http://origin.example"


def through(bench: Bench, proxy, credentials: str = "", **more) -> None:
    scheme, _, rest = proxy.url.partition("://")
    bench.options = {"proxy": f"{scheme}://{credentials}{rest}", "verify": trusted(), **more}


@case(194, "an-http-origin", needs="proxy")
async def _(bench: Bench) -> None:
    with serving(forwarding(reply())) as proxy:
        through(bench, proxy, "user:pass@")
        assert await bench.send(f"{HTTP}/a?b=c", "POST", b"x") == HELLO
        assert await bench.send(f"{HTTP}:8080/a") == HELLO
        first, second = proxy.requests
        assert first.target == "http://origin.example/a?b=c"
        assert first.header("host") == "origin.example"
        assert first.all("proxy-authorization") == [basic("user", "pass")]
        assert second.target == "http://origin.example:8080/a"
        assert second.header("host") == "origin.example:8080"


CONNECTS = {"name": ("origin.example", "origin.example:443"), "port": ("origin.example:8443", "origin.example:8443"), "ipv6": ("[::1]:8443", "[::1]:8443"), "ipv4": ("127.0.0.1", "127.0.0.1:443")}  # fmt: skip


@case(194, "an-https-origin", needs="proxy tls", each=CONNECTS)
async def _(bench: Bench, situation: tuple[str, str]) -> None:
    host, target = situation
    with serving(tunnelling(answering(reply()))) as proxy:
        through(bench, proxy, "user:pass@")
        assert await bench.send(f"https://{host}/case") == HELLO
        connect, inner = proxy.requests
        assert (connect.method, connect.target) == ("CONNECT", target)
        assert connect.header("host") == target
        assert connect.all("proxy-authorization") == [basic("user", "pass")]
        assert inner.target == "/case"
        assert inner.header("host") == host
        assert inner.all("proxy-authorization") == []
        await bench.wait(lambda: True)


@case(195, "no-credentials-for-the-origin", needs="proxy tls")
async def _(bench: Bench) -> None:
    with serving(tunnelling(answering(reply()))) as proxy:
        through(bench, proxy, "user:hunter2@")
        for _ in range(3):
            assert await bench.send(f"{HTTPS}/case") == HELLO
        assert [seen.method for seen in proxy.requests] == ["CONNECT", "GET", "GET", "GET"]
        for seen in proxy.requests[1:]:
            assert b"roxy-" not in seen.head
            assert b"hunter2" not in seen.head


@case(196, "nothing-of-the-origin-on-connect", needs="proxy tls")
async def _(bench: Bench) -> None:
    with serving(tunnelling(answering(reply()))) as proxy:
        through(bench, proxy)
        secret = (("Authorization", "Bearer hunter2"), ("X-Own", "1"))
        assert await bench.send(f"{HTTPS}/case?q=1", "POST", b"body", secret) == HELLO
        connect, inner = proxy.requests
        assert connect.header("authorization") is None
        assert connect.header("x-own") is None
        assert connect.header("content-length") in {None, "0"}
        assert b"q=1" not in connect.head
        assert (inner.header("authorization"), inner.body) == ("Bearer hunter2", b"body")


WANTED = reply(b"who?", "Proxy-Authenticate: Basic", status="407 Proxy Authentication Required")


@case(197, "407-to-connect", needs="proxy tls")
async def _(bench: Bench) -> None:
    with serving(tunnelling(answering(reply()), WANTED, STALL)) as proxy:
        through(bench, proxy)
        outcome = await bench.send(f"{HTTPS}/case", "POST", b"x")
        assert outcome == REFUSED
        assert "407" in outcome.message
        await bench.wait(proxy.peer(0).ended.is_set)


@case(197, "407-from-a-forwarding-proxy", needs="proxy")
async def _(bench: Bench) -> None:
    with serving(forwarding(WANTED)) as proxy:
        through(bench, proxy)
        outcome = await bench.send(f"{HTTP}/case", "POST", b"x")
        assert outcome == REFUSED
        assert "407" in outcome.message


@case(197, "407-from-an-origin")
async def _(bench: Bench) -> None:
    with serving(answering(WANTED)) as server:
        assert await bench.send(f"{server.url}/case", "POST", b"x") == R(407, b"who?")
        assert len(server.requests) == 1


@case(197, "407-through-a-tunnel", needs="proxy tls")
async def _(bench: Bench) -> None:
    with serving(tunnelling(answering(WANTED))) as proxy:
        through(bench, proxy)
        assert await bench.send(f"{HTTPS}/case", "POST", b"x") == R(407, b"who?")


@case(198, "credentials-on-every-request", needs="proxy")
async def _(bench: Bench) -> None:
    with serving(forwarding(reply())) as proxy:
        through(bench, proxy, "user:pass@")
        for _ in range(3):
            assert await bench.send(f"{HTTP}/case") == HELLO
        wanted = [basic("user", "pass")]
        assert [seen.all("proxy-authorization") for seen in proxy.requests] == [wanted] * 3
        assert proxy.connections == 1


@case(198, "credentials-on-every-tunnel", needs="proxy tls")
async def _(bench: Bench) -> None:
    closing = reply(b"hello", "Connection: close")
    with serving(tunnelling(answering(closing))) as proxy:
        through(bench, proxy, "user:pass@")
        for _ in range(2):
            assert await bench.send(f"{HTTPS}/case") == HELLO
        connects = [seen for seen in proxy.requests if seen.method == "CONNECT"]
        assert [seen.header("proxy-authorization") for seen in connects] == [basic("user", "pass")] * 2  # fmt: skip


CREDENTIALS = {
    "percent": ("us%65r:p%40ss%3Aword@", ("user", "p@ss:word")),
    "colon": ("user:a:b@", ("user", "a:b")),
    "non-ascii": ("%C3%BCser:p%C3%A4ss@", ("üser", "päss")),
    "user-only": ("user@", ("user", "")),
    "empty-password": ("user:@", ("user", "")),
    "percent-sign": ("user:100%25@", ("user", "100%")),
}


@case(199, "credentials", needs="proxy", each=CREDENTIALS)
async def _(bench: Bench, situation: tuple[str, tuple[str, str]]) -> None:
    written, (user, password) = situation
    with serving(forwarding(reply())) as proxy:
        through(bench, proxy, written)
        assert await bench.send(f"{HTTP}/case") == HELLO
        assert proxy.requests[0].header("proxy-authorization") == basic(user, password)


@case(199, "credentials-in-no-message", needs="proxy tls")
async def _(bench: Bench) -> None:
    port = free_port()
    bench.options = {"proxy": f"http://user:hunter2@127.0.0.1:{port}"}
    for url in (HTTP, HTTPS):
        outcome = await bench.send(url)
        assert "hunter2" not in outcome.message
        assert "hunter2" not in repr(bench.transport)


REFUSALS = {
    "403": reply(b"<html>no</html>", status="403 Forbidden"),
    "502": reply(b"<html>no</html>", status="502 Bad Gateway"),
    "503-chunked": chunked(b"no").replace(b"200 OK", b"503 Busy"),
    "302": reply(b"", "Location: http://login.example/", status="302 Found"),
    "404-until-close": head(status="404 Not Found") + b"no",
}


@case(200, "refused", needs="proxy tls", each=REFUSALS)
async def _(bench: Bench, answer: bytes) -> None:
    with serving(tunnelling(answering(reply()), answer, STALL)) as proxy:
        through(bench, proxy)
        outcome = await bench.send(f"{HTTPS}/case", "POST", b"x")
        assert outcome == REFUSED
        assert answer[9:12].decode() in outcome.message
        assert len(proxy.requests) == 1
        await bench.wait(proxy.peer(0).ended.is_set)


@case(200, "refused-with-a-body-without-end", needs="proxy tls")
async def _(bench: Bench) -> None:
    endless = Drips(b"x" * 10_000_000, 0, 10_000)
    with serving(tunnelling(answering(reply()), head(status="403 No"), endless)) as proxy:
        through(bench, proxy)
        assert await bench.send(f"{HTTPS}/case", "POST", b"x") == REFUSED
        await bench.wait(proxy.peer(0).ended.is_set)


ENDS = {
    "close": (CLOSE,),
    "reset": (RESET,),
    "close-in-the-head": (b"HTTP/1.1 200 Conn", CLOSE),
    "reset-in-the-head": (b"HTTP/1.1 200 Conn", RESET),
}


@case(201, "connect-is-ended", needs="proxy tls", each=ENDS)
async def _(bench: Bench, actions: tuple[Action, ...]) -> None:
    with serving(tunnelling(answering(reply()), *actions)) as proxy:
        through(bench, proxy)
        assert await bench.send(f"{HTTPS}/case", "POST", b"x") == REFUSED


GARBAGE = {
    "garbage": b"nonsense hunter2\r\n\r\n",
    "ssh": b"SSH-2.0-hunter2\r\n",
    "http-0.9": b"<html>hunter2</html>\r\n\r\n",
    "huge-head": b"HTTP/1.1 200 OK\r\nA: " + b"b" * 300_000 + b"\r\n\r\n",
}


@case(202, "connect-is-answered-with", needs="proxy tls", each=GARBAGE)
async def _(bench: Bench, answer: bytes) -> None:
    with serving(tunnelling(answering(reply()), answer, STALL)) as proxy:
        through(bench, proxy)
        outcome = await bench.send(f"{HTTPS}/case", "POST", b"x", timeout=patient(connect=3, read=3))  # fmt: skip
        assert outcome == REFUSED
        assert "hunter2" not in outcome.message


TUNNELS: dict[str, tuple[Action, ...]] = {
    "informational-first": (head(status="100 Continue") + ESTABLISHED,),
    "drips": tuple(ESTABLISHED[at : at + 1] for at in range(len(ESTABLISHED))),
    "length": (head("Content-Length: 5", status="200 OK"),),
    "chunked": (head("Transfer-Encoding: chunked", status="200 OK"),),
    "201": (head(status="201 Created"),),
    "1.0": (head(version="HTTP/1.0"),),
    "no-reason": (head(status="200"),),
}


@case(202, "a-tunnel", needs="proxy tls", each=TUNNELS)
async def _(bench: Bench, actions: tuple[Action, ...]) -> None:
    with serving(tunnelling(answering(reply()), *actions)) as proxy:
        through(bench, proxy)
        assert await bench.send(f"{HTTPS}/case") == HELLO


@case(62, "a-length-on-the-tunnels-head", needs="proxy tls", each={"length": "Content-Length: 5", "chunked": "Transfer-Encoding: chunked"})  # fmt: skip
async def _(bench: Bench, field: str) -> None:
    with serving(tunnelling(answering(reply()), head(field))) as proxy:
        through(bench, proxy)
        assert await bench.send(f"{HTTPS}/case") == HELLO
        assert await bench.send(f"{HTTPS}/case") == HELLO
        assert proxy.connections == 1


@case(203, "bytes-behind-the-head", needs="proxy tls", each={"a-reply": reply(b"stray"), "a-line": b"hello\r\n"})  # fmt: skip
async def _(bench: Bench, stray: bytes) -> None:
    with serving(tunnelling(answering(reply()), ESTABLISHED + stray)) as proxy:
        through(bench, proxy)
        outcome = await bench.send(f"{HTTPS}/case", "POST", b"x")
        assert outcome in (F("tls", False), REFUSED)


@case(204, "connect-is-cancelled", needs="proxy tls", flavours=frozenset({"asyncio", "trio"}))
async def _(bench: Bench) -> None:
    with serving(tunnelling(answering(reply()), STALL)) as proxy:
        through(bench, proxy)
        task = bench.start(lambda: bench.send(f"{HTTPS}/case"))
        await bench.wait(lambda: proxy.requests)
        task.cancel()
        await bench.wait(proxy.peer(0).ended.is_set)


@case(204, "connect-is-timed-out", slow=True, needs="proxy tls")
async def _(bench: Bench) -> None:
    with serving(tunnelling(answering(reply()), STALL)) as proxy:
        through(bench, proxy)
        timeout = patient(connect=SOON, read=3)
        assert await bench.send(f"{HTTPS}/case", timeout=timeout) == F("timeout", False)
        await bench.wait(proxy.peer(0).ended.is_set)


@case(205, "the-proxy-is-not-there", needs="proxy tls", each={"http": HTTP, "https": HTTPS})
async def _(bench: Bench, url: str) -> None:
    port = free_port()
    bench.options = {"proxy": f"http://127.0.0.1:{port}"}
    outcome = await bench.send(url, "POST", b"x")
    assert outcome == REFUSED
    assert f"127.0.0.1:{port}" in outcome.message


@case(205, "the-proxy-is-unknown", needs="proxy tls", each={"http": HTTP, "https": HTTPS})
async def _(bench: Bench, url: str) -> None:
    bench.options = {"proxy": "http://proxy.example:3128"}
    with resolving({}):
        outcome = await bench.send(url, "POST", b"x")
    assert outcome == REFUSED
    assert "proxy.example:3128" in outcome.message


@case(205, "the-proxy-is-not-trusted", needs="https-proxy tls", each={"http": HTTP, "https": HTTPS})
async def _(bench: Bench, url: str) -> None:
    script = behind_tls(tunnelling(answering(reply())), server_context(by="stranger"))
    with serving(script, scheme="https") as proxy:
        through(bench, proxy)
        outcome = await bench.send(f"{url}/case", "POST", b"x")
        assert outcome == REFUSED
        assert f"127.0.0.1:{proxy.port}" in outcome.message
        assert proxy.requests == []


@case(166, "the-origin-behind-an-https-proxy-is-not-trusted", needs="https-proxy tls")
async def _(bench: Bench) -> None:
    inner = server_context("origin.example", by="stranger")
    script = behind_tls(tunnelling(answering(reply()), context=inner))
    with serving(script, scheme="https") as proxy:
        through(bench, proxy)
        assert await bench.send(f"{HTTPS}/case", "POST", b"x") == F("tls", False)
        assert [seen.method for seen in proxy.requests] == ["CONNECT"]


@case(166, "each-with-its-own-name", needs="https-proxy tls")
async def _(bench: Bench) -> None:
    # Both present the other's name.
    script = behind_tls(
        tunnelling(answering(reply()), context=server_context("127.0.0.1")),
        server_context("origin.example"),
    )
    with serving(script, scheme="https") as proxy:
        through(bench, proxy)
        assert await bench.send(f"{HTTPS}/case", "POST", b"x") == REFUSED
    script = behind_tls(tunnelling(answering(reply()), context=server_context("127.0.0.1")))
    with serving(script, scheme="https") as proxy:
        own = bench.another(proxy=proxy.url, verify=trusted())
        outcome = await bench.exchange(bench.request(f"{HTTPS}/case", "POST", b"x"), own)
        assert outcome == F("tls", False)


@case(188, "tls-in-tls", needs="https-proxy tls")
async def _(bench: Bench) -> None:
    body = os.urandom(1_000_000)

    def origin(peer: Peer) -> None:
        while seen := peer.read():
            peer.send(reply(seen.body or body))

    with serving(behind_tls(tunnelling(origin)), scheme="https") as proxy:
        through(bench, proxy)
        assert await bench.send(f"{HTTPS}/case") == R(200, body)
        assert await bench.send(f"{HTTPS}/case", "POST", body) == R(200, body)
        assert proxy.connections == 1


@case(188, "the-inner-handshake-hangs", slow=True, needs="https-proxy tls")
async def _(bench: Bench) -> None:
    script = behind_tls(tunnelling(lambda peer: peer.drain(), tls=False))
    with serving(script, scheme="https") as proxy:
        through(bench, proxy)
        timeout = patient(connect=SOON, read=3)
        assert await bench.send(HTTPS, "POST", b"x", timeout=timeout) == F("timeout", False)
        await bench.wait(proxy.peer(0).ended.is_set)


@case(188, "the-inner-layer-closes", needs="https-proxy tls")
async def _(bench: Bench) -> None:
    def origin(peer: Peer) -> None:
        while seen := peer.read():
            peer.send(reply(b"%d" % peer.number))
            if seen.target == "/case":
                peer.layer.notify()

    with serving(behind_tls(tunnelling(origin)), scheme="https") as proxy:
        through(bench, proxy)
        assert await bench.send(f"{HTTPS}/case") == R(200, b"1")
        await bench.sleep(0.01)
        assert await bench.send(f"{HTTPS}/next") == R(200, b"2")


@case(206, "the-proxy-answers-instead", needs="proxy", each={"502": 502, "504": 504, "403": 403})
async def _(bench: Bench, status: int) -> None:
    page = reply(b"<html>no</html>", "Via: proxy", status=f"{status} No")
    with serving(forwarding(page)) as proxy:
        through(bench, proxy)
        assert await bench.send(f"{HTTP}/case") == R(status, b"<html>no</html>")


@case(207, "a-kept-connection-is-dropped", needs="proxy", each={"while-idle": True, "under-the-request": False})  # fmt: skip
async def _(bench: Bench, idle: bool) -> None:
    ended = threading.Event()

    def script(peer: Peer) -> None:
        peer.read()
        peer.send(reply(b"%d" % peer.number))
        if peer.number == 1:
            if not idle:
                peer.read()
            peer.half_close()
            ended.set()
        peer.read()
        peer.send(reply(b"%d" % peer.number))

    with serving(script) as proxy:
        through(bench, proxy)
        assert await bench.send(f"{HTTP}/case") == R(200, b"1")
        if idle:
            await bench.wait(ended.is_set)
            await bench.sleep(0.01)
        assert await bench.send(f"{HTTP}/case") == R(200, b"2")


# --- the environment ------------------------------------------------------------------------------


@contextmanager
def environment(**names: str):
    """An environment that names these proxies and no others."""
    others = [
        name
        for name in os.environ
        if name.lower().endswith("_proxy") or name in {"REQUEST_METHOD", "SSL_CERT_FILE"}
    ]
    with patch.dict(os.environ, names):
        for name in others:
            if name not in names:
                del os.environ[name]
        yield


VARIABLES = {
    "http_proxy": ("http_proxy", "http", ""),
    "HTTP_PROXY": ("HTTP_PROXY", "http", ""),
    "all_proxy": ("all_proxy", "http", ""),
    "no-scheme": ("http_proxy", "", ""),
}


@case(209, "names-a-proxy", needs="proxy environment", each=VARIABLES)
async def _(bench: Bench, situation: tuple[str, str, str]) -> None:
    name, scheme, _ = situation
    with serving(forwarding(reply())) as proxy:
        value = f"127.0.0.1:{proxy.port}" if not scheme else proxy.url
        with environment(**{name: value}), resolving({}):
            bench.options = {"trust_env": True, "verify": trusted()}
            assert await bench.send(f"{HTTP}/case") == HELLO


@case(209, "for-tls", needs="proxy tls environment", each={"https_proxy": "https_proxy", "HTTPS_PROXY": "HTTPS_PROXY", "all_proxy": "ALL_PROXY"})  # fmt: skip
async def _(bench: Bench, name: str) -> None:
    with serving(tunnelling(answering(reply()))) as proxy, environment(**{name: proxy.url}):
        bench.options = {"trust_env": True, "verify": trusted()}
        assert await bench.send(f"{HTTPS}/case") == HELLO


@case(209, "lower-case-first", needs="proxy environment")
async def _(bench: Bench) -> None:
    with serving(forwarding(reply())) as proxy:
        wrong = f"http://127.0.0.1:{free_port()}"
        with environment(HTTP_PROXY=wrong, http_proxy=proxy.url), resolving({}):
            bench.options = {"trust_env": True, "verify": trusted()}
            assert await bench.send(f"{HTTP}/case") == HELLO


@case(208, "several-proxies", needs="proxy tls environment")
async def _(bench: Bench) -> None:
    with (
        serving(forwarding(reply())) as plain,
        serving(tunnelling(answering(reply()))) as secure,
        serving(answering(reply())) as direct,
    ):
        proxies = {
            "http_proxy": plain.url.replace("//", "//one:1@"),
            "https_proxy": secure.url.replace("//", "//two:2@"),
            "no_proxy": "127.0.0.1",
        }
        with environment(**proxies), resolving({}):
            bench.options = {"trust_env": True, "verify": trusted()}
            for _ in range(2):
                for url in (HTTP, HTTPS, direct.url):
                    assert await bench.send(f"{url}/case") == HELLO
        assert [server.connections for server in (plain, secure, direct)] == [1, 1, 1]
        assert {seen.header("proxy-authorization") for seen in plain.requests} == {
            basic("one", "1")
        }
        assert [seen.header("proxy-authorization") for seen in secure.requests] == [basic("two", "2"), None, None]  # fmt: skip
        assert not any(b"roxy-" in seen.head for seen in direct.requests)


@case(208, "one-proxy-with-several-credentials", needs="proxy")
async def _(bench: Bench) -> None:
    with serving(forwarding(reply())) as proxy:
        for credentials in ("one:1@", "two:2@", "", "one:1@"):
            through(bench, proxy, credentials)
            transport = bench.another(**bench.options)
            assert await bench.exchange(bench.request(f"{HTTP}/case"), transport) == HELLO
        sent = [seen.header("proxy-authorization") for seen in proxy.requests]
        assert sent == [basic("one", "1"), basic("two", "2"), None, basic("one", "1")]
        assert [seen.connection for seen in proxy.requests] == [1, 2, 3, 4]


@case(209, "an-empty-one-switches-off", needs="proxy environment")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        wrong = f"http://127.0.0.1:{free_port()}"
        with environment(HTTP_PROXY=wrong, http_proxy=""):
            bench.options = {"trust_env": True, "verify": trusted()}
            assert await bench.send(f"{server.url}/case") == HELLO


@case(209, "under-cgi", needs="proxy environment")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server:
        wrong = f"http://127.0.0.1:{free_port()}"
        with environment(HTTP_PROXY=wrong, REQUEST_METHOD="GET"):
            bench.options = {"trust_env": True, "verify": trusted()}
            assert await bench.send(f"{server.url}/case") == HELLO


EXCEPTIONS = {
    "name": ("a.example", "a.example", True),
    "suffix": ("example", "a.example", True),
    "leading-dot": (".a.example", "x.a.example", True),
    "leading-dot-itself": (".a.example", "a.example", True),
    "star-dot": ("*.a.example", "x.a.example", True),
    "label-border": ("a.example", "ba.example", False),
    "other": ("b.example", "a.example", False),
    "case": ("A.Example", "a.EXAMPLE", True),
    "commas": ("x.example,a.example,y.example", "a.example", True),
    "commas-and-spaces": ("x.example , a.example", "a.example", True),
    "spaces": ("x.example a.example", "a.example", True),
    "star": ("*", "a.example", True),
    "trailing-dot": ("a.example.", "a.example", True),
    "port": ("a.example:{port}", "a.example", True),
    "other-port": ("a.example:1", "a.example", False),
    "ipv4": ("127.0.0.1", "127.0.0.1", True),
    "ipv4-port": ("127.0.0.1:{port}", "127.0.0.1", True),
    "ipv4-range": ("127.0.0.0/8", "127.0.0.1", True),
    "ipv4-other-range": ("10.0.0.0/8", "127.0.0.1", False),
    "ipv6": ("::1", "[::1]", True),
    "ipv6-brackets": ("[::1]", "[::1]", True),
    "ipv6-brackets-port": ("[::1]:{port}", "[::1]", True),
    "ipv6-range": ("::/64", "[::1]", True),
    "ipv6-other-range": ("fe80::/10", "[::1]", False),
    "localhost": ("localhost", "localhost", True),
    "localhost-is-no-address": ("localhost", "127.0.0.1", False),
    "suffix-of-an-address": ("0.0.1", "127.0.0.1", False),
}


@case(210, "no-proxy", needs="proxy environment", each=EXCEPTIONS)
async def _(bench: Bench, situation: tuple[str, str, bool]) -> None:
    entry, host, direct = situation
    names = dict.fromkeys(("a.example", "x.a.example", "ba.example"), ("127.0.0.1",))
    with (
        serving(answering(reply(b"direct")), host="::1" if "[" in host else "127.0.0.1") as server,
        serving(forwarding(reply(b"proxied"))) as proxy,
        environment(http_proxy=proxy.url, no_proxy=entry.replace("{port}", str(server.port))),
        resolving({**names, "localhost": ("127.0.0.1",)}),
    ):
        bench.options = {"trust_env": True, "verify": trusted()}
        try:
            outcome = await bench.send(f"http://{host}:{server.port}/case")
        except GenesysCloudError as error:
            raise AssertionError("no transport could be made") from error
        assert outcome == R(200, b"direct" if direct else b"proxied")


UNUSABLE = {
    "open-bracket": "[::1",
    "range": "10.0.0.0/99",
    "port": "a.example:port",
    "control": "a\tb",
}


@case(211, "an-unusable-exception", needs="proxy environment", each=UNUSABLE)
async def _(bench: Bench, entry: str) -> None:
    with (
        serving(answering(reply(b"direct"))) as server,
        serving(forwarding(reply(b"proxied"))) as proxy,
        environment(http_proxy=proxy.url, no_proxy=f"{entry},127.0.0.1"),
    ):
        bench.options = {"trust_env": True, "verify": trusted()}
        try:
            assert await bench.send(f"{server.url}/case") == R(200, b"direct")
        except GenesysCloudError as error:
            assert entry in str(error), error


@case(212, "an-environment-that-is-not-trusted", needs="proxy")
async def _(bench: Bench) -> None:
    wrong = f"http://127.0.0.1:{free_port()}"
    with serving(answering(reply())) as server, environment(http_proxy=wrong, all_proxy=wrong):
        bench.options = {"trust_env": False, "verify": trusted()}
        assert await bench.send(f"{server.url}/case") == HELLO


@case(213, "an-environment-that-changes", needs="proxy environment")
async def _(bench: Bench) -> None:
    with serving(answering(reply())) as server, environment():
        bench.options = {"trust_env": True, "verify": trusted()}
        assert await bench.send(f"{server.url}/case") == HELLO
        with environment(http_proxy=f"http://127.0.0.1:{free_port()}"):
            assert await bench.send(f"{server.url}/case") == HELLO


@case(216, "a-loopback-origin", needs="proxy environment")
async def _(bench: Bench) -> None:
    # Loopback is no exception of its own: NO_PROXY says what goes out directly.
    with serving(forwarding(reply(b"proxied"))) as proxy, environment(http_proxy=proxy.url):
        bench.options = {"trust_env": True, "verify": trusted()}
        assert await bench.send("http://127.0.0.1:1/case") == R(200, b"proxied")


# --- SOCKS ----------------------------------------------------------------------------------------


def over_socks(bench: Bench, proxy, scheme: str = "socks5h", credentials: str = "") -> None:
    url = f"{scheme}://{credentials}127.0.0.1:{proxy.port}"
    bench.options = {"proxy": url, "verify": trusted()}


@case(214, "remote-names", needs="socks")
async def _(bench: Bench) -> None:
    asked = Socks()
    with serving(socks(asked, answering(reply()))) as proxy, resolving({}):
        over_socks(bench, proxy)
        assert await bench.send(f"{HTTP}/case") == HELLO
        assert await bench.send(f"{HTTP}/case") == HELLO
        assert proxy.connections == 1
        assert asked.targets == [(3, b"origin.example", 80)]


@case(214, "over-tls", needs="socks tls")
async def _(bench: Bench) -> None:
    def origin(peer: Peer) -> None:
        peer.start_tls(server_context("origin.example"))
        answering(reply())(peer)

    asked = Socks()
    with serving(socks(asked, origin)) as proxy, resolving({}):
        over_socks(bench, proxy)
        assert await bench.send(f"{HTTPS}/case") == HELLO
        assert asked.targets == [(3, b"origin.example", 443)]


@case(214, "addresses", needs="socks", each={"ipv4": ("127.0.0.1", 1, b"\x7f\0\0\x01"), "ipv6": ("[::1]", 4, b"\0" * 15 + b"\x01")})  # fmt: skip
async def _(bench: Bench, situation: tuple[str, int, bytes]) -> None:
    host, kind, packed = situation
    asked = Socks()
    with serving(socks(asked, answering(reply()))) as proxy:
        over_socks(bench, proxy)
        assert await bench.send(f"http://{host}:8080/case") == HELLO
        assert asked.targets == [(kind, packed, 8080)]


@case(214, "a-password", needs="socks")
async def _(bench: Bench) -> None:
    asked = Socks()
    with serving(socks(asked, answering(reply()), method=b"\x05\x02")) as proxy:
        over_socks(bench, proxy, credentials="us%65r:p%40ss@")
        assert await bench.send(f"{HTTP}/case") == HELLO
        assert asked.credentials == [(b"user", b"p@ss")]


GRANTED_REST = b"\x00\x01\x00\x00\x00\x00\x00\x00"
SOCKS_REFUSALS = {
    "no-method": {"method": b"\x05\xff"},
    "wrong-password": {"method": b"\x05\x02", "verdict": b"\x01\x01"},
    "not-socks": {"method": b"HT"},
    **{f"code-{code}": {"answer": (b"\x05" + bytes([code]) + GRANTED_REST,)} for code in (1, 2, 3, 4, 5, 6, 7, 8, 0x99)},
}  # fmt: skip


@case(214, "refused", needs="socks", each=SOCKS_REFUSALS)
async def _(bench: Bench, options) -> None:
    with serving(socks(Socks(), answering(reply()), **options)) as proxy:
        over_socks(bench, proxy, credentials="user:hunter2@")
        outcome = await bench.send(f"{HTTP}/case", "POST", b"x", timeout=patient(connect=3, read=3))
        assert outcome == REFUSED
        assert "hunter2" not in outcome.message


STAGES = {f"{stage}-{name}": (stage, end) for stage in ("methods", "credentials", "request") for name, end in (("close", CLOSE), ("reset", RESET), ("hang", STALL))}  # fmt: skip


@case(214, "ended", slow=True, needs="socks", each=STAGES)
async def _(bench: Bench, situation: tuple[str, Action]) -> None:
    stage, ending = situation
    script = socks(Socks(), answering(reply()), method=b"\x05\x02", stage=stage, ending=ending)
    with serving(script) as proxy:
        over_socks(bench, proxy, credentials="user:pass@")
        hangs = ending is STALL
        timeout = patient(connect=SOON, read=3) if hangs else None
        outcome = await bench.send(f"{HTTP}/case", "POST", b"x", timeout=timeout)
        assert outcome == (F("timeout", False) if hangs else REFUSED)


@case(214, "a-host-of-256-bytes", needs="socks")
async def _(bench: Bench) -> None:
    with serving(socks(Socks(), answering(reply()))) as proxy:
        over_socks(bench, proxy)
        try:
            outcome = await bench.send(f"http://{'a' * 60 + ('.' + 'b' * 60) * 4}/", "POST", b"x")
        except GenesysCloudError:
            outcome = REFUSED
        assert outcome in (REFUSED, F("connect", False), F("protocol", False))


# --- https proxies --------------------------------------------------------------------------------


@case(215, "an-http-origin", needs="https-proxy tls")
async def _(bench: Bench) -> None:
    with serving(behind_tls(forwarding(reply())), scheme="https") as proxy:
        through(bench, proxy, "user:pass@")
        assert await bench.send(f"{HTTP}/case") == HELLO
        assert proxy.requests[0].header("proxy-authorization") == basic("user", "pass")


@case(215, "a-client-certificate", needs="https-proxy tls")
async def _(bench: Bench) -> None:
    import ssl

    from tests.adapters.transports.conformance.certificates import authority

    inner = server_context("origin.example")
    inner.verify_mode = ssl.CERT_REQUIRED
    authority("trusted").configure_trust(inner)
    with serving(behind_tls(tunnelling(answering(reply()), context=inner)), scheme="https") as proxy:  # fmt: skip
        through(bench, proxy, cert=client_certificate())
        assert await bench.send(f"{HTTPS}/case") == HELLO
