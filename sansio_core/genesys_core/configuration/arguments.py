"""The client arguments that determine a session.

Invariants: two arguments for the same setting are an error, never a silent choice between them.
Connection arguments (proxy, TLS) belong to the transports; the proxy is included only so that its
password can be redacted.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import UNSET, UnsetType

from genesys_core.checks import FLAG, TEXT, Expected, check_fields
from genesys_core.codec.unknown_fields import KEEP_UNKNOWN, KeepUnknown, check_keep_unknown
from genesys_core.confidential import Confidential
from genesys_core.configuration.configuration import Configuration, merge
from genesys_core.configuration.sections import (
    Credentials,
    GeneralConfiguration,
    LoggingConfiguration,
    ReauthenticationConfiguration,
)
from genesys_core.errors import ConfigurationError
from genesys_core.hosts import Gateway, Region
from genesys_core.http.messages import Timeout
from genesys_core.oauth.grants import EXPECTED_GRANT, Grant
from genesys_core.oauth.token_store import TokenStore
from genesys_core.session.budget import EXPECTED_BUDGET, Budget, RemoteBudget
from genesys_core.session.pacing import Pacing
from genesys_core.session.retry import RetryConfiguration

__all__ = ["Arguments"]


_SECONDS: Final = Expected("a number of seconds", "10", (int, float), is_optional=True)
_FLAG: Final = FLAG.or_none()
_FIELDS: Final = {
    "gateway": Expected("a Gateway", "Gateway(host)", (Gateway,), is_optional=True),
    "auth": EXPECTED_GRANT.or_none(),
    "access_token": TEXT.or_none(),
    "refresh_access_token": _FLAG,
    "refresh_token_wait_max": _SECONDS,
    "token_store": Expected(
        "a token store",
        "FileTokenStore(path)",
        methods=("load", "save", "delete", "lock"),
        is_optional=True,
    ),
    "retry": Expected(
        "a RetryConfiguration",
        "RetryConfiguration(max_retry_time_sec=60)",
        (RetryConfiguration,),
        is_optional=True,
    ),
    "timeout": Expected(
        "a number of seconds or a Timeout", "30", (int, float, Timeout), is_optional=True
    ),
    "deadline": _SECONDS,
    "pacing": Expected("a Pacing", "Pacing(limit=300)", (Pacing, UnsetType), is_optional=True),
    "budget": EXPECTED_BUDGET,
    "headers": Expected(
        "a mapping of names to values", "{'X-Team': 'blue'}", (Mapping,), is_optional=True
    ),
    "strict": FLAG,
    "keep_unknown": KEEP_UNKNOWN,
    "config": Expected(
        "a Configuration", "Configuration.from_file(path)", (Configuration,), is_optional=True
    ),
    "live_reload_config": _FLAG,
    "logging": Expected(
        "a LoggingConfiguration",
        "LoggingConfiguration(level='debug')",
        (LoggingConfiguration,),
        is_optional=True,
    ),
}


class Arguments(Confidential, frozen=True, kw_only=True):
    """A client's arguments, each as a field of the same name; all are optional.

    ``pacing`` is unset by default, because ``None`` disables it. ``config_file`` must be an absolute
    path. :class:`~genesys_cloud.client.options.ClientOptions` describes the arguments.

    Raises:
        TypeError: an argument has the wrong type.
        ConfigurationError: arguments conflict with each other, or the access token is empty.
    """

    region: Region | str | None = None
    host: str | None = None
    gateway: Gateway | None = None
    auth: Grant | None = None
    access_token: str | None = None
    refresh_access_token: bool | None = None
    refresh_token_wait_max: float | None = None
    token_store: TokenStore | None = None
    retry: RetryConfiguration | None = None
    timeout: Timeout | float | None = None
    deadline: float | None = None
    pacing: Pacing | UnsetType | None = UNSET
    budget: Budget | RemoteBudget | None = None
    headers: Mapping[str, str] | None = None
    strict: bool = False
    keep_unknown: KeepUnknown = True
    config: Configuration | None = None
    config_file: str | None = None
    live_reload_config: bool | None = None
    logging: LoggingConfiguration | None = None
    proxy: str | None = None
    proxy_auth: tuple[str, str] | None = None

    __secrets__: ClassVar[frozenset[str]] = frozenset(
        {"access_token", "headers", "proxy", "proxy_auth"}
    )

    def __post_init__(self) -> None:
        check_fields(self, _FIELDS)
        check_keep_unknown(self.keep_unknown)
        if self.access_token is not None:
            if self.auth is not None:
                raise ConfigurationError(
                    "auth and access_token: pass only one of them, because both set the token"
                )
            if self.token_store is not None:
                raise ConfigurationError(
                    "token_store and access_token: pass only one of them, because only tokens obtained with a grant are stored"
                )
            if not self.access_token.strip():
                raise ConfigurationError(
                    "access_token '': must not be empty; omit it to send requests without a token"
                )
        if self.budget is not None and self.pacing is None:
            raise ConfigurationError(
                "budget and pacing=None: pass only one of them, because a budget shares the limits that pacing sets"
            )
        if self.config is not None and self.config_file is not None:
            raise ConfigurationError(
                "config and config_file: pass only one of them, because both set the configuration"
            )

    def configuration(self) -> Configuration:
        """Return the arguments as a configuration; settings that they omit are taken from ``config``.

        Raises:
            InvalidValueError: a region, host or number is invalid.
        """
        token = None if self.access_token is None else self.access_token.strip()
        given = Configuration(
            logging=self.logging or LoggingConfiguration(),
            retry=self.retry,
            reauthentication=ReauthenticationConfiguration(
                refresh_access_token=self.refresh_access_token,
                refresh_token_wait_max=self.refresh_token_wait_max,
            ),
            general=GeneralConfiguration(
                host=self.host,
                region=None if self.region is None else Region.of(self.region),
                live_reload_config=self.live_reload_config,
            ),
            gateway=self.gateway,
            credentials=Credentials(access_token=token),
        )
        return given if self.config is None else merge(given, self.config)
