"""Opens connections for synchronous clients, in the steps of :mod:`genesys_core.transport.dialer`.

Invariants: a socket that is not returned is closed, even if an exception interrupts a step. No
step exceeds its time limit.
"""

import errno
import os
import socket
import threading
import time
from typing import Final

from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.connection_settings import ConnectionSettings
from genesys_cloud.transports.reported_errors import report_dial_error, system_words
from genesys_cloud.transports.resolver import resolve_host
from genesys_cloud.transports.socket_connection import SocketConnection, wait_for_any
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
from genesys_core.transport.happy_eyeballs import Address, Race

__all__ = ["ask_socks_proxy", "open_connection"]


def open_connection(
    state: DialState, settings: ConnectionSettings
) -> SocketConnection | DialFailed:
    """Open a connection over the network, and return it or the failure.

    Args:
        state: the initial state; see :func:`genesys_core.transport.dialer.dial`.
        settings: the connection settings, with the TLS context and TLS sessions.
    """
    dialer = _Dialer(settings)
    try:
        while not isinstance(state, Dialed | DialFailed):
            step: DialStep = state
            try:
                state = dialer.advance(step)
            except OSError as error:
                state = report_dial_error(error, step)
        if isinstance(state, DialFailed):
            return state
        # The caller owns the connection from here; otherwise `finally` would close it.
        connection, dialer.connection = dialer.connection, None
        if connection is None:
            raise AssertionError("the dialer ended without a connection")
        return connection
    finally:
        if dialer.connection is not None:
            dialer.connection.close()


