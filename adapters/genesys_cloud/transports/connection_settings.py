"""What every transport over sockets of its own shares: routes, TLS contexts and sessions, limits.

Invariants: a setting that cannot be used is an error when the transport is made, and the error shows no
password. What the environment says counts only where it is trusted, and as it was then.
"""

import ssl
from collections.abc import Callable, Hashable
from importlib.util import find_spec
from typing import Final
from urllib.request import getproxies, getproxies_environment, proxy_bypass

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
    """TLS sessions that the next connection on the same way may resume (RFC 8446, 2.2).

    Safe to share between threads: each step is one operation on a dictionary.
    """

    def __init__(self) -> None:
        self._sessions: dict[Hashable, ssl.SSLSession] = {}

    def find(self, key: Hashable) -> ssl.SSLSession | None:
        """The session of the last connection with this key, if it had one."""
        return self._sessions.get(key)

    def keep(self, key: Hashable, session: ssl.SSLSession | None) -> None:
        """Keep a session for the next connection with this key."""
        if session is not None and session.has_ticket:
            if len(self._sessions) >= _MOST_SESSIONS:
                self._sessions.clear()
            self._sessions[key] = session


class ConnectionSettings:
    """The settings of one transport.

    Args:
        network: what the user says about connections.
        limits: of its pool; ``None`` for the defaults.
        always_tunnel: see :class:`~genesys_core.transport.routes.Router`.

    Attributes:
        router: finds the route of each URL.
        limits: of the pool.
        tls_context: makes or finds the TLS context, when it is needed first.
        tls_sessions: sessions to resume.

    Raises:
        ConfigurationError: a proxy, CA or certificate that cannot be used.
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
    """Which proxy each URL goes through.

    Args:
        proxy: the URL of the one to use always; ``None`` asks the environment and the system.
        auth: user name and password for it, apart from its URL.
        trust_env: whether environment and system are asked.

    Raises:
        ConfigurationError: a proxy that cannot be used, or credentials for none.
    """
    if proxy is not None:
        try:
            return ProxySettings.always(Proxy.parse(str(proxy), auth=auth))
        except InvalidValueError as error:
            shown = DEFAULT_REDACTION.shown_url(str(proxy))
            words = str(error).removeprefix("proxy: ")
            raise ConfigurationError(f"proxy {shown!r}: {words}") from None
    if auth is not None:
        raise ConfigurationError("proxy_auth: is for the proxy that proxy= names; pass both")
    if not trust_env:
        return ProxySettings()
    # The system makes its exceptions (macOS, Windows) only where the environment names no proxy.
    bypass = None if getproxies_environment() else _bypasses
    return ProxySettings.from_environment(getproxies(), bypass=bypass)


def _bypasses(address: str) -> bool:
    return bool(proxy_bypass(address))


def _require_socks(proxies: ProxySettings) -> None:
    socks = any(proxy is not None and proxy.is_socks for proxy in (proxies.http, proxies.https))
    if socks and find_spec("python_socks") is None:
        raise ConfigurationError(
            "proxy: a SOCKS proxy, given or named by the environment (ALL_PROXY), needs the package "
            "python-socks; install genesys-cloud[socks], or pass trust_env=False to ignore the "
            "environment"
        )
