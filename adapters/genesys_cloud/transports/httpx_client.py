"""Creates clients of httpx or httpx2 with the given proxy and TLS settings.

Invariants: an unusable setting raises an error when the client is created, and the error contains
no password. The environment is used only if it is trusted.
"""

import importlib
import ssl
from http.cookiejar import CookieJar
from types import ModuleType
from typing import Any, Final

from genesys_cloud.transports.network_options import NetworkOptions, checked_network
from genesys_cloud.transports.tls import shared_context
from genesys_core.errors import ConfigurationError
from genesys_core.http.redaction import DEFAULT_REDACTION

__all__ = ["find_httpx", "new_httpx_client"]

_MOST_CONNECTIONS: Final = 100
"""Maximum number of open connections.

All of them may stay open while they are idle, so that bursts of tasks can reuse them.
"""


def find_httpx() -> ModuleType:
    """Import and return httpx, or httpx2 if httpx is not installed.

    Raises:
        ConfigurationError: neither httpx nor httpx2 is installed.
    """
    for name in ("httpx", "httpx2"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:  # the library is installed, but lacks one of its dependencies
                raise
    raise ConfigurationError(
        "transport: neither httpx nor httpx2 is installed; install genesys-cloud[httpx], or use the "
        "default transport, which needs neither"
    )


class _NoCookies(CookieJar):
    """A cookie jar that ignores all cookies."""

    def extract_cookies(self, response: object, request: object) -> None:
        pass


def new_httpx_client(name: str, network: NetworkOptions | None) -> Any:  # noqa: ANN401 - of either library
    """Create a client of httpx or httpx2 that stores no cookies.

    Args:
        name: the name of the client's class: ``Client`` or ``AsyncClient``.
        network: the connection options; ``None`` for the defaults.

    Raises:
        ConfigurationError: a proxy, CA or certificate is unusable, or neither library is installed.
    """
    network = checked_network(network)
    library = find_httpx()
    trust_env = network.get("trust_env", True)
    context = shared_context(
        network.get("verify", True), network.get("cert"), trust_env=trust_env
    )()
    given = network.get("proxy")
    auth = network.get("proxy_auth")
    if auth is not None and given is None:
        raise ConfigurationError("proxy_auth: requires proxy=; pass both")
    proxy = None if given is None else _proxy(library, given, context, auth)
    limits = library.Limits(
        max_connections=_MOST_CONNECTIONS, max_keepalive_connections=_MOST_CONNECTIONS
    )
    try:
        return getattr(library, name)(
            limits=limits, cookies=_NoCookies(), trust_env=trust_env, verify=context, proxy=proxy
        )
    except ImportError:
        raise ConfigurationError(
            "proxy: a SOCKS proxy (argument, or ALL_PROXY in the environment) needs the "
            f"package socksio; install {library.__name__}[socks], or pass trust_env=False to ignore "
            "the environment"
        ) from None
    except (library.InvalidURL, OSError, ValueError):
        # Arguments were checked above, so the cause is an environment variable such as HTTPS_PROXY
        # or NO_PROXY.
        raise ConfigurationError(
            "environment: httpx cannot use the value of HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or "
            "NO_PROXY; correct it, or pass trust_env=False to ignore the environment"
        ) from None


_PROXY_SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})


def _proxy(
    library: ModuleType, given: object, context: ssl.SSLContext, auth: tuple[str, str] | None
) -> Any:  # noqa: ANN401 - of either library
    text = given.strip() if isinstance(given, str) else ""
    try:
        # Like curl, accept a host and port without a scheme.
        url = library.URL(text if "://" in text else f"http://{text}")
    except library.InvalidURL:
        url = library.URL()
    if url.scheme not in _PROXY_SCHEMES or not url.host:
        raise ConfigurationError(
            f"proxy {DEFAULT_REDACTION.shown_url(str(given))!r}: must be a URL such as "
            "http://user:password@proxy.example:3128, with user and password percent-encoded"
        )
    # httpcore rejects an SSL context for a proxy that uses no TLS.
    own = context if url.scheme == "https" else None
    return library.Proxy(url, ssl_context=own, auth=auth)
