"""The TLS layers of one connection: none, one, or TLS to an origin inside TLS to a proxy.

Invariants: outgoing bytes pass through all layers from the innermost to the outermost, incoming
bytes in the opposite order. An end without ``close_notify`` is an error, so truncated data never
counts as complete.
"""

import ssl
from collections.abc import Hashable

from genesys_cloud.transports.connection_settings import TlsSessions
from genesys_cloud.transports.tls_bytes import TlsBytes

__all__ = ["TlsStack"]


class TlsStack:
    """The TLS layers of a connection; without layers, bytes pass through unchanged.

    Attributes:
        layers: the TLS layers, outermost first.
        ended: whether the end of the peer's content was received.
        error: the TLS error that ended the content; content received before the error is valid.
    """

    __slots__ = ("_keys", "ended", "error", "layers")

    def __init__(self) -> None:
        self.layers: list[TlsBytes] = []
        self._keys: list[Hashable] = []  # of the layers whose sessions are not stored yet
        self.ended = False
        self.error: ssl.SSLError | None = None

    def push(self, layer: TlsBytes, session_key: Hashable) -> None:
        """Add a layer inside the existing layers; the new layer's handshake must be complete."""
        self.layers.append(layer)
        self._keys.append(session_key)

    def keep_sessions(self, sessions: TlsSessions) -> None:
        """Store the TLS sessions of all layers; called once session tickets have arrived."""
        if self._keys:
            for layer, key in zip(self.layers, self._keys, strict=True):
                sessions.keep(key, layer.session)
            self._keys.clear()

    def encrypt(self, data: bytes | memoryview) -> bytes | memoryview:
        """Encrypt content with all layers, and return the bytes to send to the peer.

        Raises:
            ssl.SSLError: a TLS layer failed.
        """
        for layer in reversed(self.layers):
            layer.write(data)
            data = layer.take()
        return data

    def decrypt(self, data: bytes) -> bytes:
        """Decrypt bytes from the peer, and return the content, which may be empty.

        Args:
            data: bytes from the peer; ``b""`` means that the connection ended.
        """
        ended = not data
        for layer in self.layers:
            if data:
                layer.feed(data)
            # If a layer's content ends, the input of the next inner layer ends; the inner layer then
            # decides whether its own content is truncated.
            if ended:
                layer.feed(b"")
            pieces: list[bytes] = []
            ended = False
            try:
                while not (ended or layer.is_drained) and (piece := layer.read()) is not None:
                    pieces.append(piece)
                    ended = not piece
            except ssl.SSLError as error:
                self.error, self.ended = error, True
            data = b"".join(pieces)
            if not (data or ended):
                return b""  # part of a record, or a record without content
        self.ended = self.ended or ended
        return data

    def answers(self) -> bytes | memoryview:
        """Return the bytes that the TLS layers must send, such as a response to a key update."""
        out = b""
        # The bytes that an inner layer sends are content of the layers around it.
        for index, layer in enumerate(self.layers):
            data: bytes | memoryview = layer.take()
            for outer in reversed(self.layers[:index] if data else ()):
                outer.write(data)
                data = outer.take()
            out += data
        return out

    def has_content(self) -> bool:
        """Return whether unsolicited application data, or the end of the stream, has arrived."""
        return self.ended or any(layer.has_content() for layer in self.layers)
