"""Events of a WebSocket connection.

Invariants: every network event is one of these values. Each connection ends with exactly one
:class:`Closed` or :class:`Failed`. No event shows the URL's path, because it contains the channel
id, and anyone who knows that id can receive the channel's events.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

from msgspec import Struct

from genesys_core.http.headers import Headers

__all__ = [
    "Closed",
    "Failed",
    "FailedKind",
    "HandshakeDone",
    "Pong",
    "RandomBytes",
    "Text",
    "WebSocketEvent",
]

RandomBytes: TypeAlias = Callable[[int], bytes]
"""A function that returns the given number of unpredictable bytes; usually :func:`os.urandom`."""


class HandshakeDone(Struct, frozen=True):
    """The connection is open: messages can be sent and received.

    Attributes:
        subprotocol: the subprotocol that the server selected; ``None`` if it selected none.
        extensions: the extensions that the server accepted, such as ``permessage-deflate``.
        headers: the response's headers.
    """

    subprotocol: str | None
    extensions: tuple[str, ...]
    headers: Headers


class Text(Struct, frozen=True, gc=False):
    """A complete text message, reassembled from its frames."""

    data: str


class Pong(Struct, frozen=True, gc=False):
    """A pong frame, solicited or not. Pings from the peer are answered automatically."""

    payload: bytes


class Closed(Struct, frozen=True):
    """The closing handshake is complete. All messages that the peer sent have been received.

    Attributes:
        code: the peer's close code; 1005 if it sent none (RFC 6455 section 7.1.5).
        reason: the peer's close reason, often empty.
    """

    code: int
    reason: str


FailedKind: TypeAlias = Literal[
    "connect", "timeout", "proxy", "tls", "handshake", "protocol", "too_big", "binary", "closed"
]
"""The cause of a failure. Only adapters report ``connect``, ``timeout``, ``proxy`` and ``tls``. The
others mean that the server rejected the handshake or responded incorrectly, that a frame violated RFC
6455, that a message exceeded the limit, that a message was binary, or that the connection broke or
closed without a close frame.
"""


class Failed(Struct, frozen=True):
    """The connection failed, and messages may have been lost.

    Attributes:
        kind: the kind of failure.
        message: a description of the failure.
        status: the HTTP status, if the server rejected the handshake.
        headers: the headers of the response that rejected the handshake.
        code: the close code that was sent to the peer, or 1006 (RFC 6455 section 7.1.5).
    """

    kind: FailedKind
    message: str
    status: int | None = None
    headers: Headers = Headers()
    code: int | None = None


WebSocketEvent: TypeAlias = HandshakeDone | Text | Pong | Closed | Failed
"""The events that ``receive_data`` and ``receive_eof`` return."""
