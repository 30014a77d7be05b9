"""URL origins: scheme, host and port.

Invariants: equal origins are equal values, regardless of the URL's spelling (RFC 9110 section
4.2.3: case of the host, default ports). A host is a name that is valid in DNS or an address in its
standard form; anything else that a resolver might accept is rejected, so the host that was checked
is the host that is connected to.
"""

import contextlib
import ipaddress
import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from genesys_core.errors import InvalidValueError

__all__ = ["IPAddress", "Origin", "Scheme", "parse_host", "parse_ip"]

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Scheme: TypeAlias = Literal["http", "https"]

_SCHEMES: Final[Mapping[str, Scheme]] = {
    "http": "http",
    "https": "https",
    "ws": "http",
    "wss": "https",
}
# Characters that urlsplit silently removes or keeps, although invalid (RFC 3986 section 2).
_INVISIBLE: Final = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# WHATWG URL, "ends in a number": a resolver may parse it as an IPv4 address in a legacy form.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_ZONE: Final = re.compile(r"[A-Za-z0-9._~-]+")
_LONGEST_NAME: Final = 253  # RFC 1035 section 2.3.4, minus the length bytes


def parse_host(host: str) -> str:
    """Normalize a host: lower case, ASCII, without brackets or a trailing dot.

    Args:
        host: a name, an IPv4 address, or an IPv6 address (with or without brackets; a zone after
            ``%`` or ``%25``, RFC 6874).

    Raises:
        InvalidValueError: the host is malformed.
    """
    literal = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if ":" in literal:
        return _parse_ipv6(literal)
    try:
        # A trailing dot only marks the name as absolute (RFC 1034 section 3.1); a second one would be an
        # empty label.
        name = host.rstrip(".") if host.count("..") == 0 else ""
        name = (name if name.isascii() else name.encode("idna").decode("ascii")).lower()
    except UnicodeError:
        name = ""
    labels = name.split(".")
    if not all(map(_LABEL.fullmatch, labels)) or len(name) > _LONGEST_NAME:
        raise InvalidValueError(f"host {host!r}: must be a host name or an IP address")
    if _NUMBER.fullmatch(labels[-1]):
        with contextlib.suppress(ValueError):
            return str(ipaddress.IPv4Address(name))
        raise InvalidValueError(f"host {host!r}: an IPv4 address must have the form 192.0.2.1")
    return name


def _parse_ipv6(literal: str) -> str:
    address, percent, zone = literal.partition("%")
    zone = zone.removeprefix("25")
    with contextlib.suppress(ValueError):
        plain = str(ipaddress.IPv6Address(address))
        if not percent or _ZONE.fullmatch(zone):
            return f"{plain}%{zone}" if percent else plain
    raise InvalidValueError(f"host {literal!r}: must be an IPv6 address")


class Origin(Struct, frozen=True):
    """Scheme, host and port of a URL.

    Attributes:
        scheme: ``http``, or ``https`` for TLS; ``ws`` and ``wss`` are converted to these.
        host: the host in lower case and ASCII; an IPv6 address has no brackets.
        port: the port, or the scheme's default port if the URL has none.
    """

    scheme: Scheme
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> "Origin":
        """Return the origin of an absolute URL.

        Raises:
            InvalidValueError: the URL has an unsupported scheme, no host, or an invalid host or
                port.
        """
        scheme = host = port = None
        with contextlib.suppress(ValueError):  # invalid brackets or port
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
            scheme = _SCHEMES.get(parts.scheme)
        if scheme is None or not host or port == 0 or _INVISIBLE.search(url):
            raise InvalidValueError(
                "URL: must be http://host/... or https://host/..., with a host name or an IP "
                "address, a port from 1 to 65535 and no spaces"
            )
        default = 443 if scheme == "https" else 80
        return cls(scheme, parse_host(host), default if port is None else port)

    @property
    def address(self) -> str:
        """The origin as ``host:port``, with an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_ip(host: str) -> IPAddress | None:
    """Parse an IP address; ``None`` if the host is not one.

    An IPv4-mapped IPv6 address is returned as an IPv4 address.
    """
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return mapped or address
    return None
