"""Connections on asyncio: a protocol per connection, and a future but no task per call.

Invariants: received data is passed to the waiting exchange inside the event loop's read callback,
and the task of the call wakes up once, when the response is complete. A connection has at most one
timer, which is rescheduled instead of recreated.
"""

import asyncio
import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar, cast

from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.async_connection import (
    ReadProbe,
    new_socket,
    socket_address,
)
from genesys_cloud.transports.reported_errors import system_words
from genesys_cloud.transports.resolver import look_up
from genesys_cloud.transports.socket_dialer import ask_socks_proxy
from genesys_cloud.transports.tls_stack import TlsStack
from genesys_core.clock import Now
from genesys_core.transport.dialer import ConnectingThroughSocks, OpeningSockets, ResolvingHost
from genesys_core.transport.exchange import Exchange, Step
from genesys_core.transport.happy_eyeballs import Address, Race

__all__ = ["AsyncioConnection", "AsyncioConnector"]

T = TypeVar("T")

# Before Python 3.12, accessing an enum member takes as long as calling a small function.
_READ: Final = Step.READ
_RESPOND: Final = Step.RESPOND
_WRITE: Final = Step.WRITE

_PIECE: Final = 1 << 18
"""Maximum number of bytes passed to the event loop in one write."""

_MOST_BUFFERED: Final = 1 << 18
"""Maximum number of received bytes that are buffered before reading is paused."""


