"""Servers and proxies that this project did not write; these cases have no number in the list.

nginx, tinyproxy and hypercorn are started once and end with the tests; ``http.server`` is the standard
library's.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import hashlib
import http.server
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from genesys_core import Timeout
from tests.adapters.transports.conformance.certificates import authority, trusted
from tests.adapters.transports.conformance.harness import Bench, F, R, case
from tests.helpers.programs import free_port, program, running
from tests.helpers.proxy import Proxy, tinyproxy

SERVERS = contextlib.ExitStack()
atexit.register(SERVERS.close)

TEXT = b"All work and no play makes Jack a dull boy.\n" * 20_000
CONFIGURATION = """
daemon off; master_process off; pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {directory}; proxy_temp_path {directory};
    fastcgi_temp_path {directory}; uwsgi_temp_path {directory}; scgi_temp_path {directory};
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {directory}/server.pem;
        ssl_certificate_key {directory}/server.pem;
        root {directory};
        client_max_body_size 1k;
        keepalive_requests 1000;
        location /plain/ {{ alias {directory}/; }}
        location /packed/ {{ alias {directory}/; gzip on; gzip_types *; gzip_min_length 1; }}
        location /chunked/ {{ alias {directory}/; sub_filter_types *; sub_filter nothing nothing; }}
        location /three/ {{ alias {directory}/; keepalive_requests 3; }}
        location /empty {{ return 204; }}
        location /moved {{ return 302 http://127.0.0.1:1/; }}
        location /gone {{ return 410 "gone"; }}
    }}
}}
"""


@cache
def directory() -> Path:
    return Path(SERVERS.enter_context(tempfile.TemporaryDirectory(prefix="conformance-")))


@cache
def nginx() -> tuple[str, str]:
    """The URLs of a plain server and of one with TLS."""
    command, plain, tls = program("nginx", "nginx-light"), free_port(), free_port()
    home = directory()
    issued = authority("trusted").issue_cert("127.0.0.1", "localhost")
    (home / "server.pem").write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    (home / "text").write_bytes(TEXT)
    (home / "small").write_bytes(b"small")
    settings = home / "nginx.conf"
    settings.write_text(CONFIGURATION.format(directory=home, plain=plain, tls=tls))
    words = [command, "-p", home, "-c", settings, "-e", "stderr"]
    SERVERS.enter_context(running(words, plain, home / "nginx.log"))
    return f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{tls}"


@cache
def proxy() -> Proxy:
    return SERVERS.enter_context(tinyproxy(directory()))


def both() -> None:
    nginx()
    proxy()


def url_of(bench: Bench, tls: bool) -> str:
    bench.options = {"verify": trusted(), **bench.options}
    return nginx()[tls]


PLAIN_AND_TLS = {"plain": False, "tls": True}


@case(0, "nginx", needs="tls", each=PLAIN_AND_TLS, prepare=nginx)
async def _(bench: Bench, tls: bool) -> None:
    url = url_of(bench, tls)
    for path in ("plain", "packed", "chunked", "three"):
        for _ in range(4):
            assert await bench.send(f"{url}/{path}/text") == R(200, TEXT), path
            assert await bench.send(f"{url}/{path}/small") == R(200, b"small"), path
    assert await bench.send(f"{url}/plain/text", "HEAD") == R(200)
    assert await bench.send(f"{url}/empty") == R(204)
    assert (await bench.send(f"{url}/moved")).status == 302
    assert await bench.send(f"{url}/gone") == R(410, b"gone")
    whole = await bench.send(f"{url}/plain/text")
    same = await bench.send(
        f"{url}/plain/text", headers=(("If-None-Match", whole.headers["etag"]),)
    )
    assert same == R(304)
    part = (("Range", "bytes=10-19"), ("Accept-Encoding", "identity"))
    assert await bench.send(f"{url}/plain/text", headers=part) == R(206, TEXT[10:20])


@case(0, "nginx-refuses-a-large-body", needs="tls", each=PLAIN_AND_TLS, prepare=nginx)
async def _(bench: Bench, tls: bool) -> None:
    # It answers 413 on the head, closes, and may reset while the body is still being written.
    url = url_of(bench, tls)
    outcome = await bench.send(f"{url}/plain/text", "PUT", b"x" * 5_000_000)
    assert outcome in (F("closed", True), R(413, outcome.body if isinstance(outcome, R) else b""))
    assert await bench.send(f"{url}/plain/small") == R(200, b"small")


@case(0, "nginx-and-many-at-once", needs="tls", each=PLAIN_AND_TLS, prepare=nginx)
async def _(bench: Bench, tls: bool) -> None:
    url = url_of(bench, tls)

    async def work(number: int) -> None:
        for _ in range(5):
            name = "text" if number % 3 == 0 else "small"
            expected = TEXT if number % 3 == 0 else b"small"
            path = ("plain", "packed", "chunked")[number % 3]
            outcome = await bench.send(f"{url}/{path}/{name}", timeout=Timeout.of(30))
            assert outcome == R(200, expected)

    await bench.at_once(20, work)


@case(0, "tinyproxy", needs="tls proxy", each=PLAIN_AND_TLS, prepare=both)
async def _(bench: Bench, tls: bool) -> None:
    bench.options = {"proxy": proxy().url}
    url = url_of(bench, tls)
    for _ in range(3):
        assert await bench.send(f"{url}/packed/text") == R(200, TEXT)
    assert await bench.send(f"{url}/empty") == R(204)


@case(0, "tinyproxy-wants-credentials", needs="tls proxy", each=PLAIN_AND_TLS, prepare=both)
async def _(bench: Bench, tls: bool) -> None:
    bench.options = {"proxy": proxy().bare_url}
    url = url_of(bench, tls)
    outcome = await bench.send(f"{url}/plain/small", "POST", b"x")
    assert outcome == F("proxy", False), outcome


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        if self.protocol_version == "HTTP/1.1":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - the name that the class looks for

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def standard_library(version: str) -> Iterator[str]:
    kind = type("Versioned", (Handler,), {"protocol_version": version})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@case(0, "http-server", each={"1.0": "HTTP/1.0", "1.1": "HTTP/1.1"})
async def _(bench: Bench, version: str) -> None:
    with standard_library(version) as url:
        for body in (b"", b"a", TEXT):
            assert await bench.send(f"{url}/", "POST", body) == R(200, body)
        assert await bench.send(f"{url}/") == R(200)
        await bench.close()


async def application(scope, receive, send) -> None:
    """Sends back the pieces that it was sent, in chunks, and their digest in the last."""
    if scope["type"] != "http":
        return
    pieces, more = [], True
    while more:
        event = await receive()
        more = event.get("more_body", False)
        pieces.append(event.get("body", b""))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in filter(None, pieces):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    digest = hashlib.sha256(b"".join(pieces)).digest()
    await send({"type": "http.response.body", "body": digest})


@cache
def hypercorn() -> str:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    port, stop = free_port(), threading.Event()
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.errorlog = config.accesslog = None

    async def stopped() -> None:
        while not stop.is_set():
            await asyncio.sleep(0.02)

    def run() -> None:
        asyncio.run(serve(application, config, shutdown_trigger=stopped))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(5)

    SERVERS.callback(end)
    for _ in range(500):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except OSError:
            time.sleep(0.02)
        else:
            return f"http://127.0.0.1:{port}"
    raise AssertionError("hypercorn does not listen")


@case(0, "hypercorn", prepare=hypercorn, spare=4)
async def _(bench: Bench) -> None:
    url = hypercorn()
    for body in (b"", b"a", TEXT):
        expected = body + hashlib.sha256(body).digest()
        assert await bench.send(f"{url}/", "POST", body) == R(200, expected)


@case(0, "hypercorn-and-a-streamed-upload", needs="upload", prepare=hypercorn, spare=4)
async def _(bench: Bench) -> None:
    url = hypercorn()
    pieces = [TEXT[at : at + 10_000] for at in range(0, len(TEXT), 10_000)]
    expected = TEXT + hashlib.sha256(TEXT).digest()
    assert await bench.upload(f"{url}/", iter(pieces)) == R(200, expected)
