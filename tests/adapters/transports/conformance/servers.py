"""Scripted servers: each connection runs a script that reads requests and plays what a test wants.

A script gets a :class:`Peer`, the server's end of one connection. It reads whole requests, sends
bytes in the pieces that it is given, and may close, reset, half-close, fall silent or begin TLS at
any moment. The server counts connections and keeps every request.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LIMIT = 20.0
"""Seconds after which something that has to come is taken not to come."""
THREAD = "scripted server"
"""How the threads of a server are named."""


@dataclass(frozen=True)
class Seen:
    """A request as it arrived: its head byte for byte, its body without chunk lines."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    head: bytes
    connection: int

    def header(self, name: str) -> str | None:
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)

    def all(self, name: str) -> list[str]:
        return [v for n, v in self.headers if n.lower() == name.lower()]


class Over(Exception):
    """The script's connection has ended; nothing is left to play."""


@dataclass(frozen=True)
class Close:
    """End the connection in order (FIN)."""


@dataclass(frozen=True)
class Reset:
    """End the connection with RST, as a server that died or a firewall does."""


@dataclass(frozen=True)
class HalfClose:
    """Send FIN and go on reading."""


@dataclass(frozen=True)
class Stall:
    """Send nothing more, and read until the client leaves or the test ends."""


@dataclass(frozen=True)
class Until:
    """Send nothing until the test sets the event."""

    event: threading.Event


@dataclass(frozen=True)
class Drips:
    """Send bytes one by one, with a pause after each, until the client leaves."""

    data: bytes
    pause: float
    size: int = 1


Action = bytes | Close | Reset | HalfClose | Stall | Until | Drips
CLOSE, RESET, HALF_CLOSE, STALL = Close(), Reset(), HalfClose(), Stall()