class _Dialer:
    """Performs the steps of opening one connection, and owns its socket until they are complete."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self.connection: SocketConnection | None = None

    def advance(self, state: DialStep) -> DialState:
        """Perform one step, and return the next state."""
        match state:
            case ResolvingHost(host=host, port=port, is_literal=literal):
                addresses = resolve_host(host, port, is_literal=literal, until=state.until)
                return state.resolved(addresses, now=read_clocks())
            case OpeningSockets():
                return self._open_sockets(state)
            case ConnectingThroughSocks():
                self.connection = SocketConnection(_connect_through_socks(state))
                return state.connected()
            case StartingTls():
                return self._start_tls(state)
            case SendingConnect(data=data):
                self._open.write_all(data, state.until)
                return state.written()
            case ReceivingConnect():
                return state.received(self._open.read(state.until))

    @property
    def _open(self) -> SocketConnection:
        if self.connection is None:
            raise AssertionError("no socket is open")
        return self.connection

    def _open_sockets(self, state: OpeningSockets) -> DialState:
        attempts = _Attempts(state.race, state.until)
        try:
            self.connection = attempts.run()
        finally:
            attempts.close()
        if self.connection is None:
            return state.lost(attempts.race)
        return state.connected(*self.connection.ends)

    def _start_tls(self, state: StartingTls) -> DialState:
        settings, key = self._settings, state.session_key
        connection = self._open
        session = settings.tls_sessions.find(key)
        alpn = connection.start_tls(settings.tls_context(), state.server_name, session, state.until)
        connection.session_key = key
        return state.started(alpn)


class _Attempts:
    """Connection attempts to several addresses, which may overlap in time (RFC 8305)."""

    def __init__(self, race: Race, until: float | None) -> None:
        self.race = race
        self._until = until
        self._connections: dict[Address, SocketConnection] = {}

    def run(self) -> SocketConnection | None:
        """Return the first connection that succeeds; ``None`` if all attempts fail.

        Raises:
            TimeoutError: the timeout has passed.
        """
        winner = None
        while winner is None and not self.race.is_lost:
            for address in self.race.starting:
                self._start(address)
            if self._connections:
                winner = self._wait()
        return winner

    def _start(self, address: Address) -> None:
        family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
        # Not `waited`, which may put another address into `starting`: a failure below would replace
        # that address, and no attempt to connect to it would be made.
        self.race = self.race.begun()
        try:
            connection = SocketConnection(socket.socket(family, socket.SOCK_STREAM))
            # Stored before anything that can fail, so that `close` closes the socket.
            self._connections[address] = connection
            sock = connection.socket
            # Requests are written in one or a few large chunks: Nagle's algorithm would only delay
            # them.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            code = sock.connect_ex(_place(address))
        except OSError as error:
            self._fail(address, system_words(error))
        else:
            if code not in _IN_PROGRESS:
                self._fail(address, os.strerror(code))

    def _fail(self, address: Address, reason: str) -> None:
        connection = self._connections.pop(address, None)
        if connection is not None:
            connection.close()
        self.race = self.race.failed(address, reason, now=read_clocks())

    def _wait(self) -> SocketConnection | None:
        """Wait for an outcome, or until the next attempt is due."""
        moments = [at for at in (self.race.next_start, self._until) if at is not None]
        under_way = list(self._connections.items())
        sockets = [connection.socket for _, connection in under_way]
        for at in wait_for_any(sockets, min(moments, default=None)):
            address = under_way[at][0]
            code = sockets[at].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not code:
                return self._connections.pop(address)
            self._fail(address, os.strerror(code))
            return None  # a failure may start the next attempt at once
        if self._until is not None and time.monotonic() >= self._until:
            raise TimeoutError
        self.race = self.race.waited(now=read_clocks())
        return None

    def close(self) -> None:
        """Close all sockets except that of the first successful connection."""
        while self._connections:
            self._connections.popitem()[1].close()


# Winsock reports a connect in progress as WSAEWOULDBLOCK (10035).
_IN_PROGRESS: Final = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, 10035})


def _place(address: Address) -> tuple[str | int, ...]:
    if address.is_ipv6:
        return address.host, address.port, address.flow, address.scope
    return address.host, address.port


def _connect_through_socks(state: ConnectingThroughSocks) -> socket.socket:
    """Connect with python-socks in a daemon thread, with a timeout.

    Raises:
        TimeoutError: the timeout has passed.
        OSError: the connection failed.
    """
    # At least 1 ms, because `ask_socks_proxy` takes 0 as no timeout.
    left = None if state.until is None else max(state.until - time.monotonic(), 0.001)
    outcomes: list[socket.socket | Exception] = []
    ready = threading.Lock()
    ready.acquire()

    def work() -> None:
        try:
            outcomes.append(ask_socks_proxy(state, left))
        except Exception as error:  # noqa: BLE001 - raised in the waiting thread
            outcomes.append(error)
        ready.release()

    threading.Thread(target=work, name="genesys-cloud-socks", daemon=True).start()
    if not ready.acquire(timeout=-1 if left is None else min(left, threading.TIMEOUT_MAX)):
        raise TimeoutError
    outcome = outcomes.pop()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def ask_socks_proxy(state: ConnectingThroughSocks, timeout: float | None) -> socket.socket:
    """Connect through a SOCKS proxy; the timeout applies to each socket operation separately.

    Raises:
        TimeoutError: the timeout has passed.
        OSError: the connection failed.
    """
    from python_socks import ProxyError, ProxyTimeoutError, ProxyType  # noqa: PLC0415 - an extra
    from python_socks.sync import Proxy  # noqa: PLC0415

    proxy = state.proxy
    library = Proxy(
        ProxyType.SOCKS5,
        proxy.host,
        proxy.port,
        None if proxy.username is None else proxy.username.decode("utf-8", "replace"),
        proxy.password.decode("utf-8", "replace"),
        rdns=proxy.scheme == "socks5h",
    )
    try:
        sock = library.connect(state.host, state.port, timeout or _NO_TIMEOUT)
    except ProxyTimeoutError:
        raise TimeoutError from None
    except ProxyError as error:
        raise OSError(str(error)) from None
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


_NO_TIMEOUT: Final = 1e9
"""A timeout of about 32 years, in seconds, because python-socks requires a timeout."""
