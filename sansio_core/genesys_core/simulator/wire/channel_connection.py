"""A sans-IO WebSocket connection to a notification channel.

Invariants: the connection passes received messages to the hub and returns the steps to perform on
the socket. After a step that ends or silences the connection, further input and the hub's actions
are ignored, except :class:`Drop`, with which the hub closes a silent connection.
"""

from genesys_core.clock import Now
from genesys_core.simulator.sockets.actions import (
    Action,
    Drop,
    FallSilent,
    WriteBytes,
    WriteClose,
    WriteText,
)
from genesys_core.simulator.sockets.hub import Hub, channel_of
from genesys_core.simulator.wire.steps import Close, Reset, Silence, WireStep, Write
from genesys_core.simulator.wire.websocket_server import (
    ConnectionEnded,
    Received,
    Requested,
    ServerEvent,
    WebSocketServer,
)

__all__ = ["ChannelConnection"]


class ChannelConnection:
    """A client's connection to a notification socket.

    Args:
        hub: the simulator's hub.

    Attributes:
        number: the socket's number in the hub; ``None`` before the handshake.
        deadline: always ``None``, because the hub keeps the sockets' timers.
    """

    deadline: None = None

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._websocket = WebSocketServer()
        self._ended = False
        self.number: int | None = None

    def receive_data(self, data: bytes, *, now: Now) -> list[WireStep]:
        """Process received bytes, where ``b""`` means that the client closed its side.

        Args:
            data: the received bytes, any number of them.
            now: when the bytes were received.

        Returns:
            The steps to perform on this connection. The hub may also have actions for other
            sockets.
        """
        steps: list[WireStep] = []
        if not self._ended:
            self._handle(self._websocket.receive_data(data), steps, now)
        return steps

    def perform(self, action: Action) -> list[WireStep]:
        """Return the steps on the connection that perform an action of the hub."""
        if self._ended and not isinstance(action, Drop):
            return []
        match action:
            case WriteText(_, text, fragments):
                self._websocket.send_text(text, fragments)
            case WriteBytes(_, data):
                self._websocket.send_bytes(data)
            case WriteClose(_, code, reason):
                self._websocket.close(code, reason)
            case FallSilent():
                return self._ending(Silence())
            case Drop(_, reset):
                return self._ending(Reset() if reset else Close())
        return self._written()

    def time_out(self, now: Now) -> list[WireStep]:  # noqa: ARG002 - required by the server
        """Do nothing, because the connection has no deadline."""
        return []

    def lost(self) -> None:
        """Report to the hub that the connection has ended, whichever side closed it."""
        self._ended = True
        if self.number is not None:
            self._hub.disconnected(self.number)

    def _handle(self, events: tuple[ServerEvent, ...], steps: list[WireStep], now: Now) -> None:
        for event in events:
            match event:
                case Requested(target):
                    self._answer(target, steps, now)
                case Received(text):
                    self._hub.received(self.number or 0, text, now)
                case ConnectionEnded():
                    steps += self._written()
                    steps += self._ending(Close())
        steps += self._written()

    def _answer(self, target: str, steps: list[WireStep], now: Now) -> None:
        outcome = self._hub.connected(channel_of(target), now)
        if isinstance(outcome, int):
            self.number = outcome
            self._handle(self._websocket.accept(), steps, now)
            return
        if outcome.status is not None:
            self._websocket.refuse(outcome.status)
            steps += self._written()
        steps += self._ending(Close())

    def _written(self) -> list[WireStep]:
        data = self._websocket.data_to_send()
        return [Write(data)] if data else []

    def _ending(self, step: WireStep) -> list[WireStep]:
        self._ended = True
        return [step]
