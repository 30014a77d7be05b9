"""The way to an origin: directly or through a proxy, and with which TLS settings.

Invariants: connections are shared by requests of equal routes, and by no others. To find the route of
a URL whose origin was seen before costs one look-up.
"""

from collections.abc import Hashable
from typing import Final

from msgspec import Struct

from genesys_core.transport.origins import Origin
from genesys_core.transport.proxies import Proxy, ProxySettings

__all__ = ["Route", "Router"]

_MOST_KNOWN: Final = 1000
"""Beginnings of URLs remembered at most: more origins than any program talks to at a time."""


class Route(Struct, frozen=True, cache_hash=True):
    """The way to an origin; the key of :class:`~genesys_core.transport.pool.Pool`.

    Attributes:
        origin: where it leads.
        proxy: what it leads through.
        is_tunnel: whether an HTTP proxy on the way only carries bytes (``CONNECT``). Else it is
            given the requests themselves, with the absolute URL as their target (RFC 9112, 3.2.2).
        tls: stands for the TLS settings.
    """

    origin: Origin
    proxy: Proxy | None = None
    is_tunnel: bool = False
    tls: Hashable = None

    @property
    def is_forwarded(self) -> bool:
        """Whether requests are given to an HTTP proxy, which may answer them itself."""
        return self.proxy is not None and not self.is_tunnel and not self.proxy.is_socks


class Router:
    """Finds the route of each URL.

    Args:
        proxies: which proxy each origin goes through.
        tls: stands for the TLS settings of all routes.
        always_tunnel: whether an HTTP proxy has to carry bytes also where no TLS is spoken, as
            WebSocket wants it (RFC 6455, 4.1).
    """

    def __init__(
        self, proxies: ProxySettings, *, tls: Hashable = None, always_tunnel: bool = False
    ) -> None:
        self._proxies = proxies
        self._tls = tls
        self._always_tunnel = always_tunnel
        self._known: dict[str, Route] = {}

    def route(self, url: str) -> Route:
        """The route of an absolute URL.

        Raises:
            InvalidValueError: a URL that leads nowhere.
        """
        end = url.find("/", 8)  # behind "https://"
        start = url if end < 0 else url[:end]
        route = self._known.get(start)
        return self._find(start) if route is None else route

    def _find(self, start: str) -> Route:
        origin = Origin.parse(start)
        proxy = self._proxies.proxy_for(origin)
        tunnel = proxy is not None and not proxy.is_socks
        tunnel = tunnel and (self._always_tunnel or origin.scheme == "https")
        route = Route(origin, proxy, tunnel, self._tls)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[start] = route
        return route
