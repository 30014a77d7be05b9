"""The limit of every client: sockets of the standard library or of trio, without HTTP.

They send the same bytes each time, and read as many bytes as the response is known to have. What a
client adds to this is its own cost.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import trio

_SIZE = 65_536


class Served(NamedTuple):
    """What a server answers.

    Attributes:
        host: the host of the server.
        port: its port.
        tls: the TLS context; ``None`` without TLS.
        request: the bytes of each request.
        length: bytes of each response.
        body: bytes of its body.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None
    request: bytes
    length: int
    body: int


def blocking_call(served: Served, decode: Callable[[bytes], object]) -> Callable[[], object]:
    """A call over a blocking socket; each thread has its own."""
    local = threading.local()

    def connect() -> socket.socket:
        connection = socket.create_connection((served.host, served.port))
        if served.tls is not None:
            connection = served.tls.wrap_socket(connection, server_hostname=served.host)
        local.connection = connection
        return connection

    def call() -> object:
        connection: socket.socket = getattr(local, "connection", None) or connect()
        connection.send(served.request)
        data = connection.recv(_SIZE)
        while len(data) < served.length:
            data += connection.recv(_SIZE)
        return decode(data[-served.body :])

    return call


class _Reading(asyncio.Protocol):
    def __init__(self, length: int) -> None:
        self._length = length
        self._data = b""
        self._waiting: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        if len(self._data) >= self._length and self._waiting is not None:
            self._waiting.set_result(self._data)
            self._data = b""

    async def call(self, request: bytes) -> bytes:
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        self._transport.abort()


def asyncio_call(
    served: Served,
    decode: Callable[[bytes], object],
    closing: Callable[[Callable[[], None]], object],
) -> Callable[[], Awaitable[object]]:
    """A call over a transport of asyncio; idle connections are used again."""
    idle: list[_Reading] = []

    async def connect() -> _Reading:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: _Reading(served.length), served.host, served.port, ssl=served.tls
        )
        closing(connection.close)
        return connection

    async def call() -> object:
        connection = idle.pop() if idle else await connect()
        data = await connection.call(served.request)
        idle.append(connection)
        return decode(data[-served.body :])

    return call


def trio_call(
    served: Served,
    decode: Callable[[bytes], object],
    closing: Callable[[Callable[[], None]], object],
) -> Callable[[], Awaitable[object]]:
    """A call over a stream of trio; idle connections are used again."""
    idle: list[trio.abc.Stream] = []

    async def connect() -> trio.abc.Stream:
        stream = await trio.open_tcp_stream(served.host, served.port)
        closing(stream.socket.close)
        if served.tls is None:
            return stream
        return trio.SSLStream(stream, served.tls, server_hostname=served.host)

    async def call() -> object:
        stream = idle.pop() if idle else await connect()
        await stream.send_all(served.request)
        data = await stream.receive_some(_SIZE)
        while len(data) < served.length:
            data += await stream.receive_some(_SIZE)
        idle.append(stream)
        return decode(data[-served.body :])

    return call
