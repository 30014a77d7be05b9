"""TLS without I/O, from bytes to bytes: for event loops, and for TLS inside TLS.

The TLS streams of asyncio and trio are not used, because they cannot resume sessions.

Invariants: no I/O. The caller passes received bytes to :meth:`TlsBytes.feed` and, after each call
of a method, sends the result of :meth:`TlsBytes.take`.
"""

import ssl
from typing import Final

__all__ = ["TlsBytes", "tls_reason"]

_RECORD: Final = 16_384
"""Maximum size of a TLS record's content in bytes (RFC 8446, 5.1)."""


def tls_reason(error: ssl.SSLError) -> tuple[str | None, str | None]:
    """Return OpenSSL's reason for an error and for rejecting a certificate; each may be ``None``."""
    # Python provides no reason for an end of the connection, and errors that were not raised by
    # OpenSSL lack the attributes.
    ended = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    reason = getattr(error, "reason", None) or ("UNEXPECTED_EOF_WHILE_READING" if ended else None)
    return reason, getattr(error, "verify_message", None)


class TlsBytes:
    """The client side of one TLS connection.

    Args:
        context: the SSL context of the connection.
        server_name: the server's name, which is sent (SNI) and verified in its certificate.
        session: a TLS session to resume; ``None`` for a full handshake.
    """

    def __init__(
        self, context: ssl.SSLContext, server_name: str, session: ssl.SSLSession | None = None
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._has_ended = False  # the next read returns or raises the end again
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=server_name, session=session
        )

    def feed(self, data: bytes) -> None:
        """Process bytes from the peer; ``b""`` means that the connection ended."""
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def take(self) -> bytes:
        """Return the bytes to send to the peer; call this after each call of another method."""
        return self._outgoing.read()

    def shake_hands(self) -> bool:
        """Continue the handshake; return whether it is complete.

        Raises:
            ssl.SSLError: the handshake failed.
        """
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def write(self, data: bytes | memoryview) -> None:
        """Encrypt data; :meth:`take` then returns the bytes to send.

        Raises:
            ssl.SSLError: the TLS connection failed.
        """
        # Python enables OpenSSL's partial writes, so each call encrypts at most one record.
        view = memoryview(data)
        while view:
            view = view[self._tls.write(view) :]

    def read(self, size: int = 4 * _RECORD) -> bytes | None:
        """Return the next bytes of content; ``b""`` after ``close_notify``.

        Returns:
            The content, or ``None`` if more bytes must be fed first.

        Raises:
            ssl.SSLEOFError: the connection ended without ``close_notify``.
            ssl.SSLError: the TLS connection failed.
        """
        pieces: list[bytes] = []
        left = size
        try:
            while left > 0:
                piece = self._tls.read(left)
                if not piece:
                    self._has_ended = True
                    break
                pieces.append(piece)
                left -= len(piece)
                if self.is_drained:
                    break
        except ssl.SSLWantReadError:
            return b"".join(pieces) if pieces else None
        except ssl.SSLError as error:
            self._has_ended = True
            # Content from before the error is valid, so return it; the next read raises the error.
            if not (pieces or isinstance(error, ssl.SSLZeroReturnError)):
                raise
        return b"".join(pieces)

    @property
    def is_drained(self) -> bool:
        """Whether a read would return ``None``, because more bytes must be fed first.

        This check is much faster than attempting a read and catching OpenSSL's exception.
        """
        incoming = self._incoming
        return not (incoming.pending or incoming.eof or self._has_ended or self._tls.pending())

    def has_content(self) -> bool:
        """Whether application data or the end of the stream has arrived.

        Session tickets and other handshake messages do not count. A byte of application data is
        consumed, so call this only if no data is expected.
        """
        if self.is_drained:
            return False
        try:
            self._tls.read(1)
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError:
            return True
        return True

    @property
    def alpn(self) -> str | None:
        """The application protocol that ALPN selected; ``None`` if it selected none."""
        return self._tls.selected_alpn_protocol()

    @property
    def session(self) -> ssl.SSLSession | None:
        """The TLS session for later connections; with TLS 1.3 it arrives after the handshake."""
        return self._tls.session
