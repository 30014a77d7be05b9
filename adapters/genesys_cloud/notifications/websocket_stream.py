"""One WebSocket connection on asyncio or trio.

Invariants: a connection failure is reported as the last event and never raised. Cancellation closes
the socket immediately. Connections are opened by the dialer that HTTP connections use too
(:mod:`genesys_cloud.transports.async_dialer`).
"""

import contextlib
import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

import anyio

from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.async_dialer import open_connection, running_connector
from genesys_cloud.transports.connection_settings import ConnectionSettings
from genesys_cloud.transports.network_options import NetworkOptions
from genesys_cloud.transports.protocols import ByteStream, EarlyReader, WebSocketTransport
from genesys_cloud.transports.reported_errors import system_words
from genesys_core.clock import Now
from genesys_core.errors import ConnectionClosedError, InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import TransportFailure
from genesys_core.transport.dialer import dial
from genesys_core.version import USER_AGENT
from genesys_core.websocket.connection import Failed, WebSocket, WebSocketEvent

__all__ = ["Deliver", "DeliverEarly", "SocketOptions", "WebSocketStream"]

CLOSE_LIMIT: Final = 2.0
"""Seconds to wait for the server's close frame."""

Deliver: TypeAlias = Callable[[tuple[WebSocketEvent, ...], Now], Awaitable[None]]
"""A function that is called with the events and the time of one read from the socket.

The next read starts after the function has completed.
"""

DeliverEarly: TypeAlias = Callable[[tuple[WebSocketEvent, ...], Now], bool]
"""A function that is called in the event loop's read callback, before :data:`Deliver`.

It is called with the same arguments, and returns whether it accepted the events.
"""


class SocketOptions:
    """Options for opening a handler's WebSockets.

    Args:
        network: the client's connection options.
        proxy: the handler's own proxy, which takes precedence over the client's.
        headers: header fields to send with each handshake.
        transport: the client's transport, which may open connections itself.

    Attributes:
        settings: the settings of connections: routes, TLS contexts and TLS sessions.
        headers: the validated header fields to send with each handshake.

    Raises:
        InvalidValueError: a header is invalid.
        ConfigurationError: a proxy, CA or certificate cannot be used.
    """

    def __init__(
        self,
        network: NetworkOptions,
        *,
        proxy: str | None,
        headers: Mapping[str, str] | None,
        transport: object = None,
    ) -> None:
        if proxy is not None:
            network = {**network, "proxy": proxy, "proxy_auth": None}
        self.settings = ConnectionSettings(network, always_tunnel=True)
        self._transport = transport
        self.headers = Headers({"User-Agent": USER_AGENT}).updated(headers or {})

    async def open(self, url: str) -> ByteStream:
        """Open a connection: through the client's transport if it can, otherwise over the network.

        Raises:
            TransportFailure: the connection could not be opened.
        """
        if isinstance(self._transport, WebSocketTransport):
            return await self._transport.open_websocket(url)
        route = self.settings.router.route(url)
        # Without timeouts, because the channel's policy sets them.
        state = dial(route, timeout=None, expires=None, now=read_clocks())
        return await open_connection(state, running_connector(), self.settings)


