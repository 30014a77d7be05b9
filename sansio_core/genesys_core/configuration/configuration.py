"""A client's configuration, as one immutable value.

Invariants: a configuration is computed from values that the caller passes, without reading a file,
the environment or a clock, and is replaced as a whole. ``None`` means "not set", so :func:`merge`
can combine sources: arguments, environment, file, defaults. If a text has any problem, no
configuration is returned, and the error lists all problems.
"""

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any, Final, NamedTuple, Self, TypeVar

import msgspec
from msgspec import Struct

from genesys_core.checks import MAPPING, TEXT, Expected, check_fields
from genesys_core.confidential import REDACTED
from genesys_core.configuration.document import ConfigurationProblem, format_value
from genesys_core.configuration.environment import VARIABLES, default_path, read_environment
from genesys_core.configuration.ini_format import read_ini, write_ini
from genesys_core.configuration.json_format import looks_like_json, read_json, write_json
from genesys_core.configuration.keys import (
    KEYS,
    JudgedDocument,
    LogFormat,
    LogLevel,
    judge_document,
)
from genesys_core.configuration.sections import (
    Credentials,
    GeneralConfiguration,
    LoggingConfiguration,
    ReauthenticationConfiguration,
)
from genesys_core.errors import ConfigurationError, InvalidValueError
from genesys_core.hosts import DEFAULT_REGION, Gateway, Hosts, Region
from genesys_core.session.retry import DEFAULT_BUDGET, RETRIES_OFF, RetryConfiguration

__all__ = [
    "DEFAULTS",
    "Configuration",
    "Credentials",
    "GeneralConfiguration",
    "LogFormat",
    "LogLevel",
    "LoggingConfiguration",
    "ReauthenticationConfiguration",
    "Setting",
    "default_path",
    "merge",
]

_S = TypeVar("_S", bound=Struct)


class Setting(NamedTuple):
    """One setting as described by :meth:`Configuration.describe`.

    Attributes:
        section: the setting's section in a file, such as ``logging``.
        key: the setting's key in a file, such as ``log_level``.
        value: the value as text, masked if it is secret; ``None`` if not set.
        origin: the source of the value, such as ``config:3``; ``None`` if not set.
    """

    section: str
    key: str
    value: str | None
    origin: str | None


