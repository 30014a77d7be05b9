"""``CONNECT``: how an HTTP proxy is asked to carry bytes to a host (RFC 9110, 9.3.6).

Invariants: bytes in, bytes out, with the limits of every other response. Headers and bodies of the
origin never go to the proxy here, and nothing of the proxy's reply goes to the origin's reader. What
the proxy said is never quoted.
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

# RFC 8446, 5.1: the first byte of an alert or a handshake record.
_TLS_RECORDS: Final = frozenset({b"\x15", b"\x16"})


class TunnelRefused(Struct, frozen=True):
    """A proxy that opens no tunnel.

    Attributes:
        reason: why, in words that follow the proxy's name.
        status: the status of its reply, if it was one.
    """

    reason: str
    status: int | None = None


class Tunnel:
    """One ``CONNECT``: :attr:`request` out, then :meth:`receive` until it is decided.

    Args:
        authority: ``host:port`` of the origin.
        proxy: whose credentials are sent.
        headers: sent to the proxy besides.

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
        self.request: bytes = self._http.send(Request("CONNECT", f"http://{authority}", fields))
        self._first = b""

    def receive(self, data: bytes) -> bytes | TunnelRefused | None:
        """Take bytes of the proxy; ``b""`` means that it closed.

        Returns:
            What came behind the reply once the tunnel is open (normally nothing), a refusal, or
            ``None`` while the reply is not complete.
        """
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
            return "closed the connection instead of answering CONNECT"
        if self._first in _TLS_RECORDS:
            return "answered in TLS; write its URL with https://"
        return "answered CONNECT with something that is not HTTP/1.1"


def _reason(status: int) -> str:
    if status == 407:
        return "refused the tunnel: proxy authentication failed (407)"
    return f"refused the tunnel (status {status})"