class _Tcp:
    """The lowest layer of a connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def recv(self) -> bytes:
        return self.sock.recv(65536)


class _Tls:
    """TLS over any other layer, so that TLS runs in TLS as well."""

    def __init__(self, lower: _Tcp | _Tls, context: ssl.SSLContext, early: bytes = b"") -> None:
        self._lower = lower
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._in.write(early)
        self.object = context.wrap_bio(self._in, self._out, server_side=True)

    def handshake(self) -> None:
        self._run(self.object.do_handshake)

    def send(self, data: bytes) -> None:
        self._run(lambda: self.object.write(data))

    def recv(self) -> bytes:
        try:
            return self._run(lambda: self.object.read(65536))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def notify(self) -> None:
        """Send close_notify; the connection below stays open."""
        with contextlib.suppress(ssl.SSLError):
            self.object.unwrap()
        self._flush()

    def _run(self, step: Callable[[], object]) -> bytes:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
                if data := self._lower.recv():
                    self._in.write(data)
                else:
                    self._in.write_eof()
            except ssl.SSLError:
                self._flush()  # the alert that says why
                raise
            else:
                self._flush()
                return result  # type: ignore[return-value]

    def _flush(self) -> None:
        if data := self._out.read():
            self._lower.send(data)


class Peer:
    """The server's end of one connection.

    Attributes:
        number: which connection of its server this is, from 1.
        received: every byte that the client sent over the topmost layer.
        ended: set once the client has closed or reset the connection.
        reset: whether it was a reset.
    """

    def __init__(self, server: Server, sock: socket.socket, number: int) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server, self.sock, self.number = server, sock, number
        self.layer: _Tcp | _Tls = _Tcp(sock)
        self.received = bytearray()
        self.ended = threading.Event()
        self.reset = False
        self.handshake_error: ssl.SSLError | None = None
        self._buffer = bytearray()
        self._place = 0

    # --- reading ---------------------------------------------------------------------------------

    def read(self) -> Seen | None:
        """One request with its body, or ``None`` if the client ended the connection first."""
        head = self.read_head()
        return None if head is None else self.read_body(head)

    def read_head(self) -> Seen | None:
        """One request without its body."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if not self._fill():
                return None
        head = bytes(self._buffer[: end + 4])
        del self._buffer[: end + 4]
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        method, target, version = first.split(" ")
        fields = tuple((n, v.strip(" \t")) for n, _, v in (line.partition(":") for line in lines))
        seen = Seen(method, target, version, fields, b"", head, self.number)
        with self.server.changed:
            self._place = len(self.server.requests)
            self.server.requests.append(seen)
            self.server.changed.notify_all()
        return seen

    def read_body(self, seen: Seen) -> Seen | None:
        """The rest of a request whose head was read."""
        body: bytes | None = b""
        if (seen.header("transfer-encoding") or "").lower() == "chunked":
            body = self._read_chunks()
        elif length := seen.header("content-length"):
            body = self._take(int(length))
        if body is None:
            return None
        whole = Seen(
            seen.method, seen.target, seen.version, seen.headers, body, seen.head, self.number
        )
        with self.server.changed:
            self.server.requests[self._place] = whole
        return whole

    def _read_chunks(self) -> bytes | None:
        body = b""
        while True:
            line = self._take_line()
            if line is None:
                return None
            data = self._take(int(line.split(b";")[0], 16) + 2)
            if data is None:
                return None
            if len(data) == 2:
                return body
            body += data[:-2]

    def _take_line(self) -> bytes | None:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if not self._fill():
                return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _take(self, size: int) -> bytes | None:
        while len(self._buffer) < size:
            if not self._fill():
                return None
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def read_more(self) -> bool:
        """Wait for bytes of any kind; ``False`` if the client ended the connection first."""
        return self._fill()

    def _fill(self) -> bool:
        try:
            data = self.layer.recv()
        except (OSError, ValueError):
            self.reset = True
            data = b""
        if not data:
            self.ended.set()
            return False
        self._buffer += data
        self.received += data
        return True

    # --- writing ---------------------------------------------------------------------------------

    def send(self, *pieces: bytes) -> None:
        """Send each piece with a write of its own."""
        for number, piece in enumerate(pieces):
            if number:
                time.sleep(0.001)  # lets most clients see the pieces apart; no outcome rests on it
            self._write(piece)

    def _write(self, data: bytes) -> None:
        try:
            self.layer.send(data)
        except OSError:
            self.ended.set()
            raise Over from None

    def play(self, *actions: Action) -> None:
        """Do one after the other.

        Raises:
            Over: the connection has ended by one of them, or by the client.
        """
        pause = False
        for action in actions:
            match action:
                case bytes():
                    if pause:
                        time.sleep(0.001)
                    self._write(action)
                    pause = True
                case Until():
                    assert action.event.wait(LIMIT)
                case Drips():
                    for start in range(0, len(action.data), action.size):
                        self._write(action.data[start : start + action.size])
                        if self.ended.is_set() or self.server.stopping.wait(action.pause):
                            raise Over
                case HalfClose():
                    self.half_close()
                case Stall():
                    self.drain()
                    raise Over
                case Close():
                    self.close()
                case Reset():
                    self.abort()

    def drain(self) -> None:
        """Read until the client ends the connection, or the test its server."""
        while self._fill():
            pass

    def half_close(self) -> None:
        if isinstance(self.layer, _Tls):
            with contextlib.suppress(OSError):
                self.layer.notify()
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End the connection in order, although the client may have sent more."""
        self.half_close()
        self.drain()
        self.sock.close()
        raise Over

    def abandon(self) -> None:
        """Close the socket at once, without close_notify."""
        self.sock.close()
        raise Over

    def abort(self) -> None:
        """Reset the connection."""
        linger = struct.pack("ii", 1, 0)
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.sock.close()
        raise Over

    # --- TLS -------------------------------------------------------------------------------------

    def start_tls(self, context: ssl.SSLContext) -> ssl.SSLObject:
        """Do the server's part of a handshake over whatever the connection speaks now.

        Raises:
            Over: the handshake failed; :attr:`handshake_error` says why.
        """
        layer = _Tls(self.layer, context, bytes(self._buffer))
        self._buffer.clear()
        self.received.clear()
        try:
            layer.handshake()
        except (OSError, ValueError) as error:
            if isinstance(error, ssl.SSLError):
                self.handshake_error = error
            self.drain()
            raise Over from None
        self.layer = layer
        return layer.object


Script = Callable[[Peer], None]


@dataclass
class Server:
    """A running server.

    Attributes:
        requests: each as it arrived, on whichever connection.
        peers: the connections so far.
        stopping: set when the test is over.
        changed: notified of every new request and connection.
    """

    port: int
    host: str = "127.0.0.1"
    scheme: str = "http"
    requests: list[Seen] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)
    failures: list[BaseException] = field(default_factory=list)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def connections(self) -> int:
        return len(self.peers)

    def peer(self, index: int) -> Peer:
        """One of the connections, once there is any; a client may be gone before it is accepted."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.peers, LIMIT), "nobody connected"
            return self.peers[index]

    def asked(self, target: str) -> list[Seen]:
        """The requests for one target, or for one that begins with it."""
        return [seen for seen in tuple(self.requests) if seen.target.startswith(target)]


