"""The default transport of :class:`~genesys_cloud.Client`: HTTP/1.1 over blocking sockets.

Invariants: the core (:mod:`genesys_core.transport.exchange`) makes every decision, and every
failure is a :class:`~genesys_core.http.messages.TransportFailure`. An exception at any instruction,
such as one from a signal handler, loses no pool slot, leaves no lock held, and never leaves
a connection with an incomplete response in the pool. No lock is held during a read, write, connect
or close.
"""

import threading
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import get_ident
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

# Before Python 3.12, accessing an enum member takes as long as calling a small function.
_WAIT: Final = Step.WAIT
_CHECK: Final = Step.CHECK
_DIAL: Final = Step.DIAL
_WRITE: Final = Step.WRITE
_READ: Final = Step.READ
_BODY: Final = Step.BODY
_RESPOND: Final = Step.RESPOND

_CONNECTED: Final = (_CHECK, _WRITE, _READ)
"""The steps of an exchange that use an open connection."""

_NO_LIMIT: Final = ResponseLimits(body=None)


class SocketTransport:
    """A transport for HTTP/1.1 over sockets. Thread-safe, and usable after a fork.

    Args:
        network: the connection options.
        limits: the maximum number and keep-alive time of connections.

    Raises:
        ConfigurationError: a proxy, CA or certificate is unusable.
    """

    def __init__(
        self, network: NetworkOptions | None = None, *, limits: PoolLimits | None = None
    ) -> None:
        self._settings = settings = ConnectionSettings(network, limits=limits)
        # The lambda does not reference `self`: without a cycle, sockets are closed as soon as the
        # transport is unreferenced.
        self._pools = OwnedPools(lambda: _LockedPool(settings.limits), _LockedPool.close)
        self._closed = False

    def __del__(self) -> None:
        with suppress(AttributeError):  # the constructor failed
            self.close()

    def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response was received.
        """
        # Each process has its own pool: a forked child must not write to its parent's connections.
        pool = self._pools.find(process_id())
        exchange = self._exchange(request)
        try:
            try:
                pool.release(exchange, self._run(exchange, pool, None))
                return exchange.response
            finally:
                if exchange.lease is not None or exchange.is_waiting:
                    pool.release(exchange, read_clocks())
        finally:
            # Release again, in case an exception interrupted the first attempt.
            if exchange.lease is not None or exchange.is_waiting:
                pool.release(exchange, read_clocks())

    @contextmanager
    def stream(
        self, request: Request, content: Iterable[bytes] | None = None
    ) -> Generator[Streamed[Iterator[bytes]]]:
        """Send one request and stream the response's body.

        Args:
            request: the request to send.
            content: the request body in chunks, instead of ``request.body``. The iterable is
                iterated at most once, and its exceptions propagate unchanged.

        Raises:
            TransportFailure: no response was received. If the response body is incomplete,
                iterating over its chunks raises this exception.
        """
        pool = self._pools.find(process_id())
        exchange = self._exchange(request, uploads=content is not None, streams=True)
        try:
            self._run(exchange, pool, None if content is None else iter(content))
            response = exchange.response
            yield Streamed(response.status, response.headers, _chunks(exchange), response.resent)
        finally:
            try:
                # Stop first: then the pool can determine whether the connection can be reused.
                exchange.stop()
            finally:
                pool.release(exchange, read_clocks())

    def close(self) -> None:
        """Close idle connections at once, and connections in use when their calls end. Idempotent."""
        self._closed = True
        for pool in self._pools.pools(process_id()):
            pool.close()

    def statistics(self) -> PoolStatistics:
        """Return statistics of the connections that belong to this process."""
        return self._pools.find(process_id()).statistics()

    def connections(self) -> int:
        """Return the number of open connections, including idle connections."""
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
    ) -> Now:
        """Perform the steps of an exchange until there is a response, and return the current time."""
        now = read_clocks()
        pool.acquire(exchange, now)
        step = exchange.begin(now=now)
        while step is not _RESPOND:
            if step is _BODY:
                # Exceptions of the caller's iterator propagate unchanged.
                chunk = None if content is None else next(content, None)
                now = read_clocks()
                step = exchange.body(chunk, now=now)
                continue
            try:
                # Ordered so that a typical call needs a single pass, and inlined, because a method
                # call per step is measurable. The clocks are read after operations that may wait.
                if step in _CONNECTED:
                    connection = _connection_of(exchange)
                    if step is _CHECK:
                        step = exchange.checked(connection.is_readable(), now=now)
                    if step is _WRITE:
                        # A view: some tracebacks show variables, and these bytes contain a token.
                        count = connection.write_now(memoryview(exchange.data))
                        if count:
                            step = exchange.written(count, now=now)
                        else:
                            step = _write_later(exchange)
                            now = read_clocks()
                    if step is _READ:
                        data = connection.read(exchange.until)
                        now = read_clocks()
                        step = exchange.received(data, now=now)
                else:
                    step = self._connect(step, exchange, pool)
                    now = read_clocks()
            except OSError as error:
                step = report_error(error, exchange)
                now = read_clocks()
        connection = _connection_of(exchange)
        # Not earlier: with TLS 1.3, session tickets arrive after the handshake (RFC 8446, 4.6.1).
        if connection.session_key is not None:
            self._keep_session(connection)
        return now

    def _connect(self, step: Step, exchange: SocketExchange, pool: "_LockedPool") -> Step:
        """Perform a step of an exchange that has no usable connection yet; return the next step."""
        if step is _DIAL:
            return self._dial(exchange)
        if step is _WAIT:
            pool.wait(exchange)
            return exchange.begin(now=read_clocks())
        _connection_of(exchange).close()
        return exchange.closed(now=read_clocks())

    def _dial(self, exchange: SocketExchange) -> Step:
        outcome = open_connection(exchange.dial(now=read_clocks()), self._settings)
        if isinstance(outcome, DialFailed):
            raise exchange.dial_failed(outcome.failure)
        if exchange.competes:
            outcome.keep_gil()
        return exchange.dialed(outcome, now=read_clocks())

    def _keep_session(self, connection: SocketConnection) -> None:
        key, connection.session_key = connection.session_key, None
        self._settings.tls_sessions.keep(key, connection.session)


def _connection_of(exchange: SocketExchange) -> SocketConnection:
    lease = exchange.lease
    if lease is None or lease.connection is None:
        raise GenesysCloudError("the response was closed, and its connection released")
    return lease.connection


def _write_later(exchange: SocketExchange) -> Step:
    """Write some of an exchange's data as soon as possible, or process input that arrives earlier.

    Returns:
        The next step of the exchange.
    """
    connection = _connection_of(exchange)
    count = connection.write(memoryview(exchange.data), exchange.until)
    if count:
        return exchange.written(count, now=read_clocks())
    early = connection.read_now()
    return _WRITE if early is None else exchange.received(early, now=read_clocks())


def _chunks(exchange: SocketExchange) -> Iterator[bytes]:
    """Yield the body of a response as it is received."""
    while True:
        # Checked before each chunk: the caller may keep the iterator after the response is closed.
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
    """A connection pool whose steps run under a lock, so that threads can share the pool."""

    def __init__(self, limits: PoolLimits) -> None:
        self._pool: Pool[SocketConnection] = Pool(limits)
        self._lock = StepLock()
        # Exchanges to release after the current step, because they were garbage-collected during it.
        self._late: deque[SocketExchange] = deque()

    def acquire(self, exchange: SocketExchange, now: Now) -> None:
        """Request a connection from the pool for an exchange."""
        pool = self._pool
        self._lock.run(pool.acquire, exchange, exchange.route, now=now)
        if pool.closing or pool.waking or self._late:
            self._settle()

    def release(self, exchange: SocketExchange, now: Now) -> None:
        """Release an exchange's connection, or its place in the queue."""
        pool = self._pool
        if self._lock.owner == get_ident():
            self._late.append(exchange)
            return
        self._lock.run(pool.release, exchange, now=now)
        if pool.closing or pool.waking or self._late:
            self._settle()

    def wait(self, exchange: SocketExchange) -> None:
        """Wait until the pool has a connection for the exchange; may return early, so check again."""
        waker = threading.Lock()
        waker.acquire()
        exchange.waker = waker
        if exchange.is_waiting:  # checked again, now that the exchange has a waker
            left = LOOK_AGAIN if exchange.until is None else exchange.until - time.monotonic()
            waker.acquire(timeout=min(max(left, 0), LOOK_AGAIN))
        # In case the wake-up was lost, or a lease was dropped without a release.
        self._lock.run(self._pool.serve, now=read_clocks())
        self._settle()

    def statistics(self) -> PoolStatistics:
        """Return statistics of the pool's connections."""
        self._lock.run(self._pool.expire, now=read_clocks())
        self._settle()
        found = self._lock.run(self._pool.statistics)
        self._settle()
        return found

    def close(self) -> None:
        """Close the pool and its idle connections.

        In a child process, this only closes the file descriptors of connections that the parent
        opened: the parent can still use the connections.
        """
        self._lock.run(self._pool.close)
        self._settle()

    def _settle(self) -> None:
        """Perform late releases, then close connections and wake claims as the pool requires.

        The lock is not held while connections are closed and claims are woken.
        """
        pool = self._pool
        while self._late:
            try:
                exchange = self._late.popleft()
            except IndexError:  # another thread has removed the last exchange
                break
            self._lock.run(pool.release, exchange, now=read_clocks())
        while (lease := pool.next_closing()) is not None:
            if lease.connection is not None:
                lease.connection.close()
        while (claim := pool.next_waking()) is not None:
            if claim.waker is not None:
                with suppress(RuntimeError):  # already woken
                    cast(threading.Lock, claim.waker).release()
