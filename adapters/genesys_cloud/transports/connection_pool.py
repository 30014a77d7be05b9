"""Pools of connections under httpx's transports, whose work does not grow with their connections.

Law: a request takes the connection that was idle last, or a new one, and gives it back when its
reply is read or abandoned. No more connections than the limit are open at a time.

httpcore's own pool looks at every connection for every request, twice, down to its socket: with 32
tasks that costs more than all else. Its connections are used as they are, proxies and TLS included.
"""

import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any, Final, Generic, TypeVar, cast

import anyio
import httpcore
import httpx

__all__ = ["AsyncPool", "ConnectionTable", "Pool", "replace_pools"]

C = TypeVar("C", httpcore.ConnectionInterface, httpcore.AsyncConnectionInterface)

IDLE_SECONDS: Final = 5.0
"""How long an idle connection is kept, as long as httpx keeps it."""


def replace_pools(client: httpx.Client | httpx.AsyncClient, limit: int) -> None:
    """Put pools of this module under the transports of a client.

    httpx has no public way to its connection pools. Where they are not found they stay.
    """
    name = "_pool"
    mounts: dict[object, object] = getattr(client, "_mounts", {})
    for transport in (getattr(client, "_transport", None), *mounts.values()):
        pool = getattr(transport, name, None)
        if isinstance(pool, httpcore.ConnectionPool):
            setattr(transport, name, Pool(pool, limit))
        elif isinstance(pool, httpcore.AsyncConnectionPool):
            setattr(transport, name, AsyncPool(pool, limit))


class ConnectionTable(Generic[C]):
    """Which connections there are, and which of them are idle. Neither locks nor closes.

    Args:
        limit: how many there may be.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._all: dict[C, None] = {}
        self._idle: list[tuple[float, C]] = []  # the longest idle first

    @property
    def connections(self) -> list[C]:
        """All of them."""
        return list(self._all)

    def take(self, origin: httpcore.Origin) -> tuple[C | None, list[C]]:
        """The connection to an origin that was idle last, and those found of no more use."""
        spent: list[C] = []
        for index in reversed(range(len(self._idle))):
            _, connection = self._idle[index]
            if connection.can_handle_request(origin):
                del self._idle[index]
                if not connection.has_expired():
                    return connection, spent
                spent.append(self._drop(connection))
        return None, spent

    def add(self, connection: C) -> list[C]:
        """Note a new connection, which is in use; returns those that have to make way for it."""
        self._all[connection] = None
        over = max(len(self._all) - self._limit, 0)
        return [self._drop(connection) for _, connection in self._cut(over)]

    def give(self, connection: C, now: float) -> list[C]:
        """Take one back, idle or of no more use; returns those that are to be closed."""
        closing: list[C] = []
        if connection not in self._all:
            return closing  # closed with the pool
        # One that never connected says that it is idle, and closed as well.
        if connection.is_idle() and not connection.is_closed():
            self._idle.append((now, connection))
        else:
            closing.append(self._drop(connection))
        old = 0
        while old < len(self._idle) and now - self._idle[old][0] > IDLE_SECONDS:
            old += 1
        return closing + [self._drop(connection) for _, connection in self._cut(old)]

    def clear(self) -> list[C]:
        """Forget all; returns them."""
        every = self.connections
        self._all.clear()
        self._idle.clear()
        return every

    def _cut(self, count: int) -> list[tuple[float, C]]:
        cut = self._idle[:count]
        del self._idle[:count]
        return cut

    def _drop(self, connection: C) -> C:
        del self._all[connection]
        return connection


class Pool:
    """Stands in for :class:`httpcore.ConnectionPool`; safe to share between threads.

    Args:
        inner: makes the connections.
        limit: how many may be open at a time, idle ones included.
    """

    def __init__(self, inner: httpcore.ConnectionPool, limit: int) -> None:
        self._inner = inner
        self._table = ConnectionTable[httpcore.ConnectionInterface](limit)
        self._lock = threading.Lock()
        self._turns = threading.Semaphore(limit)

    @property
    def connections(self) -> list[httpcore.ConnectionInterface]:
        """All connections, idle ones included."""
        with self._lock:
            return self._table.connections

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request; its connection comes back when the reply's stream is closed.

        Raises:
            httpcore.PoolTimeout: no connection became free in time.
            httpcore.UnsupportedProtocol: the URL is not HTTP's.
        """
        _require_http(request)
        if not self._turns.acquire(timeout=_pool_timeout(request)):
            raise httpcore.PoolTimeout
        connection: httpcore.ConnectionInterface | None = None
        try:
            connection, closing = self._take(request.url.origin)
            _close(closing)
            response = connection.handle_request(request)
        except BaseException:
            self.give(connection)
            raise
        body = _Body(cast(Iterable[bytes], response.stream), connection, self)
        return _with_body(response, body)

    def _take(
        self, origin: httpcore.Origin
    ) -> tuple[httpcore.ConnectionInterface, list[httpcore.ConnectionInterface]]:
        with self._lock:
            connection, closing = self._table.take(origin)
            if connection is None:
                connection = self._inner.create_connection(origin)
                closing += self._table.add(connection)
        return connection, closing

    def give(self, connection: httpcore.ConnectionInterface | None) -> None:
        """Take a connection back, and let the next request have its turn."""
        closing: list[httpcore.ConnectionInterface] = []
        if connection is not None:
            with self._lock:
                closing = self._table.give(connection, time.monotonic())
        self._turns.release()
        _close(closing)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            closing = self._table.clear()
        _close(closing)


