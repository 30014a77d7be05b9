"""Hosts of the platform: regions, custom hosts, and gateways in front of them.

Invariants: the list of regions is open: eighteen regions have names, and any other domain works as
well. Without a gateway, the login host is always derived from the API host.
"""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address
from typing import ClassVar, Final
from urllib.parse import quote

from msgspec import Struct, StructMeta

from genesys_core.checks import Expected
from genesys_core.confidential import Confidential
from genesys_core.errors import InvalidValueError

__all__ = ["KNOWN_REGIONS", "Gateway", "Hosts", "Region"]


class _Regions(StructMeta):
    """The metaclass that makes ``list(Region)`` return the known regions."""

    def __iter__(cls) -> Iterator["Region"]:  # noqa: N805 - of a metaclass
        return iter(KNOWN_REGIONS.values())


class Region(Struct, frozen=True, metaclass=_Regions):
    """A region of the platform: a domain with an ``api``, a ``login`` and a ``streaming`` host.

    ``Region.eu_west_1`` and so on are the known regions, and ``list(Region)`` returns all of them;
    ``Region.of(text)`` parses a name (``eu_west_1``, ``eu-west-1``) or any domain that contains a
    dot.

    Attributes:
        name: the region's name, or its domain if it is not a known region.
        domain: the domain of the region's hosts, such as ``mypurecloud.ie``.
    """

    name: str
    domain: str

    us_east_1: ClassVar["Region"]
    us_east_2: ClassVar["Region"]
    us_west_2: ClassVar["Region"]
    ca_central_1: ClassVar["Region"]
    mx_central_1: ClassVar["Region"]
    sa_east_1: ClassVar["Region"]
    eu_west_1: ClassVar["Region"]
    eu_west_2: ClassVar["Region"]
    eu_central_1: ClassVar["Region"]
    eu_central_2: ClassVar["Region"]
    eusc_de_east_1: ClassVar["Region"]
    me_central_1: ClassVar["Region"]
    ap_south_1: ClassVar["Region"]
    ap_southeast_1: ClassVar["Region"]
    ap_southeast_2: ClassVar["Region"]
    ap_northeast_1: ClassVar["Region"]
    ap_northeast_2: ClassVar["Region"]
    ap_northeast_3: ClassVar["Region"]

    @classmethod
    def of(cls, text: "Region | str") -> "Region":
        """Parse a region name or domain.

        Raises:
            InvalidValueError: the text is neither a known region nor a domain that contains a dot.
        """
        if isinstance(text, Region):
            return text
        known = KNOWN_REGIONS.get(_text("region", text).lower().replace("-", "_"))
        return known or _region_of_domain(_domain(text))

    @property
    def api_url(self) -> str:
        """Base URL of the API."""
        return f"https://api.{self.domain}"

    @property
    def login_url(self) -> str:
        """Base URL of the login host."""
        return f"https://login.{self.domain}"

    @property
    def streaming_url(self) -> str:
        """Base URL of the notification service."""
        return f"wss://streaming.{self.domain}"


KNOWN_REGIONS: Final[dict[str, Region]] = {
    name: Region(name, domain)
    for name, domain in {
        "us_east_1": "mypurecloud.com",
        "us_east_2": "use2.us-gov-pure.cloud",
        "us_west_2": "usw2.pure.cloud",
        "ca_central_1": "cac1.pure.cloud",
        "mx_central_1": "mxc1.pure.cloud",
        "sa_east_1": "sae1.pure.cloud",
        "eu_west_1": "mypurecloud.ie",
        "eu_west_2": "euw2.pure.cloud",
        "eu_central_1": "mypurecloud.de",
        "eu_central_2": "euc2.pure.cloud",
        "eusc_de_east_1": "edee1.eusc-pure.cloud",
        "me_central_1": "mec1.pure.cloud",
        "ap_south_1": "aps1.pure.cloud",
        "ap_southeast_1": "apse1.pure.cloud",
        "ap_southeast_2": "mypurecloud.com.au",
        "ap_northeast_1": "mypurecloud.jp",
        "ap_northeast_2": "apne2.pure.cloud",
        "ap_northeast_3": "apne3.pure.cloud",
    }.items()
}
"""The known regions, keyed by name such as ``eu_west_1``."""

for _name, _region in KNOWN_REGIONS.items():
    setattr(Region, _name, _region)

DEFAULT_REGION: Final = KNOWN_REGIONS["us_east_1"]
"""The default region, the same as in the official SDKs."""


