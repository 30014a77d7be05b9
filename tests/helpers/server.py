"""A loopback HTTP server that answers as a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from tests.helpers.programs import free_port


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    def header(self, name: str) -> str | None:
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


@dataclass(frozen=True)
class Reply:
    """What to answer: status, headers, JSON value or bytes."""

    status: int = 200
    json: object = None
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def encode(self) -> bytes:
        body = self.body if self.body is not None else json.dumps(self.json).encode()
        if self.status == 204:
            body = b""
        lines = [f"HTTP/1.1 {self.status} Whatever", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass(frozen=True)
class Raw:
    """Bytes to write as they are, then the connection is closed."""

    data: bytes = b""


@dataclass
class Stall:
    """Answer nothing until the server is stopped."""


Handler = Callable[[Seen], "Reply | Raw | Stall"]


@dataclass
class ScriptedServer:
    """The server's side of a test."""

    url: str
    requests: list[Seen] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, path: str) -> list[Seen]:
        return [seen for seen in self.requests if seen.path == path]


@contextmanager
def scripted_server(handler: Handler) -> Iterator[ScriptedServer]:
    """Serve on a free loopback port until the block ends."""

    class Connection(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with state.lock:
                state.connections += 1
                number = state.connections
            while (seen := _read(self.rfile, number)) is not None:
                with state.lock:
                    state.requests.append(seen)
                answer = handler(seen)
                if isinstance(answer, Stall):
                    state.stopped.wait(30)
                    return
                if isinstance(answer, Raw):
                    self.wfile.write(answer.data)
                    return
                self.wfile.write(answer.encode())

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False
        request_queue_size = 256

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that went away is part of many tests."""

    with Server(("127.0.0.1", 0), Connection) as server:
        state = ScriptedServer(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield state
        finally:
            state.stopped.set()
            server.shutdown()
            thread.join()


def _read(stream: object, connection: int) -> Seen | None:
    line = stream.readline()  # type: ignore[attr-defined]
    if not line.strip():
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers: list[tuple[str, str]] = []
    while (line := stream.readline().strip()) != b"":  # type: ignore[attr-defined]
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name, value.strip()))
    length = next((int(v) for n, v in headers if n.lower() == "content-length"), 0)
    body = stream.read(length)  # type: ignore[attr-defined]
    return Seen(method, target, tuple(headers), body, connection)


def refused_url() -> str:
    """The URL of a loopback port without a listener."""
    return f"http://127.0.0.1:{free_port()}"


TOKEN: Mapping[str, object] = {
    "access_token": "token-1",
    "token_type": "bearer",
    "expires_in": 86400,
}
