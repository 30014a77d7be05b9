"""How a client's notification sockets are made: its proxy, its TLS, its environment.

Law: a socket goes where the client's requests go. What cannot be used is an error when the handler is
made, and shows no password.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from msgspec.structs import replace

from genesys_cloud.notifications.websocket_stream import SocketOptions
from genesys_cloud.transports.network_options import NetworkOptions
from genesys_cloud.transports.tls import shared_context
from genesys_core.http.headers import Headers
from genesys_core.version import USER_AGENT
from genesys_core.websocket.connection import Proxy

__all__ = ["socket_options"]


def socket_options(
    network: NetworkOptions, *, proxy: str | None, headers: Mapping[str, str] | None
) -> SocketOptions:
    """How a handler's sockets are made.

    Args:
        network: what the client was told of connections.
        proxy: the handler's own proxy, which wins.
        headers: sent with each handshake.

    Raises:
        InvalidValueError: a proxy or header that cannot be used.
        ConfigurationError: a CA or certificate that cannot be used.
    """
    trust_env = network.get("trust_env", True)
    tls = shared_context(network.get("verify", True), network.get("cert"), trust_env=trust_env)
    given, auth = proxy or network.get("proxy"), None if proxy else network.get("proxy_auth")
    return SocketOptions(
        tls=tls,
        proxy=_always(_parsed(given, auth)) if given else _environment if trust_env else _never,
        headers=Headers({"User-Agent": USER_AGENT}).updated(headers or {}),
    )


def _parsed(url: str, auth: tuple[str, str] | None = None) -> Proxy:
    proxy = Proxy.parse(url if "://" in url else f"http://{url}")
    return proxy if auth is None else replace(proxy, username=auth[0], password=auth[1])


def _always(proxy: Proxy) -> Callable[[str], Proxy | None]:
    return lambda _: proxy


def _never(_: str) -> None:
    return None


def _environment(url: str) -> Proxy | None:
    """The proxy that ``HTTPS_PROXY``, ``HTTP_PROXY`` or ``ALL_PROXY`` names, ``NO_PROXY`` aside."""
    parts, proxies = urlsplit(url), getproxies()
    scheme = "https" if parts.scheme == "wss" else "http"
    found = proxies.get(scheme) or proxies.get("all")
    if not found or proxy_bypass(parts.netloc):
        return None
    return _parsed(found)
