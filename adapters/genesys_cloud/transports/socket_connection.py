"""One connection of a synchronous client over a socket, with or without TLS.

Invariants: the socket is non-blocking, and the caller sets the time limit of every wait. An
unreferenced connection closes its socket, so an interrupt cannot leak a socket. Closing sends no
``close_notify`` and never waits.
"""

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from genesys_cloud.transports.tls_bytes import TlsBytes

if TYPE_CHECKING:
    from genesys_cloud.transports.gil_socket import GilSocket

__all__ = [
    "READ_SIZE",
    "NestedTls",
    "SocketConnection",
    "StreamSocket",
    "wait_for_any",
    "wait_for_socket",
]

READ_SIZE: Final = 65_536
"""Maximum number of bytes per read from a socket."""

_CAN_POLL: Final = hasattr(select, "poll")  # not on Windows
_LONGEST_POLL: Final = 86_400.0
"""Maximum duration of a wait in seconds, because the system counts milliseconds in an ``int``."""


class StreamSocket(Protocol):
    """The interface of a socket, with the methods that a connection calls."""

    def send(self, data: bytes | memoryview, /) -> int:
        """Send some of the data; return the number of bytes sent."""
        ...

    def recv(self, size: int, /) -> bytes:
        """Receive some bytes; ``b""`` at end of stream."""
        ...


def wait_for_socket(
    sock: socket.socket, *, read: bool, write: bool, until: float | None
) -> tuple[bool, bool]:
    """Wait until a socket can be read or written.

    Args:
        sock: the socket to wait for.
        read: whether to wait for input, including end of stream and errors.
        write: whether to wait until data can be written.
        until: the time limit on the monotonic clock; ``None`` for no limit.

    Returns:
        Whether the socket can be read, and whether it can be written.

    Raises:
        TimeoutError: the timeout has passed.
    """
    while True:
        left = None if until is None else max(until - time.monotonic(), 0.0)
        wait = _LONGEST_POLL if left is None else min(left, _LONGEST_POLL)
        found = _look(sock, read=read, write=write, seconds=wait)
        if any(found):
            return found
        # After a wait that was shortened to `_LONGEST_POLL`, wait again.
        if left is not None and left <= wait:
            raise TimeoutError


def _look(sock: socket.socket, *, read: bool, write: bool, seconds: float) -> tuple[bool, bool]:
    if not _CAN_POLL:
        asked = [sock] if read else [], [sock] if write else []
        readable, writable, broken = select.select(*asked, [sock], seconds)
        return bool(readable or (broken and read)), bool(writable or broken)
    poll = select.poll()
    poll.register(sock, (select.POLLIN if read else 0) | (select.POLLOUT if write else 0))
    # Rounded up, to avoid polling repeatedly with a timeout of 0.
    for _, events in poll.poll(int(seconds * 1000) + 1 if seconds else 0):
        # These events are always reported; the next read or write raises the error.
        ended = events & (select.POLLERR | select.POLLHUP | select.POLLNVAL)
        return (
            bool(read and (events & select.POLLIN or ended)),
            bool(write and (events & select.POLLOUT or ended)),
        )
    return False, False


def wait_for_any(sockets: Sequence[socket.socket], until: float | None) -> list[int]:
    """Wait until one of several connecting sockets has an outcome.

    Args:
        sockets: the sockets to wait for.
        until: the time limit on the monotonic clock; ``None`` for no limit.

    Returns:
        The positions of sockets with an outcome; empty on timeout.
    """
    left = _LONGEST_POLL if until is None else max(until - time.monotonic(), 0.0)
    seconds = min(left, _LONGEST_POLL)
    if not _CAN_POLL:
        # Windows reports a failed connect only in the third set.
        _, writable, broken = select.select([], sockets, sockets, seconds)
        return [at for at, sock in enumerate(sockets) if sock in [*writable, *broken]]
    poll = select.poll()
    for sock in sockets:
        poll.register(sock, select.POLLOUT)
    found = {number for number, _ in poll.poll(int(seconds * 1000) + 1 if seconds else 0)}
    return [at for at, sock in enumerate(sockets) if sock.fileno() in found]