def _close(connections: list[httpcore.ConnectionInterface]) -> None:
    for connection in connections:
        connection.close()


class _Body:
    """A reply's bytes; closing it gives the connection back."""

    def __init__(
        self, stream: Iterable[bytes], connection: httpcore.ConnectionInterface, pool: Pool
    ) -> None:
        self._stream = stream
        self._connection = connection
        self._pool = pool
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            try:
                cast(Any, self._stream).close()
            finally:
                self._pool.give(self._connection)


class AsyncPool:
    """Stands in for :class:`httpcore.AsyncConnectionPool`."""

    def __init__(self, inner: httpcore.AsyncConnectionPool, limit: int) -> None:
        self._inner = inner
        self._table = ConnectionTable[httpcore.AsyncConnectionInterface](limit)
        self._limit = limit
        self._semaphore: anyio.Semaphore | None = None

    @property
    def connections(self) -> list[httpcore.AsyncConnectionInterface]:
        """All connections, idle ones included."""
        return self._table.connections

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """As :meth:`Pool.handle_request`."""
        _require_http(request)
        await self._take_turn(request)
        connection: httpcore.AsyncConnectionInterface | None = None
        try:
            connection, closing = self._take(request.url.origin)
            await _aclose(closing)
            response = await connection.handle_async_request(request)
        except BaseException:
            await self.give(connection)
            raise
        body = _AsyncBody(cast(AsyncIterable[bytes], response.stream), connection, self)
        return _with_body(response, body)

    @property
    def _turns(self) -> anyio.Semaphore:
        # Made where a loop is running: it belongs to that.
        if self._semaphore is None:
            self._semaphore = anyio.Semaphore(self._limit, fast_acquire=True)
        return self._semaphore

    async def _take_turn(self, request: httpcore.Request) -> None:
        try:
            self._turns.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(_pool_timeout(request)):
                await self._turns.acquire()
                return
            raise httpcore.PoolTimeout from None

    def _take(
        self, origin: httpcore.Origin
    ) -> tuple[httpcore.AsyncConnectionInterface, list[httpcore.AsyncConnectionInterface]]:
        connection, closing = self._table.take(origin)
        if connection is None:
            connection = self._inner.create_connection(origin)
            closing += self._table.add(connection)
        return connection, closing

    async def give(self, connection: httpcore.AsyncConnectionInterface | None) -> None:
        """As :meth:`Pool.give`."""
        closing: list[httpcore.AsyncConnectionInterface] = []
        if connection is not None:
            closing = self._table.give(connection, time.monotonic())
        self._turns.release()
        await _aclose(closing)

    async def aclose(self) -> None:
        """Close all connections."""
        await _aclose(self._table.clear())


async def _aclose(connections: list[httpcore.AsyncConnectionInterface]) -> None:
    if connections:
        with anyio.CancelScope(shield=True):
            for connection in connections:
                await connection.aclose()


class _AsyncBody:
    """As :class:`_Body`."""

    def __init__(
        self,
        stream: AsyncIterable[bytes],
        connection: httpcore.AsyncConnectionInterface,
        pool: AsyncPool,
    ) -> None:
        self._stream = stream
        self._connection = connection
        self._pool = pool
        self._closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            try:
                await cast(Any, self._stream).aclose()
            finally:
                await self._pool.give(self._connection)


def _require_http(request: httpcore.Request) -> None:
    if request.url.scheme not in {b"http", b"https"}:
        raise httpcore.UnsupportedProtocol("the URL is neither http:// nor https://")


def _pool_timeout(request: httpcore.Request) -> float | None:
    timeouts: dict[str, float | None] = _extensions(request).get("timeout", {})
    return timeouts.get("pool")


def _extensions(message: httpcore.Request | httpcore.Response) -> dict[str, Any]:
    return cast(dict[str, Any], cast(Any, message).extensions)


def _with_body(response: httpcore.Response, body: object) -> httpcore.Response:
    return httpcore.Response(
        response.status,
        headers=response.headers,
        content=cast(Any, body),
        extensions=_extensions(response),
    )
