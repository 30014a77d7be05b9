"""Connects the WebSockets of notification handlers to a simulator in the same process.

Invariants: no decisions are made here. Bytes that a client writes are passed to the hub with the
time, and the resulting steps are performed on the client's side of the connection. The hub is
used only under a lock.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from genesys_cloud.transports.async_connection import Connector
from genesys_cloud.transports.async_dialer import running_connector
from genesys_core.clock import Now
from genesys_core.simulator import Simulator
from genesys_core.simulator.sockets.hub import Hub
from genesys_core.simulator.wire.channel_connection import ChannelConnection
from genesys_core.simulator.wire.steps import Close, Reset, WireStep, Write

__all__ = ["InProcessSocket", "InProcessSockets"]

_T = TypeVar("_T")


class InProcessSockets:
    """The hub of a simulator, and the open sockets of clients in the same process.

    Args:
        simulator: the simulated platform.
        clock: returns the current time.
    """

    def __init__(self, simulator: Simulator, clock: Callable[[], Now]) -> None:
        self._simulator = simulator
        self._clock = clock
        self._lock = threading.RLock()
        self._open: list[InProcessSocket] = []

    def at_hub(self, do: Callable[[Hub, Now], _T]) -> _T:
        """Call a function with the hub and the time, then perform the hub's actions on sockets."""
        with self._lock:
            try:
                return do(self._simulator.hub, self._clock())
            finally:
                self._flush()

    def tick(self) -> None:
        """Perform the simulator's actions that are due according to the clock."""
        self.at_hub(lambda _, now: self._simulator.timer(now))

    def seconds_left(self) -> float | None:
        """Return the seconds until :meth:`tick` is due; ``None`` if it never is."""
        with self._lock:
            now = self._clock()
            due = self._simulator.next_deadline(now)
            return None if due is None else max(0.0, due - now.monotonic)

    async def open(self) -> "InProcessSocket":
        """Return a new connection to the hub, for use in the running event loop."""
        with self._lock:
            connection = ChannelConnection(self._simulator.hub)
            socket = InProcessSocket(self, connection, running_connector())
            self._open.append(socket)
            return socket

    def close(self, socket: "InProcessSocket") -> None:
        """Remove a connection that the client has closed, and report its end to the hub."""

        def lose(*_: object) -> None:
            if socket in self._open:
                self._open.remove(socket)
                socket.connection.lost()

        self.at_hub(lose)

    def _flush(self) -> None:
        for action in self._simulator.hub.take():
            for socket in self._open:
                if socket.connection.number == action.socket:
                    socket.perform(socket.connection.perform(action))


class InProcessSocket:
    """The client's side of a connection to a notification socket.

    Args:
        sockets: the open sockets, including this one.
        connection: the server's side of the connection.
        connector: sleeps and wakes tasks in the client's event loop.

    Attributes:
        connection: the server's side of the connection.
    """

    def __init__(
        self, sockets: InProcessSockets, connection: ChannelConnection, connector: Connector
    ) -> None:
        self.connection = connection
        self._sockets = sockets
        self._connector = connector
        self._waker = connector.new_waker()
        self._received = bytearray()
        self._ended = False
        self._was_reset = False

    async def read(self, until: float | None) -> bytes:
        """Return bytes that the server has sent; ``b""`` at the end of the stream.

        Raises:
            TimeoutError: the deadline ``until`` passed before anything was received.
            ConnectionResetError: an injected fault reset the connection.
        """
        while not self._received and not self._ended:
            await self._wait(until)
        if self._received:
            data = bytes(self._received)
            del self._received[: len(data)]  # another thread may have added more since
            return data
        if self._was_reset:
            raise ConnectionResetError("the connection was reset")
        return b""

    async def write(self, data: bytes, until: float | None) -> None:  # noqa: ARG002 - of the interface
        """Send bytes to the server."""
        # Under the lock, so that an event that another thread publishes follows the response.
        self._sockets.at_hub(
            lambda _, now: self.perform(self.connection.receive_data(data, now=now))
        )

    def close(self) -> None:
        """Close the connection without waiting."""
        self._sockets.close(self)

    def perform(self, steps: list[WireStep]) -> None:
        """Apply the server's steps to this end of the connection; may be called from any thread."""
        for step in steps:
            match step:
                case Write():
                    self._received += step.data
                case Close():
                    self._ended = True
                case Reset():
                    self._ended = self._was_reset = True
                case _:
                    pass  # for example Silence: the connection stays open, but nothing is sent
        if not self._connector.has_ended:
            self._connector.call_soon(self._wake)

    def _wake(self) -> None:
        self._connector.wake(self._waker)

    async def _wait(self, until: float | None) -> None:
        """Wait for steps; the reader of a connection also serves the hub's timers."""
        # The simulator may have a test's clock, but the event loop waits by the system's.
        left = self._sockets.seconds_left()
        due = None if left is None else time.monotonic() + left
        self._waker = self._connector.new_waker()
        if self._received or self._ended:
            return  # the data arrived before the waker was created
        await self._connector.wait(
            self._waker, min((at for at in (until, due) if at is not None), default=None)
        )
        if until is not None and time.monotonic() >= until:
            raise TimeoutError("nothing was received in time")
        if left is not None and time.monotonic() >= (due or 0.0):
            self._sockets.tick()
