"""The default transport of :class:`~genesys_cloud.AsyncClient`: HTTP/1.1 over sockets, on asyncio and trio.

Invariants: the core (:mod:`genesys_core.transport`) makes every decision; this module performs the
steps. Connections belong to the process and event loop that opened them, so one transport works in
any number of event loops, consecutively or concurrently.
"""

import time
import weakref
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from threading import get_ident
from typing import Final, ParamSpec, TypeAlias, cast

from genesys_cloud.process_id import process_id
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.async_connection import (
    AsyncConnection,
    Connector,
)
from genesys_cloud.transports.async_dialer import open_connection, running_connector
from genesys_cloud.transports.connection_settings import ConnectionSettings
from genesys_cloud.transports.network_options import NetworkOptions
from genesys_cloud.transports.reported_errors import report_error
from genesys_cloud.transports.running_loop import has_ended, running_loop
from genesys_core.errors import GenesysCloudError, InvalidValueError
from genesys_core.http.limits import ResponseLimits
from genesys_core.http.messages import Request, Response, Streamed, TransportFailure
from genesys_core.transport.exchange import Exchange, Step
from genesys_core.transport.owners import OwnedPools
from genesys_core.transport.pool import Lease, Pool, PoolLimits, PoolStatistics
from genesys_core.transport.routes import Route

__all__ = ["AsyncSocketTransport"]

P = ParamSpec("P")

AnyExchange: TypeAlias = Exchange[AsyncConnection]

_NO_LIMIT: Final = ResponseLimits(body=None)

# Before Python 3.12, accessing an enum member takes as long as calling a small function.
_BODY: Final = Step.BODY
_CHECK: Final = Step.CHECK
_READ: Final = Step.READ
_RESPOND: Final = Step.RESPOND
_WRITE: Final = Step.WRITE

_CONNECTED: Final = (_CHECK, _WRITE, _READ)
"""The steps of an exchange that use an open connection."""

_LATER: Final = 0.001
"""Seconds that a timer waits beyond a connection's expiry, because clocks may be coarse."""


