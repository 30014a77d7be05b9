"""Opens connections on asyncio and trio, for HTTP and for notifications.

Invariants: the core (:mod:`genesys_core.transport.dialer`) selects each step and interprets its
failure.
"""

from socket import socket
from typing import cast

from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.async_connection import AsyncConnection, Connector
from genesys_cloud.transports.connection_settings import ConnectionSettings
from genesys_cloud.transports.reported_errors import report_dial_error
from genesys_cloud.transports.running_loop import in_trio
from genesys_cloud.transports.tls_bytes import TlsBytes
from genesys_core.transport.dialer import (
    ConnectingThroughSocks,
    Dialed,
    DialFailed,
    DialState,
    DialStep,
    OpeningSockets,
    ReceivingConnect,
    ResolvingHost,
    SendingConnect,
    StartingTls,
)
from genesys_core.transport.happy_eyeballs import Race

__all__ = ["open_connection", "running_connector"]


async def open_connection(
    state: DialState, connector: Connector, settings: ConnectionSettings
) -> AsyncConnection:
    """Open a connection over the network, and return it.

    Args:
        state: the initial state; see :func:`genesys_core.transport.dialer.dial`.
        connector: the connector that opens sockets on the running event loop.
        settings: the connection settings, with the TLS context and TLS sessions.

    Raises:
        TransportFailure: no connection was established; nothing was sent.
    """
    dialing = _Dialing(connector, settings)
    try:
        while not isinstance(state, (Dialed, DialFailed)):
            state = await dialing.step(state)
    except BaseException:  # includes a cancellation
        dialing.give_up()
        raise
    if isinstance(state, DialFailed):
        dialing.give_up()
        failure = state.failure
        try:
            raise failure
        finally:
            # Delete the variables to avoid a reference cycle between the exception and this frame.
            del failure, state
    return cast(AsyncConnection, dialing.connection)


class _Dialing:
    """Performs the steps of opening one connection.

    Attributes:
        connection: the connection; ``None`` until its socket is connected.
    """

    def __init__(self, connector: Connector, settings: ConnectionSettings) -> None:
        self._connector = connector
        self._settings = settings
        self.connection: AsyncConnection | None = None

    def give_up(self) -> None:
        """Close the connection if its socket is already open."""
        if self.connection is not None:
            self.connection.close()

    async def step(self, state: DialStep) -> DialState:
        """Perform one step, and return the next state."""
        try:
            return await self._step(state)
        except OSError as error:
            return report_dial_error(error, state)

    async def _step(self, state: DialStep) -> DialState:  # noqa: PLR0911 - one for each state
        match state:
            case ResolvingHost():
                addresses = await self._connector.resolve(state)
                return state.resolved(addresses, now=read_clocks())
            case OpeningSockets():
                outcome = await self._connector.race(state)
                if isinstance(outcome, Race):
                    return state.lost(outcome)
                return state.connected(*await self._adopt(outcome))
            case ConnectingThroughSocks():
                await self._adopt(await self._connector.connect_socks(state))
                return state.connected()
            case StartingTls():
                alpn = await self._start_tls(self._opened, state)
                return state.started(alpn)
            case SendingConnect(data=data):
                await self._opened.write(data, state.until)
                return state.written()
            case ReceivingConnect():
                return state.received(await self._opened.read(state.until))

    @property
    def _opened(self) -> AsyncConnection:
        return cast(AsyncConnection, self.connection)

    async def _adopt(self, sock: socket) -> tuple[tuple[object, ...], tuple[object, ...]]:
        # Nothing owns the socket yet: a cancellation during `adopt`, or a server that has already
        # reset the connection (ENOTCONN), would leak it.
        try:
            ends = sock.getsockname()[:2], sock.getpeername()[:2]
            self.connection = await self._connector.adopt(sock)
        except BaseException:
            sock.close()
            raise
        return ends

    async def _start_tls(self, connection: AsyncConnection, state: StartingTls) -> str | None:
        sessions = self._settings.tls_sessions
        session = sessions.find(state.session_key)
        layer = TlsBytes(self._settings.tls_context(), state.server_name, session)
        try:
            while not layer.shake_hands():
                await connection.write(layer.take(), state.until)
                layer.feed(await connection.read(state.until))
        finally:
            # Send the client's last handshake message or, after a failure, the TLS alert with the
            # reason.
            if last := layer.take():
                await connection.write(last, state.until)
        connection.tls.push(layer, state.session_key)
        return layer.alpn


def running_connector() -> Connector:
    """Return a connector for the running event loop."""
    if in_trio():
        from genesys_cloud.transports.trio_connection import TrioConnector  # noqa: PLC0415 - only with trio

        return TrioConnector()
    from genesys_cloud.transports.asyncio_connection import AsyncioConnector  # noqa: PLC0415 - only with asyncio

    return AsyncioConnector()
