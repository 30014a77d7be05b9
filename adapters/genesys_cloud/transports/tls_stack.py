"""The layers of TLS on one connection: none, one, or TLS to an origin inside TLS to a proxy.

Invariants: bytes go out through every layer from the innermost to the outermost, and come in the other
way round. An end that TLS did not announce is an error, so that nothing cut off counts as whole.
"""

import ssl
from collections.abc import Hashable, Sequence

from genesys_cloud.transports.connection_settings import TlsSessions
from genesys_cloud.transports.tls_bytes import TlsBytes

__all__ = ["TlsStack"]


class TlsStack:
    """Layers of TLS, the outermost first; without any, bytes pass as they are.

    Attributes:
        layers: the layers.
        ended: whether no more content comes.
        error: why not, if TLS broke; what came before counts all the same.
    """

    __slots__ = ("_keys", "ended", "error", "layers")

    def __init__(self) -> None:
        self.layers: list[TlsBytes] = []
        self._keys: list[Hashable] = []  # of the layers whose sessions are still to be kept
        self.ended = False
        self.error: ssl.SSLError | None = None

    def push(self, layer: TlsBytes, session_key: Hashable) -> None:
        """Have bytes pass through one more layer, inside all others; its handshake is done."""
        self.layers.append(layer)
        self._keys.append(session_key)

    def keep_sessions(self, sessions: TlsSessions) -> None:
        """Keep the sessions of all layers, once the peer has given tickets for them."""
        if self._keys:
            for layer, key in zip(self.layers, self._keys, strict=True):
                sessions.keep(key, layer.session)
            self._keys.clear()

    def encrypt(self, data: bytes | memoryview) -> bytes | memoryview:
        """The bytes that carry content to the peer.

        Raises:
            ssl.SSLError: a layer broke.
        """
        for layer in reversed(self.layers):
            layer.write(data)
            data = layer.take()
        return data

    def decrypt(self, data: bytes) -> bytes:
        """The content in bytes of the peer, which may be none; see :attr:`ended` for its end.

        Args:
            data: ``b""`` means that the connection ended.
        """
        return self._decrypt(self.layers, data)

    def _decrypt(self, layers: Sequence[TlsBytes], data: bytes) -> bytes:
        if not layers:
            self.ended = self.ended or not data
            return data
        layer, inner = layers[0], layers[1:]
        layer.feed(data)
        pieces: list[bytes] = []
        ended = False
        try:
            while piece := layer.read():
                pieces.append(piece)
            ended = piece is not None
        except ssl.SSLError as error:
            self.error, self.ended = error, True
        content = self._decrypt(inner, b"".join(pieces)) if pieces else b""
        return content + self._decrypt(inner, b"") if ended else content

    def answers(self) -> bytes | memoryview:
        """What layers have to say of their own accord, such as the answer to a key update."""
        out = b""
        for index, layer in enumerate(self.layers):
            data: bytes | memoryview = layer.take()
            for outer in reversed(self.layers[:index] if data else ()):
                outer.write(data)
                data = outer.take()
            out += data
        return out

    def has_content(self) -> bool:
        """Whether there is content, or an end, that nobody asked for."""
        return self.ended or any(layer.has_content() for layer in self.layers)
