"""Connection options: proxy, TLS, and use of the environment."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypedDict, cast

from genesys_core.checks import Expected

if TYPE_CHECKING:
    from genesys_cloud.transports.tls import Certificate, Verify

__all__ = ["NetworkOptions", "checked_network", "network_of"]


class NetworkOptions(TypedDict, total=False):
    """The connection options of a transport; all optional.

    Attributes:
        proxy: URL of a proxy, which may contain credentials.
        proxy_auth: user name and password for the proxy, not percent-encoded; overrides those in
            the proxy's URL.
        verify: trusted CA certificates; see :data:`~genesys_cloud.transports.Verify`.
        cert: a client certificate for mutual TLS.
        trust_env: whether ``HTTPS_PROXY``, ``SSL_CERT_FILE`` and similar variables are used.
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
    """Return the options of a standalone transport after checking them; ``None`` means no options.

    Raises:
        TypeError: ``network`` is not a dictionary, or contains an unknown option.
    """
    _NETWORK.check("network", network)
    given = network or {}
    unknown = sorted(map(str, given.keys() - NetworkOptions.__annotations__.keys()))
    if unknown:
        names = ", ".join(NetworkOptions.__annotations__)
        raise TypeError(f"network: unexpected option {unknown[0]!r}; use one of {names}")
    return given


def network_of(options: Mapping[str, object]) -> NetworkOptions:
    """Return the connection options among a client's arguments."""
    names = NetworkOptions.__annotations__
    return cast(NetworkOptions, {name: options[name] for name in names if name in options})
