"""Connections on trio: socket operations are tried first and wait only if they would block."""

import errno
import math
import os
import socket
import time
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, cast

import trio

from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.async_connection import (
    ReadProbe,
    new_socket,
    socket_address,
)
from genesys_cloud.transports.reported_errors import is_own_timeout, system_words
from genesys_cloud.transports.resolver import look_up
from genesys_cloud.transports.running_loop import has_ended
from genesys_cloud.transports.socket_dialer import ask_socks_proxy
from genesys_cloud.transports.tls_stack import TlsStack
from genesys_core.transport.dialer import ConnectingThroughSocks, OpeningSockets, ResolvingHost
from genesys_core.transport.exchange import Exchange, Step
from genesys_core.transport.happy_eyeballs import Address, Race

__all__ = ["TrioConnection", "TrioConnector", "has_ended"]

_SIZE = 1 << 16

# Before Python 3.12, accessing an enum member takes as long as calling a small function.
_READ: Final = Step.READ


class TrioConnection:
    """A network connection on trio.

    Args:
        sock: a connected, non-blocking socket.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._probe = ReadProbe(sock)
        self._tls = TlsStack()
        self._content = b""
        self._writing = trio.Lock()
        self._timer: trio.CancelScope | None = None
        self._timer_at = 0.0
        self._until: float | None = None  # the time limit of the current wait for input
        self._is_late = False
        self.on_end: Callable[[], object] | None = None

    @property
    def tls(self) -> TlsStack:
        """The TLS layers of the connection."""
        return self._tls

    async def receive(self, exchange: Exchange["TrioConnection"]) -> Step:
        """Read until the exchange's next step is not :attr:`Step.READ`; return that step."""
        step = _READ
        # Wait first: a response is rarely available at once, and each call must yield once.
        await self._wait_readable(exchange.until)
        while step is _READ:
            data = await self.read(exchange.until)
            step = exchange.received(data, now=read_clocks())
        return step

    async def send(self, exchange: Exchange["TrioConnection"]) -> Step:
        """Write some of the exchange's data, or process an early response; return the next step."""
        data = exchange.data
        if self._tls.layers:
            # A record that was begun must be completed, so no input is processed in the meantime.
            piece = data if len(data) <= _SIZE else memoryview(data)[:_SIZE]
            records = self._tls.encrypt(piece)
            await self._write(records, exchange.until, exchange.partly_written)
            return exchange.written(len(piece), now=read_clocks())
        try:
            return exchange.written(self._sock.send(data), now=read_clocks())
        except BlockingIOError:
            pass
        if self._probe.is_readable():
            return exchange.received(await self.read(exchange.until), now=read_clocks())
        with _until(exchange.until):
            await _wait_for_either(self._sock)
        # Nothing was written: the exchange returns the same step, and the driver calls this again.
        return exchange.written(0, now=read_clocks())

    async def read(self, until: float | None) -> bytes:
        """Read and return some bytes; ``b""`` at end of stream."""
        while True:
            if self._content:
                content, self._content = self._content, b""
                return content
            if self._tls.error is not None:
                raise self._tls.error
            if self._tls.ended:
                return b""
            try:
                # Read without waiting first; after a wait, this read finds data.
                data = self._sock.recv(_SIZE)
            except BlockingIOError:
                await self._wait_readable(until)
                continue
            if not self._tls.layers:
                return data
            # Stored before the write below, whose checkpoint may raise `Cancelled`.
            self._content = self._tls.decrypt(data)
            answers = self._tls.answers()
            if answers:
                await self._write(answers, until)

    async def _wait_readable(self, until: float | None) -> None:
        """Wait for input, at most until a time on the monotonic clock.

        One timer serves all reads, because a cancel scope for each read would take longer than the
        rest of the read.
        """
        self._until, self._is_late = until, False
        if until is not None and (self._timer is None or until < self._timer_at):
            self._set_timer(until)
        try:
            await trio.lowlevel.wait_readable(self._sock)
        except trio.ClosedResourceError:
            if self._is_late:
                raise TimeoutError from None
            raise
        finally:
            self._until = None

    def _set_timer(self, until: float) -> None:
        # Keep a timer that fires early, which is then set again; replace a timer that fires late.
        # trio's clock starts at a random time, so the limit is converted to that clock.
        at = trio.current_time() + _seconds(until)
        self._timer_at = until
        if self._timer is not None:
            self._timer.deadline = at
            return
        self._timer = scope = trio.CancelScope(deadline=at)
        _start_timing(self, scope)

    def on_timer(self) -> trio.CancelScope | None:
        """End a read that has timed out; otherwise return the cancel scope of the next wait, if any."""
        until, self._timer = self._until, None
        if until is None:
            return None
        if time.monotonic() >= until:
            # Raises ClosedResourceError in tasks that wait for the socket, which stays open.
            self._is_late = True
            trio.lowlevel.notify_closing(self._sock)
            return None
        self._timer_at = until
        self._timer = trio.CancelScope(deadline=trio.current_time() + _seconds(until))
        return self._timer

    async def write(self, data: bytes | memoryview, until: float | None) -> None:
        """Write all of the data to the connection."""
        # Encrypt and enqueue without a checkpoint in between: the order of records matters.
        await self._write(self._tls.encrypt(data), until)

    async def _write(
        self,
        data: bytes | memoryview,
        until: float | None,
        sent: Callable[[], object] | None = None,
    ) -> None:
        # A reading task may have to send TLS messages while another task writes.
        async with self._writing:
            view = memoryview(data)
            while view:
                try:
                    view = view[self._sock.send(view) :]
                    if sent is not None:
                        sent()
                except BlockingIOError:
                    with _until(until):
                        await self._wait_writable()

    async def _wait_writable(self) -> None:
        try:
            await trio.lowlevel.wait_writable(self._sock)
        except trio.ClosedResourceError:
            # `on_timer` wakes writers as well as the reader that timed out; the writers try again.
            if self._sock.fileno() == -1:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF)) from None

    async def has_input(self) -> bool:
        """Whether unsolicited input or the end of the stream has arrived."""
        if not self._tls.layers:
            return bool(self._content) or self._probe.is_readable()
        if self._content or self._tls.ended or self._tls.has_content():
            return True
        if not self._probe.is_readable():
            return False
        try:
            data = self._sock.recv(_SIZE)
        except BlockingIOError:
            return False
        except OSError:
            return True
        # The input may be a session ticket, which is not content.
        self._content = self._tls.decrypt(data)
        return bool(self._content) or self._tls.ended

    def close(self) -> None:
        """Close the connection without waiting."""
        if self._timer is not None:
            self._timer.cancel()
        # Before the close: trio must forget the file descriptor, because the system reuses it.
        trio.lowlevel.notify_closing(self._sock)
        self._sock.close()

    def drop(self) -> None:
        """Discard a connection that belongs to another process, or to a trio run that has ended."""
        self._sock.close()


