"""The transport for threads: HTTP/1.1 over sockets of its own.

Invariants: one request, one response, and every failure is a
:class:`~genesys_core.http.messages.TransportFailure`. What is done next, and what a failure means, the
core decides (:mod:`genesys_core.transport.exchange`). An exception at any instruction, a signal's for
one, loses no place in the pool, holds no lock, and leaves no connection in the middle of a reply where
another call would find it. No lock is held during a read, write, connect or close.
"""

import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TypeAlias, cast

from genesys_cloud.process_id import process_id
from genesys_cloud.step_lock import StepLock
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.connection_settings import ConnectionSettings
from genesys_cloud.transports.network_options import NetworkOptions
from genesys_cloud.transports.reported_errors import report_error
from genesys_cloud.transports.socket_connection import SocketConnection
from genesys_cloud.transports.socket_dialer import open_connection
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError, InvalidValueError
from genesys_core.http.limits import ResponseLimits
from genesys_core.http.messages import Request, Response, Streamed, TransportFailure
from genesys_core.transport.dialer import DialFailed
from genesys_core.transport.exchange import Exchange, Step
from genesys_core.transport.owners import OwnedPools
from genesys_core.transport.pool import LOOK_AGAIN, Pool, PoolLimits, PoolStatistics

__all__ = ["SocketTransport"]

SocketExchange: TypeAlias = Exchange[SocketConnection]

# Before Python 3.12 an attribute of an enumeration costs as much as a small function.
_WAIT: Final = Step.WAIT
_CHECK: Final = Step.CHECK
_DIAL: Final = Step.DIAL
_WRITE: Final = Step.WRITE
_READ: Final = Step.READ
_BODY: Final = Step.BODY
_RESPOND: Final = Step.RESPOND

_NO_LIMIT: Final = ResponseLimits(body=None)


