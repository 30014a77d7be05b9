"""What a WebSocket connection reports.

Law: everything that the network does to a connection is one of these values, and the last one is
:class:`Closed` or :class:`Failed`, exactly once. Nothing in them shows the path of the address:
the channel id in it is all that a stranger needs to read the channel.
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
"""A source of that many unpredictable bytes, such as :func:`os.urandom`. The core has none."""


class HandshakeDone(Struct, frozen=True):
    """The connection is open: texts can be sent, and will arrive.

    Attributes:
        subprotocol: what the server chose of those offered.
        extensions: what the server accepted, as it wrote it, such as ``permessage-deflate``.
        headers: the response's headers.
    """

    subprotocol: str | None
    extensions: tuple[str, ...]
    headers: Headers


class Text(Struct, frozen=True, gc=False):
    """One whole text message, however many frames and reads it came in."""

    data: str


class Pong(Struct, frozen=True, gc=False):
    """The peer answered a ping frame, or sent a pong unasked. Pings are answered by themselves."""

    payload: bytes


class Closed(Struct, frozen=True):
    """The closing handshake is done. Nothing the peer sent before it is missing.

    Attributes:
        code: the peer's close code; 1005 if it gave none (RFC 6455, 7.1.5).
        reason: the peer's words, often empty.
    """

    code: int
    reason: str


FailedKind: TypeAlias = Literal[
    "connect", "timeout", "proxy", "tls", "handshake", "protocol", "too_big", "binary", "closed"
]
"""What broke: ``connect``, ``timeout``, ``proxy`` and ``tls`` are reported by adapters, the others here:
the server refused or botched the handshake, a frame broke RFC 6455, a message was
longer than allowed, a message was binary, or the connection ended without a close frame."""


class Failed(Struct, frozen=True):
    """The connection is over, and messages may be missing.

    Attributes:
        kind: what broke.
        message: the same in words.
        status: the HTTP status, where the server refused.
        headers: the headers of that response.
        code: the close code that was sent to the peer, or 1006 (RFC 6455, 7.1.5).
    """

    kind: FailedKind
    message: str
    status: int | None = None
    headers: Headers = Headers()
    code: int | None = None


WebSocketEvent: TypeAlias = HandshakeDone | Text | Pong | Closed | Failed
"""What ``receive_data`` and ``receive_eof`` return."""
