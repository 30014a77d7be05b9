"""The parts of a client other than its transport: session, observers, configuration file.

Invariants: :mod:`genesys_core.configuration.resolve` merges arguments, environment and file; this
module reads the environment and the file, and applies the result.
"""

import os
import random
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from genesys_cloud.client.options import ClientOptions
from genesys_cloud.client.session_cell import SessionCell
from genesys_cloud.client.token_transactions import StoreDriver
from genesys_cloud.config.file import read_snapshot
from genesys_cloud.config.follower import Follower, Trigger
from genesys_cloud.observability.logging import TOKENS_LOGGER, LoggingObserver
from genesys_cloud.observability.statistics import StatisticsCell
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.protocols import open_connections
from genesys_core.configuration.arguments import Arguments
from genesys_core.configuration.configuration import Configuration, default_path
from genesys_core.configuration.file_changes import FileSnapshot
from genesys_core.configuration.resolve import Resolved, Sources
from genesys_core.errors import GenesysCloudError
from genesys_core.http.redaction import DEFAULT_REDACTION
from genesys_core.oauth.token_store import TokenStoreError
from genesys_core.observability.observers import ChannelObservers, Observer
from genesys_core.observability.statistics import ClientStats, StatisticsObserver
from genesys_core.session.reconfigure import reconfigure_session

__all__ = ["Setup", "read_sources"]


def read_sources(options: ClientOptions) -> Sources:
    """Read the environment for a client with these arguments and locate its configuration file.

    Raises:
        ConfigurationError: arguments contradict each other, or an environment variable is invalid.
        InvalidValueError: a region, host or number is invalid.
    """
    environ: Mapping[str, str] = os.environ if options.get("trust_env", True) else {}
    given: dict[str, Any] = {
        name: value for name, value in options.items() if name in Arguments.__struct_fields__
    }
    given["config_file"] = _absolute(options.get("config_file"))
    default_file = _absolute(default_path(environ, sys.platform))
    return Sources.gather(Arguments(**given), environ, default_file=default_file)


def _absolute(path: str | os.PathLike[str] | None) -> str | None:
    if path is None:
        return None
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - links stay links


class Setup:
    """The parts of a client other than its transport.

    Args:
        options: the client's arguments.
        mocked: whether the client's transport is a mock.
        trigger: decides when the configuration file is read again; for tests.

    Raises:
        ConfigurationError: settings contradict each other or are unusable.
        InvalidValueError: a region, host, header or number is invalid.
        TypeError: an argument has the wrong type.

    Attributes:
        cell: the cell with the client's session.
        observers: observers of the client's calls.
        channel_observer: one observer that combines ``observers``, for notification channels.
        token_store: accesses the client's token store, if it has one.
        logging: the logger; its ``warn`` logs messages that do not belong to a call.
    """

    def __init__(
        self,
        options: ClientOptions,
        *,
        mocked: bool = False,
        trigger: Trigger | None = None,
    ) -> None:
        sources = read_sources(options)
        path = sources.path or ""
        snapshot = read_snapshot(path) if path else FileSnapshot()
        directory = os.path.dirname(path)  # noqa: PTH120 - links stay links
        resolved = sources.resolve(snapshot, directory_exists=os.path.isdir(directory))  # noqa: PTH112
        self.cell = SessionCell(sources.session(resolved, random.random, is_mock=mocked))
        cell = self.cell  # not self: the follower's thread would keep this object alive
        self.logging = LoggingObserver(
            resolved.logging,
            options.get("redaction") or DEFAULT_REDACTION,
            lambda: cell.session.known_secrets,
        )
        self.token_store = StoreDriver(options.get("token_store"), self._report_store_failure)
        self._has_budget = options.get("budget") is not None
        self._statistics = StatisticsCell()
        self._counting = StatisticsObserver(self._statistics.apply)
        telemetry = options.get("telemetry")
        self.observers: tuple[Observer, ...] = (
            self._counting,
            *((telemetry,) if telemetry else ()),
            self.logging,
        )
        self.channel_observer = ChannelObservers(self.observers)
        self._reload = _Reload(sources, resolved, self.cell, self.logging, is_mock=mocked)
        self._reload.report((*sources.warnings, *resolved.warnings))
        self._follower = (
            Follower(path, snapshot, self._reload, trigger) if resolved.follows_file else None
        )

    def _report_store_failure(self, failure: TokenStoreError) -> None:
        observer = self.logging
        observer.warn(str(failure), now=read_clocks(), name=TOKENS_LOGGER)

    def warn_shared_token(self) -> None:
        """Warn that another client shares the token, unless the rate limit is shared or disabled."""
        if self.cell.session.pacer is not None and not self._has_budget:
            observer = self.logging
            observer.warn(
                "the token is shared with another client, but the rate limit is not: together the clients may "
                "exceed it; pass budget=FileBudget(path) to both",
                now=read_clocks(),
                name=TOKENS_LOGGER,
            )

    @property
    def configuration(self) -> Configuration:
        """The effective configuration: all sources merged, each value with its origin."""
        return self._reload.configuration

    @property
    def following(self) -> bool:
        """Whether changes to a configuration file are applied."""
        return self._follower is not None and self._follower.following

    def stats(self, transport: object) -> ClientStats:
        """Return the statistics of this client."""
        stats = self._statistics.read(self._counting.snapshot)
        return replace(stats, open_connections=open_connections(transport))

    def close(self) -> None:
        """Stop watching the configuration file and close the log file. Idempotent."""
        if self._follower is not None:
            self._follower.close()
        self.logging.close()


class _Reload:
    """Applies a changed configuration file, without a reference that keeps the setup alive."""

    def __init__(
        self,
        sources: Sources,
        resolved: Resolved,
        cell: SessionCell,
        log: LoggingObserver,
        *,
        is_mock: bool,
    ) -> None:
        self._is_mock = is_mock
        self._sources = sources
        self._cell = cell
        self._log = log
        self.configuration = resolved.configuration

    def __call__(self, snapshot: FileSnapshot) -> bool:
        """Apply a new configuration, or report why it was rejected.

        Returns:
            Whether to keep watching the file.
        """
        path = self._sources.path
        try:
            resolved = self._sources.resolve(snapshot)
            # First, because it fails if a log file cannot be opened, and then nothing is applied.
            self._log.configure(resolved.logging)
        except GenesysCloudError as error:
            self.report([f"{path}: change rejected; keeping the previous configuration:\n{error}"])
            return True
        kept = self._cell.apply(
            reconfigure_session,
            resolved.settings,
            renew=resolved.renews_tokens,
            pacer=self._sources.pacer(resolved, is_mock=self._is_mock),
        )
        self.configuration = resolved.configuration
        moved = [] if kept else [f"{path}: the login host changed; the token was discarded"]
        self.report([*resolved.warnings, *moved])
        return resolved.follows_file

    def report(self, warnings: Iterable[str]) -> None:
        """Log warnings about the configuration."""
        for warning in warnings:
            self._log.warn(warning, now=read_clocks())
