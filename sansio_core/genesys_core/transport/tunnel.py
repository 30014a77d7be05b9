"""Tunnels through an HTTP proxy with ``CONNECT`` (RFC 9110 section 9.3.6).

Invariants: sans-IO, with the same limits as for any other response. The CONNECT request contains no
header meant for the origin, and no part of the proxy's response is parsed as a response of the
origin. Error messages never quote text from the proxy.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from genesys_core.http.headers import Headers
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.messages import Request, TransportFailure
from genesys_core.transport.proxies import Proxy
from genesys_core.version import USER_AGENT

__all__ = ["Tunnel", "TunnelRefused"]

# RFC 8446 section 5.1: the first byte of an alert or a handshake record.
_TLS_RECORDS: Final = frozenset({b"\x15", b"\x16"})


class TunnelRefused(Struct, frozen=True):
    """The proxy refused the tunnel.

    Attributes:
        reason: the reason, as a sentence without a subject, such as ``closed the connection``.
        status: the HTTP status of the proxy's response, if there was a response.
    """

    reason: str
    status: int | None = None


class Tunnel:
    """A ``CONNECT`` exchange: send :attr:`request`, then call :meth:`receive` until it has a result.

    Args:
        authority: ``host:port`` of the origin.
        proxy: the proxy; its credentials are sent with the request.
        headers: additional headers for the proxy.

    Attributes:
        request: the bytes to send.
    """

    def __init__(
        self,
        authority: str,
        proxy: Proxy,
        *,
        headers: Iterable[tuple[str, str]] = (("User-Agent", USER_AGENT),),
    ) -> None:
        self._http = HTTP1Connection()
        fields = Headers((*headers, *proxy.credentials()))
        # The scheme is not sent: the target is host and port (RFC 9112 section 3.2.3).
        self.request: bytes = self._http.send(Request("CONNECT", f"http://{authority}", fields))
        self._first = b""

    def receive(self, data: bytes) -> bytes | TunnelRefused | None:
        """Process received bytes; ``b""`` means that the proxy closed the connection.

        Returns:
            The bytes after the response once the tunnel is open (normally none), a refusal, or
            ``None`` while the response is incomplete.
        """
        # Recognizes a proxy that expects TLS: it responds with a TLS record, not with HTTP.
        self._first = self._first or data[:1]
        try:
            head = self._http.receive_head(data)
        except TransportFailure as failure:
            return TunnelRefused(self._problem(failure))
        if head is None:
            return None
        if 200 <= head.status < 300:
            return self._http.leftover
        return TunnelRefused(_reason(head.status), head.status)

    def _problem(self, failure: TransportFailure) -> str:
        if failure.kind == "closed":
            return "closed the connection without responding to CONNECT"
        if self._first in _TLS_RECORDS:
            return "responded with TLS; use https:// in its URL"
        return "responded to CONNECT with something other than HTTP/1.1"


def _reason(status: int) -> str:
    if status == 407:
        return "refused the tunnel: proxy authentication failed (407)"
    return f"refused the tunnel (status {status})"
