"""Resolves a client's configuration from arguments, environment and file.

Invariants: precedence is arguments, environment, file, defaults: the first source that sets a value
wins, when the client is created and after every change to the file. Everything is validated before
any of it takes effect, so an invalid change changes nothing.
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
from genesys_core.http.headers import Headers
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import Timeout
from genesys_core.http.redaction import pair_secrets, url_secrets
from genesys_core.oauth.grants import ClientCredentials
from genesys_core.oauth.tokens import Token
from genesys_core.session.pacing import Pacer, Pacing
from genesys_core.session.retry import RETRIES_OFF
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault

__all__ = ["Resolved", "Sources"]

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Resolved(Confidential, frozen=True, kw_only=True):
    """The result of merging all sources of a client's configuration.

    Attributes:
        configuration: the merged sources, each value with its origin.
        settings: the settings for the client's session.
        logging: what is logged; for fields that are ``None``, the program's own :mod:`logging`
            settings apply.
        follows_file: whether changes to the configuration file are applied.
        warnings: the file's warnings, or a warning that the file does not exist yet.
    """

    configuration: Configuration
    settings: Settings
    logging: LoggingConfiguration
    follows_file: bool
    warnings: tuple[str, ...]

    @property
    def renews_tokens(self) -> bool:
        """Whether a rejected or expired token is renewed automatically."""
        return self.configuration.reauthentication.refresh_access_token is not False


class Sources(Confidential, frozen=True):
    """All sources of a client's configuration, except the contents of the configuration file.

    Attributes:
        arguments: the client's arguments.
        given: the settings in the arguments, including those of ``config``.
        environment: the settings in environment variables when the client was created.
        path: the absolute path of the configuration file; ``None`` if there is none.
        secrets: the passwords of all proxies, to be redacted.
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
        """Read the arguments and the environment, and select the configuration file.

        Args:
            arguments: the client's arguments.
            environ: all environment variables; empty if the environment is not trusted.
            default_file: the absolute path of the file to read if neither ``config`` nor
                ``config_file`` is given; ``None`` for no file.

        Raises:
            ConfigurationError: the environment is invalid.
            InvalidValueError: a region, host or number is invalid.
        """
        given = arguments.configuration()
        if given.general.host is not None or given.general.region is not None:
            # Invalid variables are not an error if they are not needed.
            unneeded = PLACE_VARIABLES.values()
            environ = {name: environ[name] for name in environ if name not in unneeded}
        path = default_file if arguments.config is None else None
        # All of http_proxy, HTTPS_PROXY, all_proxy and so on, whichever of them the transport uses.
        proxies = [environ[name] for name in environ if name.lower().endswith("_proxy")]
        secrets = [url_secrets(url) for url in (*proxies, arguments.proxy or "")]
        match arguments.proxy_auth:
            case (str() as user, str() as password):
                secrets.append(pair_secrets(user, password))
            case _:  # None, or an invalid value, which the transport rejects
                pass
        return cls(
            arguments,
            given,
            Configuration.from_environment(environ),
            path if arguments.config_file is None else arguments.config_file,
            KnownSecrets.of(itertools.chain.from_iterable(secrets)),
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings of the configurations in the arguments and the environment."""
        return self.given.warnings + self.environment.warnings

    def resolve(self, file: FileSnapshot, *, directory_exists: bool = True) -> Resolved:
        """Merge all sources and validate the resulting configuration.

        Args:
            file: the snapshot of ``path``; an empty snapshot if there is no path.
            directory_exists: whether the directory of ``path`` exists. If it does not, a client
                without ``config_file`` does not wait for the default file to be created.

        Raises:
            ConfigurationError: the file has problems; or it was named explicitly, does not exist, and
                the client does not apply changes to it.
            InvalidValueError: a value is invalid.
        """
        found = file.configuration(self.path or "")
        merged = merge(self.given, self.environment, found, DEFAULTS)
        follows = self.path is not None and bool(merged.general.live_reload_config)
        warnings = found.warnings
        if file.is_missing and self.arguments.config_file is None:
            follows = follows and directory_exists
        elif file.is_missing and follows:
            warnings = (f"{self.path}: no such file yet; it is read when it is created",)
        elif file.is_missing:
            raise ConfigurationError(f"{self.path}: no such file; create it or pass another path")
        return Resolved(
            configuration=merged,
            settings=self._settings(merged),
            # Merged without DEFAULTS, so that the program's own `logging` determines unset fields.
            logging=merge(self.given, self.environment, found).logging,
            follows_file=follows,
            warnings=warnings,
        )

    def _settings(self, merged: Configuration) -> Settings:
        arguments = self.arguments
        # DEFAULTS sets this and `retry`; the alternatives below are for the type checker.
        wait = merged.reauthentication.refresh_token_wait_max
        return Settings(
            hosts=merged.hosts,
            headers=Headers(arguments.headers or {}),
            timeout=Timeout.given(arguments.timeout, Timeout()),
            deadline=arguments.deadline,
            retry=merged.retry or RETRIES_OFF,
            strict=arguments.strict,
            keep_unknown=arguments.keep_unknown,
            refresh_token_wait_max=10.0 if wait is None else wait,
            stores_tokens=arguments.token_store is not None,
            secrets=self.secrets,
        )

    def session(self, resolved: Resolved, random: Random, *, is_mock: bool = False) -> Session:
        """Create a client's initial session.

        Args:
            resolved: the result of :meth:`resolve`.
            random: the source of random numbers for jitter.
            is_mock: whether the transport is a mock, to which no rate limit applies.
        """
        return Session(
            resolved.settings,
            self._vault(resolved),
            random,
            self.pacer(resolved, is_mock=is_mock),
        )

    def pacer(self, resolved: Resolved, *, is_mock: bool) -> Pacer | None:
        """Create a client's rate limiter, with no requests counted; ``None`` if it is disabled.

        Args:
            resolved: the result of :meth:`resolve`.
            is_mock: whether the transport is a mock, to which no rate limit applies.
        """
        pacing = self.arguments.pacing
        if pacing is UNSET:
            # A server on a loopback address is a simulator or a test server, which has no rate limit.
            is_local = is_mock or urlsplit(resolved.settings.hosts.api).hostname in _LOOPBACK
            is_unlimited = is_local and self.arguments.budget is None
            pacing = None if is_unlimited else Pacing()
        return None if pacing is None else Pacer.of(pacing)

    def _vault(self, resolved: Resolved) -> Vault:
        renew, credentials = resolved.renews_tokens, resolved.configuration.credentials
        if self.arguments.auth is not None:
            return Vault(self.arguments.auth, renew=renew)
        if credentials.access_token is not None:
            return Vault(token=Token(credentials.access_token), renew=renew)
        # With only a client id or only a secret, requests are sent without a token.
        if credentials.client_id and credentials.client_secret:
            grant = ClientCredentials(credentials.client_id, credentials.client_secret)
            return Vault(grant, renew=renew)
        return Vault(renew=renew)
