"""Sockets that keep the GIL behave as those of the standard library."""

from __future__ import annotations

import errno
import select
import socket
import ssl
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterator

import pytest
import trustme

from genesys_cloud.transports import gil_socket
from genesys_cloud.transports.gil_socket import GilSocket, can_keep_gil
from genesys_cloud.transports.socket_connection import SocketConnection

pytestmark = pytest.mark.skipif(not can_keep_gil(), reason="no GIL, or no POSIX")

SIZE = 1000


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    return near, far


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = tcp_pair()
    near.settimeout(0)
    with near, far:
        yield near, far


def can_read(sock: socket.socket) -> bool:
    return bool(select.select([sock], [], [], 0)[0])


def until_it_fails(call: Callable[[], object]) -> None:
    while True:
        call()


def test_it_sends_bytes_views_and_parts_of_views(pair):
    near, far = pair
    sock = GilSocket(near, SIZE)
    whole = b"0123456789"
    for data in (whole, memoryview(whole), memoryview(whole)[3:], memoryview(bytearray(whole))):
        assert sock.send(data) == len(data)
        assert far.recv(SIZE) == bytes(data)


def test_it_receives_at_most_its_size_and_the_end(pair):
    near, far = pair
    sock = GilSocket(near, 4)
    far.sendall(b"a\0b\0c\0")
    far.close()
    assert [sock.recv(4), sock.recv(4), sock.recv(4), sock.recv(4)] == [b"a\0b\0", b"c\0", b"", b""]


def test_nothing_to_read_is_an_error_even_if_the_socket_blocks(pair):
    near, _ = pair
    sock = GilSocket(near, SIZE)
    near.settimeout(None)
    with pytest.raises(BlockingIOError):
        sock.recv(SIZE)
    assert not sock.is_readable()


def test_a_full_buffer_is_an_error_even_if_the_socket_blocks(pair):
    near, _ = pair
    sock = GilSocket(near, SIZE)
    near.settimeout(None)
    data = memoryview(bytes(1 << 20))
    with pytest.raises(BlockingIOError):
        until_it_fails(lambda: sock.send(data))


def test_a_look_leaves_the_data(pair):
    near, far = pair
    sock = GilSocket(near, SIZE)
    far.sendall(b"yz")
    while not sock.is_readable():
        pass
    assert sock.recv(SIZE) == b"yz"
    far.close()
    while not sock.is_readable():
        pass
    assert sock.recv(SIZE) == b""


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_a_look_at_a_reset_consumes_it_and_leaves_an_end(pair):
    near, far = pair
    sock = GilSocket(near, SIZE)
    reset(far)
    while not sock.is_readable():
        pass
    assert sock.recv(SIZE) == b""


def test_a_broken_connection_is_an_error(pair):
    near, far = pair
    sock = GilSocket(near, SIZE)
    reset(far)
    while not can_read(near):
        pass
    with pytest.raises(ConnectionResetError, match="reset"):
        sock.recv(SIZE)
    with pytest.raises(BrokenPipeError):
        sock.send(memoryview(b"x"))


def test_a_closed_socket_is_an_error_and_readable(pair):
    near, _ = pair
    sock = GilSocket(near, SIZE)
    near.close()
    assert sock.is_readable()
    for call in (lambda: sock.recv(SIZE), lambda: sock.send(memoryview(b"x"))):
        with pytest.raises(OSError, match="Bad file descriptor") as caught:
            call()
        assert caught.value.errno == errno.EBADF


def test_no_traceback_shows_what_is_sent(pair):
    near, _ = pair
    sock = GilSocket(near, SIZE)
    near.close()
    data = memoryview(b"secret" * 2)
    with pytest.raises(OSError, match="Bad") as caught:
        sock.send(data)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "secretsecret" not in "".join(shown.format())