class SocketConnection:
    """A network connection of a synchronous client, with or without TLS.

    Args:
        sock: a connected, non-blocking socket.

    Attributes:
        session_key: the key under which the connection's TLS session is stored; ``None`` without TLS.
    """

    __slots__ = ("_gil_socket", "_is_plain", "_poll", "_socket", "_stream", "session_key")

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        sock.settimeout(0)
        self._stream: StreamSocket = sock
        self._is_plain = True
        self.session_key: Hashable = None
        self._gil_socket: GilSocket | None = None
        self._poll: select.poll | None = None
        self._watch(sock)

    def _watch(self, sock: socket.socket) -> None:
        self._socket = sock
        if _CAN_POLL:
            self._poll = select.poll()
            self._poll.register(sock, select.POLLIN)

    def keep_gil(self) -> None:
        """Hold the GIL during non-blocking system calls; with several threads, this is faster.

        With TLS, only checks for input hold the GIL, because Python releases it around OpenSSL's
        reads and writes. See :mod:`.gil_socket`.
        """
        # Imported here because it loads `ctypes`, which most programs do not need.
        try:
            from genesys_cloud.transports.gil_socket import (  # noqa: PLC0415
                GilSocket,
                can_keep_gil,
            )
        except (ImportError, OSError):  # no `ctypes`, or no free file descriptor for the import
            return
        if not can_keep_gil():
            return
        if self._is_plain:
            self._stream = self._gil_socket = GilSocket(self._socket, READ_SIZE)
        else:
            self._gil_socket = GilSocket(self._socket, 1)

    @property
    def socket(self) -> socket.socket:
        """The connection's socket."""
        return self._socket

    @property
    def ends(self) -> tuple[tuple[object, ...], tuple[object, ...]]:
        """The socket's local address and its remote address, such as host and port."""
        return self._socket.getsockname()[:2], self._socket.getpeername()[:2]

    def start_tls(
        self,
        context: ssl.SSLContext,
        server_name: str,
        session: ssl.SSLSession | None,
        until: float | None,
    ) -> str | None:
        """Start TLS, or TLS inside TLS; return the protocol that ALPN selected.

        Raises:
            TimeoutError: the timeout has passed.
            OSError: the handshake failed; :class:`ssl.SSLError` for an error of TLS itself.
        """
        self._is_plain = False
        # `wrap_socket` cannot wrap an SSLSocket: it would speak TLS on the same file descriptor.
        if isinstance(self._stream, ssl.SSLSocket):
            nested = NestedTls(self._stream, TlsBytes(context, server_name, session))
            self._stream = nested
            while not nested.shake_hands():
                self._wait_for_tls(nested.wants_write, until)
            return nested.tls.alpn
        secured = context.wrap_socket(
            self._socket,
            server_hostname=server_name,
            do_handshake_on_connect=False,
            suppress_ragged_eofs=False,  # an end without close_notify may be an attack
            session=session,
        )
        self._watch(secured)
        self._stream = secured
        while True:
            try:
                secured.do_handshake()
                return secured.selected_alpn_protocol()
            except ssl.SSLWantReadError:
                self._wait_for_tls(False, until)  # noqa: FBT003
            except ssl.SSLWantWriteError:
                self._wait_for_tls(True, until)  # noqa: FBT003

    def _wait_for_tls(self, write: bool, until: float | None) -> None:  # noqa: FBT001
        wait_for_socket(self._socket, read=not write, write=write, until=until)

    @property
    def session(self) -> ssl.SSLSession | None:
        """The connection's TLS session, which another connection can resume."""
        stream = self._stream
        if isinstance(stream, NestedTls):
            return stream.tls.session
        return stream.session if isinstance(stream, ssl.SSLSocket) else None

    def read(self, until: float | None) -> bytes:
        """Read some bytes, waiting if necessary; ``b""`` at end of stream.

        Raises:
            TimeoutError: the timeout has passed.
            OSError: the connection broke.
        """
        poll = self._poll
        while True:
            # Skip the wait if OpenSSL has decrypted content: the socket may not become readable.
            if self._is_plain or not self._has_pending():
                left = 0.0 if until is None else until - time.monotonic()
                if poll is None or until is None or left > _LONGEST_POLL:
                    wait_for_socket(self._socket, read=True, write=False, until=until)
                # Rounded up, to avoid polling repeatedly with a timeout of 0.
                elif not poll.poll(int(left * 1000) + 1 if left > 0 else 0):
                    raise TimeoutError
            if (data := self.read_now()) is not None:
                return data

    def read_now(self) -> bytes | None:
        """Read without waiting; ``b""`` at end of stream, ``None`` if nothing is available.

        Raises:
            OSError: the connection broke.
        """
        try:
            return self._stream.recv(READ_SIZE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None  # a spurious wake-up, or a TLS message without content
        except ssl.SSLZeroReturnError:  # `close_notify`: the regular end (RFC 8446, 6.1)
            return b""

    def _has_pending(self) -> bool:
        stream = self._stream
        return stream.pending() > 0 if isinstance(stream, ssl.SSLSocket) else False

    def write(self, data: bytes | memoryview, until: float | None) -> int:
        """Write some bytes, waiting if necessary.

        Returns:
            The number of bytes written; 0 if input arrives first.

        Raises:
            TimeoutError: the timeout has passed.
            OSError: the connection broke.
        """
        while (count := self.write_now(data)) is None:
            readable, _ = wait_for_socket(self._socket, read=True, write=True, until=until)
            # The server has responded before the request was complete, or has closed the
            # connection. If it has stopped reading, this write would block until the timeout.
            if readable:
                return 0
        return count

    def write_now(self, data: bytes | memoryview) -> int | None:
        """Write some bytes without waiting; return their number, or ``None`` if none can be written.

        Raises:
            OSError: the connection broke.
        """
        try:
            return self._stream.send(data)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return None

    def write_all(self, data: bytes, until: float | None) -> None:
        """Write all of the data to the connection.

        Raises:
            TimeoutError: the timeout has passed.
            OSError: the connection broke.
        """
        view = memoryview(data)
        while view:
            count = self.write(view, until)
            view = view[count:]
            if not count:  # there is input, which is read later
                wait_for_socket(self._socket, read=False, write=True, until=until)

    def is_readable(self) -> bool:
        """Whether a read would not block: input, the end of the stream or an error has arrived."""
        if self._is_plain:
            return self._has_arrived()
        try:
            return self._tls_is_readable()
        except (OSError, ValueError):  # broken or closed
            return True

    def _has_arrived(self) -> bool:
        """Whether any input has arrived, even a TLS message without content."""
        if self._gil_socket is not None:
            return self._gil_socket.is_readable()
        if self._poll is not None:
            return bool(self._poll.poll(0))
        return _look(self._socket, read=True, write=False, seconds=0)[0]

    def _tls_is_readable(self) -> bool:
        stream = self._stream
        if isinstance(stream, NestedTls):
            return stream.has_content()
        if self._has_pending():
            return True
        if not self._has_arrived():
            return False
        # TLS has no `MSG_PEEK`, so this read consumes a byte. Losing it does no harm: the content
        # is unsolicited, so the connection is closed.
        try:
            stream.recv(1)
        except ssl.SSLWantReadError:
            return False  # no content, such as session tickets
        return True

    def close(self) -> None:
        """Close the connection's socket."""
        self._socket.close()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):  # the constructor was interrupted
            self._socket.close()


