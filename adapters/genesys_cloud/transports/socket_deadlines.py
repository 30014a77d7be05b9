"""A deadline for what a thread does, kept by the sockets under httpx's synchronous connections.

Invariants: a deadline belongs to one thread and one block. Within it no connect, read or write takes
longer than the deadline allows, whatever timeout it is given. (Asynchronous calls are cancelled
instead, and need none of this.)

httpx knows timeouts for each read only, and reads a response's headers without a check in between:
without this, a server that sends them slowly, byte by byte, would be waited for without end.
"""

import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any, Final

import httpcore
import httpx

__all__ = ["keep_deadlines", "thread_deadline"]

_thread: Final = threading.local()


@contextmanager
def thread_deadline(expires: float | None) -> Generator[None]:
    """What this thread does in the block is over by then, on the monotonic clock."""
    before = getattr(_thread, "expires", None)
    _thread.expires = before if expires is None else expires
    try:
        yield
    finally:
        _thread.expires = before


def deadline_left(timeout: float | None, late: type[Exception]) -> float | None:
    """The seconds that a step may take: its timeout, or less.

    Args:
        timeout: its own, or ``None`` for none.
        late: raised where no time is left.
    """
    expires: float | None = getattr(_thread, "expires", None)
    if expires is None:
        return timeout
    left = expires - time.monotonic()
    if left <= 0:
        raise late
    return left if timeout is None else min(timeout, left)


def keep_deadlines(client: httpx.Client) -> None:
    """Put the sockets of a client under the threads' deadlines.

    httpx has no public way to its connection pools. Where they are not found, deadlines are kept
    between the reads of a body, and by the shortened timeouts, as with any other transport.
    """
    name = "_network_backend"
    mounts: dict[object, object] = getattr(client, "_mounts", {})
    for transport in (getattr(client, "_transport", None), *mounts.values()):
        pool = getattr(transport, "_pool", None)
        backend = getattr(pool, name, None)
        if isinstance(backend, httpcore.NetworkBackend):
            setattr(pool, name, _Backend(backend))


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = deadline_left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options))

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = deadline_left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_unix_socket(path, left, socket_options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, deadline_left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, deadline_left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = deadline_left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's own words
        return self._inner.get_extra_info(info)