class AsyncioConnection(asyncio.Protocol):
    """A network connection on asyncio.

    Args:
        sock: a connected socket; the connection takes ownership of it.
    """

    _transport: asyncio.Transport

    def __init__(self, sock: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        # asyncio detects input only in its next iteration; the probe queries the system at once.
        self._probe = ReadProbe(sock)
        self._tls = TlsStack()
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._reading = True
        self._writable = True
        self._ended = False
        self._error: OSError | None = None
        self._exchange: Exchange[AsyncioConnection] | _EarlyRead | None = None
        self._waiter: asyncio.Future[Step | None] | None = None
        self._writers: list[asyncio.Future[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._until: float | None = None
        self.on_end: Callable[[], object] | None = None

    # --- called by the event loop -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio: the connection was established."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: data was received."""
        if not self._tls.layers:
            self._deliver(data)
            return
        content = self._tls.decrypt(data)
        answers = self._tls.answers()
        # Written before the content is delivered, because delivery may complete the call, and the
        # next request may then be written first.
        if answers:
            self._transport.write(answers)
        if content:
            self._deliver(content)
        if self._tls.error is not None:
            self._fail(self._tls.error)
        elif self._tls.ended:
            self._deliver(b"")

    def eof_received(self) -> bool:
        """Called by asyncio: the peer closed its side."""
        self.data_received(b"")
        # Writing may continue until the connection is closed.
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio: the connection ended."""
        # asyncio does not call `resume_writing` after this method, so wake waiting writers here.
        self._writable = True
        self._let_write()
        error = exc or ConnectionResetError(0, "the connection was closed")
        self._fail(error if isinstance(error, OSError) else OSError(0, type(error).__name__))

    def pause_writing(self) -> None:
        """Called by asyncio: the write buffer is full."""
        self._writable = False

    def resume_writing(self) -> None:
        """Called by asyncio: the write buffer has drained."""
        self._writable = True
        self._wake()
        self._let_write()

    def _let_write(self) -> None:
        for writer in self._writers:
            if not writer.done():
                writer.set_result(None)
        self._writers.clear()

    def _deliver(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange is not None:
            # asyncio would only log an exception of this callback, and close the connection.
            try:
                step = exchange.received(data, now=read_clocks())
            except Exception as error:  # noqa: BLE001 - raised in the waiting task
                self._settle(error=error)
            else:
                if step is _READ:
                    self._until = exchange.until
                    self._set_timer()
                else:
                    self._settle(step)
            return
        if data:
            self._chunks.append(data)
            self._buffered += len(data)
            # Backpressure: the receive window of TCP fills up, and the server stops sending.
            if self._buffered > _MOST_BUFFERED and self._reading:
                self._reading = False
                self._transport.pause_reading()
        else:
            self._ended = True
            if self.on_end is not None:
                self.on_end()
        self._wake()

    def _fail(self, error: OSError) -> None:
        # The first error is the cause; later errors, such as one from closing, are consequences.
        if self._error is None:
            self._error = error
        if self._exchange is not None:
            self._settle(error=error)
        else:
            self._wake()
            if self.on_end is not None:
                self.on_end()

    def _settle(self, step: Step | None = None, error: Exception | None = None) -> None:
        self._exchange = None
        waiter = self._waiter
        # The waiter is done if the task was cancelled in this iteration and has not run since.
        if waiter is None or waiter.done():
            return
        if error is None:
            waiter.set_result(step)
        else:
            waiter.set_exception(error)

    def _wake(self) -> None:
        # A call in `receive` must not be woken for a change that is not a step of its exchange.
        if self._exchange is None:
            self._settle()

    # --- waiting ----------------------------------------------------------------------------------

    async def _wait(self, until: float | None) -> Step | None:
        waiter: asyncio.Future[Step | None] = self._loop.create_future()
        self._waiter = waiter
        self._until = until
        self._set_timer()
        try:
            return await waiter
        finally:
            self._waiter = None
            del waiter  # its exception's traceback references this frame

    def _set_timer(self) -> None:
        # Keep a timer that fires early, which is then rescheduled; replace a timer that fires late.
        until = self._until
        if until is None or (self._timer is not None and self._timer_at <= until):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = until
        self._timer = self._loop.call_later(max(until - time.monotonic(), 0), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        waiter, until = self._waiter, self._until
        if waiter is None or waiter.done() or until is None:
            return
        if time.monotonic() < until:  # set for an earlier wait
            self._set_timer()
        else:
            self._settle(error=TimeoutError())

    # --- called by the transport ------------------------------------------------------------------

    async def receive(self, exchange: "Exchange[AsyncioConnection] | _EarlyRead") -> Step:
        """Read until the exchange's next step is not :attr:`Step.READ`; return that step."""
        if self._has_arrived:
            return exchange.received(self._take(), now=read_clocks())
        # The same as `_wait`, but without the cost of another coroutine.
        waiter: asyncio.Future[Step | None] = self._loop.create_future()
        self._exchange, self._waiter = exchange, waiter
        self._until = exchange.until
        self._set_timer()
        try:
            return cast(Step, await waiter)
        finally:
            self._exchange = self._waiter = None
            del waiter  # its exception's traceback references this frame

    async def send(self, exchange: Exchange["AsyncioConnection"]) -> Step:
        """Write some of the exchange's data, or process an early response; return the next step."""
        data = exchange.data
        piece = data if len(data) <= _PIECE else memoryview(data)[:_PIECE]
        self._write(piece)
        if self._transport.is_closing():  # the write failed at once: none of the piece was sent
            while self._error is None:
                await self._wait(exchange.until)
            raise self._error
        count = len(piece)
        while not (self._writable or self._has_arrived):
            exchange.partly_written()  # in case the wait times out
            await self._wait(exchange.until)
        # The transport has buffered all of the piece, even if it has not sent it yet.
        step = exchange.written(count, now=read_clocks())
        # An early response: the rest of the request may not be needed.
        if self._chunks and step is _WRITE:
            return exchange.received(self._take(), now=read_clocks())
        return step

    def _write(self, data: bytes | memoryview) -> None:
        if self._error is not None:
            raise self._error
        self._transport.write(self._tls.encrypt(data))

    async def read(self, until: float | None) -> bytes:
        """Read and return some bytes; ``b""`` at end of stream.

        Raises:
            TimeoutError: ``until`` has passed.
            OSError: the connection broke.
        """
        while not self._has_arrived:
            await self._wait(until)
        return self._take()

    async def read_early(self, take: Callable[[bytes], None]) -> None:
        """Read some bytes and call ``take`` with them, in the event loop's read callback.

        Raises:
            OSError: the connection broke.
        """
        await self.receive(_EarlyRead(take))

    def _take(self) -> bytes:
        if self._chunks:
            data = self._chunks.popleft()
            self._buffered -= len(data)
            # Resume at half the limit, so that the next chunk does not pause reading again.
            if not self._reading and self._buffered <= _MOST_BUFFERED // 2:
                self._reading = True
                self._transport.resume_reading()
            return data
        # Checked last: data that arrived before the end or an error is still delivered.
        if self._ended:
            return b""
        raise cast(OSError, self._error)

    async def write(self, data: bytes, until: float | None) -> None:
        """Write all of the data to the connection.

        Raises:
            TimeoutError: ``until`` has passed.
            OSError: the connection broke.
        """
        self._write(data)
        while not self._writable and self._error is None:
            # A separate future: another task may be reading at the same time.
            writer: asyncio.Future[None] = self._loop.create_future()
            self._writers.append(writer)
            async with _timeout_at(until):
                await writer

    @property
    def tls(self) -> TlsStack:
        """The TLS layers of the connection."""
        return self._tls

    @property
    def _has_arrived(self) -> bool:
        return bool(self._chunks) or self._ended or self._error is not None

    async def has_input(self) -> bool:
        """Whether unsolicited input or the end of the stream has arrived."""
        if self._has_arrived:
            return True
        if not self._tls.layers:
            return self._probe.is_readable()
        if self._probe.is_readable():
            # The input may be a session ticket, which only decryption can detect. Wait for two
            # iterations of the loop: in the first, this task runs before the callback that reads.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return (
            bool(self._chunks) or self._ended or self._error is not None or self._tls.has_content()
        )

    def close(self) -> None:
        """Close the connection without waiting."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.on_end = None
        # Not `close`, which first sends buffered data and may never end.
        self._transport.abort()

    def drop(self) -> None:
        """Discard a connection that belongs to another process or a closed event loop."""
        self._timer = None
        self._sock.close()
        # asyncio warns of unclosed sockets, but cannot close one without its event loop.
        if hasattr(self._transport, "_sock"):
            cast(Any, self._transport)._sock = None  # noqa: SLF001


class _EarlyRead:
    """Replaces the exchange in :meth:`AsyncioConnection.receive`, for a single read."""

    until: Final = None

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def received(self, data: bytes, *, now: Now) -> Step:  # noqa: ARG002 - as an exchange's
        self._take(data)
        return _RESPOND


class AsyncioConnector:
    """Opens sockets and connections, and waits for events, on asyncio."""

    def __init__(self) -> None:
        self.loop: object = asyncio.get_running_loop()

    @property
    def has_ended(self) -> bool:
        """Whether the event loop is closed."""
        return cast(asyncio.AbstractEventLoop, self.loop).is_closed()

    def new_waker(self) -> "asyncio.Future[None]":
        """Return a new waker: a future that a task passes to :meth:`wait`."""
        return asyncio.get_running_loop().create_future()

    async def wait(self, waker: "asyncio.Future[None]", until: float | None) -> None:
        """Wait until :meth:`wake` is called with this waker, or until the timeout."""
        left = None if until is None else max(until - time.monotonic(), 0)
        await asyncio.wait((waker,), timeout=left)

    def wake(self, waker: "asyncio.Future[None]") -> None:
        """Wake the task that is waiting with this waker."""
        if not waker.done():
            waker.set_result(None)

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Schedule a callback on the event loop; thread-safe."""
        cast(asyncio.AbstractEventLoop, self.loop).call_soon_threadsafe(callback)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        """Schedule a callback on the event loop after a delay; return a function that cancels it."""
        return asyncio.get_running_loop().call_later(seconds, callback).cancel

    async def resolve(self, step: ResolvingHost) -> list[Address]:
        """Return the addresses of a host name.

        Raises:
            TimeoutError: the timeout has passed.
            OSError: the name could not be resolved.
        """
        work = partial(look_up, step.host, step.port, is_literal=step.is_literal)
        return work() if step.is_literal else await _run_in_thread(work, step.until)

    async def race(self, step: OpeningSockets) -> socket.socket | Race:
        """Connect to the first address that accepts a connection.

        Returns:
            The connected socket; if all attempts failed, the :class:`Race` with their errors.

        Raises:
            TimeoutError: the timeout has passed.
        """
        race = step.race
        attempts: dict[asyncio.Task[socket.socket], Address] = {}
        try:
            while not race.is_lost:
                for address in race.starting:
                    attempts[asyncio.ensure_future(_connected(address))] = address
                now = read_clocks()
                race = race.waited(now=now) if not race.starting else race.begun()
                times = [at for at in (race.next_start, step.until) if at is not None]
                left = max(min(times) - now.monotonic, 0) if times else None
                done, _ = await asyncio.wait(
                    attempts, timeout=left, return_when=asyncio.FIRST_COMPLETED
                )
                for attempt in done:
                    address = attempts[attempt]
                    error = attempt.exception()
                    if error is None:
                        del attempts[attempt]  # `finally` closes the sockets of the other attempts
                        return attempt.result()
                    if not isinstance(error, OSError):
                        raise error
                    del attempts[attempt]
                    race = race.failed(address, system_words(error), now=read_clocks())
                    break  # the next attempt begins before another failure is recorded
                now = read_clocks()
                if step.until is not None and now.monotonic >= step.until:
                    raise TimeoutError
                if not done:
                    race = race.waited(now=now)
            return race
        finally:
            for attempt in attempts:
                # An attempt that has just succeeded can no longer be cancelled, so its socket is
                # closed in the callback.
                attempt.add_done_callback(_close_late)
                attempt.cancel()

    async def connect_socks(self, step: ConnectingThroughSocks) -> socket.socket:
        """Connect to a host through a SOCKS proxy.

        Raises:
            OSError: the connection failed.
            TimeoutError: the timeout has passed.
        """
        left = None if step.until is None else max(step.until - time.monotonic(), 0.001)
        sock = await _run_in_thread(partial(ask_socks_proxy, step, left), step.until)
        sock.settimeout(0)
        return sock

    async def adopt(self, sock: socket.socket) -> AsyncioConnection:
        """Return a connection for a connected socket; the connection takes ownership of it."""
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: AsyncioConnection(sock), sock=sock
        )
        return connection


async def _run_in_thread(work: Callable[[], T], until: float | None) -> T:
    """Run a blocking function in a daemon thread, and return its result.

    The threads of asyncio's default executor are not daemons: at exit, asyncio would wait for them.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T | Exception] = loop.create_future()

    def settle(outcome: T | Exception) -> None:
        if not answer.done():
            answer.set_result(outcome)

    def run() -> None:
        try:
            outcome: T | Exception = work()
        except Exception as error:  # noqa: BLE001 - raised in the waiting task
            outcome = error
        with contextlib.suppress(RuntimeError):  # the loop was closed
            loop.call_soon_threadsafe(settle, outcome)

    threading.Thread(target=run, name="genesys-cloud-resolver", daemon=True).start()
    async with _timeout_at(until):
        outcome = await answer
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _timeout_at(until: float | None) -> asyncio.Timeout:
    """Return a timeout at a time on the monotonic clock, which may not be the event loop's clock."""
    return asyncio.timeout(None if until is None else until - time.monotonic())


async def _connected(address: Address) -> socket.socket:
    sock = new_socket(address)
    try:
        await asyncio.get_running_loop().sock_connect(sock, socket_address(address))
    except BaseException:
        sock.close()
        raise
    return sock


def _close_late(attempt: "asyncio.Task[socket.socket]") -> None:
    # Reading the exception also marks it as retrieved, so that asyncio does not log it.
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
