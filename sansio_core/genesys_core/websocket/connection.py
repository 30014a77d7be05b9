"""A sans-IO WebSocket connection (RFC 6455), for any event loop.

Invariants: no sockets. All network events and failures are reported as events, which do not depend
on how the bytes were split; exceptions report only misuse by the caller.

A driver with a blocking socket, opened as in :mod:`genesys_core.transport.dialer`::

    ws = WebSocket.connect(url, random_bytes=os.urandom)
    sock = open_connection(ws.address.origin)
    while not ws.over:
        sock.sendall(ws.data_to_send())
        data = sock.recv(65536)
        for event in ws.receive_data(data) if data else ws.receive_eof():
            match event:
                case HandshakeDone(): ...     # from now on send_text, ping, close
                case Text(data): ...
                case Pong(): ...
                case Closed() | Failed(): ... # the last event; ws.over is true
    sock.sendall(ws.data_to_send())           # the response to the peer's close frame
    sock.close()

After ``close`` the loop continues until the peer responds; the caller chooses the timeout.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from genesys_core.errors import ConnectionClosedError, InvalidValueError
from genesys_core.http.headers import HeadersInput
from genesys_core.websocket.events import (
    Closed,
    Failed,
    FailedKind,
    HandshakeDone,
    Pong,
    RandomBytes,
    Text,
    WebSocketEvent,
)
from genesys_core.websocket.frames import Frames
from genesys_core.websocket.handshake import Accepted, Upgrade, WebSocketAddress

__all__ = [
    "DEFAULT_MAX_SIZE",
    "Closed",
    "Failed",
    "FailedKind",
    "HandshakeDone",
    "Pong",
    "RandomBytes",
    "Text",
    "WebSocket",
    "WebSocketAddress",
    "WebSocketEvent",
]

DEFAULT_MAX_SIZE: Final = 16 * 1024 * 1024
"""Maximum size of a decompressed message in bytes: a security limit, far above any real message."""

_MAX_CONTROL: Final = 125  # RFC 6455 section 5.5
# RFC 6455 section 7.4: 1004 to 1006 and 1015 must not be sent, 1012 to 1014 are for servers.
_SENDABLE_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1012), *range(3000, 5000)})


_Phase: TypeAlias = Upgrade | Frames


class WebSocket:
    """A client connection, created by :meth:`connect`.

    After each call of a method, write the bytes that :meth:`data_to_send` returns.

    Attributes:
        address: the address to connect to, with TLS for ``wss``.
        over: whether the last event has been returned; if so, write the remaining bytes and close
            the socket.
    """

    def __init__(
        self,
        address: WebSocketAddress,
        upgrade: Upgrade,
        *,
        random_bytes: RandomBytes,
        max_size: int,
    ) -> None:
        self.address = address
        self._random_bytes = random_bytes
        self._max_size = max_size
        self._phase: _Phase = upgrade
        self._outgoing = [upgrade.request]
        self.over = False

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        random_bytes: RandomBytes,
        headers: HeadersInput = (),
        subprotocols: Sequence[str] = (),
        compression: bool = True,
        max_size: int = DEFAULT_MAX_SIZE,
    ) -> "WebSocket":
        """Create a connection; :meth:`data_to_send` then returns the handshake request.

        Args:
            url: a URL with the scheme ``ws`` or ``wss``.
            random_bytes: a function that returns the given number of unpredictable bytes, for
                example :func:`os.urandom`; used for the handshake's key and for frame masks.
            headers: headers to send in addition to those of the handshake.
            subprotocols: the subprotocols that are offered to the server, preferred ones first.
            compression: whether permessage-deflate is offered.
            max_size: maximum size of a decompressed message in bytes; a larger message closes the
                connection with code 1009.

        Raises:
            InvalidValueError: the URL, a header or the limit is invalid.
        """
        if max_size < 1:
            raise InvalidValueError(f"max_size={max_size!r}: must be 1 or more bytes")
        address = WebSocketAddress.parse(url)
        upgrade = Upgrade(
            address,
            nonce=random_bytes(16),
            headers=headers,
            subprotocols=subprotocols,
            compression=compression,
        )
        return cls(address, upgrade, random_bytes=random_bytes, max_size=max_size)

    # Network side

    def receive_data(self, data: bytes) -> tuple[WebSocketEvent, ...]:
        """Process received bytes, in chunks of any size, and return the resulting events.

        Bytes after the end of the connection (:class:`Closed` or :class:`Failed`) are ignored.
        """
        events: list[WebSocketEvent] = []
        rest: bytes | None = data
        while rest and not self.over:
            # Runs twice if frames arrive together with the handshake's response.
            rest = self._advance(rest, events)
        return tuple(events)

    def receive_eof(self) -> tuple[WebSocketEvent, ...]:
        """Handle the connection's end (closed by the peer, or broken) and return the events."""
        if self.over:
            return ()
        phase = self._phase
        # The handshake has a more specific failure: an incomplete response.
        outcome = phase.receive(b"") if isinstance(phase, Upgrade) else None
        lost = Failed("closed", "the connection closed without a close frame", code=1006)
        return (self._end(outcome if isinstance(outcome, Failed) else lost),)

    def data_to_send(self) -> bytes:
        """Return the bytes to write now; each byte is returned once."""
        if isinstance(self._phase, Frames):
            self._outgoing.append(self._phase.take())
        outgoing = b"".join(self._outgoing)
        self._outgoing.clear()
        return outgoing

    # Caller side

    @property
    def is_open(self) -> bool:
        """Whether the connection is open, so that messages can be sent."""
        return self._frames() is not None

    def send_text(self, text: str) -> None:
        """Send a text message.

        Raises:
            ConnectionClosedError: the connection is not open, or is closing; nothing was sent.
            InvalidValueError: the text contains a lone surrogate, which UTF-8 cannot encode.
        """
        frames = self._open()
        try:
            frames.send_text(text)
        except UnicodeEncodeError:
            raise InvalidValueError("text: contains a lone surrogate; remove it") from None

    def ping(self, payload: bytes = b"") -> None:
        """Send a ping frame; the peer answers with a :class:`Pong` that has the same payload.

        Raises:
            ConnectionClosedError: the connection is not open, or is closing; nothing was sent.
            InvalidValueError: the payload has more than 125 bytes.
        """
        if len(payload) > _MAX_CONTROL:
            raise InvalidValueError(
                f"ping payload of {len(payload)} bytes: must have at most {_MAX_CONTROL}"
            )
        self._open().ping(payload)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Start the closing handshake. Idempotent.

        Before the connection is open there is no closing handshake: just close the socket.

        Raises:
            InvalidValueError: the code must not be sent (RFC 6455 section 7.4), or the reason has
                more than 123 bytes.
        """
        if code not in _SENDABLE_CODES:
            raise InvalidValueError(
                f"close code {code!r}: must be 1000 to 1003, 1007 to 1011 or 3000 to 4999"
            )
        payload = code.to_bytes(2, "big") + reason.encode("utf-8", "replace")
        if len(payload) > _MAX_CONTROL:
            raise InvalidValueError(
                f"close reason of {len(payload) - 2} bytes: must be at most 123 bytes"
            )
        frames = self._frames()
        if frames is not None:
            frames.close(payload)

    def __repr__(self) -> str:
        phase = "over" if self.over else type(self._phase).__name__
        return f"WebSocket({self.address!r}, {phase})"

    # Internals

    def _frames(self) -> Frames | None:
        """Return the object that encodes frames if the connection is open, otherwise ``None``."""
        phase = self._phase
        return phase if not self.over and isinstance(phase, Frames) and phase.can_send else None

    def _open(self) -> Frames:
        frames = self._frames()
        if frames is None:
            raise ConnectionClosedError("the WebSocket is not open; nothing was sent", sent=False)
        return frames

    def _advance(self, data: bytes, events: list[WebSocketEvent]) -> bytes | None:
        """Pass bytes to the current phase; return the bytes that belong to the next phase."""
        phase = self._phase
        if isinstance(phase, Frames):
            events += phase.receive(data)
            self.over = phase.over
            return None
        return self._upgraded(phase.receive(data), events)

    def _upgraded(
        self, outcome: Accepted | Failed | None, events: list[WebSocketEvent]
    ) -> bytes | None:
        if outcome is None:
            return None
        if isinstance(outcome, Failed):
            events.append(self._end(outcome))
            return None
        events.append(outcome.done)
        self._phase = Frames(
            random_bytes=self._random_bytes, deflate=outcome.deflate, max_size=self._max_size
        )
        return outcome.trailing

    def _end(self, failed: Failed) -> Failed:
        self.over = True
        return failed
