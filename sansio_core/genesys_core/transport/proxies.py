"""Proxy settings: from arguments, the environment or the system.

Invariants: an invalid proxy URL is an error that shows neither user name nor password. The entries
of ``NO_PROXY`` are compared with the host in the URL, without name resolution: ``localhost`` does
not match ``127.0.0.1``.
"""

import base64
import contextlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from msgspec import Struct

from genesys_core.confidential import Printable
from genesys_core.errors import ConfigurationError, InvalidValueError
from genesys_core.transport.origins import Origin, parse_host, parse_ip

__all__ = ["NoProxy", "Proxy", "ProxyScheme", "ProxySettings"]

ProxyScheme: TypeAlias = Literal["http", "https", "socks5", "socks5h"]

_PORTS: Final[Mapping[ProxyScheme, int]] = {
    "http": 80,
    "https": 443,
    "socks5": 1080,
    "socks5h": 1080,
}
_SCHEMES: Final[Mapping[str, ProxyScheme]] = {scheme: scheme for scheme in _PORTS}
# RFC 7617 section 2: no control characters in either, and no colon in a user name.
_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")


class Proxy(Printable, frozen=True):
    """The settings of one proxy.

    Attributes:
        host: the proxy's host name in ASCII, or its IP address without brackets.
        port: the proxy's port.
        scheme: the proxy's protocol. ``http`` and ``https`` proxies forward requests and open
            tunnels with ``CONNECT`` (RFC 9110 section 9.3.6); the connection to an ``https`` proxy
            uses TLS. SOCKS proxies (RFC 1928) are sent the origin's IP address (``socks5``) or its
            host name (``socks5h``).
        username: the user name for the proxy; ``None`` sends no credentials.
        password: the password for the proxy; omitted from the ``repr``.
    """

    host: str
    port: int
    scheme: ProxyScheme = "http"
    username: bytes | None = None
    password: bytes = b""

    @classmethod
    def parse(cls, url: str, *, auth: tuple[str, str] | None = None) -> "Proxy":
        """Parse ``http://user:password@host:port``; the scheme defaults to ``http``.

        Args:
            url: the proxy's URL, with percent-encoded user name and password; the default port
                depends on the scheme (80, 443 or 1080).
            auth: user name and password, unencoded, instead of those in the URL.

        Raises:
            InvalidValueError: the scheme or host is invalid, or the credentials cannot be sent.
        """
        text = url.strip()
        scheme, parts, port = None, SplitResult("", "", "", "", ""), None
        with contextlib.suppress(ValueError):  # invalid brackets or port
            parts = urlsplit(text if "://" in text else f"http://{text}")
            port, scheme = parts.port, _SCHEMES.get(parts.scheme)
        if scheme is None or not parts.hostname or port == 0 or parts.path not in {"", "/"}:
            # The URL is not quoted: it may contain credentials.
            raise InvalidValueError(
                "proxy: must be a URL such as http://user:password@proxy.example:3128, "
                "with the scheme http, https, socks5 or socks5h, "
                "and percent-encoded user and password"
            )
        username, password = _credentials(parts.username, parts.password, auth)
        host = parse_host(parts.hostname)
        return cls(host, port or _PORTS[scheme], scheme, username, password)

    @property
    def is_socks(self) -> bool:
        """Whether the proxy is a SOCKS proxy."""
        return self.scheme.startswith("socks")

    @property
    def address(self) -> str:
        """The proxy as ``host:port``, with an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def credentials(self) -> list[tuple[str, str]]:
        """Return the ``Proxy-Authorization`` header (RFC 7617); empty without credentials."""
        if self.username is None or self.is_socks:
            return []
        pair = base64.b64encode(self.username + b":" + self.password)
        return [("Proxy-Authorization", "Basic " + pair.decode("ascii"))]

    def __repr__(self) -> str:
        user = "" if self.username is None else "[REDACTED]@"
        return f"Proxy({self.scheme}://{user}{self.address})"


def _credentials(
    username: str | None, password: str | None, auth: tuple[str, str] | None
) -> tuple[bytes | None, bytes]:
    if auth is not None:
        pair = auth[0].encode(), auth[1].encode()
    elif username is None:
        return None, b""
    else:
        pair = unquote_to_bytes(username), unquote_to_bytes(password or "")
    if b":" in pair[0] or _CONTROL.search(pair[0] + pair[1]):
        raise InvalidValueError(
            "proxy: the user name must not contain a colon, nor the user name or password a "
            "control character (RFC 7617)"
        )
    return pair


Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class _Exception(Struct, frozen=True):
    """An entry of ``NO_PROXY``.

    Attributes:
        name: a host name; empty if ``network`` is used.
        network: a range of addresses, or a single one.
        port: the only port that matches, if given.
        itself: whether ``name`` itself matches, and not only its subdomains.
    """

    name: str = ""
    network: Network | None = None
    port: int | None = None
    itself: bool = True

    def covers(self, origin: Origin) -> bool:
        if self.port is not None and self.port != origin.port:
            return False
        if self.network is not None:
            address = parse_ip(origin.host)
            # Addresses of the other family are not in the range.
            return address is not None and address in self.network
        return (self.itself and origin.host == self.name) or origin.host.endswith(f".{self.name}")


class NoProxy(Struct, frozen=True):
    """Hosts to connect to without a proxy.

    Attributes:
        everything: whether all hosts match (``*``).
        exceptions: the hosts, addresses and address ranges that ``NO_PROXY`` lists.
    """

    everything: bool = False
    exceptions: tuple[_Exception, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "NoProxy":
        """Parse the text of ``NO_PROXY``: entries separated by commas or spaces, case-insensitive.

        ``example.com`` and ``.example.com`` match the host and its subdomains, ``*.example.com``
        only subdomains, ``*`` everything. ``192.0.2.1``, ``::1`` and ``[::1]`` match one address,
        ``10.0.0.0/8`` and ``fd00::/8`` a range. A suffix ``:8080`` restricts an entry to one port.
        Other entries are ignored: they may be intended for other programs.
        """
        entries = [entry for entry in re.split(r"[\s,]+", text.lower()) if entry]
        read = map(_exception, entries)
        return cls("*" in entries, tuple(entry for entry in read if entry is not None))

    def covers(self, origin: Origin) -> bool:
        """Return whether requests to an origin bypass the proxy."""
        return self.everything or any(entry.covers(origin) for entry in self.exceptions)


# A name or an IPv4 address, or an IPv6 address in brackets; then an optional port.
_ENTRY: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?")


def _exception(entry: str) -> _Exception | None:
    # First as a whole: a colon in an IPv6 address does not separate a port.
    network = _network(entry)
    if network is not None:
        return _Exception(network=network)
    match = _ENTRY.fullmatch(entry)
    if match is None:
        return None
    name, port = match[1], int(match[2]) if match[2] else None
    network = _network(name.strip("[]"))
    if network is not None:
        return _Exception(network=network, port=port)
    below, stem = name.startswith("*."), name.removeprefix("*").strip(".")
    try:
        return _Exception(parse_host(stem), port=port, itself=not below)
    except ValueError:
        return None


def _network(text: str) -> Network | None:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_network(text, strict=False)
    return None


class ProxySettings(Struct, frozen=True):
    """The proxy settings: a proxy for each URL scheme, and the hosts that bypass it.

    Attributes:
        http: the proxy for ``http`` and ``ws`` URLs; ``None`` connects directly.
        https: the proxy for ``https`` and ``wss`` URLs.
        no_proxy: the hosts that bypass both proxies.
        bypass: a function that returns whether the system's settings exempt a host and port; on
            macOS and Windows, :func:`urllib.request.proxy_bypass`.
    """

    http: Proxy | None = None
    https: Proxy | None = None
    no_proxy: NoProxy = NoProxy()
    bypass: Callable[[str], bool] | None = None

    @classmethod
    def always(cls, proxy: Proxy) -> "ProxySettings":
        """Return settings with the caller's proxy for all URLs; ``NO_PROXY`` is ignored."""
        return cls(proxy, proxy)

    @classmethod
    def from_environment(
        cls, found: Mapping[str, str], *, bypass: Callable[[str], bool] | None = None
    ) -> "ProxySettings":
        """Return settings from the result of :func:`urllib.request.getproxies`.

        Args:
            found: URLs by scheme (``http``, ``https``, ``all``), and the text of ``NO_PROXY`` as
                ``no``. An empty URL is ignored.
            bypass: the function to store as :attr:`bypass`.

        Raises:
            ConfigurationError: a URL is invalid; the message does not show the URL.
        """
        proxies: dict[str, Proxy | None] = {}
        for scheme in ("http", "https"):
            # As in curl, ALL_PROXY applies to schemes that have no variable of their own.
            source = scheme if found.get(scheme) else "all"
            url = found.get(source)
            try:
                proxies[scheme] = Proxy.parse(url) if url else None
            except InvalidValueError as error:
                raise ConfigurationError(
                    f"environment: the proxy in {source.upper()}_PROXY or the system's settings "
                    f"is invalid; correct it, or pass trust_env=False to ignore the "
                    f"environment ({error})"
                ) from None
        no_proxy = NoProxy.parse(found.get("no", ""))
        return cls(proxies["http"], proxies["https"], no_proxy, bypass)

    def proxy_for(self, origin: Origin) -> Proxy | None:
        """Return the proxy for an origin, or ``None`` to connect directly."""
        proxy = self.https if origin.scheme == "https" else self.http
        if proxy is None or self.no_proxy.covers(origin):
            return None
        if self.bypass is not None and self.bypass(origin.address):
            return None
        return proxy
