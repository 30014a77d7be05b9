"""Serves the simulator's connections in an asyncio event loop.

Invariants: no decisions are made here. Received bytes are passed to the core with the time, and the
steps that it returns are performed in order. Steps are taken one by one, so that a client that does
not read its responses stalls only its own connection, from which nothing is read in the meantime.
"""

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, Protocol, TypeVar, cast

from genesys_core.clock import Now
from genesys_core.simulator.wire.steps import Close, HangUp, Pause, Reset, Silence, WireStep, Write

__all__ = ["ConnectionServer", "ServedConnection", "ServerSide"]

_RESET: Final = struct.pack("ii", 1, 0)
"""The value of ``SO_LINGER`` with a timeout of 0: closing the socket resets the connection."""

_GRACE: Final = 1.0
"""The number of seconds for which connections may write pending data when the server stops."""

_BACKLOG: Final = 1024
"""The maximum number of connections waiting to be accepted; load tests open hundreds at once."""


class ServerSide(Protocol):
    """The sans-IO protocol of a connection: takes received bytes, returns the steps to perform."""

    @property
    def deadline(self) -> float | None:
        """The monotonic time at which :meth:`time_out` is due; ``None`` if there is no deadline."""
        ...

    def receive_data(self, data: bytes, *, now: Now) -> Iterable[WireStep]:
        """Process received bytes, and return steps; ``b""`` means that the client closed its side."""
        ...

    def time_out(self, now: Now) -> Iterable[WireStep]:
        """Return the steps to perform if the deadline has passed."""
        ...

    def lost(self) -> None:
        """Handle the end of the connection, whichever side closed it."""
        ...


Side = TypeVar("Side", bound=ServerSide)


