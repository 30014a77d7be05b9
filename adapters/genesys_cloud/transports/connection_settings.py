"""Settings shared by the socket transports: proxies, TLS contexts, TLS sessions and pool limits.

Invariants: unusable settings raise an error when the transport is created, and the error contains
no password. The environment is read only when the transport is created, and only if it is trusted.
"""

import os
import ssl
import sys
from collections.abc import Callable, Hashable
from importlib.util import find_spec
from typing import Final

from genesys_cloud.transports.network_options import NetworkOptions, checked_network
from genesys_cloud.transports.tls import shared_context
from genesys_core.errors import ConfigurationError, InvalidValueError
from genesys_core.http.redaction import DEFAULT_REDACTION
from genesys_core.transport.pool import PoolLimits
from genesys_core.transport.proxies import Proxy, ProxySettings
from genesys_core.transport.routes import Router

__all__ = ["ConnectionSettings", "TlsSessions", "proxy_settings"]

_MOST_SESSIONS: Final = 1000


class TlsSessions:
    """TLS sessions that later connections on the same route may resume (RFC 8446, 2.2).

    Thread-safe, because every access is one dictionary operation.
    """

    def __init__(self) -> None:
        self._sessions: dict[Hashable, ssl.SSLSession] = {}

    def find(self, key: Hashable) -> ssl.SSLSession | None:
        """Return the latest TLS session with this key; ``None`` if no session is stored."""
        return self._sessions.get(key)

    def keep(self, key: Hashable, session: ssl.SSLSession | None) -> None:
        """Store a TLS session for the next connection with this key."""
        # Without a ticket a client cannot resume a TLS 1.3 session (RFC 8446, 4.6.1).
        if session is not None and session.has_ticket:
            # Losing sessions only costs full handshakes, so all are removed when there are too many.
            if len(self._sessions) >= _MOST_SESSIONS:
                self._sessions.clear()
            self._sessions[key] = session


class ConnectionSettings:
    """The settings of a transport's connections.

    Args:
        network: the connection options.
        limits: limits of the connection pool; ``None`` for the defaults.
        always_tunnel: whether an HTTP proxy must open a tunnel even without TLS.

    Attributes:
        router: the router that finds the route of each URL.
        limits: limits of the connection pool.
        tls_context: a function that returns the TLS context, which is created on first use.
        tls_sessions: the TLS sessions that later connections may resume.

    Raises:
        ConfigurationError: a proxy, CA or certificate is unusable.
    """

    router: Router
    limits: PoolLimits
    tls_context: Callable[[], ssl.SSLContext]
    tls_sessions: TlsSessions

    def __init__(
        self,
        network: NetworkOptions | None = None,
        *,
        limits: PoolLimits | None = None,
        always_tunnel: bool = False,
    ) -> None:
        network = checked_network(network)
        trust_env = network.get("trust_env", True)
        verify, cert = network.get("verify", True), network.get("cert")
        self.tls_context = shared_context(verify, cert, trust_env=trust_env)
        proxies = proxy_settings(
            network.get("proxy"), network.get("proxy_auth"), trust_env=trust_env
        )
        _require_socks(proxies)
        self.router = Router(proxies, always_tunnel=always_tunnel)
        self.limits = limits or PoolLimits()
        self.tls_sessions = TlsSessions()


def proxy_settings(
    proxy: object, auth: tuple[str, str] | None = None, *, trust_env: bool
) -> ProxySettings:
    """Return the settings that select the proxy for each URL.

    Args:
        proxy: URL of a proxy for all requests; ``None`` uses the environment and system settings.
        auth: user name and password for the proxy, which override those in the proxy's URL.
        trust_env: whether to use environment and system settings.

    Raises:
        ConfigurationError: the proxy is unusable, or there are credentials without a proxy.
    """
    if proxy is not None:
        try:
            return ProxySettings.always(Proxy.parse(str(proxy), auth=auth))
        except InvalidValueError as error:
            shown = DEFAULT_REDACTION.shown_url(str(proxy))
            words = str(error).removeprefix("proxy: ")
            raise ConfigurationError(f"proxy {shown!r}: {words}") from None
    if auth is not None:
        raise ConfigurationError("proxy_auth: requires proxy=; pass both")
    if not trust_env or not _may_have_proxies():
        return ProxySettings()
    from urllib.request import getproxies, getproxies_environment  # noqa: PLC0415 - slow to import

    # The system's exceptions (macOS, Windows) apply only if the environment has no proxy.
    bypass = None if getproxies_environment() else _bypasses
    return ProxySettings.from_environment(getproxies(), bypass=bypass)


def _may_have_proxies() -> bool:
    """Return whether the standard library may find proxies, without importing ``urllib.request``."""
    has_settings = sys.platform in {"darwin", "win32"}
    return has_settings or any(name.lower().endswith("_proxy") for name in os.environ)


def _bypasses(address: str) -> bool:
    from urllib.request import proxy_bypass  # noqa: PLC0415 - as above

    return bool(proxy_bypass(address))


def _require_socks(proxies: ProxySettings) -> None:
    socks = any(proxy is not None and proxy.is_socks for proxy in (proxies.http, proxies.https))
    if socks and find_spec("python_socks") is None:
        raise ConfigurationError(
            "proxy: a SOCKS proxy (argument, or ALL_PROXY in the environment) needs the package "
            "python-socks; install genesys-cloud[socks], or pass trust_env=False to ignore the "
            "environment"
        )
