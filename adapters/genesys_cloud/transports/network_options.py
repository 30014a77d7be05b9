"""What a user says about connections: proxy, TLS, and whether the environment counts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict, cast

if TYPE_CHECKING:
    from genesys_cloud.transports.tls import Certificate, Verify

__all__ = ["NetworkOptions", "network_of"]


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


def network_of(options: Mapping[str, object]) -> NetworkOptions:
    """The part of a client's arguments that is about connections."""
    names = NetworkOptions.__annotations__
    return cast(NetworkOptions, {name: options[name] for name in names if name in options})
