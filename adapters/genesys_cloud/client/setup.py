"""How a client comes by its settings, and how it gets new ones.

Law: arguments, environment, file, defaults: the first that gives a value holds, at the start and
after every change of the file. Everything is checked before any of it holds; a change that has a
problem changes nothing.
"""

import os
import random
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from genesys_cloud.client.options import ClientOptions
from genesys_cloud.client.session_cell import SessionCell
from genesys_cloud.client.token_transactions import StoreDriver
from genesys_cloud.config.file import (
    Configuration,
    FileSnapshot,
    configuration_from_snapshot,
    default_path,
    read_snapshot,
)
from genesys_cloud.config.follower import Follower, Trigger
from genesys_cloud.observability.logging import TOKENS_LOGGER, LoggingObserver
from genesys_cloud.observability.statistics import ClientStats, StatsObserver, open_connections
from genesys_cloud.system_clock import read_clocks
from genesys_core import configuration as core
from genesys_core.configuration.configuration import (
    DEFAULTS,
    Credentials,
    GeneralConfiguration,
    LoggingConfiguration,
    ReauthenticationConfiguration,
    merge,
)
from genesys_core.errors import ConfigurationError, GenesysCloudError
from genesys_core.hosts import Hosts, Region
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Timeout
from genesys_core.http.redaction import DEFAULT_REDACTION, Redaction
from genesys_core.oauth.grants import ClientCredentials, Grant
from genesys_core.oauth.token_store import TokenStoreError
from genesys_core.oauth.tokens import Token
from genesys_core.observability.observers import (
    Observer,
    combine_notification_observers,
)
from genesys_core.session.pacing import Pacer, Pacing
from genesys_core.session.reconfigure import reconfigure_session
from genesys_core.session.retry import RetryConfiguration
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault

__all__ = ["ConfiguredOptions", "Setup", "Sources", "session_of", "settings_from", "sources_of"]


class ConfiguredOptions(ClientOptions, total=False):
    """The arguments of a client that have to do with configuration, beside all others.

    Attributes:
        config: a configuration, never watched; it stands in for the file, and wins over the
            environment as every argument does.
        config_file: the file to read instead of the default one.
        live_reload_config: whether the file is followed; wins over what the file says.
        logging: what is logged, and where to.
        redaction: what is hidden in records and traces, besides what always is.
        telemetry: traces and metrics; see :class:`genesys_cloud.Telemetry`.
    """

    config: core.Configuration | None
    config_file: str | os.PathLike[str] | None
    live_reload_config: bool | None
    logging: LoggingConfiguration | None
    redaction: Redaction | None
    telemetry: Observer | None


class Sources(Struct, frozen=True):
    """Where a client's settings come from, the file's content left open.

    Attributes:
        arguments: what the client was told.
        environment: what the environment said then.
        path: the file, absolute; ``None`` for none.
        named: whether the client was told of the file, or it is the default one.
    """

    arguments: core.Configuration
    environment: core.Configuration
    path: str | None = None
    named: bool = False

    def merged(self, file: core.Configuration) -> core.Configuration:
        """All of them, each value with its origin."""
        return merge(self.arguments, self.environment, file, DEFAULTS)

    def logging(self, file: core.Configuration) -> LoggingConfiguration:
        """What is logged; ``None`` where only the program's own ``logging`` has a say."""
        return merge(self.arguments, self.environment, file).logging

    def follows(self, file: core.Configuration) -> bool:
        """Whether changes of the file are taken over."""
        return self.path is not None and bool(self.merged(file).general.live_reload_config)


def sources_of(options: ConfiguredOptions) -> Sources:
    """Where a client with these arguments gets its settings from.

    Raises:
        ConfigurationError: arguments that contradict each other, or a bad environment.
        InvalidValueError: a region, host or number that cannot be used.
    """
    trusts = options.get("trust_env", True)
    arguments = _arguments(options)
    named = options.get("config_file")
    path = named
    if options.get("config") is not None:
        if named is not None:
            raise ConfigurationError("config and config_file: give one of them, both configure")
    elif named is None and trusts:
        path = default_path()
    return Sources(
        arguments=arguments,
        environment=_environment(arguments, os.environ if trusts else {}),
        path=None if path is None else _absolute(path),
        named=named is not None,
    )


def _absolute(path: str | os.PathLike[str]) -> str:
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - links stay links


