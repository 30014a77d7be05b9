"""The server that waits for one browser."""

import socket
import struct
import threading

import pytest

from genesys_cloud.sign_in.loopback_server import LoopbackServer
from genesys_core.errors import ConnectError
from genesys_core.oauth.loopback_redirect import BrowserPage

httpx = pytest.importorskip("httpx")

PAGE = BrowserPage(200, "Here", "<p>content</p>")


def forever():
    return 60.0


def in_thread(work):
    done = []
    thread = threading.Thread(target=lambda: done.append(work()))
    thread.start()
    return lambda: (thread.join(), done[0])[1]


def test_it_listens_on_127_0_0_1_alone_and_closes():
    with LoopbackServer(0) as server:
        assert server._listener.getsockname() == ("127.0.0.1", server.port)
        with pytest.raises(ConnectError, match=rf"port {server.port} .*use another port"):
            LoopbackServer(server.port)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))
    server.close()


def test_a_visit_is_answered_and_its_connection_closed():
    with LoopbackServer(0) as server:
        url = f"http://127.0.0.1:{server.port}/x?y=1"
        answer = in_thread(lambda: httpx.get(url, trust_env=False))
        arrival = server.next(forever)
        assert (arrival.request.method, arrival.request.target) == ("GET", "/x?y=1")
        assert arrival.request.host == f"127.0.0.1:{server.port}"
        arrival.answer(PAGE)
        assert "content" in answer().text


def test_it_needs_no_thread():
    before = set(threading.enumerate())
    with LoopbackServer(0) as server:
        assert server.next(iter([0.001, 0.0]).__next__) is None
        assert set(threading.enumerate()) <= before


def test_no_time_is_no_wait():
    with LoopbackServer(0) as server:
        assert server.next(lambda: 0.0) is None
        assert server.next(lambda: -1.0) is None


def test_idle_and_broken_connections_hold_nobody_up():
    with LoopbackServer(0) as server:
        address = ("127.0.0.1", server.port)
        silent = [socket.create_connection(address) for _ in range(40)]
        gone = socket.create_connection(address)
        gone.sendall(b"GET /half")
        gone.close()
        nonsense = socket.create_connection(address)
        nonsense.sendall(b"\x16\x03\x01\r\n\r\n")
        url = f"http://127.0.0.1:{server.port}/real"
        answer = in_thread(lambda: httpx.get(url, trust_env=False))
        arrival = server.next(forever)
        assert arrival.request.target == "/real"
        arrival.answer(PAGE)
        assert answer().status_code == 200
        assert nonsense.recv(65536).startswith(b"HTTP/1.1 400 ")
    assert [each.recv(1) for each in silent] == [b""] * 40
    for each in (*silent, nonsense):
        each.close()


def test_a_connection_that_is_reset_is_dropped():
    with LoopbackServer(0) as server:
        rude = socket.create_connection(("127.0.0.1", server.port))
        rude.sendall(b"GET")
        # To linger for no time means to reset instead of to close.
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted = []

        def remaining():
            if accepted and not server._received:
                return 0.0  # dropped, which is what is waited for
            accepted.extend(server._received)
            if accepted:
                rude.close()
            return 60.0

        assert server.next(remaining) is None
        assert accepted[0].fileno() == -1


def test_a_request_in_pieces_is_put_together():
    with LoopbackServer(0) as server:
        left = [b"GET / HT", b"TP/1.1\r\nHost: x\r", b"\n\r\n"]

        def remaining():
            if left:
                visitor.sendall(left.pop(0))
            return 60.0

        visitor = socket.create_connection(("127.0.0.1", server.port))
        arrival = server.next(remaining)
        assert (arrival.request.target, arrival.request.host) == ("/", "x")
        visitor.close()
        arrival.answer(PAGE)  # a browser that has left is no error
