"""A client's keyword arguments.

Invariants: both clients take the same arguments. :mod:`genesys_core.configuration.resolve` combines
them with the environment and a configuration file.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypedDict

from genesys_cloud.transports.hooks import EXPECTED_HOOKS
from genesys_cloud.transports.protocols import EXPECTED_TRANSPORT
from genesys_core.checks import FLAG, PATH, Expected, check_arguments
from genesys_core.codec.unknown_fields import KeepUnknown
from genesys_core.configuration.configuration import Configuration, LoggingConfiguration
from genesys_core.hosts import Gateway, Region
from genesys_core.http.messages import Timeout
from genesys_core.http.redaction import Redaction
from genesys_core.oauth.grants import Grant
from genesys_core.oauth.token_store import TokenStore
from genesys_core.observability.observers import Observer
from genesys_core.session.budget import Budget, RemoteBudget
from genesys_core.session.pacing import Pacing
from genesys_core.session.retry import RetryConfiguration

if TYPE_CHECKING:  # at run time they would load TLS
    from genesys_cloud.transports.tls import Certificate, Verify

__all__ = ["ClientOptions", "check_options"]


class ClientOptions(TypedDict, total=False):
    """Keyword arguments of both clients; all optional.

    Attributes:
        region: a :class:`Region`, a known name (``eu_west_1``, ``eu-west-1``) or a domain.
        host: base URL of the API instead of a region.
        gateway: a gateway in front of the API and the login host.
        auth: the grant that obtains tokens.
        access_token: a static token instead of a grant.
        refresh_access_token: whether expired or rejected tokens are refreshed automatically.
        refresh_token_wait_max: maximum seconds that a call waits for a refresh started by another
            call; 10 by default.
        token_store: a store that keeps tokens between runs and shares them between processes;
            see :mod:`genesys_cloud.token_stores`.
        retry: when failed calls are retried; no retries by default.
        timeout: seconds for each phase of a request, or a :class:`Timeout`; by default, connect 10,
            read 60, write 60, pool 10.
        deadline: seconds for each call as a whole, including retries and waits.
        pacing: the client-side rate limit, by default 300 requests a minute; ``None`` disables it.
            It is disabled by default for loopback hosts and mock transports.
        budget: a rate limit shared with other clients or processes that use the same token, such as
            :class:`genesys_cloud.budgets.FileBudget` or :class:`genesys_cloud.redis.RedisBudget`.
        headers: header fields that are sent with every request.
        strict: whether a response that does not match its type raises ``DecodeError``.
        keep_unknown: whether models from responses keep unknown fields, which are then sent back in
            updates; ``True`` by default. With ``"items"``, the items of listings keep their unknown
            fields as well.
        proxy: URL of a proxy (``http``, ``https``, ``socks5``, ``socks5h``), which may contain
            credentials.
        proxy_auth: user name and password for the proxy, not percent-encoded; overrides those in
            the proxy's URL.
        verify: the trusted CAs: ``True`` for the default CAs, the path of a CA file or directory,
            PEM text, or an :class:`ssl.SSLContext`.
        cert: a client certificate for mutual TLS.
        trust_env: whether environment variables are read; ``True`` by default.
        config: a configuration that replaces the configuration file and, like every argument,
            overrides the environment; it is never reloaded.
        config_file: the path of the configuration file, instead of the default path.
        live_reload_config: whether changes to the configuration file are applied; overrides the
            setting in the file.
        logging: log levels, formats and destinations.
        redaction: names of headers, parameters and JSON keys whose values are redacted in logs and
            traces, in addition to the defaults.
        telemetry: OpenTelemetry traces and metrics; see :class:`genesys_cloud.Telemetry`.
    """

    region: Region | str | None
    host: str | None
    gateway: Gateway | None
    auth: Grant | None
    access_token: str | None
    refresh_access_token: bool
    refresh_token_wait_max: float
    token_store: TokenStore | None
    retry: RetryConfiguration | None
    timeout: Timeout | float | None
    deadline: float | None
    pacing: Pacing | None
    budget: Budget | RemoteBudget | None
    headers: Mapping[str, str] | None
    strict: bool
    keep_unknown: KeepUnknown
    proxy: str | None
    proxy_auth: tuple[str, str] | None
    verify: "Verify"
    cert: "Certificate | None"
    trust_env: bool
    config: Configuration | None
    config_file: str | os.PathLike[str] | None
    live_reload_config: bool | None
    logging: LoggingConfiguration | None
    redaction: Redaction | None
    telemetry: Observer | None


_EXPECTED: Final = {
    "proxy": Expected(
        "the URL of a proxy", "'http://proxy.example:3128'", (str,), is_optional=True
    ),
    "trust_env": FLAG,
    "config_file": PATH.or_none(),
    "redaction": Expected(
        "a Redaction", "Redaction(body={'email'})", (Redaction,), is_optional=True
    ),
    "telemetry": Expected("an Observer", "Telemetry()", (Observer,), is_optional=True),
}


def check_options(options: ClientOptions, *, transport: object, hooks: object) -> None:
    """Reject unknown arguments of a client, and check the types that the core does not check.

    Raises:
        TypeError: an argument is unknown or has the wrong type; the message names the expected
            type, with an example.
    """
    check_arguments(options, ClientOptions.__annotations__, _EXPECTED)
    EXPECTED_TRANSPORT.or_none().check("transport", transport)
    EXPECTED_HOOKS.or_none().check("hooks", hooks)