def _arguments(options: ConfiguredOptions) -> core.Configuration:
    text = options.get("access_token")
    if text is not None and options.get("auth") is not None:
        raise ConfigurationError("auth and access_token: give one of them, both name the token")
    if text is not None and options.get("token_store") is not None:
        raise ConfigurationError(
            "token_store and access_token: give one of them, only a grant's tokens are stored"
        )
    if text is not None and not text.strip():
        raise ConfigurationError("access_token '': must not be empty; leave it out for none")
    region = options.get("region")
    told = Configuration(
        logging=options.get("logging") or LoggingConfiguration(),
        retry=options.get("retry"),
        reauthentication=ReauthenticationConfiguration(
            refresh_access_token=options.get("refresh_access_token"),
            refresh_token_wait_max=options.get("refresh_token_wait_max"),
        ),
        general=GeneralConfiguration(
            host=options.get("host"),
            region=None if region is None else Region.of(region),
            live_reload_config=options.get("live_reload_config"),
        ),
        gateway=options.get("gateway"),
        credentials=Credentials(access_token=None if text is None else text.strip()),
    )
    given = options.get("config")
    return told if given is None else merge(told, given)


def _environment(arguments: core.Configuration, environ: Mapping[str, str]) -> core.Configuration:
    place = arguments.general
    if place.host is not None or place.region is not None:
        # Not needed, so it is nobody's error.
        environ = {name: text for name, text in environ.items() if name != _REGION}
    return Configuration.from_environment(environ)


_REGION: Final = "GENESYSCLOUD_REGION"


def settings_from(configuration: core.Configuration, options: ClientOptions) -> Settings:
    """The settings that a merged configuration and the rest of the arguments make.

    Raises:
        InvalidValueError: a header or number that cannot be used.
    """
    place, tokens = configuration.general, configuration.reauthentication
    hosts = Hosts.resolve(region=place.region, host=place.host, gateway=configuration.gateway)
    wait = tokens.refresh_token_wait_max
    return Settings(
        hosts=hosts,
        headers=Headers(options.get("headers") or {}),
        timeout=Timeout.given(options.get("timeout"), Timeout()),
        deadline=options.get("deadline"),
        retry=configuration.retry or RetryConfiguration(),
        strict=options.get("strict", False),
        refresh_token_wait_max=10.0 if wait is None else wait,
        stores_tokens=options.get("token_store") is not None,
    )


def session_of(
    configuration: core.Configuration, options: ClientOptions, *, mocked: bool = False
) -> Session:
    """The session that a client starts with.

    Args:
        configuration: all sources, merged.
        options: what the client was told; of what a configuration holds, nothing is read from it.
        mocked: whether its transport is a mock, which has no rate limit to keep.

    Raises:
        InvalidValueError: a header or number that cannot be used.
    """
    settings = settings_from(configuration, options)
    pacer = _pacer(options, settings.hosts, mocked=mocked)
    vault = _vault(configuration, options.get("auth"))
    return Session(settings, vault, random.random, pacer)


def _pacer(options: ClientOptions, hosts: Hosts, *, mocked: bool) -> Pacer | None:
    loopback = urlsplit(hosts.api).hostname in {"127.0.0.1", "::1", "localhost"}
    pacing = options.get("pacing", None if mocked or loopback else Pacing())
    return None if pacing is None else Pacer.of(pacing)


def _vault(configuration: core.Configuration, grant: Grant | None) -> Vault:
    who, renew = configuration.credentials, _renews(configuration)
    if grant is not None:
        return Vault(grant, renew=renew)
    if who.access_token is not None:
        return Vault(token=Token(who.access_token), renew=renew)
    if who.client_id and who.client_secret:
        return Vault(ClientCredentials(who.client_id, who.client_secret), renew=renew)
    return Vault(renew=renew)


def _renews(configuration: core.Configuration) -> bool:
    return configuration.reauthentication.refresh_access_token is not False


