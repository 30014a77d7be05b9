"""TLS as bytes in, bytes out: for event loops whose own TLS resumes no session, and for TLS in TLS.

Invariants: nothing here touches a socket. Whoever moves the bytes sends what :meth:`TlsBytes.take`
returns after every other step, and passes what arrived to :meth:`TlsBytes.feed`.
"""

import ssl
from typing import Final

__all__ = ["TlsBytes", "tls_reason"]

_RECORD: Final = 16_384
"""Bytes of a TLS record at most (RFC 8446, 5.1)."""


def tls_reason(error: ssl.SSLError) -> tuple[str | None, str | None]:
    """OpenSSL's reason, and why a certificate was not accepted, if that is it."""
    # Python gives an end of the connection no reason.
    ended = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    reason = error.reason or ("UNEXPECTED_EOF_WHILE_READING" if ended else None)
    words = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else None
    return reason, words


class TlsBytes:
    """The client's side of one TLS connection.

    Args:
        context: who is trusted.
        server_name: the name to verify and to send.
        session: one to resume.
    """

    def __init__(
        self, context: ssl.SSLContext, server_name: str, session: ssl.SSLSession | None = None
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=server_name, session=session
        )

    def feed(self, data: bytes) -> None:
        """Take bytes of the peer; ``b""`` means that the connection under TLS ended."""
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def take(self) -> bytes:
        """The bytes to send to the peer; to be asked for after every other step."""
        return self._outgoing.read()

    def shake_hands(self) -> bool:
        """Go on with the handshake; whether it is done.

        Raises:
            ssl.SSLError: it failed.
        """
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def write(self, data: bytes | memoryview) -> None:
        """Encrypt data; :meth:`take` has it then.

        Raises:
            ssl.SSLError: TLS broke.
        """
        view = memoryview(data)
        while view:
            view = view[self._tls.write(view) :]

    def read(self, size: int = 4 * _RECORD) -> bytes | None:
        """The next bytes of content; ``b""`` at its end, announced as TLS wants it.

        Returns:
            Content, or ``None`` if more bytes must be fed first.

        Raises:
            ssl.SSLEOFError: the connection ended without TLS saying so.
            ssl.SSLError: TLS broke.
        """
        pieces: list[bytes] = []
        left = size
        try:
            while left > 0 and (piece := self._tls.read(left)):
                pieces.append(piece)
                left -= len(piece)
        except ssl.SSLWantReadError:
            return b"".join(pieces) if pieces else None
        except ssl.SSLZeroReturnError:
            pass
        except ssl.SSLError:
            if not pieces:
                raise
        return b"".join(pieces)

    def has_content(self) -> bool:
        """Whether content, or an end, is there: more than tickets and the like.

        To be asked where none is expected; a byte of it is lost.
        """
        try:
            self._tls.read(1)
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError:
            return True
        return True

    @property
    def alpn(self) -> str | None:
        """The protocol that the peer chose."""
        return self._tls.selected_alpn_protocol()

    @property
    def session(self) -> ssl.SSLSession | None:
        """The session, to be resumed by another connection; with TLS 1.3 it comes after a while."""
        return self._tls.session