@contextmanager
def serving(
    script: Script,
    *,
    host: str = "127.0.0.1",
    scheme: str = "http",
    backlog: int = 256,
    receive_buffer: int | None = None,
) -> Iterator[Server]:
    """Run a script for each connection to a free loopback port, until the block ends.

    A script that fails by anything but the end of its connection fails the test.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        if receive_buffer is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        listener.bind((host, 0))
        listener.listen(backlog)
        server = Server(listener.getsockname()[1], host, scheme)
        threads: list[threading.Thread] = []

        def run(peer: Peer) -> None:
            try:
                script(peer)
                peer.drain()
            except (Over, OSError):
                pass
            except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
                server.failures.append(error)
            finally:
                peer.ended.set()
                peer.sock.close()

        def accept() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                if server.stopping.is_set():
                    sock.close()
                    return
                with server.changed:
                    peer = Peer(server, sock, len(server.peers) + 1)
                    server.peers.append(peer)
                    server.changed.notify_all()
                thread = threading.Thread(target=run, name=THREAD, args=(peer,), daemon=True)
                threads.append(thread)
                thread.start()

        acceptor = threading.Thread(target=accept, name=THREAD, daemon=True)
        acceptor.start()
        try:
            yield server
        finally:
            server.stopping.set()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            _wake(listener, family)
            acceptor.join(LIMIT)
            for peer in server.peers:
                with contextlib.suppress(OSError):
                    peer.sock.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(LIMIT)
        for failure in server.failures:
            raise failure


def _wake(listener: socket.socket, family: int) -> None:
    """Not every system ends a blocked accept when its socket is shut down."""
    with contextlib.suppress(OSError), socket.socket(family) as knock:
        knock.settimeout(1)
        knock.connect(listener.getsockname())


# --- replies --------------------------------------------------------------------------------------


def head(*fields: str, status: str = "200 OK", version: str = "HTTP/1.1") -> bytes:
    """The beginning of a reply, up to its empty line."""
    return "\r\n".join((f"{version} {status}", *fields, "", "")).encode("latin-1")


def reply(body: bytes = b"hello", *fields: str, status: str = "200 OK") -> bytes:
    """A whole reply that says how long it is."""
    return head(f"Content-Length: {len(body)}", *fields, status=status) + body


def chunked(*chunks: bytes, fields: tuple[str, ...] = (), trailer: bytes = b"") -> bytes:
    """A whole reply in chunks."""
    lines = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks]
    end = b"0\r\n" + trailer + b"\r\n"
    return head("Transfer-Encoding: chunked", *fields) + b"".join(lines) + end


NEXT = reply(b"next")


def answering(*actions: Action) -> Script:
    """Play the actions for every request to ``/case``, and answer any other as ever."""

    def script(peer: Peer) -> None:
        while seen := peer.read():
            peer.play(*(actions if seen.target.startswith("/case") else (NEXT,)))

    return script


def in_turn(*turns: tuple[Action, ...]) -> Script:
    """Play a tuple of actions for each request to ``/case`` in turn, whatever its connection."""
    left = list(turns)

    def script(peer: Peer) -> None:
        while seen := peer.read():
            peer.play(*(left.pop(0) if seen.target.startswith("/case") else (NEXT,)))

    return script
