"""A sans-IO WebSocket client (RFC 6455)."""

from typing import TYPE_CHECKING

from genesys_core._lazy import export_lazily

if TYPE_CHECKING:
    from genesys_core.websocket.connection import DEFAULT_MAX_SIZE as DEFAULT_MAX_SIZE
    from genesys_core.websocket.connection import WebSocket as WebSocket
    from genesys_core.websocket.events import Closed as Closed
    from genesys_core.websocket.events import Failed as Failed
    from genesys_core.websocket.events import FailedKind as FailedKind
    from genesys_core.websocket.events import HandshakeDone as HandshakeDone
    from genesys_core.websocket.events import Pong as Pong
    from genesys_core.websocket.events import RandomBytes as RandomBytes
    from genesys_core.websocket.events import Text as Text
    from genesys_core.websocket.events import WebSocketEvent as WebSocketEvent
    from genesys_core.websocket.handshake import WebSocketAddress as WebSocketAddress

export_lazily(
    globals(),
    {
        "genesys_core.websocket.connection": "DEFAULT_MAX_SIZE WebSocket",
        "genesys_core.websocket.events": (
            "Closed Failed FailedKind HandshakeDone Pong RandomBytes Text WebSocketEvent"
        ),
        "genesys_core.websocket.handshake": "WebSocketAddress",
    },
)