class ConnectionServer(Generic[Side]):
    """Listens on a port and serves the connections that clients open.

    Args:
        accept: returns the protocol of a new connection.
        clock: returns the current time.
        after: called after a connection has processed input, to perform the effects on other
            connections.

    Attributes:
        connections: the open connections.
        port: the port on which the server listens.
    """

    def __init__(
        self,
        accept: Callable[[], Side],
        clock: Callable[[], Now],
        after: Callable[[], None],
    ) -> None:
        self.connections: set[ServedConnection[Side]] = set()
        self.port = 0
        self._accept = accept
        self._clock = clock
        self._after = after
        self._one_closed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._stopping = False

    async def start(self, host: str, port: int) -> None:
        """Listen on a port; 0 picks a free port.

        Raises:
            OSError: the port cannot be opened.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self.port = listener.getsockname()[1]
        self._server = await asyncio.get_running_loop().create_server(
            self._new_connection, sock=listener, backlog=_BACKLOG
        )

    async def stop(self) -> None:
        """Close the port and all connections, after pending responses are written."""
        if self._server is not None:
            self._server.close()
        self._stopping = True
        for connection in tuple(self.connections):
            connection.finish()
        with contextlib.suppress(TimeoutError):
            await self.wait_until_closed(_GRACE)
        for connection in tuple(self.connections):
            connection.abort()
        await self.wait_until_closed(None)

    async def wait_until_closed(self, seconds: float | None) -> None:
        """Wait until no client's connection is open.

        Raises:
            TimeoutError: a connection is still open after the timeout.
        """
        async with asyncio.timeout(seconds):
            while self.connections:
                self._one_closed.clear()
                await self._one_closed.wait()

    def _new_connection(self) -> "ServedConnection[Side]":
        return ServedConnection(self, self._accept(), self._clock, self._after)

    def opened(self, connection: "ServedConnection[Side]") -> None:
        """Add a new connection to the set of open connections."""
        self.connections.add(connection)
        if self._stopping:  # accepted just before the port was closed
            connection.abort()

    def closed(self, connection: "ServedConnection[Side]") -> None:
        """Remove an ended connection from the set of open connections."""
        self.connections.discard(connection)
        self._one_closed.set()


class ServedConnection(asyncio.Protocol, Generic[Side]):
    """One accepted connection, as an asyncio protocol.

    Args:
        server: the server that accepted the connection.
        side: the connection's sans-IO protocol.
        clock: returns the current time.
        after: called after the connection has processed input.

    Attributes:
        side: the connection's sans-IO protocol.
    """

    _transport: asyncio.Transport

    def __init__(
        self,
        server: ConnectionServer[Side],
        side: Side,
        clock: Callable[[], Now],
        after: Callable[[], None],
    ) -> None:
        self.side = side
        self._server = server
        self._clock = clock
        self._after = after
        self._input: deque[bytes] = deque()
        self._steps: Iterator[WireStep] = iter(())
        self._writable = True
        self._deaf = False
        self._pause: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = None

    # Called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio: the connection was accepted."""
        self._transport = cast(asyncio.Transport, transport)  # always one for TCP
        self._server.opened(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: data was received."""
        if not self._deaf:
            self._input.append(data)
            self._work()

    def eof_received(self) -> bool:
        """Called by asyncio: the client closed its side."""
        if self._deaf or self._pause is not None:
            return False  # so that asyncio closes the connection
        self.data_received(b"")
        return True  # the connection stays open until pending data is written

    def pause_writing(self) -> None:
        """Called by asyncio: the write buffer is full."""
        self._writable = False
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Called by asyncio: the write buffer has drained."""
        self._writable = True
        self._transport.resume_reading()
        self._work()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """Called by asyncio: the connection ended."""
        self._go_deaf()
        for timer in (self._timer, self._pause):
            if timer is not None:
                timer.cancel()
        self._server.closed(self)
        self.side.lost()
        self._after()

    # Called by the server

    def perform(self, steps: Iterable[WireStep]) -> None:
        """Perform steps that were not caused by input on this connection."""
        for step in steps:
            self._perform(step)

    def finish(self) -> None:
        """Write pending data and close the connection."""
        if self._deaf or self._pause is not None:
            self.abort()
        else:
            self._go_deaf()
            self._transport.close()

    def abort(self) -> None:
        """Close the connection at once, discarding pending data."""
        self._transport.abort()

    # Internals

    def _work(self) -> None:
        while self._writable and self._pause is None and not self._deaf:
            step = next(self._steps, None)
            if step is not None:
                self._perform(step)
            elif self._input:
                self._steps = iter(self.side.receive_data(self._input.popleft(), now=self._clock()))
            else:
                break
        self._after()
        self._set_timer()

    def _perform(self, step: WireStep) -> None:
        match step:
            case Write():
                if not self._transport.is_closing():
                    self._transport.write(step.data)
            case Pause():
                loop = asyncio.get_running_loop()
                self._pause = loop.call_later(step.seconds, self._resume)
            case Silence():
                self._go_deaf()
            case HangUp():
                self._go_deaf()
                self._hang_up(step.seconds)
            case Close():
                self._go_deaf()
                self._transport.close()
            case Reset():
                self._go_deaf()
                sock = self._transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                self._transport.abort()

    def _hang_up(self, seconds: float) -> None:
        if not self._transport.is_closing():
            self._transport.write_eof()
            self._pause = asyncio.get_running_loop().call_later(seconds, self._transport.close)

    def _resume(self) -> None:
        self._pause = None
        self._work()

    def _go_deaf(self) -> None:
        self._deaf = True
        self._input.clear()

    def _set_timer(self) -> None:
        due = self.side.deadline
        if due is None or self._deaf:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        elif self._timer is None:
            # A running timer is not moved when the deadline changes: if it fires too early, the
            # core does nothing and the next timer is set.
            left = max(0.0, due - self._clock().monotonic)
            self._timer = asyncio.get_running_loop().call_later(left, self._time_out)

    def _time_out(self) -> None:
        self._timer = None
        self.perform(self.side.time_out(self._clock()))
        self._set_timer()