def test_other_threads_wait_meanwhile(pair):
    """A send does not release the GIL: no other thread runs while another waits for it."""
    near, far = pair
    seen: list[int] = []
    stop = threading.Event()

    def count() -> None:
        while not stop.is_set():
            seen.append(1)

    before, thread = sys.getswitchinterval(), threading.Thread(target=count)
    sock = GilSocket(near, SIZE)
    far.sendall(b"answer")
    while not sock.is_readable():
        pass
    thread.start()
    try:
        sys.setswitchinterval(5)  # seconds until a waiting thread asks for the GIL
        ran = len(seen)
        sock.send(memoryview(b"x"))
        sock.is_readable()
        sock.recv(SIZE)
        assert len(seen) == ran
    finally:
        sys.setswitchinterval(before)
        stop.set()
        thread.join()
    assert far.recv(SIZE)


@pytest.mark.parametrize("error", [ImportError("no ctypes"), OSError(24, "Too many open files")])
def test_a_connection_works_without_the_module_too(pair, monkeypatch, error):
    class Failing:
        def find_spec(self, name, path=None, target=None):
            if name == gil_socket.__name__:
                raise error

    monkeypatch.delitem(sys.modules, gil_socket.__name__)
    monkeypatch.setattr(sys, "meta_path", [Failing(), *sys.meta_path])
    connection = SocketConnection(pair[0])
    connection.keep_gil()
    pair[1].send(b"hello")
    assert connection.read(None) == b"hello"


def test_without_a_gil_or_such_functions_the_standard_library_is_used(pair, monkeypatch):
    near, _ = pair
    monkeypatch.setattr(gil_socket, "_system_calls", lambda: None)
    assert not can_keep_gil()
    with pytest.raises(AssertionError):
        GilSocket(near, SIZE)
    connection = SocketConnection(near)
    connection.keep_gil()
    assert connection.write_now(memoryview(b"x")) == 1
    assert not connection.is_readable()


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(gil_socket, "_DONT_WAIT", 0),
        lambda patch: patch.setattr(sys.implementation, "name", "pypy"),
        lambda patch: patch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False),
        lambda patch: patch.setattr(gil_socket.ctypes, "PyDLL", lambda *_, **__: object()),
    ],
)
def test_interpreters_that_cannot(monkeypatch, change):
    change(monkeypatch)
    assert gil_socket._system_calls.__wrapped__() is None


def test_a_connection_that_keeps_the_gil_reads_and_writes(pair):
    near, far = pair
    connection = SocketConnection(near)
    connection.keep_gil()
    assert not connection.is_readable()
    assert connection.write_now(memoryview(b"question")) == 8
    assert far.recv(SIZE) == b"question"
    assert connection.read_now() is None
    with pytest.raises(TimeoutError):
        connection.read(0.0)
    far.sendall(b"answer")
    assert connection.read(None) == b"answer"
    far.close()
    assert connection.read(None) == b""
    assert connection.is_readable()


def test_a_connection_with_tls_looks_for_input_with_the_gil_and_finds_content_alone(
    pair, monkeypatch
):
    near, far = pair
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(serving)
    authority.configure_trust(trusting)
    secured: list[ssl.SSLSocket] = []
    thread = threading.Thread(
        target=lambda: secured.append(serving.wrap_socket(far, server_side=True))
    )
    thread.start()
    connection = SocketConnection(near)
    connection.start_tls(trusting, "localhost", None, until=None)
    thread.join()
    connection.keep_gil()
    monkeypatch.setattr(connection, "_poll", object())  # polling would release the GIL
    # The server's session tickets have arrived, which are no content.
    assert can_read(connection.socket)
    assert not connection.is_readable()
    assert connection.write_now(memoryview(b"question")) == 8
    with secured[0] as server:
        assert server.recv(SIZE) == b"question"
        server.sendall(b"answer")
        assert connection.read(None) == b"answer"
        assert not connection.is_readable()
    assert connection.is_readable()  # the end
