"""Which proxy a request goes through: from a setting, the environment or the system, as values.

Invariants: what cannot be used is an error that shows neither user name nor password. Exceptions
(``NO_PROXY``) are compared with the host as it stands in the URL: nothing is resolved, and
``localhost`` is not ``127.0.0.1``.
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
# RFC 7617, 2: no control characters in either, and no colon in a user name.
_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")


class Proxy(Printable, frozen=True):
    """A proxy.

    Attributes:
        host: its host name in ASCII or its address, without brackets.
        port: its port.
        scheme: ``http`` and ``https`` forward requests and open tunnels with ``CONNECT`` (RFC 9110,
            9.3.6); ``https`` is itself spoken to over TLS. ``socks5`` is given addresses, ``socks5h``
            host names (RFC 1928).
        username: sent to the proxy; ``None`` sends no credentials.
        password: likewise; never shown.
    """

    host: str
    port: int
    scheme: ProxyScheme = "http"
    username: bytes | None = None
    password: bytes = b""

    @classmethod
    def parse(cls, url: str, *, auth: tuple[str, str] | None = None) -> "Proxy":
        """Read ``http://user:password@host:port``; a URL without a scheme means ``http``.

        Args:
            url: user name and password in it are percent-encoded; a port left out is the scheme's.
            auth: user name and password, instead of those in the URL, as they are.

        Raises:
            InvalidValueError: another scheme, no host, or credentials that cannot be sent.
        """
        text = url.strip()
        scheme, parts, port = None, SplitResult("", "", "", "", ""), None
        with contextlib.suppress(ValueError):  # brackets or a port that cannot be
            parts = urlsplit(text if "://" in text else f"http://{text}")
            port, scheme = parts.port, _SCHEMES.get(parts.scheme)
        if scheme is None or not parts.hostname or port == 0 or parts.path not in {"", "/"}:
            # The URL is not quoted: it may hold credentials.
            raise InvalidValueError(
                "proxy: must be a URL such as http://user:password@proxy.example:3128, with http, "
                "https, socks5 or socks5h as its scheme, and user and password percent-encoded"
            )
        username, password = _credentials(parts.username, parts.password, auth)
        host = parse_host(parts.hostname)
        return cls(host, port or _PORTS[scheme], scheme, username, password)

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS and not HTTP."""
        return self.scheme.startswith("socks")

    @property
    def address(self) -> str:
        """``host:port``, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def credentials(self) -> list[tuple[str, str]]:
        """The ``Proxy-Authorization`` header (RFC 7617), or nothing."""
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
            "proxy: its user name has a colon, or its credentials have a control character; "
            "HTTP has no way to send these (RFC 7617)"
        )
    return pair


Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class _Exception(Struct, frozen=True):
    """One entry of ``NO_PROXY``.

    Attributes:
        name: a host name, or nothing where ``network`` counts.
        network: a range of addresses, one alone included.
        port: the only port that is meant, if it is one.
        itself: whether ``name`` itself is meant, and not only what is below it.
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
            # Addresses of another family are in no range of this one.
            return address is not None and address in self.network
        return (self.itself and origin.host == self.name) or origin.host.endswith(f".{self.name}")


class NoProxy(Struct, frozen=True):
    """The hosts that no proxy is used for.

    Attributes:
        everything: whether it is all of them (``*``).
        exceptions: the entries.
    """

    everything: bool = False
    exceptions: tuple[_Exception, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "NoProxy":
        """Read the text of ``NO_PROXY``: entries between commas or spaces, in any case.

        ``example.com`` and ``.example.com`` mean the host and all below it, ``*.example.com`` those
        below it, ``*`` everything. ``192.0.2.1``, ``::1`` and ``[::1]`` mean one address,
        ``10.0.0.0/8`` and ``fd00::/8`` a range. ``:8080`` at the end means one port. An entry that
        is none of these is ignored: it may be meant for another program.
        """
        entries = [entry for entry in re.split(r"[\s,]+", text.lower()) if entry]
        read = map(_exception, entries)
        return cls("*" in entries, tuple(entry for entry in read if entry is not None))

    def covers(self, origin: Origin) -> bool:
        """Whether requests to an origin go out directly."""
        return self.everything or any(entry.covers(origin) for entry in self.exceptions)


# A name or an IPv4 address, or an IPv6 address in brackets; then a port.
_ENTRY: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?")


def _exception(entry: str) -> _Exception | None:
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
    """Which proxy each URL goes through.

    Attributes:
        http: the proxy for ``http`` and ``ws`` URLs; ``None`` goes out directly.
        https: the proxy for ``https`` and ``wss`` URLs.
        no_proxy: the hosts that neither is used for.
        bypass: says of a host and port that the system makes an exception for it, such as
            :func:`urllib.request.proxy_bypass` on macOS and Windows.
    """

    http: Proxy | None = None
    https: Proxy | None = None
    no_proxy: NoProxy = NoProxy()
    bypass: Callable[[str], bool] | None = None

    @classmethod
    def always(cls, proxy: Proxy) -> "ProxySettings":
        """One proxy for everything, as a caller asks for it; ``NO_PROXY`` does not count."""
        return cls(proxy, proxy)

    @classmethod
    def from_environment(
        cls, found: Mapping[str, str], *, bypass: Callable[[str], bool] | None = None
    ) -> "ProxySettings":
        """Read what :func:`urllib.request.getproxies` found.

        Args:
            found: URLs by scheme (``http``, ``https``, ``all``), and the text of ``NO_PROXY`` under
                ``no``. An empty URL is none.
            bypass: see :attr:`bypass`.

        Raises:
            ConfigurationError: a URL that cannot be used; it is not shown.
        """
        proxies: dict[str, Proxy | None] = {}
        for scheme in ("http", "https"):
            source = scheme if found.get(scheme) else "all"
            url = found.get(source)
            try:
                proxies[scheme] = Proxy.parse(url) if url else None
            except InvalidValueError as error:
                raise ConfigurationError(
                    f"environment: the proxy that {source.upper()}_PROXY or the system's settings "
                    f"name cannot be used; correct it, or pass trust_env=False to ignore the "
                    f"environment ({error})"
                ) from None
        no_proxy = NoProxy.parse(found.get("no", ""))
        return cls(proxies["http"], proxies["https"], no_proxy, bypass)

    def proxy_for(self, origin: Origin) -> Proxy | None:
        """The proxy for an origin, or ``None`` to go out directly."""
        proxy = self.https if origin.scheme == "https" else self.http
        if proxy is None or self.no_proxy.covers(origin):
            return None
        if self.bypass is not None and self.bypass(origin.address):
            return None
        return proxy