class NestedTls:
    """A TLS connection to an origin inside the TLS connection to an HTTPS proxy.

    Args:
        outer: the TLS socket to the proxy.
        tls: the inner TLS connection, to the origin.

    Attributes:
        tls: the inner TLS connection, to the origin.
        wants_write: whether the handshake waits until the socket is writable, not until it is
            readable.
    """

    def __init__(self, outer: ssl.SSLSocket, tls: TlsBytes) -> None:
        self._outer = outer
        self.tls = tls
        self._unsent = b""
        self.wants_write = False

    def shake_hands(self) -> bool:
        """Continue the handshake; return whether it is complete. If not, wait and call again."""
        done = self.tls.shake_hands()
        try:
            self._flush()
            while not done:
                self.tls.feed(self._receive())
                done = self.tls.shake_hands()
                self._flush()
        except ssl.SSLWantReadError:
            self.wants_write = False
            return False
        except ssl.SSLWantWriteError:
            self.wants_write = True
            return False
        return True

    def send(self, data: bytes | memoryview, /) -> int:
        """Send some of the data; return the number of bytes sent."""
        # Flush before encrypting more, so that at most one piece is buffered; this raises an
        # exception if it would block.
        self._flush()
        piece = data[:READ_SIZE]
        self.tls.write(piece)
        # A piece that is encrypted counts as sent: it must not be encrypted again.
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._flush()
        return len(piece)

    def recv(self, size: int, /) -> bytes:
        """Receive some bytes; ``b""`` at end of stream."""
        # The peer may wait for the rest of the request before it responds.
        self._flush()
        while (data := self.tls.read(size)) is None:
            self.tls.feed(self._receive())
        return data

    def has_content(self) -> bool:
        """Return whether content or the end of the stream has arrived.

        If content has arrived, its first byte is lost.
        """
        while not self.tls.has_content():
            try:
                self.tls.feed(self._receive())
            except ssl.SSLWantReadError:
                return False
        return True

    def _receive(self) -> bytes:
        try:
            return self._outer.recv(READ_SIZE)
        # The outer layer has ended; the inner layer reports whether its content is truncated.
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def _flush(self) -> None:
        self._unsent += self.tls.take()
        while self._unsent:
            self._unsent = self._unsent[self._outer.send(self._unsent) :]