class WebSocketStream:
    """Opens one WebSocket connection, delivers its events and closes it.

    Args:
        url: the address of the WebSocket.
        options: the options for opening sockets.
    """

    def __init__(self, url: str, options: SocketOptions) -> None:
        self._url = url
        self._options = options
        self._opened: _OpenSocket | None = None
        self._scope = anyio.CancelScope()
        self._ended = anyio.Event()

    async def run(self, deliver: Deliver, deliver_early: DeliverEarly | None = None) -> None:
        """Connect, and deliver events until the connection ends or :meth:`close` is called.

        Args:
            deliver: called after each read, with the events that ``deliver_early`` did not accept.
            deliver_early: called before ``deliver``, if the event loop supports it.
        """
        try:
            with self._scope:
                events = await self._connect(deliver_early)
                if not events and (opened := self._opened) is not None:
                    while not opened.ws.over:
                        events = await opened.read()
                        if not opened.ws.over:
                            await deliver(events, read_clocks())
                # Deliver the last events, or the events of a failed attempt to connect.
                await deliver(events, read_clocks())
        finally:
            self._ended.set()
            if self._opened is not None:
                self._opened.connection.close()

    async def send_text(self, text: str) -> None:
        """Send a text message; does nothing if the connection has already ended."""
        if self._opened is not None:
            with contextlib.suppress(OSError, ConnectionClosedError):
                self._opened.ws.send_text(text)
                await self._opened.flush()

    async def close(self) -> None:
        """Perform the closing handshake (RFC 6455, section 7.1), for at most two seconds.

        If the connection is still being opened, the attempt is abandoned.
        """
        if self._opened is not None and self._opened.ws.is_open:
            self._opened.ws.close()
            with anyio.move_on_after(CLOSE_LIMIT), contextlib.suppress(OSError):
                await self._opened.flush()
                await self._ended.wait()
        self._scope.cancel()

    async def _connect(self, deliver_early: DeliverEarly | None) -> tuple[WebSocketEvent, ...]:
        """Open the connection and send the handshake.

        Returns:
            Empty on success; otherwise the event that reports the failure.
        """
        options = self._options
        try:
            ws = WebSocket.connect(self._url, random_bytes=os.urandom, headers=options.headers)
            self._opened = _OpenSocket(ws, await options.open(self._url), deliver_early)
            await self._opened.flush()
        except InvalidValueError as error:
            return (Failed("connect", str(error), code=1006),)
        except TransportFailure as failure:
            kind = failure.kind if failure.kind in {"proxy", "tls", "timeout"} else "connect"
            return (Failed(kind, failure.message, code=1006),)
        except OSError as error:
            return (_broken(error),)
        return ()


class _OpenSocket:
    """An open connection and its WebSocket.

    Attributes:
        ws: the state of the WebSocket.
        connection: the connection that the WebSocket uses.
    """

    def __init__(
        self, ws: WebSocket, connection: ByteStream, deliver_early: DeliverEarly | None
    ) -> None:
        self.ws = ws
        self.connection = connection
        self._deliver_early = deliver_early
        self._read = (
            connection.read_early if isinstance(connection, EarlyReader) else self._read_now
        )
        self._events: tuple[WebSocketEvent, ...] = ()
        self._answer = b""

    async def read(self) -> tuple[WebSocketEvent, ...]:
        """Read once from the socket, and return the events that were not delivered early."""
        try:
            await self._read(self._take)
        except ssl.SSLEOFError:
            # Many servers send no `close_notify`. A truncation is detected anyway, because WebSocket
            # has its own closing handshake.
            self._take(b"")
        except OSError as error:
            self.ws.receive_eof()
            return (_broken(error),)
        if self._answer:
            with contextlib.suppress(OSError):  # reported by the next read
                await self.connection.write(self._answer, None)
        return self._events

    async def flush(self) -> None:
        """Write the WebSocket's pending bytes to the socket."""
        data = self.ws.data_to_send()
        if data:
            await self.connection.write(data, None)

    async def _read_now(self, take: Callable[[bytes], None]) -> None:
        take(await self.connection.read(None))

    def _take(self, data: bytes) -> None:
        """Process the bytes of one read; ``b""`` at end of stream."""
        ws, early = self.ws, self._deliver_early
        events = ws.receive_data(data) if data else ws.receive_eof()
        # A pong or the response to a close frame; the task writes it, since a callback cannot wait.
        self._answer = ws.data_to_send()
        is_delivered = early is not None and events and early(events, read_clocks())
        self._events = () if is_delivered else events


def _broken(error: OSError) -> Failed:
    if isinstance(error, ssl.SSLError):
        return Failed("tls", f"TLS: {error.reason or type(error).__name__}", code=1006)
    return Failed("closed", f"the connection broke: {system_words(error)}", code=1006)
