"""Where the platform is: regions, any other host, and gateways in front of it.

Law: regions are open data. The eighteen that are known have names, any other domain works as well,
and only the API host is ever stored: the login host is derived from it by one rule.
"""

import re
from typing import ClassVar, Final
from urllib.parse import quote, urlsplit

from msgspec import Struct

from genesys_core.errors import InvalidValueError

__all__ = ["KNOWN_REGIONS", "Gateway", "Hosts", "Region"]


class Region(Struct, frozen=True):
    """A region of the platform: a domain with an ``api``, a ``login`` and a ``streaming`` host.

    ``Region.eu_west_1`` and so on are the known ones; ``Region.of(text)`` reads a name
    (``eu_west_1``, ``eu-west-1``) or any domain with a dot in it.

    Attributes:
        name: the region's name, or its domain where it has no known name.
        domain: what follows ``api.``, such as ``mypurecloud.ie``.
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
        """Read a region's name or domain.

        Raises:
            InvalidValueError: a bare word that is no known region, or no domain at all.
        """
        if isinstance(text, Region):
            return text
        known = KNOWN_REGIONS.get(text.strip().lower().replace("-", "_"))
        return known or cls(domain := _domain(text), domain)

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
"""The regions with a name, by name."""

for _name, _region in KNOWN_REGIONS.items():
    setattr(Region, _name, _region)

DEFAULT_REGION: Final = KNOWN_REGIONS["us_east_1"]
"""Where the official SDKs go when nobody says."""

# RFC 1123, 2.1: letters, digits and hyphens between dots.
_DOMAIN = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+"
)
_PROTOCOLS = ("https", "http")
# RFC 3986, 3.3: pchar, the slash, and what is percent-encoded already.
_PATH_SAFE = "/%:@!$&'()*+,;=~"


def _domain(text: str) -> str:
    domain = text.strip().lower().removeprefix("https://").rstrip("/").removeprefix("api.")
    if _DOMAIN.fullmatch(domain):
        return domain
    names = ", ".join(sorted(KNOWN_REGIONS))
    raise InvalidValueError(
        f"region {text!r}: not a known region and not a domain with a dot; known are {names}"
    )


class Gateway(Struct, frozen=True):
    """A gateway that stands in front of both the API and the login host.

    Requests go to ``{protocol}://{host}[:port]/{path_params_api}/api/v2/...`` and
    ``.../{path_params_login}/oauth/token``; the notification socket does not pass it.

    Attributes:
        host: the gateway's host name.
        protocol: ``https`` or ``http``; empty means ``https``.
        port: 0 to 65535 is written into the URL, ``None`` and -1 are not.
        path_params_login: path put before ``/oauth/token``; all trailing slashes are removed.
        path_params_api: path put before ``/api/v2/...``; likewise.
        username: kept for the configuration's sake; unused, as in the official SDKs.
        password: likewise, never shown.

    Raises:
        InvalidValueError: a part that would not give a URL.
    """

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
        """What ``/api/v2/...`` is appended to."""
        return self._origin() + _gateway_path(self.path_params_api)

    @property
    def login_url(self) -> str:
        """What ``/oauth/token`` is appended to."""
        return self._origin() + _gateway_path(self.path_params_login)

    def _origin(self) -> str:
        port = "" if self.port is None or self.port == -1 else f":{self.port}"
        return f"{self.protocol.lower() or 'https'}://{self.host.strip()}{port}"


def _checked_gateway(gateway: Gateway) -> None:
    if gateway.protocol.lower() not in {*_PROTOCOLS, ""}:
        raise InvalidValueError(f"gateway protocol {gateway.protocol!r}: must be https or http")
    if gateway.port is not None and not -1 <= gateway.port <= 65535:
        raise InvalidValueError(
            f"gateway port {gateway.port!r}: must be 0 to 65535, or None for none"
        )
    if not gateway.host.strip():
        raise InvalidValueError(
            "gateway host '': must not be empty; leave the gateway out for none"
        )
    if _authority(gateway.host.strip()) is None or re.search(r":\d*$", gateway.host):
        raise InvalidValueError(
            f"gateway host {gateway.host!r}: must be a bare host name; "
            "protocol, port and paths are fields of their own"
        )
    for name in ("path_params_login", "path_params_api"):
        if re.search(r"[?#\\\s]|(^|/)\.{1,2}(/|$)", path := getattr(gateway, name)):
            raise InvalidValueError(f"gateway {name} {path!r}: must be a plain URL path")


def _gateway_path(path: str) -> str:
    trimmed = path.strip("/")
    return "/" + quote(trimmed, safe=_PATH_SAFE) if trimmed else ""


_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?", re.IGNORECASE)


def _authority(text: str) -> str | None:
    return text if _HOST.fullmatch(text) else None


class Hosts(Struct, frozen=True):
    """The two base URLs that every request starts with, without a slash at the end.

    Attributes:
        api: what ``/api/v2/...`` is appended to.
        login: what ``/oauth/token`` is appended to.
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
        """Find the hosts from what the caller gave; a gateway wins over both others.

        Args:
            region: a region, its name, or a domain.
            host: base URL of the API; ``https://`` is assumed where there is no scheme.
            gateway: a gateway in front of both hosts.

        Raises:
            InvalidValueError: an unknown region, a host that is no base URL, or both given.
        """
        if region is not None and host is not None:
            raise InvalidValueError(
                f"region {region!r} and host {host!r}: give one of them, they name the same thing"
            )
        region = DEFAULT_REGION if region is None else region
        api = Region.of(region).api_url if host is None else base_url(host)
        if gateway is not None:
            return cls(gateway.api_url, gateway.login_url)
        return cls(api, login_url(api))


def base_url(host: str) -> str:
    """The base URL that a ``host`` setting means, checked, without slashes at its end.

    Raises:
        InvalidValueError: empty, another scheme than http(s), or more than a base URL.
    """
    text = host.strip()
    if not text:
        raise InvalidValueError("host '': must not be empty; such as https://api.mypurecloud.com")
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme not in _PROTOCOLS or _authority(parts.netloc) is None:
        raise InvalidValueError(
            f"host {_unsecret(host)!r}: must be a base URL such as https://api.mypurecloud.com"
        )
    if parts.query or parts.fragment or re.search(r"[\s?#\\]", text):
        raise InvalidValueError(f"host {host!r}: must end with its path; no query, no fragment")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def login_url(api: str) -> str:
    """The login host's base URL: the API's, its leading ``api.`` label replaced by ``login.``.

    Where there is no such label the two are the same, as in the official SDKs.
    """
    return re.sub(r"^(https?://)api\.", r"\1login.", api, count=1, flags=re.IGNORECASE)


def _unsecret(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//[REDACTED]@", url)
