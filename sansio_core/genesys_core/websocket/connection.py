"""A WebSocket as bytes in, bytes out (RFC 6455), for any event loop.

Law: no sockets. What the network does comes back as events, the same ones however the bytes were
cut up, and never as an exception; the exceptions below are for calls that make no sense.

The caller's whole duty, here with a blocking socket::

    ws = WebSocket.connect(url, random_bytes=os.urandom, proxy=proxy)
    sock = open_socket(ws.dial.host, ws.dial.port, tls=ws.dial.tls)
    while not ws.over:
        sock.sendall(ws.data_to_send())
        data = sock.recv(65536)
        for event in ws.receive_data(data) if data else ws.receive_eof():
            match event:
                case ProxyReady(host, tls):
                    if tls:
                        sock = start_tls(sock, host)
                        ws.tls_started()
                case HandshakeDone(): ...     # from now on send_text, ping, close
                case Text(data): ...
                case Pong(): ...
                case Closed() | Failed(): ... # the last event; ws.over is true
    sock.sendall(ws.data_to_send())           # the answer to the peer's close frame
    sock.close()

After ``close`` the loop goes on until the peer answers; how long to wait is the caller's to say.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from genesys_core.errors import ConnectionClosedError, InvalidValueError
from genesys_core.http.headers import HeadersInput
from genesys_core.websocket.events import (
    Closed,
    Failed,
    FailedKind,
    HandshakeDone,
    Pong,
    ProxyReady,
    RandomBytes,
    Text,
    WebSocketEvent,
)
from genesys_core.websocket.frames import Frames
from genesys_core.websocket.handshake import Accepted, Address, Upgrade
from genesys_core.websocket.proxy_tunnel import Proxy, Tunnel

__all__ = [
    "DEFAULT_MAX_SIZE",
    "Address",
    "Closed",
    "Dial",
    "Failed",
    "FailedKind",
    "HandshakeDone",
    "Pong",
    "Proxy",
    "ProxyReady",
    "RandomBytes",
    "Text",
    "WebSocket",
    "WebSocketEvent",
]

DEFAULT_MAX_SIZE: Final = 16 * 1024 * 1024
"""Bytes of one message at most, unpacked: a security limit, far above any notification."""

_MAX_CONTROL: Final = 125  # RFC 6455, 5.5
_SENDABLE_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1012), *range(3000, 5000)})


class Dial(Struct, frozen=True):
    """What the caller connects to first: the proxy if there is one, else the server.

    Attributes:
        host: host name or IP address, without brackets.
        port: the port.
        tls: whether TLS starts at once, with ``host`` as the name to verify.
    """

    host: str
    port: int
    tls: bool


class _AwaitingTls:
    """The tunnel is open and TLS has not started: nothing may arrive in the clear."""


_Phase: TypeAlias = Tunnel | _AwaitingTls | Upgrade | Frames


class WebSocket:
    """One client connection, from the first byte to the last. Made by :meth:`connect`.

    After each call, write what :meth:`data_to_send` returns.

    Attributes:
        dial: what to connect to.
        over: whether the last event has been given; close the socket then.
    """

    def __init__(
        self,
        address: Address,
        upgrade: Upgrade,
        *,
        random_bytes: RandomBytes,
        max_size: int,
        proxy: Proxy | None,
    ) -> None:
        self._address = address
        self._upgrade = upgrade
        self._random_bytes = random_bytes
        self._max_size = max_size
        self._phase: _Phase = upgrade if proxy is None else Tunnel(address, proxy)
        self._outgoing = [self._phase.request]
        first = address if proxy is None else proxy
        self.dial = Dial(first.host.strip("[]"), first.port, first.tls)
        self.over = False

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        random_bytes: RandomBytes,
        headers: HeadersInput = (),
        subprotocols: Sequence[str] = (),
        proxy: Proxy | str | None = None,
        compression: bool = True,
        max_size: int = DEFAULT_MAX_SIZE,
    ) -> "WebSocket":
        """Prepare a connection; nothing is sent until the caller does so.

        Args:
            url: ``ws://`` or ``wss://``.
            random_bytes: gives that many unpredictable bytes, such as :func:`os.urandom`: the
                handshake's key, and the mask of every frame.
            headers: sent with the handshake in addition to its own.
            subprotocols: offered to the server.
            proxy: an HTTP proxy, or its URL, credentials included.
            compression: whether permessage-deflate is offered.
            max_size: bytes of one message at most, unpacked; more closes with 1009.

        Raises:
            InvalidValueError: a URL, header or limit that cannot be used.
        """
        if max_size < 1:
            raise InvalidValueError(f"max_size={max_size!r}: must be 1 or more bytes")
        address = Address.parse(url)
        upgrade = Upgrade(
            address,
            nonce=random_bytes(16),
            headers=headers,
            subprotocols=subprotocols,
            compression=compression,
        )
        return cls(
            address,
            upgrade,
            random_bytes=random_bytes,
            max_size=max_size,
            proxy=Proxy.parse(proxy) if isinstance(proxy, str) else proxy,
        )

    # What the network does

    def receive_data(self, data: bytes) -> tuple[WebSocketEvent, ...]:
        """Take bytes that arrived, in pieces of any size; after the last event they are ignored."""
        events: list[WebSocketEvent] = []
        rest: bytes | None = data
        while rest and not self.over:
            rest = self._advance(rest, events)
        return tuple(events)

    def receive_eof(self) -> tuple[WebSocketEvent, ...]:
        """The peer closed its side, or the connection broke."""
        if self.over:
            return ()
        phase = self._phase
        outcome = phase.receive(b"") if isinstance(phase, Tunnel | Upgrade) else None
        lost = Failed("closed", "the connection ended without a close", code=1006)
        return (self._end(outcome if isinstance(outcome, Failed) else lost),)

    def tls_started(self) -> None:
        """The TLS handshake that ``ProxyReady`` asked for is done.

        Raises:
            ConnectionClosedError: it was not asked for, or the connection is over.
        """
        if self.over or not isinstance(self._phase, _AwaitingTls):
            raise ConnectionClosedError("no TLS handshake was asked for", sent=False)
        self._start_upgrade()

    def data_to_send(self) -> bytes:
        """What is to be written now, once."""
        if isinstance(self._phase, Frames):
            self._outgoing.append(self._phase.take())
        outgoing = b"".join(self._outgoing)
        self._outgoing.clear()
        return outgoing

    # What the caller does

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return not self.over and isinstance(self._phase, Frames) and self._phase.can_send

    def send_text(self, text: str) -> None:
        """Send one text message.

        Raises:
            ConnectionClosedError: the connection is not open, or is closing; nothing was sent.
            InvalidValueError: the text holds a lone surrogate, which UTF-8 cannot express.
        """
        frames = self._open()
        try:
            frames.send_text(text)
        except UnicodeEncodeError:
            raise InvalidValueError("text: holds a lone surrogate; remove it") from None

    def ping(self, payload: bytes = b"") -> None:
        """Send a ping frame, which the peer answers with a :class:`Pong` of the same payload.

        Raises:
            ConnectionClosedError: the connection is not open, or is closing; nothing was sent.
            InvalidValueError: the payload has more than 125 bytes.
        """
        if len(payload) > _MAX_CONTROL:
            raise InvalidValueError(f"ping payload of {len(payload)} bytes: at most {_MAX_CONTROL}")
        self._open().ping(payload)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Start the closing handshake; without effect once that has happened.

        Before the connection is open there is nobody to tell: close the socket.

        Raises:
            InvalidValueError: a code that must not be sent (RFC 6455, 7.4), or a reason of more
                than 123 bytes.
        """
        if code not in _SENDABLE_CODES:
            raise InvalidValueError(
                f"close code {code!r}: must be 1000 to 1003, 1007 to 1011 or 3000 to 4999"
            )
        payload = code.to_bytes(2, "big") + reason.encode("utf-8", "replace")
        if len(payload) > _MAX_CONTROL:
            raise InvalidValueError(f"close reason of {len(payload) - 2} bytes: at most 123")
        if self.is_open:
            self._open().close(payload)

    def __repr__(self) -> str:
        phase = "over" if self.over else type(self._phase).__name__.lstrip("_")
        return f"WebSocket({self._address!r}, {phase})"

    # Inside

    def _open(self) -> Frames:
        if isinstance(self._phase, Frames) and self.is_open:
            return self._phase
        raise ConnectionClosedError("the WebSocket is not open; nothing was sent", sent=False)

    def _advance(self, data: bytes, events: list[WebSocketEvent]) -> bytes | None:
        """Give bytes to the phase; returns those that belong to the next one."""
        phase = self._phase
        if isinstance(phase, Frames):
            events += phase.receive(data)
            self.over = phase.over
            return None
        if isinstance(phase, Tunnel):
            return self._tunnelled(phase.receive(data), events)
        if isinstance(phase, Upgrade):
            return self._upgraded(phase.receive(data), events)
        # Taken as the server's words they would let anybody on the way speak in its name.
        events.append(self._end(Failed("proxy", "data arrived before TLS started", code=1006)))
        return None

    def _tunnelled(
        self, outcome: bytes | Failed | None, events: list[WebSocketEvent]
    ) -> bytes | None:
        if outcome is None:
            return None
        if isinstance(outcome, Failed):
            events.append(self._end(outcome))
            return None
        events.append(ProxyReady(self._address.host.strip("[]"), self._address.tls))
        if self._address.tls:
            self._phase = _AwaitingTls()
        else:
            self._start_upgrade()
        return outcome

    def _start_upgrade(self) -> None:
        self._phase = self._upgrade
        self._outgoing.append(self._upgrade.request)

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
