"""A loopback HTTP server that writes what a script yields, piece by piece."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import h11

from tests.helpers.server import ScriptedServer, Seen

Script = Callable[[Seen], Iterable[bytes]]
"""Yields the bytes of a response as they are to be written; the connection is closed after them
unless the response says where it ends and the client asks again."""


@contextmanager
def streaming_server(script: Script) -> Iterator[ScriptedServer]:
    """Serve on a free loopback port until the block ends; bodies may come in chunks."""

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with state.lock:
                state.connections += 1
                number = state.connections
            while (seen := _received(self.request, number)) is not None:
                with state.lock:
                    state.requests.append(seen)
                for piece in script(seen):
                    self.request.sendall(piece)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

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


def _received(sock, number: int) -> Seen | None:
    connection = h11.Connection(h11.SERVER)
    head: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(sock.recv(65536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            fields = tuple((n.decode(), v.decode("latin-1")) for n, v in head.headers.raw_items())
            return Seen(head.method.decode(), head.target.decode(), fields, body, number)
        else:
            return None


def head(status: int = 200, *fields: tuple[str, str]) -> bytes:
    """The beginning of a response."""
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join((*lines, "", "")).encode("latin-1")