def _region_of_domain(domain: str) -> Region:
    known = (region for region in KNOWN_REGIONS.values() if region.domain == domain)
    return next(known, Region(domain, domain))


# RFC 1123 section 2.1: letters, digits and hyphens, separated by dots.
_DOMAIN = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+"
)
_PROTOCOLS = ("https", "http")
# RFC 3986 section 3.3: pchar, the slash, and the percent sign, so that nothing is encoded twice.
PATH_SAFE: Final = "/%:@!$&'()*+,;=~"


def _domain(text: str) -> str:
    # The base URL of a region's API is accepted as well.
    domain = text.strip().lower().removeprefix("https://").rstrip("/").removeprefix("api.")
    if _DOMAIN.fullmatch(domain):
        return domain
    names = ", ".join(sorted(KNOWN_REGIONS))
    raise InvalidValueError(
        f"region {_unsecret(text)!r}: neither a known region nor a domain that contains a dot; known regions: {names}"
    )


class Gateway(Confidential, frozen=True):
    """A gateway in front of both the API and the login host.

    Requests go to ``{protocol}://{host}[:port]/{path_params_api}/api/v2/...`` and
    ``.../{path_params_login}/oauth/token``. Notification sockets bypass the gateway.

    Attributes:
        host: the gateway's host name.
        protocol: ``https`` or ``http``; empty means ``https``.
        port: the port in the URL, 0 to 65535; ``None`` or -1 omits it.
        path_params_login: path prefix of ``/oauth/token``; surrounding slashes are removed.
        path_params_api: path prefix of ``/api/v2/...``; surrounding slashes are removed.
        username: accepted for configuration compatibility; unused, as in the official SDKs.
        password: unused like ``username``; never shown.

    Raises:
        InvalidValueError: a field is not valid in a URL.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"password"})

    host: str
    protocol: str = "https"
    port: int | None = None
    path_params_login: str = ""
    path_params_api: str = ""
    username: str | None = None
    password: str | None = None

    def __post_init__(self) -> None:
        _checked_gateway(self)

    def __repr__(self) -> str:
        user = "" if self.username is None else f", username={self.username!r}"
        password = "" if self.password is None else ", password=[REDACTED]"
        return f"Gateway(api={self.api_url!r}, login={self.login_url!r}{user}{password})"

    @property
    def api_url(self) -> str:
        """Base URL of the API: the prefix of ``/api/v2/...``."""
        return self._origin() + _gateway_path(self.path_params_api)

    @property
    def login_url(self) -> str:
        """Base URL of the login host: the prefix of ``/oauth/token``."""
        return self._origin() + _gateway_path(self.path_params_login)

    def _origin(self) -> str:
        port = "" if self.port is None or self.port == -1 else f":{self.port}"
        return f"{self.protocol.strip().lower() or 'https'}://{self.host.strip().lower()}{port}"


def _checked_gateway(gateway: Gateway) -> None:
    if _text("gateway protocol", gateway.protocol).lower() not in {*_PROTOCOLS, ""}:
        raise InvalidValueError(f"gateway protocol {gateway.protocol!r}: must be https or http")
    if gateway.port is not None and not _is_port(gateway.port):
        raise InvalidValueError(
            f"gateway port {gateway.port!r}: must be an int from 0 to 65535, or None to omit it"
        )
    host = _text("gateway host", gateway.host)
    if not host:
        raise InvalidValueError(
            "gateway host '': must not be empty; omit the gateway to connect directly"
        )
    if not _is_host(host):
        raise InvalidValueError(
            f"gateway host {_unsecret(host)!r}: must be a bare ASCII host name; protocol, port "
            "and paths have their own fields"
        )
    for name in ("path_params_login", "path_params_api"):
        path = getattr(gateway, name)
        if not is_path(_text(f"gateway {name}", path)):
            raise InvalidValueError(
                f"gateway {name} {path!r}: must be a plain URL path; "
                "no query, no fragment, no '.' or '..' segments"
            )


def _gateway_path(path: str) -> str:
    trimmed = path.strip().strip("/")
    return "/" + quote(trimmed, safe=PATH_SAFE) if trimmed else ""


def _text(name: str, value: object) -> str:
    """Return a text setting without surrounding whitespace."""
    if isinstance(value, str):
        return value.strip()
    raise InvalidValueError(f"{name}: must be a str, not {type(value).__name__}")


# RFC 3986 section 3.2.2, restricted to what resolvers accept; container names have underscores.
_HOST = re.compile(r"(?=.{1,253}$)[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*\.?")
# RFC 3986 sections 5.2.4 and 6.2.2.2: servers remove dot segments, even if their dots are
# percent-encoded.
_NO_PATH = re.compile(r"[\x00-\x20\x7f?#\\\s\ud800-\udfff]|(^|/)(\.|%2e){1,2}(/|$)", re.IGNORECASE)


def _is_host(text: str) -> bool:
    if not text.startswith("["):
        return _HOST.fullmatch(text) is not None
    try:
        return text.endswith("]") and IPv6Address(text[1:-1]).scope_id is None
    except AddressValueError:
        return False


def _is_port(port: object) -> bool:
    return type(port) is int and -1 <= port <= 65535


def is_path(text: str) -> bool:
    """Return whether a string is a valid URL path: no query, no fragment, no dot segments."""
    return _NO_PATH.search(text) is None


_GATEWAY: Final = Expected("a Gateway", "Gateway('gateway.example.com')", (Gateway,))


class Hosts(Struct, frozen=True):
    """The base URLs of the API and the login host, without trailing slashes.

    Attributes:
        api: base URL of the API, the prefix of ``/api/v2/...``.
        login: base URL of the login host, the prefix of ``/oauth/token``.
    """

    api: str
    login: str

    @classmethod
    def resolve(
        cls,
        *,
        region: Region | str | None = None,
        host: str | None = None,
        gateway: Gateway | None = None,
    ) -> "Hosts":
        """Return the base URLs. A gateway takes precedence over ``region`` and ``host``.

        Args:
            region: a region, its name, or a domain.
            host: base URL of the API; the scheme defaults to ``https://``.
            gateway: a gateway in front of both hosts.

        Raises:
            InvalidValueError: the region is unknown, the host is not a base URL, or both are given.
        """
        if region is not None and host is not None:
            raise InvalidValueError(
                f"region {_named(region)!r} and host {_unsecret(host)!r}: "
                "pass only one, because both select the API host"
            )
        region = DEFAULT_REGION if region is None else region
        # Validated even if the gateway replaces it.
        api = Region.of(region).api_url if host is None else base_url(host)
        if gateway is not None:
            _GATEWAY.check("gateway", gateway)
            return cls(gateway.api_url, gateway.login_url)
        return cls(api, login_url(api))


def base_url(host: str) -> str:
    """Validate a ``host`` setting and return it as a base URL without trailing slashes.

    Raises:
        InvalidValueError: the host is empty, not a base URL, or has a scheme other than http(s).
    """
    text = _text("host", host)
    if not text:
        raise InvalidValueError("host '': must not be empty; example: https://api.mypurecloud.com")
    scheme, _, rest = (text if "://" in text else f"https://{text}").partition("://")
    authority, slash, path = rest.partition("/")
    if scheme.lower() not in _PROTOCOLS or not _is_authority(authority):
        raise InvalidValueError(
            f"host {_unsecret(text)!r}: must be a base URL such as https://api.mypurecloud.com, "
            "with an ASCII host name"
        )
    if not is_path(slash + path):
        raise InvalidValueError(
            f"host {_unsecret(text)!r}: the path must be plain; "
            "no query, no fragment, no '.' or '..' segments"
        )
    # RFC 3986 section 6.2.2.1: scheme and host are case-insensitive, a path is not.
    return f"{scheme}://{authority}".lower() + f"{slash}{quote(path, safe=PATH_SAFE)}".rstrip("/")


def _is_authority(text: str) -> bool:
    match = re.fullmatch(r"(\[.*\]|[^:]*)(:[0-9]{1,5})?", text)
    if match is None or not _is_host(match[1]):
        return False
    return match[2] is None or _is_port(int(match[2][1:]))


def login_url(api: str) -> str:
    """Derive the login host's base URL from the API's: a leading ``api.`` label becomes ``login.``.

    Without such a label, the login URL is the API URL, as in the official SDKs.
    """
    return re.sub(r"^(https?://)api\.", r"\1login.", api, count=1, flags=re.IGNORECASE)


def _named(region: Region | str) -> str:
    return region.name if isinstance(region, Region) else _unsecret(region)


def _unsecret(url: object) -> str:
    """Return a URL for an error message: credentials redacted, query and fragment as ``...``."""
    before, at, after = str(url).rpartition("@")
    scheme = re.match(r"[a-z]*://", before, re.IGNORECASE)
    shown = f"{scheme[0] if scheme else ''}[REDACTED]@{after}" if at else after
    return re.sub(r"([?#]).*", r"\1...", shown, count=1, flags=re.DOTALL)