class TrioConnector:
    """Opens sockets and connections, and waits for events, on trio."""

    def __init__(self) -> None:
        self.loop: object = trio.lowlevel.current_trio_token()

    @property
    def has_ended(self) -> bool:
        """Whether the trio run has ended."""
        return has_ended(self.loop)

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Schedule a callback on trio; thread-safe."""
        cast(trio.lowlevel.TrioToken, self.loop).run_sync_soon(callback)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        """Schedule a callback on trio after a delay, unless the run ends first.

        Returns:
            A function that cancels the callback.
        """
        scope = trio.CancelScope()

        async def sleep_and_call() -> None:
            with scope:
                await trio.sleep(seconds)
                callback()

        trio.lowlevel.spawn_system_task(sleep_and_call, name="genesys-cloud idle connections")
        return scope.cancel

    def new_waker(self) -> trio.Event:
        """Return a new waker: an event that a task passes to :meth:`wait`."""
        return trio.Event()

    async def wait(self, waker: trio.Event, until: float | None) -> None:
        """Wait until :meth:`wake` is called with this waker, or until the timeout."""
        with trio.move_on_after(_seconds(until)):
            await waker.wait()

    def wake(self, waker: trio.Event) -> None:
        """Wake the task that is waiting with this waker."""
        waker.set()

    async def resolve(self, step: ResolvingHost) -> list[Address]:
        """Return the addresses of a host name."""
        if step.is_literal:
            return look_up(step.host, step.port, is_literal=True)
        # trio's threads are daemons, so an abandoned thread does not delay the exit.
        with _until(step.until):
            return await trio.to_thread.run_sync(
                look_up, step.host, step.port, abandon_on_cancel=True
            )

    async def race(self, step: OpeningSockets) -> socket.socket | Race:
        """Connect to the first address that accepts a connection.

        Returns:
            The connected socket; if all attempts failed, the :class:`Race` with their errors.
        """
        race = step.race
        # A single address needs no nursery.
        if len(step.addresses) == 1:
            address = step.addresses[0]
            try:
                with _until(step.until):
                    return await _connected(address)
            except OSError as error:
                if is_own_timeout(error):
                    raise
                return race.failed(address, system_words(error), now=read_clocks())
        winner: list[socket.socket] = []
        changed = trio.Event()

        async def attempt(address: Address) -> None:
            nonlocal race, changed
            try:
                sock = await _connected(address)
            except OSError as error:
                race = race.failed(address, system_words(error), now=read_clocks())
                begin()
            else:
                if winner:
                    sock.close()
                else:
                    winner.append(sock)
                    nursery.cancel_scope.cancel()
            # An event of trio cannot be cleared, so each change has its own event.
            changed.set()
            changed = trio.Event()

        def begin() -> None:
            for address in race.starting:
                nursery.start_soon(attempt, address)

        try:
            with _until(step.until):
                async with trio.open_nursery() as nursery:
                    begin()
                    while not race.is_lost and not winner:
                        with trio.move_on_after(_seconds(race.next_start)):
                            await changed.wait()
                        before, race = race, race.waited(now=read_clocks())
                        if race.trying != before.trying:
                            begin()
        except BaseException:  # a timeout or cancellation after an attempt has succeeded
            for sock in winner:
                sock.close()
            raise
        return winner[0] if winner else race

    async def connect_socks(self, step: ConnectingThroughSocks) -> socket.socket:
        """Connect to a host through a SOCKS proxy."""
        left = None if step.until is None else max(step.until - time.monotonic(), 0.001)
        with _until(step.until):
            sock = await trio.to_thread.run_sync(
                ask_socks_proxy, step, left, abandon_on_cancel=True
            )
        sock.settimeout(0)
        return sock

    async def adopt(self, sock: socket.socket) -> TrioConnection:
        """Return a connection for a connected socket; the connection takes ownership of it."""
        return TrioConnection(sock)


def _start_timing(connection: TrioConnection, scope: trio.CancelScope) -> None:
    # A weak reference, so that an unreferenced connection closes its socket. A system task, because
    # the task outlives the call that starts it.
    reference = weakref.ref(connection)
    trio.lowlevel.spawn_system_task(
        _time_reads, reference, scope, name="genesys-cloud read timeout"
    )


async def _time_reads(
    reference: "weakref.ref[TrioConnection]", scope: trio.CancelScope | None
) -> None:
    """Time out the reads of a connection, until no read has a time limit."""
    while scope is not None:
        with scope:
            await trio.sleep_forever()
        connection = reference()
        scope = None if connection is None else connection.on_timer()
        del connection


def _seconds(until: float | None) -> float:
    return math.inf if until is None else max(until - time.monotonic(), 0)


class _until:  # noqa: N801 - used like a function
    """Raises ``TimeoutError`` at a time on the monotonic clock."""

    def __init__(self, until: float | None) -> None:
        self._scope = trio.CancelScope(
            deadline=math.inf if until is None else trio.current_time() + _seconds(until)
        )

    def __enter__(self) -> None:
        self._scope.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._scope.__exit__(kind, error, trace)
        if self._scope.cancelled_caught:
            raise TimeoutError


async def _connected(address: Address) -> socket.socket:
    sock = new_socket(address)
    try:
        try:
            sock.connect(socket_address(address))
        except BlockingIOError:
            await trio.lowlevel.wait_writable(sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code)) from None
    except BaseException:
        trio.lowlevel.notify_closing(sock)
        sock.close()
        raise
    return sock


async def _wait_for_either(sock: socket.socket) -> None:
    """Wait until a socket can be read or written."""
    async with trio.open_nursery() as nursery:

        async def first(wait: Any) -> None:  # noqa: ANN401 - one of two functions of trio
            await wait(sock)
            nursery.cancel_scope.cancel()

        nursery.start_soon(first, trio.lowlevel.wait_readable)
        nursery.start_soon(first, trio.lowlevel.wait_writable)