class Configuration(Struct, frozen=True, kw_only=True, eq=False):
    """Settings of a client, in sections; a setting without a value is ``None``.

    Configurations with equal values are equal, even if the origins of the values differ.

    Attributes:
        logging: what is logged, in which format and where.
        retry: limits and delays of retries.
        reauthentication: how rejected tokens are handled.
        general: the API host, and whether changes to the configuration file are applied.
        gateway: the gateway in front of the platform.
        credentials: the OAuth client's id and secret, and an access token.
        warnings: a line for each unknown section or key, in the order of the file.
        origins: pairs of ``section.key`` and the source of the value.
    """

    logging: LoggingConfiguration = LoggingConfiguration()
    retry: RetryConfiguration | None = None
    reauthentication: ReauthenticationConfiguration = ReauthenticationConfiguration()
    general: GeneralConfiguration = GeneralConfiguration()
    gateway: Gateway | None = None
    credentials: Credentials = Credentials()
    warnings: tuple[str, ...] = ()
    origins: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        check_fields(self, _FIELDS)

    @classmethod
    def from_text(cls, text: str, *, source: str = "configuration") -> Self:
        """Parse the text of a configuration file, INI or JSON.

        :mod:`genesys_core.configuration.ini_format` describes the INI dialect and
        ``docs/configuration.md`` the keys. Both formats yield equal values.

        Args:
            text: the complete text of the file.
            source: the name of the text in problems, warnings and origins, such as its path.

        Raises:
            ConfigurationError: one line per problem, with file, line, section, key, the value
                unless it is secret, the rule, and how to fix it.
        """
        TEXT.check("text", text)
        settings = judge_document(read_json(text) if looks_like_json(text) else read_ini(text))
        problems = sorted((*settings.problems, *_conflicts(settings)))
        if problems:
            # Tracebacks may show local variables, and these may contain a password.
            del text, settings
            raise ConfigurationError([problem.located(source) for problem in problems])
        return cls(**_parts_of(settings, source))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Create a configuration from environment variables; empty ones count as not set.

        The variables are ``GENESYSCLOUD_REGION`` or ``GENESYSCLOUD_HOST``,
        ``GENESYSCLOUD_OAUTHCLIENT_ID``, ``GENESYSCLOUD_OAUTHCLIENT_SECRET`` and
        ``GENESYSCLOUD_ACCESS_TOKEN``.

        Args:
            environment: all variables, such as :data:`os.environ`.

        Raises:
            ConfigurationError: the region or host is invalid, or both are set.
        """
        MAPPING.check("environment", environment)
        general, credentials, origins = read_environment(environment)
        return cls(general=general, credentials=credentials, origins=origins)

    def origin(self, section: str, key: str) -> str | None:
        """Return the source of a setting's value.

        Returns:
            A file and line (``config:3``), a variable (``environment GENESYSCLOUD_HOST``),
            ``argument`` or ``default``; ``None`` if the setting has no value or is unknown.
        """
        name = _ALIASES.get(f"{section}.{key}", f"{section}.{key}")
        if name not in _PLACES or _value(self, name) is None:
            return None
        return dict(self.origins).get(name, "argument")

    def describe(self) -> tuple[Setting, ...]:
        """Return every setting with its value and origin, for display; secrets are masked."""
        return tuple(self._settings())

    def _settings(self) -> Iterator[Setting]:
        for name in _PLACES:
            section, _, key = name.partition(".")
            value = _value(self, name)
            shown = None if value is None else _shown(key, value)
            yield Setting(section, key, shown, self.origin(section, key))

    @property
    def hosts(self) -> Hosts:
        """The base URLs that result from the region or host and the gateway.

        Raises:
            InvalidValueError: the region or host is invalid.
        """
        place = self.general
        return Hosts.resolve(region=place.region, host=place.host, gateway=self.gateway)

    def to_ini(self) -> str:
        """Return the text of an INI file that parses to an equal configuration; empty strings are omitted.

        Raises:
            InvalidValueError: a value cannot be written to a file.
        """
        return write_ini(_writable(self))

    def to_json(self) -> str:
        """Return the text of a JSON file that parses to an equal configuration; empty strings are omitted.

        Raises:
            InvalidValueError: a value cannot be written to a file.
        """
        return write_json(_writable(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self._parts() == other._parts()

    # A Struct with eq=False compares with `!=` and hashes by identity.
    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._parts())

    def _parts(self) -> tuple[object, ...]:
        return tuple(getattr(self, part) for part in _PARTS)


_FIELDS: Final = {
    "logging": Expected(
        "a LoggingConfiguration", "LoggingConfiguration(level='debug')", (LoggingConfiguration,)
    ),
    "retry": Expected(
        "a RetryConfiguration", "RetryConfiguration(60)", (RetryConfiguration,), is_optional=True
    ),
    "reauthentication": Expected(
        "a ReauthenticationConfiguration",
        "ReauthenticationConfiguration(refresh_access_token=False)",
        (ReauthenticationConfiguration,),
    ),
    "general": Expected(
        "a GeneralConfiguration", "GeneralConfiguration(host=...)", (GeneralConfiguration,)
    ),
    "gateway": Expected("a Gateway", "Gateway(host)", (Gateway,), is_optional=True),
    "credentials": Expected("Credentials", "Credentials(access_token=...)", (Credentials,)),
}

_PARTS: Final = ("logging", "retry", "reauthentication", "general", "gateway", "credentials")

# In a file "retry_wait_max" is the retry budget, as in the .NET SDK. The field of that name, the
# maximum single delay, has no key.
_RENAMED: Final = {
    "logging.log_level": "level",
    "logging.log_format": "format",
    "logging.log_to_console": "to_console",
    "logging.log_file_path": "file_path",
    "logging.log_request_body": "request_body",
    "logging.log_response_body": "response_body",
    "retry.retry_wait_max": "max_retry_time_sec",
}
_BUDGETS: Final = ("retry_wait_max", "max_retry_time_sec")
_ALIASES: Final = {"retry.retry_wait_max": "retry.max_retry_time_sec"}


def _places() -> Iterator[tuple[str, tuple[str, str]]]:
    for section, keys in KEYS.items():
        for key in keys:
            if (name := f"{section}.{key}") not in _ALIASES:
                yield name, (section, _RENAMED.get(name, key))
    # Settings that only an argument or a variable can set have no key, but are described as well.
    for field in RetryConfiguration.__struct_fields__:
        if f"retry.{field}" in _ALIASES or field not in KEYS["retry"]:
            yield f"retry.{field} (argument only)", ("retry", field)
    for name in VARIABLES:
        section, _, field = name.partition(".")
        yield name, (section, field)


# The part and field of each setting, by "section.key".
_PLACES: Final = dict(_places())
_SECRET: Final = frozenset({"password", "client_secret", "access_token"})


def python_field(section: str, key: str) -> tuple[str, str]:
    """Return the names of a key's class and field in Python, such as ``Gateway`` and ``host``."""
    name = f"{section}.{key}"
    part, field = _PLACES[_ALIASES.get(name, name)]
    expected = _FIELDS[part].types[0]
    return expected.__name__, field


