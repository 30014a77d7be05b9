"""Non-blocking system calls on a socket that keep the GIL, for many threads.

The methods of :class:`socket.socket` release the GIL around every system call. If another thread is
waiting for the GIL, it runs first, and this thread sleeps until it is woken. These two context
switches take longer than a system call that cannot block, so with several threads, only waits
should release the GIL. Without contention, the methods of :class:`socket.socket` are faster.

Invariants: no system call can block, because each has the flag ``MSG_DONTWAIT``.
"""

import ctypes
import errno
import os
import socket
import sys
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

__all__ = ["GilSocket", "can_keep_gil"]

_DONT_WAIT: Final[int] = getattr(socket, "MSG_DONTWAIT", 0)  # not on Windows
_SEND_FLAGS: Final[int] = _DONT_WAIT | getattr(socket, "MSG_NOSIGNAL", 0)
_PEEK_FLAGS: Final[int] = _DONT_WAIT | socket.MSG_PEEK
_WOULD_BLOCK: Final = (errno.EAGAIN, errno.EWOULDBLOCK)


class _Calls(NamedTuple):
    # `argtypes` is not set, because checking types takes longer than passing the arguments. ctypes
    # then passes integers as C's `int`, so sizes are wrapped in `c_size_t`.
    send: Callable[[int, object, ctypes.c_size_t, int], int]
    recv: Callable[[int, "ctypes.Array[ctypes.c_char]", ctypes.c_size_t, int], int]


@cache
def _system_calls() -> _Calls | None:
    if not _DONT_WAIT or sys.implementation.name != "cpython":
        return None
    # A free-threaded build (PEP 703) has no GIL to keep.
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return None
    try:
        # PyDLL, unlike CDLL, does not release the GIL.
        library = ctypes.PyDLL(None, use_errno=True)
        send, recv = library.send, library.recv
    except (AttributeError, OSError):
        return None
    send.restype = recv.restype = ctypes.c_ssize_t
    return _Calls(send, recv)


def can_keep_gil() -> bool:
    """Return whether Python has a GIL and can call functions of the C library directly."""
    return _system_calls() is not None


class GilSocket:
    """A socket without TLS whose calls keep the GIL.

    Args:
        sock: the socket, which must be non-blocking.
        size: maximum number of bytes per :meth:`recv`.
    """

    __slots__ = ("_buffer", "_one", "_recv", "_send", "_size", "_socket", "_view")

    def __init__(self, sock: socket.socket, size: int) -> None:
        calls = _system_calls()
        if calls is None:
            raise AssertionError("call `can_keep_gil` first")
        self._send, self._recv = calls
        self._socket = sock
        # One buffer for each connection, because another thread can run between the system call and
        # the copy.
        self._buffer = ctypes.create_string_buffer(size)
        self._view = memoryview(self._buffer).cast("B")
        self._size = ctypes.c_size_t(size)
        self._one = ctypes.c_size_t(1)

    def send(self, data: bytes | memoryview, /) -> int:
        """Send some of the data; return the number of bytes sent.

        Raises:
            OSError: see :meth:`socket.socket.send`.
        """
        size = len(data)
        # ctypes cannot pass a read-only view, so pass the bytes object that the view covers entirely.
        # It has no variable: some tracebacks show variables, and a request contains a token.
        if type(data) is not memoryview or type(data.obj) is not bytes or len(data.obj) != size:
            return self._socket.send(data)
        count = self._send(self._socket.fileno(), data.obj, ctypes.c_size_t(size), _SEND_FLAGS)
        if count < 0:
            raise _last_error()
        return count

    def recv(self, _size: int, /) -> bytes:
        """Receive some bytes; ``b""`` at end of stream.

        Raises:
            OSError: see :meth:`socket.socket.recv`.
        """
        count = self._recv(self._socket.fileno(), self._buffer, self._size, _DONT_WAIT)
        if count < 0:
            raise _last_error()
        return self._view[:count].tobytes()

    def is_readable(self) -> bool:
        """Whether :meth:`recv` would return, or raise an error, immediately."""
        count = self._recv(self._socket.fileno(), self._buffer, self._one, _PEEK_FLAGS)
        return count >= 0 or ctypes.get_errno() not in _WOULD_BLOCK


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
