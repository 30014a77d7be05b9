"""``CONNECT``: how an HTTP proxy is asked to carry bytes to a host (RFC 9110, 9.3.6).

Invariants: bytes in, bytes out, on h11. Headers and bodies of the origin never go to the proxy here,
and nothing of the proxy's reply goes to the origin's reader. What the proxy said is never quoted.
"""

from collections.abc import Iterable
from typing import Final

import h11
from msgspec import Struct

from genesys_core.transport.proxies import Proxy
from genesys_core.version import USER_AGENT

__all__ = ["Tunnel", "TunnelRefused"]

_MAX_HEAD: Final = 64 * 1024
"""Bytes of a response head at most, as for HTTP elsewhere in this library."""

# RFC 8446, 5.1: the first byte of an alert or a handshake record.
_TLS_RECORDS: Final = frozenset({b"\x15", b"\x16"})

_MAX_INFORMATIONAL: Final = 100
"""Responses with a status below 200 at most: a limit against a proxy that sends them for ever."""


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
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)
        fields = [("Host", authority), *headers, *proxy.credentials()]
        request = h11.Request(
            method="CONNECT",
            target=authority,
            headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in fields],
        )
        self.request: bytes = self._http.send(request) or b""
        self._http.send(h11.EndOfMessage())
        self._informational = 0
        self._first = b""

    def receive(self, data: bytes) -> bytes | TunnelRefused | None:
        """Take bytes of the proxy; ``b""`` means that it closed.

        Returns:
            What came behind the reply once the tunnel is open (normally nothing), a refusal, or
            ``None`` while the reply is not complete.
        """
        self._first = self._first or data[:1]
        try:
            self._http.receive_data(data)
            return self._next()
        except h11.RemoteProtocolError:
            if self._first in _TLS_RECORDS:
                return TunnelRefused("answered in TLS; write its URL with https://")
            if data:
                return TunnelRefused("answered CONNECT with something that is not HTTP/1.1")
            return TunnelRefused("closed the connection instead of answering CONNECT")

    def _next(self) -> bytes | TunnelRefused | None:
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Response):
                if 200 <= event.status_code < 300:
                    return self._http.trailing_data[0]
                return TunnelRefused(_reason(event.status_code), event.status_code)
            if not isinstance(event, h11.InformationalResponse):
                return None
            self._informational += 1
            if self._informational > _MAX_INFORMATIONAL:
                return TunnelRefused("sent nothing but informational responses")


def _reason(status: int) -> str:
    if status == 407:
        return "refused the tunnel: proxy authentication failed (407)"
    return f"refused the tunnel (status {status})"