def _value(configuration: Configuration, name: str) -> object:
    part, field = _PLACES[name]
    owner: object = getattr(configuration, part)
    return None if owner is None else getattr(owner, field)


def _shown(key: str, value: object) -> str:
    if key in _SECRET:
        return REDACTED
    if isinstance(value, Region):
        return value.name
    return str(value).lower() if isinstance(value, bool) else str(value)


def _conflicts(settings: JudgedDocument) -> Iterator[ConfigurationProblem]:
    """Yield keys that are valid individually but not in combination."""
    yield from _retry_conflicts(settings)
    gateway = [line for (section, _), line in settings.lines.items() if section == "gateway"]
    if gateway and ("gateway", "host") not in settings.lines:
        rule = "must have a host if it has other keys; set host, or remove the section"
        yield ConfigurationProblem(min(gateway), f"[gateway]: {rule}")


def _retry_conflicts(settings: JudgedDocument) -> Iterator[ConfigurationProblem]:
    values = {key: value for (section, key), value in settings.values.items() if section == "retry"}
    budgets: dict[str, Any] = {key: values[key] for key in _BUDGETS if key in values}
    if len(set(budgets.values())) == 2:
        line = max(settings.lines["retry", key] for key in budgets)
        shown = " and ".join(f"{key} = {value}" for key, value in budgets.items())
        rule = "both set the retry budget and must not differ; keep one of them"
        yield ConfigurationProblem(line, f"[retry] {shown}: {rule}")
    elif not budgets and any(("retry", key) in settings.lines for key in _BUDGETS):
        return  # reported separately
    key, budget = next(iter(budgets.items()), (None, DEFAULT_BUDGET))
    least: Any = values.get("retry_wait_min", 0)
    # RetryConfiguration would reject this too, but without the key and the line.
    if 0 < budget < least:
        limit = f"{key} = {budget}" if key else f"the default budget of {budget:g} s"
        rule = f"must not exceed {limit}, or no retry would ever be made; lower it, or raise the budget"
        line = settings.lines["retry", "retry_wait_min"]
        yield ConfigurationProblem(line, f"[retry] retry_wait_min = {least}: {rule}")


def _parts_of(settings: JudgedDocument, source: str) -> dict[str, Any]:
    # Any, because a type checker cannot see that KEYS determines the types.
    parts: dict[str, dict[str, Any]] = {part: {} for part in _PARTS}
    origins: dict[str, str] = {}
    for (section, key), value in settings.values.items():
        name = f"{section}.{key}"
        parts[section][_RENAMED.get(name, key)] = value
        origins[_ALIASES.get(name, name)] = f"{source}:{settings.lines[section, key]}"
    for name, (part, _) in _PLACES.items():
        # If one field of a retry configuration or a gateway is set, the others have their defaults.
        if part in {"retry", "gateway"} and parts[part]:
            origins.setdefault(name, "default")
    return {
        "logging": LoggingConfiguration(**parts["logging"]),
        "retry": RetryConfiguration(**parts["retry"]) if parts["retry"] else None,
        "reauthentication": ReauthenticationConfiguration(**parts["reauthentication"]),
        "general": GeneralConfiguration(**parts["general"]),
        "gateway": Gateway(**parts["gateway"]) if parts["gateway"] else None,
        "warnings": tuple(warning.located(source) for warning in settings.warnings),
        "origins": tuple(origins.items()),
    }