class AsyncSocketTransport:
    """A transport for HTTP/1.1 over sockets, on asyncio and trio.

    Args:
        network: the connection options.
        limits: the maximum number and keep-alive time of connections.

    Raises:
        ConfigurationError: a proxy, CA or certificate is unusable.
    """

    def __init__(
        self,
        network: NetworkOptions | None = None,
        *,
        limits: PoolLimits | None = None,
    ) -> None:
        self._settings = ConnectionSettings(network, limits=limits)
        self._pools = OwnedPools(partial(_new_pool, self._settings.limits), _OwnPool.drop)
        self._is_closed = False
        # An event loop references the sockets that it watches, so sockets are not closed
        # automatically when the transport is unreferenced.
        weakref.finalize(self, _close_forgotten, self._pools).atexit = False

    async def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response was received.
        """
        pool = self._own_pool()
        exchange: AnyExchange = Exchange(request, self._route(request))
        try:
            await self._respond(pool, exchange, None)
            return exchange.response
        finally:
            pool.release(exchange, self._settings)

    @asynccontextmanager
    async def stream(
        self, request: Request, content: AsyncIterable[bytes] | None = None
    ) -> AsyncGenerator[Streamed[AsyncIterator[bytes]]]:
        """Send one request and stream the response's body.

        Raises:
            TransportFailure: no response was received. If the response body is incomplete,
                iterating over its chunks raises this exception.
        """
        pool = self._own_pool()
        exchange: AnyExchange = Exchange(
            request,
            self._route(request),
            limits=_NO_LIMIT,
            uploads=content is not None,
            streams=True,
        )
        try:
            await self._respond(pool, exchange, None if content is None else aiter(content))
            response = exchange.response
            async with aclosing(_chunks(exchange)) as chunks:
                yield Streamed(response.status, response.headers, chunks, response.resent)
        finally:
            # Stop first: then the pool can determine whether the connection can be reused.
            exchange.stop()
            pool.release(exchange, self._settings)

    async def close(self) -> None:
        """Close idle connections at once, and connections in use when their calls end. Idempotent."""
        self._is_closed = True
        for pool in self._pools.pools(process_id()):
            pool.close()

    def connections(self) -> int:
        """Return the number of open connections, including idle connections."""
        return self.statistics().open

    def statistics(self) -> PoolStatistics:
        """Return statistics of this process's connections, summed over all event loops."""
        every = [pool.connections.statistics() for pool in self._pools.pools(process_id())]
        return PoolStatistics(
            sum(one.open for one in every),
            sum(one.idle for one in every),
            sum(one.waiting for one in every),
        )

    def _route(self, request: Request) -> Route:
        try:
            return self._settings.router.route(request.url)
        except InvalidValueError as error:
            raise TransportFailure(str(error), kind="protocol", sent=False) from None

    def _own_pool(self) -> "_OwnPool":
        if self._is_closed:
            raise GenesysCloudError("the client is closed; nothing was sent")
        return self._pools.find(process_id(), running_loop(), has_ended=has_ended)

    async def _respond(
        self, pool: "_OwnPool", exchange: AnyExchange, content: AsyncIterator[bytes] | None
    ) -> None:
        """Perform the steps of an exchange until there is a response."""
        now = read_clocks()
        pool.thread = get_ident()
        try:
            pool.is_stepping = True
            pool.connections.acquire(exchange, exchange.route, now=now)
        finally:
            pool.is_stepping = False
        step = exchange.begin(now=now)
        while step is not _RESPOND:
            if step is _BODY:
                # Exceptions of the caller's iterator propagate unchanged.
                chunk = await anext(cast(AsyncIterator[bytes], content), None)
                step = exchange.body(chunk, now=read_clocks())
                continue
            try:
                # Ordered so that a typical call needs a single pass, and inlined, because a
                # coroutine per step is measurable.
                if step in _CONNECTED:
                    connection = _connection_of(exchange)
                    if step is _CHECK:
                        readable = await connection.has_input()
                        step = exchange.checked(readable, now=read_clocks())
                    if step is _WRITE:
                        step = await connection.send(exchange)
                    if step is _READ:
                        step = await connection.receive(exchange)
                elif step is Step.WAIT:
                    await pool.wait(exchange)
                    step = exchange.begin(now=read_clocks())
                elif step is Step.DIAL:
                    connection = await self._dial(pool, exchange)
                    step = exchange.dialed(connection, now=read_clocks())
                else:
                    _connection_of(exchange).close()
                    step = exchange.closed(now=read_clocks())
            except OSError as error:
                step = report_error(error, exchange)

    async def _dial(self, pool: "_OwnPool", exchange: AnyExchange) -> AsyncConnection:
        state = exchange.dial(now=read_clocks())
        try:
            connection = await open_connection(state, pool.connector, self._settings)
        except TransportFailure as failure:
            raise exchange.dial_failed(failure) from None
        pool.watch(connection, cast("Lease[AsyncConnection]", exchange.lease))
        return connection


def _new_pool(limits: PoolLimits) -> "_OwnPool":
    return _OwnPool(Pool(limits), running_connector())


def _expire(reference: "weakref.ref[_OwnPool]") -> None:
    # A weak reference, so that the timer does not keep an unused pool alive.
    pool = reference()
    if pool is not None:
        pool.expire()


def _close_forgotten(pools: "OwnedPools[_OwnPool]") -> None:
    for pool in pools.pools(process_id()):
        pool.close_from_anywhere()


