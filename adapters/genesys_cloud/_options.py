"""What a client can be told, and how it becomes a session.

Law: arguments win over the environment. Everything is checked here, before anything is sent.
"""

import os
import random
from collections.abc import Mapping
from typing import TypedDict
from urllib.parse import urlsplit

from genesys_cloud.transports import Certificate, Network, Verify
from genesys_core.errors import ConfigurationError
from genesys_core.headers import Headers
from genesys_core.hosts import Gateway, Hosts, Region
from genesys_core.message import Timeout
from genesys_core.oauth import ClientCredentials, Grant, Token
from genesys_core.pacing import Pacer, Pacing
from genesys_core.retry import RetryConfiguration
from genesys_core.session import Session, Settings
from genesys_core.vault import Vault

__all__ = ["ClientOptions", "is_mock", "network_of", "session_of"]


class ClientOptions(TypedDict, total=False):
    """Keyword arguments of both clients; all optional.

    Attributes:
        region: a :class:`Region`, a known name (``eu_west_1``, ``eu-west-1``) or a domain.
        host: base URL of the API instead of a region.
        gateway: a gateway in front of the API and the login host.
        auth: the grant that obtains tokens.
        access_token: a static token instead of a grant.
        refresh_access_token: whether tokens are renewed without being asked.
        refresh_token_wait_max: seconds that a call waits for another's renewal (10).
        retry: when calls are repeated; off by default.
        timeout: seconds for each phase, or a :class:`Timeout` (connect 10, read 60, write 60, pool 10).
        deadline: seconds for each whole call, repeats and sleeps included.
        pacing: the rate limit to keep (300 requests a minute); ``None`` for none. Off by default on
            loopback hosts and mock transports.
        headers: sent with every request.
        strict: whether a reply that does not fit its type raises ``DecodeError``.
        proxy: URL of an HTTP proxy, credentials included.
        verify: ``True``, a file or text of authorities, or an :class:`ssl.SSLContext` of your own.
        cert: a client certificate for mutual TLS.
        trust_env: whether environment variables are read at all (``True``).
    """

    region: Region | str | None
    host: str | None
    gateway: Gateway | None
    auth: Grant | None
    access_token: str | None
    refresh_access_token: bool
    refresh_token_wait_max: float
    retry: RetryConfiguration | None
    timeout: Timeout | float | None
    deadline: float | None
    pacing: Pacing | None
    headers: Mapping[str, str] | None
    strict: bool
    proxy: str | None
    verify: Verify
    cert: Certificate | None
    trust_env: bool


def network_of(options: ClientOptions) -> Network:
    """The part that is about connections."""
    network: Network = {}
    if "proxy" in options:
        network["proxy"] = options["proxy"]
    if "verify" in options:
        network["verify"] = options["verify"]
    if "cert" in options:
        network["cert"] = options["cert"]
    if "trust_env" in options:
        network["trust_env"] = options["trust_env"]
    return network


def session_of(options: ClientOptions, *, mocked: bool = False) -> Session:
    """The session that a client starts with.

    Args:
        options: what the client was told.
        mocked: whether its transport is a mock, which has no rate limit to keep.

    Raises:
        ConfigurationError: settings that contradict each other or cannot work.
        InvalidValueError: a region, host, header or number that cannot be used.
        TypeError: an argument that there is not.
    """
    unknown = sorted(set(options) - set(ClientOptions.__annotations__))
    if unknown:
        known = ", ".join(ClientOptions.__annotations__)
        raise TypeError(f"unexpected keyword argument {unknown[0]!r}; there are {known}")
    environ: Mapping[str, str] = os.environ if options.get("trust_env", True) else {}
    settings = Settings(
        hosts=_hosts(options, environ),
        headers=Headers(options.get("headers") or {}),
        timeout=Timeout.given(options.get("timeout"), Timeout()),
        retry=options.get("retry") or RetryConfiguration(),
        deadline=options.get("deadline"),
        strict=options.get("strict", False),
        refresh_token_wait_max=options.get("refresh_token_wait_max", 10.0),
    )
    pacer = _pacer(options, settings.hosts, mocked=mocked)
    return Session(settings, _vault(options, environ), random.random, pacer)


def _hosts(options: ClientOptions, environ: Mapping[str, str]) -> Hosts:
    region, host, gateway = options.get("region"), options.get("host"), options.get("gateway")
    if region is None and host is None:
        region = environ.get("GENESYSCLOUD_REGION") or None
    return Hosts.resolve(region=region, host=host, gateway=gateway)


def is_mock(transport: object) -> bool:
    """Whether a transport says that there is no platform behind it."""
    return bool(getattr(transport, "is_mock", False))


def _pacer(options: ClientOptions, hosts: Hosts, *, mocked: bool) -> Pacer | None:
    loopback = urlsplit(hosts.api).hostname in {"127.0.0.1", "::1", "localhost"}
    default = None if mocked or loopback else Pacing()
    pacing = options.get("pacing", default)
    return None if pacing is None else Pacer.of(pacing)


def _vault(options: ClientOptions, environ: Mapping[str, str]) -> Vault:
    grant, text = options.get("auth"), options.get("access_token")
    if grant is not None and text is not None:
        raise ConfigurationError("auth and access_token: give one of them, both name the token")
    if text is not None and not text.strip():
        raise ConfigurationError("access_token '': must not be empty; leave it out for none")
    if grant is None and text is None:
        text = environ.get("GENESYSCLOUD_ACCESS_TOKEN") or None
        grant = None if text else _environment_grant(environ)
    token = None if text is None else Token(text.strip())
    return Vault(grant, token, renew=options.get("refresh_access_token", True))


def _environment_grant(environ: Mapping[str, str]) -> Grant | None:
    client_id = environ.get("GENESYSCLOUD_OAUTHCLIENT_ID")
    secret = environ.get("GENESYSCLOUD_OAUTHCLIENT_SECRET")
    return ClientCredentials(client_id, secret) if client_id and secret else None