def _writable(configuration: Configuration) -> dict[str, dict[str, str | float]]:
    sections: dict[str, dict[str, str | float]] = {}
    for name, (_, field) in _PLACES.items():
        section, _, key = name.partition(".")
        value = _value(configuration, name)
        if value is None or value == "":
            continue
        if key in KEYS.get(section, {}) and isinstance(value, str | float | int):
            sections.setdefault(section, {})[key] = _checked(section, key, value)
        # A retry configuration always has all fields; a default need not be written.
        elif section != "retry" or value != getattr(RetryConfiguration(), field):
            hint = " (retry_wait_max is the budget there)" if field == "retry_wait_max" else ""
            raise InvalidValueError(
                f"{section}.{field}: cannot be set in a file{hint}; remove it from the "
                "configuration first"
            )
    return sections


def _checked(section: str, key: str, value: str | float) -> str | float:
    try:
        KEYS[section][key].read(str(value))
    except ValueError:
        shown = REDACTED if key in _SECRET else format_value(str(value))
        rule = KEYS[section][key].rule
        raise InvalidValueError(f"{section}.{key} = {shown}: must be {rule}") from None
    return value


def merge(higher: Configuration, *lower: Configuration) -> Configuration:
    """Merge configurations: ``merge(arguments, environment, file, DEFAULTS)``.

    For each value, the first configuration that sets it wins. Some values belong together and are
    taken from a single configuration: the retry configuration, the gateway, ``host`` with
    ``region``, and the credentials.

    Args:
        higher: the configuration with the highest precedence.
        lower: the other configurations, in descending precedence.

    Returns:
        The merged values with their origins, and all warnings.
    """
    for each in (higher, *lower):
        _CONFIGURATION.check("a configuration to merge", each)
    return reduce(_merged, lower, higher)


_CONFIGURATION: Final = Expected(
    "a Configuration", "Configuration.from_text(text)", (Configuration,)
)


def _merged(higher: Configuration, lower: Configuration) -> Configuration:
    place = higher.general
    # Both select the API host, so a region must not be combined with a host from a lower source.
    if place.host is None and place.region is None:
        place = lower.general
    live = higher.general.live_reload_config
    merged = Configuration(
        logging=_overlaid(higher.logging, lower.logging),
        retry=lower.retry if higher.retry is None else higher.retry,
        reauthentication=_overlaid(higher.reauthentication, lower.reauthentication),
        general=GeneralConfiguration(
            live_reload_config=lower.general.live_reload_config if live is None else live,
            host=place.host,
            region=place.region,
        ),
        gateway=lower.gateway if higher.gateway is None else higher.gateway,
        # As a whole, so that an id from one source is not combined with a secret from another.
        credentials=lower.credentials
        if higher.credentials == Credentials()
        else higher.credentials,
        warnings=higher.warnings + lower.warnings,
    )
    return msgspec.structs.replace(merged, origins=tuple(_origins(merged, higher, lower)))


def _overlaid(higher: _S, lower: _S) -> _S:
    given = {
        name: value for name, value in msgspec.structs.asdict(higher).items() if value is not None
    }
    return msgspec.structs.replace(lower, **given)


def _origins(
    merged: Configuration, higher: Configuration, lower: Configuration
) -> Iterator[tuple[str, str]]:
    for name in _PLACES:
        section, _, key = name.partition(".")
        if _value(merged, name) is not None:
            origin = higher.origin(section, key) or lower.origin(section, key)
            yield name, origin or "argument"


def _defaults() -> Configuration:
    values = Configuration(
        logging=LoggingConfiguration(
            level="none", format="text", to_console=True, request_body=False, response_body=False
        ),
        retry=RETRIES_OFF,
        reauthentication=ReauthenticationConfiguration(
            refresh_access_token=True, refresh_token_wait_max=10
        ),
        general=GeneralConfiguration(live_reload_config=True, host=DEFAULT_REGION.api_url),
    )
    origins = tuple((name, "default") for name in _PLACES if _value(values, name) is not None)
    return msgspec.structs.replace(values, origins=origins)


DEFAULTS: Final = _defaults()
"""The configuration with the defaults of the official SDKs."""
