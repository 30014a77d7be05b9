"""Group 9: TLS."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import ssl
import subprocess
import tempfile
import threading
import time
import warnings
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives import serialization

from genesys_core.errors import ConfigurationError
from tests.adapters.transports.conformance.certificates import (
    authority,
    client_certificate,
    server_context,
    trusted,
)
from tests.adapters.transports.conformance.harness import CLOSED, KEPT, Bench, F, R, case
from tests.adapters.transports.conformance.network import resolving
from tests.adapters.transports.conformance.servers import (
    CLOSE,
    NEXT,
    RESET,
    Action,
    Peer,
    Script,
    answering,
    chunked,
    head,
    reply,
    serving,
)
from tests.helpers.programs import program

HELLO = R(200, b"hello")
UNTRUSTED = F("tls", False)
CUT = F("closed", True)


def over_tls(script: Script, context: ssl.SSLContext | None = None) -> Script:
    """The same script behind a handshake."""
    chosen = context or server_context()

    def run(peer: Peer) -> None:
        peer.start_tls(chosen)
        script(peer)

    return run


def trusting(bench: Bench) -> None:
    bench.options = {"verify": trusted()}


CERTIFICATES = {
    "unknown-authority": (lambda: server_context(by="stranger"), r"issuer|self.signed|unknown"),
    "expired": (lambda: server_context(days=(-20, -10)), r"expired"),
    "not-yet-valid": (lambda: server_context(days=(10, 20)), r"not yet valid"),
    "wrong-host": (lambda: server_context("other.example"), r"mismatch|match|valid for"),
}


@case(165, "certificate", needs="tls", each=CERTIFICATES)
async def _(bench: Bench, situation) -> None:
    context, words = situation
    trusting(bench)
    with serving(over_tls(answering(reply()), context()), scheme="https") as server:
        outcome = await bench.send(f"{server.url}/case", "POST", b"x")
        assert outcome == UNTRUSTED
        assert re.search(words, outcome.message, re.IGNORECASE), outcome.message
        assert server.requests == []


@case(165, "trusted", needs="tls")
async def _(bench: Bench) -> None:
    trusting(bench)
    with serving(over_tls(answering(reply())), scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        await bench.check_fate(server, KEPT)


NAMES = {
    "wildcard": ("*.a.example", "x.a.example", True),
    "wildcard-two-labels": ("*.a.example", "x.y.a.example", False),
    "wildcard-no-label": ("*.a.example", "a.example", False),
    "other-case": ("A.example", "a.EXAMPLE", True),
    "ip-for-ip": ("127.0.0.1", "127.0.0.1", True),
    "name-for-ip": ("localhost", "127.0.0.1", False),
    "trailing-dot": ("a.example", "a.example.", True),
    "ipv6": ("::1", "[::1]", True),
}


@case(167, "name", needs="tls", each=NAMES)
async def _(bench: Bench, situation: tuple[str, str, bool]) -> None:
    certified, host, fits = situation
    trusting(bench)
    script = over_tls(answering(reply()), server_context(certified))
    names = dict.fromkeys(("x.a.example", "x.y.a.example", "a.example"), ("127.0.0.1",))
    with serving(script, host="::1" if "[" in host else "127.0.0.1") as server, resolving(names):
        outcome = await bench.send(f"https://{host}:{server.port}/case")
        assert outcome == (HELLO if fits else UNTRUSTED), outcome


@case(167, "no-common-name", needs="tls")
async def _(bench: Bench) -> None:
    trusting(bench)
    context = server_context("other.example", common_name="a.example")
    names = {"a.example": ("127.0.0.1",)}
    with serving(over_tls(answering(reply()), context)) as server, resolving(names):
        assert await bench.send(f"https://a.example:{server.port}/case") == UNTRUSTED


@case(168, "server-name", needs="tls", each={"name": ("localhost", "localhost"), "trailing-dot": ("localhost.", "localhost"), "ip": ("127.0.0.1", None)})  # fmt: skip
async def _(bench: Bench, situation: tuple[str, str | None]) -> None:
    host, expected = situation
    trusting(bench)
    asked: list[str | None] = []
    context = server_context()
    context.sni_callback = lambda _, name, __: asked.append(name)
    names = {"localhost": ("127.0.0.1",)}
    with serving(over_tls(answering(reply()), context)) as server, resolving(names):
        await bench.send(f"https://{host}:{server.port}/case")
        assert asked == [expected]


@case(170, "plain-http-on-the-tls-port", needs="tls")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.layer.recv()
        peer.play(reply(b"plain HTTP", status="400 Bad Request"), CLOSE)

    with serving(script, scheme="https") as server:
        outcome = await bench.send(f"{server.url}/case", "POST", b"x")
        assert outcome == UNTRUSTED
        assert outcome.message


@case(171, "tls-on-the-plain-port", needs="tls")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.layer.recv()
        peer.play(b"\x15\x03\x01\x00\x02\x02\x46", CLOSE)

    with serving(script) as server:
        assert await bench.send(f"{server.url}/case", "POST", b"x") == F("protocol", True)


@case(172, "a-plain-proxy-taken-for-tls", needs="tls https-proxy")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.layer.recv()
        peer.play(reply(b"what?", status="400 Bad Request"), CLOSE)

    with serving(script) as proxy:
        bench.options = {"proxy": f"https://127.0.0.1:{proxy.port}", "verify": trusted()}
        assert await bench.send("https://origin.example/", "POST", b"x") == F("proxy", False)


@case(172, "a-tls-proxy-taken-for-plain", needs="tls proxy")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.layer.recv()
        peer.play(b"\x15\x03\x01\x00\x02\x02\x46", CLOSE)

    with serving(script) as proxy:
        bench.options = {"proxy": proxy.url, "verify": trusted()}
        assert await bench.send("https://origin.example/", "POST", b"x") == F("proxy", False)


@case(173, "ended-in-the-handshake", needs="tls", each={"close": CLOSE, "reset": RESET})
async def _(bench: Bench, action: Action) -> None:
    def script(peer: Peer) -> None:
        peer.layer.recv()
        peer.play(action)

    with serving(script, scheme="https") as server:
        outcome = await bench.send(f"{server.url}/case", "POST", b"x")
        assert outcome in (UNTRUSTED, F("connect", False))


CUTS = {
    "in-a-body-with-a-length": head("Content-Length: 10") + b"hello",
    "in-a-body-until-the-close": head() + b"hello",
    "in-a-chunk": head("Transfer-Encoding: chunked") + b"5\r\nhel",
}


@case(174, "no-close-notify", needs="tls", each=CUTS)
async def _(bench: Bench, data: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.send(data)
        peer.sock.shutdown(1)  # FIN without a word of TLS
        peer.drain()

    trusting(bench)
    with serving(over_tls(script), scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == CUT


@case(174, "close-notify-ends-a-body", needs="tls")
async def _(bench: Bench) -> None:
    trusting(bench)
    with serving(over_tls(answering(head(), b"hello", CLOSE)), scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == HELLO


async def tls_idle_then(bench: Bench, do, fate: str, context: ssl.SSLContext | None = None) -> None:
    """After a reply the server does something on the idle connection; then the next request."""
    answered, done = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/next":
                peer.send(NEXT)
                continue
            peer.send(reply())
            assert answered.wait(20)
            do(peer)
            done.set()

    trusting(bench)
    with serving(over_tls(script, context), scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        answered.set()
        await bench.wait(done.is_set)
        await bench.sleep(0.01)
        await bench.check_fate(server, fate)
        assert len(server.asked("/next")) == 1


@case(174, "no-close-notify-while-idle", needs="tls")
async def _(bench: Bench) -> None:
    await tls_idle_then(bench, lambda peer: peer.sock.shutdown(1), CLOSED)


@case(175, "close-notify-while-idle", needs="tls")
async def _(bench: Bench) -> None:
    await tls_idle_then(bench, lambda peer: peer.layer.notify(), CLOSED)


@case(176, "tickets-on-an-idle-connection", needs="tls")
async def _(bench: Bench) -> None:
    context = server_context()
    context.num_tickets = 8
    trusting(bench)
    with serving(over_tls(answering(reply()), context), scheme="https") as server:
        for _ in range(3):
            assert await bench.send(f"{server.url}/case") == HELLO
            await bench.sleep(0.01)
        assert server.connections == 1


@case(177, "a-key-update-and-a-renegotiation", needs="tls", each={"key-update": ("K", "-tls1_3"), "renegotiation": ("R", "-tls1_2")})  # fmt: skip
async def _(bench: Bench, situation: tuple[str, str]) -> None:
    command, version = situation
    trusting(bench)
    with tempfile.TemporaryDirectory() as directory:
        pem = Path(directory) / "server.pem"
        issued = authority("trusted").issue_cert("127.0.0.1")
        pem.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
        words = [program("openssl", "openssl"), "s_server", "-accept", "127.0.0.1:0", version, "-crlf", "-cert", str(pem)]  # fmt: skip
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            try:
                assert server.stdin is not None
                assert server.stdout is not None
                for line in server.stdout:
                    if line.startswith(b"ACCEPT "):
                        port = int(line.rpartition(b":")[2])
                        break
                else:
                    raise AssertionError("openssl does not listen")
                task = bench.start(lambda: bench.send(f"https://127.0.0.1:{port}/"))
                asked = threading.Event()
                threading.Thread(target=_wait_for, args=(server.stdout, b"GET /", asked)).start()
                await bench.wait(asked.is_set)
                server.stdin.write(f"{command}\n".encode())
                server.stdin.flush()
                await bench.sleep(0.05)
                with contextlib.suppress(BrokenPipeError):
                    server.stdin.write(b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello")
                    server.stdin.flush()
                outcome = await task.result()
                assert outcome in (HELLO, F("tls", True))
            finally:
                server.kill()


def _wait_for(stream, words: bytes, seen: threading.Event) -> None:
    with contextlib.suppress(ValueError):
        while line := stream.readline():
            if words in line:
                seen.set()


@case(178, "plain-bytes-while-idle", needs="tls")
async def _(bench: Bench) -> None:
    await tls_idle_then(bench, lambda peer: peer.sock.sendall(reply(b"plain")), CLOSED)


@case(179, "plain-bytes-before-the-handshake", needs="tls")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.send(reply(b"plain"))
        peer.start_tls(server_context())
        peer.drain()

    trusting(bench)
    with serving(script, scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == UNTRUSTED
        assert server.requests == []


@case(179, "plain-bytes-after-the-handshake", needs="tls")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.start_tls(server_context())
        peer.read()
        peer.sock.sendall(reply(b"plain"))
        peer.drain()

    trusting(bench)
    with serving(script, scheme="https") as server:
        outcome = await bench.send(f"{server.url}/case")
        assert outcome in (F("tls", True), F("protocol", True), CUT)


def resuming(context: ssl.SSLContext, seen: list[bool]) -> Script:
    def script(peer: Peer) -> None:
        seen.append(bool(peer.start_tls(context).session_reused))
        while peer.read():
            peer.send(reply(b"hello", "Connection: close"))

    return script


@case(180, "sessions-are-resumed", needs="tls resume")
async def _(bench: Bench) -> None:
    seen: list[bool] = []
    trusting(bench)
    with serving(resuming(server_context(), seen), scheme="https") as server:
        for _ in range(3):
            assert await bench.send(f"{server.url}/case") == HELLO
        assert seen == [False, True, True]


@case(180, "not-for-another-name-or-port", needs="tls")
async def _(bench: Bench) -> None:
    seen: list[bool] = []
    trusting(bench)
    context = server_context()
    with (
        serving(resuming(context, seen)) as one,
        serving(resuming(context, seen)) as other,
        resolving({"localhost": ("127.0.0.1",)}),
    ):
        for url in (f"https://127.0.0.1:{one.port}", f"https://localhost:{one.port}", f"https://127.0.0.1:{other.port}"):  # fmt: skip
            assert await bench.send(f"{url}/case") == HELLO
        assert seen == [False, False, False]


@case(181, "a-server-that-resumes-nothing", needs="tls")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.start_tls(server_context())  # its keys for tickets are another's
        while peer.read():
            peer.send(reply(b"hello", "Connection: close"))

    trusting(bench)
    with serving(script, scheme="https") as server:
        for _ in range(3):
            assert await bench.send(f"{server.url}/case") == HELLO


@case(182, "a-client-certificate-is-missing", needs="tls", each={"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3})  # fmt: skip
async def _(bench: Bench, version: ssl.TLSVersion) -> None:
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    authority("trusted").configure_trust(context)
    context.minimum_version = context.maximum_version = version
    trusting(bench)
    with serving(over_tls(answering(reply()), context), scheme="https") as server:
        outcome = await bench.send(f"{server.url}/case", "POST", b"x")
        assert outcome in (F("tls", False), F("tls", True)), outcome
        own = bench.another(verify=trusted(), cert=client_certificate())
        request = bench.request(f"{server.url}/case")
        assert await bench.exchange(request, own) == HELLO


def ancient() -> ssl.SSLContext:
    context = server_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def strange() -> ssl.SSLContext:
    context = server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("eNULL:@SECLEVEL=0")
    return context


@case(185, "nothing-in-common", needs="tls", each={"version": ancient, "cipher": strange})
async def _(bench: Bench, context) -> None:
    trusting(bench)
    with serving(over_tls(answering(reply()), context()), scheme="https") as server:
        assert await bench.send(f"{server.url}/case", "POST", b"x") == UNTRUSTED


@case(186, "a-large-reply", needs="tls")
async def _(bench: Bench) -> None:
    body = os.urandom(3_000_000)
    trusting(bench)
    with serving(over_tls(answering(reply(body))), scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == R(200, body)
        await bench.check_fate(server, KEPT)
        assert await bench.send(f"{server.url}/case", "POST", body) == R(200, body)
        assert server.requests[-1].body == body


@case(186, "many-small-chunks-in-one-record", needs="tls")
async def _(bench: Bench) -> None:
    trusting(bench)
    with serving(over_tls(answering(chunked(*[b"x"] * 5000))), scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == R(200, b"x" * 5000)
        await bench.check_fate(server, KEPT)


@case(187, "surplus-within-the-tls-layer", needs="tls")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/next":
                peer.send(NEXT)
                continue
            # Two records in one segment: the second stays in the TLS layer of a client that reads
            # just the first.
            peer.layer.object.write(reply())
            peer.layer.object.write(b"surplus")
            peer.layer._flush()

    trusting(bench)
    with serving(over_tls(script), scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        await bench.check_fate(server, CLOSED)


@case(187, "surplus-after-a-full-record", needs="tls")
async def _(bench: Bench) -> None:
    body = b"x" * (16384 - len(head("Content-Length: 00000")))
    whole = head(f"Content-Length: {len(body):05}") + body
    trusting(bench)
    with serving(over_tls(answering(whole + b"surplus")), scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == R(200, body)
        await bench.check_fate(server, CLOSED)


@case(189, "close-waits-for-nobody", needs="tls")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.send(reply())
        peer.server.stopping.wait(20)

    trusting(bench)
    with serving(over_tls(script), scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        begun = time.monotonic()
        await bench.close()
        assert time.monotonic() - begun < 5


@case(190, "failed-verification-leaks-nothing", needs="tls")
async def _(bench: Bench) -> None:
    trusting(bench)
    with serving(over_tls(answering(reply()), server_context(by="stranger"))) as server:
        url = f"https://127.0.0.1:{server.port}/"
        for _ in range(5):
            assert await bench.send(url) == UNTRUSTED
        await bench.wait(lambda: all(peer.ended.is_set() for peer in server.peers))


@case(191, "one-context-for-all-connections", needs="tls")
async def _(bench: Bench) -> None:
    trusting(bench)
    script = over_tls(answering(reply(b"hello", "Connection: close")))
    with serving(script, scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        real = ssl.create_default_context
        made: list[object] = []

        def counted(*args: object, **kwargs: object) -> ssl.SSLContext:
            made.append(args)
            return real(*args, **kwargs)  # type: ignore[arg-type]

        with patch("ssl.create_default_context", counted):
            for _ in range(3):
                assert await bench.send(f"{server.url}/case") == HELLO
        assert made == []
        assert server.connections == 4


@case(192, "application-protocol", needs="tls")
async def _(bench: Bench) -> None:
    chosen: list[str | None] = []
    context = server_context()
    context.set_alpn_protocols(["h2", "http/1.1"])

    def script(peer: Peer) -> None:
        chosen.append(peer.start_tls(context).selected_alpn_protocol())
        while peer.read():
            peer.send(reply())

    trusting(bench)
    with serving(script, scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == HELLO
        assert chosen == ["http/1.1"]


@case(192, "a-server-without-application-protocols", needs="tls")
async def _(bench: Bench) -> None:
    context = server_context()
    context.set_alpn_protocols(["spdy/1"])
    trusting(bench)
    with serving(over_tls(answering(reply()), context), scheme="https") as server:
        assert await bench.send(f"{server.url}/case") in (HELLO, F("tls", False))


@case(174, "half-closed-while-idle", needs="tls")
async def _(bench: Bench) -> None:
    await tls_idle_then(bench, lambda peer: peer.half_close(), CLOSED)


# --- settings -------------------------------------------------------------------------------------


def _key_with_password(password: bytes) -> str:
    key = serialization.load_pem_private_key(client_certificate().encode(), None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    ).decode()


def _certificate() -> str:
    return client_certificate().partition("-----BEGIN CERTIFICATE-----")[2]


def _chain() -> str:
    return f"-----BEGIN CERTIFICATE-----{_certificate()}"


PASSWORDS = {"none": (), "empty": ("",), "wrong": ("wrong-hunter3",)}


@case(183, "a-key-without-its-password", needs="settings", each=PASSWORDS)
async def _(bench: Bench, password) -> None:
    # A prompt at the terminal would wait for ever.
    with pytest.raises(ConfigurationError, match=r"^cert ") as caught:
        bench.another(cert=(_chain(), _key_with_password(b"hunter2"), *password))
    assert "hunter" not in f"{caught.value!r}{caught.value}"
    assert "PRIVATE" not in f"{caught.value!r}{caught.value}"


@case(183, "a-key-of-another-certificate", needs="settings")
async def _(bench: Bench) -> None:
    other = authority("trusted").issue_cert("other@example.org").private_key_pem.bytes().decode()
    with pytest.raises(ConfigurationError, match="KEY_VALUES_MISMATCH"):
        bench.another(cert=(_chain(), other))


@case(183, "a-key-with-its-password", needs="settings tls")
async def _(bench: Bench) -> None:
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    authority("trusted").configure_trust(context)
    bench.options = {
        "verify": trusted(),
        "cert": (_chain(), _key_with_password(b"hunter2"), "hunter2"),
    }
    with serving(over_tls(answering(reply()), context), scheme="https") as server:
        assert await bench.send(f"{server.url}/case") == HELLO


UNUSABLE = {
    "no-file": ("SSL_CERT_FILE", "nothing.pem"),
    "no-certificate": ("SSL_CERT_FILE", "empty.pem"),
    "no-directory": ("SSL_CERT_DIR", "nothing"),
    "an-empty-directory": ("SSL_CERT_DIR", "directory"),
}


@case(184, "authorities-of-the-environment", needs="settings", each=UNUSABLE)
async def _(bench: Bench, situation) -> None:
    name, value = situation
    with tempfile.TemporaryDirectory() as path:
        (Path(path) / "empty.pem").touch()
        (Path(path) / "directory").mkdir()
        variables = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": "", name: str(Path(path) / value)}
        with (
            patch.dict(os.environ, variables),
            pytest.raises(ConfigurationError, match=name),
        ):
            bench.another(trust_env=True)


LOGGED = itertools.count()


# The context is shared by later transports of the same settings, and keeps its file open.
@case(193, "keys-are-logged-where-the-environment-asks", needs="settings tls", spare=1)
async def _(bench: Bench) -> None:
    own = f"authority {next(LOGGED)}"  # of no other case, and no other run of this one
    bench.options = {"verify": authority(own).cert_pem.bytes().decode()}
    with (
        tempfile.TemporaryDirectory() as path,
        patch.dict(os.environ, {"SSLKEYLOGFILE": str(Path(path) / "keys")}),
        serving(over_tls(answering(reply()), server_context(by=own)), scheme="https") as server,
    ):
        assert await bench.send(f"{server.url}/case") == HELLO
        assert "CLIENT_" in (Path(path) / "keys").read_text()
