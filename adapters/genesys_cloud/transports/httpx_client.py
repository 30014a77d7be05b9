"""How connections are made: proxies, TLS, the pool.

Law: a setting that cannot be used is an error when the client is made, and the error shows no
password. What the environment says counts only where it is trusted.
"""

import ssl
import sys
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import Final, Literal, TypeVar

import httpx

from genesys_cloud.transports.connection_pool import replace_pools
from genesys_cloud.transports.network_options import NetworkOptions
from genesys_cloud.transports.socket_deadlines import keep_deadlines
from genesys_cloud.transports.tls import tls_context
from genesys_core.errors import ConfigurationError
from genesys_core.http.redaction import DEFAULT_REDACTION

__all__ = ["LIMITS", "NetworkOptions", "count_connections", "new_httpx_client"]


# As many idle connections kept as may be open: a burst of tasks reuses what it opened.
LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=100)


class _NoCookies(CookieJar):
    """Keeps nothing, and does not look for anything to keep."""

    def extract_cookies(self, response: object, request: object) -> None:
        pass


HttpxClient = TypeVar("HttpxClient", httpx.Client, httpx.AsyncClient)


def new_httpx_client(kind: Callable[..., HttpxClient], network: NetworkOptions) -> HttpxClient:
    """A client of httpx that keeps no cookie.

    Raises:
        ConfigurationError: a proxy, CA or certificate that cannot be used.
    """
    trust_env = network.get("trust_env", True)
    context = tls_context(network.get("verify", True), network.get("cert"), trust_env=trust_env)
    given = network.get("proxy")
    auth = network.get("proxy_auth")
    if auth is not None and given is None:
        raise ConfigurationError("proxy_auth: is for the proxy that proxy= names; pass both")
    proxy = None if given is None else _proxy(given, context, auth)
    try:
        client = kind(
            limits=LIMITS,
            cookies=_NoCookies(),
            trust_env=trust_env,
            verify=context,
            proxy=proxy,
        )
    except ImportError:
        raise ConfigurationError(
            "proxy: a SOCKS proxy, given or named by the environment (ALL_PROXY), needs the "
            "package socksio; install httpx[socks], or pass trust_env=False to ignore the "
            "environment"
        ) from None
    except (httpx.InvalidURL, OSError, ValueError):
        # What was given is checked: it is HTTPS_PROXY, SSL_CERT_FILE or another of their like.
        raise ConfigurationError(
            "environment: a proxy (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) or certificate file "
            "(SSL_CERT_FILE, SSL_CERT_DIR) that it names cannot be used; correct it, or pass "
            "trust_env=False to ignore the environment"
        ) from None
    if isinstance(client, httpx.Client):
        keep_deadlines(client)
    replace_pools(client, LIMITS.max_connections or sys.maxsize)
    return client


_PROXY_SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})


def _proxy(
    given: object, context: ssl.SSLContext | Literal[True], auth: tuple[str, str] | None
) -> httpx.Proxy:
    text = given.strip() if isinstance(given, str) else ""
    try:
        # A bare host and port is what curl takes as well.
        url = httpx.URL(text if "://" in text else f"http://{text}")
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in _PROXY_SCHEMES or not url.host:
        raise ConfigurationError(
            f"proxy {DEFAULT_REDACTION.shown_url(str(given))!r}: must be a URL such as "
            "http://user:password@proxy.example:3128, with user and password percent-encoded"
        )
    own = context if isinstance(context, ssl.SSLContext) and url.scheme == "https" else None
    return httpx.Proxy(url, ssl_context=own, auth=auth)


def count_connections(client: httpx.Client | httpx.AsyncClient) -> int | None:
    """How many connections a client of httpx holds open; ``None`` where it has no pools."""
    # httpx has no public name for its pools; where they are kept has not changed since 0.14.
    mounts: dict[object, object] = getattr(client, "_mounts", {})
    transports = [getattr(client, "_transport", None), *mounts.values()]
    pools = [pool for each in transports if (pool := getattr(each, "_pool", None)) is not None]
    return sum(len(pool.connections) for pool in pools) if pools else None