class _OwnPool:
    """The connection pool of one process and event loop.

    A call that is garbage-collected may be finalized in any thread, even during a step of the pool.
    Therefore the connection of such a call is released in a callback of the event loop.

    Attributes:
        connections: the state of the pool, from the core.
        connector: the operations of the pool's event loop.
        is_stepping: whether a step of the pool is in progress.
        thread: the id of the thread in which the event loop ran when the last call began.
    """

    def __init__(self, connections: Pool[AsyncConnection], connector: Connector) -> None:
        self.connections = connections
        self.connector = connector
        self.is_stepping = False
        self.thread = get_ident()
        self._late: deque[AnyExchange] = deque()
        self._cancel_look: Callable[[], object] | None = None

    async def wait(self, exchange: AnyExchange) -> None:
        """Wait until the pool has a connection for the exchange, or until the exchange's timeout."""
        if exchange.waker is None:
            exchange.waker = self.connector.new_waker()
        await self.connector.wait(exchange.waker, exchange.until)

    def release(self, exchange: AnyExchange, settings: ConnectionSettings) -> None:
        """Release an exchange's connection and perform the resulting actions."""
        if self.is_stepping or self.thread != get_ident():
            self._late.append(exchange)
            with suppress(RuntimeError):  # the event loop has ended; see `drop`
                self.connector.call_soon(self._settle)
            return
        lease = exchange.lease
        connection = None if lease is None else lease.connection
        # Not earlier: with TLS 1.3, session tickets arrive after the handshake (RFC 8446, 4.6.1).
        if connection is not None and connection.tls.layers:
            connection.tls.keep_sessions(settings.tls_sessions)
        try:
            self.is_stepping = True
            self.connections.release(exchange, now=read_clocks())
        finally:
            self.is_stepping = False
        self._settle()
        if self._cancel_look is None:
            self._look_later()

    def _look_later(self) -> None:
        """Schedule a check for the time at which the next idle connection expires."""
        self._cancel_look = None
        at = self.connections.next_expiry
        if at is None:
            return
        seconds = max(at - time.monotonic(), 0) + _LATER
        expire = partial(_expire, weakref.ref(self))
        with suppress(RuntimeError):  # a call is finalized after its event loop has ended
            self._cancel_look = self.connector.call_later(seconds, expire)

    def expire(self) -> None:
        """Close connections whose keep-alive time has expired."""
        self._step(self.connections.expire, now=read_clocks())
        self._settle()
        self._look_later()

    def watch(self, connection: AsyncConnection, lease: Lease[AsyncConnection]) -> None:
        """Arrange for a connection to be removed from the pool when the peer closes it."""
        # A weak reference, because an unreferenced lease is a free slot.
        reference = weakref.ref(lease)

        def ended() -> None:
            lease = reference()
            if lease is not None:
                self._step(self.connections.discard, lease)
                self._settle()

        connection.on_end = ended

    def close(self) -> None:
        """Close the pool, in the event loop that its connections belong to."""
        if not self.connector.has_ended and self.connector.loop is running_loop():
            self._close_now()
        else:
            self.close_from_anywhere()

    def close_from_anywhere(self) -> None:
        """Close the pool; callable in any thread, with or without a running event loop."""
        if self.connector.has_ended:
            self.drop()
        else:
            self.connector.call_soon(self._close_now)

    def drop(self) -> None:
        """Drop all connections: close their sockets, without using their event loop."""
        self._step(self.connections.close)
        if self._late:
            self._release_late()
        while (lease := self.connections.next_closing()) is not None:
            if lease.connection is not None:
                lease.connection.drop()

    def _close_now(self) -> None:
        self._step(self.connections.close)
        self._settle()
        if self._cancel_look is not None:
            self._cancel_look()
            self._cancel_look = None

    def _step(self, step: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            self.is_stepping = True
            step(*args, **kwargs)
        finally:
            self.is_stepping = False

    def _release_late(self) -> None:
        while self._late:
            self._step(self.connections.release, self._late.popleft(), now=read_clocks())
        if self._cancel_look is None:
            self._look_later()

    def _settle(self) -> None:
        """Perform late releases, then close connections and wake claims as the pool requires."""
        if self._late:
            self._release_late()
        pool = self.connections
        while (lease := pool.next_closing()) is not None:
            if lease.connection is not None:
                lease.connection.close()
        while (claim := pool.next_waking()) is not None:
            if claim.waker is not None:
                self.connector.wake(claim.waker)


async def _chunks(exchange: AnyExchange) -> AsyncGenerator[bytes]:
    while True:
        chunk = exchange.read_body(now=read_clocks())
        if chunk:
            yield chunk
        elif chunk is None:
            await _read_more(exchange)
        else:
            return


async def _read_more(exchange: AnyExchange) -> None:
    try:
        data = await _connection_of(exchange).read(exchange.until)
    except OSError as error:
        report_error(error, exchange)
    else:
        exchange.received(data, now=read_clocks())


def _connection_of(exchange: AnyExchange) -> AsyncConnection:
    lease = exchange.lease
    if lease is None or lease.connection is None:
        raise GenesysCloudError("the response was closed, and its connection released")
    return lease.connection
