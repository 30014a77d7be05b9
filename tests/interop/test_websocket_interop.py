"""The byte-level WebSocket against servers that this project did not write, over loopback."""

import asyncio
import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from websockets.sync.server import ServerConnection, serve

from genesys_core.websocket import (
    Closed,
    Failed,
    HandshakeDone,
    Pong,
    Text,
    WebSocket,
    WebSocketEvent,
)

LIMIT = 10  # seconds; a test that takes so long has failed


class Peer:
    """A client on a blocking socket: the loop of the module's documentation, one event at a time."""

    def __init__(self, ws: WebSocket, tls: ssl.SSLContext | None = None) -> None:
        self.ws = ws
        self._events: list[WebSocketEvent] = []
        origin = ws.address.origin
        self._socket = socket.create_connection((origin.host, origin.port), LIMIT)
        if origin.scheme == "https":
            assert tls is not None
            self._socket = tls.wrap_socket(self._socket, server_hostname=origin.host)

    def event(self) -> WebSocketEvent:
        while not self._events:
            self._socket.sendall(self.ws.data_to_send())
            data = self._socket.recv(1000)
            self._events += self.ws.receive_data(data) if data else self.ws.receive_eof()
        return self._events.pop(0)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendall(self.ws.data_to_send())
        self._socket.close()


def connected(url: str, tls: ssl.SSLContext | None = None, **options: object) -> Peer:
    peer = Peer(WebSocket.connect(url, random_bytes=os.urandom, **options), tls)
    event = peer.event()
    assert isinstance(event, HandshakeDone), event
    agreed = [extension.partition(";")[0] for extension in event.extensions]
    assert agreed == ["permessage-deflate"] * options.get("compression", True)
    return peer


# Servers


def talk(connection: ServerConnection) -> None:
    """Does what the path says, or sends back what comes."""
    match connection.request.path:
        case "/fragments":
            connection.send(["Gr", "üß", "", " Gott"])
        case "/large":
            connection.send("ä" * 1_000_000)
        case "/binary":
            connection.send(b"\x00")
        case "/close":
            connection.close(4321, "Tschüß")
        case "/abort":
            connection.socket.shutdown(socket.SHUT_RDWR)
        case _:
            for message in connection:
                connection.send(message)


def refuse(connection: ServerConnection, request: object) -> object:
    if connection.request.path == "/redirect":
        response = connection.respond(302, "")
        response.headers["Location"] = "/elsewhere"
        return response
    return connection.respond(403, "no") if connection.request.path == "/refused" else None


@contextlib.contextmanager
def websockets_server(tls: ssl.SSLContext | None = None, **options: object) -> Iterator[str]:
    with serve(talk, "127.0.0.1", 0, ssl=tls, process_request=refuse, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        try:
            yield f"wss://localhost:{port}" if tls else f"ws://127.0.0.1:{port}"
        finally:
            server.shutdown()
            thread.join(LIMIT)


async def application(scope: dict, receive: Callable, send: Callable) -> None:
    """An ASGI application that sends back what comes, and closes when told to."""
    if scope["type"] == "lifespan":
        for _ in range(2):
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
        return
    await receive()
    if scope["path"] == "/refused":
        await send({"type": "websocket.close", "code": 1000})
        return
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        if message["text"] == "close":
            await send({"type": "websocket.close", "code": 4000, "reason": "told to"})
        else:
            await send({"type": "websocket.send", "text": message["text"]})


@contextlib.contextmanager
def hypercorn_server() -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = Config()
    config.bind, config.accesslog, config.errorlog = [f"fd://{listener.detach()}"], None, None
    config.graceful_timeout = 0.1
    loop, stopped = asyncio.new_event_loop(), asyncio.Event()
    running = hypercorn_serve(application, config, shutdown_trigger=stopped.wait)
    thread = threading.Thread(target=loop.run_until_complete, args=(running,))
    thread.start()
    try:
        yield f"ws://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(LIMIT)
        loop.close()


@pytest.fixture(scope="module", params=[websockets_server, hypercorn_server])
def server(request):
    with request.param() as url:
        yield url


@pytest.fixture(scope="module")
def talker():
    with websockets_server() as url:
        yield url


# What both must do


@pytest.mark.parametrize("compression", [True, False])
@pytest.mark.parametrize("text", ["", "Grüß Gott", "x" * 125, "x" * 126, "ä" * 70_000])
def test_a_text_comes_back(server, text, compression):
    peer = connected(server, compression=compression)
    for _ in range(2):
        peer.ws.send_text(text)
    assert [peer.event(), peer.event()] == [Text(text), Text(text)]
    peer.close()


def test_a_ping_is_answered(server):
    peer = connected(server)
    peer.ws.ping(b"are you there")
    assert peer.event() == Pong(b"are you there")
    peer.close()


def test_our_close_is_answered(server):
    peer = connected(server)
    peer.ws.close(1000, "done")
    assert peer.event() == Closed(1000, "done")
    assert peer.ws.over
    peer.close()


def test_a_refusal_is_reported(server):
    with contextlib.closing(
        Peer(WebSocket.connect(f"{server}/refused", random_bytes=os.urandom))
    ) as peer:
        failed = peer.event()
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.status) == ("handshake", 403)


# What the server does


def test_the_close_of_hypercorn_arrives():
    with hypercorn_server() as url:
        peer = connected(url)
        peer.ws.send_text("close")
        assert peer.event() == Closed(4000, "told to")
        peer.close()


@pytest.mark.parametrize("compression", [True, False])
def test_fragments_are_put_together(talker, compression):
    peer = connected(f"{talker}/fragments", compression=compression)
    assert [peer.event(), peer.event()] == [Text("Grüß Gott"), Closed(1000, "")]
    peer.close()


@pytest.mark.parametrize("compression", [True, False])
def test_a_large_message_arrives(talker, compression):
    peer = connected(f"{talker}/large", compression=compression)
    assert peer.event() == Text("ä" * 1_000_000)
    peer.close()


@pytest.mark.parametrize("compression", [True, False])
def test_a_message_over_the_limit_is_refused(talker, compression):
    peer = connected(f"{talker}/large", compression=compression, max_size=100_000)
    failed = peer.event()
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.code) == ("too_big", 1009)
    peer.close()


def test_a_binary_message_is_refused(talker):
    peer = connected(f"{talker}/binary")
    failed = peer.event()
    assert isinstance(failed, Failed)
    assert failed.kind == "binary"
    peer.close()


def test_the_close_of_the_server_arrives(talker):
    peer = connected(f"{talker}/close")
    assert peer.event() == Closed(4321, "Tschüß")
    peer.close()


def test_an_end_without_a_close_is_reported(talker):
    peer = connected(f"{talker}/abort")
    failed = peer.event()
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.code) == ("closed", 1006)
    peer.close()


def test_a_redirect_is_reported_and_not_followed(talker):
    with contextlib.closing(
        Peer(WebSocket.connect(f"{talker}/redirect", random_bytes=os.urandom))
    ) as peer:
        failed = peer.event()
    assert isinstance(failed, Failed)
    assert (failed.status, failed.headers["location"]) == (302, "/elsewhere")


def test_a_subprotocol_is_agreed_on():
    with websockets_server(subprotocols=["second"]) as url:
        ws = WebSocket.connect(url, random_bytes=os.urandom, subprotocols=["first", "second"])
        peer = Peer(ws)
        done = peer.event()
        assert isinstance(done, HandshakeDone)
        assert done.subprotocol == "second"
        peer.close()