class SocketTransport:
    """Sends over sockets; safe to share between threads, and to use on after a fork.

    Args:
        network: how connections are made.
        limits: how many connections there may be, and how long they are kept.

    Raises:
        ConfigurationError: a proxy, CA or certificate that cannot be used.
    """

    def __init__(
        self, network: NetworkOptions | None = None, *, limits: PoolLimits | None = None
    ) -> None:
        self._settings = settings = ConnectionSettings(network, limits=limits)
        # Without a reference to itself: it goes, and closes its sockets, with the last to hold it.
        self._pools = OwnedPools(lambda: _LockedPool(settings.limits), _LockedPool.close)
        self._closed = False

    def __del__(self) -> None:
        with suppress(AttributeError):  # its settings could not be used
            self.close()

    def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response came back.
        """
        pool = self._pools.find(process_id())
        exchange = self._exchange(request)
        try:
            try:
                self._run(exchange, pool, None)
                return exchange.response
            finally:
                pool.release(exchange)
        finally:
            # Once more, if an exception came in the middle of the first time.
            if exchange.lease is not None or exchange.is_waiting:
                pool.release(exchange)

    @contextmanager
    def stream(
        self, request: Request, content: Iterable[bytes] | None = None
    ) -> Generator[Streamed[Iterator[bytes]]]:
        """Send one request; the response is read as its chunks are asked for.

        Args:
            request: what to send.
            content: the body, piece by piece, instead of ``request.body``. It is gone through once
                at most; what it raises is passed on as it is.

        Raises:
            TransportFailure: no response came back; the chunks raise it for one that breaks off.
        """
        pool = self._pools.find(process_id())
        exchange = self._exchange(request, uploads=content is not None, streams=True)
        try:
            self._run(exchange, pool, None if content is None else iter(content))
            response = exchange.response
            yield Streamed(response.status, response.headers, _chunks(exchange))
        finally:
            try:
                exchange.stop()
            finally:
                pool.release(exchange)

    def close(self) -> None:
        """Close the idle connections; those in use are closed when their calls end.

        Calls that come later, or wait for a connection, fail.
        """
        self._closed = True
        for pool in self._pools.pools(process_id()):
            pool.close()

    def statistics(self) -> PoolStatistics:
        """How many connections there are, and how many calls wait for one."""
        return self._pools.find(process_id()).statistics()

    def connections(self) -> int:
        """How many connections are open, idle ones included."""
        return self.statistics().open

    def _exchange(
        self, request: Request, *, uploads: bool = False, streams: bool = False
    ) -> SocketExchange:
        if self._closed:
            raise GenesysCloudError("the client is closed; nothing was sent")
        try:
            route = self._settings.router.route(request.url)
        except InvalidValueError as error:
            raise TransportFailure(str(error), kind="protocol", sent=False) from None
        if not streams:
            return Exchange(request, route)
        return Exchange(request, route, limits=_NO_LIMIT, uploads=uploads, streams=True)

    def _run(
        self, exchange: SocketExchange, pool: "_LockedPool", content: Iterator[bytes] | None
    ) -> None:
        """Make the steps of an exchange until the response is there."""
        now = read_clocks()
        pool.acquire(exchange, now)
        step = exchange.begin(now=now)
        while step is not _RESPOND:
            if step is _BODY:
                # What the caller's own iterator raises is the caller's.
                chunk = None if content is None else next(content, None)
                step = exchange.body(chunk, now=read_clocks())
                continue
            try:
                step = self._advance(step, exchange, pool)
            except OSError as error:
                step = report_error(error, exchange)
        self._keep_session(_connection_of(exchange))

    def _advance(  # noqa: PLR0911 - one for each step
        self, step: Step, exchange: SocketExchange, pool: "_LockedPool"
    ) -> Step:
        if step is _WAIT:
            pool.wait(exchange)
            return exchange.begin(now=read_clocks())
        if step is _DIAL:
            return self._dial(exchange)
        connection = _connection_of(exchange)
        if step is _READ:
            data = connection.read(exchange.until)
            return exchange.received(data, now=read_clocks())
        if step is _WRITE:
            # As a view: some tracebacks show variables, and these bytes hold a token.
            count = connection.write(memoryview(exchange.data), exchange.until)
            if count:
                return exchange.written(count, now=read_clocks())
            early = connection.read_now()
            return step if early is None else exchange.received(early, now=read_clocks())
        if step is _CHECK:
            return exchange.checked(connection.is_readable(), now=read_clocks())
        connection.close()  # Step.CLOSE
        return exchange.closed(now=read_clocks())

    def _dial(self, exchange: SocketExchange) -> Step:
        outcome = open_connection(exchange.dial(now=read_clocks()), self._settings)
        if isinstance(outcome, DialFailed):
            raise exchange.dial_failed(outcome.failure)
        return exchange.dialed(outcome, now=read_clocks())

    def _keep_session(self, connection: SocketConnection) -> None:
        key = connection.session_key
        if key is not None:
            connection.session_key = None
            self._settings.tls_sessions.keep(key, connection.session)


def _connection_of(exchange: SocketExchange) -> SocketConnection:
    lease = exchange.lease
    if lease is None or lease.connection is None:
        raise GenesysCloudError("the response was left: its connection belongs to others now")
    return lease.connection


def _chunks(exchange: SocketExchange) -> Iterator[bytes]:
    """The body of a response, read as it is asked for."""
    while True:
        connection = _connection_of(exchange)
        chunk = exchange.read_body(now=read_clocks())
        if chunk is not None:
            if not chunk:
                return
            yield chunk
            continue
        try:
            exchange.received(connection.read(exchange.until), now=read_clocks())
        except OSError as error:
            report_error(error, exchange)


class _LockedPool:
    """A pool, and the lock for its steps."""

    def __init__(self, limits: PoolLimits) -> None:
        self._pool: Pool[SocketConnection] = Pool(limits)
        self._lock = StepLock()

    def acquire(self, exchange: SocketExchange, now: Now) -> None:
        """Ask for a connection."""
        self._lock.run(self._pool.acquire, exchange, exchange.route, now=now)
        self._settle()

    def release(self, exchange: SocketExchange) -> None:
        """Give back what the exchange holds: its connection, or its place in the queue."""
        self._lock.run(self._pool.release, exchange, now=read_clocks())
        self._settle()

    def wait(self, exchange: SocketExchange) -> None:
        """Wait for a connection, or until it is time to look again."""
        waker = threading.Lock()
        waker.acquire()
        exchange.waker = waker
        if exchange.is_waiting:  # still, now that it can be woken
            left = LOOK_AGAIN if exchange.until is None else exchange.until - time.monotonic()
            waker.acquire(timeout=min(max(left, 0), LOOK_AGAIN))
        self._lock.run(self._pool.serve, now=read_clocks())
        self._settle()

    def statistics(self) -> PoolStatistics:
        """What the pool holds."""
        self._lock.run(self._pool.expire, now=read_clocks())
        self._settle()
        return self._lock.run(self._pool.statistics)

    def close(self) -> None:
        """Close the pool.

        In a process that was forked off the one that opened its connections, this closes descriptors
        and says nothing on the wire: the connections go on as long as their own process has them open.
        """
        self._lock.run(self._pool.close)
        self._settle()

    def _settle(self) -> None:
        """Close and wake, as the pool wants it, without the lock."""
        pool = self._pool
        if pool.closing:
            while (lease := pool.next_closing()) is not None:
                if lease.connection is not None:
                    lease.connection.close()
        if pool.waking:
            while (claim := pool.next_waking()) is not None:
                if claim.waker is not None:
                    with suppress(RuntimeError):  # woken already
                        cast(threading.Lock, claim.waker).release()
