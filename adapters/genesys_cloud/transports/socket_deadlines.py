"""Sockets that keep their thread's deadline, under httpx's synchronous connections.

Law: no connect, read or write takes longer than
:func:`~genesys_cloud.transports.deadlines.thread_deadline` allows, whatever timeout it is given.

httpx knows timeouts for each read only, and reads a reply's headers without anyone looking in
between: a server that sends them in drips would be waited for as long as it likes.
"""

from collections.abc import Iterable
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from genesys_cloud.transports.deadlines import deadline_left

__all__ = ["keep_deadlines"]


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