class Setup:
    """What a client stands on, but for its transport: settings, session, observers.

    Args:
        options: what the client was told.
        mocked: whether its transport is a mock.
        trigger: when the file is looked at, for tests.

    Raises:
        ConfigurationError: settings that contradict each other or cannot work.
        InvalidValueError: a region, host, header or number that cannot be used.
        TypeError: an argument that there is not.

    Attributes:
        cell: the session.
        observers: who watches the client's calls.
        notifications: who watches the client's notification channels.
        token_store: the client's token store, or none.
        logging: logs; its ``warn`` is for what is no call.
    """

    def __init__(
        self,
        options: ConfiguredOptions,
        *,
        mocked: bool = False,
        trigger: Trigger | None = None,
    ) -> None:
        _check_names(options)
        sources = sources_of(options)
        snapshot = FileSnapshot() if sources.path is None else read_snapshot(sources.path)
        file = configuration_from_snapshot(snapshot, sources.path or "")
        follows = sources.follows(file)
        if sources.named and snapshot == FileSnapshot() and not follows:
            Configuration.from_file(sources.path)  # says that there is no such file
        self.cell = SessionCell(session_of(sources.merged(file), options, mocked=mocked))
        self.logging = LoggingObserver(
            sources.logging(file), options.get("redaction") or DEFAULT_REDACTION
        )
        self.token_store = StoreDriver(options.get("token_store"), self._tell_of_store)
        self._counts = StatsObserver()
        telemetry = options.get("telemetry")
        observers = (self._counts, *((telemetry,) if telemetry else ()), self.logging)
        self.observers = observers
        self.notifications = combine_notification_observers(observers)
        self._reload = _Reload(sources, file, options, self.cell, self.logging)
        self._reload.report(self._reload.configuration.warnings)
        self._follower = self._following(sources, snapshot, trigger) if follows else None

    def _following(
        self, sources: Sources, snapshot: FileSnapshot, trigger: Trigger | None
    ) -> Follower | None:
        if sources.path is None:
            return None
        if snapshot == FileSnapshot():
            if sources.named:
                self._reload.report([f"{sources.path}: there is no such file yet; waiting for it"])
            elif not os.path.isdir(os.path.dirname(sources.path)):  # noqa: PTH112, PTH120
                return None  # nobody uses the default file here
        return Follower(sources.path, snapshot, self._reload, trigger)

    def _tell_of_store(self, failure: TokenStoreError) -> None:
        observer = self.logging
        observer.warn(str(failure), now=read_clocks(), name=TOKENS_LOGGER)

    @property
    def configuration(self) -> core.Configuration:
        """What holds now: all sources merged, each value with its origin."""
        return self._reload.configuration

    @property
    def following(self) -> bool:
        """Whether a file is followed."""
        return self._follower is not None and self._follower.following

    def stats(self, transport: object) -> ClientStats:
        """What the client has done so far."""
        return self._counts.read(open_connections(transport))

    def close(self) -> None:
        """Stop following the file, and close the log file. Closing twice does nothing more."""
        if self._follower is not None:
            self._follower.close()
        self.logging.close()


def _check_names(options: Mapping[str, object]) -> None:
    known = ConfiguredOptions.__annotations__
    unknown = sorted(set(options) - set(known))
    if unknown:
        names = ", ".join(known)
        raise TypeError(f"unexpected keyword argument {unknown[0]!r}; there are {names}")


class _Reload:
    """Takes a new content of the file over. Holds no :class:`Setup`, so that this one can go."""

    def __init__(
        self,
        sources: Sources,
        file: core.Configuration,
        options: ClientOptions,
        cell: SessionCell,
        log: LoggingObserver,
    ) -> None:
        self._sources = sources
        self._options = options
        self._cell = cell
        self._log = log
        self.configuration = sources.merged(file)

    def __call__(self, snapshot: FileSnapshot) -> bool:
        """Take it over, or report why not.

        Returns:
            Whether the file is still to be followed.
        """
        path = self._sources.path or ""
        try:
            file = configuration_from_snapshot(snapshot, path)
            merged = self._sources.merged(file)
            settings = settings_from(merged, self._options)
            self._log.configure(self._sources.logging(file))
        except GenesysCloudError as error:
            self.report([f"{path}: not taken over, what held before still holds:\n{error}"])
            return True
        kept = self._cell.apply(reconfigure_session, settings, renew=_renews(merged))
        self.configuration = merged
        moved = (
            [] if kept else [f"{path}: the login host is another one now; the token was dropped"]
        )
        self.report([*file.warnings, *moved])
        return self._sources.follows(file)

    def report(self, warnings: "list[str] | tuple[str, ...]") -> None:
        """Log what somebody ought to know of the configuration."""
        for warning in warnings:
            self._log.warn(warning, now=read_clocks())
