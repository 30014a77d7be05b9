"""Routes to origins: direct or through a proxy, with TLS settings.

Invariants: two requests can share a connection if, and only if, their routes are equal. Finding the
route of a known origin costs one lookup.
"""

from collections.abc import Hashable
from typing import Final

from msgspec import Struct

from genesys_core.transport.origins import Origin
from genesys_core.transport.proxies import Proxy, ProxySettings

__all__ = ["Route", "Router"]

_MOST_KNOWN: Final = 1000
"""Maximum number of cached URL prefixes; few programs use that many origins."""


class Route(Struct, frozen=True, cache_hash=True):
    """The route to an origin; connections with the same route are interchangeable in the pool.

    Attributes:
        origin: the destination.
        proxy: the proxy, if any.
        is_tunnel: whether requests are sent through a tunnel in an HTTP proxy (``CONNECT``).
            Otherwise, an HTTP proxy receives the requests themselves, with the absolute URL as
            their target (RFC 9112 section 3.2.2).
        tls: an object that identifies the TLS settings.
    """

    origin: Origin
    proxy: Proxy | None = None
    is_tunnel: bool = False
    tls: Hashable = None

    @property
    def is_forwarded(self) -> bool:
        """Whether requests go through a forwarding HTTP proxy, which may send its own responses."""
        return self.proxy is not None and not self.is_tunnel and not self.proxy.is_socks


class Router:
    """Finds the route of each URL.

    Args:
        proxies: the proxy settings.
        tls: an object that identifies the TLS settings of all routes.
        always_tunnel: whether an HTTP proxy must open a tunnel even without TLS, as WebSocket
            requires (RFC 6455 section 4.1).
    """

    def __init__(
        self, proxies: ProxySettings, *, tls: Hashable = None, always_tunnel: bool = False
    ) -> None:
        self._proxies = proxies
        self._tls = tls
        self._always_tunnel = always_tunnel
        self._known: dict[str, Route] = {}

    def route(self, url: str) -> Route:
        """Return the route for an absolute URL.

        Raises:
            InvalidValueError: the URL is invalid.
        """
        end = url.find("/", 8)  # after "https://"
        start = url if end == -1 else url[:end]
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
