"""One WebSocket over anyio: the bytes of :class:`genesys_core.websocket.WebSocket` on a socket.

Law: whatever goes wrong with a connection is told as its last event and never raised; a cancelled
link closes its socket at once.
"""

import contextlib
import os
import ssl
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import anyio
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream
from msgspec import Struct

from genesys_cloud.system_clock import read_clocks
from genesys_core.clock import Now
from genesys_core.errors import ConnectionClosedError, InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.websocket.connection import (
    Closed,
    Failed,
    FailedKind,
    Proxy,
    ProxyReady,
    WebSocket,
    WebSocketEvent,
)

__all__ = ["Deliver", "SocketOptions", "WebSocketStream"]

_READ: Final = 65_536
"""Bytes of one read at most."""

CLOSE_LIMIT: Final = 2.0
"""Seconds that the server has to answer a close."""

Deliver: TypeAlias = Callable[[tuple[WebSocketEvent, ...], Now], Awaitable[None]]
"""Takes the events of one read, and when that was; the next read waits for it."""


class SocketOptions(Struct, frozen=True):
    """How sockets are made.

    Attributes:
        tls: gives the context for ``wss`` addresses and ``https`` proxies.
        proxy: the proxy for an address, if there is one.
        headers: sent with each handshake.
    """

    tls: Callable[[], ssl.SSLContext]
    proxy: Callable[[str], Proxy | None]
    headers: Headers = Headers()


class WebSocketStream:
    """One WebSocket, from connecting to its last event.

    Args:
        url: the address.
        options: how sockets are made.
    """

    def __init__(self, url: str, options: SocketOptions) -> None:
        self._url = url
        self._options = options
        self._wire: _Bytes | None = None
        self._scope = anyio.CancelScope()
        self._ended = anyio.Event()

    async def run(self, deliver: Deliver) -> None:
        """Connect, and pass on what comes until the connection is over or :meth:`close` is called."""
        try:
            with self._scope:
                await self._work(deliver)
        finally:
            self._ended.set()
            if self._wire is not None:
                with anyio.CancelScope(shield=True):
                    await anyio.aclose_forcefully(self._wire.stream)

    async def send_text(self, text: str) -> None:
        """Send a text; on a connection that broke meanwhile, do nothing."""
        if self._wire is not None:
            with contextlib.suppress(*_BROKEN):
                self._wire.ws.send_text(text)
                await self._wire.flush()

    async def close(self) -> None:
        """Close as RFC 6455, 7.1 wants it, in bounded time; what is not open yet is given up."""
        if self._wire is not None and self._wire.ws.is_open:
            self._wire.ws.close()
            with anyio.move_on_after(CLOSE_LIMIT), contextlib.suppress(*_BROKEN):
                await self._wire.flush()
                await self._ended.wait()
        self._scope.cancel()

    async def _work(self, deliver: Deliver) -> None:
        events = await _events_of(self._connect, "connect")
        while not any(isinstance(event, Closed | Failed) for event in events):
            await deliver(events, read_clocks())
            events = await _events_of(self._read, "closed")
        await deliver(events, read_clocks())

    async def _connect(self) -> tuple[WebSocketEvent, ...]:
        self._wire = await self._connected()
        return ()

    async def _read(self) -> tuple[WebSocketEvent, ...]:
        return () if self._wire is None else await self._wire.read()

    async def _connected(self) -> "_Bytes":
        options = self._options
        ws = WebSocket.connect(
            self._url,
            random_bytes=os.urandom,
            headers=options.headers,
            proxy=options.proxy(self._url),
        )
        stream: ByteStream = await anyio.connect_tcp(ws.dial.host, ws.dial.port)
        wire = _Bytes(ws, stream, options.tls)
        try:
            if ws.dial.tls:
                await wire.start_tls(ws.dial.host)
            await wire.flush()
        except BaseException:
            await anyio.aclose_forcefully(wire.stream)
            raise
        return wire


class _Bytes:
    """The machine of a connection, and the stream that carries its bytes."""

    def __init__(
        self, ws: WebSocket, stream: ByteStream, tls: Callable[[], ssl.SSLContext]
    ) -> None:
        self.ws, self.stream = ws, stream
        self._tls = tls
        self._writing = anyio.Lock()

    async def read(self) -> tuple[WebSocketEvent, ...]:
        """What the next read brings, which may be nothing."""
        data = await self._data()
        events = self.ws.receive_data(data) if data else self.ws.receive_eof()
        for event in events:
            if isinstance(event, ProxyReady) and event.tls:
                await self.start_tls(event.host)
                self.ws.tls_started()
        await self.flush()
        return events

    async def flush(self) -> None:
        """Write what the machine has to say."""
        async with self._writing:
            data = self.ws.data_to_send()
            if data:
                await self.stream.send(data)

    async def start_tls(self, host: str) -> None:
        """Go on in TLS."""
        # Many end a connection without TLS's own farewell; WebSocket has one of its own.
        self.stream = await TLSStream.wrap(
            self.stream,
            server_side=False,
            hostname=host,
            ssl_context=self._tls(),
            standard_compatible=False,
        )

    async def _data(self) -> bytes:
        try:
            return await self.stream.receive(_READ)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return b""


_BROKEN: Final = (
    OSError,  # TLS's errors among them
    ValueError,  # an address that urllib or TLS cannot read
    anyio.EndOfStream,
    anyio.BrokenResourceError,
    anyio.BusyResourceError,  # TLS answers its peer while a text is being written
    anyio.ClosedResourceError,
    ConnectionClosedError,
)
"""What a connection, or an attempt at one, can end with."""


async def _events_of(
    work: Callable[[], Awaitable[tuple[WebSocketEvent, ...]]], kind: FailedKind
) -> tuple[WebSocketEvent, ...]:
    """What happened, where the network raised too."""
    try:
        return await work()
    except _BROKEN as error:
        return (_failed(error, kind),)


def _failed(error: Exception, kind: FailedKind) -> Failed:
    if isinstance(error, ssl.SSLError):
        why = getattr(error, "verify_message", None) or error.reason or type(error).__name__
        return Failed("tls", f"TLS: {why}", code=1006)
    if isinstance(error, OSError):
        words = error.strerror or str(error) or type(error).__name__
        return Failed(kind, f"the connection failed: {words}", code=1006)
    if isinstance(error, ValueError):
        ours = isinstance(error, InvalidValueError)  # shows no secret
        return Failed(kind, str(error) if ours else "the address cannot be used", code=1006)
    return Failed(kind, "the connection broke", code=1006)
