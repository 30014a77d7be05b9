"""How a client is configured from its arguments, the environment and a file.

Invariants: arguments, environment, file, defaults, in this order: the first source that gives a value wins,
when the client is made and after every change of the file. Everything is checked before any of it
takes effect, so a change that has a problem changes nothing.
"""

import itertools
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from msgspec import UNSET

from genesys_core.clock import Random
from genesys_core.confidential import Confidential
from genesys_core.configuration.arguments import Arguments
from genesys_core.configuration.configuration import DEFAULTS, Configuration, merge
from genesys_core.configuration.environment import PLACE_VARIABLES
from genesys_core.configuration.file_changes import FileSnapshot
from genesys_core.configuration.sections import LoggingConfiguration
from genesys_core.errors import ConfigurationError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import Timeout
from genesys_core.http.redaction import url_secrets
from genesys_core.oauth.grants import ClientCredentials
from genesys_core.oauth.tokens import Token
from genesys_core.session.pacing import Pacer, Pacing
from genesys_core.session.retry import RETRIES_OFF
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault

__all__ = ["Resolved", "Sources"]

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Resolved(Confidential, frozen=True, kw_only=True):
    """What all sources together come to.

    Attributes:
        configuration: the sources merged, each value with its origin.
        settings: the session's settings.
        logging: what is logged; ``None`` in it where only the program's own ``logging`` decides.
        follows_file: whether changes of the file are applied.
        warnings: what has no effect, one line each.
    """

    configuration: Configuration
    settings: Settings
    logging: LoggingConfiguration
    follows_file: bool
    warnings: tuple[str, ...]

    @property
    def renews_tokens(self) -> bool:
        """Whether tokens are renewed without being asked."""
        return self.configuration.reauthentication.refresh_access_token is not False


class Sources(Confidential, frozen=True):
    """Where a client's configuration comes from, all but the content of the file.

    Attributes:
        arguments: what the program passed.
        given: the part of it that a configuration can hold.
        environment: what the environment said when the client was made.
        path: the file, absolute; ``None`` for none.
        secrets: the passwords of proxies, wherever they come from.
    """

    arguments: Arguments
    given: Configuration
    environment: Configuration
    path: str | None = None
    secrets: KnownSecrets = KnownSecrets()

    @classmethod
    def gather(
        cls, arguments: Arguments, environ: Mapping[str, str], *, default_file: str | None
    ) -> "Sources":
        """Read arguments and environment, and choose the file.

        Args:
            arguments: what the program passed.
            environ: all environment variables; empty where the environment is not trusted.
            default_file: the file that is read where nothing else configures the client, absolute.

        Raises:
            ConfigurationError: a bad environment.
            InvalidValueError: a region, host or number that cannot be used.
        """
        given = arguments.configuration()
        if given.general.host is not None or given.general.region is not None:
            # The variables are not needed, so it is not an error that they cannot be used.
            unneeded = PLACE_VARIABLES.values()
            environ = {name: environ[name] for name in environ if name not in unneeded}
        path = default_file if arguments.config is None else None
        proxies = [environ[name] for name in environ if name.lower().endswith("_proxy")]
        secrets = (url_secrets(url) for url in (*proxies, arguments.proxy or ""))
        return cls(
            arguments,
            given,
            Configuration.from_environment(environ),
            path if arguments.config_file is None else arguments.config_file,
            KnownSecrets.of(itertools.chain.from_iterable(secrets)),
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What has no effect in arguments and environment, one line each."""
        return self.given.warnings + self.environment.warnings

    def resolve(self, file: FileSnapshot, *, directory_exists: bool = True) -> Resolved:
        """Merge the sources and check the result.

        Args:
            file: what was read at ``path``; an empty snapshot where there is no path.
            directory_exists: whether the directory of ``path`` is there. A default file is not
                waited for where it is not: nobody uses one on this machine.

        Raises:
            ConfigurationError: a file with problems, or one that was named and does not exist.
            InvalidValueError: a value that cannot be used.
        """
        found = file.configuration(self.path or "")
        merged = merge(self.given, self.environment, found, DEFAULTS)
        follows = self.path is not None and bool(merged.general.live_reload_config)
        warnings = found.warnings
        if file.is_missing and self.arguments.config_file is None:
            follows = follows and directory_exists
        elif file.is_missing and follows:
            warnings = (f"{self.path}: there is no such file yet; waiting for it",)
        elif file.is_missing:
            raise ConfigurationError(
                f"{self.path}: there is no such file; make it, or name another one"
            )
        return Resolved(
            configuration=merged,
            settings=self._settings(merged),
            logging=merge(self.given, self.environment, found).logging,
            follows_file=follows,
            warnings=warnings,
        )

    def _settings(self, merged: Configuration) -> Settings:
        arguments = self.arguments
        wait = merged.reauthentication.refresh_token_wait_max
        return Settings(
            hosts=merged.hosts,
            headers=Headers(arguments.headers or {}),
            timeout=Timeout.given(arguments.timeout, Timeout()),
            deadline=arguments.deadline,
            retry=merged.retry or RETRIES_OFF,
            strict=arguments.strict,
            refresh_token_wait_max=10.0 if wait is None else wait,
            stores_tokens=arguments.token_store is not None,
            secrets=self.secrets,
        )

    def session(self, resolved: Resolved, random: Random, *, is_mock: bool = False) -> Session:
        """The session that a client starts with.

        Args:
            resolved: the outcome of :meth:`resolve`.
            random: for the jitter of waits.
            is_mock: whether the transport is a mock, which has no rate limit to keep.
        """
        return Session(
            resolved.settings,
            self._vault(resolved),
            random,
            self._pacer(resolved.settings.hosts, is_mock=is_mock),
        )

    def _vault(self, resolved: Resolved) -> Vault:
        renew, credentials = resolved.renews_tokens, resolved.configuration.credentials
        if self.arguments.auth is not None:
            return Vault(self.arguments.auth, renew=renew)
        if credentials.access_token is not None:
            return Vault(token=Token(credentials.access_token), renew=renew)
        if credentials.client_id and credentials.client_secret:
            grant = ClientCredentials(credentials.client_id, credentials.client_secret)
            return Vault(grant, renew=renew)
        return Vault(renew=renew)

    def _pacer(self, hosts: Hosts, *, is_mock: bool) -> Pacer | None:
        pacing = self.arguments.pacing
        if pacing is UNSET:
            is_unlimited = is_mock or urlsplit(hosts.api).hostname in _LOOPBACK
            pacing = None if is_unlimited else Pacing()
        return None if pacing is None else Pacer.of(pacing)
