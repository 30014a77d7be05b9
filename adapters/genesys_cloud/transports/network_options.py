"""What a user says about connections: proxy, TLS, and whether the environment counts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypedDict, cast

from genesys_core.checks import Expected

if TYPE_CHECKING:
    from genesys_cloud.transports.tls import Certificate, Verify

__all__ = ["NetworkOptions", "checked_network", "network_of"]


class NetworkOptions(TypedDict, total=False):
    """How connections are made.

    Attributes:
        proxy: URL of a proxy, credentials included.
        proxy_auth: user name and password for the proxy, instead of those in its URL, as they are.
        verify: who is trusted; see :data:`~genesys_cloud.transports.Verify`.
        cert: a client certificate.
        trust_env: whether ``HTTPS_PROXY``, ``SSL_CERT_FILE`` and their like are honoured.
    """

    proxy: str | None
    proxy_auth: tuple[str, str] | None
    verify: "Verify"
    cert: "Certificate | None"
    trust_env: bool


_NETWORK: Final = Expected(
    "a dictionary of network options", "{'trust_env': False}", (dict,), is_optional=True
)


def checked_network(network: NetworkOptions | None) -> NetworkOptions:
    """The options of a transport that is made by itself; none where none are given.

    Raises:
        TypeError: no dictionary, or an option that there is not.
    """
    _NETWORK.check("network", network)
    given = network or {}
    unknown = sorted(map(str, given.keys() - NetworkOptions.__annotations__.keys()))
    if unknown:
        names = ", ".join(NetworkOptions.__annotations__)
        raise TypeError(f"network: unexpected option {unknown[0]!r}; known are {names}")
    return given


def network_of(options: Mapping[str, object]) -> NetworkOptions:
    """The part of a client's arguments that is about connections."""
    names = NetworkOptions.__annotations__
    return cast(NetworkOptions, {name: options[name] for name in names if name in options})
